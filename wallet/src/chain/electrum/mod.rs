//! Electrum servers (`electrs`, `ElectrumX`, Fulcrum). A server may lie by leaving things out; what
//! it says is mined it has to prove by a merkle branch to its header, and that header the wallet looks
//! for in its own chain.

mod server;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bdk_wallet::chain::{BlockId, TxUpdate};
use bitcoin::block::Header;
use bitcoin::{BlockHash, FeeRate, OutPoint, ScriptBuf, Transaction, Txid};
use bulla_core::frame::BlockProof;

use self::server::{Seen, Server, code_of, message_of};
use super::checkpoint::connect;
use super::clock::{Stamps, now};
use super::fees::from_btc_per_kvb;
use super::snapshot::at_one_tip;
use super::{ChainSource, Position, Positions, ScanRequest, ScanUpdate, Sought, SourceError, spec};

/// A server, with the transactions and proofs it gave.
pub(super) struct Electrum {
    server: Server,
    stamps: Stamps,
}

type Histories = HashMap<ScriptBuf, Vec<Seen>>;

impl Electrum {
    pub(super) fn open(spec: &spec::Server) -> Result<Electrum, SourceError> {
        Ok(Electrum {
            server: Server::connect(spec)?,
            stamps: Stamps::default(),
        })
    }

    fn scan_at(&self, request: &ScanRequest<'_>, tip: BlockId) -> Result<ScanUpdate, SourceError> {
        let asked = request.scripts.all();
        let watched = request.watch.iter().map(|(_, script)| script);
        let scripts = asked.iter().chain(watched).cloned().collect();
        let histories = self.server.histories(&scripts)?;
        let found = relevant(request, &asked, &histories);
        let mined: HashMap<Txid, u32> = found
            .iter()
            .filter_map(|(txid, height)| Some((*txid, (*height)?)))
            .collect();
        let anchors = self.server.anchors(&mined)?;
        let transactions = self.server.transactions(found.keys().copied())?;
        let mut txs = TxUpdate::default();
        txs.txs.extend(transactions.into_values());
        txs.anchors
            .extend(anchors.iter().map(|(txid, anchor)| (*anchor, *txid)));
        let now = now();
        for txid in found.keys().filter(|txid| !mined.contains_key(*txid)) {
            txs.seen_ats.insert(self.stamps.seen(*txid, now));
        }
        for (txid, _) in request
            .watch
            .iter()
            .filter(|(txid, _)| !found.contains_key(txid))
        {
            self.server.forget(txid);
            txs.evicted_ats.insert(self.stamps.evicted(*txid, now));
        }
        let blocks: BTreeMap<u32, BlockHash> = anchors
            .values()
            .map(|anchor| (anchor.block_id.height, anchor.block_id.hash))
            .collect();
        let chain = connect(&self.server.name, &request.chain, tip, blocks, |height| {
            Ok(self.server.header(height)?.block_hash())
        })?;
        Ok(ScanUpdate { chain, txs })
    }

    fn positions_at(&self, sought: &[Sought], tip: BlockId) -> Result<Positions, SourceError> {
        let scripts = self.scripts_of(sought)?;
        let histories = self
            .server
            .histories(&scripts.values().cloned().collect())?;
        let mut mined = HashMap::new();
        let mut waiting = BTreeSet::new();
        for (txid, script) in &scripts {
            let history = histories.get(script).map(Vec::as_slice).unwrap_or_default();
            match history.iter().find(|seen| seen.txid == *txid) {
                Some(Seen {
                    height: Some(height),
                    ..
                }) => {
                    mined.insert(*txid, *height);
                }
                Some(Seen { height: None, .. }) => {
                    waiting.insert(*txid);
                }
                None => {}
            }
        }
        let anchors = self.server.anchors(&mined)?;
        let mut blocks: Vec<BlockId> = anchors.values().map(|anchor| anchor.block_id).collect();
        let mut list = Vec::with_capacity(sought.len());
        for one in sought {
            list.push(match mined.get(&one.txid) {
                Some(height) => Position::Mined { height: *height },
                None if waiting.contains(&one.txid) => Position::Mempool,
                None => match self.conflict(one)? {
                    Some((by, block)) => {
                        blocks.push(block);
                        Position::Conflicted { by: Some(by) }
                    }
                    None => Position::Absent,
                },
            });
        }
        Ok(Positions { tip, blocks, list })
    }

