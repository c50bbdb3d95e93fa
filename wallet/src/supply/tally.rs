//! Sums over what is known of a contract.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{OutPoint, Txid};
use bulla_core::header::Header;
use bulla_core::operation::{Input, Transition};
use bulla_core::outputs::Outputs;
use bulla_core::schema::{Schema, TransitionDef};
use bulla_core::state::{State, StateKind};
use bulla_core::{ContractId, OperationId};
use bulla_schemas::roles::owned::{ALLOWANCE, ASSET, LEFT, NFT, REPLACEMENT};

/// What is counted.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Smallest units of an Amount type.
    Amount,
    /// Tokens, whole or in fractions.
    Token,
}

/// What is proven of a supply at one tip. All sums are in smallest units, or in tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Supply {
    /// The contract.
    pub contract: ContractId,
    /// What is counted.
    pub unit: Unit,
    /// Issued by the genesis.
    pub genesis: u128,
    /// The right to issue more that the genesis gave; none: the schema is not a standard one, so what it
    /// allows is not known to this program.
    pub allowed: Option<u128>,
    /// Settled operations that issued, burned or renounced, by id.
    pub changes: Vec<Change>,
    /// Settled operations that are known to have done none of these.
    pub moves: BTreeSet<OperationId>,
    /// Rights to issue more that are still open.
    pub rights: Vec<OpenLeaf>,
    /// Leaves of the asset that are still open: the wallet's own, and those that the evidence hands over.
    pub held: Vec<OpenLeaf>,
    /// Operations that have effect but are not settled, and so not counted.
    pub unsettled: usize,
    /// Height of the best block for which rights and leaves are open; none: no source was asked.
    pub tip: Option<u32>,
}

/// What one settled operation did to the supply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The operation: the evidence.
    pub operation: OperationId,
    /// The name of its transition in the schema.
    pub transition: String,
    /// Its witness.
    pub witness: Txid,
    /// Confirmations of the weakest witness of its history.
    pub confirmations: u32,
    /// What it made.
    pub issued: u128,
    /// What it destroyed.
    pub burned: u128,
    /// What it gave up of the right to issue.
    pub renounced: u128,
}

/// A leaf on an output that no mined transaction spends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenLeaf {
    /// The leaf.
    pub leaf: Input,
    /// What it is.
    pub state: State,
    /// The output: the evidence.
    pub outpoint: OutPoint,
}

/// An operation whose whole history is settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Settled {
    pub transition: Transition,
    pub witness: Txid,
    pub confirmations: u32,
}

/// The owned types that a supply is about.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Types {
    pub asset: u16,
    pub right: Option<u16>,
    pub unit: Unit,
}

impl Types {
    /// By the names of the standard schemas; none if the schema has no asset.
    pub fn of(schema: &Schema) -> Option<Self> {
        let amount = ASSET.number(schema).map(|number| (number, Unit::Amount));
        let token = NFT.number(schema).map(|number| (number, Unit::Token));
        let (asset, unit) = amount.or(token)?;
        let rights = [ALLOWANCE, LEFT, REPLACEMENT];
        let right = rights.iter().find_map(|role| role.number(schema));
        Some(Self { asset, right, unit })
    }
}

/// Sums up; rights and leaves that are open come from the chain. Of a schema that is not a standard one, only
/// transitions that concern nothing but the asset count: what another type means there, this program does not know.
pub(super) fn tally(
    header: &Header,
    types: Types,
    operations: &BTreeMap<OperationId, Settled>,
) -> Supply {
    let contract = header.genesis.contract_id();
    let outputs = &header.genesis.outputs;
    let standard = bulla_schemas::standard()
        .iter()
        .any(|schema| schema.id() == header.genesis.schema);
    let mut states = shown(contract.into(), outputs);
    for (id, settled) in operations {
        states.extend(shown(*id, &settled.transition.outputs));
    }
    let right = |outputs| types.right.map_or(0, |right| made(outputs, right));
    let (mut changes, mut moves) = (Vec::new(), BTreeSet::new());
    for (id, settled) in operations {
        let Some(def) = header.schema.transitions.get(&settled.transition.kind) else {
            continue;
        };
        if !standard && !concerns_only(def, types.asset) {
            continue;
        }
        let change = change(*id, settled, def.name.clone(), types, &states);
        if (change.issued, change.burned, change.renounced) == (0, 0, 0) {
            moves.insert(*id);
        } else {
            changes.push(change);
        }
    }
    Supply {
        contract,
        unit: types.unit,
        genesis: made(outputs, types.asset),
        allowed: standard.then(|| right(outputs)),
        changes,
        moves,
        rights: Vec::new(),
        held: Vec::new(),
        unsettled: 0,
        tip: None,
    }
}

