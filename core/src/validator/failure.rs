//! What a validator answers when it does not answer *consistent* (PROTOCOL.md §10.3).

use std::fmt;

use bitcoin::Txid;

use crate::OperationId;
use crate::codec::DecodeError;

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Which check failed. Codes are stable.
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Check { $($(#[$doc])* $name,)* }

        impl Check {
            /// Every check.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

checks! {
    /// Bytes are not an object.
    Decode = "decode",
    /// Bytes are a second encoding of an object.
    NotCanonical = "not-canonical",
    /// A limit is exceeded: of consensus (invalid) or of this machine (unresolved).
    Limit = "limit",
    /// A format, rule version, tag or frame kind that is not known.
    Unsupported = "unsupported",
    /// Another chain.
    Network = "network",
    /// The schema is not the one the genesis names.
    SchemaId = "schema-id",
    /// The schema is not in the list of allowed ones.
    SchemaUnknown = "schema-unknown",
    /// The schema breaks the rules for schemas.
    SchemaRule = "schema-rule",
    /// Too few or too many inputs, outputs or values, or of a kind the schema does not list.
    Occurrence = "occurrence",
    /// A leaf or value of another type than the schema declares.
    StateType = "state-type",
    /// A rule of the schema does not hold.
    Rule = "rule",
    /// A signature does not verify or is missing.
    Signature = "signature",
    /// The bundle proof does not hold.
    Bundle = "bundle",
    /// An input is not open.
    InputMissing = "input-missing",
    /// The witness does not spend the output of an input's seal.
    SealNotClosed = "seal-not-closed",
    /// Two inputs of witnesses spend one output.
    OutpointSpentTwice = "outpoint-spent-twice",
    /// No output of the witness can carry a commitment.
    NoCommitment = "no-commitment",
    /// The output does not carry the commitment.
    Dbc = "dbc",
    /// The MPC proof does not hold.
    Mpc = "mpc",
    /// Frames or transitions are not in their order.
    Order = "order",
    /// A terminal is not open or was not shown.
    Terminal = "terminal",
    /// A transition is shown that nothing builds on.
    Irrelevant = "irrelevant",
    /// The own store lacks what a delta builds on.
    BaseMissing = "base-missing",
}

/// What was checked, where, what was expected and what was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The check.
    pub check: Check,
    /// The part of the stream that failed: 0 is the header, 1 the first frame.
    pub frame: u32,
    /// The operation, if one is concerned.
    pub operation: Option<OperationId>,
    /// The witness, if one is concerned.
    pub witness: Option<Txid>,
    /// What had to be.
    pub expected: String,
    /// What was.
    pub found: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: expected {}; found {}",
            self.check.code(),
            self.expected,
            self.found
        )?;
        match self.frame {
            0 => f.write_str(" (header)")?,
            frame => write!(f, " (frame {frame})")?,
        }
        if let Some(operation) = self.operation {
            write!(f, " (operation {operation})")?;
        }
        if let Some(witness) = self.witness {
            write!(f, " (witness {witness})")?;
        }
        Ok(())
    }
}

/// Why a consignment is not consistent.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// Wrong by content, for ever.
    #[error("invalid: {0}")]
    Invalid(Report),
    /// Everything else holds, but a required signature is missing; it may come later.
    #[error("unsigned: {0}")]
    Unsigned(Report),
    /// No verdict: a local limit, an unsupported version, a schema or a base that is not known.
    #[error("unresolved: {0}")]
    Unresolved(Report),
}

impl Failure {
    /// The report.
    pub const fn report(&self) -> &Report {
        match self {
            Self::Invalid(report) | Self::Unsigned(report) | Self::Unresolved(report) => report,
        }
    }
}

/// Where a check happens: names frame, operation and witness in reports. By default the header.
#[derive(Copy, Clone, Default)]
pub(super) struct Place {
    pub(super) frame: u32,
    pub(super) operation: Option<OperationId>,
    pub(super) witness: Option<Txid>,
}

impl Place {
    pub(super) const fn frame(frame: u32) -> Self {
        Self {
            frame,
            operation: None,
            witness: None,
        }
    }

    pub(super) const fn witness(self, witness: Txid) -> Self {
        Self {
            witness: Some(witness),
            ..self
        }
    }

    pub(super) const fn operation(self, operation: OperationId) -> Self {
        Self {
            operation: Some(operation),
            ..self
        }
    }

    pub(super) fn report(
        self,
        check: Check,
        expected: impl ToString,
        found: impl ToString,
    ) -> Report {
        Report {
            check,
            frame: self.frame,
            operation: self.operation,
            witness: self.witness,
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    pub(super) fn invalid(
        self,
        check: Check,
        expected: impl ToString,
        found: impl ToString,
    ) -> Failure {
        Failure::Invalid(self.report(check, expected, found))
    }

    pub(super) fn unresolved(
        self,
        check: Check,
        expected: impl ToString,
        found: impl ToString,
    ) -> Failure {
        Failure::Unresolved(self.report(check, expected, found))
    }

    /// A failure to decode.
    pub(super) fn decode(self, error: &DecodeError) -> Failure {
        let expected = "an encoding as PROTOCOL.md has it";
        match error {
            DecodeError::Unsupported { .. } => {
                self.unresolved(Check::Unsupported, "a version this software knows", error)
            }
            DecodeError::NotCanonical { .. } => self.invalid(Check::NotCanonical, expected, error),
            DecodeError::Limit { .. } => self.invalid(Check::Limit, expected, error),
            DecodeError::Short { .. }
            | DecodeError::Trailing { .. }
            | DecodeError::Value { .. } => self.invalid(Check::Decode, expected, error),
        }
    }
}
