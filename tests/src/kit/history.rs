//! A contract's history as its maker knows it: build it, change it, anchor it anew.

use std::collections::BTreeMap;

use amplify::confinement::Confined;
use bitcoin::hashes::Hash;
use bitcoin::{Network, OutPoint, Txid};
use bulla_core::commit::host_output;
use bulla_core::operation::{Genesis, Input, OPERATION_FORMAT, Transition};
use bulla_core::outputs::{Leaves, Outputs, Shown};
use bulla_core::schema::Schema;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::state::State;
use bulla_core::value::Values;
use bulla_core::{ContractId, NetworkId, OperationId};

use super::draft::{Act, Anchored, Carry, Draft};
use super::make::{Assignment, at, coin, number, on, outputs, transaction, values};

/// The chain of every history.
pub fn network() -> NetworkId {
    NetworkId::of_network(Network::Regtest)
}

/// A contract and its witnesses. Whatever is changed with [`History::edit`] is anchored anew, and
/// what comes later refers to the new ids.
#[derive(Clone, Debug)]
pub struct History {
    /// The schema.
    pub schema: Schema,
    genesis: Genesis,
    drafts: Vec<Draft>,
    anchored: Vec<Anchored>,
}

impl History {
    /// A contract with these genesis globals and outputs.
    pub fn new(schema: Schema, globals: Values, assignments: &[Assignment]) -> Self {
        let genesis = Genesis {
            format: OPERATION_FORMAT,
            schema: schema.id(),
            network: network(),
            timestamp: 1_700_000_000,
            globals,
            outputs: outputs(assignments),
        };
        Self {
            schema,
            genesis,
            drafts: Vec::new(),
            anchored: Vec::new(),
        }
    }

    /// A contract of fixed supply, all of it on [`coin`] 0.
    pub fn fixed(supply: u64) -> Self {
        Self::fixed_among(&[supply])
    }

    /// A contract of fixed supply, these amounts on [`coin`] 0, 1, and so on.
    pub fn fixed_among(amounts: &[u64]) -> Self {
        let coins = (0..).map(coin).map(on);
        let list: Vec<Assignment> = amounts
            .iter()
            .zip(coins)
            .map(|(amount, seal)| (0, State::Amount(*amount), seal))
            .collect();
        Self::new(
            bulla_schemas::fixed(),
            fixed_globals(amounts.iter().sum()),
            &list,
        )
    }

    /// The contract's id.
    pub fn contract(&self) -> ContractId {
        self.genesis.contract_id()
    }

    /// The genesis, whole.
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The drafts in their order.
    pub fn drafts(&self) -> &[Draft] {
        &self.drafts
    }

    /// A draft as it was anchored.
    pub fn anchored(&self, frame: usize) -> &Anchored {
        &self.anchored[frame]
    }

    /// The id of the witness of a frame.
    pub fn txid(&self, frame: usize) -> Txid {
        self.anchored[frame].witness.txid()
    }

    /// The id of the first act of a frame.
    pub fn id(&self, frame: usize) -> OperationId {
        self.anchored[frame].ids[0]
    }

    /// Leaf `index` of type 0 of the genesis.
    pub fn seed(&self, index: u32) -> Input {
        leaf(self.contract().into(), 0, index)
    }

    /// Leaf `index` of type 0 of the first act of a frame.
    pub fn leaf(&self, frame: usize, index: u32) -> Input {
        leaf(self.id(frame), 0, index)
    }

    /// An act of the transition with this name.
    pub fn act(&self, kind: &str, inputs: &[Input], assignments: &[Assignment]) -> Act {
        let (kind, _) = self
            .schema
            .transition(kind)
            .expect("a transition of the schema");
        let inputs = inputs.iter().copied().collect();
        let transition = Transition {
            format: OPERATION_FORMAT,
            contract: self.contract(),
            kind,
            inputs: Confined::try_from(inputs).expect("at least one input"),
            globals: Values::default(),
            metadata: Values::default(),
            outputs: outputs(assignments),
        };
        Act {
            transition,
            shown: true,
            signers: Vec::new(),
        }
    }

