//! I: denial of service. What a decoder may reserve and how much work an input may cost is counted
//! in `tests/cost`.

use std::cell::Cell;
use std::collections::BTreeSet;

use bitcoin::{OutPoint, Txid};
use bulla_core::commit::mpc::Proof;
use bulla_core::frame::{KeySignature, Terminal};
use bulla_core::outputs::Leaves;
use bulla_core::schema::{Expr, Rule};
use bulla_core::state::State;
use bulla_core::validator::{ChainView, Check, Limits, Position, Positions, Rules, Sought};
use bulla_tests::kit::make::{at, coin, on, outputs, spend, values};
use bulla_tests::kit::{
    Down, Fails, History, Kind, View, accept, amounts_at, join, judge, leaf, refuse, refuse_under,
    rules, swap,
};

fn linear(length: usize) -> History {
    let mut history = History::fixed(1_000);
    let mut at = history.seed(0);
    for _ in 0..length {
        let frame = history.transfer(&[at], &[1_000]);
        at = history.leaf(frame, 0);
    }
    history
}

#[test]
fn i01_i02_i03_a_hostile_length_anywhere_is_refused() {
    let mut history = linear(2);
    history.edit(1, |draft| draft.path = true);
    let good = history.encode();
    let whole = accept(&good);
    let mut checks = BTreeSet::new();
    for (at, width) in (0..good.len()).flat_map(|at| (1..=4).map(move |width| (at, width))) {
        let mut bytes = good.clone();
        let end = (at + width).min(bytes.len());
        bytes[at..end].fill(0xff);
        if bytes == good {
            continue;
        }
        match judge(&bytes) {
            // A number that is none: an id, an amount or a place that is another one now.
            Ok(content) => {
                let content = content.get();
                let other = |a: &[Sought], b: &[Sought]| {
                    !a.iter().map(|w| w.txid).eq(b.iter().map(|w| w.txid))
                };
                let other = other(&content.witnesses, &whole.witnesses);
                assert!(other || content.terminals != whole.terminals, "byte {at}");
            }
            Err(failure) => {
                let check = failure.report().check;
                let future = check == Check::Unsupported;
                let kind = if future {
                    Kind::Unresolved
                } else {
                    Kind::Invalid
                };
                assert_eq!(Kind::of(&failure), kind, "byte {at}: {failure}");
                checks.insert(check.code());
            }
        }
    }
    let expected = [
        "dbc",
        "decode",
        "limit",
        "mpc",
        "network",
        "no-commitment",
        "not-canonical",
        "occurrence",
        "rule",
        "schema-id",
        "state-type",
        "terminal",
        "unsupported",
    ];
    assert_eq!(checks, BTreeSet::from(expected));
}

/// A history of one transfer to many, and its parts: the header, the frame, the terminals.
fn paid_to_many() -> (History, Vec<Vec<u8>>) {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[10; 100]);
    let parts = history.consignment(View::Leaves).parts();
    (history, parts)
}

