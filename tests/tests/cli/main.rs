//! The program `bulla` as a person or a script drives it: the tutorial of the README on a bitcoind,
//! the shapes of its JSON, its exit codes, its errors.

mod conformance;
mod errors;
mod lies;
mod shape;
mod tutorial;
mod verdicts;
mod world;
