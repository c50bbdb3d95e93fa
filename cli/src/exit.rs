//! How the process ends.

use std::process::ExitCode;

/// The exit codes. `validate` tells its verdicts apart by them.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Done; for `validate`: settled.
    Success = 0,
    /// An error; for `validate` also: invalid.
    Failure = 1,
    /// The arguments make no sense.
    Usage = 2,
    /// `validate`: no verdict, or not supported.
    Unresolved = 3,
    /// `validate`: consistent, but not settled.
    Consistent = 4,
    /// `validate`: a required signature is missing.
    Unsigned = 5,
    /// `validate`: a mined transaction conflicts with a witness.
    Conflicted = 6,
    /// `accept`: the consignment builds on what the wallet does not know; the error names it.
    BaseMissing = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
