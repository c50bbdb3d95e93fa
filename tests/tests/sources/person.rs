//! Somebody with one taproot key.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::key::{Keypair, Secp256k1, TapTweak};
use bitcoin::secp256k1::Message;
use bitcoin::sighash::{Prevouts, SighashCache, TapSighashType};
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness};

pub struct Person {
    keypair: Keypair,
}

pub fn person(seed: u8) -> Person {
    Person {
        keypair: Keypair::from_seckey_slice(&Secp256k1::new(), &[seed; 32]).expect("in range"),
    }
}

impl Person {
    pub fn script(&self) -> ScriptBuf {
        ScriptBuf::new_p2tr(&Secp256k1::new(), self.keypair.x_only_public_key().0, None)
    }

    /// Spends a coin of this person.
    pub fn spend(&self, coin: &(OutPoint, TxOut), to: &ScriptBuf, fee: Amount) -> Transaction {
        let secp = Secp256k1::new();
        let mut tx = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: coin.0,
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                ..TxIn::default()
            }],
            output: vec![
                TxOut {
                    value: Amount::ZERO,
                    script_pubkey: ScriptBuf::new_op_return([7; 32]),
                },
                TxOut {
                    value: coin.1.value - fee,
                    script_pubkey: to.clone(),
                },
            ],
        };
        let hash = SighashCache::new(&tx)
            .taproot_key_spend_signature_hash(
                0,
                &Prevouts::All(&[&coin.1]),
                TapSighashType::Default,
            )
            .expect("one input");
        let key = self.keypair.tap_tweak(&secp, None).to_keypair();
        let message = Message::from_digest(hash.to_byte_array());
        let signature = secp.sign_schnorr_no_aux_rand(&message, &key);
        tx.input[0].witness = Witness::from_slice(&[signature.serialize()]);
        tx
    }
}
