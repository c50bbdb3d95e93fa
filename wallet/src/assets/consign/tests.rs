use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut};
use bulla_core::ContractId;
use bulla_core::anchor::Anchor;
use bulla_core::bundle::{Bundle, BundleProof};
use bulla_core::commit::{DbcProof, mpc_builder, opret};
use bulla_core::consignment::{Explicit, parts};
use bulla_core::frame::Signatures;
use bulla_core::operation::Genesis;
use bulla_core::outputs::{Amounts, Leaf, Leaves};
use bulla_core::schema::Schema;
use bulla_core::seal::{Blinding, Seal};
use bulla_core::value::Values;
use bulla_core::witness::Witness;

use super::*;

const FIXED: &str = include_str!("../../../../schemas/fixed.toml");

fn coin(n: u8) -> OutPoint {
    OutPoint::new(Txid::from_byte_array([n; 32]), n.into())
}

fn seal(n: u8) -> Seal {
    Seal::outpoint(coin(n), Blinding([n; 16]))
}

fn witness_seal(vout: u32) -> Seal {
    Seal::Witness {
        vout,
        blinding: Blinding([0xee; 16]),
    }
}

fn outputs(leaves: &[(u64, AssignedSeal)]) -> Outputs {
    let leaves = leaves.iter().map(|(state, seal)| Leaf {
        state: *state,
        seal: *seal,
    });
    let amounts = Amounts::new(Confined::try_from_iter(leaves).unwrap()).unwrap();
    Outputs(Confined::try_from_iter([(0, Leaves::Amount(amounts))]).unwrap())
}

fn shown(seal: Seal) -> AssignedSeal {
    AssignedSeal::Revealed(seal)
}

/// A genesis with 60 on coin 1 and 40 on coin 2.
fn header() -> Header {
    let schema = Schema::from_toml(FIXED).unwrap();
    let text = |text: &str| text.as_bytes().to_vec();
    let number = |n: u64| n.to_le_bytes().to_vec();
    let globals = [
        (0, text("T")),
        (1, text("Test")),
        (2, number(0)),
        (5, number(100)),
    ];
    let genesis = Genesis {
        format: bulla_core::operation::OPERATION_FORMAT,
        schema: schema.id(),
        network: bulla_core::NetworkId::of_network(bitcoin::Network::Regtest),
        timestamp: 1,
        globals: Values::new(globals).unwrap(),
        outputs: outputs(&[(60, shown(seal(1))), (40, shown(seal(2)))]),
    };
    Header::new(schema, genesis)
}

fn leaf(operation: OperationId, index: u32) -> Input {
    Input {
        operation,
        owned_type: 0,
        index,
    }
}

fn transition(contract: ContractId, inputs: &[Input], made: &[(u64, AssignedSeal)]) -> Transition {
    Transition {
        format: bulla_core::operation::OPERATION_FORMAT,
        contract,
        kind: 0,
        inputs: Confined::try_from_iter(inputs.iter().copied()).unwrap(),
        globals: Values::default(),
        metadata: Values::default(),
        outputs: outputs(made),
    }
}

/// An anchored transaction that spends the coins and does these transitions of one contract.
fn anchored(spends: &[OutPoint], transitions: &[&Transition]) -> AnchorRecord {
    let operations: BTreeMap<OperationId, Vec<Input>> = transitions
        .iter()
        .map(|transition| (transition.id(), transition.inputs.iter().copied().collect()))
        .collect();
    let entries = operations
        .iter()
        .flat_map(|(id, inputs)| inputs.iter().map(|i| (*i, *id)));
    let bundle = Bundle(Confined::try_from_iter(entries).unwrap());
    let contract = transitions[0].contract.to_bytes();
    let tree = mpc_builder::build(&[(contract, bundle.id().to_bytes())].into(), 7).unwrap();
    let input = spends.iter().map(|outpoint| TxIn {
        previous_output: *outpoint,
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        ..TxIn::default()
    });
    let plain = TxOut {
        value: Amount::from_sat(330),
        script_pubkey: ScriptBuf::new(),
    };
    let host = TxOut {
        value: Amount::ZERO,
        script_pubkey: opret::script(tree.commitment()),
    };
    let transaction = Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: input.collect(),
        output: vec![host, plain.clone(), plain],
    };
    AnchorRecord {
        witness: Witness::new(&transaction),
        anchor: Anchor {
            mpc: tree.proof(contract).unwrap(),
            dbc: DbcProof::Opret,
        },
        bundle: BundleProof::default(),
        operations,
    }
}

