//! The checks of a witness frame, in their order. Each runs over all transitions before the next
//! one begins, so that two implementations name the same failure.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use bitcoin::secp256k1::{Message, Secp256k1, VerifyOnly, schnorr};
use bitcoin::{OutPoint, XOnlyPublicKey};

use super::facts::{OutputFacts, input_totals, output_facts, values};
use super::failure::{Check, Failure, Place};
use super::state::Open;
use super::{Checked, Validator};
use crate::OperationId;
use crate::bundle::BundleError;
use crate::commit::{Commitment, DbcError};
use crate::frame::{Signed, WitnessFrame, signature_message};
use crate::operation::Transition;
use crate::schema::{Facts, LockTime, Totals, TransitionDef};
use crate::settle::Sought;
use crate::state::State;
use crate::wire::{self, Resolved, Taken};
use crate::witness::Witness;

/// Made once, not for each transition.
static SECP: LazyLock<Secp256k1<VerifyOnly>> = LazyLock::new(Secp256k1::verification_only);

/// A transition on its way through the checks.
struct Step<'f> {
    id: OperationId,
    signed: &'f Signed,
    inputs: Totals,
    outputs: OutputFacts,
}

impl Step<'_> {
    fn transition(&self) -> &Transition {
        &self.signed.transition
    }
}