/// Refuses a consignment whose part `part` ends after these bytes.
#[track_caller]
fn refuse_part(
    mut parts: Vec<Vec<u8>>,
    part: usize,
    bytes: Vec<u8>,
    reason: (Check, &'static str),
) {
    parts[part] = bytes;
    refuse(&join(parts), Fails::invalid(reason));
}

#[test]
fn i01_a_list_that_claims_more_items_than_there_are_bytes() {
    let (history, parts) = paid_to_many();
    accept(&history.encode());
    // The frame: kind, transitions, and of the first its kind, inputs, and what it consumes.
    let begin = [0, 1, 0, 1, 1, 0, 0, 1, 0, 0];
    assert_eq!(parts[1][..begin.len()], begin);
    let list = |count: &[u8]| [&begin[..], count, &parts[1][begin.len() + 1..]].concat();
    for (count, reason) in [
        // 2^32 - 1, 2^20 + 1, 2^20 leaves where 100 stand.
        (
            &[0xff, 0xff, 0xff, 0xff, 0x0f][..],
            (
                Check::Limit,
                "leaves of one owned type: 4294967295; the limit is 1 to 1048576",
            ),
        ),
        (
            &[0x81, 0x80, 0x40],
            (
                Check::Limit,
                "leaves of one owned type: 1048577; the limit is 1 to 1048576",
            ),
        ),
    ] {
        refuse_part(parts.clone(), 1, list(count), reason);
    }
    let most = [&begin[..], &[0x80, 0x80, 0x40]].concat();
    refuse_part(parts.clone(), 1, most, (Check::Decode, "are left"));
    // The list of the genesis, whose length takes three bytes, is the last in the header.
    let mut header = parts[0].clone();
    let count = header.len() - 3 - 8 - 53;
    assert_eq!(header[count..count + 3], [1, 0, 0]);
    header[count..count + 3].fill(0xff);
    refuse_part(
        parts.clone(),
        0,
        header.clone(),
        (
            Check::Limit,
            "leaves of one owned type: 16777215; the limit is 1 to 1048576",
        ),
    );
    header[count..count + 3].copy_from_slice(&[0, 0, 0x10]);
    refuse_part(parts.clone(), 0, header, (Check::Decode, "are left"));
    // Terminals.
    refuse_part(
        parts,
        2,
        vec![3, 0xff, 0xff, 3],
        (Check::Decode, "are left"),
    );
}

#[test]
fn i02_a_byte_string_that_claims_more_bytes_than_there_are() {
    let (history, parts) = paid_to_many();
    let mut long = history.clone();
    long.edit_genesis(|genesis| {
        let mut list: Vec<_> = genesis
            .globals
            .0
            .iter()
            .map(|v| (v.number, v.bytes.to_vec()))
            .collect();
        list[1].1 = vec![b'a'; 4_000];
        genesis.globals = values(&list);
    });
    accept(&long.encode());
    // The name of the asset, after its number and its length in two bytes.
    let name = b"Test asset";
    let mut header = parts[0].clone();
    swap(
        &mut header,
        &[&[10, 0], &name[..]].concat(),
        &[&[0xff; 2], &name[..]].concat(),
    );
    refuse_part(parts.clone(), 0, header, (Check::Decode, "are left"));
    // The schema, after the wire format.
    let mut header = parts[0].clone();
    header[1..3].fill(0xff);
    refuse_part(parts.clone(), 0, header, (Check::Decode, "are left"));
    // The first script: 34 bytes of an opret output.
    let script = [
        &[34, 0x6a, 0x20],
        &history.anchored(0).witness.transaction().output[0]
            .script_pubkey
            .as_bytes()[2..],
    ]
    .concat();
    for (length, reason) in [
        (&[0xff, 0xff, 0xff, 7][..], (Check::Decode, "are left")),
        (
            &[0x80, 0x80, 0x80, 8],
            (Check::Limit, "limit is 0 to 16777215"),
        ),
        (
            &[0xff, 0xff, 0xff, 0xff, 0x0f],
            (Check::Limit, "limit is 0 to 16777215"),
        ),
    ] {
        let mut frame = parts[1].clone();
        swap(&mut frame, &script, &[length, &script[1..]].concat());
        refuse_part(parts.clone(), 1, frame, reason);
    }
}

#[test]
fn i03_lists_in_lists_that_each_claim_the_most() {
    let (history, parts) = paid_to_many();
    accept(&history.encode());
    // 65,535 transitions, of 65,535 inputs, 255 globals, 255 metadata and 255 lists of 2^20 leaves each, as deep as
    // the bytes of one go.
    let most = [0xff, 0xff, 3];
    let transitions = [&[0][..], &most].concat();
    let globals = [&transitions[..], &[0, 1, 1, 0xff, 1]].concat();
    let metadata = [&transitions[..], &[0, 1, 1, 0, 0xff, 1]].concat();
    let lists = [
        &transitions[..],
        &[0, 1, 1, 0, 0, 0xff, 1, 0, 0, 0x80, 0x80, 0x40],
    ]
    .concat();
    let inputs = [&transitions[..], &[0], &most].concat();
    for (bytes, says) in [
        (transitions, "found kind of a transition at byte 4"),
        (inputs, "found input at byte 8"),
        (globals, "found number of a value at byte 9"),
        (metadata, "found number of a value at byte 10"),
        (lists, "found amount at byte 16"),
    ] {
        refuse_part(parts.clone(), 1, bytes, (Check::Decode, says));
    }
}

#[test]
fn i04_a_rule_nested_deeper_than_its_limit_is_refused_before_any_recursion() {
    let history = History::fixed(1_000);
    let consignment = history.consignment(View::Leaves);
    let schema = consignment.header.schema.encode();
    for depth in [256, 60_000] {
        // The rule of the only transition stands last: tag, in.asset, out.asset.
        let mut deep = schema[..schema.len() - 6].to_vec();
        deep.extend(vec![9; depth]);
        let length = |schema: &[u8]| u16::try_from(schema.len()).unwrap().to_le_bytes();
        let prefixed = |schema: &[u8]| [&length(schema), schema].concat();
        let mut parts = consignment.parts();
        swap(&mut parts[0], &prefixed(&schema), &prefixed(&deep));
        refuse(
            &join(parts),
            Fails::invalid((Check::Limit, "nodes of a rule: 256; the limit is 1 to 255")),
        );
    }
}

#[test]
fn i04_i07_a_rule_of_the_most_nodes_is_evaluated_in_any_shape() {
    for right in [false, true] {
        let mut history = linear(0);
        let mut sum = Expr::Out(0);
        for _ in 0..126 {
            let (a, b) = (Box::new(sum), Box::new(Expr::Const(0)));
            sum = if right {
                Expr::Add(b, a)
            } else {
                Expr::Add(a, b)
            };
        }
        let mut schema = history.schema.clone();
        schema.transitions.get_mut(&0).unwrap().rules = vec![Rule::Equal(Expr::In(0), sum)];
        let genesis = history.genesis().clone();
        history = History::new(schema, genesis.globals, &[]);
        history.edit_genesis(|own| own.outputs = genesis.outputs);
        history.transfer(&[history.seed(0)], &[600, 400]);
        assert_eq!(accept(&history.encode()).operations, 1);
        history.edit(0, |draft| {
            draft.acts[0].transition.outputs = outputs(&amounts_at(&[999]));
        });
        let expected = Fails::invalid((Check::Rule, "left is 1000, right is 999"))
            .operation(history.id(0))
            .witness(history.txid(0));
        refuse(&history.encode(), expected);
    }
}

#[test]
fn i05_a_file_beyond_the_limit_of_this_machine_is_unresolved_and_not_invalid() {
    let bytes = linear(3).encode();
    let limited = |most: u64| Rules {
        limits: Limits {
            bytes: most,
            ..Limits::default()
        },
        ..rules()
    };
    let expected = Fails::new(
        Kind::Unresolved,
        (Check::Limit, "bytes, the limit of this machine"),
    );
    refuse_under(&limited(bytes.len() as u64 - 1), &bytes, expected);
    let within = limited(bytes.len() as u64);
    assert!(bulla_core::validator::validate(&bytes, &within).is_ok());
}

/// Counts how often it is asked.
struct Counting(Cell<usize>);

impl ChainView for Counting {
    type Error = Down;

    fn positions(&self, sought: &[Sought]) -> Result<Positions, Down> {
        self.0.set(self.0.get() + 1);
        let list = vec![Position::Mempool; sought.len()];
        Ok(Positions { tip: 9, list })
    }
}

#[test]
fn i09_the_chain_is_asked_once_and_only_for_what_is_consistent() {
    let history = linear(300);
    let chain = Counting(Cell::new(0));
    let consistent = judge(&history.encode()).unwrap();
    accept(&linear(30).encode());
    assert_eq!(chain.0.get(), 0);
    assert!(consistent.settle(&chain, 1).is_ok());
    assert_eq!(chain.0.get(), 1);
}

#[test]
fn i13_a_transition_carries_at_most_one_signature_per_key() {
    let mut history = History::lab();
    let mut act = history.act("vouch", &[history.seed(0)], &amounts_at(&[1_000]));
    act.signers = vec![0, 1];
    history.push(history.draft(vec![act]));
    let with = |change: &dyn Fn(&mut Vec<KeySignature>)| {
        let mut consignment = history.consignment(View::Leaves);
        consignment.tamper(0, |frame| {
            let mut list = frame.transitions[0].signatures.to_vec();
            change(&mut list);
            frame.transitions[0].signatures =
                amplify::confinement::Confined::try_from(list).unwrap();
        });
        consignment.encode()
    };
    let again = with(&|list| {
        let first = list[0];
        list.insert(1, first);
    });
    refuse(
        &again,
        Fails::invalid((
            Check::NotCanonical,
            "key numbers of signatures do not ascend",
        )),
    );
    refuse(
        &with(&|list| list.swap(0, 1)),
        Fails::invalid((
            Check::NotCanonical,
            "key numbers of signatures do not ascend",
        )),
    );
    let about = |says| {
        Fails::invalid((Check::Signature, says))
            .operation(history.id(0))
            .witness(history.txid(0))
    };
    // A key that the genesis does not have, at the highest number.
    refuse(
        &with(&|list| list[1].key = 255),
        about("one by key 255 that does not verify"),
    );
    refuse(
        &with(&|list| list[1].key = 3),
        about("one by key 3 that does not verify"),
    );
}

#[test]
fn i16_the_largest_numbers_are_numbers_like_any_other() {
    let seals = [
        on(OutPoint {
            txid: coin(1).txid,
            vout: u32::MAX,
        }),
        on(OutPoint {
            txid: coin(1).txid,
            vout: 0,
        }),
        at(u32::MAX),
    ];
    for seal in seals {
        let mut history = History::fixed(u64::MAX);
        let act = history.act(
            "transfer",
            &[history.seed(0)],
            &[
                (0, State::Amount(u64::MAX - 1), seal),
                (0, State::Amount(1), at(1)),
            ],
        );
        history.push(history.draft(vec![act]));
        let mut consignment = history.consignment(View::Everything);
        consignment.hand_over([Terminal::Leaf(history.leaf(0, 1))]);
        assert_eq!(accept(&consignment.encode()).operations, 1);
        let open = seal != at(u32::MAX);
        consignment.hand_over([0, 1].map(|index| Terminal::Leaf(history.leaf(0, index))));
        if open {
            assert_eq!(accept(&consignment.encode()).terminals.len(), 2);
        } else {
            let expected = Fails::invalid(Check::Terminal).operation(history.id(0));
            refuse(&consignment.encode(), expected);
        }
    }
}

#[test]
fn i16_a_terminal_beyond_every_number_is_not_open() {
    let history = linear(1);
    for (ty, index) in [(0, u32::MAX), (u16::MAX, 0), (u16::MAX, u32::MAX)] {
        let mut consignment = history.consignment(View::Leaves);
        consignment.hand_over([Terminal::Leaf(leaf(history.id(0), ty, index))]);
        let expected = Fails::invalid(Check::Terminal).operation(history.id(0));
        refuse(&consignment.encode(), expected);
    }
}

#[test]
fn i16_values_of_bitcoin_that_cannot_be_are_left_to_the_chain() {
    // More than 21 million in an output, a negative version, a height far away: nobody mines it.
    let mut history = linear(1);
    history.edit(0, |draft| {
        draft.transaction.version = bitcoin::transaction::Version(-1);
        draft.transaction.lock_time = bitcoin::absolute::LockTime::from_consensus(u32::MAX);
        for output in &mut draft.transaction.output {
            output.value = bitcoin::Amount::from_sat(u64::MAX);
        }
    });
    assert_eq!(accept(&history.encode()).operations, 1);
}

#[test]
fn a_witness_of_many_inputs_and_outputs_is_one_witness() {
    let mut history = linear(1);
    history.edit(0, |draft| {
        let coins = (10..5_000).map(coin).map(spend);
        draft.transaction.input.extend(coins);
        let last = draft.transaction.output[1].clone();
        draft.transaction.output.extend(vec![last; 5_000]);
    });
    assert_eq!(accept(&history.encode()).witnesses[0].inputs.len(), 4_991);
}

#[test]
fn an_mpc_proof_of_every_depth_is_checked_without_a_table_of_its_width() {
    use bulla_core::commit::mpc::MpcProof;
    let history = linear(1);
    for depth in 0..=16_u32 {
        let mut consignment = history.consignment(View::Leaves);
        let id = history.contract().to_bytes();
        let low = u32::from_le_bytes([id[0], id[1], id[2], id[3]]);
        consignment.tamper(0, |frame| {
            frame.anchor.mpc = Proof::Path(MpcProof {
                pos: low % (1 << depth),
                cofactor: 0,
                path: vec![[1; 32]; depth as usize],
            });
        });
        let expected = Fails::invalid(Check::Dbc).witness(history.txid(0));
        refuse(&consignment.encode(), expected);
    }
}

#[test]
fn a_pruned_tree_of_a_million_leaves_costs_what_it_shows() {
    use amplify::confinement::Confined;
    use bulla_core::outputs::{Leaf, Pruned, Sibling};
    let hidden = |n: u8| Sibling {
        hash: [n; 32],
        amount: 0,
    };
    let seal = at(1);
    let shown = vec![((1 << 20) - 1, Leaf { state: 1_000, seal })];
    let pruned = Pruned::new(
        1 << 20,
        Confined::try_from(shown).unwrap(),
        Confined::try_from((0..20).map(hidden).collect::<Vec<_>>()).unwrap(),
    );
    let mut history = linear(1);
    let list = Leaves::Pruned(pruned.unwrap());
    history.edit(0, |draft| {
        draft.acts[0].transition.outputs.0 = Confined::try_from([(0, list)].into()).unwrap();
    });
    let last = leaf(history.id(0), 0, (1 << 20) - 1);
    history.transfer(&[last], &[1_000]);
    let content = accept(&history.consignment(View::Leaves).encode());
    assert_eq!(content.operations, 2);
    let found: Vec<Txid> = content.witnesses.iter().map(|w| w.txid).collect();
    assert_eq!(found, [history.txid(0), history.txid(1)]);
}
