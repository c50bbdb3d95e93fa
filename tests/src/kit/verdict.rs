//! Asking the validator, and saying what it must answer.

use std::collections::BTreeMap;
use std::fmt;

use bitcoin::{OutPoint, Txid};
use bulla_core::frame::BaseEntry;
use bulla_core::operation::Input;
use bulla_core::validator::{
    Behind, ChainView, Check, Consignment, Consistent, Failure, Known, KnownLeaf, Position,
    Positions, Report, Rules, SchemaPolicy, Sought, Weakest, validate,
};
use bulla_core::{ContractId, OperationId};

use super::history::{History, leaf, network};
use super::record;

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

impl Kind {
    /// Of this failure.
    pub const fn of(failure: &Failure) -> Self {
        match failure {
            Failure::Invalid(_) => Self::Invalid,
            Failure::Unsigned(_) => Self::Unsigned,
            Failure::Unresolved(_) => Self::Unresolved,
        }
    }
}

/// How a consignment must fail.
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
    /// What the report says, see [`Reason`].
    pub says: &'static str,
}

/// A check, and which of its reasons: a part of `expected …; found …` that no other one says. It may be left
/// out for checks that have one reason, or one by far the most usual.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The check.
    pub check: Check,
    /// What the report says.
    pub says: &'static str,
}

impl From<Check> for Reason {
    fn from(check: Check) -> Self {
        let says = usual(check);
        Self { check, says }
    }
}

impl From<(Check, &'static str)> for Reason {
    fn from((check, says): (Check, &'static str)) -> Self {
        Self { check, says }
    }
}

impl Fails {
    /// A failure of this kind, for this reason, that names nothing.
    pub fn new(kind: Kind, reason: impl Into<Reason>) -> Self {
        let Reason { check, says } = reason.into();
        Self {
            kind,
            check,
            operation: None,
            witness: None,
            says,
        }
    }

    /// Invalid for this reason.
    pub fn invalid(reason: impl Into<Reason>) -> Self {
        Self::new(Kind::Invalid, reason)
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

    /// Requires that a failure is this one.
    #[track_caller]
    pub fn check(&self, failure: &Failure) {
        let Report {
            check,
            operation,
            witness,
            ref expected,
            ref found,
            ..
        } = *failure.report();
        assert_eq!(
            (Kind::of(failure), check, operation, witness),
            (self.kind, self.check, self.operation, self.witness),
            "{failure}"
        );
        let text = format!("expected {expected}; found {found}");
        assert!(!self.says.is_empty(), "say which reason of {failure}");
        assert!(
            text.contains(self.says),
            "not for {:?}: {failure}",
            self.says
        );
    }
}

/// What a report says by a check that has one reason, or one by far the most usual.
const fn usual(check: Check) -> &'static str {
    match check {
        Check::Network => "expected bnet1",
        Check::SchemaId => "expected bsch1",
        Check::SchemaUnknown => "expected a schema that the user allowed",
        Check::InputMissing => "expected inputs that are open before this frame",
        Check::SealNotClosed => "which it does not spend",
        Check::OutpointSpentTwice => {
            "expected outputs that no witness of this consignment spent before"
        }
        Check::NoCommitment => "found no output can carry a commitment",
        Check::Dbc => "found opret output carries",
        Check::Mpc => "found mpc proof for slot",
        Check::Terminal => "expected a leaf that is open after the last frame",
        Check::Irrelevant => "found one that nothing builds on",
        Check::BaseMissing => "expected operations that the own store has proven",
        _ => "",
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
        Ok(consistent) => {
            record::accepted(&rules(), bytes, consistent.get(), None);
            consistent.get().clone()
        }
        Err(failure) => panic!("expected a consistent consignment: {failure}"),
    }
}

/// Requires that a consignment fails in just this way.
#[track_caller]
pub fn refuse(bytes: &[u8], expected: Fails) {
    refuse_under(&rules(), bytes, expected);
}

/// [`refuse`] under other rules.
#[track_caller]
pub fn refuse_under(rules: &Rules<'_>, bytes: &[u8], expected: Fails) {
    refuse_with(rules, None, bytes, expected);
}

/// [`refuse`] by a receiver who has proven what is in a store.
#[track_caller]
pub fn refuse_knowing(store: &Store, bytes: &[u8], expected: Fails) {
    refuse_with(&knowing(store), Some(store), bytes, expected);
}

#[track_caller]
fn refuse_with(rules: &Rules<'_>, store: Option<&Store>, bytes: &[u8], expected: Fails) {
    match validate(bytes, rules) {
        Ok(_) => panic!("accepted, expected {expected:?}"),
        Err(failure) => {
            expected.check(&failure);
            record::refused(rules, bytes, &failure, store);
        }
    }
}

/// [`accept`] by a receiver who has proven what is in a store.
pub fn accept_knowing(store: &Store, bytes: &[u8]) -> Consignment {
    match validate(bytes, &knowing(store)) {
        Ok(consistent) => {
            record::accepted(&rules(), bytes, consistent.get(), Some(store));
            consistent.get().clone()
        }
        Err(failure) => panic!("expected a consistent delta: {failure}"),
    }
}

/// [`rules`] of a receiver who has proven what is in a store.
pub fn knowing(store: &Store) -> Rules<'_> {
    Rules {
        known: store,
        ..rules()
    }
}

