//! The sandbox as a chain source: each answer is read from one snapshot of the file.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bdk_wallet::chain::{BlockId, ConfirmationBlockTime, TxUpdate};
use bdk_wallet::rusqlite::{self, Connection};
use bitcoin::block::Header;
use bitcoin::{Block, BlockHash, FeeRate, Script, Transaction, Txid};
use bulla_core::frame::BlockProof;
use bulla_core::headers::prove;

use super::ledger::{self, txid_of};
use super::mempool::{self, Origin};
use super::policy::MIN_RELAY_FEE;
use super::{Fault, Rejection, Sandbox, pool, store};
use crate::chain::checkpoint::connect;
use crate::chain::clock::now;
use crate::chain::{
    ChainSource, Position, Positions, ScanRequest, ScanUpdate, Scripts, Sought, SourceError,
};

const NAME: &str = "sandbox";

impl Sandbox {
    fn storage(&self) -> impl Fn(rusqlite::Error) -> SourceError {
        |cause| SourceError::Storage {
            path: self.path.clone(),
            cause,
        }
    }

    /// Transactions and anchors of the best chain, and what waits.
    fn collect(
        &self,
        db: &Connection,
        request: &ScanRequest<'_>,
    ) -> rusqlite::Result<TxUpdate<ConfirmationBlockTime>> {
        let mut found = touching(db, request.scripts, request.since)?;
        let watched = request.watch.iter().map(|(txid, _)| *txid);
        found.extend(watched.clone());
        let now = now();
        let mut update = TxUpdate::default();
        for txid in found {
            if let Some(height) = ledger::mined_at(db, &txid)? {
                update.anchors.insert((anchor_at(db, height)?, txid));
                update.txs.extend(ledger::mined(db, &txid)?.map(Arc::new));
            } else if let Some(tx) = pool::get(db, &txid)? {
                update.seen_ats.insert(self.stamps.seen(txid, now));
                update.txs.push(Arc::new(tx));
            } else {
                update.evicted_ats.insert(self.stamps.evicted(txid, now));
            }
        }
        Ok(update)
    }
}

/// The ids of all transactions, of blocks at this height and above and of those that wait, that pay to one of
/// the scripts or spend from it. Asks for the transactions, not the scripts: a wallet has ever more of these.
fn touching(
    db: &Connection,
    scripts: &dyn Scripts,
    since: u32,
) -> rusqlite::Result<BTreeSet<Txid>> {
    let mut found = BTreeSet::new();
    if scripts.is_empty() {
        return Ok(found);
    }
    let mut statement = db.prepare_cached(
        "SELECT script, txid FROM coin WHERE height >= ?1
         UNION ALL SELECT script, spender FROM coin WHERE spent_height >= ?1
         UNION ALL SELECT script, txid FROM pool_coin
         UNION ALL SELECT script, spender FROM pool_spend",
    )?;
    let mut rows = statement.query([since])?;
    while let Some(row) = rows.next()? {
        if scripts.contains(Script::from_bytes(row.get_ref(0)?.as_blob()?)) {
            found.insert(txid_of(row.get(1)?));
        }
    }
    Ok(found)
}

fn anchor_at(db: &Connection, height: u32) -> rusqlite::Result<ConfirmationBlockTime> {
    let hash = require_hash(db, height)?;
    let time = ledger::node(db, &hash)?.map_or(0, |node| u64::from(node.time));
    Ok(ConfirmationBlockTime {
        block_id: BlockId { height, hash },
        confirmation_time: time,
    })
}