    /// A draft whose witness spends what its acts consume, with as many plain outputs as there
    /// are leaves, the commitment in front in an `OP_RETURN` output.
    pub fn draft(&self, acts: Vec<Act>) -> Draft {
        let inputs = acts.iter().flat_map(|act| act.transition.inputs.iter());
        let mut coins: Vec<_> = inputs.filter_map(|input| self.outpoint(input)).collect();
        coins.sort_unstable();
        coins.dedup();
        if coins.is_empty() {
            coins.push(coin(1_000));
        }
        let leaves = acts
            .iter()
            .flat_map(|act| act.transition.outputs.0.values());
        let leaves: u32 = leaves.map(Leaves::count).sum();
        Draft::new(acts, transaction(coins, leaves.min(100) as usize))
    }

    /// Anchors a draft and gives its frame number.
    pub fn push(&mut self, draft: Draft) -> usize {
        self.anchored.push(draft.anchor(self.contract()));
        self.drafts.push(draft);
        self.drafts.len() - 1
    }

    /// Moves inputs of type 0 into amounts on outputs 1, 2, and so on of a witness of its own.
    pub fn transfer(&mut self, inputs: &[Input], amounts: &[u64]) -> usize {
        self.transfer_by(&Carry::Opret, inputs, amounts)
    }

    /// [`History::transfer`] with the commitment carried as asked.
    pub fn transfer_by(&mut self, carry: &Carry, inputs: &[Input], amounts: &[u64]) -> usize {
        let draft = self.draft(vec![self.act("transfer", inputs, &amounts_at(amounts))]);
        self.push(Draft {
            carry: carry.clone(),
            ..draft
        })
    }

    /// Changes a draft; it and all after it are anchored anew.
    pub fn edit(&mut self, frame: usize, change: impl FnOnce(&mut Draft)) {
        change(&mut self.drafts[frame]);
        self.anchor_from(frame, Renamed::default());
    }

    /// Changes the genesis; all drafts are anchored anew.
    pub fn edit_genesis(&mut self, change: impl FnOnce(&mut Genesis)) {
        let old = self.contract();
        change(&mut self.genesis);
        let mut renamed = Renamed::default();
        renamed
            .operations
            .insert(old.into(), self.contract().into());
        self.anchor_from(0, renamed);
    }

    fn anchor_from(&mut self, frame: usize, mut renamed: Renamed) {
        let contract = self.contract();
        let drafts = self.drafts.iter_mut().zip(&mut self.anchored);
        for (draft, anchored) in drafts.skip(frame) {
            renamed.draft(draft, contract);
            let new = draft.anchor(contract);
            renamed
                .witnesses
                .insert(anchored.witness.txid(), new.witness.txid());
            let ids = anchored.ids.iter().copied().zip(new.ids.iter().copied());
            renamed.operations.extend(ids);
            *anchored = new;
        }
    }

    /// Every leaf of the genesis and all acts, with the frame, none for the genesis.
    pub fn leaves(&self) -> Vec<(Option<usize>, Input, Shown)> {
        let mut all = Vec::new();
        let mut add = |frame, id, outputs: &Outputs| {
            for (ty, shown) in outputs.shown() {
                all.push((frame, leaf(id, ty, shown.index), shown));
            }
        };
        add(None, self.contract().into(), &self.genesis.outputs);
        for (frame, draft) in self.drafts.iter().enumerate() {
            for (act, id) in draft.acts.iter().zip(&self.anchored[frame].ids) {
                add(Some(frame), *id, &act.transition.outputs);
            }
        }
        all
    }

    /// A leaf with its frame.
    pub fn find(&self, input: &Input) -> Option<(Option<usize>, Shown)> {
        let (frame, outputs) = if input.operation == self.contract().into() {
            (None, &self.genesis.outputs)
        } else {
            let mut frames = self.anchored.iter().enumerate().rev();
            let (frame, at) = frames.find_map(|(frame, anchored)| {
                let at = anchored.ids.iter().position(|id| *id == input.operation)?;
                Some((frame, at))
            })?;
            (Some(frame), &self.drafts[frame].acts[at].transition.outputs)
        };
        let leaves = outputs.0.get(&input.owned_type)?;
        let shown = leaves.shown().find(|shown| shown.index == input.index)?;
        Some((frame, shown))
    }

