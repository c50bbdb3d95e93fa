//! A supply that grows by allowance.

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
    act, ask, assert_all_used, assert_evidence, by_hand, forbidden, give, held, issue, making, of,
    take,
};

pub fn an_inflatable_supply_grows_by_allowance_and_is_burned(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let schema = schemas::inflatable();
    let new = Issue::new(schema.id())
        .number("precision", 0)
        .number("supply", 100)
        .number("cap", 150)
        .own("asset", State::Amount(100))
        .own("allowance", State::Amount(50));
    let contract = issue(&mut alice, chain, new);
    let invoice = bob.invoice(contract, 30);
    let issued = act(
        &mut alice,
        chain,
        contract,
        &Verb::Issue(making(30, Some(invoice))),
    );
    assert_eq!(bob.accept(chain, issued.bytes()).amount, 30);
    let right = ask(&mut bob, contract, "allowance", 5);
    let handed = alice.pay(chain, &mut bob, &right);
    assert_eq!(held(&bob, contract), [of("allowance", 5), of("asset", 30)]);
    let burned = act(&mut bob, chain, contract, &Verb::Burn(10));
    assert_evidence(&bob, &burned);
    let renounced = act(&mut alice, chain, contract, &Verb::Renounce(Some(8)));
    assert_evidence(&alice, &renounced);
    let invoice = bob.invoice(contract, 40);
    let moved = alice.pay(chain, &mut bob, &invoice);
    assert_all_used(&schema, &[issued, handed, burned, renounced, moved]);
    assert_eq!(
        held(&alice, contract),
        [of("allowance", 7), of("asset", 60)]
    );
    bob.holds(contract, 60, 0);

    let two = vec![give("asset", State::Amount(2))];
    let reason = forbidden(
        &bob,
        by_hand(contract, "issue", vec![take("allowance", 1)], two),
    );
    assert!(reason.contains("in.allowance == out.allowance + out.asset"));
    let turned = vec![give("allowance", State::Amount(5))];
    let turned = by_hand(contract, "transfer", vec![take("asset", 5)], turned);
    assert!(forbidden(&bob, turned).contains("output `allowance` occurs once, expected none here"));

    everything_else_is_refused(chain, &mut alice, &mut bob, contract);

    let more = Verb::Issue(making(5, None));
    act(&mut bob, chain, contract, &more);
    let back = alice.invoice(contract, 1);
    bob.pay(chain, &mut alice, &back);
    alice.holds(contract, 1, 0);
    bob.holds(contract, 64, 0);
}

/// The cheat holds 60 of the asset and an allowance of 7.
fn everything_else_is_refused(
    chain: &dyn Chain,
    alice: &mut Person,
    bob: &mut Person,
    contract: ContractId,
) {
    let genesis = genesis_of(alice, contract);
    let rows = [moves(), counts(), born(&genesis)].concat();
    let honest = [
        forged("transfer").takes("asset").gives("asset", 60),
        forged("issue")
            .takes("allowance")
            .gives("asset", 5)
            .gives("allowance", 2),
        forged("burn")
            .takes("asset")
            .gives("asset", 20)
            .says("burned", 40),
        forged("move_allowance")
            .takes("allowance")
            .gives("allowance", 7),
        forged("renounce").takes("allowance").says("renounced", 7),
        genesis,
    ];
    let invoice = bob.invoice(contract, 60);
    let refused = alice
        .forger(contract, &invoice)
        .refused(chain, bob, &honest, rows);
    assert_every_rule_broken(&schemas::inflatable(), &refused);
}

/// Moves that make or lose something. The cheat holds 60 of the asset and an allowance of 7.
fn moves() -> Vec<Forbidden> {
    let transfer = || forged("transfer").takes("asset");
    let hand = || forged("move_allowance").takes("allowance");
    let (asset, allowance) = ("in.asset == out.asset", "in.allowance == out.allowance");
    vec![
        breaks(
            "a transfer makes a unit",
            transfer().gives("asset", 61),
            asset,
        ),
        breaks(
            "a transfer loses a unit",
            transfer().gives("asset", 59),
            asset,
        ),
        breaks(
            "a move makes allowance",
            hand().gives("allowance", 8),
            allowance,
        ),
        breaks(
            "a move loses allowance",
            hand().gives("allowance", 6),
            allowance,
        ),
    ]
}

/// What is issued, burned and renounced, and what is said of it.
fn counts() -> Vec<Forbidden> {
    let issue = || forged("issue").takes("allowance");
    let burn = || forged("burn").takes("asset");
    let renounce = || forged("renounce").takes("allowance");
    let used = "in.allowance == out.allowance + out.asset";
    let destroyed = "in.asset == out.asset + meta.burned";
    let given_up = "in.allowance == out.allowance + meta.renounced";
    vec![
        breaks("more than the allowance", issue().gives("asset", 8), used),
        breaks(
            "an allowance that is kept",
            issue().gives("asset", 7).gives("allowance", 7),
            used,
        ),
        breaks(
            "an allowance that is lost",
            issue().gives("asset", 5).gives("allowance", 1),
            used,
        ),
        breaks(
            "nothing is issued",
            issue().gives("asset", 0).gives("allowance", 7),
            "1 <= out.asset",
        ),
        breaks(
            "more is said to burn than does",
            burn().gives("asset", 20).says("burned", 41),
            destroyed,
        ),
        breaks(
            "less is said to burn than does",
            burn().gives("asset", 20).says("burned", 39),
            destroyed,
        ),
        breaks(
            "nothing is burned",
            burn().gives("asset", 60).says("burned", 0),
            "1 <= meta.burned",
        ),
        breaks(
            "what is renounced is kept",
            renounce().gives("allowance", 7).says("renounced", 7),
            given_up,
        ),
        breaks(
            "more is renounced than there is",
            renounce().says("renounced", 8),
            given_up,
        ),
        breaks(
            "nothing is renounced",
            renounce().gives("allowance", 7).says("renounced", 0),
            "1 <= meta.renounced",
        ),
    ]
}

/// What no genesis may say.
fn born(genesis: &Forged) -> Vec<Forbidden> {
    let supply = "out.asset == global.supply";
    let cap = "out.asset + out.allowance == global.cap";
    vec![
        breaks(
            "more than the supply",
            genesis.clone().with("supply", 99),
            supply,
        ),
        breaks(
            "less than the supply",
            genesis.clone().with("supply", 101),
            supply,
        ),
        breaks("more than the cap", genesis.clone().with("cap", 149), cap),
        breaks("less than the cap", genesis.clone().with("cap", 151), cap),
    ]
}