fn require_hash(db: &Connection, height: u32) -> rusqlite::Result<BlockHash> {
    ledger::hash_at(db, height)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

fn block(db: &Connection, hash: BlockHash) -> rusqlite::Result<Block> {
    ledger::block(db, &hash)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

fn position(db: &Connection, sought: &Sought) -> rusqlite::Result<Position> {
    if let Some(height) = ledger::mined_at(db, &sought.txid)? {
        return Ok(Position::Mined { height });
    }
    if pool::contains(db, &sought.txid)? {
        return Ok(Position::Mempool);
    }
    for input in &sought.inputs {
        if let Some(by) = ledger::spender(db, input)? {
            return Ok(Position::Conflicted { by: Some(by) });
        }
    }
    Ok(Position::Absent)
}

impl ChainSource for Sandbox {
    fn name(&self) -> String {
        NAME.into()
    }

    fn genesis(&self) -> Result<BlockHash, SourceError> {
        require_hash(&self.conn, 0).map_err(self.storage())
    }

    fn tip(&self) -> Result<BlockId, SourceError> {
        ledger::tip(&self.conn).map_err(self.storage())
    }

    fn scan(&self, request: &ScanRequest<'_>) -> Result<ScanUpdate, SourceError> {
        let db = store::snapshot(&self.conn).map_err(self.storage())?;
        let tip = ledger::tip(&db).map_err(self.storage())?;
        let txs = self.collect(&db, request).map_err(self.storage())?;
        let anchors: BTreeMap<u32, BlockHash> = txs
            .anchors
            .iter()
            .map(|(anchor, _)| (anchor.block_id.height, anchor.block_id.hash))
            .collect();
        let chain = connect(NAME, &request.chain, tip, anchors, |height| {
            require_hash(&db, height).map_err(self.storage())
        })?;
        Ok(ScanUpdate { chain, txs })
    }

    fn positions(&self, sought: &[Sought]) -> Result<Positions, SourceError> {
        let db = store::snapshot(&self.conn).map_err(self.storage())?;
        let tip = ledger::tip(&db).map_err(self.storage())?;
        let list: rusqlite::Result<_> = sought.iter().map(|one| position(&db, one)).collect();
        Ok(Positions {
            tip,
            blocks: Vec::new(),
            list: list.map_err(self.storage())?,
        })
    }

    fn headers(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError> {
        let db = store::snapshot(&self.conn).map_err(self.storage())?;
        let header = |height| block(&db, require_hash(&db, height)?).map(|block| block.header);
        let headers: rusqlite::Result<_> =
            (from..).zip(0..count).map(|(at, _)| header(at)).collect();
        headers.map_err(self.storage())
    }

    fn block_proofs(
        &self,
        mined: &[(Txid, BlockId)],
    ) -> Result<Vec<Option<BlockProof>>, SourceError> {
        let mut ids: HashMap<BlockHash, Vec<Txid>> = HashMap::new();
        for (_, id) in mined {
            if let Entry::Vacant(vacant) = ids.entry(id.hash) {
                let block = block(&self.conn, id.hash).map_err(self.storage())?;
                let txids = block.txdata.iter().map(Transaction::compute_txid);
                vacant.insert(txids.collect());
            }
        }
        let proof = |(txid, id): &(Txid, BlockId)| prove(id.height, ids.get(&id.hash)?, *txid);
        Ok(mined.iter().map(proof).collect())
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, SourceError> {
        let db = store::snapshot(&self.conn).map_err(self.storage())?;
        match ledger::mined(&db, &txid).map_err(self.storage())? {
            Some(tx) => Ok(Some(tx)),
            None => pool::get(&db, &txid).map_err(self.storage()),
        }
    }

    fn broadcast(&self, tx: &Transaction) -> Result<(), SourceError> {
        let txid = tx.compute_txid();
        let db = store::writer(&self.conn).map_err(self.storage())?;
        if ledger::mined_at(&db, &txid)
            .map_err(self.storage())?
            .is_some()
        {
            return Ok(());
        }
        match mempool::accept(&db, tx, Origin::Peer) {
            Ok(_) => db.commit().map_err(self.storage()),
            Err(Fault::Rejected(Rejection::InMempool | Rejection::InMempoolOtherWitness)) => Ok(()),
            Err(Fault::Rejected(rejection)) => Err(SourceError::Refused {
                txid,
                reason: rejection.to_string(),
            }),
            Err(Fault::Storage(cause)) => Err(self.storage()(cause)),
        }
    }

    fn relay_fee(&self) -> Result<FeeRate, SourceError> {
        Ok(MIN_RELAY_FEE)
    }

    fn estimate_fee(&self, _target_blocks: u16) -> Result<Option<FeeRate>, SourceError> {
        Ok(None)
    }
}