    /// The output under a leaf, if its seal is known.
    pub fn outpoint(&self, input: &Input) -> Option<OutPoint> {
        let (frame, shown) = self.find(input)?;
        match shown.seal {
            AssignedSeal::Secret(_) => None,
            AssignedSeal::Revealed(Seal::Witness { vout, .. }) => Some(OutPoint {
                txid: frame.map_or(Txid::all_zeros(), |frame| self.txid(frame)),
                vout,
            }),
            AssignedSeal::Revealed(seal) => seal.resolve(None),
        }
    }

    /// The output that hosts the commitment of a frame.
    pub fn host(&self, frame: usize) -> Option<usize> {
        host_output(self.anchored[frame].witness.transaction()).map(|(vout, _)| vout)
    }
}

/// The globals of a contract of fixed supply.
pub fn fixed_globals(supply: u64) -> Values {
    let text = |text: &str| text.as_bytes().to_vec();
    values(&[
        (0, text("TEST")),
        (1, text("Test asset")),
        (2, number(0)),
        (5, number(supply)),
    ])
}

/// Amounts of type 0 on outputs 1, 2, and so on of the witness.
pub fn amounts_at(amounts: &[u64]) -> Vec<Assignment> {
    let seals = (1..).map(at);
    let leaves = amounts.iter().zip(seals);
    leaves
        .map(|(amount, seal)| (0, State::Amount(*amount), seal))
        .collect()
}

/// A leaf by its place.
pub const fn leaf(operation: OperationId, owned_type: u16, index: u32) -> Input {
    Input {
        operation,
        owned_type,
        index,
    }
}

/// Ids that changed, old to new.
#[derive(Default)]
struct Renamed {
    operations: BTreeMap<OperationId, OperationId>,
    witnesses: BTreeMap<Txid, Txid>,
}

impl Renamed {
    fn draft(&self, draft: &mut Draft, contract: ContractId) {
        for act in &mut draft.acts {
            let transition = &mut act.transition;
            let old = OperationId::from(transition.contract);
            if self.operations.get(&old) == Some(&contract.into()) {
                transition.contract = contract;
            }
            let inputs = transition.inputs.iter().map(|input| self.input(*input));
            transition.inputs = Confined::try_from_iter(inputs).expect("as many as before");
            self.seals(&mut transition.outputs);
        }
        let entries = draft.entries.iter();
        draft.entries = entries
            .map(|(i, id)| (self.input(*i), self.operation(*id)))
            .collect();
        let omitted = draft.omitted.iter();
        draft.omitted = omitted.map(|input| self.input(*input)).collect();
        for input in &mut draft.transaction.input {
            self.txid(&mut input.previous_output.txid);
        }
    }

    fn operation(&self, id: OperationId) -> OperationId {
        self.operations.get(&id).copied().unwrap_or(id)
    }

    fn input(&self, input: Input) -> Input {
        let operation = self.operation(input.operation);
        Input { operation, ..input }
    }

    fn txid(&self, txid: &mut Txid) {
        if let Some(new) = self.witnesses.get(txid) {
            *txid = *new;
        }
    }

    /// Seals over outputs of earlier witnesses; pruned lists stay as they are.
    fn seals(&self, of: &mut Outputs) {
        let mut list: Vec<Assignment> = Vec::new();
        let mut changed = false;
        for (ty, mut shown) in of.shown() {
            if let AssignedSeal::Revealed(Seal::Outpoint { txid, .. }) = &mut shown.seal {
                let old = *txid;
                self.txid(txid);
                changed |= old != *txid;
            }
            list.push((ty, shown.state, shown.seal));
        }
        let whole =
            of.0.values()
                .all(|leaves| !matches!(leaves, Leaves::Pruned(_)));
        if changed && whole {
            *of = outputs(&list);
        }
    }
}