struct Case {
    records: Records,
    contract: ContractId,
    first: OperationId,
    second: OperationId,
    other: OperationId,
}

fn record(records: &mut Records, anchor: &AnchorRecord, transition: Transition) {
    let seq = records.operations.len() as u64 + 1;
    let witness = anchor.witness.txid();
    let signatures = Signatures::default();
    let id = transition.id();
    records.operations.insert(
        id,
        OperationRecord {
            transition,
            seq,
            witness,
            signatures,
        },
    );
    records.anchors.insert(witness, anchor.clone());
}

/// `first` (60 to a witness output and a blinded seal), `other` beside it in the same witness, and
/// `second`, which spends `first`'s witness output.
fn case() -> Case {
    let header = header();
    let contract = header.genesis.contract_id();
    let genesis = OperationId::from(contract);
    let mut records = Records {
        header,
        operations: BTreeMap::new(),
        anchors: BTreeMap::new(),
        proofs: BTreeMap::new(),
        base: BTreeSet::new(),
        taken_back: None,
    };
    let secret = AssignedSeal::Secret(seal(9).conceal());
    let first = transition(
        contract,
        &[leaf(genesis, 0)],
        &[(10, shown(witness_seal(1))), (50, secret)],
    );
    let other = transition(
        contract,
        &[leaf(genesis, 1)],
        &[(40, shown(witness_seal(2)))],
    );
    let anchor = anchored(&[coin(1), coin(2)], &[&first, &other]);
    let made = OutPoint::new(anchor.witness.txid(), 1);
    let second = transition(contract, &[leaf(first.id(), 0)], &[(10, shown(seal(5)))]);
    let (first_id, second_id, other_id) = (first.id(), second.id(), other.id());
    record(&mut records, &anchor, first);
    record(&mut records, &anchor, other);
    let anchor = anchored(&[made], &[&second]);
    record(&mut records, &anchor, second);
    Case {
        records,
        contract,
        first: first_id,
        second: second_id,
        other: other_id,
    }
}

fn read(bytes: &[u8]) -> (Header, Vec<WitnessFrame>, Terminals) {
    let mut parts = parts(bytes).map(Result::unwrap);
    let header = Header::decode(parts.next().unwrap()).unwrap();
    let mut explicit = Explicit::new(&header);
    let mut frames = Vec::new();
    let mut terminals = Terminals::default();
    for part in parts {
        match explicit.frame(part).unwrap() {
            Frame::Witness(frame) => frames.push(*frame),
            Frame::Terminals(found) => terminals = found,
            frame => panic!("{frame:?}"),
        }
    }
    (header, frames, terminals)
}

fn seals(outputs: &Outputs) -> Vec<bool> {
    outputs
        .shown()
        .map(|(_, leaf)| matches!(leaf.seal, AssignedSeal::Revealed(_)))
        .collect()
}

#[test]
fn a_consignment_shows_only_the_history_and_only_the_seals_that_are_needed() {
    let case = case();
    let leaf = leaf(case.second, 0);
    let hand_over = HandOver {
        leaves: [leaf].into(),
        ..HandOver::default()
    };
    let (header, frames, terminals) = read(&consign(&case.records, &hand_over).unwrap());
    assert_eq!(header.genesis.contract_id(), case.contract);
    assert_eq!(
        seals(&header.genesis.outputs),
        [true, false],
        "coin 2 is not in the history"
    );
    assert_eq!(frames.len(), 2);
    let [first] = &frames[0].transitions[..] else {
        panic!("the other transition is hidden")
    };
    assert_eq!(first.transition.id(), case.first);
    assert_eq!(seals(&first.transition.outputs), [true, false]);
    let second = &frames[1].transitions[0].transition;
    assert_eq!(second.id(), case.second);
    assert_eq!(
        seals(&second.outputs),
        [false],
        "a blinded terminal stays secret"
    );
    assert_eq!(terminals.0.as_slice(), [Terminal::Leaf(leaf)]);
}

