//! From a draft and an unsigned transaction to the operations, the commitment and the anchors.

use std::collections::BTreeMap;

use amplify::confinement::Confined;
use bitcoin::{OutPoint, Psbt};
use bulla_core::anchor::Anchor;
use bulla_core::bundle::{Bundle, BundleProof};
use bulla_core::commit::{Commitment, DbcProof, mpc_builder};
use bulla_core::frame::{Signatures, Signed, WitnessFrame};
use bulla_core::operation::{Input, OPERATION_FORMAT, Transition};
use bulla_core::outputs::{Amounts, Leaf, Leaves, Outputs};
use bulla_core::seal::{AssignedSeal, Blinding, Seal};
use bulla_core::state::{State, Token};
use bulla_core::value::Values;
use bulla_core::witness::Witness;
use bulla_core::{ContractId, DecodeError, OperationId};

use super::error::TransferError;
use super::plan::{Draft, OutputRole, PlannedLeaf, PlannedSeal, PlannedTransition};
use crate::Error;
use crate::assets::rows::damaged;
use crate::coins::{CoinsError, Slot, set_opret, set_tapret};
use crate::keys::ViewSecret;
use crate::store::StoreError;
use crate::store::tapret::TapretRow;

/// A leaf that pays somebody.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct PaidLeaf {
    pub contract: ContractId,
    pub leaf: Input,
    /// Whether its seal is over an output of the transaction.
    pub witness: bool,
}

/// Everything that a transaction commits to.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// One for each contract.
    pub frames: BTreeMap<ContractId, WitnessFrame>,
    /// By the number of the payment.
    pub paid: BTreeMap<usize, PaidLeaf>,
    /// By the number of the payment that is an act.
    pub acts: BTreeMap<usize, OperationId>,
    /// The output that is tweaked: to be stored before anybody signs.
    pub tapret: Option<TapretRow>,
}

/// Makes the transitions of a draft and puts the commitment to them into the transaction.
///
/// # Errors
/// If they do not fit one transaction.
pub(crate) fn build(
    draft: &Draft,
    view: &ViewSecret,
    changes: &[Slot],
    psbt: &mut Psbt,
) -> Result<Built, Error> {
    let mut built = Built::default();
    if draft.transitions.is_empty() {
        return Ok(built);
    }
    let mut by_contract: BTreeMap<ContractId, Vec<Transition>> = BTreeMap::new();
    let mut blinder = Blinder {
        view,
        places: places(draft, changes),
    };
    for planned in &draft.transitions {
        let transition = transition(planned, &mut blinder)?;
        pay(&mut built, planned, transition.id());
        built
            .acts
            .extend(planned.act.map(|act| (act, transition.id())));
        by_contract
            .entry(planned.contract)
            .or_default()
            .push(transition);
    }
    let mut bundles = BTreeMap::new();
    for (contract, transitions) in &by_contract {
        bundles.insert(contract.to_bytes(), bundle(transitions)?.id().to_bytes());
    }
    let spent: Vec<OutPoint> = draft.inputs.iter().map(|coin| coin.outpoint).collect();
    let tree =
        mpc_builder::build(&bundles, view.mpc_entropy(&spent)).map_err(TransferError::from)?;
    let (dbc, tapret) = commit(draft, changes.first(), psbt, tree.commitment())?;
    built.tapret = tapret;
    for (contract, transitions) in by_contract {
        let mpc = tree
            .proof(contract.to_bytes())
            .ok_or_else(|| damaged("a contract without a slot"))?;
        let anchor = Anchor {
            mpc,
            dbc: dbc.clone(),
        };
        let frame = frame(psbt, anchor, transitions)?;
        check(contract, &frame)?;
        built.frames.insert(contract, frame);
    }
    Ok(built)
}

