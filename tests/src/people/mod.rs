//! People with wallets, who do what scenarios tell of them.
//!
//! What must work panics where it does not. What may be refused gives the wallet's own answer.

#![allow(clippy::missing_panics_doc, reason = "tests are told by panics")]

mod books;
mod person;
mod store;
mod trade;

pub use self::books::{Holding, assert_refused, assert_sats_conserved, holding};
pub use self::person::Person;
pub use self::trade::{Sent, opret, pay, pay_open, to_address};
