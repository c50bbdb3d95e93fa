//! Bulla: the command line.
fn main() {}
