//! What a report says, word by word: each variant of an error that bytes can bring about, once.

use amplify::confinement::Confined;
use bitcoin::ScriptBuf;
use bulla_core::bundle::{BundleProof, Step};
use bulla_core::commit::mpc::Proof;
use bulla_core::commit::tapret::{Partner, leaf_hash};
use bulla_core::commit::{Commitment, DbcProof};
use bulla_core::frame::{BlockProof, Frame, WitnessFrame};
use bulla_core::operation::Transition;
use bulla_core::schema::{Expr, Rule, Side};
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_core::witness::Witness;
use bulla_tests::kit::make::{at, key, number, outputs, p2wpkh, token, values};
use bulla_tests::kit::{Carry, History, View, amounts_at, fixed_globals, judge, leaf};

/// Requires that a consignment fails in this part of it, for this check, and says just this.
#[track_caller]
fn says(bytes: &[u8], place: (u32, Check), expected: &str, found: &str) {
    let failure = judge(bytes).expect_err("something is wrong with it");
    let report = failure.report();
    assert_eq!((report.frame, report.check), place, "{failure}");
    assert_eq!(
        (report.expected.as_str(), report.found.as_str()),
        (expected, found)
    );
}

const ENCODING: &str = "an encoding as PROTOCOL.md has it";
const BUNDLE: &str = "a bundle that maps each input to one operation";
const TYPES: &str = "state as the schema declares it";

/// Two transfers in a row.
fn two(carry: &Carry) -> History {
    let mut history = History::fixed(1_000);
    history.transfer_by(&Carry::Opret, &[history.seed(0)], &[1_000]);
    history.transfer_by(carry, &[history.leaf(0, 0)], &[1_000]);
    history
}

fn commitment(history: &History) -> Commitment {
    let anchored = history.anchored(1);
    let bundle = anchored.bundle.id();
    anchored
        .anchor
        .commitment(history.contract(), bundle)
        .unwrap()
}

/// The second frame changed after it was anchored.
fn tampered(history: &History, change: impl FnOnce(&mut WitnessFrame)) -> Vec<u8> {
    let mut consignment = history.consignment(View::Leaves);
    consignment.tamper(1, change);
    consignment.encode()
}

/// The script of the host output, changed.
fn hosted(script: Vec<u8>) -> impl FnOnce(&mut WitnessFrame) {
    move |frame| {
        let mut transaction = frame.witness.transaction().clone();
        transaction.output[0].script_pubkey = ScriptBuf::from_bytes(script);
        frame.witness = Witness::new(&transaction);
    }
}

#[test]
fn of_opret_and_of_the_method() {
    let history = two(&Carry::Opret);
    let own = commitment(&history);
    let expected = format!("the commitment {own} in the first such output");
    let says = |change: Box<dyn FnOnce(&mut WitnessFrame)>, found: &str| {
        says(
            &tampered(&history, change),
            (2, Check::Dbc),
            &expected,
            found,
        );
    };
    let other = Commitment::from_byte_array([1; 32]);
    says(
        Box::new(hosted([vec![0x6a, 0x20], vec![1; 32]].concat())),
        &format!("opret output carries {other}, expected {own}"),
    );
    says(
        Box::new(hosted(vec![0x6a, 0x01, 0x02])),
        "opret script of 3 bytes is not 6a20 and 32 bytes; expected exactly that form",
    );
    says(
        Box::new(hosted([vec![0x51, 0x20], vec![1; 32]].concat())),
        "the proof is opret, but output 0 is the first possible and fixes tapret",
    );
    self::says(
        &tampered(&history, hosted(p2wpkh().into_bytes())),
        (2, Check::NoCommitment),
        "an output that is OP_RETURN or P2TR",
        "no output can carry a commitment, expected one that is op_return or p2tr",
    );
}

