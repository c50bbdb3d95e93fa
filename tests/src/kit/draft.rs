//! A witness before it is anchored: everything a sender knows, hidden parts included.

use std::collections::{BTreeMap, BTreeSet};

use amplify::confinement::Confined;
use bitcoin::key::Parity;
use bitcoin::secp256k1::Message;
use bitcoin::{Transaction, Txid};
use bulla_core::anchor::Anchor;
use bulla_core::bundle::Bundle;
use bulla_core::commit::tapret::{Partner, TapretProof};
use bulla_core::commit::{Commitment, DbcProof, mpc_builder, opret};
use bulla_core::frame::{KeySignature, Signatures, Signed, WitnessFrame, signature_message};
use bulla_core::operation::{Input, Transition};
use bulla_core::witness::Witness;
use bulla_core::{BundleId, ContractId, OperationId};

use super::make::{SECP, key, keypair, p2tr};

/// How the witness carries the commitment.
#[derive(Clone, Debug)]
pub enum Carry {
    /// In an `OP_RETURN` output.
    Opret,
    /// In a P2TR output, beside a partner if there is one.
    Tapret(Option<Partner>),
}

/// A transition with every leaf whole and every seal revealed that the sender knows.
#[derive(Clone, Debug)]
pub struct Act {
    /// The transition.
    pub transition: Transition,
    /// Whether it is shown, or only an entry of the bundle.
    pub shown: bool,
    /// Numbers of the keys that sign it.
    pub signers: Vec<u8>,
}

/// What one contract does in one witness, and all that its anchor is made of.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The transitions.
    pub acts: Vec<Act>,
    /// Entries of the bundle that replace or join those of the transitions.
    pub entries: BTreeMap<Input, OperationId>,
    /// Inputs that the bundle leaves out.
    pub omitted: BTreeSet<Input>,
    /// Messages of other contracts in the same tree.
    pub others: BTreeMap<[u8; 32], [u8; 32]>,
    /// Entropy of the tree.
    pub entropy: u64,
    /// Whether the MPC proof takes its path form, even where the entropy would do.
    pub path: bool,
    /// How the witness carries the commitment.
    pub carry: Carry,
    /// Which output gets the commitment.
    pub host: usize,
    /// The witness; the script of the host output is filled in.
    pub transaction: Transaction,
}

/// A draft that was anchored.
#[derive(Clone, Debug)]
pub struct Anchored {
    /// Ids of the acts, in their order.
    pub ids: Vec<OperationId>,
    /// The witness.
    pub witness: Witness,
    /// The anchor.
    pub anchor: Anchor,
    /// The bundle.
    pub bundle: Bundle,
}

impl Draft {
    /// A draft of these acts and nothing else, the commitment in output 0, an `OP_RETURN`.
    pub const fn new(acts: Vec<Act>, transaction: Transaction) -> Self {
        Self {
            acts,
            entries: BTreeMap::new(),
            omitted: BTreeSet::new(),
            others: BTreeMap::new(),
            entropy: 7,
            path: false,
            carry: Carry::Opret,
            host: 0,
            transaction,
        }
    }

    /// The bundle: every input of every act, then [`Draft::entries`], less [`Draft::omitted`].
    pub fn bundle(&self, ids: &[OperationId]) -> Bundle {
        let acts = self.acts.iter().zip(ids);
        let inputs = acts.flat_map(|(act, id)| act.transition.inputs.iter().map(|i| (*i, *id)));
        let mut map: BTreeMap<Input, OperationId> = inputs.collect();
        map.extend(&self.entries);
        map.retain(|input, _| !self.omitted.contains(input));
        Bundle(Confined::try_from(map).expect("at least one input"))
    }

    /// Computes ids, bundle, tree, commitment and witness.
    pub fn anchor(&self, contract: ContractId) -> Anchored {
        let ids: Vec<_> = self.acts.iter().map(|act| act.transition.id()).collect();
        let bundle = self.bundle(&ids);
        let (mpc, commitment) = self.tree(contract, bundle.id());
        let mut transaction = self.transaction.clone();
        let dbc = carry(&self.carry, commitment, &mut transaction, self.host);
        Anchored {
            ids,
            witness: Witness::new(&transaction),
            anchor: Anchor { mpc, dbc },
            bundle,
        }
    }

    fn tree(
        &self,
        contract: ContractId,
        bundle: BundleId,
    ) -> (bulla_core::commit::mpc::Proof, Commitment) {
        use bulla_core::commit::mpc::{Proof, entropy_root};
        let (id, message) = (contract.to_bytes(), bundle.to_bytes());
        if self.others.is_empty() && !self.path {
            let commitment = entropy_root(self.entropy, id, message);
            return (Proof::Entropy(self.entropy), commitment);
        }
        let mut messages = self.others.clone();
        messages.insert(id, message);
        let tree = mpc_builder::build(&messages, self.entropy).expect("few contracts");
        let path = tree.path(id).expect("the contract is in the tree");
        (Proof::Path(path), tree.commitment())
    }

    /// The frame with the shown acts as they are, ascending by id.
    pub fn frame(&self, anchored: &Anchored) -> WitnessFrame {
        let acts = self.acts.iter().zip(&anchored.ids);
        let mut shown: Vec<_> = acts.filter(|(act, _)| act.shown).collect();
        shown.sort_by_key(|(_, id)| **id);
        let txid = anchored.witness.txid();
        let transitions: Vec<_> = shown
            .iter()
            .map(|(act, id)| Signed {
                transition: act.transition.clone(),
                signatures: sign(&act.signers, **id, txid),
            })
            .collect();
        WitnessFrame {
            witness: anchored.witness.clone(),
            anchor: anchored.anchor.clone(),
            bundle: anchored
                .bundle
                .view()
                .prove(|id| shown.iter().any(|(_, shown)| *shown == id))
                .expect("few steps"),
            transitions: Confined::try_from(transitions).expect("at least one act is shown"),
        }
    }
}

/// Writes the commitment into an output and gives the proof.
pub fn carry(
    carry: &Carry,
    commitment: Commitment,
    transaction: &mut Transaction,
    host: usize,
) -> DbcProof {
    let (script, proof) = match carry {
        Carry::Opret => (opret::script(commitment), DbcProof::Opret),
        Carry::Tapret(partner) => {
            let built = TapretProof::build(key(0), partner.clone(), commitment);
            let (proof, output, parity) = built.expect("a partner that leaves room");
            let odd = parity == Parity::Odd;
            (p2tr(output), DbcProof::Tapret { proof, odd })
        }
    };
    if let Some(output) = transaction.output.get_mut(host) {
        output.script_pubkey = script;
    }
    proof
}

/// Signatures by these keys over an operation in a witness.
pub fn sign(signers: &[u8], operation: OperationId, witness: Txid) -> Signatures {
    let message = Message::from_digest(signature_message(operation, witness));
    let signature = |key: &u8| KeySignature {
        key: *key,
        signature: SECP
            .sign_schnorr_no_aux_rand(&message, &keypair(usize::from(*key)))
            .serialize(),
    };
    let list: Vec<_> = signers.iter().map(signature).collect();
    Confined::try_from(list).expect("few signers")
}