/// What the blinding of each change of ours derives from, by its output: its script, for a tapret
/// output the key before the tweak.
fn places(draft: &Draft, changes: &[Slot]) -> BTreeMap<u32, Place> {
    let outputs = (0..).zip(&draft.outputs);
    let change = outputs.filter(|(_, output)| {
        matches!(
            output.role,
            OutputRole::TapretHost | OutputRole::SealedChange
        )
    });
    change
        .zip(changes)
        .map(|((vout, output), slot)| {
            let bytes = match output.role {
                OutputRole::TapretHost => slot.internal_key.serialize().to_vec(),
                _ => slot.script.to_bytes(),
            };
            (vout, Place { bytes, counter: 0 })
        })
        .collect()
}

/// Where seals of ours are, and how many there are already.
struct Place {
    bytes: Vec<u8>,
    counter: u32,
}

/// Gives every seal of our change a blinding of its own.
struct Blinder<'a> {
    view: &'a ViewSecret,
    places: BTreeMap<u32, Place>,
}

impl Blinder<'_> {
    fn seal(&mut self, planned: PlannedSeal) -> Result<AssignedSeal, StoreError> {
        Ok(match planned {
            PlannedSeal::Secret(secret) => AssignedSeal::Secret(secret),
            PlannedSeal::Payee { vout, blinding } => {
                AssignedSeal::Revealed(Seal::Witness { vout, blinding })
            }
            PlannedSeal::Change { vout } => {
                let place = self.places.get_mut(&vout);
                let place = place.ok_or_else(|| damaged("change without an output"))?;
                let blinding = Blinding(self.view.blinding(&place.bytes, place.counter));
                place.counter = place.counter.saturating_add(1);
                AssignedSeal::Revealed(Seal::Witness { vout, blinding })
            }
        })
    }
}

fn transition(planned: &PlannedTransition, blinder: &mut Blinder<'_>) -> Result<Transition, Error> {
    let mut by_type: BTreeMap<u16, Vec<(State, AssignedSeal)>> = BTreeMap::new();
    for leaf in &planned.leaves {
        let seal = blinder.seal(leaf.seal)?;
        by_type
            .entry(leaf.owned_type)
            .or_default()
            .push((leaf.state.clone(), seal));
    }
    let mut outputs = BTreeMap::new();
    for (owned_type, leaves) in by_type {
        outputs.insert(owned_type, list(&leaves)?);
    }
    Ok(Transition {
        format: OPERATION_FORMAT,
        contract: planned.contract,
        kind: planned.kind,
        inputs: confined("inputs", planned.inputs.keys().copied().collect())?,
        globals: values(&planned.globals)?,
        metadata: values(&planned.metadata)?,
        outputs: Outputs(confined("owned types with outputs", outputs)?),
    })
}

fn values(values: &[(u16, Vec<u8>)]) -> Result<Values, TransferError> {
    Ok(Values::new(values.iter().cloned())?)
}

pub(crate) fn confined<C: amplify::confinement::Collection, const MIN: usize, const MAX: usize>(
    what: &'static str,
    collection: C,
) -> Result<Confined<C, MIN, MAX>, TransferError> {
    let found = collection.len() as u64;
    Confined::try_from(collection).map_err(|_| {
        DecodeError::Limit {
            what,
            min: MIN as u64,
            max: MAX as u64,
            found,
        }
        .into()
    })
}

