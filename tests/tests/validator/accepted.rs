//! Consignments that must be consistent, in every shape a sender may choose.

use std::collections::BTreeMap;

use bitcoin::taproot::LeafVersion;
use bulla_core::commit::tapret::Partner;
use bulla_core::frame::Terminal;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_core::validator::TerminalState;
use bulla_tests::kit::make::{at, bytes, coin, number, on, token, values};
use bulla_tests::kit::{
    Carry, Draft, Fails, History, Kind, View, accept, amounts_at, leaf, refuse,
};

/// The amounts handed over.
fn amounts(bytes: &[u8]) -> Vec<u64> {
    let terminals = accept(bytes).terminals;
    let amount = |terminal: &TerminalState| match terminal {
        TerminalState::Leaf { state, .. } => state.amount(),
        TerminalState::Evidence(_) => 0,
    };
    let mut amounts: Vec<_> = terminals.iter().map(amount).collect();
    amounts.sort_unstable();
    amounts
}

#[test]
fn a_linear_history_is_consistent() {
    let mut history = History::fixed(1_000);
    let mut at = history.seed(0);
    for _ in 0..5 {
        let frame = history.transfer(&[at], &[1_000]);
        at = history.leaf(frame, 0);
    }
    let content = accept(&history.encode());
    assert_eq!(content.contract, history.contract());
    assert_eq!(content.operations, 5);
    let sought: Vec<_> = content.witnesses.iter().map(|sought| sought.txid).collect();
    assert_eq!(sought, (0..5).map(|i| history.txid(i)).collect::<Vec<_>>());
    let expected = TerminalState::Leaf {
        leaf: at,
        state: State::Amount(1_000),
        seal: bulla_tests::kit::make::at(1),
        witness: Some(history.txid(4)),
        outpoint: history.outpoint(&at),
    };
    assert_eq!(content.terminals, [expected]);
}

#[test]
fn splits_and_merges_are_consistent() {
    let mut history = History::fixed_among(&[600, 400]);
    let split = history.transfer(&[history.seed(0)], &[100, 200, 300]);
    let merge = [
        history.seed(1),
        history.leaf(split, 0),
        history.leaf(split, 2),
    ];
    history.transfer(&merge, &[800]);
    assert_eq!(amounts(&history.encode()), [200, 800]);
}

#[test]
fn a_batch_is_consistent_whole_and_pruned() {
    let mut history = History::fixed(1_000);
    let batch = history.transfer(&[history.seed(0)], &[10; 100]);
    let next = history.transfer(&[history.leaf(batch, 57)], &[4, 6]);
    for (view, shown) in [(View::Leaves, 99), (View::Everything, 99)] {
        let content = accept(&history.consignment(view).encode());
        assert_eq!(content.terminals.len(), shown + 2);
    }
    let mut narrow = history.consignment(View::Narrow);
    let own = Terminal::Leaf(history.leaf(next, 0));
    narrow.hand_over([own]);
    narrow.tamper(0, |frame| {
        let transition = &mut frame.transitions[0].transition;
        transition.outputs = transition.outputs.pruned(|_, index| index == 57);
    });
    assert_eq!(amounts(&narrow.encode()), [4]);
    let whole = history.consignment(View::Leaves).encode();
    assert!(narrow.encode().len() * 2 < whole.len());
}

#[test]
fn every_view_gives_one_contract_one_history_and_one_verdict() {
    let mut history = History::fixed_among(&[600, 400]);
    let split = history.transfer(&[history.seed(0)], &[100, 200, 300]);
    history.transfer(&[history.leaf(split, 1)], &[150, 50]);
    let views = [View::Leaves, View::Narrow, View::Everything];
    let [a, b, c] = views.map(|view| accept(&history.consignment(view).encode()));
    for other in [&b, &c] {
        assert_eq!(a.contract, other.contract);
        assert_eq!(a.witnesses, other.witnesses);
        assert_eq!(a.terminals, other.terminals);
    }
    history.edit(1, |draft| {
        let inflated = bulla_tests::kit::make::outputs(&amounts_at(&[150, 51]));
        draft.acts[0].transition.outputs = inflated;
    });
    for view in views {
        let expected = Fails::invalid((Check::Rule, "left is 200, right is 201"))
            .operation(history.id(1))
            .witness(history.txid(1));
        refuse(&history.consignment(view).encode(), expected);
    }
}

