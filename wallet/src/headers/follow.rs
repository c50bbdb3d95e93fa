//! Following a source's best chain, a piece at a time.

use bdk_wallet::chain::BlockId;
use bdk_wallet::rusqlite::Transaction;
use bitcoin::block::Header;
use bitcoin::blockdata::constants::genesis_block;
use bulla_core::headers::{Change, HeaderChain, HeaderError};

use super::{holds, load, params, store};
use crate::chain::{ChainSource, HEADERS, SourceError};
use crate::store::headers;
use crate::{Error, Network, time};

/// What a piece did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The tip is in our chain.
    Reached,
    /// Headers were taken up to this height.
    Taken {
        /// Our best height now.
        height: u32,
    },
    /// The source has another tip by now: ask for it, and begin again.
    Moved,
}

/// Takes the next headers on the way to a tip of a source: at most [`HEADERS`], or a branch.
///
/// # Errors
/// [`SourceError`]: headers that break a rule, or a branch without more work than ours.
pub(crate) fn step(
    db: &Transaction<'_>,
    network: &Network,
    source: &dyn ChainSource,
    tip: BlockId,
) -> Result<Step, Error> {
    if holds(db, tip)? {
        return Ok(Step::Reached);
    }
    match advance(db, network, source, tip) {
        Err(Error::Source(SourceError::Unreachable { name, cause })) => {
            Err(SourceError::Unreachable { name, cause }.into())
        }
        // What came may be of the old and of the new branch.
        Err(Error::Source(_)) if source.tip()? != tip => Ok(Step::Moved),
        result => result,
    }
}

fn advance(
    db: &Transaction<'_>,
    network: &Network,
    source: &dyn ChainSource,
    tip: BlockId,
) -> Result<Step, Error> {
    let ours = match headers::tip(db)? {
        Some((height, _)) => height,
        None => begin(db, network, source, tip)?,
    };
    if holds(db, tip)? {
        return Ok(Step::Reached);
    }
    let fork = fork(db, source, tip, ours)?;
    let last = if fork == ours {
        tip.height.min(fork.saturating_add(HEADERS))
    } else {
        // A branch is weighed whole; one that is this much longer and weaker is not worth more.
        tip.height.min(ours.saturating_add(HEADERS))
    };
    let new = fetch(source, fork, last)?;
    let mut chain = load(db, network, fork)?;
    let name = source.name();
    match chain.extend(&new, time::now()) {
        Err(cause) => Err(broken(name, cause)),
        // Our tip is at the source's height or above: it names a block that it gives no header of.
        Ok(Change::Nothing) if fork == tip.height => Err(other_tip(name, tip)),
        Ok(Change::Nothing) => Ok(Step::Moved),
        Ok(Change::Weaker { fork, .. }) => Err(SourceError::Weaker {
            name,
            fork,
            height: tip.height,
            wallet: ours,
        }
        .into()),
        Ok(change) => {
            store(db, &chain, &change, ours)?;
            finish(&chain, tip, name)
        }
    }
}

/// After the last piece, the tip is the block that the source named.
fn finish(chain: &HeaderChain, tip: BlockId, name: String) -> Result<Step, Error> {
    let height = chain.height();
    if height == tip.height && chain.tip() != tip.hash {
        return Err(other_tip(name, tip));
    }
    Ok(Step::Taken { height })
}

fn other_tip(name: String, tip: BlockId) -> Error {
    let (height, found) = (tip.height, tip.hash);
    SourceError::NotInChain {
        name,
        height,
        found,
    }
    .into()
}

/// Stores the first header: of the network, or of the last checkpoint where a chain can begin.
fn begin(
    db: &Transaction<'_>,
    network: &Network,
    source: &dyn ChainSource,
    tip: BlockId,
) -> Result<u32, Error> {
    let params = params(network);
    let (name, start) = (source.name(), params.start());
    if tip.height < start {
        return Err(SourceError::Behind {
            name,
            height: tip.height,
            wallet: start,
        }
        .into());
    }
    let first = if start == 0 {
        genesis_block(network.bitcoin()).header
    } else {
        one(source, start)?
    };
    HeaderChain::begin(params, start, first).map_err(|cause| broken(name, cause))?;
    headers::put(db, start, &[first])?;
    Ok(start)
}

/// The highest block that we and the source are sure to have both: our tip, or one found by steps
/// that double.
fn fork(
    db: &Transaction<'_>,
    source: &dyn ChainSource,
    tip: BlockId,
    ours: u32,
) -> Result<u32, Error> {
    let base = headers::base(db)?.map_or(0, |(base, _)| base);
    let (mut height, mut back) = (ours.min(tip.height), 1);
    loop {
        let theirs = one(source, height)?;
        if headers::get(db, height)? == Some(theirs) {
            return Ok(height);
        }
        if height <= base {
            let parent = theirs.prev_blockhash;
            return Err(broken(source.name(), HeaderError::Unconnected { parent }));
        }
        height = height.saturating_sub(back).max(base);
        back = back.saturating_mul(2);
    }
}

fn broken(name: String, cause: HeaderError) -> Error {
    let cause = Box::new(cause);
    SourceError::Headers { name, cause }.into()
}

fn one(source: &dyn ChainSource, height: u32) -> Result<Header, SourceError> {
    let found = source.headers(height, 1)?;
    match found.as_slice() {
        [header] => Ok(*header),
        other => Err(count(source, other.len())),
    }
}

/// The headers above a height, up to another.
fn fetch(source: &dyn ChainSource, above: u32, last: u32) -> Result<Vec<Header>, SourceError> {
    let mut all = Vec::new();
    let mut from = above.saturating_add(1);
    while from <= last {
        let wanted = (last - from).saturating_add(1).min(HEADERS);
        let found = source.headers(from, wanted)?;
        if u32::try_from(found.len()) != Ok(wanted) {
            return Err(count(source, found.len()));
        }
        all.extend(found);
        from = from.saturating_add(wanted);
    }
    Ok(all)
}

fn count(source: &dyn ChainSource, found: usize) -> SourceError {
    SourceError::Protocol {
        name: source.name(),
        call: "headers".to_owned(),
        found: format!("{found} headers"),
        expected: "as many as were asked for",
    }
}
