//! What is kept, compared with what BDK says, after each of all kinds of changes.

mod random;

use std::sync::{Arc, LazyLock};

use bdk_wallet::chain::BlockId;
use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::taproot::TapNodeHash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, BlockHash, ScriptBuf, Transaction, TxIn, TxOut};
use bulla_core::commit::Commitment;

use super::*;
use crate::Network;
use crate::chain::checkpoint::connect;
use crate::coins::Place;
use crate::coins::state::COMPUTED;
use crate::keys::{Descriptors, Keys, Words};
use crate::sandbox::{Confirm, Sandbox};
use crate::store::tapret::TapretRow;

const GAP: u32 = 5;

/// A block of a branch; the first is that of the network.
fn block(branch: u8, height: u32) -> BlockId {
    let mut bytes = [branch; 32];
    bytes[..4].copy_from_slice(&height.to_le_bytes());
    let hash = match height {
        0 => Network::Regtest.genesis_hash(),
        _ => BlockHash::from_byte_array(bytes),
    };
    BlockId { height, hash }
}

/// A transaction that spends outpoints and pays to scripts.
fn tx(number: u32, inputs: &[OutPoint], outputs: &[ScriptBuf]) -> Transaction {
    let input = |previous_output: &OutPoint| TxIn {
        previous_output: *previous_output,
        ..TxIn::default()
    };
    let output = |script: &ScriptBuf| TxOut {
        value: Amount::from_sat(1_000),
        script_pubkey: script.clone(),
    };
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::from_consensus(number),
        input: inputs.iter().map(input).collect(),
        output: outputs.iter().map(output).collect(),
    }
}

/// The `n`-th output of nobody we know.
fn foreign(n: u8) -> OutPoint {
    OutPoint::new(Txid::from_byte_array([n; 32]), 0)
}

fn output(tx: &Transaction, vout: u32) -> OutPoint {
    OutPoint::new(tx.compute_txid(), vout)
}

fn elsewhere() -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x51])
}

fn tapret(n: u8) -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x52, n])
}

fn seen(tx: &Transaction, time: u64) -> TxUpdate<ConfirmationBlockTime> {
    let mut update = TxUpdate::default();
    update.txs.push(Arc::new(tx.clone()));
    update.seen_ats.insert((tx.compute_txid(), time));
    update
}

fn mined(tx: &Transaction, block: BlockId) -> TxUpdate<ConfirmationBlockTime> {
    let mut update = TxUpdate::default();
    update.txs.push(Arc::new(tx.clone()));
    let anchor = ConfirmationBlockTime {
        block_id: block,
        confirmation_time: 0,
    };
    update.anchors.insert((anchor, tx.compute_txid()));
    update
}

fn evicted(tx: &Transaction, time: u64) -> TxUpdate<ConfirmationBlockTime> {
    let mut update = TxUpdate::default();
    update.evicted_ats.insert((tx.compute_txid(), time));
    update
}

/// Coins, and the branch of each block of the best chain.
struct World {
    coins: Coins,
    best: Vec<u8>,
    /// The places of the coins, by the news of them.
    places: BTreeSet<OutPoint>,
}

impl World {
    fn new() -> Self {
        static DESCRIPTORS: LazyLock<Descriptors> = LazyLock::new(|| {
            let keys = Keys::generate(Words::Twelve, None).unwrap();
            Descriptors::of(&keys, &Network::Regtest)
        });
        let coins = Coins::create(&DESCRIPTORS, &Network::Regtest, GAP).unwrap();
        Self {
            coins,
            best: vec![0],
            places: BTreeSet::new(),
        }
    }

    fn script(&self, place: Place, index: u32) -> ScriptBuf {
        self.coins.slot(place, index).script
    }

    fn tip(&self) -> BlockId {
        self.block(0)
    }

    /// So many blocks below the tip.
    fn block(&self, below: u32) -> BlockId {
        let tip = u32::try_from(self.best.len() - 1).unwrap();
        let height = tip.saturating_sub(below);
        block(self.best[height as usize], height)
    }

    /// Blocks of a branch on top.
    fn grow(&mut self, branch: u8, blocks: usize) {
        self.best.extend(vec![branch; blocks]);
    }

    /// Lets blocks go.
    fn shrink(&mut self, blocks: usize) {
        self.best
            .truncate(self.best.len().saturating_sub(blocks).max(1));
    }

