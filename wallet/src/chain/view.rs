//! A source as the validator sees it.

use std::path::Path;

use bulla_core::validator::{self, ChainView, Sought};

use super::{ChainSource, Position};
use crate::{Error, Network, headers};

/// A source, for one chain: a source of another is refused by name. What it has to prove is proven to a
/// checked header chain before it is believed.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The source.
    pub source: &'a dyn ChainSource,
    /// The chain.
    pub network: &'a Network,
    /// Where a wallet may be whose header chain is used and goes on; without one, the chain is fetched
    /// each time, from the last checkpoint on.
    pub wallet: Option<&'a Path>,
}

impl ChainView for View<'_> {
    type Error = Error;

    fn positions(&self, sought: &[Sought]) -> Result<validator::Positions, Error> {
        let answer = headers::visit(self.network, self.source, self.wallet, sought)?;
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
