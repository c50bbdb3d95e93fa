//! Making, loading and saving the coins.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bdk_wallet::chain::spk_txout::SpkTxOutIndex;
use bdk_wallet::chain::{BlockId, CheckPoint, ConfirmationBlockTime, TxUpdate};
use bdk_wallet::miniscript::Descriptor;
use bdk_wallet::rusqlite::Transaction as SqlTransaction;
use bdk_wallet::{ChangeSet, KeychainKind, Update, Wallet};
use bitcoin::{Address, OutPoint, ScriptBuf, Transaction, Txid};

use super::news::News;
use super::standing::Standing;
use super::step::Step;
use super::{CoinsError, Slot};
use crate::keys::Descriptors;
use crate::store::tapret::TapretRow;
use crate::store::{StoreError, tapret};
use crate::{Error, Network};

/// The coins of one wallet, in memory. What changes is staged until it is saved.
pub struct Coins {
    pub(super) bdk: Wallet,
    /// Outputs of ours that BDK's index has not: no descriptor finds them, or not when their transaction came.
    pub(super) others: SpkTxOutIndex<ScriptBuf>,
    pub(super) rows: BTreeMap<ScriptBuf, TapretRow>,
    pub(super) network: Network,
    pub(super) gap: u32,
    /// Computed when it is asked for, forgotten with each change that is not a [`Step`].
    pub(super) standing: OnceLock<Standing>,
    pub(super) news: News,
}