#[test]
fn a_hidden_transition_of_the_bundle_is_proven_by_hashes() {
    let case = case();
    let hand_over = HandOver {
        leaves: [leaf(case.first, 1)].into(),
        ..HandOver::default()
    };
    let (_, frames, _) = read(&consign(&case.records, &hand_over).unwrap());
    let shown = &frames[0].transitions[0].transition;
    let entries = shown.inputs.iter().map(|input| (*input, case.first));
    let bundle = frames[0].bundle.bundle_id(entries).unwrap();
    let commitment = frames[0].anchor.commitment(case.contract, bundle).unwrap();
    assert_eq!(
        frames[0]
            .anchor
            .verify(commitment, frames[0].witness.transaction()),
        Ok(())
    );
}

#[test]
fn a_witness_seal_is_shown_to_its_receiver_alone() {
    let case = case();
    let mine = leaf(case.first, 0);
    let hand_over = HandOver {
        leaves: [mine].into(),
        shown: [mine].into(),
        ..HandOver::default()
    };
    let (_, frames, _) = read(&consign(&case.records, &hand_over).unwrap());
    assert_eq!(
        seals(&frames[0].transitions[0].transition.outputs),
        [true, false]
    );
    let theirs = leaf(case.other, 0);
    let hand_over = HandOver {
        leaves: [theirs].into(),
        shown: [theirs].into(),
        ..HandOver::default()
    };
    let (_, frames, _) = read(&consign(&case.records, &hand_over).unwrap());
    let shown: Vec<_> = frames[0]
        .transitions
        .iter()
        .map(|s| s.transition.id())
        .collect();
    assert_eq!(shown, [case.other]);
}

#[test]
fn several_transitions_of_one_witness_stand_in_one_frame_ascending() {
    let case = case();
    let leaves = [leaf(case.first, 1), leaf(case.other, 0)].into();
    let hand_over = HandOver {
        leaves,
        ..HandOver::default()
    };
    let (_, frames, _) = read(&consign(&case.records, &hand_over).unwrap());
    assert_eq!(frames.len(), 1);
    let shown: Vec<_> = frames[0]
        .transitions
        .iter()
        .map(|s| s.transition.id())
        .collect();
    assert!(shown.is_sorted() && shown.len() == 2);
    assert!(frames[0].bundle.0.is_empty(), "nothing is hidden");
}

#[test]
fn a_pruned_row_is_passed_on() {
    let mut case = case();
    let record = case.records.operations.get_mut(&case.first).unwrap();
    record.transition.outputs = record.transition.outputs.pruned(|_, index| index == 0);
    let hand_over = HandOver {
        leaves: [leaf(case.second, 0)].into(),
        ..HandOver::default()
    };
    let (_, frames, _) = read(&consign(&case.records, &hand_over).unwrap());
    let first = &frames[0].transitions[0].transition;
    assert_eq!(
        (first.id(), seals(&first.outputs)),
        (case.first, vec![true])
    );
    let hand_over = HandOver {
        leaves: [leaf(case.first, 1)].into(),
        ..HandOver::default()
    };
    let error = ConsignError::MissingSeal {
        operation: case.first,
        index: 1,
    };
    assert_eq!(consign(&case.records, &hand_over), Err(error));
}