#[test]
fn a_pruned_genesis_is_consistent_and_keeps_its_id() {
    let mut history = History::fixed_among(&[1, 2, 3, 4, 5]);
    history.transfer(&[history.seed(3)], &[4]);
    let narrow = history.consignment(View::Narrow);
    assert_eq!(narrow.header.genesis.outputs.shown().count(), 1);
    assert_eq!(accept(&narrow.encode()).contract, history.contract());
}

#[test]
fn a_contract_file_is_consistent_with_and_without_terminals() {
    let history = History::fixed(1_000);
    let mut file = history.consignment(View::Everything);
    let content = accept(&file.encode());
    assert_eq!((content.operations, content.terminals.len()), (0, 0));
    file.hand_over([Terminal::Leaf(history.seed(0))]);
    assert_eq!(amounts(&file.encode()), [1_000]);
}

#[test]
fn entries_of_hidden_transitions_have_no_effect() {
    let mut history = History::fixed_among(&[10, 20, 30, 40]);
    let acts: Vec<_> = (0..4_u32)
        .map(|i| {
            let amount = u64::from(i + 1) * 10;
            let seal = at(i + 1);
            history.act(
                "transfer",
                &[history.seed(i)],
                &[(0, State::Amount(amount), seal)],
            )
        })
        .collect();
    let frame = history.push(history.draft(acts));
    let ids = history.anchored(frame).ids.clone();
    for shown in 1..16_u32 {
        let mut part = history.clone();
        part.edit(frame, |draft| {
            for (i, act) in draft.acts.iter_mut().enumerate() {
                act.shown = shown & (1 << i) != 0;
            }
        });
        assert_eq!(part.txid(frame), history.txid(frame));
        let content = accept(&part.encode());
        assert_eq!(content.operations, u64::from(shown.count_ones()));
        assert_eq!(part.anchored(frame).ids, ids);
    }
}

#[test]
fn several_contracts_share_one_witness() {
    let mut first = History::fixed(1_000);
    let second = History::fixed(2_000);
    let third = bytes("some other contract");
    let draft = first.draft(vec![first.act(
        "transfer",
        &[first.seed(0)],
        &amounts_at(&[1_000]),
    )]);
    let others = BTreeMap::from([
        (second.contract().to_bytes(), bytes("its bundle")),
        (third, bytes("another bundle")),
    ]);
    let frame = first.push(Draft { others, ..draft });
    first.transfer(&[first.leaf(frame, 0)], &[999, 1]);
    assert_eq!(amounts(&first.encode()), [1, 999]);
}

#[test]
fn the_path_form_and_the_entropy_form_of_an_mpc_proof_give_one_witness() {
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let (txid, short) = (history.txid(0), history.encode());
    history.edit(0, |draft| draft.path = true);
    assert_eq!(history.txid(0), txid);
    let long = history.encode();
    assert!(short.len() < long.len());
    assert_eq!(accept(&short), accept(&long));
}

#[test]
fn tapret_is_consistent_with_every_form_of_partner() {
    let leaf = Partner::RightLeaf {
        version: LeafVersion::TapScript,
        script: vec![0x51],
    };
    let (mut a, mut b) = (bytes("left"), bytes("right"));
    if b < a {
        std::mem::swap(&mut a, &mut b);
    }
    let partners = [
        None,
        Some(Partner::LeftNode([1; 32])),
        Some(leaf),
        Some(Partner::RightBranch { a, b }),
    ];
    for partner in partners {
        let mut history = History::fixed(1_000);
        let carry = Carry::Tapret(partner);
        let one = history.transfer_by(&carry, &[history.seed(0)], &[1_000]);
        history.transfer_by(&carry, &[history.leaf(one, 0)], &[500, 500]);
        assert_eq!(amounts(&history.encode()), [500, 500]);
    }
}

#[test]
fn tapret_and_opret_mix_in_one_history_and_the_host_itself_can_hold_a_seal() {
    let mut history = History::fixed(1_000);
    let act = history.act(
        "transfer",
        &[history.seed(0)],
        &[(0, State::Amount(1_000), at(0))],
    );
    let draft = history.draft(vec![act]);
    let carry = Carry::Tapret(None);
    let one = history.push(Draft { carry, ..draft });
    assert_eq!(
        history.outpoint(&history.leaf(one, 0)).map(|out| out.vout),
        Some(0)
    );
    history.transfer(&[history.leaf(one, 0)], &[1_000]);
    assert_eq!(amounts(&history.encode()), [1_000]);
}

