//! Consignments that cost as much to validate as their maker can arrange.

use std::collections::BTreeMap;

use super::make::{Assignment, at, bytes, coin, key, number, on, outputs, token, values};
use super::{Act, Carry, History, View, amounts_at, carry, leaf};
use amplify::confinement::Confined;
use bitcoin::OutPoint;
use bulla_core::OperationId;
use bulla_core::bundle::{BundleProof, Step};
use bulla_core::frame::{Base, BaseEntry, BlockProof, Frame, Terminal};
use bulla_core::outputs::{Leaf, Leaves, Outputs, Pruned, Sibling};
use bulla_core::schema::{Expr, Occurs, Rule, Schema};
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_core::witness::Witness;

/// A family of inputs, by a size that their bytes are proportional to.
pub struct Nasty {
    /// What it does much of.
    pub name: &'static str,
    /// How it must fail, if it does.
    pub fails: Option<Check>,
    /// Bytes it may ask for per byte of input.
    pub times: usize,
    /// The small size.
    pub size: u32,
    /// Makes it.
    pub make: fn(u32) -> Vec<u8>,
}

/// Every family.
pub fn all() -> Vec<Nasty> {
    let good = |name, size, make| Nasty {
        name,
        fails: None,
        times: 40,
        size,
        make,
    };
    let bad = |name, check, size, make| Nasty {
        fails: Some(check),
        ..good(name, size, make)
    };
    vec![
        good("a long chain", 30, chain),
        good("a long tapret chain", 10, tapret_chain),
        good("block proofs", 20, block_proofs),
        good("one output told by many inputs", 100, told_by_many),
        good("many inputs in one transition", 200, many_inputs),
        good("many transitions in one frame", 50, many_transitions),
        good("many signatures", 4, many_signatures),
        good("long rules on every transition", 40, long_rules),
        good("many values", 10, many_values),
        good("long values", 1, long_values),
        good("many types of outputs", 6, many_types),
        good("many tokens", 200, many_tokens),
        good("deep pruned lists", 10, deep_lists),
        good("many inputs of a witness", 500, wide_witness),
        good("many terminals", 200, many_terminals),
        good("bundles of empty levels", 10, empty_levels),
        good("bundles of hidden levels", 4, hidden_levels),
        bad(
            "many transitions, the last wrong",
            Check::Rule,
            100,
            last_wrong,
        ),
        bad(
            "a base that nobody knows",
            Check::BaseMissing,
            200,
            unknown_base,
        ),
        bad(
            "many terminals, none open",
            Check::Terminal,
            400,
            closed_terminals,
        ),
        bad(
            "many frames that nothing builds on",
            Check::Irrelevant,
            50,
            irrelevant,
        ),
    ]
}

fn chain(size: u32) -> Vec<u8> {
    let mut history = History::fixed(1_000);
    let mut last = history.seed(0);
    for _ in 0..size {
        let frame = history.transfer(&[last], &[1_000]);
        last = history.leaf(frame, 0);
    }
    history.encode()
}

/// A curve check for each frame.
fn tapret_chain(size: u32) -> Vec<u8> {
    let mut history = History::fixed(1_000);
    let mut last = history.seed(0);
    for _ in 0..size {
        let frame = history.transfer_by(&Carry::Tapret(None), &[last], &[1_000]);
        last = history.leaf(frame, 0);
    }
    history.encode()
}

/// A chain with the longest branch behind each witness.
fn block_proofs(size: u32) -> Vec<u8> {
    let mut history = History::fixed(1_000);
    let mut last = history.seed(0);
    let mut proofs = BTreeMap::new();
    for _ in 0..size {
        let frame = history.transfer(&[last], &[1_000]);
        last = history.leaf(frame, 0);
        let branch = Confined::try_from(vec![[7; 32]; 25]).expect("the longest branch");
        let (height, position) = (1, 0);
        proofs.insert(
            history.txid(frame),
            BlockProof {
                height,
                position,
                branch,
            },
        );
    }
    let mut consignment = history.consignment(View::Leaves);
    consignment.prove(&proofs);
    consignment.encode()
}