    fn watch(&mut self, n: u8) {
        self.coins.watch(TapretRow {
            script: tapret(n),
            index: u32::from(n),
            internal_key: self.coins.slot(Place::Sealed, u32::from(n)).internal_key,
            commitment: Commitment::from_byte_array([n; 32]),
            root: TapNodeHash::from_byte_array([n; 32]),
        });
    }

    /// Whether what a source says was a step; in any case the standing is what BDK says. `None` if the source is
    /// behind.
    fn hear(&mut self, update: TxUpdate<ConfirmationBlockTime>) -> Option<bool> {
        let anchors = update.anchors.iter().map(|(anchor, _)| anchor.block_id);
        let best = |block: &BlockId| {
            let branch = self.best.get(block.height as usize);
            branch.is_some_and(|branch| self::block(*branch, block.height) == *block)
        };
        let anchors = anchors.filter(best).map(|block| (block.height, block.hash));
        let hash_at = |height: u32| Ok(self::block(self.best[height as usize], height).hash);
        let (known, tip) = (self.coins.chain(), self.tip());
        let chain = connect("model", &known, tip, anchors.collect(), hash_at).ok()?;
        Some(self.take(update, Some(chain)))
    }

    fn take(&mut self, update: TxUpdate<ConfirmationBlockTime>, chain: Option<CheckPoint>) -> bool {
        self.coins.standing();
        let mark = self.coins.mark();
        self.coins.apply(update, chain).unwrap();
        let step = self.coins.standing.get().is_some();
        assert_eq!(*self.coins.standing(), Standing::of(&self.coins));
        let coins = self.coins.list().iter().map(|coin| coin.outpoint);
        let coins: BTreeSet<_> = coins.collect();
        match self.coins.news(&mark) {
            Some(news) => {
                let (here, gone): (Vec<_>, Vec<_>) =
                    news.iter().partition(|at| self.coins.get(**at).is_some());
                self.places.extend(here);
                self.places.retain(|at| !gone.contains(&at));
            }
            None => self.places = coins.clone(),
        }
        assert_eq!(
            (step, &self.places),
            (self.coins.news(&mark).is_some(), &coins)
        );
        step
    }

    #[track_caller]
    fn is_step(&mut self, update: TxUpdate<ConfirmationBlockTime>) {
        assert_eq!(self.hear(update), Some(true));
    }

    #[track_caller]
    fn is_no_step(&mut self, update: TxUpdate<ConfirmationBlockTime>) {
        assert_eq!(self.hear(update), Some(false));
    }
}

#[test]
fn what_happens_each_day_is_a_step() {
    let mut w = World::new();
    w.is_step(TxUpdate::default());
    let ours = [w.script(Place::Plain, 0), w.script(Place::Sealed, 1)];
    let first = tx(0, &[foreign(0)], &ours);
    w.is_step(seen(&first, 10));
    w.is_step(seen(&first, 20));
    let second = tx(1, &[output(&first, 0)], &[w.script(Place::Plain, 1)]);
    assert!(w.take(seen(&second, 30), None));
    w.grow(0, 1);
    let mut both = mined(&first, w.tip());
    both.extend(mined(&second, w.tip()));
    w.is_step(both);
    w.grow(0, 3);
    w.is_step(TxUpdate::default());
    assert_eq!(w.coins.list().len(), 2);
    // Found by the scripts that came with the first.
    let third = tx(2, &[foreign(1)], &[w.script(Place::Plain, 6)]);
    w.is_step(mined(&third, w.tip()));
    w.grow(0, 1);
    let fourth = tx(3, &[output(&third, 0), foreign(2)], &[elsewhere()]);
    w.is_step(mined(&fourth, w.tip()));
    let coins = w.coins.list().iter();
    let coins: Vec<_> = coins.map(|coin| (coin.outpoint, coin.depth)).collect();
    let mut expected = [(output(&first, 1), 5), (output(&second, 0), 5)];
    expected.sort();
    assert_eq!(coins, expected);
}

#[test]
fn mined_money_ripens_by_steps() {
    let mut w = World::new();
    let coinbase = tx(0, &[OutPoint::null()], &[w.script(Place::Plain, 0)]);
    w.grow(0, 1);
    w.is_step(mined(&coinbase, w.tip()));
    w.grow(0, 98);
    w.is_step(TxUpdate::default());
    assert!(!w.coins.list()[0].mature);
    w.grow(0, 1);
    w.is_step(TxUpdate::default());
    assert!(w.coins.list()[0].mature);
}