#[cfg(test)]
thread_local! {
    /// How often a standing was computed because none was kept.
    pub(super) static COMPUTED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

impl Coins {
    /// No coins yet.
    ///
    /// # Errors
    /// [`CoinsError::Descriptor`] if the descriptors are not two different taproot ones of this network.
    pub fn create(descriptors: &Descriptors, network: &Network, gap: u32) -> Result<Self, Error> {
        let bdk = Wallet::create(descriptors.plain.clone(), descriptors.sealed.clone())
            .network(network.bitcoin())
            .lookahead(gap)
            .create_wallet_no_persist()
            .map_err(|cause| CoinsError::Descriptor { cause })?;
        Self::new(bdk, Vec::new(), network, gap)
    }

    /// The coins as they were saved.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if BDK's tables are empty, or those of another wallet.
    pub fn load(
        db: &SqlTransaction<'_>,
        descriptors: &Descriptors,
        network: &Network,
        gap: u32,
    ) -> Result<Self, Error> {
        let damaged = |what: String| StoreError::Damaged { what };
        let changes = ChangeSet::from_sqlite(db)?;
        let bdk = Wallet::load()
            .descriptor(KeychainKind::External, Some(descriptors.plain.clone()))
            .descriptor(KeychainKind::Internal, Some(descriptors.sealed.clone()))
            .check_network(network.bitcoin())
            .check_genesis_hash(network.genesis_hash())
            .lookahead(gap)
            .load_wallet_no_persist(changes)
            .map_err(|cause| damaged(cause.to_string()))?
            .ok_or_else(|| damaged("the tables of the coins are empty".to_owned()))?;
        Self::new(bdk, tapret::all(db)?, network, gap)
    }

    fn new(bdk: Wallet, rows: Vec<TapretRow>, network: &Network, gap: u32) -> Result<Self, Error> {
        let taproot = bdk
            .keychains()
            .all(|(_, descriptor)| matches!(descriptor, Descriptor::Tr(_)));
        if !taproot {
            return Err(CoinsError::NotTaproot.into());
        }
        let mut coins = Self {
            bdk,
            others: SpkTxOutIndex::default(),
            rows: BTreeMap::new(),
            network: network.clone(),
            gap,
            standing: OnceLock::new(),
            news: News::default(),
        };
        for row in rows {
            coins.watch(row);
        }
        let txs: Vec<_> = coins
            .bdk
            .tx_graph()
            .full_txs()
            .map(|node| node.tx)
            .collect();
        coins.index(&txs);
        Ok(coins)
    }

    /// Writes what changed into a command's transaction.
    pub fn save(&self, db: &SqlTransaction<'_>) -> Result<(), StoreError> {
        match self.bdk.staged() {
            Some(changes) => Ok(changes.persist_to_sqlite(db)?),
            None => Ok(()),
        }
    }

    /// Forgets what was staged. Only after the commit: what a rollback takes back is still staged.
    pub fn saved(&mut self) {
        self.bdk.take_staged();
    }

    /// Stores a tapret output and watches it from now on. It has to be committed before anything
    /// that pays to it is signed (ATTACKS E27).
    pub fn record(&mut self, db: &SqlTransaction<'_>, row: TapretRow) -> Result<(), StoreError> {
        tapret::insert(db, &row)?;
        self.watch(row);
        Ok(())
    }

    pub(super) fn watch(&mut self, row: TapretRow) {
        self.others
            .insert_spk(row.script.clone(), row.script.clone());
        self.bdk.mark_used(KeychainKind::Internal, row.index);
        self.rows.insert(row.script.clone(), row);
    }

    /// The best block that the coins know.
    pub fn tip(&self) -> BlockId {
        self.bdk.latest_checkpoint().block_id()
    }

    pub(super) fn standing(&self) -> &Standing {
        self.standing.get_or_init(|| {
            #[cfg(test)]
            COMPUTED.set(COMPUTED.get() + 1);
            Standing::of(self)
        })
    }

    pub(crate) fn chain(&self) -> CheckPoint {
        self.bdk.latest_checkpoint()
    }

    /// A transaction that touches the wallet.
    pub fn transaction(&self, txid: Txid) -> Option<Arc<Transaction>> {
        self.bdk.tx_graph().get_tx(txid)
    }

    /// The address of a slot.
    pub fn address(&self, slot: &Slot) -> Address {
        Address::p2tr(
            self.bdk.secp_ctx(),
            slot.internal_key,
            None,
            self.network.bitcoin(),
        )
    }

    /// Takes a transaction as one that waits in the mempool: what was just broadcast is then seen
    /// without asking the source. What a later scan misses is evicted; calling this again brings it back.
    pub fn insert_unconfirmed(&mut self, tx: &Transaction, now: u64) -> Result<(), Error> {
        let mut update = TxUpdate::default();
        update.txs.push(Arc::new(tx.clone()));
        update.seen_ats.insert((tx.compute_txid(), now));
        self.apply(update, None).map(drop)
    }

    /// BDK counts a transaction as present if it was seen *later*, in seconds, than it was evicted.
    /// What is said now is the last word, also within the second of what was said before.
    fn last_word(&self, txs: &mut TxUpdate<ConfirmationBlockTime>) {
        let graph = self.bdk.tx_graph();
        let seen = txs.seen_ats.iter().map(|&(txid, seen)| {
            let evicted = graph.get_last_evicted(txid);
            (txid, evicted.map_or(seen, |evicted| seen.max(evicted + 1)))
        });
        txs.seen_ats = seen.collect();
        let evicted = txs.evicted_ats.iter().map(|&(txid, evicted)| {
            let seen = graph.get_tx_node(txid).and_then(|node| node.last_seen);
            (txid, seen.map_or(evicted, |seen| evicted.max(seen)))
        });
        txs.evicted_ats = evicted.collect();
    }

    /// Takes facts as they are: unfiltered, unlike BDK's `apply_block` and `apply_unconfirmed_txs`,
    /// which drop what touches tapret outputs alone. Gives how many transactions are new.
    pub(super) fn apply(
        &mut self,
        mut txs: TxUpdate<ConfirmationBlockTime>,
        chain: Option<CheckPoint>,
    ) -> Result<usize, Error> {
        self.last_word(&mut txs);
        let step = Step::new(self, &txs);
        let found = txs.txs.clone();
        let standing = self.standing.take();
        let update = Update {
            tx_update: txs,
            chain,
            ..Update::default()
        };
        self.bdk
            .apply_update(update)
            .map_err(|cause| CoinsError::Disconnected { cause })?;
        self.index(&found);
        if let Some(standing) = standing.and_then(|standing| step.take(standing, self)) {
            debug_assert_eq!(standing, Standing::of(self), "a step is what BDK says");
            self.standing = OnceLock::from(standing);
            let outpoints = step.outpoints(self);
            self.news.add(outpoints);
        } else {
            self.news = News::default();
        }
        Ok(step.new.len())
    }

    fn index(&mut self, txs: &[Arc<Transaction>]) {
        for tx in txs {
            let txid = tx.compute_txid();
            for (vout, output) in (0..).zip(&tx.output) {
                self.find_late(OutPoint::new(txid, vout), &output.script_pubkey);
            }
            self.others.scan(tx);
        }
    }

    /// BDK looks for outputs of ours once, when a transaction is new to it: one whose script it derived only later it
    /// does not find before the file is opened again, nor does it look beyond that script for the next ones.
    fn find_late(&mut self, outpoint: OutPoint, script: &ScriptBuf) {
        let found = self.bdk.spk_index().index_of_spk(script.clone());
        if let Some(&(keychain, number)) = found
            && !self.is_indexed(outpoint)
        {
            let revealed = self.bdk.reveal_addresses_to(keychain, number);
            revealed.for_each(drop);
            self.bdk.mark_used(keychain, number);
            self.others.insert_spk(script.clone(), script.clone());
        }
    }
}
