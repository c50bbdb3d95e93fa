//! The coins a test node pays with: bitcoind is built without a wallet, so the harness holds a fixed test key.

use std::collections::{HashMap, VecDeque};

use bitcoin::absolute::LockTime;
use bitcoin::ecdsa::Signature;
use bitcoin::key::{CompressedPublicKey, PrivateKey};
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, KnownHrp, NetworkKind, OutPoint, ScriptBuf, Sequence, Transaction, TxIn,
    TxOut, Txid, Witness,
};

/// What each payment leaves to the miner, in sat: over 1 sat/vB for one input and two outputs.
const FEE: Amount = Amount::from_sat(1_000);
/// The least change, in sat: above the dust limit of P2WPKH.
const LEAST_CHANGE: Amount = Amount::from_sat(1_000);

#[derive(Clone, Copy)]
struct Coin {
    outpoint: OutPoint,
    value: Amount,
}

/// A fixed key, the mature coins on it, oldest first, and the coin that each payment spent.
pub(super) struct Purse {
    key: PrivateKey,
    coins: VecDeque<Coin>,
    spent: HashMap<Txid, Coin>,
}

impl Purse {
    pub(super) fn new() -> Self {
        let secret =
            SecretKey::from_slice(&[0x42; 32]).expect("a number below the order of the curve");
        Self {
            key: PrivateKey::new(secret, NetworkKind::Test),
            coins: VecDeque::new(),
            spent: HashMap::new(),
        }
    }

    /// The regtest address of the key.
    pub(super) fn address(&self) -> Address {
        Address::p2wpkh(&self.public_key(), KnownHrp::Regtest)
    }

    /// Adds the first output of a mature coinbase transaction.
    pub(super) fn add_coinbase(&mut self, coinbase: &Transaction) {
        let value = coinbase.output[0].value;
        self.coins.push_back(Coin {
            outpoint: OutPoint::new(coinbase.compute_txid(), 0),
            value,
        });
    }

    /// A signed transaction that pays `value` to `script` with its first output. Its change joins the purse.
    pub(super) fn pay(&mut self, script: ScriptBuf, value: Amount) -> Transaction {
        let coin = self.take(value + FEE + LEAST_CHANGE);
        self.spend(coin, script, value, FEE)
    }

    /// As [`Self::pay`], with the coin that `payment` spent and twice its fee. The change of `payment` leaves the
    /// purse, so that nothing is built on it.
    pub(super) fn pay_instead(
        &mut self,
        payment: Txid,
        script: ScriptBuf,
        value: Amount,
    ) -> Transaction {
        let coin = *self
            .spent
            .get(&payment)
            .unwrap_or_else(|| panic!("{payment} is no payment of this node"));
        let held = self.coins.len();
        self.coins.retain(|coin| coin.outpoint.txid != payment);
        assert!(
            self.coins.len() < held,
            "the change of {payment} is spent already: replace the later payment"
        );
        self.spend(coin, script, value, FEE * 2)
    }

    fn spend(&mut self, coin: Coin, script: ScriptBuf, value: Amount, fee: Amount) -> Transaction {
        let change = coin
            .value
            .checked_sub(value + fee)
            .expect("the coin holds what is paid and the fee");
        let mut transaction = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: coin.outpoint,
                script_sig: ScriptBuf::new(),
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                witness: Witness::new(),
            }],
            output: vec![
                TxOut {
                    value,
                    script_pubkey: script,
                },
                TxOut {
                    value: change,
                    script_pubkey: self.address().script_pubkey(),
                },
            ],
        };
        transaction.input[0].witness = self.sign(&transaction, coin.value);
        let txid = transaction.compute_txid();
        self.spent.insert(txid, coin);
        self.coins.push_back(Coin {
            outpoint: OutPoint::new(txid, 1),
            value: change,
        });
        transaction
    }

    fn take(&mut self, least: Amount) -> Coin {
        let position = self.coins.iter().position(|coin| coin.value >= least).unwrap_or_else(|| {
            let most = self.coins.iter().map(|coin| coin.value).max().unwrap_or(Amount::ZERO);
            panic!("no coin of the test key holds {least}, the largest holds {most}: fund in smaller parts")
        });
        self.coins
            .remove(position)
            .expect("the position was just found")
    }

    fn sign(&self, transaction: &Transaction, value: Amount) -> Witness {
        let hash = SighashCache::new(transaction)
            .p2wpkh_signature_hash(
                0,
                &self.address().script_pubkey(),
                value,
                EcdsaSighashType::All,
            )
            .expect("the transaction has one input and the script is P2WPKH");
        let signature = Secp256k1::new().sign_ecdsa(&Message::from(hash), &self.key.inner);
        Witness::p2wpkh(&Signature::sighash_all(signature), &self.public_key().0)
    }

    fn public_key(&self) -> CompressedPublicKey {
        CompressedPublicKey::from_private_key(&Secp256k1::new(), &self.key)
            .expect("the key is compressed")
    }
}
