//! Bringing the wallet up to date with a chain source.

use bdk_wallet::chain::BlockId;
use bitcoin::{Transaction, Txid};

use crate::chain::{ChainSource, Position, Positions, Sought, SourceError};
use crate::store::witnesses::{self, WitnessRow};
use crate::transfer::follow::{Changes, follow};
use crate::wallet::Command;
use crate::{Error, Wallet, time};

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
    /// Brings the wallet up to date. Safe to repeat; a failure changes nothing.
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

/// Coins first, then all witnesses that may have moved, in one batch; both true of one best block.
/// Then transfers go on. Gives the transactions that are to be broadcast again.
fn sync(
    command: &mut Command<'_>,
    source: &dyn ChainSource,
    since: u32,
) -> Result<(SyncReport, Vec<Transaction>), Error> {
    let (mut transactions, mut fork) = (0, None);
    for _ in 0..ATTEMPTS {
        let scanned = command.coins.scan(source, since)?;
        transactions += scanned.transactions;
        fork = fork.into_iter().chain(scanned.fork).min();
        let first = fork.map_or(since, |fork| since.min(fork + 1));
        let rows = witnesses::movable(&command.db, first)?;
        let positions = source.positions(&rows.iter().map(sought).collect::<Vec<_>>())?;
        if positions.tip != scanned.tip {
            continue;
        }
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
