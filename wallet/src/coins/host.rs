//! Putting the commitment into the output that was made for it.

use bdk_wallet::miniscript::psbt::{PsbtInputExt, PsbtOutputExt};
use bitcoin::key::{Parity, TweakedPublicKey};
use bitcoin::psbt::{self, Psbt};
use bitcoin::taproot::TaprootBuilder;
use bitcoin::{Script, ScriptBuf, TxOut};
use bulla_core::commit::tapret::leaf_script;
use bulla_core::commit::{Commitment, DbcProof, TapretProof, opret};

use super::{Coin, Coins, CoinsError, Slot};
use crate::store::tapret::TapretRow;

/// The script that stands for an opret output while the commitment is not known; it has its length.
pub fn opret_placeholder() -> ScriptBuf {
    opret::script(Commitment::from_byte_array([0; 32]))
}

/// Writes the commitment into the `OP_RETURN` output that stands for it.
///
/// # Errors
/// [`CoinsError::NotTheHost`] if the output is not [`opret_placeholder`].
pub fn set_opret(
    psbt: &mut Psbt,
    vout: usize,
    commitment: Commitment,
) -> Result<DbcProof, CoinsError> {
    *host(psbt, vout, &opret_placeholder())? = opret::script(commitment);
    Ok(DbcProof::Opret)
}

/// Tweaks the key of the output that was made for the commitment. The commitment's leaf is the
/// whole script tree. The row that is returned has to be recorded and committed before anybody
/// signs ([`Coins::record`]); the proof goes into the anchor.
///
/// # Errors
/// [`CoinsError::NotTheHost`] if the output is not the slot's.
pub fn set_tapret(
    psbt: &mut Psbt,
    vout: usize,
    slot: &Slot,
    commitment: Commitment,
) -> Result<(TapretRow, DbcProof), CoinsError> {
    let tweak = |_| CoinsError::Tweak { output: vout };
    let (proof, key, parity) =
        TapretProof::build(slot.internal_key, None, commitment).map_err(tweak)?;
    let root = proof.merkle_root(commitment).map_err(tweak)?;
    let script = ScriptBuf::new_p2tr_tweaked(TweakedPublicKey::dangerous_assume_tweaked(key));
    *host(psbt, vout, &slot.script)? = script.clone();
    if let Some(output) = psbt.outputs.get_mut(vout) {
        output.tap_tree = TaprootBuilder::new()
            .add_leaf(0, leaf_script(commitment, proof.nonce))
            .ok()
            .and_then(|builder| builder.try_into().ok());
    }
    let row = TapretRow {
        script,
        index: slot.index,
        internal_key: slot.internal_key,
        commitment,
        root,
    };
    let odd = parity == Parity::Odd;
    Ok((row, DbcProof::Tapret { proof, odd }))
}

fn host<'a>(
    psbt: &'a mut Psbt,
    vout: usize,
    expected: &Script,
) -> Result<&'a mut ScriptBuf, CoinsError> {
    match psbt.unsigned_tx.output.get_mut(vout) {
        Some(TxOut { script_pubkey, .. }) if script_pubkey == expected => Ok(script_pubkey),
        _ => Err(CoinsError::NotTheHost { output: vout }),
    }
}

impl Coins {
    /// What a signer has to know of a coin: the output, the key and where it derives from, and the
    /// root of the script tree. Key path, `SIGHASH_DEFAULT`.
    pub(super) fn psbt_input(&self, coin: &Coin) -> psbt::Input {
        let mut input = psbt::Input {
            witness_utxo: Some(TxOut {
                value: coin.value,
                script_pubkey: coin.script.clone(),
            }),
            ..psbt::Input::default()
        };
        input
            .update_with_descriptor_unchecked(&self.descriptor(coin.place, coin.index))
            .expect("a definite descriptor has definite keys");
        let row = self.rows.get(&coin.script);
        input.tap_merkle_root = row.map(|row| row.root);
        input
    }

    /// The key of an output of ours and where it derives from; nothing for any other.
    pub(super) fn psbt_output(&self, script: &Script) -> psbt::Output {
        let mut output = psbt::Output::default();
        if let Some(owner) = self.owner(script) {
            output
                .update_with_descriptor_unchecked(&self.descriptor(owner.place, owner.index))
                .expect("a definite descriptor has definite keys");
        }
        output
    }
}