#[test]
fn an_output_that_is_ours_since_it_was_seen_becomes_a_coin_by_a_step() {
    let mut w = World::new();
    let payment = tx(0, &[foreign(0)], &[w.script(Place::Plain, 0), tapret(1)]);
    w.grow(0, 1);
    w.is_step(mined(&payment, w.tip()));
    w.watch(1);
    assert_eq!(w.coins.list().len(), 1);
    w.is_step(mined(&payment, w.tip()));
    assert_eq!(w.coins.list().len(), 2);
}

#[test]
fn a_coin_beyond_the_gap_is_found_once_another_one_bridges_it() {
    let mut w = World::new();
    let [far, near] = [GAP + 2, GAP - 1].map(|index| w.script(Place::Plain, index));
    let payment = tx(0, &[foreign(0)], &[far.clone(), w.script(Place::Sealed, 0)]);
    w.grow(0, 1);
    w.is_step(mined(&payment, w.tip()));
    assert_eq!(w.coins.list().len(), 1);
    w.is_step(mined(&tx(1, &[foreign(1)], &[near]), w.tip()));
    assert_eq!(w.coins.list().len(), 2);
    // A source tells of it again when it is asked for the scripts that came with the other one.
    w.is_step(mined(&payment, w.tip()));
    assert_eq!(w.coins.list().len(), 3);
    let beyond = w.script(Place::Plain, GAP + 2 + GAP);
    assert!(w.coins.is_ours(&beyond), "the next ones are looked for");
    // Each coin once, also of what BDK finds itself.
    w.is_step(mined(&tx(2, &[foreign(2)], &[far]), w.tip()));
    assert_eq!(w.coins.list().len(), 4);
}

/// A wallet with a mined payment, and one that waits.
fn paid() -> (World, Transaction, Transaction) {
    let mut w = World::new();
    let old = tx(0, &[foreign(0)], &[w.script(Place::Plain, 0)]);
    let waiting = tx(1, &[foreign(1)], &[w.script(Place::Plain, 1)]);
    w.grow(0, 3);
    w.is_step(mined(&old, w.tip()));
    w.is_step(seen(&waiting, 10));
    (w, old, waiting)
}

#[test]
fn an_eviction_is_no_step_nor_is_what_comes_back() {
    let (mut w, _, waiting) = paid();
    w.is_no_step(evicted(&waiting, 20));
    assert_eq!(w.coins.list().len(), 1);
    w.is_no_step(seen(&waiting, 30));
    assert_eq!(w.coins.list().len(), 2);
}

#[test]
fn what_is_said_to_be_gone_before_it_is_seen_is_no_step() {
    let (mut w, old, _) = paid();
    let early = tx(2, &[output(&old, 0)], &[elsewhere()]);
    w.is_no_step(evicted(&early, 20));
    w.is_no_step(seen(&early, 10));
}

#[test]
fn a_conflict_is_no_step() {
    let (mut w, _, waiting) = paid();
    let other = tx(2, &[foreign(1)], &[elsewhere()]);
    w.is_no_step(seen(&other, 20));
    assert_eq!(w.coins.list().len(), 1);
    // Nor is one with what does not count any more.
    let third = tx(3, &[foreign(1)], &[elsewhere()]);
    w.is_no_step(seen(&third, 5));
    w.grow(0, 1);
    w.is_no_step(mined(&waiting, w.tip()));
    assert_eq!(w.coins.list().len(), 2);
}

#[test]
fn two_new_ones_that_conflict_are_no_step() {
    let (mut w, old, _) = paid();
    let mut both = seen(&tx(2, &[output(&old, 0)], &[elsewhere()]), 20);
    both.extend(seen(&tx(3, &[output(&old, 0)], &[elsewhere()]), 20));
    w.is_no_step(both);
}

#[test]
fn a_reorg_is_no_step_nor_is_the_way_back() {
    let (mut w, old, _) = paid();
    w.shrink(1);
    w.grow(1, 2);
    w.is_no_step(TxUpdate::default());
    assert_eq!(w.coins.list()[0].height, None);
    w.shrink(2);
    w.grow(0, 3);
    w.is_no_step(TxUpdate::default());
    assert_eq!(w.coins.list()[0].height, Some(3));
    w.is_step(mined(&old, w.block(2)));
}

#[test]
fn a_new_block_in_which_something_was_seen_before_is_no_step() {
    let (mut w, ..) = paid();
    let early = tx(2, &[foreign(2)], &[w.script(Place::Plain, 2)]);
    w.is_no_step(mined(&early, block(0, 4)));
    assert_eq!(w.coins.standing().heights[&early.compute_txid()], None);
    w.grow(0, 1);
    w.is_no_step(TxUpdate::default());
    assert_eq!(w.coins.standing().heights[&early.compute_txid()], Some(4));
}

