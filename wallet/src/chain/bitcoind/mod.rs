//! Bitcoin Core by RPC. Any node will do: pruned, without a wallet, with or without indexes; the
//! more indexes it has, the less is read.

mod answers;
mod blocks;
mod http;
mod locate;
mod rpc;
mod waiting;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bdk_wallet::chain::{BlockId, ConfirmationBlockTime, TxUpdate};
use bitcoin::block::Header;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{BlockHash, FeeRate, Transaction, Txid};
use bulla_core::frame::BlockProof;
use bulla_core::headers::prove;
use serde_json::{Value, json};

use self::answers::{BlockDetails, ChainInfo, Estimate, MempoolInfo, RawTx};
use self::locate::{Places, Search};
use self::rpc::{ALREADY_IN_UTXO_SET, NOT_FOUND, Rpc, VERIFY_ERROR, VERIFY_REJECTED};
use self::waiting::{Waiting, decode};
use super::checkpoint::connect;
use super::clock::{Stamps, now};
use super::fees::from_btc_per_kvb;
use super::snapshot::at_one_tip;
use super::spec::Node;
use super::{
    ChainSource, Position, Positions, ScanRequest, ScanUpdate, Scripts, Sought, SourceError,
};

/// A node, with what was learned from it and is checked again at each use.
pub(super) struct Bitcoind {
    rpc: Rpc,
    waiting: RefCell<Waiting>,
    places: RefCell<Places>,
    stamps: Stamps,
}

impl Bitcoind {
    pub(super) fn open(node: &Node) -> Result<Bitcoind, SourceError> {
        Ok(Bitcoind {
            rpc: Rpc::connect(node)?,
            waiting: RefCell::default(),
            places: RefCell::default(),
            stamps: Stamps::default(),
        })
    }

    fn scan_at(&self, request: &ScanRequest<'_>, tip: BlockId) -> Result<ScanUpdate, SourceError> {
        let watched: HashSet<Txid> = request.watch.iter().map(|(txid, _)| *txid).collect();
        let mut txs = self.scan_blocks(request, &watched, tip)?;
        self.scan_mempool(request.scripts, &watched, &mut txs)?;
        self.settle_watched(request, &mut txs, tip)?;
        let anchors: BTreeMap<u32, BlockHash> = txs
            .anchors
            .iter()
            .map(|(anchor, _)| (anchor.block_id.height, anchor.block_id.hash))
            .collect();
        let chain = connect(&self.rpc.name, &request.chain, tip, anchors, |height| {
            self.rpc.call("getblockhash", json!([height]))
        })?;
        Ok(ScanUpdate { chain, txs })
    }

    fn scan_blocks(
        &self,
        request: &ScanRequest<'_>,
        watched: &HashSet<Txid>,
        tip: BlockId,
    ) -> Result<TxUpdate<ConfirmationBlockTime>, SourceError> {
        let mut update = TxUpdate::default();
        let scripts = request.scripts;
        let heights = request.since..=tip.height;
        if heights.is_empty() || (scripts.is_empty() && watched.is_empty()) {
            return Ok(update);
        }
        // Also those of watched transactions, to find their blocks.
        let watched_scripts = request.watch.iter().map(|(_, script)| script.clone());
        let searched = || scripts.all().into_iter().chain(watched_scripts).collect();
        let hashes = match self.rpc.filtered(searched, &heights, tip)? {
            Some(hashes) => hashes,
            None => self.rpc.hashes_at(heights)?,
        };
        self.rpc.read_blocks(&hashes, |block| {
            self.take_block(&block, &mut update, |tx| {
                watched.contains(&tx.txid) || tx.scripts().any(|script| scripts.contains(script))
            })
        })?;
        Ok(update)
    }

    /// Adds the chosen transactions of a block.
    fn take_block(
        &self,
        block: &BlockDetails,
        update: &mut TxUpdate<ConfirmationBlockTime>,
        choose: impl Fn(&answers::TxDetails) -> bool,
    ) -> Result<(), SourceError> {
        let block_id = BlockId {
            height: block.height,
            hash: block.hash,
        };
        let anchor = ConfirmationBlockTime {
            block_id,
            confirmation_time: block.time,
        };
        for details in block.tx.iter().filter(|details| choose(details)) {
            update.txs.push(Arc::new(decode(&self.rpc, &details.hex)?));
            update.anchors.insert((anchor, details.txid));
            self.places.borrow_mut().insert(details.txid, block_id);
        }
        Ok(())
    }

