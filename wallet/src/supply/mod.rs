//! What can be proven of a contract's supply: what was issued, what is burned, what circulates.
//!
//! A wallet knows parts of a history, never all of it: somebody else may have issued or burned without
//! its knowing. So each figure is a bound with its evidence. What is issued is at most what the
//! genesis allows, less the rights to issue that are proven to be still open, or renounced.

mod evidence;
mod list;
mod tally;

pub use self::list::{Entry, Happened, ListError, Listed, Status, read_list};
pub use self::tally::{Change, OpenLeaf, Supply, Unit};

#[cfg(test)]
mod tests;
