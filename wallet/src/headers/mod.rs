//! The wallet's own header chain: what a source says of blocks is looked for in it, never believed
//! (PROTOCOL.md §14).
//!
//! It begins at the last checkpoint where a chain can begin, is filled by each `sync`, and follows the
//! most work. Where our witnesses were mined in it is kept as block proofs, which go into consignments.

mod follow;
mod proofs;
mod visit;

use bdk_wallet::chain::BlockId;
use bdk_wallet::rusqlite::{Connection, Transaction};
use bitcoin::BlockHash;
use bulla_core::headers::{ChainParams, Change, FileError, HeaderChain, HeaderError, ProofError};

pub(crate) use self::follow::{Step, step};
pub(crate) use self::proofs::{positions, prove, require, take_hint};
pub(crate) use self::visit::positions as visit;
use crate::chain::{ChainSource, SourceError};
use crate::store::{StoreError, headers};
use crate::{Error, Network, Wallet, time};

/// How often a download starts again when the best block changes in the middle of a branch.
const ATTEMPTS: u32 = 6;

/// Why headers are not taken in or given out.
#[derive(Debug, thiserror::Error)]
pub enum HeadersError {
    /// There are none yet.
    #[error("this wallet has no headers yet; fetch or import some first")]
    None,
    /// They cannot be read, or break a rule.
    #[error(transparent)]
    File(#[from] FileError),
    /// They break a rule, or belong to another chain.
    #[error("these headers cannot be added to those of this wallet")]
    Header(#[from] HeaderError),
    /// They do not reach the last checkpoint, so that anyone may have made them.
    #[error("these headers prove nothing")]
    Short(#[source] ProofError),
}

impl HeadersError {
    /// A stable name for programs, in kebab case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::None => "no-headers",
            Self::File(_) | Self::Header(_) => "bad-headers",
            Self::Short(_) => "short-headers",
        }
    }
}

impl Wallet {
    /// Brings the header chain up to the best block of a source, piece by piece: each is checked and
    /// stored before the next is asked for, so that an interrupted download goes on where it was.
    /// `progress` hears the height that is reached and the height of the tip.
    ///
    /// # Errors
    /// [`SourceError`], also for a source of another chain or of one with less work. What was stored
    /// before stays: it was checked.
    pub fn fetch_headers(
        &mut self,
        source: &dyn ChainSource,
        progress: &mut dyn FnMut(u32, u32),
    ) -> Result<(), Error> {
        let network = self.meta.network.clone();
        let step = |tip| {
            self.command("headers", |command| {
                step(&command.db, &network, source, tip)
            })
        };
        follow(&network, source, step, progress)
    }

    /// The whole header chain; none before the first `sync`. Takes 80 bytes a header.
    ///
    /// # Errors
    /// If the wallet's file cannot be read.
    pub fn header_chain(&self) -> Result<Option<HeaderChain>, Error> {
        let Some((base, _)) = headers::base(&self.db)? else {
            return Ok(None);
        };
        Ok(Some(load(&self.db, &self.meta.network, base)?))
    }

    /// Takes in a file of headers, if it has more work than ours.
    ///
    /// # Errors
    /// As [`read`], and if it has nothing in common with ours.
    pub fn import_headers(&mut self, file: &[u8]) -> Result<Change, Error> {
        let chain = read(&self.meta.network, file)?;
        self.command("import-headers", |command| {
            import(&command.db, &command.meta.network, &chain)
        })
    }

