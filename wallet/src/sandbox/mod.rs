//! A regtest chain in one file, for newcomers and for fast tests.
//!
//! Real blocks with proof of work, real scripts judged by Bitcoin Core's interpreter, a mempool
//! with Core's default policy, and reorgs. It is not a node: it has no peers, and trusts the
//! processes that share its file.

mod block;
mod connect;
mod error;
mod faucet;
mod ledger;
mod mempool;
mod mine;
mod policy;
mod pool;
mod rejection;
mod relay;
pub(crate) mod script;
mod source;
mod store;
mod transaction;

use std::path::{Path, PathBuf};

use bdk_wallet::chain::BlockId;
use bdk_wallet::rusqlite::Connection;
use bitcoin::constants::genesis_block;
use bitcoin::{Amount, Block, BlockHash, Network, ScriptBuf, Transaction, Txid};

use error::Fault;
pub use error::SandboxError;
pub use mine::Contents;
pub use rejection::Rejection;

use crate::chain::clock::{Stamps, now};
use mempool::Origin;

/// A handle on a sandbox's file. Several handles, in several processes, may work on one file: each
/// change is one transaction.
#[derive(Debug)]
pub struct Sandbox {
    path: PathBuf,
    conn: Connection,
    stamps: Stamps,
}

/// What a sandbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The best block.
    pub tip: BlockId,
    /// Transactions that wait.
    pub mempool: usize,
}

/// A transaction that the mempool would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its fee.
    pub fee: Amount,
    /// Its virtual size in vB, as policy counts it.
    pub vsize: u64,
    /// What would leave the mempool for it.
    pub replaces: Vec<Txid>,
}

/// Whether a payment of the faucet is mined at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// One block is mined, with everything that waits.
    Now,
    /// The payment waits in the mempool.
    Later,
}

impl Sandbox {
    /// Opens a sandbox, or starts one at regtest's genesis if there is no file.
    pub fn open(path: impl AsRef<Path>) -> Result<Sandbox, SandboxError> {
        let path = path.as_ref().to_owned();
        let conn = store::open(&path, |db| {
            let genesis = genesis_block(Network::Regtest);
            let id = BlockId {
                height: 0,
                hash: genesis.block_hash(),
            };
            ledger::store_block(db, &genesis, id.height)?;
            Ok(ledger::extend_chain(db, id)?)
        })?;
        Ok(Sandbox {
            path,
            conn,
            stamps: Stamps::default(),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The best block and the size of the mempool.
    pub fn status(&self) -> Result<Status, SandboxError> {
        let db = store::snapshot(&self.conn)?;
        Ok(Status {
            tip: ledger::tip(&db)?,
            mempool: pool::count(&db)?,
        })
    }

    /// Mines blocks that pay to a script; the first takes what waits in the mempool.
    pub fn mine(&self, blocks: u32, to: &ScriptBuf) -> Result<Vec<BlockHash>, SandboxError> {
        let db = store::writer(&self.conn)?;
        let now = now();
        let hashes = (0..blocks)
            .map(|_| mine::mine(&db, &Contents::Mempool, to, now))
            .collect::<Result<_, Fault>>()?;
        db.commit()?;
        Ok(hashes)
    }

    /// Mines one block with given contents.
    pub fn mine_block(
        &self,
        contents: &Contents,
        to: &ScriptBuf,
    ) -> Result<BlockHash, SandboxError> {
        let db = store::writer(&self.conn)?;
        let hash = mine::mine(&db, contents, to, now())?;
        db.commit()?;
        Ok(hash)
    }

    /// Pays from the sandbox's own coins. Mines empty blocks first where it has not got enough.
    pub fn fund(
        &self,
        to: &ScriptBuf,
        amount: Amount,
        confirm: Confirm,
    ) -> Result<Txid, SandboxError> {
        let db = store::writer(&self.conn)?;
        let now = now();
        let tx = faucet::payment(&db, to, amount, now)?;
        mempool::accept(&db, &tx, Origin::Peer)?;
        if confirm == Confirm::Now {
            mine::mine(&db, &Contents::Mempool, &faucet::script(), now)?;
        }
        db.commit()?;
        Ok(tx.compute_txid())
    }

    /// Drops blocks, whose transactions wait again, and mines one more than were dropped. The first
    /// has the given contents, so what is to be left out, or replaced, is said there.
    pub fn reorg(
        &self,
        depth: u32,
        contents: &Contents,
        to: &ScriptBuf,
    ) -> Result<Vec<BlockHash>, SandboxError> {
        let db = store::writer(&self.conn)?;
        let height = ledger::tip(&db)?.height;
        if depth > height {
            return Err(SandboxError::TooDeep { depth, height });
        }
        let waiting = pool::all(&db)?;
        let mut dropped = (0..depth)
            .map(|_| ledger::drop_tip(&db))
            .collect::<Result<Vec<_>, _>>()?;
        dropped.reverse();
        mempool::follow(&db, &dropped, &[])?;
        let now = now();
        let mut hashes = vec![mine::mine(&db, contents, to, now)?];
        for _ in 0..depth {
            hashes.push(mine::mine(&db, &contents.rest(), to, now)?);
        }
        // What was too young below is judged again above, as where a longer branch arrives at once.
        mempool::refill(&db, &dropped, &waiting)?;
        db.commit()?;
        Ok(hashes)
    }

    /// Takes a block from outside. A branch that becomes the longest is the best chain.
    pub fn submit_block(&self, block: &Block) -> Result<(), SandboxError> {
        let db = store::writer(&self.conn)?;
        let result = connect::submit(&db, block, now());
        // A refused block stays known as invalid.
        db.commit()?;
        Ok(result?)
    }

    /// Whether the mempool would take a transaction. Changes nothing.
    pub fn test_accept(&self, tx: &Transaction) -> Result<Accepted, SandboxError> {
        let db = store::snapshot(&self.conn)?;
        let candidate = mempool::check(&db, tx, Origin::Peer)?;
        Ok(Accepted {
            fee: candidate.entry.fee,
            vsize: candidate.entry.vsize,
            replaces: candidate.replaced.into_iter().collect(),
        })
    }

    /// Puts a transaction into the mempool; returns what it replaced.
    pub fn submit(&self, tx: &Transaction) -> Result<Vec<Txid>, SandboxError> {
        let db = store::writer(&self.conn)?;
        let candidate = mempool::accept(&db, tx, Origin::Peer)?;
        db.commit()?;
        Ok(candidate.replaced.into_iter().collect())
    }

    /// Drops a transaction from the mempool with all that depend on it, as a full mempool or its
    /// age would; returns what was dropped.
    pub fn evict(&self, txid: Txid) -> Result<Vec<Txid>, SandboxError> {
        let db = store::writer(&self.conn)?;
        let gone = mempool::evict(&db, txid)?;
        db.commit()?;
        Ok(gone.into_iter().collect())
    }

    /// A block, of the best chain or of another branch.
    pub fn block(&self, hash: BlockHash) -> Result<Option<Block>, SandboxError> {
        Ok(ledger::block(&self.conn, &hash)?)
    }
}