impl Validator<'_> {
    pub(super) fn witness_frame(&mut self, wire: wire::WitnessFrame) -> Result<Checked, Failure> {
        let place = self.place();
        let Resolved { frame, taken } = wire
            .resolve(self.contract, &mut self.state.leaves)
            .map_err(|error| place.decode(&error))?;
        let place = place.witness(frame.witness.txid());
        let ids: Vec<_> = frame
            .transitions
            .iter()
            .map(|signed| signed.transition.id())
            .collect();
        self.order(&frame, &ids, place)?;
        self.commitment(&frame, &ids, place)?;
        self.outpoints(&frame.witness, place)?;
        let taken = self.take_inputs(taken, &ids, place)?;
        check_seals(&frame, &ids, &taken, place)?;
        let steps = steps(&frame, &ids, &taken);
        self.check_content(&frame, &steps, place)?;
        self.next_state(&frame, &ids);
        Ok(Checked { frame, ids })
    }

    fn order(
        &mut self,
        frame: &WitnessFrame,
        ids: &[OperationId],
        place: Place,
    ) -> Result<(), Failure> {
        let (txid, behind) = (frame.witness.txid(), &self.behind);
        if !self.seen.insert(txid) {
            return Err(place.invalid(Check::Order, "one frame per witness", "a second one"));
        }
        if behind
            .as_ref()
            .is_some_and(|behind| behind.has_witness(txid))
        {
            let expected = "witnesses that do not lie behind the base";
            return Err(place.invalid(Check::Order, expected, "one that does"));
        }
        let mut pairs = ids.iter().zip(ids.iter().skip(1));
        match pairs.find(|(a, b)| a >= b) {
            None => Ok(()),
            Some((a, b)) => {
                let expected = format!("transitions that ascend after {a}");
                Err(place.operation(*b).invalid(Check::Order, expected, b))
            }
        }
    }

    /// From the transitions to what the witness carries: bundle, MPC, DBC. The curve check of a
    /// tapret witness is put off.
    fn commitment(
        &mut self,
        frame: &WitnessFrame,
        ids: &[OperationId],
        place: Place,
    ) -> Result<(), Failure> {
        let shown =
            frame.transitions.iter().zip(ids).flat_map(|(signed, id)| {
                signed.transition.inputs.iter().map(|input| (*input, *id))
            });
        let bundle = frame.bundle.bundle_id(shown).map_err(|error| {
            let check = match error {
                BundleError::NotCanonical { .. } => Check::NotCanonical,
                _ => Check::Bundle,
            };
            let expected = "a bundle that maps each input to one operation";
            place.invalid(check, expected, error)
        })?;
        let commitment = frame
            .anchor
            .commitment(self.contract, bundle)
            .map_err(|error| {
                place.invalid(
                    Check::Mpc,
                    "a proof of this contract's place in the tree",
                    error,
                )
            })?;
        let carried = Carried { place, commitment };
        let outputs = &frame.witness.transaction().output;
        match frame.anchor.curve_check(commitment, outputs) {
            Ok(None) => Ok(()),
            Ok(Some(check)) => self
                .curve
                .push(carried, check)
                .map_err(|(carried, error)| carried.failure(&error.into())),
            Err(error) => Err(carried.failure(&error)),
        }
    }

    fn outpoints(&mut self, witness: &Witness, place: Place) -> Result<(), Failure> {
        for input in &witness.transaction().input {
            let outpoint = input.previous_output;
            if !self.state.spend(outpoint) || self.is_spent_behind(outpoint) {
                let expected = "outputs that no witness of this consignment spent before";
                return Err(place.invalid(Check::OutpointSpentTwice, expected, outpoint));
            }
        }
        Ok(())
    }

    /// Whether a witness behind the base spends this output.
    pub(super) fn is_spent_behind(&self, outpoint: OutPoint) -> bool {
        let behind = self.behind.as_ref();
        behind.is_some_and(|behind| behind.spender(outpoint).is_some())
    }

    /// The leaves of all inputs, which were taken out of the state before the bundle.
    fn take_inputs(
        &mut self,
        taken: Vec<Vec<Taken<State>>>,
        ids: &[OperationId],
        place: Place,
    ) -> Result<Vec<Vec<Open>>, Failure> {
        let mut all = Vec::with_capacity(ids.len());
        for (taken, id) in taken.into_iter().zip(ids) {
            let mut leaves = Vec::with_capacity(taken.len());
            for (input, open) in taken {
                let Some(open) = open else {
                    return Err(place.operation(*id).invalid(
                        Check::InputMissing,
                        "inputs that are open before this frame",
                        format!(
                            "leaf {} of type {} of {}",
                            input.index, input.owned_type, input.operation
                        ),
                    ));
                };
                self.state.consumed(&input);
                leaves.push(open);
            }
            all.push(leaves);
        }
        Ok(all)
    }

    /// Occurrences, then types, then rules, then signatures.
    fn check_content(
        &mut self,
        frame: &WitnessFrame,
        steps: &[Step<'_>],
        place: Place,
    ) -> Result<(), Failure> {
        let locktime = LockTime::of(frame.witness.transaction());
        let header = &self.header;
        let genesis = values(&header.genesis.globals);
        let each = |check: &mut dyn FnMut(
            &Step<'_>,
            &TransitionDef,
            &Facts<'_>,
        ) -> Result<(), Failure>| {
            for step in steps {
                let place = place.operation(step.id);
                let Some(def) = header.schema.transitions.get(&step.transition().kind) else {
                    let found = format!("kind {}", step.transition().kind);
                    let expected = "a transition that the schema has";
                    return Err(place.invalid(Check::Occurrence, expected, found));
                };
                let globals = values(&step.transition().globals);
                let metadata = values(&step.transition().metadata);
                let facts = Facts {
                    inputs: &step.inputs,
                    outputs: &step.outputs.totals,
                    globals: &globals,
                    metadata: &metadata,
                    genesis: &genesis,
                    locktime,
                };
                check(step, def, &facts)?;
            }
            Ok(())
        };
        each(&mut |step, def, facts| {
            def.check_counts(facts, &header.schema).map_err(|failure| {
                let place = place.operation(step.id);
                let found = format!("{} in transition `{}`", failure.seen(), def.name);
                place.invalid(Check::Occurrence, failure.wanted(), found)
            })
        })?;
        each(&mut |step, _, facts| {
            step.outputs
                .check_types(&header.schema, facts, place.operation(step.id))
        })?;
        each(&mut |step, def, facts| {
            def.check_rules(facts, &header.schema).map_err(|failure| {
                place
                    .operation(step.id)
                    .invalid(Check::Rule, &failure.text, &failure)
            })
        })?;
        let mut unsigned = None;
        each(&mut |step, def, _| {
            let place = place.operation(step.id);
            let missing = check_signatures(step, def, &genesis, frame, place)?;
            if unsigned.is_none() {
                unsigned = missing;
            }
            Ok(())
        })?;
        if self.unsigned.is_none() {
            self.unsigned = unsigned;
        }
        Ok(())
    }

    fn next_state(&mut self, frame: &WitnessFrame, ids: &[OperationId]) {
        let transaction = frame.witness.transaction();
        self.operations = self.operations.saturating_add(ids.len() as u64);
        self.state.open_frame(frame, ids);
        self.witnesses
            .push(Sought::new(frame.witness.txid(), transaction));
    }
}

