//! The faucet: a key of the sandbox's own that mines coins and pays them out.

use bdk_wallet::rusqlite::{Connection, params};
use bitcoin::absolute::LockTime;
use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::key::{Keypair, Secp256k1, TapTweak};
use bitcoin::secp256k1::{All, Message};
use bitcoin::sighash::{Prevouts, SighashCache, TapSighashType};
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, Script, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness};

use super::ledger::txid_of;
use super::{Contents, SandboxError, ledger, mine};

/// Blocks mined at the first payout, so that several coins are mature.
const FIRST_BLOCKS: u32 = COINBASE_MATURITY + 10;
/// Blocks mined for one payout before the faucet gives up.
const MAX_BLOCKS: u32 = 500;
/// Virtual bytes of a key path input, and of the rest with two taproot outputs; fee 1 sat/vB.
const INPUT_VBYTES: u64 = 58;
const REST_VBYTES: u64 = 100;
/// Change below this goes to the fee.
const LEAST_CHANGE: Amount = Amount::from_sat(1_000);

struct Till {
    secp: Secp256k1<All>,
    keypair: Keypair,
}

/// A coin of the faucet.
struct Funds {
    outpoint: OutPoint,
    output: TxOut,
}

/// The script of the faucet itself.
pub(super) fn script() -> ScriptBuf {
    Till::new().script()
}

/// Builds a signed payment, not yet in the mempool. Mines empty blocks if the faucet has not got
/// enough: what waits in the mempool keeps waiting.
pub(super) fn payment(
    db: &Connection,
    to: &Script,
    amount: Amount,
    now: u64,
) -> Result<Transaction, SandboxError> {
    let till = Till::new();
    let mut mined = 0;
    loop {
        let coins = till.coins(db)?;
        if let Some(tx) = till.pay(coins, to, amount) {
            return Ok(tx);
        }
        if mined >= MAX_BLOCKS {
            let available = till.coins(db)?.iter().map(|coin| coin.output.value).sum();
            return Err(SandboxError::FaucetDry {
                asked: amount,
                available,
            });
        }
        let blocks = if mined == 0 {
            FIRST_BLOCKS.saturating_sub(till.young(db)?).max(1)
        } else {
            1
        };
        for _ in 0..blocks {
            mine::mine(db, &Contents::Nothing, &till.script(), now)?;
        }
        mined += blocks;
    }
}

impl Till {
    fn new() -> Till {
        let secp = Secp256k1::new();
        let seed = sha256::Hash::hash(b"bulla sandbox faucet").to_byte_array();
        let keypair = Keypair::from_seckey_slice(&secp, &seed).expect("a fixed hash in range");
        Till { secp, keypair }
    }

    fn script(&self) -> ScriptBuf {
        ScriptBuf::new_p2tr(&self.secp, self.keypair.x_only_public_key().0, None)
    }

    /// Coinbases of the faucet that are not mature yet.
    fn young(&self, db: &Connection) -> Result<u32, SandboxError> {
        let height = ledger::tip(db)?.height + 1;
        let count = db
            .prepare_cached(
                "SELECT count(*) FROM coin WHERE script = ?1 AND coinbase = 1 AND height > ?2",
            )?
            .query_row(
                params![
                    self.script().as_bytes(),
                    i64::from(height) - i64::from(COINBASE_MATURITY)
                ],
                |row| row.get(0),
            )?;
        Ok(count)
    }

    /// Spendable coins, oldest first; then own change that waits in the mempool.
    fn coins(&self, db: &Connection) -> Result<Vec<Funds>, SandboxError> {
        let height = ledger::tip(db)?.height + 1;
        let mut statement = db.prepare_cached(
            "SELECT txid, vout, value FROM (
                SELECT txid, vout, value, height FROM coin
                WHERE script = ?1 AND spender IS NULL AND (coinbase = 0 OR height <= ?2)
                UNION ALL
                SELECT txid, vout, value, ?3 FROM pool_coin WHERE script = ?1
             ) AS own
             WHERE NOT EXISTS (
                SELECT 1 FROM pool_spend WHERE pool_spend.txid = own.txid AND pool_spend.vout = own.vout
             ) ORDER BY own.height",
        )?;
        let script = self.script();
        let mature = i64::from(height) - i64::from(COINBASE_MATURITY);
        let rows = statement.query_map(params![script.as_bytes(), mature, height], |row| {
            let outpoint = OutPoint {
                txid: txid_of(row.get(0)?),
                vout: row.get(1)?,
            };
            let value = Amount::from_sat(row.get(2)?);
            Ok(Funds {
                outpoint,
                output: TxOut {
                    value,
                    script_pubkey: script.clone(),
                },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A payment from the first coins that suffice; `None` if all together do not.
    fn pay(&self, coins: Vec<Funds>, to: &Script, amount: Amount) -> Option<Transaction> {
        let mut chosen = Vec::new();
        let mut inputs = Amount::ZERO;
        let mut needed = amount + Amount::from_sat(REST_VBYTES);
        let mut coins = coins.into_iter();
        while inputs < needed {
            let coin = coins.next()?;
            inputs += coin.output.value;
            needed += Amount::from_sat(INPUT_VBYTES);
            chosen.push(coin);
        }
        let change = inputs - needed;
        let mut output = vec![TxOut {
            value: amount,
            script_pubkey: to.to_owned(),
        }];
        if change >= LEAST_CHANGE {
            output.push(TxOut {
                value: change,
                script_pubkey: self.script(),
            });
        }
        Some(self.sign(&chosen, output))
    }

    fn sign(&self, coins: &[Funds], output: Vec<TxOut>) -> Transaction {
        let input = coins
            .iter()
            .map(|coin| TxIn {
                previous_output: coin.outpoint,
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                ..TxIn::default()
            })
            .collect();
        let mut tx = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input,
            output,
        };
        let spent: Vec<&TxOut> = coins.iter().map(|coin| &coin.output).collect();
        let key = self.keypair.tap_tweak(&self.secp, None).to_keypair();
        let mut witnesses = Vec::with_capacity(spent.len());
        let mut cache = SighashCache::new(&tx);
        for index in 0..spent.len() {
            let hash = cache
                .taproot_key_spend_signature_hash(
                    index,
                    &Prevouts::All(&spent),
                    TapSighashType::Default,
                )
                .expect("one spent output for each input");
            let signature = self
                .secp
                .sign_schnorr_no_aux_rand(&Message::from_digest(hash.to_byte_array()), &key);
            witnesses.push(Witness::from_slice(&[signature.serialize()]));
        }
        for (input, witness) in tx.input.iter_mut().zip(witnesses) {
            input.witness = witness;
        }
        tx
    }
}