    fn scan_mempool(
        &self,
        scripts: &dyn Scripts,
        watched: &HashSet<Txid>,
        update: &mut TxUpdate<ConfirmationBlockTime>,
    ) -> Result<(), SourceError> {
        let mut waiting = self.waiting.borrow_mut();
        waiting.refresh(&self.rpc)?;
        let now = now();
        let watched = watched
            .iter()
            .filter_map(|txid| waiting.get(txid).map(|tx| (*txid, tx)));
        let found: BTreeMap<Txid, _> = waiting.touching(scripts).chain(watched).collect();
        for (txid, tx) in found {
            update.txs.push(Arc::clone(tx));
            update.seen_ats.insert(self.stamps.seen(txid, now));
        }
        Ok(())
    }

    /// Watched transactions that were neither found in the scanned blocks nor in the mempool are
    /// looked for below, since a wallet may have missed their block, and evicted if they are nowhere.
    fn settle_watched(
        &self,
        request: &ScanRequest<'_>,
        update: &mut TxUpdate<ConfirmationBlockTime>,
        tip: BlockId,
    ) -> Result<(), SourceError> {
        let found: HashSet<Txid> = update.txs.iter().map(|tx| tx.compute_txid()).collect();
        let missing: Vec<Sought> = request
            .watch
            .iter()
            .filter(|(txid, _)| !found.contains(txid))
            .map(|(txid, script)| Sought {
                txid: *txid,
                script: Some(script.clone()),
                inputs: Vec::new(),
            })
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let now = now();
        let search = Search::below(request.since, tip);
        let list = locate::positions(&self.rpc, &mut self.places.borrow_mut(), &missing, &search)?;
        for (one, position) in missing.iter().zip(list) {
            match position {
                Position::Mined { .. } => self.take_mined(one.txid, update)?,
                Position::Mempool => {
                    update.seen_ats.insert(self.stamps.seen(one.txid, now));
                }
                Position::Absent | Position::Conflicted { .. } => {
                    update
                        .evicted_ats
                        .insert(self.stamps.evicted(one.txid, now));
                }
            }
        }
        Ok(())
    }

    /// Adds a transaction whose place was just found.
    fn take_mined(
        &self,
        txid: Txid,
        update: &mut TxUpdate<ConfirmationBlockTime>,
    ) -> Result<(), SourceError> {
        let place = self.places.borrow().get(&txid).copied();
        let hashes: Vec<_> = place.into_iter().map(|place| place.hash).collect();
        self.rpc.read_blocks(&hashes, |block| {
            self.take_block(&block, update, |details| details.txid == txid)
        })
    }

    /// A transaction that waits or is in the best chain. The node knows those of stale blocks too.
    fn current(&self, params: Value) -> Result<Option<Transaction>, SourceError> {
        match self.rpc.attempt::<RawTx>("getrawtransaction", params)? {
            Ok(found) if found.is_current() => Ok(Some(decode(&self.rpc, &found.hex)?)),
            Ok(_) => Ok(None),
            Err(error) if error.code == NOT_FOUND => Ok(None),
            Err(error) => Err(self.rpc.refused("getrawtransaction", error)),
        }
    }

    /// Whether a transaction that the mempool refuses is mined already.
    fn is_mined(&self, tx: &Transaction) -> Result<bool, SourceError> {
        let positions = self.positions(&[Sought::of(tx)])?;
        Ok(matches!(
            positions.list.as_slice(),
            [Position::Mined { .. }]
        ))
    }
}

impl ChainSource for Bitcoind {
    fn name(&self) -> String {
        self.rpc.name.clone()
    }

    fn genesis(&self) -> Result<BlockHash, SourceError> {
        self.rpc.call("getblockhash", json!([0]))
    }

    fn tip(&self) -> Result<BlockId, SourceError> {
        let info: ChainInfo = self.rpc.call("getblockchaininfo", json!([]))?;
        Ok(BlockId {
            height: info.blocks,
            hash: info.best,
        })
    }