/// Every input of a frame tells the same txid, that of its one spend.
fn told_by_many(size: u32) -> Vec<u8> {
    let mut history = History::fixed(u64::from(size));
    let ones: Vec<Assignment> = (0..size).map(|_| (0, State::Amount(1), at(1))).collect();
    let act = history.act("transfer", &[history.seed(0)], &ones);
    let split = history.push(history.draft(vec![act]));
    let inputs: Vec<_> = (0..size).map(|index| history.leaf(split, index)).collect();
    history.transfer(&inputs, &[u64::from(size)]);
    history.encode()
}

/// As many units, each a leaf of the genesis, all on one coin.
fn units(size: u32) -> History {
    let mut history = History::fixed(u64::from(size));
    history.edit_genesis(|genesis| {
        let list: Vec<Assignment> = (0..size)
            .map(|_| (0, State::Amount(1), on(coin(0))))
            .collect();
        genesis.outputs = outputs(&list);
    });
    history
}

fn many_inputs(size: u32) -> Vec<u8> {
    let mut history = units(size);
    let inputs: Vec<_> = (0..size).map(|index| history.seed(index)).collect();
    history.transfer(&inputs, &[u64::from(size)]);
    history.encode()
}

fn split_up(size: u32, change: impl Fn(u32, &mut Act)) -> History {
    let mut history = units(size);
    let acts = (0..size).map(|index| {
        let mut act = history.act("transfer", &[history.seed(index)], &amounts_at(&[1]));
        change(index, &mut act);
        act
    });
    let draft = history.draft(acts.collect());
    history.push(draft);
    history
}

fn many_transitions(size: u32) -> Vec<u8> {
    split_up(size, |_, _| {}).encode()
}

fn last_wrong(size: u32) -> Vec<u8> {
    let wrong = |index: u32, act: &mut Act| {
        if index + 1 == size {
            act.transition.outputs = outputs(&amounts_at(&[2]));
        }
    };
    split_up(size, wrong).encode()
}

fn many_signatures(size: u32) -> Vec<u8> {
    let mut history = History::lab();
    let mut globals = vec![(0, number(1_000)), (2, number(50))];
    globals.extend((0..60).map(|n| (1, key(n).serialize().to_vec())));
    globals.sort_by_key(|(number, _)| *number);
    history.edit_genesis(|genesis| genesis.globals = values(&globals));
    let mut last = history.seed(0);
    for _ in 0..size {
        let mut act = history.act("vouch", &[last], &amounts_at(&[1_000]));
        act.signers = (0..60).collect();
        let frame = history.push(history.draft(vec![act]));
        last = history.leaf(frame, 0);
    }
    history.encode()
}

fn long_rules(size: u32) -> Vec<u8> {
    let short = History::fixed(1_000);
    let mut schema = short.schema.clone();
    let mut sum = Expr::Out(0);
    for _ in 0..126 {
        sum = Expr::Add(Box::new(sum), Box::new(Expr::CountGlobal(0)));
    }
    let rules = &mut schema.transitions.get_mut(&0).unwrap().rules;
    rules.extend(vec![Rule::Equal(Expr::In(0), sum); 5]);
    let genesis = short.genesis().clone();
    let mut history = History::new(schema, genesis.globals, &[]);
    history.edit_genesis(|own| own.outputs = genesis.outputs);
    let mut last = history.seed(0);
    for _ in 0..size {
        let frame = history.transfer(&[last], &[1_000]);
        last = history.leaf(frame, 0);
    }
    history.encode()
}

