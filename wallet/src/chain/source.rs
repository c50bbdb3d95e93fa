//! The one trait behind which all chain sources stand, with the types of its questions and answers.

use bdk_wallet::chain::{BlockId, CheckPoint, ConfirmationBlockTime, TxUpdate};
use bitcoin::block::Header;
use bitcoin::{BlockHash, FeeRate, Script, ScriptBuf, Transaction, Txid};
use bulla_core::frame::BlockProof;
pub use bulla_core::validator::Sought;

use super::SourceError;

/// Most headers that are asked for at once: what an Electrum server gives.
pub const HEADERS: u32 = 2_016;

/// A blocking source of facts about one chain.
///
/// Methods take `&self`; a client that needs to change keeps its state inside. A failure is always
/// an error, never a negative answer: `Ok(None)` and [`Position::Absent`] mean that the source
/// looked and found nothing.
pub trait ChainSource: Send {
    /// The source for people: `sandbox`, `bitcoind 127.0.0.1:18443`. Without credentials.
    fn name(&self) -> String;

    /// The first block's hash, so that a wallet can refuse another chain by name.
    fn genesis(&self) -> Result<BlockHash, SourceError>;

    /// The best block now.
    fn tip(&self) -> Result<BlockId, SourceError>;

    /// Everything that touches the given scripts, and the state of the watched transactions.
    fn scan(&self, request: &ScanRequest<'_>) -> Result<ScanUpdate, SourceError>;

    /// Where the given transactions are. One answer is true of one tip: if the tip moves meanwhile,
    /// the source asks again, and after a bounded number of attempts fails.
    fn positions(&self, sought: &[Sought]) -> Result<Positions, SourceError>;

    /// Headers of the best chain, exactly `count` of them, 1 to [`HEADERS`], from a height on. All are
    /// at or below the tip.
    fn headers(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError>;

    /// Where transactions are in given blocks, one answer for each; `None` where the source has not
    /// got the block any more. The caller checks them against its own headers.
    fn block_proofs(
        &self,
        mined: &[(Txid, BlockId)],
    ) -> Result<Vec<Option<BlockProof>>, SourceError>;

    /// A transaction by its id, mined or in the mempool; `None` if the source knows it not.
    ///
    /// # Errors
    /// [`SourceError::NoIndex`] where the source cannot look up a mined transaction by its id alone.
    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, SourceError>;

    /// Hands a transaction to the network. Idempotent: known in the mempool or mined is `Ok`.
    ///
    /// # Errors
    /// [`SourceError::Refused`] with the node's reason.
    fn broadcast(&self, tx: &Transaction) -> Result<(), SourceError>;

    /// The least fee rate that the source relays, in sat/vB.
    fn relay_fee(&self) -> Result<FeeRate, SourceError>;

    /// The fee rate that gets mined within that many blocks; `None` if there is no estimate.
    fn estimate_fee(&self, target_blocks: u16) -> Result<Option<FeeRate>, SourceError>;
}

/// A set of output scripts. A wallet has ever more of them: a source that looks through transactions asks for
/// theirs one by one, and only one that is asked by script needs them all.
pub trait Scripts {
    /// Whether a script is in the set.
    fn contains(&self, script: &Script) -> bool;

    /// Whether no script is.
    fn is_empty(&self) -> bool;

    /// All of them.
    fn all(&self) -> Vec<ScriptBuf>;
}

impl Scripts for Vec<ScriptBuf> {
    fn contains(&self, script: &Script) -> bool {
        self.iter().any(|other| other.as_script() == script)
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn all(&self) -> Vec<ScriptBuf> {
        self.clone()
    }
}

/// What to scan for. The script set is not adaptive: the wallet extends it by its gap limit and
/// scans again.
pub struct ScanRequest<'a> {
    /// Output scripts whose funding and spending transactions are wanted.
    pub scripts: &'a dyn Scripts,
    /// The first height that can hold such a transaction, inclusive. A source may answer more.
    pub since: u32,
    /// The wallet's own chain; the answer connects to it.
    pub chain: CheckPoint,
    /// Transactions that the wallet holds for unconfirmed, each with one of its scripts, or of a
    /// coin it spends: those that are gone are reported as evicted.
    pub watch: Vec<(Txid, ScriptBuf)>,
}

/// The facts a scan found; both fields go unchanged into `bdk_wallet::Update`.
#[derive(Clone, Debug)]
pub struct ScanUpdate {
    /// The source's best chain, with a block in common with [`ScanRequest::chain`], also after a
    /// reorg, and a checkpoint for each anchor.
    pub chain: CheckPoint,
    /// Transactions; anchors of mined ones; `seen_ats` of those in the mempool; `evicted_ats` of
    /// watched ones that are neither.
    pub txs: TxUpdate<ConfirmationBlockTime>,
}

/// Where the sought transactions are, as of one tip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positions {
    /// The best block for which the list is true.
    pub tip: BlockId,
    /// The blocks to which a source that may lie has proven what it says is mined, by merkle
    /// branches. Whether they are in the best chain, the wallet's own headers decide.
    pub blocks: Vec<BlockId>,
    /// One position for each [`Sought`], in the same order.
    pub list: Vec<Position>,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// In the best chain.
    Mined {
        /// The height of its block.
        height: u32,
    },
    /// Not mined, and the source's mempool holds it.
    Mempool,
    /// Neither mined nor in the mempool, and no input of it is known to be spent by a mined
    /// transaction.
    Absent,
    /// A mined transaction spends one of its inputs, so it cannot be mined without a reorg.
    Conflicted {
        /// That transaction, if the source can name it.
        by: Option<Txid>,
    },
}
