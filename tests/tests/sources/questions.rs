//! The list of questions.

use bdk_wallet::chain::local_chain::LocalChain;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, FeeRate, Network, OutPoint, Txid};
use bulla_wallet::chain::{Position, ScanRequest, Sought, SourceError};

use super::person::{Person, person};
use super::view::{View, set};
use super::world::{COIN, FEE, World};

fn payments_are_found_waiting_and_then_mined(w: &World) {
    let alice = person(1);
    let mut view = View::new(w, &alice);
    let txid = w.pay(&alice.script(), COIN);
    let sought = Sought {
        txid,
        script: Some(alice.script()),
        inputs: Vec::new(),
    };
    view.scan(w);
    assert_eq!((view.waiting(), view.settled()), (set([txid]), set([])));
    assert_eq!(
        w.positions(std::slice::from_ref(&sought)),
        [Position::Mempool]
    );
    w.mine(2);
    view.scan(w);
    assert_eq!((view.waiting(), view.settled()), (set([]), set([txid])));
    let height = w.height() - 1;
    assert_eq!(
        w.positions(std::slice::from_ref(&sought)),
        [Position::Mined { height }]
    );
    assert_eq!(
        w.positions(&[sought]),
        [Position::Mined { height }],
        "remembered"
    );
}

fn spends_to_others_are_found_even_by_a_later_scan(w: &World) {
    let (alice, bob) = (person(2), person(3));
    let coin = w.coin(&alice);
    let spend = alice.spend(&coin, &bob.script(), FEE);
    w.broadcast(&spend);
    let mut late = View {
        since: w.height() + 1,
        ..View::new(w, &alice)
    };
    late.scan(w);
    assert_eq!(late.waiting(), set([spend.compute_txid()]));
    w.mine(1);
    late.scan(w);
    assert_eq!(
        late.settled(),
        set([spend.compute_txid()]),
        "the older payment was not asked for"
    );
}

fn watched_transactions_are_followed_by_any_of_their_scripts(w: &World) {
    let (alice, bob) = (person(4), person(5));
    let spend = alice.spend(&w.coin(&alice), &bob.script(), FEE);
    w.broadcast(&spend);
    w.mine(1);
    let txid = spend.compute_txid();
    let mut view = View::new(w, &alice);
    let request = ScanRequest {
        scripts: &Vec::new(),
        since: w.height() + 1,
        chain: view.chain.tip(),
        watch: vec![(txid, bob.script())],
    };
    let update = w.source.scan(&request).expect("scans");
    view.chain.apply_update(update.chain).expect("connects");
    let _ = view.graph.apply_update(update.txs);
    assert_eq!(view.settled(), set([txid]));
}

fn replaced_transactions_are_evicted(w: &World) {
    let (alice, bob) = (person(6), person(7));
    let mut view = View::new(w, &alice);
    let coin = w.coin(&alice);
    w.broadcast(&alice.spend(&coin, &bob.script(), FEE));
    view.scan(w);
    let second = alice.spend(&coin, &bob.script(), FEE * 2);
    w.broadcast(&second);
    view.scan(w);
    assert_eq!(view.waiting(), set([second.compute_txid()]));
}

fn scans_connect_after_a_reorg(w: &World) {
    let (alice, bob) = (person(8), person(9));
    let mut view = View::new(w, &alice);
    let coin = w.coin(&alice);
    let spend = alice.spend(&coin, &bob.script(), FEE);
    w.broadcast(&spend);
    w.mine(3);
    view.scan(w);
    let sought = Sought::of(&spend);
    assert_eq!(view.settled(), set([coin.0.txid, spend.compute_txid()]));
    assert!(matches!(
        w.positions(std::slice::from_ref(&sought))[..],
        [Position::Mined { .. }]
    ));
    w.reorg(3, &[]);
    view.scan(w);
    assert_eq!(view.waiting(), set([spend.compute_txid()]));
    assert_eq!(w.positions(&[sought]), [Position::Mempool]);
}

fn a_double_spend_in_a_reorg_is_a_conflict(w: &World) {
    let (alice, bob) = (person(10), person(11));
    let mut view = View::new(w, &alice);
    let coin = w.coin(&alice);
    let (first, second) = (
        alice.spend(&coin, &bob.script(), FEE * 2),
        alice.spend(&coin, &bob.script(), FEE),
    );
    let parent = Sought {
        txid: coin.0.txid,
        script: Some(alice.script()),
        inputs: Vec::new(),
    };
    w.broadcast(&first);
    w.mine(1);
    view.scan(w);
    w.reorg(1, std::slice::from_ref(&second));
    view.scan(w);
    assert_eq!(view.settled(), set([coin.0.txid, second.compute_txid()]));
    let by = w.names_rivals.then(|| second.compute_txid());
    let list = w.positions(&[Sought::of(&first), Sought::of(&second), parent]);
    let height = w.height() - 1;
    let expected = [
        Position::Conflicted { by },
        Position::Mined { height },
        Position::Mined { height: height - 1 },
    ];
    assert_eq!(list, expected);
}