/// The lab contract under a changed schema.
fn lab_under(change: impl FnOnce(&mut Schema)) -> History {
    let lab = History::lab();
    let mut schema = lab.schema.clone();
    change(&mut schema);
    let genesis = lab.genesis();
    let mut history = History::new(schema, genesis.globals.clone(), &[]);
    history.edit_genesis(|own| own.outputs = genesis.outputs.clone());
    history
}

fn noted(size: u32, notes: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let any = Occurs { min: 0, max: 255 };
    let mut history = lab_under(|schema| {
        let transfer = schema.transitions.get_mut(&0).unwrap();
        transfer.globals.insert(3, any);
    });
    let mut last = history.seed(0);
    for _ in 0..size {
        let mut act = history.act("transfer", &[last], &amounts_at(&[1_000]));
        act.transition.globals = values(notes);
        let frame = history.push(history.draft(vec![act]));
        last = history.leaf(frame, 0);
    }
    history.encode()
}

fn many_values(size: u32) -> Vec<u8> {
    noted(size, &vec![(3, vec![]); 255])
}

fn long_values(size: u32) -> Vec<u8> {
    noted(size, &vec![(3, vec![b'x'; 65_535]); 2])
}

fn many_types(size: u32) -> Vec<u8> {
    let mut history = lab_under(|schema| {
        for ty in 10..250 {
            let mut own = schema.owned[&3].clone();
            own.name = format!("right{ty}");
            schema.owned.insert(ty, own);
            let transfer = schema.transitions.get_mut(&0).unwrap();
            transfer.outputs.insert(ty, Occurs { min: 0, max: 1 });
        }
    });
    let mut last = history.seed(0);
    for _ in 0..size {
        let mut list = amounts_at(&[1_000]);
        list.extend((10..250).map(|ty| (ty, State::Right, at(1))));
        let act = history.act("transfer", &[last], &list);
        let frame = history.push(history.draft(vec![act]));
        last = history.leaf(frame, 0);
    }
    let mut consignment = history.consignment(View::Leaves);
    let end = usize::try_from(size).unwrap() - 1;
    consignment.hand_over([Terminal::Leaf(history.leaf(end, 0))]);
    consignment.encode()
}

fn many_tokens(size: u32) -> Vec<u8> {
    let whole = 4_096;
    let mut history = lab_under(|schema| {
        for rule in &mut schema.genesis.rules {
            if let Rule::TokensRange { fraction, .. } = rule {
                *fraction = Expr::Const(whole);
            }
        }
    });
    history.edit_genesis(|genesis| {
        let list = genesis
            .outputs
            .shown()
            .map(|(ty, shown)| match shown.state {
                State::Token(one) => (ty, token(one.id, whole), shown.seal),
                state => (ty, state, shown.seal),
            });
        genesis.outputs = outputs(&list.collect::<Vec<_>>());
    });
    let mut list: Vec<Assignment> = (1..size).map(|_| (2, token(0, 1), at(1))).collect();
    list.push((2, token(0, whole + 1 - u64::from(size)), at(1)));
    let act = history.act("transfer", &[leaf(history.contract().into(), 2, 0)], &list);
    history.push(history.draft(vec![act]));
    history.encode()
}

fn list(count: u32, shown: Vec<(u32, Leaf<u64>)>, siblings: Vec<Sibling>) -> Outputs {
    let (shown, siblings) = (
        Confined::try_from(shown).unwrap(),
        Confined::try_from(siblings).unwrap(),
    );
    let leaves = Leaves::Pruned(Pruned::new(count, shown, siblings).expect("parts that fit"));
    Outputs(Confined::try_from([(0, leaves)].into()).unwrap())
}

fn deep_lists(size: u32) -> Vec<u8> {
    let mut history = History::fixed(1_000);
    let mut last = history.seed(0);
    let index = (1 << 20) - 1;
    for _ in 0..size {
        let seal = at(1);
        let hidden = |n: u8| Sibling {
            hash: [n; 32],
            amount: 0,
        };
        let of = list(
            1 << 20,
            vec![(index, Leaf { state: 1_000, seal })],
            (0..20).map(hidden).collect(),
        );
        let mut act = history.act("transfer", &[last], &amounts_at(&[1_000]));
        act.transition.outputs = of;
        let frame = history.push(history.draft(vec![act]));
        last = leaf(history.id(frame), 0, index);
    }
    history.encode()
}

