//! A source as the validator sees it.

use bulla_core::validator::{self, ChainView, Sought};

use super::{ChainSource, Position, SourceError};
use crate::Network;

/// A source, for one chain: a source of another is refused by name.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The source.
    pub source: &'a dyn ChainSource,
    /// The chain.
    pub network: &'a Network,
}

impl ChainView for View<'_> {
    type Error = SourceError;

    fn positions(&self, sought: &[Sought]) -> Result<validator::Positions, SourceError> {
        let (found, expected) = (self.source.genesis()?, self.network.genesis_hash());
        if found != expected {
            let name = self.source.name();
            return Err(SourceError::OtherChain {
                name,
                found,
                expected,
            });
        }
        let answer = self.source.positions(sought)?;
        Ok(validator::Positions {
            tip: answer.tip.height,
            list: answer.list.into_iter().map(position).collect(),
        })
    }
}

const fn position(position: Position) -> validator::Position {
    match position {
        Position::Mined { height } => validator::Position::Mined { height },
        Position::Mempool => validator::Position::Mempool,
        Position::Absent => validator::Position::Absent,
        Position::Conflicted { .. } => validator::Position::Conflicted,
    }
}
