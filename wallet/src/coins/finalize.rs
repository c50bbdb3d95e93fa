//! From a signed PSBT to the transaction.

use bitcoin::key::Secp256k1;
use bitcoin::secp256k1::{All, Message, XOnlyPublicKey};
use bitcoin::sighash::{Prevouts, SighashCache};
use bitcoin::{Psbt, TapSighashType, Transaction, TxOut, Witness, psbt, taproot};

use super::CoinsError;

/// Takes the signatures out of a PSBT, this program's or another signer's, verifies each of them
/// and gives the transaction. Key-path signatures over everything are the only ones accepted.
///
/// # Errors
/// [`CoinsError::NotSigned`], [`CoinsError::Sighash`] or [`CoinsError::BadSignature`].
pub fn finalize(psbt: &Psbt) -> Result<Transaction, CoinsError> {
    if psbt.inputs.len() != psbt.unsigned_tx.input.len() {
        return Err(CoinsError::NotSigned {
            input: psbt.inputs.len(),
        });
    }
    let secp = Secp256k1::new();
    let outputs = psbt.inputs.iter().enumerate().map(|(input, field)| {
        field
            .witness_utxo
            .clone()
            .ok_or(CoinsError::NotSigned { input })
    });
    let outputs: Vec<TxOut> = outputs.collect::<Result<_, _>>()?;
    let mut tx = psbt.unsigned_tx.clone();
    let mut cache = SighashCache::new(&psbt.unsigned_tx);
    for (input, (field, signed)) in psbt.inputs.iter().zip(&mut tx.input).enumerate() {
        let signature = signature(input, field)?;
        verify(&secp, &mut cache, &outputs, input, signature)?;
        signed.witness = Witness::p2tr_key_spend(&signature);
    }
    Ok(tx)
}

/// The signature of an input, in its own field or in a witness that is final already.
fn signature(input: usize, field: &psbt::Input) -> Result<taproot::Signature, CoinsError> {
    let bytes = match (&field.tap_key_sig, &field.final_script_witness) {
        (Some(signature), _) => signature.to_vec(),
        (None, Some(witness)) if witness.len() == 1 => witness.to_vec().concat(),
        _ => return Err(CoinsError::NotSigned { input }),
    };
    let signature =
        taproot::Signature::from_slice(&bytes).map_err(|_| CoinsError::BadSignature { input })?;
    match signature.sighash_type {
        TapSighashType::Default | TapSighashType::All => Ok(signature),
        other => Err(CoinsError::Sighash {
            input,
            found: other.to_string(),
        }),
    }
}

fn verify(
    secp: &Secp256k1<All>,
    cache: &mut SighashCache<&Transaction>,
    outputs: &[TxOut],
    input: usize,
    signature: taproot::Signature,
) -> Result<(), CoinsError> {
    let bad = CoinsError::BadSignature { input };
    let Some(key) = outputs.get(input).and_then(output_key) else {
        return Err(bad);
    };
    let prevouts = Prevouts::All(outputs);
    let Ok(hash) = cache.taproot_key_spend_signature_hash(input, &prevouts, signature.sighash_type)
    else {
        return Err(bad);
    };
    secp.verify_schnorr(&signature.signature, &Message::from(hash), &key)
        .map_err(|_| bad)
}

/// The key of a P2TR output.
fn output_key(output: &TxOut) -> Option<XOnlyPublicKey> {
    let script = &output.script_pubkey;
    if !script.is_p2tr() {
        return None;
    }
    XOnlyPublicKey::from_slice(script.as_bytes().get(2..)?).ok()
}