fn broadcasts_repeat_and_name_why_they_fail(w: &World) {
    let (alice, bob) = (person(12), person(13));
    let coin = w.coin(&alice);
    let cheap = alice.spend(&coin, &bob.script(), Amount::ZERO);
    let error = w.source.broadcast(&cheap).expect_err("pays no fee");
    let SourceError::Refused { txid, reason } = error else {
        panic!("{error}")
    };
    assert_eq!(txid, cheap.compute_txid());
    assert!(reason.contains("min relay fee not met"), "{reason}");
    let spend = alice.spend(&coin, &bob.script(), FEE);
    w.broadcast(&spend);
    w.broadcast(&spend);
    w.mine(1);
    w.broadcast(&spend);
    let onward = bob.spend(
        &(
            OutPoint::new(spend.compute_txid(), 1),
            spend.output[1].clone(),
        ),
        &alice.script(),
        FEE,
    );
    w.broadcast(&onward);
    w.mine(1);
    w.broadcast(&spend);
    let rival = alice.spend(&coin, &bob.script(), FEE * 2);
    let error = w.source.broadcast(&rival).expect_err("spends a spent coin");
    let SourceError::Refused { reason, .. } = error else {
        panic!("{error}")
    };
    assert!(
        reason.contains("bad-txns-inputs-missingorspent"),
        "{reason}"
    );
    assert_eq!(
        w.positions(&[Sought::of(&spend)]),
        [Position::Mined {
            height: w.height() - 1
        }]
    );
}

fn transactions_are_fetched_by_id(w: &World) {
    let (alice, bob) = (person(14), person(15));
    let spend = alice.spend(&w.coin(&alice), &bob.script(), FEE);
    w.broadcast(&spend);
    let txid = spend.compute_txid();
    assert_eq!(
        w.source.transaction(txid).expect("answers").as_ref(),
        Some(&spend)
    );
    w.mine(1);
    let unknown = w.source.transaction(Txid::from_byte_array([9; 32]));
    if w.finds_by_id {
        assert_eq!(
            w.source.transaction(txid).expect("answers").as_ref(),
            Some(&spend)
        );
        assert_eq!(unknown.expect("answers"), None);
    } else {
        let error = unknown.expect_err("cannot be sure");
        assert!(matches!(error, SourceError::NoIndex { .. }), "{error}");
        w.positions(&[Sought::of(&spend)]);
        assert_eq!(
            w.source.transaction(txid).expect("answers"),
            Some(spend),
            "its place is known"
        );
    }
}

fn what_nobody_has_seen_is_absent(w: &World) {
    let unknown = Sought {
        txid: Txid::from_byte_array([3; 32]),
        script: Some(person(16).script()),
        inputs: vec![OutPoint::new(Txid::from_byte_array([4; 32]), 0)],
    };
    assert_eq!(
        w.positions(std::slice::from_ref(&unknown)),
        [Position::Absent]
    );
    let scriptless = Sought {
        script: None,
        ..unknown
    };
    assert_eq!(w.positions(&[scriptless]), [Position::Absent]);
}

fn many_transactions_are_asked_in_batches(w: &World) {
    let people: Vec<Person> = (20..80).map(person).collect();
    let mut view = View::new(w, &people[0]);
    view.scripts = people.iter().map(Person::script).collect();
    let mut sought = Vec::new();
    for round in 0..4 {
        for owner in &people {
            let script = Some(owner.script());
            let txid = w.pay_unsettled(&owner.script(), COIN + round);
            sought.push(Sought {
                txid,
                script,
                inputs: Vec::new(),
            });
        }
        w.mine(1);
    }
    view.scan(w);
    assert_eq!(view.settled(), set(sought.iter().map(|one| one.txid)));
    let height = w.height();
    let expected = (0..240).map(|n| Position::Mined {
        height: height - 3 + n / 60,
    });
    assert_eq!(w.positions(&sought), expected.collect::<Vec<_>>());
}

fn fee_rates_are_told(w: &World) {
    assert_eq!(
        w.source.relay_fee().expect("answers"),
        FeeRate::from_sat_per_kwu(25)
    );
    assert_eq!(
        w.source.estimate_fee(6).expect("answers"),
        None,
        "regtest has no estimates"
    );
}

fn wallets_of_another_chain_are_refused(w: &World) {
    let foreign = bitcoin::constants::genesis_block(Network::Bitcoin).block_hash();
    let (chain, _) = LocalChain::from_genesis_hash(foreign);
    let request = ScanRequest {
        scripts: &Vec::new(),
        since: 0,
        chain: chain.tip(),
        watch: Vec::new(),
    };
    let error = w.source.scan(&request).expect_err("another chain");
    assert!(
        matches!(error, SourceError::OtherChain { expected, .. } if expected == foreign),
        "{error}"
    );
}

/// A name and what it asks.
pub type Scenario = (&'static str, fn(&World));

/// All questions.
pub const SCENARIOS: [Scenario; 12] = [
    ("fee_rates_are_told", fee_rates_are_told),
    (
        "payments_are_found_waiting_and_then_mined",
        payments_are_found_waiting_and_then_mined,
    ),
    (
        "spends_to_others_are_found_even_by_a_later_scan",
        spends_to_others_are_found_even_by_a_later_scan,
    ),
    (
        "watched_transactions_are_followed_by_any_of_their_scripts",
        watched_transactions_are_followed_by_any_of_their_scripts,
    ),
    (
        "replaced_transactions_are_evicted",
        replaced_transactions_are_evicted,
    ),
    ("scans_connect_after_a_reorg", scans_connect_after_a_reorg),
    (
        "a_double_spend_in_a_reorg_is_a_conflict",
        a_double_spend_in_a_reorg_is_a_conflict,
    ),
    (
        "broadcasts_repeat_and_name_why_they_fail",
        broadcasts_repeat_and_name_why_they_fail,
    ),
    (
        "transactions_are_fetched_by_id",
        transactions_are_fetched_by_id,
    ),
    (
        "what_nobody_has_seen_is_absent",
        what_nobody_has_seen_is_absent,
    ),
    (
        "many_transactions_are_asked_in_batches",
        many_transactions_are_asked_in_batches,
    ),
    (
        "wallets_of_another_chain_are_refused",
        wallets_of_another_chain_are_refused,
    ),
];