#[test]
fn seals_over_any_outpoint_and_secret_seals_are_consistent() {
    let mut history = History::fixed(1_000);
    let secret = AssignedSeal::Secret(on(coin(9)).conceal());
    let assignments = [
        (0, State::Amount(600), on(coin(8))),
        (0, State::Amount(400), secret),
    ];
    let act = history.act("transfer", &[history.seed(0)], &assignments);
    let one = history.push(history.draft(vec![act]));
    history.transfer(&[history.leaf(one, 0)], &[600]);
    let content = accept(&history.encode());
    let hidden = TerminalState::Leaf {
        leaf: history.leaf(one, 1),
        state: State::Amount(400),
        seal: secret,
        witness: Some(history.txid(one)),
        outpoint: None,
    };
    assert!(content.terminals.contains(&hidden));
}

#[test]
fn every_kind_of_state_moves_in_one_bundle() {
    let mut history = History::lab();
    let genesis = history.contract().into();
    let data = State::Data(amplify::confinement::Confined::try_from(vec![9]).unwrap());
    let all = [(0, 0), (1, 0), (2, 0), (2, 1), (3, 0), (4, 0)];
    let inputs = all.map(|(ty, index)| leaf(genesis, ty, index));
    let assignments = [
        (0, State::Amount(1_000), at(1)),
        (1, State::Amount(500), at(1)),
        (2, token(0, 4), at(2)),
        (2, token(0, 6), at(3)),
        (2, token(1, 10), at(4)),
        (3, State::Right, at(4)),
        (4, data, at(4)),
    ];
    let act = history.act("transfer", &inputs, &assignments);
    let one = history.push(history.draft(vec![act]));
    let id = history.id(one);
    let fractions = [leaf(id, 2, 0), leaf(id, 2, 1)];
    let joined = history.act("transfer", &fractions, &[(2, token(0, 10), at(1))]);
    history.push(history.draft(vec![joined]));
    assert_eq!(accept(&history.encode()).terminals.len(), 6);
}

#[test]
fn issuance_and_a_burn_shown_as_evidence_are_consistent() {
    let mut history = History::lab();
    let allowance = leaf(history.contract().into(), 1, 0);
    let issued = [
        (0, State::Amount(300), at(1)),
        (1, State::Amount(200), at(2)),
    ];
    let act = history.act("issue", &[allowance], &issued);
    let issue = history.push(history.draft(vec![act]));
    let mut burn = history.act("burn", &[history.leaf(issue, 0)], &[]);
    burn.transition.metadata = values(&[(0, number(300))]);
    let burnt = history.push(history.draft(vec![burn]));
    let content = accept(&history.encode());
    let evidence = TerminalState::Evidence(history.id(burnt));
    assert!(content.terminals.contains(&evidence));
}

#[test]
fn enough_signatures_make_a_permissioned_transition_consistent() {
    let mut history = History::lab();
    for signers in [vec![0, 1], vec![0, 2], vec![1, 2], vec![0, 1, 2]] {
        let seed = history.seed(0);
        let mut act = history.act("vouch", &[seed], &amounts_at(&[1_000]));
        act.signers = signers;
        let mut one = history.clone();
        one.push(one.draft(vec![act]));
        assert_eq!(amounts(&one.encode()), [1_000]);
    }
    let act = history.act("vouch", &[history.seed(0)], &amounts_at(&[1_000]));
    history.push(history.draft(vec![act]));
    let expected = Fails::new(
        Kind::Unsigned,
        (Check::Signature, "signatures by 2 of 3 keys; found 0"),
    )
    .operation(history.id(0))
    .witness(history.txid(0));
    refuse(&history.encode(), expected);
}

#[test]
fn a_locktime_that_is_reached_is_consistent() {
    let mut history = History::lab();
    let act = history.act("wait", &[history.seed(0)], &amounts_at(&[1_000]));
    let mut draft = history.draft(vec![act]);
    draft.transaction.lock_time = bitcoin::absolute::LockTime::from_consensus(100);
    history.push(draft);
    assert_eq!(amounts(&history.encode()), [1_000]);
}

#[test]
fn amounts_of_zero_never_open_and_spoil_nothing() {
    let mut history = History::fixed(1_000);
    let one = history.transfer(&[history.seed(0)], &[0, 1_000, 0]);
    let mut consignment = history.consignment(View::Leaves);
    consignment.hand_over([Terminal::Leaf(history.leaf(one, 1))]);
    assert_eq!(amounts(&consignment.encode()), [1_000]);
    consignment.hand_over([0, 1].map(|index| Terminal::Leaf(history.leaf(one, index))));
    let expected = Fails::invalid(Check::Terminal).operation(history.id(one));
    refuse(&consignment.encode(), expected);
}
