//! Sequences of changes, drawn at random.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The inputs and the outputs of a transaction.
type Shape = (Vec<(usize, u32)>, Vec<u8>);

/// What a source says, of a transaction by its number.
#[derive(Clone, Debug)]
enum Fact {
    Seen(usize, u64),
    /// In the block so many below the tip.
    Mined(usize, u32),
    /// In a block that may be in the chain or not.
    Anchored(usize, u8, u32),
    Evicted(usize, u64),
    /// Without a word on where it is.
    Bare(usize),
}

/// What happens between two looks at the coins.
#[derive(Clone, Debug)]
struct Change {
    /// Blocks that go, and those of a branch that come.
    shrink: usize,
    grow: (u8, usize),
    facts: Vec<Fact>,
    watch: Option<u8>,
    reveal: bool,
    /// Told by a source, with its chain, or by the wallet itself.
    source: bool,
}

fn fact() -> impl Strategy<Value = Fact> {
    let tx = 0..10_usize;
    let seen = (tx.clone(), 0..12_u64).prop_map(|(tx, time)| Fact::Seen(tx, time));
    let mined =
        (tx.clone(), 0..10_u32).prop_map(|(tx, below)| Fact::Mined(tx, below.saturating_sub(7)));
    let anchored = (tx.clone(), 0..2_u8, 1..8_u32)
        .prop_map(|(tx, branch, height)| Fact::Anchored(tx, branch, height));
    let evicted = (tx.clone(), 0..12_u64).prop_map(|(tx, time)| Fact::Evicted(tx, time));
    let bare = tx.prop_map(Fact::Bare);
    prop_oneof![8 => seen, 8 => mined, 1 => anchored, 1 => evicted, 1 => bare]
}

fn change() -> impl Strategy<Value = Change> {
    let shrink = prop_oneof![8 => Just(0), 1 => 1..3_usize];
    let grow = (0..2_u8, 0..3_usize);
    let watch = proptest::option::weighted(0.1, 0..3_u8);
    let reveal = prop::bool::weighted(0.1);
    let source = prop::bool::weighted(0.8);
    (shrink, grow, vec(fact(), 0..3), watch, reveal, source).prop_map(
        |(shrink, grow, facts, watch, reveal, source)| Change {
            shrink,
            grow,
            facts,
            watch,
            reveal,
            source,
        },
    )
}

fn shape() -> impl Strategy<Value = Shape> {
    let inputs = vec((0..20_usize, 0..2_u32), 1..3);
    (inputs, vec(0..10_u8, 2..4))
}

/// The first is a coinbase; each other spends outputs of those before it, or of nobody we know.
fn transactions(w: &World, shapes: &[Shape]) -> Vec<Transaction> {
    let script = |kind: &u8| match kind {
        0..=3 => w.script(Place::Plain, 2 * u32::from(*kind)),
        4..=5 => w.script(Place::Sealed, u32::from(*kind)),
        6..=7 => tapret(kind - 6),
        _ => elsewhere(),
    };
    let mut txs: Vec<Transaction> = Vec::new();
    for (number, (inputs, outputs)) in (0..).zip(shapes) {
        let inputs = inputs.iter().map(|(parent, vout)| match txs.get(*parent) {
            Some(parent) => output(parent, *vout),
            None => foreign(u8::try_from(*parent).unwrap()),
        });
        let inputs: BTreeSet<OutPoint> = match number {
            0 => [OutPoint::null()].into(),
            _ => inputs.collect(),
        };
        let inputs: Vec<OutPoint> = inputs.into_iter().collect();
        let outputs: Vec<ScriptBuf> = outputs.iter().map(script).collect();
        txs.push(tx(number, &inputs, &outputs));
    }
    txs
}

fn update(w: &World, txs: &[Transaction], facts: &[Fact]) -> TxUpdate<ConfirmationBlockTime> {
    let mut update = TxUpdate::default();
    for fact in facts {
        update.extend(match *fact {
            // BDK takes it for impossible that newly mined money waits.
            Fact::Seen(0, _) => TxUpdate::default(),
            Fact::Seen(number, time) => seen(&txs[number], time),
            Fact::Mined(number, below) => mined(&txs[number], w.block(below)),
            Fact::Anchored(number, branch, height) => mined(&txs[number], block(branch, height)),
            Fact::Evicted(number, time) => evicted(&txs[number], time),
            Fact::Bare(number) => {
                let mut bare = seen(&txs[number], 0);
                bare.seen_ats.clear();
                bare
            }
        });
    }
    update
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_kept_is_what_bdk_says(
        shapes in vec(shape(), 10),
        changes in vec(change(), 1..24),
    ) {
        let mut w = World::new();
        let txs = transactions(&w, &shapes);
        for change in changes {
            w.shrink(change.shrink);
            w.grow(change.grow.0, change.grow.1);
            if let Some(n) = change.watch {
                w.watch(n);
            }
            if change.reveal {
                w.coins.reveal(Place::Plain);
            }
            let update = update(&w, &txs, &change.facts);
            if change.source {
                w.hear(update);
            } else {
                w.take(update, None);
            }
        }
    }
}
