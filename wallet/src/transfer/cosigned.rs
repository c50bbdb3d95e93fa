//! What a signer is shown of the operations he signs for.

use bitcoin::{Address, OutPoint, Txid};
use bulla_core::frame::{Signed, WitnessFrame};
use bulla_core::header::Header;
use bulla_core::outputs::Shown;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::{ContractId, OperationId};

use super::plan::quantity;
use crate::coins::Coins;

/// A consignment with one more signer's signatures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cosigned {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim, fit to be shown; empty if it has none.
    pub ticker: String,
    /// Decimals people see.
    pub precision: u8,
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<u64>,
    /// What was signed, at least one.
    pub operations: Vec<CosignedOperation>,
    /// Whether every operation has enough signatures now.
    pub complete: bool,
    /// The bytes of the consignment with the signatures.
    pub bytes: Vec<u8>,
}

/// An operation that a signer signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CosignedOperation {
    /// Its id.
    pub operation: OperationId,
    /// The name of the transition.
    pub transition: String,
    /// The transaction: the signature is for this one alone.
    pub witness: Txid,
    /// What it makes, leaf by leaf.
    pub leaves: Vec<CosignedLeaf>,
    /// Signatures beside it now.
    pub signatures: u64,
    /// Signatures that its schema asks for.
    pub threshold: u64,
}

/// A leaf of an operation that a signer signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CosignedLeaf {
    /// The name of its owned type.
    pub owned: String,
    /// The number of the token, if it is one.
    pub token: Option<u32>,
    /// Smallest units, of a token its fraction; 0 for kinds without amounts.
    pub amount: u64,
    /// The output that holds it; none: it is secret.
    pub outpoint: Option<OutPoint>,
    /// The address of that output, if it is one of the transaction and has an address.
    pub address: Option<Address>,
    /// Whether that address is this wallet's own.
    pub ours: bool,
}

/// What a wallet knows of outputs.
pub(super) struct Known<'a> {
    pub coins: &'a Coins,
    pub network: bitcoin::Network,
}

impl Known<'_> {
    /// What one operation does in its witness; it needs no signature yet.
    pub fn operation(
        &self,
        header: &Header,
        one: &Signed,
        frame: &WitnessFrame,
    ) -> CosignedOperation {
        let transition = &one.transition;
        let def = header.schema.transitions.get(&transition.kind);
        let leaves = transition.outputs.shown();
        CosignedOperation {
            operation: transition.id(),
            transition: def.map(|def| def.name.clone()).unwrap_or_default(),
            witness: frame.witness.txid(),
            leaves: leaves
                .map(|(owned_type, shown)| {
                    let def = header.schema.owned.get(&owned_type);
                    let owned = def.map(|def| def.name.clone()).unwrap_or_default();
                    self.leaf(owned, &shown, frame)
                })
                .collect(),
            signatures: one.signatures.len() as u64,
            threshold: 0,
        }
    }

    fn leaf(&self, owned: String, shown: &Shown, frame: &WitnessFrame) -> CosignedLeaf {
        let txid = frame.witness.txid();
        let outpoint = match shown.seal {
            AssignedSeal::Revealed(seal) => seal.resolve(Some(txid)),
            AssignedSeal::Secret(_) => None,
        };
        let outputs = &frame.witness.transaction().output;
        let output = outpoint
            .filter(|outpoint| outpoint.txid == txid)
            .and_then(|outpoint| outputs.get(usize::try_from(outpoint.vout).ok()?));
        let script = output.map(|output| &output.script_pubkey);
        CosignedLeaf {
            owned,
            token: match &shown.state {
                State::Token(token) => Some(token.id),
                _ => None,
            },
            amount: match &shown.state {
                State::Right | State::Data(_) => 0,
                state => quantity(state),
            },
            outpoint,
            address: script.and_then(|script| Address::from_script(script, self.network).ok()),
            ours: script.is_some_and(|script| self.coins.is_ours(script)),
        }
    }
}