/// What a witness must carry.
#[derive(Copy, Clone)]
pub(super) struct Carried {
    place: Place,
    commitment: Commitment,
}

impl Carried {
    pub(super) fn failure(self, error: &DbcError) -> Failure {
        let Self { place, commitment } = self;
        match error {
            DbcError::NoCommitmentOutput => place.invalid(
                Check::NoCommitment,
                "an output that is OP_RETURN or P2TR",
                error,
            ),
            DbcError::MethodMismatch { .. } | DbcError::Tapret(_) | DbcError::Opret(_) => {
                let expected = format!("the commitment {commitment} in the first such output");
                place.invalid(Check::Dbc, expected, error)
            }
        }
    }
}

/// The witness must spend the output of every input's seal.
fn check_seals(
    frame: &WitnessFrame,
    ids: &[OperationId],
    taken: &[Vec<Open>],
    place: Place,
) -> Result<(), Failure> {
    let inputs = &frame.witness.transaction().input;
    let spent: BTreeSet<OutPoint> = inputs.iter().map(|input| input.previous_output).collect();
    for (id, leaves) in ids.iter().zip(taken) {
        let place = place.operation(*id);
        for open in leaves {
            let expected = "a witness that spends the output of every input's seal";
            match open.outpoint() {
                Some(outpoint) if spent.contains(&outpoint) => {}
                Some(outpoint) => {
                    let found = format!("{outpoint}, which it does not spend");
                    return Err(place.invalid(Check::SealNotClosed, expected, found));
                }
                None => {
                    let found = "an input whose seal is still secret";
                    return Err(place.invalid(Check::SealNotClosed, expected, found));
                }
            }
        }
    }
    Ok(())
}

fn steps<'f>(frame: &'f WitnessFrame, ids: &[OperationId], taken: &[Vec<Open>]) -> Vec<Step<'f>> {
    frame
        .transitions
        .iter()
        .zip(ids)
        .zip(taken)
        .map(|((signed, id), taken)| {
            let types = signed
                .transition
                .inputs
                .iter()
                .map(|input| input.owned_type);
            Step {
                id: *id,
                signed,
                inputs: input_totals(types.zip(taken)),
                outputs: output_facts(&signed.transition.outputs),
            }
        })
        .collect()
}

/// Every signature must verify. Gives a report if there are fewer than a rule asks for.
fn check_signatures(
    step: &Step<'_>,
    def: &TransitionDef,
    genesis: &[(u16, &[u8])],
    frame: &WitnessFrame,
    place: Place,
) -> Result<Option<super::Report>, Failure> {
    let signatures = &step.signed.signatures;
    let Some(rule) = def.signature_rules(genesis).next() else {
        if signatures.is_empty() {
            return Ok(None);
        }
        let found = format!("{} signatures", signatures.len());
        return Err(place.invalid(
            Check::Signature,
            "no signature: no rule asks for one",
            found,
        ));
    };
    let message = Message::from_digest(signature_message(step.id, frame.witness.txid()));
    for given in signatures {
        let key = rule.keys.get(usize::from(given.key)).map(|(_, key)| *key);
        let verified = key
            .and_then(|key| XOnlyPublicKey::from_slice(key).ok())
            .zip(schnorr::Signature::from_slice(&given.signature).ok())
            .is_some_and(|(key, signature)| {
                SECP.verify_schnorr(&signature, &message, &key).is_ok()
            });
        if !verified {
            let expected = "signatures by keys of the genesis over this operation and witness";
            let found = format!("one by key {} that does not verify", given.key);
            return Err(place.invalid(Check::Signature, expected, found));
        }
    }
    let found = signatures.len();
    if (found as u64) < rule.threshold {
        let expected = format!(
            "signatures by {} of {} keys",
            rule.threshold,
            rule.keys.len()
        );
        return Ok(Some(place.report(
            Check::Signature,
            expected,
            format!("{found}"),
        )));
    }
    Ok(None)
}
