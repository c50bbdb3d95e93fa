//! The mutation kit: build a history, change any object of it, anchor it anew, encode it.
//!
//! A [`History`] is what the maker of a contract knows. [`History::edit`] changes a [`Draft`] and
//! makes everything that follows from it once more: operation ids, bundle, tree, commitment,
//! witness, and the references of later drafts, so that the intended check of the validator fires
//! and no earlier one. [`History::consignment`] gives concrete frames; what is changed *there*
//! stays as it is. Witnesses are well-formed, but nobody ever signed or mined them.
//!
//! Everything here is the same in every run, and panics where a test asks for what cannot be.

#![allow(clippy::missing_panics_doc, reason = "tests are told by panics")]

pub mod blocks;
mod consignment;
mod draft;
mod history;
mod lab;
pub mod make;
pub mod nasty;
pub mod random;
mod receiver;
pub mod record;
mod verdict;

pub use blocks::{Blocks, CLOCK};
pub use consignment::{Consignment, View, amounts, contract, join, swap};
pub use draft::{Act, Anchored, Carry, Draft, carry, sign};
pub use history::{History, amounts_at, fixed_globals, leaf, network};
pub use lab::{LAB, schema as lab_schema};
pub use receiver::{Receiver, Still, count_steps};
pub use verdict::{
    Chain, Done, Down, Fails, Kind, Reason, Store, accept, accept_knowing, judge, knowing, refuse,
    refuse_knowing, refuse_under, rules,
};