#[test]
fn of_tapret() {
    let history = two(&Carry::Tapret(None));
    let own = commitment(&history);
    let DbcProof::Tapret { odd, .. } = history.anchored(1).anchor.dbc else {
        panic!("the second anchor is tapret");
    };
    let expected = format!("the commitment {own} in the first such output");
    let says = |partner: Option<Partner>, inner: [u8; 32], odd: bool, found: &str| {
        let bytes = tampered(&history, |frame| match &mut frame.anchor.dbc {
            DbcProof::Tapret { proof, odd: bit } => {
                proof.partner = partner;
                proof.internal_key = inner;
                *bit = odd;
            }
            DbcProof::Opret => panic!("the second anchor is tapret"),
        });
        self::says(&bytes, (2, Check::Dbc), &expected, found);
    };
    let inner = key(0).serialize();
    let script = &history.anchored(1).witness.transaction().output[0].script_pubkey;
    let output = script.to_hex_string()[4..].to_owned();
    says(
        None,
        inner,
        !odd,
        &format!("parity bit odd={}, expected odd={odd}", !odd),
    );
    says(
        None,
        [0; 32],
        odd,
        &format!(
            "internal key {}, expected the x coordinate of a point",
            "00".repeat(32)
        ),
    );
    let (_, other, _) = bulla_core::commit::tapret::TapretProof::build(key(1), None, own).unwrap();
    says(
        None,
        key(1).serialize(),
        odd,
        &format!("output key {output}, expected {other} from the proof"),
    );
    let version = bitcoin::taproot::LeafVersion::TapScript;
    let script = bulla_core::commit::tapret::leaf_script(own, 9).into_bytes();
    says(
        Some(Partner::RightLeaf { version, script }),
        inner,
        odd,
        "the partner leaf is a tapret commitment too; one output carries one commitment",
    );
    let branch = bulla_core::commit::tapret::leaf_script(own, 9).into_bytes();
    let a: [u8; 32] = branch[..32].try_into().unwrap();
    says(
        Some(Partner::RightBranch { a, b: [0xff; 32] }),
        inner,
        odd,
        "the partner branch begins with the prefix of a tapret commitment",
    );
    let leaf = leaf_hash(own, 0);
    let partner = Partner::LeftNode([0xff; 32]);
    let found = format!(
        "partner {} is not Left of the commitment leaf {leaf}",
        partner.hash()
    );
    says(Some(partner), inner, odd, &found);
}

#[test]
fn of_the_tree_of_contracts() {
    let mut history = two(&Carry::Opret);
    history.edit(1, |draft| draft.path = true);
    let Proof::Path(own) = history.anchored(1).anchor.mpc.clone() else {
        panic!("the draft asked for a path");
    };
    let with = |change: &dyn Fn(&mut bulla_core::commit::mpc::MpcProof)| {
        tampered(&history, |frame| {
            let mut proof = own.clone();
            change(&mut proof);
            frame.anchor.mpc = Proof::Path(proof);
        })
    };
    says(
        &with(&|proof| proof.pos = own.pos ^ 1),
        (2, Check::Mpc),
        "a proof of this contract's place in the tree",
        &format!(
            "mpc proof for slot {}, expected slot {} for this protocol",
            own.pos ^ 1,
            own.pos
        ),
    );
    says(
        &with(&|proof| proof.cofactor = 8),
        (2, Check::Limit),
        ENCODING,
        "mpc cofactor: 8; the limit is 0 to 7",
    );
    says(
        &with(&|proof| proof.path = vec![[0; 32]; 17]),
        (2, Check::Limit),
        ENCODING,
        "mpc depth: 17; the limit is 0 to 16",
    );
}

