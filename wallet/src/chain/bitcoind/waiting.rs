//! The node's mempool, remembered, so that a repeated scan fetches only what is new.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{OutPoint, ScriptBuf, Transaction, Txid};
use serde_json::json;

use super::super::{Scripts, SourceError};
use super::answers::Output;
use super::rpc::{Answer, BATCH, Rpc};

/// Transactions that wait, each with the scripts it spends from.
#[derive(Default)]
pub(super) struct Waiting {
    known: HashMap<Txid, Entry>,
}

struct Entry {
    tx: Arc<Transaction>,
    spent: Vec<ScriptBuf>,
}

impl Entry {
    fn touches(&self, scripts: &dyn Scripts) -> bool {
        let paid = self.tx.output.iter().map(|output| &output.script_pubkey);
        paid.chain(&self.spent)
            .any(|script| scripts.contains(script))
    }
}

impl Waiting {
    /// Brings the memory up to date.
    pub(super) fn refresh(&mut self, rpc: &Rpc) -> Result<(), SourceError> {
        let present: HashSet<Txid> = rpc.call("getrawmempool", json!([]))?;
        self.known.retain(|txid, _| present.contains(txid));
        let new: Vec<Txid> = present
            .into_iter()
            .filter(|txid| !self.known.contains_key(txid))
            .collect();
        let fetched = fetch(rpc, &new)?;
        let scripts = self.spent_scripts(rpc, &fetched)?;
        for (txid, tx) in fetched {
            let spent: Option<Vec<_>> = tx
                .input
                .iter()
                .map(|input| scripts.get(&input.previous_output).cloned())
                .collect();
            // Without: a block has just taken its parent; the tip has moved, and all is asked anew.
            if let Some(spent) = spent {
                self.known.insert(
                    txid,
                    Entry {
                        tx: Arc::new(tx),
                        spent,
                    },
                );
            }
        }
        Ok(())
    }

    /// The scripts of all outputs that these transactions spend, as far as the node knows them.
    fn spent_scripts(
        &self,
        rpc: &Rpc,
        transactions: &HashMap<Txid, Transaction>,
    ) -> Result<HashMap<OutPoint, ScriptBuf>, SourceError> {
        let mut scripts = HashMap::new();
        let mut unknown = Vec::new();
        for input in transactions.values().flat_map(|tx| &tx.input) {
            let outpoint = input.previous_output;
            let known = self
                .known
                .get(&outpoint.txid)
                .map(|entry| entry.tx.as_ref());
            match known.or_else(|| transactions.get(&outpoint.txid)) {
                Some(parent) => {
                    let output = usize::try_from(outpoint.vout)
                        .ok()
                        .and_then(|vout| parent.output.get(vout));
                    scripts.extend(output.map(|output| (outpoint, output.script_pubkey.clone())));
                }
                None => unknown.push(outpoint),
            }
        }
        let params: Vec<_> = unknown
            .iter()
            .map(|outpoint| json!([outpoint.txid, outpoint.vout, false]))
            .collect();
        let outputs: Vec<Option<Output>> = rpc.batch_all("gettxout", BATCH, &params)?;
        for (outpoint, output) in unknown.into_iter().zip(outputs) {
            scripts.extend(output.map(|output| (outpoint, output.script.hex)));
        }
        Ok(scripts)
    }

    /// A transaction that waits.
    pub(super) fn get(&self, txid: &Txid) -> Option<&Arc<Transaction>> {
        self.known.get(txid).map(|entry| &entry.tx)
    }

    /// All that touch any of the scripts.
    pub(super) fn touching(
        &self,
        scripts: &dyn Scripts,
    ) -> impl Iterator<Item = (Txid, &Arc<Transaction>)> {
        self.known
            .iter()
            .filter(|(_, entry)| entry.touches(scripts))
            .map(|(txid, entry)| (*txid, &entry.tx))
    }
}

/// Transactions of the mempool; those that have left meanwhile are missing.
fn fetch(rpc: &Rpc, txids: &[Txid]) -> Result<HashMap<Txid, Transaction>, SourceError> {
    let params: Vec<_> = txids.iter().map(|txid| json!([txid])).collect();
    let answers: Vec<Answer<String>> = rpc.batch("getrawtransaction", BATCH, &params)?;
    let mut fetched = HashMap::with_capacity(answers.len());
    for (txid, hex) in txids.iter().zip(answers) {
        let Ok(hex) = hex else { continue };
        fetched.insert(*txid, decode(rpc, &hex)?);
    }
    Ok(fetched)
}

/// A transaction in hex.
pub(super) fn decode(rpc: &Rpc, hex: &str) -> Result<Transaction, SourceError> {
    deserialize_hex(hex).map_err(|error| {
        rpc.odd(
            "getrawtransaction",
            error.to_string(),
            "a transaction in hex",
        )
    })
}