    fn scan(&self, request: &ScanRequest<'_>) -> Result<ScanUpdate, SourceError> {
        at_one_tip(self, |tip| self.scan_at(request, tip))
    }

    fn positions(&self, sought: &[Sought]) -> Result<Positions, SourceError> {
        at_one_tip(self, |tip| {
            let mut places = self.places.borrow_mut();
            let search = Search::everywhere(tip);
            let list = locate::positions(&self.rpc, &mut places, sought, &search)?;
            Ok(Positions {
                tip,
                blocks: Vec::new(),
                list,
            })
        })
    }

    fn headers(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError> {
        self.rpc.headers(from, count)
    }

    fn block_proofs(
        &self,
        mined: &[(Txid, BlockId)],
    ) -> Result<Vec<Option<BlockProof>>, SourceError> {
        let hashes: BTreeSet<BlockHash> = mined.iter().map(|(_, id)| id.hash).collect();
        let mut ids = HashMap::new();
        for hash in hashes {
            match self.rpc.read_ids(&[hash]) {
                Ok(blocks) => ids.extend(blocks.into_iter().map(|block| (hash, block.tx))),
                Err(SourceError::Pruned { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let proof = |(txid, id): &(Txid, BlockId)| prove(id.height, ids.get(&id.hash)?, *txid);
        Ok(mined.iter().map(proof).collect())
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, SourceError> {
        let place = self.places.borrow().get(&txid).map(|place| place.hash);
        if let Some(block) = place
            && let Some(tx) = self.current(json!([txid, 1, block]))?
        {
            return Ok(Some(tx));
        }
        match self.current(json!([txid, 1]))? {
            Some(tx) => Ok(Some(tx)),
            None if self.rpc.indexes()?.transactions => Ok(None),
            None => Err(SourceError::NoIndex {
                name: self.rpc.name.clone(),
                txid,
                remedy: "start the node with -txindex, or ask for its position first",
            }),
        }
    }

    fn broadcast(&self, tx: &Transaction) -> Result<(), SourceError> {
        let answer = self
            .rpc
            .attempt::<Txid>("sendrawtransaction", json!([serialize_hex(tx)]))?;
        let Err(error) = answer else { return Ok(()) };
        let (txid, reason) = (tx.compute_txid(), error.message.clone());
        match error.code {
            ALREADY_IN_UTXO_SET => Ok(()),
            VERIFY_REJECTED if is_known(&reason) => Ok(()),
            // What is mined and spent on is missing its inputs too.
            VERIFY_ERROR | VERIFY_REJECTED
                if reason.contains("missingorspent") && self.is_mined(tx)? =>
            {
                Ok(())
            }
            VERIFY_ERROR | VERIFY_REJECTED => Err(SourceError::Refused { txid, reason }),
            _ => Err(self.rpc.refused("sendrawtransaction", error)),
        }
    }

    fn relay_fee(&self) -> Result<FeeRate, SourceError> {
        let info: MempoolInfo = self.rpc.call("getmempoolinfo", json!([]))?;
        let least = info.least_now.max(info.least_ever);
        from_btc_per_kvb(least).ok_or_else(|| {
            self.rpc
                .odd("getmempoolinfo", least.to_string(), "a fee rate")
        })
    }

    fn estimate_fee(&self, target_blocks: u16) -> Result<Option<FeeRate>, SourceError> {
        let estimate: Estimate = self.rpc.call("estimatesmartfee", json!([target_blocks]))?;
        let Some(rate) = estimate.feerate else {
            return Ok(None);
        };
        let rate = from_btc_per_kvb(rate).ok_or_else(|| {
            self.rpc
                .odd("estimatesmartfee", rate.to_string(), "a fee rate")
        })?;
        Ok(Some(rate))
    }
}

/// Reasons that say the transaction is where it should be.
fn is_known(reason: &str) -> bool {
    [
        "txn-already-in-mempool",
        "txn-same-nonwitness-data-in-mempool",
        "txn-already-known",
    ]
    .iter()
    .any(|known| reason.starts_with(known))
}