    /// A script by which each transaction is found; none for those that the server has not got.
    fn scripts_of(&self, sought: &[Sought]) -> Result<HashMap<Txid, ScriptBuf>, SourceError> {
        let mut scripts = HashMap::with_capacity(sought.len());
        for one in sought {
            let script = match &one.script {
                Some(script) => Some(script.clone()),
                None => self.script_by_itself(one.txid)?,
            };
            scripts.extend(script.map(|script| (one.txid, script)));
        }
        Ok(scripts)
    }

    /// A script of a transaction, from the server's copy of it: of an output, else of a coin it
    /// spends.
    fn script_by_itself(&self, txid: Txid) -> Result<Option<ScriptBuf>, SourceError> {
        let Some(tx) = self.server.transaction(txid)? else {
            return Ok(None);
        };
        if let Some(script) = Sought::of(&tx).script {
            return Ok(Some(script));
        }
        let spent = tx.input.iter().map(|input| input.previous_output);
        for outpoint in spent.filter(|outpoint| !outpoint.is_null()) {
            if let Some(script) = self.script_at(&outpoint)? {
                return Ok(Some(script));
            }
        }
        Ok(None)
    }

    fn script_at(&self, outpoint: &OutPoint) -> Result<Option<ScriptBuf>, SourceError> {
        let Some(tx) = self.server.transaction(outpoint.txid)? else {
            return Ok(None);
        };
        let output = usize::try_from(outpoint.vout)
            .ok()
            .and_then(|vout| tx.output.get(vout));
        Ok(output.map(|output| output.script_pubkey.clone()))
    }

