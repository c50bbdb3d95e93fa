//! From *consistent* to *settled*: what the chain says about the witnesses (PROTOCOL.md §11).

use bitcoin::{OutPoint, ScriptBuf, Transaction, Txid};

use crate::ContractId;
use crate::frame::BaseEntry;
use crate::validator::Consignment;

/// The longest script that bitcoin runs.
const SCRIPT_BYTES: usize = 10_000;

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
    /// One of its output scripts, for sources that search by script: not one that nobody can spend,
    /// `OP_RETURN` or longer than 10,000 bytes, which nodes do not keep; none if there is no other.
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

    /// Of the witnesses behind each of these entries the weakest, in the same order, as the own store
    /// knows them at the tip of [`ChainView::positions`]. A view without a store knows none.
    ///
    /// # Errors
    /// If the store cannot be asked.
    fn weakest(&self, _: ContractId, _: &[BaseEntry]) -> Result<Vec<Weakest>, Self::Error> {
        Ok(Vec::new())
    }
}

/// Of the witnesses behind one entry of a base the one that is least deep, a conflicted one before
/// all others.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Weakest {
    /// The witness.
    pub witness: Txid,
    /// Where it stands.
    pub position: Position,
}

/// The chain gave no answer; nothing is said about the consignment.
#[derive(Debug, thiserror::Error)]
pub enum Unresolved<E: std::error::Error + 'static> {
    /// The view failed.
    #[error("the chain could not be asked where the witnesses are")]
    View(#[source] E),
    /// The view answered for another number of witnesses and base entries.
    #[error("the chain and the store answered for {found} witnesses; expected {expected}")]
    Answers {
        /// Witnesses and base entries asked for.
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
        let spendable = |script: &ScriptBuf| script.len() <= SCRIPT_BYTES && !script.is_op_return();
        let findable = |script: &&ScriptBuf| !script.is_empty() && spendable(script);
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
        let (tip, standing) = self.standing(view)?;
        let conflicted = |one: &&Weakest| one.position == Position::Conflicted;
        if let Some(one) = standing.iter().find(conflicted) {
            return Ok(Settlement::Conflicted {
                consignment: self,
                witness: one.witness,
            });
        }
        let depths = standing.iter().map(|one| (depth(one.position, tip), *one));
        match depths.min_by_key(|(depth, _)| *depth) {
            None => Ok(Settlement::Settled(Settled {
                content: self.0,
                depth: None,
            })),
            Some((depth, _)) if depth >= min_depth.max(1) => Ok(Settlement::Settled(Settled {
                content: self.0,
                depth: Some(depth),
            })),
            Some((depth, weakest)) => Ok(Settlement::Pending {
                consignment: self,
                depth,
                weakest: weakest.witness,
                position: weakest.position,
            }),
        }
    }

    /// The tip, and where every witness stands: the weakest behind each base entry, then those shown.
    fn standing<V: ChainView + ?Sized>(
        &self,
        view: &V,
    ) -> Result<(u32, Vec<Weakest>), Unresolved<V::Error>> {
        let Consignment {
            contract,
            witnesses,
            base,
            ..
        } = &self.0;
        let positions = view.positions(witnesses).map_err(Unresolved::View)?;
        let mut standing = Vec::new();
        if !base.is_empty() {
            standing = view.weakest(*contract, base).map_err(Unresolved::View)?;
        }
        let expected = witnesses.len() + base.len();
        let found = positions.list.len() + standing.len();
        if positions.list.len() != witnesses.len() || standing.len() != base.len() {
            return Err(Unresolved::Answers { expected, found });
        }
        let shown = witnesses.iter().zip(&positions.list);
        standing.extend(shown.map(|(sought, position)| Weakest {
            witness: sought.txid,
            position: *position,
        }));
        Ok((positions.tip, standing))
    }
}

/// Blocks that confirm a transaction: 1 in the tip, 0 if not mined.
pub const fn depth(position: Position, tip: u32) -> u32 {
    match position {
        Position::Mined { height } if height <= tip => (tip - height).saturating_add(1),
        _ => 0,
    }
}