/// Whether a transition takes and makes nothing but this type.
fn concerns_only(def: &TransitionDef, ty: u16) -> bool {
    let mut types = def.inputs.keys().chain(def.outputs.keys());
    types.all(|other| *other == ty)
}

fn change(
    operation: OperationId,
    settled: &Settled,
    transition: String,
    types: Types,
    states: &BTreeMap<Input, State>,
) -> Change {
    let (inputs, outputs) = (&settled.transition.inputs, &settled.transition.outputs);
    let taken = |ty: u16| {
        let of = inputs.iter().filter(|input| input.owned_type == ty);
        sum(of.filter_map(|input| states.get(input)))
    };
    let (before, after) = (taken(types.asset), made(outputs, types.asset));
    let used = types
        .right
        .map_or(0, |right| taken(right).saturating_sub(made(outputs, right)));
    let issued = after.saturating_sub(before);
    Change {
        operation,
        transition,
        witness: settled.witness,
        confirmations: settled.confirmations,
        issued,
        burned: before.saturating_sub(after),
        renounced: used.saturating_sub(issued),
    }
}

fn shown(operation: OperationId, outputs: &Outputs) -> BTreeMap<Input, State> {
    let leaf = |(owned_type, shown): (u16, bulla_core::outputs::Shown)| {
        let index = shown.index;
        let input = Input {
            operation,
            owned_type,
            index,
        };
        (input, shown.state)
    };
    outputs.shown().map(leaf).collect()
}

/// What an operation has in its outputs of one type, whether all of them are shown or not.
fn made(outputs: &Outputs, ty: u16) -> u128 {
    let Some(leaves) = outputs.0.get(&ty) else {
        return 0;
    };
    if leaves.kind() == StateKind::Amount {
        return leaves.root().aggregate.into();
    }
    let states: Vec<State> = leaves.shown().map(|shown| shown.state).collect();
    sum(&states)
}

/// The sum of amounts and the number of different tokens.
fn sum<'a>(states: impl IntoIterator<Item = &'a State>) -> u128 {
    let mut tokens = BTreeSet::new();
    let mut amount = 0;
    for state in states {
        match state {
            State::Amount(units) => amount += u128::from(*units),
            State::Token(token) => {
                tokens.insert(token.id);
            }
            State::Right | State::Data(_) => {}
        }
    }
    amount + tokens.len() as u128
}

impl Supply {
    /// Proven to be issued: at least so much was.
    pub fn issued(&self) -> u128 {
        self.genesis
            + self
                .changes
                .iter()
                .map(|change| change.issued)
                .sum::<u128>()
    }

    /// Proven to be burned: at least so much is.
    pub fn burned(&self) -> u128 {
        self.changes.iter().map(|change| change.burned).sum()
    }

    /// Of the right to issue, proven to be given up.
    pub fn renounced(&self) -> u128 {
        self.changes.iter().map(|change| change.renounced).sum()
    }

    /// Of the right to issue, proven to be unused.
    pub fn unused(&self) -> u128 {
        sum(self.rights.iter().map(|open| &open.state))
    }

    /// The most that can have been issued: what the genesis allows, less what is unused or given up.
    pub fn issued_at_most(&self) -> Option<u128> {
        let open = self.unused() + self.renounced();
        Some((self.genesis + self.allowed?).saturating_sub(open))
    }

    /// The most that can circulate: the most that can have been issued, less what is burned.
    pub fn circulating_at_most(&self) -> Option<u128> {
        Some(self.issued_at_most()?.saturating_sub(self.burned()))
    }

    /// Proven to circulate: on outputs that are not spent.
    pub fn circulating_at_least(&self) -> u128 {
        sum(self.held.iter().map(|open| &open.state))
    }
}