/// The leaves of one type, all of the kind of the first.
pub(crate) fn list(leaves: &[(State, AssignedSeal)]) -> Result<Leaves, Error> {
    let mixed = || damaged("leaves of two kinds in one type");
    let mut amounts = Vec::new();
    let (mut tokens, mut rights, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for (state, seal) in leaves {
        let seal = *seal;
        match state {
            State::Amount(state) => amounts.push(Leaf {
                state: *state,
                seal,
            }),
            State::Token(Token { id, fraction }) => {
                tokens.push(Leaf {
                    state: Token {
                        id: *id,
                        fraction: *fraction,
                    },
                    seal,
                });
            }
            State::Right => rights.push(Leaf { state: (), seal }),
            State::Data(bytes) => data.push(Leaf {
                state: bytes.clone(),
                seal,
            }),
        }
    }
    let what = "leaves of one owned type";
    let all = leaves.len();
    Ok(if amounts.len() == all {
        let amounts = Amounts::new(confined(what, amounts)?).map_err(damaged)?;
        Leaves::Amount(amounts)
    } else if tokens.len() == all {
        Leaves::Token(confined(what, tokens)?)
    } else if rights.len() == all {
        Leaves::Right(confined(what, rights)?)
    } else if data.len() == all {
        Leaves::Data(confined(what, data)?)
    } else {
        return Err(mixed().into());
    })
}

/// Notes which leaf makes which payment.
fn pay(built: &mut Built, planned: &PlannedTransition, operation: OperationId) {
    let mut counts: BTreeMap<u16, u32> = BTreeMap::new();
    for PlannedLeaf {
        owned_type,
        seal,
        payment,
        ..
    } in &planned.leaves
    {
        let count = counts.entry(*owned_type).or_default();
        let leaf = Input {
            operation,
            owned_type: *owned_type,
            index: *count,
        };
        *count = count.saturating_add(1);
        if let Some(payment) = payment {
            let witness = matches!(seal, PlannedSeal::Payee { .. });
            let contract = planned.contract;
            built.paid.insert(
                *payment,
                PaidLeaf {
                    contract,
                    leaf,
                    witness,
                },
            );
        }
    }
}

fn bundle(transitions: &[Transition]) -> Result<Bundle, TransferError> {
    let mut entries = BTreeMap::new();
    for transition in transitions {
        let id = transition.id();
        entries.extend(transition.inputs.iter().map(|input| (*input, id)));
    }
    Ok(Bundle(confined("entries of a bundle", entries)?))
}

/// Puts the commitment into the output that was made for it.
fn commit(
    draft: &Draft,
    change: Option<&Slot>,
    psbt: &mut Psbt,
    commitment: Commitment,
) -> Result<(DbcProof, Option<TapretRow>), Error> {
    let host = draft.host().ok_or(CoinsError::NotTheHost { output: 0 })?;
    let tapret = draft
        .outputs
        .get(host)
        .is_some_and(|out| out.role == OutputRole::TapretHost);
    if !tapret {
        set_opret(psbt, host, commitment)?;
        return Ok((DbcProof::Opret, None));
    }
    let slot = change.ok_or(CoinsError::NotTheHost { output: host })?;
    let (row, proof) = set_tapret(psbt, host, slot, commitment)?;
    Ok((proof, Some(row)))
}

fn frame(
    psbt: &Psbt,
    anchor: Anchor,
    transitions: Vec<Transition>,
) -> Result<WitnessFrame, TransferError> {
    let mut signed: Vec<Signed> = transitions
        .into_iter()
        .map(|transition| Signed {
            transition,
            signatures: Signatures::default(),
        })
        .collect();
    signed.sort_by_key(|signed| signed.transition.id());
    Ok(WitnessFrame {
        witness: Witness::new(&psbt.unsigned_tx),
        anchor,
        bundle: BundleProof::default(),
        transitions: confined("transitions of a frame", signed)?,
    })
}

/// That the transaction carries the commitment to this frame, in the output where it must.
///
/// # Errors
/// [`TransferError::NoCommitment`].
pub(crate) fn check(contract: ContractId, frame: &WitnessFrame) -> Result<(), TransferError> {
    let txid = frame.witness.txid();
    let missing = || TransferError::NoCommitment { txid, contract };
    let entries = frame.transitions.iter().flat_map(|signed| {
        let id = signed.transition.id();
        signed
            .transition
            .inputs
            .iter()
            .map(move |input| (*input, id))
    });
    let bundle = frame.bundle.bundle_id(entries).map_err(|_| missing())?;
    let commitment = frame
        .anchor
        .commitment(contract, bundle)
        .map_err(|_| missing())?;
    let transaction = frame.witness.transaction();
    frame
        .anchor
        .verify(commitment, transaction)
        .map_err(|_| missing())
}
