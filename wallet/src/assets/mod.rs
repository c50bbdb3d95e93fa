//! Assets: what is known of contracts, what it means now, and how it is handed on.

pub mod consign;
pub mod history;
pub mod ledger;