#[test]
fn of_bundles() {
    let mut history = History::fixed_among(&[10, 20]);
    let mut acts = vec![
        history.act("transfer", &[history.seed(0)], &amounts_at(&[10])),
        history.act(
            "transfer",
            &[history.seed(1)],
            &[(0, State::Amount(20), at(2))],
        ),
    ];
    acts[0].shown = false;
    history.push(history.draft(acts));
    let honest = history.consignment(View::Leaves);
    let with = |change: &dyn Fn(&mut Vec<Step>)| {
        let mut consignment = honest.clone();
        consignment.tamper(0, |frame| {
            let mut steps = frame.bundle.0.to_vec();
            change(&mut steps);
            frame.bundle = BundleProof(Confined::try_from(steps).unwrap());
        });
        consignment.encode()
    };
    let says = |bytes: Vec<u8>, check, found: &str| self::says(&bytes, (1, check), BUNDLE, found);
    says(
        with(&|steps| steps.truncate(steps.len() - 1)),
        Check::Bundle,
        "the bundle proof ends before the tree does",
    );
    says(
        with(&|steps| steps.extend([Step::Leaf; 2])),
        Check::Bundle,
        "2 steps of the bundle proof are left over",
    );
    says(
        with(&|steps| {
            let last = steps.pop().expect("a leaf step");
            steps.extend([Step::Hidden([1; 32]); 300]);
            steps.push(last);
        }),
        Check::Bundle,
        "the bundle proof goes deeper than 256 levels",
    );
    says(
        with(&|steps| {
            let leaf = steps.len() - 1;
            steps.insert(leaf, Step::Empty);
        }),
        Check::NotCanonical,
        "the bundle proof is not canonical: a shown leaf whose sibling is empty",
    );
    let mut twice = history.clone();
    twice.edit(0, |draft| {
        let input = leaf(bulla_core::OperationId::from_bytes([9; 32]), 0, 0);
        for act in &mut draft.acts {
            act.shown = true;
            act.transition.inputs = Confined::try_from([input].into()).unwrap();
        }
    });
    says(
        twice.encode(),
        Check::Bundle,
        "two shown transitions consume one input",
    );
}

#[test]
fn of_bytes_that_are_no_object() {
    let history = two(&Carry::Opret);
    let consignment = history.consignment(View::Leaves);
    let with = |change: &dyn Fn(&mut Vec<u8>)| consignment.encode_with(1, change);
    says(
        &with(&|bytes| bytes.truncate(bytes.len() - 1)),
        (2, Check::Decode),
        ENCODING,
        "steps of a bundle proof at byte 112 needs 1 bytes; 0 are left",
    );
    says(
        &with(&|bytes| bytes.push(0)),
        (2, Check::Decode),
        ENCODING,
        "1 bytes follow the end of frame; expected none",
    );
    says(
        &with(&|bytes| bytes[0] = 9),
        (2, Check::Unsupported),
        "a version this software knows",
        "frame kind 9 is not supported by this software; a newer version may know it",
    );
    says(
        &consignment.encode_wire(1, |frame| frame.transitions[0].inputs.numbers = vec![7]),
        (2, Check::Decode),
        ENCODING,
        "number of an input is 7; expected the number of an open leaf that no input of this frame took before",
    );
    says(
        &consignment.encode_wire(1, |frame| frame.transitions.clear()),
        (2, Check::Limit),
        ENCODING,
        "transitions of a frame: 0; the limit is 1 to 65535",
    );
    says(
        &consignment.encode_wire(1, |frame| {
            let leaf = history.leaf(0, 0);
            frame.transitions[0].inputs.numbers.clear();
            frame.transitions[0].inputs.explicit.push(leaf);
        }),
        (2, Check::NotCanonical),
        ENCODING,
        "not canonical: an input whose leaf is open is written in full",
    );
    says(
        &consignment.encode_with(1, Vec::clear),
        (2, Check::Limit),
        ENCODING,
        "header or frame: 0; the limit is 1 to 16777215",
    );
    let mut header = consignment.parts();
    header[0].push(0);
    says(
        &bulla_tests::kit::join(header),
        (0, Check::Decode),
        ENCODING,
        "1 bytes follow the end of header; expected none",
    );
    let mut early = consignment.clone();
    let proof = BlockProof {
        height: 1,
        position: 0,
        branch: Confined::default(),
    };
    early.frames.insert(0, Frame::BlockProof(proof));
    says(
        &early.encode(),
        (1, Check::Order),
        "a block proof right after the frame of its witness",
        "one elsewhere",
    );
    // The part that is cut off is the terminals frame, which is the third.
    let whole = consignment.encode();
    let at = whole.len() - consignment.parts()[3].len();
    says(
        &whole[..whole.len() - 1],
        (3, Check::Decode),
        ENCODING,
        &format!(
            "header or frame at byte {at} needs {} bytes; {} are left",
            whole.len() - at,
            whole.len() - at - 1
        ),
    );
    says(
        &whole[..at - 3],
        (3, Check::Decode),
        "a terminals frame at the end",
        "none",
    );
}

