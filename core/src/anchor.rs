//! Anchors: from a bundle to what its witness transaction carries (PROTOCOL.md §7).

use bitcoin::{Transaction, TxOut};

use crate::codec::{Decode, DecodeError, Encode, Reader, objects};
use crate::commit::tapret::CurveCheck;
use crate::commit::{Commitment, DbcError, DbcProof, mpc};
use crate::{BundleId, ContractId};

/// Proves that a witness transaction commits to one bundle of one contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// From (contract id, bundle id) to the commitment.
    pub mpc: mpc::Proof,
    /// From the commitment to the transaction.
    pub dbc: DbcProof,
}

impl Anchor {
    /// The commitment that the witness must carry.
    ///
    /// # Errors
    /// If the MPC proof does not hold.
    pub fn commitment(
        &self,
        contract: ContractId,
        bundle: BundleId,
    ) -> Result<Commitment, mpc::MpcError> {
        self.mpc.root(contract.to_bytes(), bundle.to_bytes())
    }

    /// That the transaction carries it, in its first output that is `OP_RETURN` or P2TR.
    ///
    /// # Errors
    /// If it does not.
    pub fn verify(
        &self,
        commitment: Commitment,
        transaction: &Transaction,
    ) -> Result<(), DbcError> {
        self.dbc.verify(commitment, transaction)
    }

    /// Does every check of [`Anchor::verify`] but the curve's; gives that one, if there is one.
    ///
    /// # Errors
    /// If one fails.
    pub fn curve_check(
        &self,
        commitment: Commitment,
        outputs: &[TxOut],
    ) -> Result<Option<CurveCheck>, DbcError> {
        self.dbc.curve_check(commitment, outputs)
    }
}

impl Encode for Anchor {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.mpc.encode_to(out);
        self.dbc.encode_to(out);
    }
}

impl Decode for Anchor {
    const NAME: &'static str = "anchor";
    const MIN_BYTES: usize = 9;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            mpc: mpc::Proof::decode_from(reader)?,
            dbc: DbcProof::decode_from(reader)?,
        })
    }
}

objects!(Anchor);
