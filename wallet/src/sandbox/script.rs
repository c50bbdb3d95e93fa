//! Scripts and signatures, judged by Bitcoin Core's own interpreter.

use bitcoin::consensus::encode::serialize;
use bitcoin::{Transaction, TxOut};
use bitcoinconsensus::{Utxo, VERIFY_ALL_PRE_TAPROOT, VERIFY_TAPROOT, verify_with_flags};

/// Verifies all inputs by the consensus rules, taproot included. `spent` has one output for each
/// input, in order.
///
/// # Errors
/// The first input that does not verify.
pub(crate) fn verify(tx: &Transaction, spent: &[TxOut]) -> Result<(), usize> {
    let raw = serialize(tx);
    let mut utxos = Vec::with_capacity(spent.len());
    for (input, output) in spent.iter().enumerate() {
        // Out of range only for outputs that no block can hold.
        let script_pubkey_len = u32::try_from(output.script_pubkey.len()).map_err(|_| input)?;
        let value = i64::try_from(output.value.to_sat()).map_err(|_| input)?;
        let script_pubkey = output.script_pubkey.as_bytes().as_ptr();
        utxos.push(Utxo {
            script_pubkey,
            script_pubkey_len,
            value,
        });
    }
    for (input, output) in spent.iter().enumerate() {
        verify_with_flags(
            output.script_pubkey.as_bytes(),
            output.value.to_sat(),
            &raw,
            Some(&utxos),
            input,
            VERIFY_ALL_PRE_TAPROOT | VERIFY_TAPROOT,
        )
        .map_err(|_| input)?;
    }
    Ok(())
}
