//! Asking the validator, and saying what it must answer.

use std::collections::BTreeMap;
use std::fmt;

use bitcoin::Txid;
use bulla_core::frame::BaseEntry;
use bulla_core::validator::{
    ChainView, Check, Consignment, Consistent, Failure, Known, KnownLeaf, Position, Positions,
    Report, Rules, SchemaPolicy, Sought, validate,
};
use bulla_core::{ContractId, OperationId};

use super::history::{History, network};

/// The kind of a failure.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Wrong for ever.
    Invalid,
    /// A signature is missing.
    Unsigned,
    /// No verdict.
    Unresolved,
}

/// What of a failure is the same in every implementation.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Fails {
    /// Its kind.
    pub kind: Kind,
    /// The check.
    pub check: Check,
    /// The operation it names.
    pub operation: Option<OperationId>,
    /// The witness it names.
    pub witness: Option<Txid>,
}

impl Fails {
    /// A failure of this kind and check that names nothing.
    pub const fn new(kind: Kind, check: Check) -> Self {
        Self {
            kind,
            check,
            operation: None,
            witness: None,
        }
    }

    /// Invalid for this check.
    pub const fn invalid(check: Check) -> Self {
        Self::new(Kind::Invalid, check)
    }

    /// Names an operation, too.
    #[must_use]
    pub fn operation(self, operation: impl Into<OperationId>) -> Self {
        let operation = Some(operation.into());
        Self { operation, ..self }
    }

    /// Names no operation after all.
    #[must_use]
    pub fn without_operation(self) -> Self {
        let operation = None;
        Self { operation, ..self }
    }

    /// Names a witness, too.
    #[must_use]
    pub fn witness(self, witness: Txid) -> Self {
        let witness = Some(witness);
        Self { witness, ..self }
    }
}

impl Fails {
    /// What of this failure is the same in every implementation.
    pub fn of(failure: &Failure) -> Self {
        let kind = match failure {
            Failure::Invalid(_) => Kind::Invalid,
            Failure::Unsigned(_) => Kind::Unsigned,
            Failure::Unresolved(_) => Kind::Unresolved,
        };
        let Report {
            check,
            operation,
            witness,
            ..
        } = *failure.report();
        Self {
            kind,
            check,
            operation,
            witness,
        }
    }
}

/// Rules that accept any schema on the chain of every history.
pub fn rules() -> Rules<'static> {
    Rules::new(network(), SchemaPolicy::Any)
}

/// What a validator says under [`rules`].
pub fn judge(bytes: &[u8]) -> Result<Consistent<Consignment>, Box<Failure>> {
    validate(bytes, &rules()).map_err(Box::new)
}

/// The content of a consignment that must be consistent.
pub fn accept(bytes: &[u8]) -> Consignment {
    match judge(bytes) {
        Ok(consistent) => consistent.get().clone(),
        Err(failure) => panic!("expected a consistent consignment: {failure}"),
    }
}

/// Requires that a consignment fails in just this way.
pub fn refuse(bytes: &[u8], expected: Fails) {
    refuse_under(&rules(), bytes, expected);
}

/// [`refuse`] under other rules.
pub fn refuse_under(rules: &Rules<'_>, bytes: &[u8], expected: Fails) {
    match validate(bytes, rules) {
        Ok(_) => panic!("accepted, expected {expected:?}"),
        Err(failure) => assert_eq!(Fails::of(&failure), expected, "{failure}"),
    }
}

/// A store that has proven some leaves.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The contract and its leaves.
    pub leaves: BTreeMap<(ContractId, BaseEntry), KnownLeaf>,
}

impl Known for Store {
    fn leaf(&self, contract: ContractId, entry: &BaseEntry) -> Option<KnownLeaf> {
        self.leaves.get(&(contract, *entry)).cloned()
    }
}

impl Store {
    /// Of one who has proven every leaf of the first frames of a history.
    pub fn of(history: &History, frames: usize) -> Self {
        use bitcoin::hashes::Hash;
        let contract = history.contract();
        let sought: Vec<_> = (0..frames)
            .map(|frame| {
                let transaction = history.anchored(frame).witness.transaction();
                Sought {
                    txid: history.txid(frame),
                    script: None,
                    inputs: transaction
                        .input
                        .iter()
                        .map(|i| i.previous_output)
                        .collect(),
                }
            })
            .collect();
        let leaves = history.leaves().into_iter();
        let known = leaves.filter(|(frame, ..)| frame.is_none_or(|frame| frame < frames));
        let leaves = known.map(|(frame, leaf, shown)| {
            let witness = frame.map_or(Txid::all_zeros(), |frame| history.txid(frame));
            let known = KnownLeaf {
                state: shown.state,
                seal: shown.seal,
                history: frame.map_or(Vec::new(), |frame| sought[..=frame].to_vec()),
            };
            ((contract, BaseEntry { leaf, witness }), known)
        });
        Self {
            leaves: leaves.collect(),
        }
    }
}

/// A chain that says what it is told to say.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Height of the tip.
    pub tip: u32,
    /// Where transactions stand; the others are absent.
    pub positions: BTreeMap<Txid, Position>,
    /// Whether it answers at all.
    pub down: bool,
    /// How many answers it leaves out.
    pub short: usize,
}

/// The chain is down.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Down;

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the chain is down")
    }
}

impl std::error::Error for Down {}

impl Chain {
    /// A chain with these transactions mined at these heights.
    pub fn mined(tip: u32, mined: impl IntoIterator<Item = (Txid, u32)>) -> Self {
        let mined = mined.into_iter();
        Self {
            tip,
            positions: mined
                .map(|(txid, height)| (txid, Position::Mined { height }))
                .collect(),
            ..Self::default()
        }
    }
}

impl ChainView for Chain {
    type Error = Down;

    fn positions(&self, sought: &[Sought]) -> Result<Positions, Down> {
        if self.down {
            return Err(Down);
        }
        let at = |sought: &Sought| self.positions.get(&sought.txid).copied();
        let list = sought
            .iter()
            .map(|sought| at(sought).unwrap_or(Position::Absent));
        let answers = sought.len().saturating_sub(self.short);
        Ok(Positions {
            tip: self.tip,
            list: list.take(answers).collect(),
        })
    }
}
