//! Units that are handed in and reissued.

use bulla_core::ContractId;
use bulla_core::state::State;
use bulla_schemas as schemas;
use bulla_tests::people::{
    Forbidden, Forged, Person, assert_every_rule_broken, breaks, forged, genesis_of,
};
use bulla_tests::world::Chain;
use bulla_wallet::api::Issue;
use bulla_wallet::transfer::verbs::Verb;

use super::super::funded;
use super::{
    act, ask, assert_all_used, assert_evidence, by_hand, forbidden, held, issue, making, of, take,
};

pub fn units_are_handed_in_and_reissued(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let schema = schemas::replaceable();
    let new = Issue::new(schema.id())
        .number("precision", 0)
        .number("supply", 100)
        .number("replaceable", 80)
        .own("asset", State::Amount(100))
        .own("replacement", State::Amount(80));
    let contract = issue(&mut alice, chain, new);
    let invoice = bob.invoice(contract, 60);
    let moved = alice.pay(chain, &mut bob, &invoice);
    let handed = act(&mut bob, chain, contract, &Verb::HandIn(60));
    assert_evidence(&bob, &handed);
    let invoice = bob.invoice(contract, 55);
    let reissue = Verb::Reissue(making(55, Some(invoice)));
    let reissued = act(&mut alice, chain, contract, &reissue);
    assert_eq!(bob.accept(chain, reissued.bytes()).amount, 55);
    let right = ask(&mut bob, contract, "replacement", 5);
    let shared = alice.pay(chain, &mut bob, &right);
    let renounced = act(&mut alice, chain, contract, &Verb::Renounce(Some(13)));
    act(&mut bob, chain, contract, &Verb::Reissue(making(5, None)));
    assert_all_used(&schema, &[moved, handed, reissued, shared, renounced]);
    assert_eq!(
        held(&alice, contract),
        [of("asset", 40), of("replacement", 7)]
    );
    bob.holds(contract, 60, 0);
    let silent = by_hand(contract, "hand_in", vec![take("asset", 1)], Vec::new());
    assert!(
        forbidden(&bob, silent).contains("metadata `handed` occurs 0 times, expected exactly 1")
    );

    everything_else_is_refused(chain, &mut alice, &mut bob, contract);

    let back = alice.invoice(contract, 1);
    bob.pay(chain, &mut alice, &back);
    alice.holds(contract, 1, 0);
    bob.holds(contract, 59, 0);
}

/// The cheat holds 40 of the asset and a replacement of 7.
fn everything_else_is_refused(
    chain: &dyn Chain,
    alice: &mut Person,
    bob: &mut Person,
    contract: ContractId,
) {
    let genesis = genesis_of(alice, contract);
    let rows = [moves(), counts(), born(&genesis)].concat();
    let honest = [
        forged("transfer").takes("asset").gives("asset", 40),
        forged("hand_in").takes("asset").says("handed", 40),
        forged("reissue")
            .takes("replacement")
            .gives("asset", 5)
            .gives("replacement", 2),
        forged("renounce")
            .takes("replacement")
            .gives("replacement", 1)
            .says("renounced", 6),
        forged("move_replacement")
            .takes("replacement")
            .gives("replacement", 7),
        genesis,
    ];
    let invoice = bob.invoice(contract, 40);
    let refused = alice
        .forger(contract, &invoice)
        .refused(chain, bob, &honest, rows);
    assert_every_rule_broken(&schemas::replaceable(), &refused);
}

/// Moves that make or lose something. The cheat holds 40 of the asset and a replacement of 7.
fn moves() -> Vec<Forbidden> {
    let transfer = || forged("transfer").takes("asset");
    let hand = || forged("move_replacement").takes("replacement");
    let asset = "in.asset == out.asset";
    let replacement = "in.replacement == out.replacement";
    vec![
        breaks(
            "a transfer makes a unit",
            transfer().gives("asset", 41),
            asset,
        ),
        breaks(
            "a transfer loses a unit",
            transfer().gives("asset", 39),
            asset,
        ),
        breaks(
            "a move makes a right",
            hand().gives("replacement", 8),
            replacement,
        ),
        breaks(
            "a move loses a right",
            hand().gives("replacement", 6),
            replacement,
        ),
    ]
}

/// What is handed in, reissued and renounced, and what is said of it.
fn counts() -> Vec<Forbidden> {
    let hand_in = || forged("hand_in").takes("asset");
    let reissue = || forged("reissue").takes("replacement");
    let renounce = || forged("renounce").takes("replacement");
    let destroyed = "in.asset == out.asset + meta.handed";
    let used = "in.replacement == out.replacement + out.asset";
    let given_up = "in.replacement == out.replacement + meta.renounced";
    vec![
        breaks(
            "what is handed in is kept",
            hand_in().gives("asset", 40).says("handed", 40),
            destroyed,
        ),
        breaks(
            "more is said to be handed in",
            hand_in().gives("asset", 10).says("handed", 31),
            destroyed,
        ),
        breaks(
            "nothing is handed in",
            hand_in().gives("asset", 40).says("handed", 0),
            "1 <= meta.handed",
        ),
        breaks(
            "more than the replacement",
            reissue().gives("asset", 8),
            used,
        ),
        breaks(
            "a replacement that is kept",
            reissue().gives("asset", 7).gives("replacement", 7),
            used,
        ),
        breaks(
            "nothing is reissued",
            reissue().gives("asset", 0).gives("replacement", 7),
            "1 <= out.asset",
        ),
        breaks(
            "what is renounced is kept",
            renounce().gives("replacement", 7).says("renounced", 7),
            given_up,
        ),
        breaks(
            "nothing is renounced",
            renounce().gives("replacement", 7).says("renounced", 0),
            "1 <= meta.renounced",
        ),
    ]
}

/// What no genesis may say.
fn born(genesis: &Forged) -> Vec<Forbidden> {
    vec![
        breaks(
            "more than the supply",
            genesis.clone().with("supply", 99),
            "out.asset == global.supply",
        ),
        breaks(
            "more than can be replaced",
            genesis.clone().with("replaceable", 79),
            "out.replacement == global.replaceable",
        ),
    ]
}
