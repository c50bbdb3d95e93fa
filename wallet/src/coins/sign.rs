//! Signing, and what is looked at before.

use bitcoin::key::Secp256k1;
use bitcoin::psbt::{self, Psbt, PsbtSighashType};
use bitcoin::{OutPoint, TapSighashType, Witness};

use super::{Coin, Coins, CoinsError};
use crate::keys::Keys;
use crate::proofs::bip322;

impl Coins {
    /// Signs every input. Nothing in the PSBT is believed: each input has to be a coin of ours with
    /// the value and the script the chain says, and what the signature covers is everything
    /// (ATTACKS E21, M15). What derives from the keys is taken from the wallet.
    ///
    /// # Errors
    /// [`CoinsError::ForeignInput`], [`CoinsError::OtherOutput`] or [`CoinsError::Sighash`]; the
    /// PSBT is then as it was. [`CoinsError::NotSigned`] if the keys are not those of the coins.
    pub fn sign(&self, psbt: &mut Psbt, keys: &Keys) -> Result<(), CoinsError> {
        let coins = self.inputs(psbt)?;
        let mut signed = psbt.clone();
        for (field, coin) in signed.inputs.iter_mut().zip(&coins) {
            let ours = self.psbt_input(coin);
            *field = psbt::Input {
                sighash_type: field.sighash_type,
                ..ours
            };
        }
        let mut master = keys.master(&self.network);
        // What cannot be signed is found below, input by input.
        let _ = signed.sign(&master, &Secp256k1::new());
        master.private_key.non_secure_erase();
        if let Some(input) = signed
            .inputs
            .iter()
            .position(|input| input.tap_key_sig.is_none())
        {
            return Err(CoinsError::NotSigned { input });
        }
        *psbt = signed;
        Ok(())
    }

    /// Signs a message with the key of a coin (BIP-322, simple form): what is signed can never be mined.
    ///
    /// # Errors
    /// [`CoinsError::NotSigned`] if the keys are not those of the coins.
    pub(crate) fn sign_message(
        &self,
        coin: &Coin,
        message: &str,
        keys: &Keys,
    ) -> Result<Witness, CoinsError> {
        let mut to_spend = bip322::to_spend(&coin.script, message.as_bytes());
        let mut psbt = Psbt::from_unsigned_tx(bip322::to_sign(&to_spend))
            .map_err(|_| CoinsError::NotSigned { input: 0 })?;
        for field in &mut psbt.inputs {
            *field = self.psbt_input(coin);
            field.witness_utxo = to_spend.output.pop();
        }
        let mut master = keys.master(&self.network);
        // What cannot be signed is found below.
        let _ = psbt.sign(&master, &Secp256k1::new());
        master.private_key.non_secure_erase();
        let signed = super::finalize(&psbt)?.input.into_iter().next();
        Ok(signed.map(|input| input.witness).unwrap_or_default())
    }

    /// The coins that a PSBT spends, after the checks of [`Coins::sign`].
    pub fn inputs(&self, psbt: &Psbt) -> Result<Vec<Coin>, CoinsError> {
        if psbt.inputs.len() != psbt.unsigned_tx.input.len() {
            return Err(CoinsError::NotSigned {
                input: psbt.inputs.len(),
            });
        }
        let coins = self.list();
        let inputs = psbt.unsigned_tx.input.iter().zip(&psbt.inputs).enumerate();
        inputs
            .map(|(number, (input, field))| {
                check_input(coins, number, input.previous_output, field)
            })
            .collect()
    }
}

fn check_input(
    coins: &[Coin],
    input: usize,
    outpoint: OutPoint,
    field: &psbt::Input,
) -> Result<Coin, CoinsError> {
    let coin = coins.iter().find(|coin| coin.outpoint == outpoint);
    let coin = coin.ok_or(CoinsError::ForeignInput { input, outpoint })?;
    let shown = field.witness_utxo.as_ref();
    if shown.is_none_or(|output| output.value != coin.value || output.script_pubkey != coin.script)
    {
        return Err(CoinsError::OtherOutput { input, outpoint });
    }
    match field.sighash_type {
        None => Ok(coin.clone()),
        Some(sighash) if covers_all(sighash) => Ok(coin.clone()),
        Some(sighash) => Err(CoinsError::Sighash {
            input,
            found: sighash.to_string(),
        }),
    }
}

fn covers_all(sighash: PsbtSighashType) -> bool {
    matches!(
        sighash.taproot_hash_ty(),
        Ok(TapSighashType::Default | TapSighashType::All)
    )
}