#[test]
fn a_block_below_the_tip_is_a_step_unless_something_was_seen_in_it() {
    let (mut w, ..) = paid();
    let late = |n: u8| tx(n.into(), &[foreign(n)], &[w.script(Place::Plain, n.into())]);
    let [second, third, fourth] = [2, 3, 4].map(late);
    w.is_step(mined(&second, w.block(1)));
    assert!(!w.take(mined(&third, w.block(2)), None));
    w.is_no_step(mined(&fourth, w.block(2)));
    let heights = &w.coins.standing().heights;
    assert_eq!(heights[&third.compute_txid()], Some(1));
}

#[test]
fn a_second_block_is_no_step_nor_is_one_outside_of_the_chain() {
    let (mut w, old, waiting) = paid();
    w.is_no_step(mined(&waiting, block(1, 3)));
    w.grow(0, 1);
    w.is_no_step(mined(&waiting, w.tip()));
    w.is_no_step(mined(&old, w.tip()));
}

#[test]
fn what_is_mined_on_top_of_what_waits_is_no_step() {
    let (mut w, _, waiting) = paid();
    let child = tx(2, &[output(&waiting, 0)], &[w.script(Place::Plain, 2)]);
    w.grow(0, 1);
    w.is_no_step(mined(&child, w.tip()));
    assert_eq!(w.coins.standing().heights[&waiting.compute_txid()], Some(4));
    // And nothing is, as long as its own block is not known.
    w.is_no_step(TxUpdate::default());
    w.is_no_step(mined(&waiting, w.tip()));
    w.is_step(TxUpdate::default());
}

#[test]
fn a_parent_after_its_child_is_no_step() {
    let mut w = World::new();
    let parent = tx(0, &[foreign(0)], &[w.script(Place::Plain, 0)]);
    let child = tx(1, &[output(&parent, 0)], &[w.script(Place::Plain, 1)]);
    w.is_step(seen(&child, 20));
    w.is_no_step(seen(&parent, 10));
}

#[test]
fn what_builds_on_what_does_not_count_is_no_step() {
    let (mut w, _, waiting) = paid();
    w.is_no_step(evicted(&waiting, 20));
    let child = tx(2, &[output(&waiting, 0)], &[w.script(Place::Plain, 2)]);
    w.is_no_step(seen(&child, 30));
}

#[test]
fn what_nobody_saw_is_no_step() {
    let (mut w, old, _) = paid();
    let mut bare = seen(&tx(2, &[output(&old, 0)], &[elsewhere()]), 0);
    bare.seen_ats.clear();
    w.is_no_step(bare.clone());
    bare.txs.clear();
    bare.txouts.insert(
        foreign(9),
        TxOut {
            value: Amount::ZERO,
            script_pubkey: elsewhere(),
        },
    );
    w.is_no_step(bare);
    let mut unknown = seen(&tx(4, &[foreign(4)], &[elsewhere()]), 0);
    unknown.txs.clear();
    w.is_no_step(unknown);
}

#[test]
fn other_coins_have_other_news() {
    let (w, ..) = paid();
    let (other, ..) = paid();
    let mark = w.coins.mark();
    assert!(w.coins.news(&mark).is_some());
    assert!(other.coins.news(&mark).is_none());
}

#[test]
fn one_payment_more_is_a_step_of_a_whole_scan() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(dir.path().join("sandbox.sqlite")).unwrap();
    let mut w = World::new();
    w.coins.scan(&sandbox, 0).unwrap();
    let computed = COMPUTED.get();
    for n in 0..12 {
        let (place, confirm) = match n % 3 {
            0 => (Place::Plain, Confirm::Now),
            1 => (Place::Sealed, Confirm::Now),
            _ => (Place::Plain, Confirm::Later),
        };
        let slot = w.coins.reveal(place);
        let since = w.coins.tip().height + 1;
        sandbox
            .fund(&slot.script, Amount::from_sat(1_000), confirm)
            .unwrap();
        let scanned = w.coins.scan(&sandbox, since).unwrap();
        assert_eq!((scanned.transactions, scanned.fork), (1, None));
    }
    assert_eq!(w.coins.list().len(), 12);
    assert_eq!(COMPUTED.get(), computed);
}
