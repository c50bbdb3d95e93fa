//! Assets: what is known of contracts, what it means now, and how it is handed on.

mod ancestry;
pub(crate) mod book;
pub mod consign;
pub(crate) mod facts;
pub mod history;
pub(crate) mod issue;
pub(crate) mod known;
pub(crate) mod learn;
pub mod ledger;
pub(crate) mod lost;
pub(crate) mod ours;
pub(crate) mod receipt;
pub(crate) mod receive;
pub(crate) mod rows;
pub(crate) mod schemas;
pub(crate) mod snapshot;
pub(crate) mod values;
