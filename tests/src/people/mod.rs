//! People with wallets, who do what scenarios tell of them.
//!
//! What must work panics where it does not. What may be refused gives the wallet's own answer.

#![allow(clippy::missing_panics_doc, reason = "tests are told by panics")]

mod books;
mod forbidden;
mod forged;
mod forger;
mod person;
mod store;
mod trade;

pub use self::books::{Holding, assert_refused, assert_sats_conserved, holding};
pub use self::forbidden::{Forbidden, assert_every_rule_broken, breaks, genesis_of, says};
pub use self::forged::{Forged, forged};
pub use self::forger::{Forger, Forgery};
pub use self::person::Person;
pub use self::trade::{Sent, opret, pay, pay_open, stranger, to_address};
