//! Each limit and the one beyond it: on the wire where both can be written, else on the
//! constructor. Those of MPC and tapret proofs are among the tests of commitments, those of rules
//! and declarations among the tests of schemas.

use std::collections::{BTreeMap, BTreeSet};

use amplify::confinement::Confined;
use bitcoin::hashes::Hash;
use bitcoin::{Transaction, TxIn, Txid};
use bulla_core::anchor::Anchor;
use bulla_core::bundle::{Bundle, BundleError, BundleProof, Step};
use bulla_core::commit::DbcProof;
use bulla_core::commit::mpc::Proof;
use bulla_core::consignment::{TooLarge, Writer, parts};
use bulla_core::frame::{
    Base, BaseEntry, BlockProof, Frame, KeySignature, Signatures, Signed, Terminal, Terminals,
    WitnessFrame,
};
use bulla_core::header::Header;
use bulla_core::operation::{Genesis, Input, Inputs, OPERATION_FORMAT, Transition};
use bulla_core::outputs::{Leaf, Leaves, Outputs, TokenLeaves};
use bulla_core::schema::{GenesisDef, Schema};
use bulla_core::seal::AssignedSeal;
use bulla_core::state::{DataBytes, Token};
use bulla_core::value::{ValueBytes, Values};
use bulla_core::witness::Witness;
use bulla_core::{ContractId, DecodeError, NetworkId, OperationId, SchemaId, SecretSeal, wire};

fn input(index: u32) -> Input {
    Input {
        operation: OperationId::from_bytes([1; 32]),
        owned_type: 0,
        index,
    }
}

fn inputs(count: u32) -> BTreeSet<Input> {
    (0..count).map(input).collect()
}

fn transition(inputs: Inputs) -> Transition {
    Transition {
        format: OPERATION_FORMAT,
        contract: ContractId::from_bytes([2; 32]),
        kind: 0,
        inputs,
        globals: Values::default(),
        metadata: Values::default(),
        outputs: Outputs::default(),
    }
}

fn genesis(globals: Values, outputs: Outputs) -> Genesis {
    Genesis {
        format: OPERATION_FORMAT,
        schema: SchemaId::from_bytes([3; 32]),
        network: NetworkId::from_bytes([4; 32]),
        timestamp: 0,
        globals,
        outputs,
    }
}

fn secret() -> AssignedSeal {
    AssignedSeal::Secret(SecretSeal::from_bytes([5; 32]))
}

/// A genesis up to its outputs, without globals.
fn before_outputs() -> Vec<u8> {
    let mut bytes = genesis(Values::default(), Outputs::default()).encode();
    assert_eq!(bytes.pop(), Some(0));
    bytes
}

/// A genesis with one list of outputs of these bytes.
fn with_list(list: &[u8]) -> Result<Genesis, DecodeError> {
    Genesis::decode(&[before_outputs().as_slice(), &[1, 0, 0], list].concat())
}