/// A transition of the lab contract that consumes its assets and its tokens 0, changed, under these rules.
fn under(rules: Vec<Rule>, change: impl FnOnce(&mut Transition)) -> Vec<u8> {
    let lab = History::lab();
    let mut schema = lab.schema.clone();
    let mut guard = schema.transitions[&0].rules.clone();
    guard.splice(0..0, rules);
    schema.transitions.get_mut(&0).unwrap().rules = guard;
    let mut history = History::new(schema, lab.genesis().globals.clone(), &[]);
    history.edit_genesis(|genesis| genesis.outputs = lab.genesis().outputs.clone());
    let inputs = [0, 2].map(|ty| leaf(history.contract().into(), ty, 0));
    let assignments = [(0, State::Amount(1_000), at(1)), (2, token(0, 10), at(2))];
    let mut act = history.act("transfer", &inputs, &assignments);
    change(&mut act.transition);
    history.push(history.draft(vec![act]));
    history.encode()
}

#[test]
fn of_rules() {
    let boxed = |expr| Box::new(expr);
    let rule = |rules: Vec<Rule>, text: &str, broken: &str| {
        let found = format!("rules[0] `{text}`: {broken}");
        says(&under(rules, |_| {}), (1, Check::Rule), text, &found);
    };
    let compared = Rule::Equal(Expr::In(0), Expr::Const(7));
    rule(vec![compared], "in.asset == 7", "left is 1000, right is 7");
    let large = || boxed(Expr::Const(u64::MAX));
    let square = || boxed(Expr::Mul(large(), large()));
    let overflow = Rule::Equal(Expr::Mul(square(), large()), Expr::Const(0));
    rule(
        vec![overflow],
        "18446744073709551615 * 18446744073709551615 * 18446744073709551615 == 0",
        "a number exceeds 2^128 - 1",
    );
    let difference = Expr::Sub(boxed(Expr::Const(7)), boxed(Expr::In(0)));
    rule(
        vec![Rule::Equal(difference, Expr::Const(0))],
        "7 - in.asset == 0",
        "7 - 1000 is negative",
    );
    let early = Rule::NotBefore(Expr::Const(100));
    rule(
        vec![early],
        "100 <= witness.locktime",
        "locktime of the witness is 0 (0 if disabled), expected 100 or later in the same unit, above 0",
    );
    let range = |first, count| Rule::TokensRange {
        side: Side::Output,
        owned: 2,
        first: Expr::Const(first),
        count: Expr::Const(count),
        fraction: Expr::Const(10),
    };
    rule(
        vec![range(1, 1)],
        "tokens(out.token) == range(1, 1, 10)",
        "token 0: fractions of 10, expected 0",
    );
    rule(
        vec![range(0, 4_097)],
        "tokens(out.token) == range(0, 4097, 10)",
        "range of 4097 ids, expected at most 4096",
    );
}

#[test]
fn of_counts_and_types() {
    let says = |change: &dyn Fn(&mut Transition), check, expected: &str, found: &str| {
        self::says(&under(vec![], change), (1, check), expected, found);
    };
    says(
        &|transition| transition.kind = 9,
        Check::Occurrence,
        "a transition that the schema has",
        "kind 9",
    );
    says(
        &|transition| transition.metadata = values(&[(0, number(1))]),
        Check::Occurrence,
        "none here",
        "metadata `burned` occurs once in transition `transfer`",
    );
    says(
        &|transition| {
            transition.outputs = outputs(&[(0, State::Right, at(1)), (2, token(0, 10), at(2))]);
        },
        Check::StateType,
        TYPES,
        "output `asset` is of kind right, expected amount",
    );
    says(
        &|transition| {
            transition.outputs = outputs(&[
                (0, State::Amount(1_000), at(1)),
                (2, token(0, 10), at(2)),
                (2, token(0, 0), at(2)),
            ]);
        },
        Check::StateType,
        "fractions of at least 1",
        "a token of `token` with fraction 0",
    );
    let schema = History::fixed(1).schema;
    let mut globals = fixed_globals(1_000);
    globals = values(
        &globals
            .0
            .iter()
            .map(|value| match value.number {
                5 => (5, vec![1]),
                other => (other, value.bytes.to_vec()),
            })
            .collect::<Vec<_>>(),
    );
    let short = History::new(schema, globals, &amounts_at(&[1_000]));
    self::says(
        &short.encode(),
        (0, Check::StateType),
        TYPES,
        "global `supply` has a value of 1 bytes that is not of type number",
    );
}
