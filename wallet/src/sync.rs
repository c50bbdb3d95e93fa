//! Bringing the wallet up to date with a chain source.

use bdk_wallet::chain::{BlockId, CheckPoint};
use bitcoin::{Transaction, Txid};

use crate::chain::{ChainSource, Position, Positions, Sought, SourceError, checkpoint};
use crate::store::witnesses::{self, WitnessRow};
use crate::transfer::follow::{Changes, follow};
use crate::wallet::Command;
use crate::{Error, Wallet, headers, time};

/// How often `sync` and `accept` start again when the best block changes while they ask.
pub(crate) const ATTEMPTS: u32 = 3;

/// What a `sync` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncReport {
    /// The best block now.
    pub tip: BlockId,
    /// Transactions of ours that were not known before.
    pub transactions: usize,
    /// The highest block that is as it was, if the chain was reorganised.
    pub fork: Option<u32>,
    /// The witnesses that are elsewhere than before.
    pub moved: Vec<(Txid, Position)>,
}

impl Wallet {
    /// Brings the wallet up to date, its headers first. Safe to repeat; a failure changes nothing, but
    /// headers that were checked before it stay.
    ///
    /// # Errors
    /// [`SourceError`], also for a source of another chain.
    pub fn sync(&mut self, source: &dyn ChainSource) -> Result<SyncReport, Error> {
        let since = self
            .synced()
            .map_or(self.birthday(), |height| height.saturating_add(1));
        self.rescan(source, since)
    }

    /// Brings the wallet up to date and looks at everything from a height on again.
    ///
    /// # Errors
    /// As [`Wallet::sync`].
    pub fn rescan(&mut self, source: &dyn ChainSource, since: u32) -> Result<SyncReport, Error> {
        self.fetch_headers(source, &mut |_, _| {})?;
        let (report, again) = self.command("sync", |command| sync(command, source, since))?;
        self.rebroadcast(source, &again)?;
        Ok(report)
    }

    /// Hands out again what was evicted. What the source refuses stays as it is: the next `sync`
    /// tries again, until the chain says that it conflicts.
    fn rebroadcast(
        &mut self,
        source: &dyn ChainSource,
        again: &[Transaction],
    ) -> Result<(), Error> {
        for tx in again {
            match source.broadcast(tx) {
                Ok(()) => self.command("rebroadcast", |command| {
                    command.coins.insert_unconfirmed(tx, time::now())
                })?,
                Err(SourceError::Refused { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Coins first, then all witnesses that may have moved, in one batch; both true of one best block of
/// our own headers, and proven there. Then transfers go on. Gives the transactions that are to be broadcast again.
fn sync(
    command: &mut Command<'_>,
    source: &dyn ChainSource,
    since: u32,
) -> Result<(SyncReport, Vec<Transaction>), Error> {
    let (mut transactions, mut fork) = (0, None);
    let known = command.coins.chain();
    for _ in 0..ATTEMPTS {
        let scanned = command.coins.scan(source, since)?;
        transactions += scanned.transactions;
        fork = fork.into_iter().chain(scanned.fork).min();
        let first = fork.map_or(since, |fork| since.min(fork + 1));
        // What is looked at anew is proven anew, also below the birthday: histories are older than the wallet.
        let lowest = command.meta.synced.map_or(0, |_| first);
        let rows = witnesses::movable(&command.db, lowest)?;
        let found = check_blocks(command, source, &known, scanned.tip)
            .and_then(|()| headers::positions(&command.db, source, &all_sought(&rows)))
            .and_then(|positions| prove(command, source, &rows, positions));
        let positions = match found {
            Ok(positions) if positions.tip == scanned.tip => positions,
            Ok(_) => continue,
            Err(error) if is_moved(source, &error, scanned.tip)? => continue,
            Err(error) => return Err(error),
        };
        let moved = place(command, &rows, positions)?;
        let changes = Changes {
            source,
            moved: moved.iter().map(|(txid, _)| *txid).collect(),
            reorg: fork.is_some(),
        };
        let again = follow(command, &changes)?;
        command.meta.synced = Some(scanned.tip.height);
        command.meta.save(&command.db)?;
        let report = SyncReport {
            tip: scanned.tip,
            transactions,
            fork,
            moved,
        };
        return Ok((report, again));
    }
    Err(SourceError::Moving {
        name: source.name(),
        attempts: ATTEMPTS,
    }
    .into())
}

/// Whether the best block changed meanwhile, so that an answer may not have been a lie.
pub(crate) fn is_moved(
    source: &dyn ChainSource,
    error: &Error,
    tip: BlockId,
) -> Result<bool, Error> {
    let unreachable = matches!(error, Error::Source(SourceError::Unreachable { .. }));
    let lie = matches!(error, Error::Source(_)) && !unreachable;
    Ok(lie && source.tip()? != tip)
}

/// That every block of the coins that is new is in our own chain, which is brought up to the tip.
fn check_blocks(
    command: &Command<'_>,
    source: &dyn ChainSource,
    known: &CheckPoint,
    tip: BlockId,
) -> Result<(), Error> {
    let network = &command.meta.network;
    while let headers::Step::Taken { .. } = headers::step(&command.db, network, source, tip)? {}
    // The first block is compiled in, and our chain may begin above it.
    let new = checkpoint::beyond(known, &command.coins.chain()).into_iter();
    headers::require(&command.db, source, new.filter(|block| block.height > 0))
}

/// Proves what is mined.
fn prove(
    command: &Command<'_>,
    source: &dyn ChainSource,
    rows: &[WitnessRow],
    positions: Positions,
) -> Result<Positions, Error> {
    let txids = rows.iter().map(|row| row.tx.compute_txid());
    let mined = mined(txids, &positions);
    headers::prove(&command.db, source, &mined)?;
    Ok(positions)
}

/// Those of some transactions that are mined, with their heights.
pub(crate) fn mined(
    txids: impl IntoIterator<Item = Txid>,
    positions: &Positions,
) -> Vec<(Txid, u32)> {
    let found = txids.into_iter().zip(&positions.list);
    found
        .filter_map(|(txid, position)| match position {
            Position::Mined { height } => Some((txid, *height)),
            _ => None,
        })
        .collect()
}

fn all_sought(rows: &[WitnessRow]) -> Vec<Sought> {
    rows.iter().map(sought).collect()
}

/// Notes where the witnesses are; returns those that are elsewhere than before.
fn place(
    command: &Command<'_>,
    rows: &[WitnessRow],
    positions: Positions,
) -> Result<Vec<(Txid, Position)>, Error> {
    let mut moved = Vec::new();
    for (row, position) in rows.iter().zip(positions.list) {
        let txid = row.tx.compute_txid();
        witnesses::set_position(&command.db, txid, position, positions.tip.height)?;
        if row.position != position {
            moved.push((txid, position));
        }
    }
    Ok(moved)
}

/// How a source finds a witness: by its id, by a script it pays to, or by what it spends.
pub(crate) fn sought(row: &WitnessRow) -> Sought {
    let mut scripts = row.tx.output.iter().map(|output| &output.script_pubkey);
    Sought {
        txid: row.tx.compute_txid(),
        script: scripts.find(|script| !script.is_op_return()).cloned(),
        inputs: row
            .tx
            .input
            .iter()
            .map(|input| input.previous_output)
            .collect(),
    }
}