    /// The mined transaction that spends an input of one that is gone, and its block.
    fn conflict(&self, gone: &Sought) -> Result<Option<(Txid, BlockId)>, SourceError> {
        self.server.forget(&gone.txid);
        for input in &gone.inputs {
            if let Some(found) = self.mined_spender(input)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn mined_spender(&self, outpoint: &OutPoint) -> Result<Option<(Txid, BlockId)>, SourceError> {
        let Some(script) = self.script_at(outpoint)? else {
            return Ok(None);
        };
        let histories = self.server.histories(&BTreeSet::from([script]))?;
        let mined: HashMap<Txid, u32> = histories
            .into_values()
            .flatten()
            .filter_map(|seen| Some((seen.txid, seen.height?)))
            .filter(|(txid, _)| *txid != outpoint.txid)
            .collect();
        let spends = |tx: &Transaction| tx.input.iter().any(|i| i.previous_output == *outpoint);
        let transactions = self.server.transactions(mined.keys().copied())?;
        let spender = transactions.into_iter().find(|(_, tx)| spends(tx));
        let Some((txid, height)) = spender.and_then(|(txid, _)| Some((txid, *mined.get(&txid)?)))
        else {
            return Ok(None);
        };
        let anchors = self.server.anchors(&HashMap::from([(txid, height)]))?;
        Ok(anchors.get(&txid).map(|anchor| (txid, anchor.block_id)))
    }
}

/// The transactions that a scan wants, with their heights.
fn relevant(
    request: &ScanRequest<'_>,
    scripts: &[ScriptBuf],
    histories: &Histories,
) -> HashMap<Txid, Option<u32>> {
    let history = |script| histories.get(script).map(Vec::as_slice).unwrap_or_default();
    let mut found = HashMap::new();
    for seen in scripts.iter().flat_map(history) {
        if seen.height.is_none_or(|height| height >= request.since) {
            found.insert(seen.txid, seen.height);
        }
    }
    for (txid, script) in &request.watch {
        let seen = history(script).iter().find(|seen| seen.txid == *txid);
        found.extend(seen.map(|seen| (seen.txid, seen.height)));
    }
    found
}

/// Whether a server's error is the node's refusal: `electrs` passes the node's words on with its
/// code 2, `ElectrumX` and Fulcrum wrap them, the Electrum servers of explorers quote the call.
fn is_refusal(code: i32, message: &str) -> bool {
    (code == 2 && !message.starts_with("daemon error"))
        || message.contains("rejected by network rules")
        || message.contains("sendrawtransaction")
}

impl ChainSource for Electrum {
    fn name(&self) -> String {
        self.server.name.clone()
    }

    fn genesis(&self) -> Result<BlockHash, SourceError> {
        Ok(self.server.header(0)?.block_hash())
    }

    fn tip(&self) -> Result<BlockId, SourceError> {
        self.server.tip()
    }

    fn scan(&self, request: &ScanRequest<'_>) -> Result<ScanUpdate, SourceError> {
        at_one_tip(self, |tip| self.scan_at(request, tip))
    }

    fn positions(&self, sought: &[Sought]) -> Result<Positions, SourceError> {
        at_one_tip(self, |tip| self.positions_at(sought, tip))
    }

    fn headers(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError> {
        self.server.headers_from(from, count)
    }

    fn block_proofs(
        &self,
        mined: &[(Txid, BlockId)],
    ) -> Result<Vec<Option<BlockProof>>, SourceError> {
        let heights = mined.iter().map(|(txid, id)| (*txid, id.height));
        let anchors = self.server.anchors(&heights.collect())?;
        let proof = |(txid, id): &(Txid, BlockId)| {
            let block = anchors.get(txid).map_or(*id, |anchor| anchor.block_id);
            let other = || SourceError::NotInChain {
                name: self.name(),
                height: block.height,
                found: block.hash,
            };
            self.server
                .proof(*txid, id.hash)
                .map(Some)
                .ok_or_else(other)
        };
        mined.iter().map(proof).collect()
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, SourceError> {
        self.server.forget(&txid);
        let Some(tx) = self.server.transaction(txid)? else {
            return Ok(None);
        };
        // A server may still know what was replaced, or stood in a stale block.
        let found = self.positions(&[Sought::of(&tx)])?;
        match found.list.as_slice() {
            [Position::Mined { .. } | Position::Mempool] => Ok(Some(Arc::unwrap_or_clone(tx))),
            _ => Ok(None),
        }
    }

    fn broadcast(&self, tx: &Transaction) -> Result<(), SourceError> {
        let Err(answer) = self.server.broadcast(tx)? else {
            return Ok(());
        };
        let known = self.positions(&[Sought::of(tx)])?;
        if let [Position::Mined { .. } | Position::Mempool] = known.list.as_slice() {
            return Ok(());
        }
        let (code, message) = (code_of(&answer), message_of(&answer));
        if is_refusal(code, &message) {
            return Err(SourceError::Refused {
                txid: tx.compute_txid(),
                reason: message,
            });
        }
        let (name, call) = (self.name(), "blockchain.transaction.broadcast".into());
        Err(SourceError::Server {
            name,
            call,
            code,
            message,
        })
    }

    fn relay_fee(&self) -> Result<FeeRate, SourceError> {
        let rate = self.server.relay_fee()?;
        from_btc_per_kvb(rate).ok_or_else(|| {
            self.server
                .odd("blockchain.relayfee", rate.to_string(), "a fee rate")
        })
    }

    fn estimate_fee(&self, target_blocks: u16) -> Result<Option<FeeRate>, SourceError> {
        let rate = self.server.estimate_fee(target_blocks)?;
        Ok(if rate > 0.0 {
            from_btc_per_kvb(rate)
        } else {
            None
        })
    }
}