fn wide_witness(size: u32) -> Vec<u8> {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    history.edit(0, |draft| {
        let more = (10..10 + size).map(|n| super::make::spend(coin(n)));
        draft.transaction.input.extend(more);
    });
    history.encode()
}

fn many_terminals(size: u32) -> Vec<u8> {
    let mut history = History::fixed(u64::from(size));
    let list: Vec<Assignment> = (0..size).map(|_| (0, State::Amount(1), at(1))).collect();
    let act = history.act("transfer", &[history.seed(0)], &list);
    history.push(history.draft(vec![act]));
    history.encode()
}

fn closed_terminals(size: u32) -> Vec<u8> {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let mut consignment = history.consignment(View::Leaves);
    consignment.hand_over((1..size).map(|index| Terminal::Leaf(history.leaf(0, index))));
    consignment.encode()
}

/// A chain whose every bundle goes as deep as these steps say, anchored like that.
fn deepened(size: u32, steps: Vec<Step>) -> Vec<u8> {
    let mut history = History::fixed(1_000);
    let mut last = history.seed(0);
    for _ in 0..size {
        let frame = history.transfer(&[last], &[1_000]);
        last = history.leaf(frame, 0);
    }
    let proof = BundleProof(Confined::try_from(steps).unwrap());
    let mut consignment = history.consignment(View::Leaves);
    let mut spent = coin(0);
    for frame in 0..history.drafts().len() {
        consignment.tamper(frame, |frame| {
            let transition = &frame.transitions[0].transition;
            let id = transition.id();
            let bundle = proof.bundle_id(transition.inputs.iter().map(|input| (*input, id)));
            let commitment = frame.anchor.commitment(history.contract(), bundle.unwrap());
            let mut transaction = frame.witness.transaction().clone();
            transaction.input[0].previous_output = spent;
            carry(&Carry::Opret, commitment.unwrap(), &mut transaction, 0);
            frame.bundle = proof.clone();
            frame.witness = Witness::new(&transaction);
            let txid = frame.witness.txid();
            spent = OutPoint { txid, vout: 1 };
        });
    }
    consignment.encode()
}

fn empty_levels(size: u32) -> Vec<u8> {
    let ends = [Step::Hidden([8; 32]), Step::Leaf];
    let empty = std::iter::repeat_n(Step::Empty, 250);
    deepened(size, empty.chain(ends).collect())
}

fn hidden_levels(size: u32) -> Vec<u8> {
    let hidden = std::iter::repeat_n(Step::Hidden([7; 32]), 255);
    deepened(size, hidden.chain([Step::Leaf]).collect())
}

fn unknown_base(size: u32) -> Vec<u8> {
    let history = History::fixed(1_000);
    let entry = |n: u32| BaseEntry {
        leaf: leaf(OperationId::from_bytes(bytes(&n.to_string())), 0, 0),
        witness: coin(n).txid,
        seal: None,
    };
    let mut consignment = history.consignment(View::Leaves);
    let base = Base::new((0..size).map(entry)).unwrap();
    consignment.frames.insert(0, Frame::Base(base));
    consignment.encode()
}

fn irrelevant(size: u32) -> Vec<u8> {
    let amounts = vec![1; usize::try_from(size).unwrap()];
    let mut history = History::fixed_among(&amounts);
    for index in 0..size {
        history.transfer(&[history.seed(index)], &[1]);
    }
    let mut consignment = history.consignment(View::Leaves);
    consignment.hand_over([Terminal::Leaf(history.leaf(0, 0))]);
    consignment.encode()
}