/// A store that has proven some leaves.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The leaves by contract, place and witness.
    pub leaves: BTreeMap<(ContractId, Input, Txid), KnownLeaf>,
    /// What each operation in its witness does, as it was first proven.
    pub operations: BTreeMap<(OperationId, Txid), Done>,
}

/// What an operation in its witness does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// What the witness spends.
    pub spends: Vec<OutPoint>,
    /// What the operation consumes, each with the witness of its operation, none for a genesis.
    pub inputs: Vec<(Input, Option<Txid>)>,
}

impl Store {
    /// Of one who has proven every leaf of the first frames of a history.
    pub fn of(history: &History, frames: usize) -> Self {
        let mut store = Self::default();
        for frame in 0..frames {
            store.learn(history, frame);
        }
        store
    }

    /// With what was proven later: an operation in a witness stays on what it was first proven on.
    #[must_use]
    pub fn then(mut self, later: Self) -> Self {
        self.leaves.extend(later.leaves);
        for (place, done) in later.operations {
            self.operations.entry(place).or_insert(done);
        }
        self
    }

    fn learn(&mut self, history: &History, frame: usize) {
        let (contract, txid) = (history.contract(), history.txid(frame));
        let transaction = history.anchored(frame).witness.transaction();
        let outputs = u32::try_from(transaction.output.len()).expect("few outputs");
        let acts = &history.drafts()[frame].acts;
        for (act, id) in acts.iter().zip(&history.anchored(frame).ids) {
            for (ty, shown) in act.transition.outputs.shown() {
                let known = KnownLeaf {
                    state: shown.state,
                    seal: shown.seal.conceal(),
                    outputs,
                };
                let leaf = leaf(*id, ty, shown.index);
                self.leaves.insert((contract, leaf, txid), known);
            }
            let of = |input: &Input| history.find(input).and_then(|(frame, _)| frame);
            let inputs = act.transition.inputs.iter();
            let done = Done {
                spends: transaction
                    .input
                    .iter()
                    .map(|i| i.previous_output)
                    .collect(),
                inputs: inputs
                    .map(|input| (*input, of(input).map(|frame| history.txid(frame))))
                    .collect(),
            };
            self.operations.insert((*id, txid), done);
        }
    }

    /// The operations behind entries of a base, each with its witness.
    pub fn ancestors(&self, base: &[BaseEntry]) -> BTreeMap<(OperationId, Txid), &Done> {
        let mut behind = BTreeMap::new();
        let mut next: Vec<_> = base
            .iter()
            .map(|entry| (entry.leaf.operation, entry.witness))
            .collect();
        while let Some(key) = next.pop() {
            let Some(done) = self.operations.get(&key) else {
                continue;
            };
            if behind.insert(key, done).is_none() {
                let parents = done.inputs.iter();
                next.extend(parents.filter_map(|(input, txid)| Some((input.operation, (*txid)?))));
            }
        }
        behind
    }
}

impl Known for Store {
    fn leaf(&self, contract: ContractId, leaf: &Input, witness: Txid) -> Option<KnownLeaf> {
        self.leaves.get(&(contract, *leaf, witness)).cloned()
    }

    fn behind(&self, _: ContractId, base: &[BaseEntry]) -> Box<dyn Behind + '_> {
        Box::new(Ancestors(self.ancestors(base)))
    }
}

/// The operations behind a base, each in its witness.
struct Ancestors<'a>(BTreeMap<(OperationId, Txid), &'a Done>);

impl Behind for Ancestors<'_> {
    fn has_witness(&self, witness: Txid) -> bool {
        self.0.keys().any(|(_, txid)| *txid == witness)
    }

    fn spender(&self, out: OutPoint) -> Option<Txid> {
        let mut spenders = self.0.iter().filter(|(_, done)| done.spends.contains(&out));
        spenders.next().map(|((_, txid), _)| *txid)
    }

    fn consumes(&self, leaf: &Input) -> bool {
        let mut inputs = self.0.values().flat_map(|done| &done.inputs);
        inputs.any(|(input, _)| input == leaf)
    }

    fn clash(&self) -> Option<OutPoint> {
        let mut spent = BTreeMap::new();
        for ((_, txid), done) in &self.0 {
            for out in &done.spends {
                if spent.entry(*out).or_insert(txid) != &txid {
                    return Some(*out);
                }
            }
        }
        None
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
    /// What the own store says of the entries of a base.
    pub behind: Vec<Weakest>,
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

    fn weakest(&self, _: ContractId, _: &[BaseEntry]) -> Result<Vec<Weakest>, Down> {
        Ok(self.behind.clone())
    }
}