    /// Forgets the header chain, and gives what it was: the next `sync` or import begins one anew. For a signet, where
    /// a file can have more work than anybody spent on it, and whoever follows less is refused from then on. The next
    /// `sync` looks at everything again, so that what was mined is proven in the new chain. Coins that were synced
    /// along the forgotten chain keep its blocks until another one is as high.
    ///
    /// # Errors
    /// [`HeadersError::None`].
    pub fn reset_headers(&mut self) -> Result<HeaderChain, Error> {
        let before = self.header_chain()?.ok_or(HeadersError::None)?;
        self.command("reset-headers", |command| {
            headers::clear(&command.db)?;
            command.meta.synced = None;
            command.meta.save(&command.db)?;
            Ok(before)
        })
    }
}

/// Reads and checks a file of headers (PROTOCOL.md §14.3).
///
/// # Errors
/// If the bytes are no headers, they break a rule of the network, or, on bitcoin, they do not reach the
/// compiled-in checkpoint.
pub fn read(network: &Network, file: &[u8]) -> Result<HeaderChain, HeadersError> {
    let chain = HeaderChain::decode(params(network), file, time::now())?;
    chain.reaches_checkpoint().map_err(HeadersError::Short)?;
    Ok(chain)
}

/// Takes step after step until the best block of a source is reached.
fn follow(
    network: &Network,
    source: &dyn ChainSource,
    mut step: impl FnMut(BlockId) -> Result<Step, Error>,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<(), Error> {
    check_network(network, source)?;
    for _ in 0..ATTEMPTS {
        let tip = source.tip()?;
        loop {
            match step(tip)? {
                Step::Reached => return Ok(()),
                Step::Taken { height } => progress(height, tip.height),
                Step::Moved => break,
            }
        }
    }
    Err(moving(source))
}

fn moving(source: &dyn ChainSource) -> Error {
    let (name, attempts) = (source.name(), ATTEMPTS);
    SourceError::Moving { name, attempts }.into()
}

fn check_network(network: &Network, source: &dyn ChainSource) -> Result<(), SourceError> {
    let (found, expected) = (source.genesis()?, network.genesis_hash());
    if found == expected {
        return Ok(());
    }
    let name = source.name();
    Err(SourceError::OtherChain {
        name,
        found,
        expected,
    })
}

fn params(network: &Network) -> ChainParams {
    ChainParams::of_network(network.bitcoin())
}

/// The block at a height of our chain.
fn hash_at(db: &Connection, height: u32) -> Result<Option<BlockHash>, StoreError> {
    Ok(headers::get(db, height)?.map(|header| header.block_hash()))
}

/// Whether our chain holds a block.
fn holds(db: &Connection, block: BlockId) -> Result<bool, StoreError> {
    Ok(hash_at(db, block.height)? == Some(block.hash))
}

/// As much of our chain as decides about headers that leave it above a height.
fn load(db: &Connection, network: &Network, above: u32) -> Result<HeaderChain, Error> {
    let params = params(network);
    let base = headers::base(db)?.map_or(0, |(base, _)| base);
    let from = params.decides(above).max(base);
    let headers = headers::from(db, from)?;
    Ok(HeaderChain::resume(params, from, headers).map_err(HeadersError::from)?)
}

/// Stores what a chain of ours became by headers that begin right above `fork` or below.
fn store(
    db: &Transaction<'_>,
    chain: &HeaderChain,
    change: &Change,
    tip: u32,
) -> Result<(), StoreError> {
    let kept = match change {
        Change::Nothing | Change::Weaker { .. } => return Ok(()),
        Change::Extended { .. } => tip,
        Change::Reorganised { fork, .. } => *fork,
    };
    headers::cut(db, kept)?;
    let first = kept.saturating_add(1);
    let skipped = usize::try_from(first.saturating_sub(chain.base())).unwrap_or(usize::MAX);
    headers::put(
        db,
        first,
        chain.headers().get(skipped..).unwrap_or_default(),
    )
}

fn import(db: &Transaction<'_>, network: &Network, chain: &HeaderChain) -> Result<Change, Error> {
    let Some((tip, _)) = headers::tip(db)? else {
        headers::put(db, chain.base(), chain.headers())?;
        let added = chain.headers().len();
        return Ok(Change::Extended { added });
    };
    let mut fork = tip.min(chain.height());
    while headers::get(db, fork)?.as_ref() != chain.header(fork) {
        let lower = fork.checked_sub(1).filter(|lower| *lower >= chain.base());
        let parent = chain.hash(fork).unwrap_or(chain.tip());
        fork = lower.ok_or(HeadersError::Header(HeaderError::Unconnected { parent }))?;
    }
    let mut ours = load(db, network, fork)?;
    let new = usize::try_from(fork.saturating_add(1).saturating_sub(chain.base()));
    let new = new.ok().and_then(|new| chain.headers().get(new..));
    let change = ours.extend(new.unwrap_or_default(), time::now());
    let change = change.map_err(HeadersError::Header)?;
    store(db, &ours, &change, tip)?;
    Ok(change)
}

#[cfg(test)]
mod tests;