fn assert_limit<T: std::fmt::Debug>(result: Result<T, DecodeError>, limit: u64, beyond: u64) {
    let error = result.unwrap_err();
    let DecodeError::Limit {
        min, max, found, ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert!(limit == min || limit == max, "{error:?}");
    assert_eq!(found, beyond, "{error:?}");
}

#[test]
fn a_transition_has_1_to_65535_inputs() {
    let full = transition(Inputs::try_from(inputs(65_535)).unwrap());
    assert_eq!(Transition::decode(&full.encode()), Ok(full));
    assert!(Inputs::try_from(inputs(65_536)).is_err());
    let mut none = transition(Inputs::try_from(inputs(1)).unwrap()).encode();
    none.drain(37..75);
    none[35] = 0;
    assert_limit(Transition::decode(&none), 1, 0);
}

fn witness_frame(transitions: usize) -> Option<Frame> {
    let signed = Signed {
        transition: transition(Inputs::try_from(inputs(1)).unwrap()),
        signatures: Signatures::default(),
    };
    Some(Frame::Witness(Box::new(WitnessFrame {
        witness: Witness::new(&Transaction {
            version: bitcoin::transaction::Version::TWO,
            lock_time: bitcoin::absolute::LockTime::ZERO,
            input: vec![TxIn::default()],
            output: vec![],
        }),
        anchor: Anchor {
            mpc: Proof::Entropy(0),
            dbc: DbcProof::Opret,
        },
        bundle: BundleProof::default(),
        transitions: Confined::try_from(vec![signed; transitions]).ok()?,
    })))
}

/// The wire form of a frame comes back from its bytes.
fn assert_returns(frame: &Frame) {
    let wire = wire::Frame::explicit(frame);
    assert_eq!(wire::Frame::decode(&wire.encode()), Ok(wire));
}

#[test]
fn a_frame_shows_1_to_65535_transitions() {
    let full = witness_frame(65_535).unwrap();
    assert_returns(&full);
    assert_eq!(witness_frame(65_536), None);
    assert_limit(wire::Frame::decode(&[0, 0]), 1, 0);
    assert_limit(wire::Frame::decode(&[0, 0x80, 0x80, 4]), 65_535, 65_536);
}

#[test]
fn a_number_of_items_beyond_32_bits_is_beyond_the_limit() {
    let beyond = wire::Frame::decode(&[0, 0x80, 0x80, 0x80, 0x80, 0x10]);
    assert_limit(beyond, 65_535, 1 << 32);
    let terminals = wire::Frame::decode(&[&[3], [0xff; 9].as_slice(), &[1]].concat());
    assert_limit(terminals, 65_535, u64::MAX);
}

#[test]
fn a_script_of_a_witness_has_at_most_16777215_bytes() {
    let mut bytes = wire::Frame::explicit(&witness_frame(1).unwrap()).encode();
    // The number of the null output, which the one input spends, then the length of its script.
    let vout = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let mut places = bytes.windows(vout.len());
    let script = places.position(|place| place == vout).unwrap() + vout.len();
    bytes.truncate(script);
    let with = |length: [u8; 4]| wire::Frame::decode(&[bytes.as_slice(), &length].concat());
    let most = with([0xff, 0xff, 0xff, 7]);
    assert!(matches!(most, Err(DecodeError::Short { .. })), "{most:?}");
    assert_limit(with([0x80, 0x80, 0x80, 8]), (1 << 24) - 1, 1 << 24);
}

#[test]
fn the_256th_node_of_a_rule_is_beyond_the_limit_even_where_the_bytes_end() {
    // Everything before the one rule of the genesis, an equality of sums of sums.
    let with = |nodes: usize| {
        let rule = [&[1, 0], vec![9; nodes - 1].as_slice()].concat();
        Schema::decode(&[[0; 7].as_slice(), &rule].concat())
    };
    let cut = with(254);
    assert!(matches!(cut, Err(DecodeError::Short { .. })), "{cut:?}");
    assert_limit(with(255), 255, 256);
}

#[test]
fn an_operation_has_at_most_255_owned_types() {
    let types = |count: u16| {
        let one = RightList::try_from(vec![Leaf {
            state: (),
            seal: secret(),
        }]);
        let leaves = Leaves::Right(one.unwrap());
        let types: BTreeMap<_, _> = (0..count).map(|ty| (ty, leaves.clone())).collect();
        Confined::try_from(types).map(Outputs)
    };
    let full = genesis(Values::default(), types(255).unwrap());
    assert_eq!(Genesis::decode(&full.encode()), Ok(full));
    assert!(types(256).is_err());
}

type RightList = bulla_core::outputs::RightLeaves;

#[test]
fn an_operation_has_at_most_255_values() {
    let full = Values::new(vec![(7, vec![]); 255]).unwrap();
    let full = genesis(full, Outputs::default());
    assert_eq!(Genesis::decode(&full.encode()), Ok(full));
    assert_limit(Values::new(vec![(7, vec![]); 256]), 255, 256);
}

#[test]
fn a_value_has_at_most_65535_bytes() {
    let full = Values::new([(7, vec![1; 65_535])]).unwrap();
    let full = genesis(full, Outputs::default());
    assert_eq!(Genesis::decode(&full.encode()), Ok(full));
    assert_limit(Values::new([(7, vec![1; 65_536])]), 65_535, 65_536);
    assert!(ValueBytes::try_from(vec![1; 65_536]).is_err());
}

#[test]
fn a_data_state_has_at_most_65535_bytes() {
    let state = DataBytes::try_from(vec![1; 65_535]).unwrap();
    let leaf = Leaf {
        state,
        seal: secret(),
    };
    let list = Leaves::Data(Confined::try_from(vec![leaf]).unwrap());
    let outputs = Outputs(Confined::try_from(BTreeMap::from([(0, list)])).unwrap());
    let full = genesis(Values::default(), outputs);
    assert_eq!(Genesis::decode(&full.encode()), Ok(full));
    assert!(DataBytes::try_from(vec![1; 65_536]).is_err());
}

#[test]
fn a_pruned_tree_has_1_to_2_to_the_20_leaves() {
    let pruned = |count: u32| {
        let mut list = vec![0x80];
        list.extend(count.to_le_bytes());
        list.extend([0, 0, 0, 1, 0, 0]);
        list.extend([9; 40]);
        with_list(&list)
    };
    let full = pruned(1 << 20).unwrap();
    assert_eq!(full.outputs.0[&0].count(), 1 << 20);
    assert_limit(pruned((1 << 20) + 1), 1 << 20, (1 << 20) + 1);
    pruned(1).unwrap();
    assert_limit(pruned(0), 1, 0);
}

#[test]
fn lists_of_a_pruned_tree_have_at_most_2_to_the_20_entries() {
    let head = [0x80, 0, 0, 0x10, 0];
    let shown = [head.as_slice(), &[1, 0, 0x10]].concat();
    assert_limit(with_list(&shown), 1 << 20, (1 << 20) + 1);
    let siblings = [head.as_slice(), &[0, 0, 0], &[1, 0, 0x10]].concat();
    assert_limit(with_list(&siblings), 1 << 20, (1 << 20) + 1);
    let none = [head.as_slice(), &[0, 0, 0], &[0, 0, 0]].concat();
    assert_limit(with_list(&none), 1, 0);
}

#[test]
fn an_amount_type_has_1_to_2_to_the_20_leaves() {
    let mut list = vec![0, 0, 0, 0x10];
    let leaf = [[0; 8].as_slice(), &[0; 21]].concat();
    list.extend(leaf.repeat(1 << 20));
    assert_eq!(with_list(&list).unwrap().outputs.0[&0].count(), 1 << 20);
    assert_limit(with_list(&[0, 1, 0, 0x10]), 1 << 20, (1 << 20) + 1);
    assert_limit(with_list(&[0, 0, 0, 0]), 1, 0);
}

#[test]
fn another_type_has_1_to_4096_leaves() {
    let token = Leaf {
        state: Token { id: 1, fraction: 1 },
        seal: secret(),
    };
    let full = Leaves::Token(TokenLeaves::try_from(vec![token; 4_096]).unwrap());
    let outputs = Outputs(Confined::try_from(BTreeMap::from([(0, full)])).unwrap());
    let full = genesis(Values::default(), outputs);
    assert_eq!(Genesis::decode(&full.encode()), Ok(full));
    for kind in 1..=3 {
        assert_limit(with_list(&[kind, 1, 0x10]), 4_096, 4_097);
        assert_limit(with_list(&[kind, 0, 0]), 1, 0);
    }
}

#[test]
fn a_bundle_has_at_least_one_entry() {
    assert_limit(Bundle::decode(&[0, 0, 0]), 1, 0);
}

#[test]
fn a_bundle_proof_has_at_most_2_to_the_20_steps() {
    let steps = |count: usize| {
        let mut bytes = u32::try_from(count).unwrap().to_le_bytes()[..3].to_vec();
        bytes.resize(3 + count, 1);
        BundleProof::decode(&bytes)
    };
    assert_eq!(steps(1 << 20).unwrap().0.len(), 1 << 20);
    assert_limit(steps((1 << 20) + 1), 1 << 20, (1 << 20) + 1);
}

#[test]
fn a_bundle_tree_has_at_most_256_levels() {
    let shown = || [(input(1), OperationId::from_bytes([1; 32]))];
    let deep = |levels: usize| {
        let mut steps = vec![Step::Hidden([7; 32]); levels];
        steps.push(Step::Leaf);
        BundleProof(Confined::try_from(steps).unwrap()).bundle_id(shown())
    };
    deep(256).unwrap();
    assert_eq!(deep(257), Err(BundleError::TooDeep));
}

#[test]
fn a_transition_has_at_most_255_signatures() {
    let signatures = |count: u8| {
        (0..count).map(|key| KeySignature {
            key,
            signature: [6; 64],
        })
    };
    let full = Signatures::try_from(signatures(255).collect::<Vec<_>>()).unwrap();
    let one_more = signatures(255).chain(signatures(1)).collect::<Vec<_>>();
    assert!(Signatures::try_from(one_more).is_err());
    let Some(Frame::Witness(mut frame)) = witness_frame(1) else {
        panic!("not a witness frame")
    };
    let mut signed = frame.transitions[0].clone();
    signed.signatures = full;
    frame.transitions = Confined::try_from(vec![signed]).unwrap();
    assert_returns(&Frame::Witness(frame));
}

#[test]
fn a_witness_has_at_least_10_bytes() {
    assert_limit(
        Witness::decode(&[&[9, 0, 0], [0; 9].as_slice()].concat()),
        10,
        9,
    );
    let ten = Witness::decode(&[&[10, 0, 0], [0; 10].as_slice()].concat());
    assert!(matches!(ten, Err(DecodeError::Value { .. })), "{ten:?}");
}

#[test]
fn a_header_or_frame_has_1_to_16777215_bytes() {
    let schema = Schema::decode(&[0; 9]).unwrap();
    assert_eq!(schema.genesis, GenesisDef::default());
    let header = Header::new(schema, genesis(Values::default(), Outputs::default()));
    let mut writer = Writer::new(&header).unwrap();
    let most = vec![1; 16_777_215];
    writer.part(&most).unwrap();
    let found = 16_777_216;
    assert_eq!(writer.part(&vec![1; found]), Err(TooLarge { found }));
    let consignment = writer.finish(Terminals::default()).unwrap();
    let read: Vec<_> = parts(&consignment)
        .map(|part| part.unwrap().len())
        .collect();
    assert_eq!(read, [header.encode().len(), 16_777_215, 2]);
    assert_limit(parts(&[0, 0, 0]).next().unwrap(), 1, 0);
}

#[test]
fn a_base_has_1_to_65535_entries() {
    let entries = |count| {
        (0..count).map(|index| BaseEntry {
            leaf: input(index),
            witness: Txid::all_zeros(),
            seal: None,
        })
    };
    let full = Frame::Base(Base::new(entries(65_535)).unwrap());
    assert_returns(&full);
    assert_limit(Base::new(entries(65_536)), 65_535, 65_536);
    assert_limit(wire::Frame::decode(&[2, 0]), 1, 0);
}

#[test]
fn there_are_at_most_65535_terminals() {
    let terminals = |count| (0..count).map(|index| Terminal::Leaf(input(index)));
    let full = Frame::Terminals(Terminals::new(terminals(65_535)).unwrap());
    assert_returns(&full);
    assert_limit(Terminals::new(terminals(65_536)), 65_535, 65_536);
}

#[test]
fn a_branch_has_at_most_25_hashes() {
    let full = Frame::BlockProof(BlockProof {
        height: 1,
        position: 2,
        branch: Confined::try_from(vec![[8; 32]; 25]).unwrap(),
    });
    let mut bytes = wire::Frame::explicit(&full).encode();
    assert_returns(&full);
    bytes[3] = 26;
    bytes.extend([8; 32]);
    assert_limit(wire::Frame::decode(&bytes), 25, 26);
}

#[test]
fn a_schema_has_at_most_65535_bytes() {
    let full = Schema::decode(&vec![0; 65_535]);
    assert!(
        matches!(full, Err(DecodeError::Trailing { .. })),
        "{full:?}"
    );
    assert_limit(Schema::decode(&vec![0; 65_536]), 65_535, 65_536);
    let mut header = vec![1, 0, 0];
    assert_limit(Header::decode(&header), 1, 0);
    header = vec![1, 0xff, 0xff];
    header.resize(3 + 65_535, 0);
    let full = Header::decode(&header);
    assert!(
        matches!(full, Err(DecodeError::Trailing { .. })),
        "{full:?}"
    );
}
