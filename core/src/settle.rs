//! From *consistent* to *settled*: what the chain says about the witnesses (PROTOCOL.md §11).

use bitcoin::{OutPoint, ScriptBuf, Transaction, Txid};

use crate::validator::Consignment;

/// Passed every check of content. That proves nothing about ownership: witnesses are unsigned,
/// and anyone can make one. May be stored as pending, never credited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consistent<T>(T);

/// Consistent, and every witness is deep enough in the best chain that a view knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled<T> {
    content: T,
    depth: Option<u32>,
}

/// A witness whose place in the chain is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sought {
    /// Its id.
    pub txid: Txid,
    /// One of its output scripts that is not `OP_RETURN`, for sources that search by script.
    pub script: Option<ScriptBuf>,
    /// What it spends: another mined transaction that spends one of these conflicts with it.
    pub inputs: Vec<OutPoint>,
}

/// Where a transaction stands.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Position {
    /// In the best chain.
    Mined {
        /// Height of its block.
        height: u32,
    },
    /// Waiting to be mined.
    Mempool,
    /// Nowhere to be seen.
    Absent,
    /// Another mined transaction spends one of its inputs.
    Conflicted,
}

/// What a chain says of some transactions, all at one tip.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Positions {
    /// Height of the tip.
    pub tip: u32,
    /// A position for each transaction asked for, in the same order.
    pub list: Vec<Position>,
}

/// A view of the best chain.
pub trait ChainView {
    /// Why it may fail.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Where these transactions stand, in one batch.
    ///
    /// # Errors
    /// If the chain cannot be asked; never because a transaction is not there.
    fn positions(&self, sought: &[Sought]) -> Result<Positions, Self::Error>;
}

/// The chain gave no answer; nothing is said about the consignment.
#[derive(Debug, thiserror::Error)]
pub enum Unresolved<E: std::error::Error + 'static> {
    /// The view failed.
    #[error("the chain could not be asked where the witnesses are")]
    View(#[source] E),
    /// The view answered for another number of witnesses.
    #[error("the chain answered for {found} witnesses; expected {expected}")]
    Answers {
        /// Witnesses asked for.
        expected: usize,
        /// Answers given.
        found: usize,
    },
}

/// What the chain says of a consistent consignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Settlement {
    /// Every witness is deep enough.
    Settled(Settled<Consignment>),
    /// Some witness is not.
    Pending {
        /// The consignment.
        consignment: Consistent<Consignment>,
        /// Depth of the weakest witness: 0 if it is not mined.
        depth: u32,
        /// That witness.
        weakest: Txid,
        /// Where it stands.
        position: Position,
    },
    /// A mined transaction conflicts with a witness.
    Conflicted {
        /// The consignment: not invalid, the chain may still change.
        consignment: Consistent<Consignment>,
        /// The witness that cannot be mined any more.
        witness: Txid,
    },
}

impl Sought {
    /// The question after this transaction.
    pub fn of(transaction: &Transaction) -> Self {
        Self::new(transaction.compute_txid(), transaction)
    }

    /// The question after a transaction whose id is known.
    pub(crate) fn new(txid: Txid, transaction: &Transaction) -> Self {
        let findable = |script: &&ScriptBuf| !script.is_op_return() && !script.is_empty();
        let mut scripts = transaction
            .output
            .iter()
            .map(|output| &output.script_pubkey);
        let inputs = transaction.input.iter();
        Self {
            txid,
            script: scripts.find(findable).cloned(),
            inputs: inputs.map(|input| input.previous_output).collect(),
        }
    }
}

impl<T> Consistent<T> {
    pub(crate) const fn new(content: T) -> Self {
        Self(content)
    }

    /// The content.
    pub const fn get(&self) -> &T {
        &self.0
    }
}

impl<T> Settled<T> {
    /// The content.
    pub const fn get(&self) -> &T {
        &self.content
    }

    /// Depth of the weakest witness; none if there is no witness.
    pub const fn depth(&self) -> Option<u32> {
        self.depth
    }
}

impl Consistent<Consignment> {
    /// Asks a view of the chain where the witnesses are. Settled is what is `min_depth` blocks deep,
    /// at least 1: no witness that is not mined settles.
    ///
    /// # Errors
    /// If the view fails.
    pub fn settle<V: ChainView + ?Sized>(
        self,
        view: &V,
        min_depth: u32,
    ) -> Result<Settlement, Unresolved<V::Error>> {
        let sought = &self.0.witnesses;
        let positions = view.positions(sought).map_err(Unresolved::View)?;
        let (expected, found) = (sought.len(), positions.list.len());
        if expected != found {
            return Err(Unresolved::Answers { expected, found });
        }
        let mut conflicts = sought.iter().zip(&positions.list);
        if let Some((witness, _)) = conflicts.find(|(_, at)| **at == Position::Conflicted) {
            let witness = witness.txid;
            return Ok(Settlement::Conflicted {
                consignment: self,
                witness,
            });
        }
        let depths = positions
            .list
            .iter()
            .map(|position| depth(*position, positions.tip));
        let weakest = sought
            .iter()
            .zip(&positions.list)
            .zip(depths)
            .min_by_key(|(_, depth)| *depth);
        match weakest {
            None => Ok(Settlement::Settled(Settled {
                content: self.0,
                depth: None,
            })),
            Some((_, depth)) if depth >= min_depth.max(1) => Ok(Settlement::Settled(Settled {
                content: self.0,
                depth: Some(depth),
            })),
            Some(((witness, position), depth)) => {
                let (weakest, position) = (witness.txid, *position);
                Ok(Settlement::Pending {
                    consignment: self,
                    depth,
                    weakest,
                    position,
                })
            }
        }
    }
}

/// Blocks that confirm a transaction: 1 in the tip, 0 if not mined.
pub const fn depth(position: Position, tip: u32) -> u32 {
    match position {
        Position::Mined { height } if height <= tip => (tip - height).saturating_add(1),
        _ => 0,
    }
}