#[test]
fn what_is_missing_is_named() {
    let whole = case();
    let hand_over = HandOver {
        leaves: [leaf(whole.second, 0)].into(),
        ..HandOver::default()
    };
    let mut records = whole.records.clone();
    records.operations.remove(&whole.first);
    let error = ConsignError::MissingOperation {
        operation: whole.first,
    };
    assert_eq!(consign(&records, &hand_over), Err(error));
    let witness = whole.records.operations[&whole.first].witness;
    let operation = whole.first;
    records.taken_back = Some(TakenBack { operation, witness });
    let error = ConsignError::TakenBack { operation, witness };
    assert_eq!(consign(&records, &hand_over), Err(error));
    let mut records = whole.records.clone();
    records.anchors.remove(&witness);
    let error = ConsignError::MissingAnchor { witness };
    assert_eq!(consign(&records, &hand_over), Err(error));
    let mut records = whole.records.clone();
    let first = records.operations.get_mut(&whole.first).unwrap();
    first.transition.outputs = first.transition.outputs.with_seals(|_, _, _| None);
    let error = ConsignError::MissingSeal {
        operation: whole.first,
        index: 0,
    };
    assert_eq!(consign(&records, &hand_over), Err(error));
}

#[test]
fn a_contract_file_shows_no_seal() {
    let (header, frames, terminals) = read(&contract_file(&header()).unwrap());
    assert_eq!(seals(&header.genesis.outputs), [false, false]);
    assert!(frames.is_empty() && terminals.0.is_empty());
}

/// A list of seven: what is consumed of it, handed over or kept is shown, the rest is hashes.
#[test]
fn of_a_long_list_only_what_is_needed_is_shown() {
    let mut case = case();
    let genesis = OperationId::from(case.contract);
    let secret = |n| AssignedSeal::Secret(seal(n).conceal());
    let mut made: Vec<_> = (0..6).map(|n| (5, secret(40 + n))).collect();
    made.push((10, shown(witness_seal(1))));
    let many = transition(case.contract, &[leaf(genesis, 1)], &made);
    let anchor = anchored(&[coin(2)], &[&many]);
    let id = many.id();
    record(&mut case.records, &anchor, many);
    let mut consigner = Consigner::new(case.records.clone());
    for n in 0..6 {
        let hand_over = HandOver {
            leaves: [leaf(id, n)].into(),
            kept: [leaf(id, 6)].into(),
            ..HandOver::default()
        };
        let bytes = consigner.consign(&hand_over).unwrap();
        assert_eq!(consign(&case.records, &hand_over).unwrap(), bytes);
        let (_, frames, terminals) = read(&bytes);
        let [last] = &frames[..] else {
            panic!("{} frames", frames.len())
        };
        let outputs = &last.transitions[0].transition.outputs;
        let found: Vec<_> = outputs.shown().map(|(_, leaf)| leaf.index).collect();
        assert_eq!(found, [n, 6]);
        assert_eq!(seals(outputs), [false, false], "what is kept stays secret");
        assert_eq!(last.transitions[0].transition.id(), id);
        assert_eq!(terminals.0.as_slice(), [Terminal::Leaf(leaf(id, n))]);
    }
    let evidence = HandOver {
        evidence: [id].into(),
        ..HandOver::default()
    };
    let (_, frames, _) = read(&consigner.consign(&evidence).unwrap());
    let outputs = &frames[0].transitions[0].transition.outputs;
    assert_eq!(seals(outputs), [false; 7], "evidence leaves nothing out");
}

/// What was written for one receiver stands in nothing of another.
#[test]
fn consignments_of_a_batch_are_those_that_are_built_alone() {
    let case = case();
    let mut consigner = Consigner::new(case.records.clone());
    let handed = [
        leaf(case.first, 1),
        leaf(case.second, 0),
        leaf(case.other, 0),
    ];
    for leaf in handed.into_iter().chain(handed) {
        let hand_over = HandOver {
            leaves: [leaf].into(),
            ..HandOver::default()
        };
        let alone = consign(&case.records, &hand_over);
        assert_eq!(consigner.consign(&hand_over), alone);
        assert!(alone.is_ok());
    }
}
