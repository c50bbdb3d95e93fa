//! A fixed supply: one transition, one rule.

use bulla_core::ContractId;
use bulla_core::state::State;
use bulla_schemas as schemas;
use bulla_tests::people::{Person, assert_every_rule_broken, breaks, forged, genesis_of};
use bulla_tests::world::Chain;
use bulla_wallet::api::Issue;

use super::super::funded;
use super::{assert_all_used, held, issue, of};

pub fn a_fixed_supply_is_split_joined_and_never_grows(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let schema = schemas::fixed();
    let new = Issue::new(schema.id())
        .number("precision", 0)
        .number("supply", 100)
        .own("asset", State::Amount(100));
    let contract = issue(&mut alice, chain, new);
    let mut moved = Vec::new();
    for amount in [10, 20] {
        let invoice = bob.invoice(contract, amount);
        moved.push(alice.pay(chain, &mut bob, &invoice));
    }
    assert_eq!(held(&bob, contract), [of("asset", 10), of("asset", 20)]);
    let joined = alice.invoice(contract, 25);
    moved.push(bob.pay(chain, &mut alice, &joined));
    assert_all_used(&schema, &moved);
    alice.holds(contract, 95, 0);
    bob.holds(contract, 5, 0);

    everything_else_is_refused(chain, &mut alice, &mut bob, contract);

    let back = alice.invoice(contract, 3);
    bob.pay(chain, &mut alice, &back);
    alice.holds(contract, 3, 0);
    bob.holds(contract, 2, 0);
}

/// The cheat holds 95 units.
fn everything_else_is_refused(
    chain: &dyn Chain,
    alice: &mut Person,
    bob: &mut Person,
    contract: ContractId,
) {
    let transfer = forged("transfer").takes("asset");
    let genesis = genesis_of(alice, contract);
    let moves = "in.asset == out.asset";
    let rows = vec![
        breaks(
            "a transfer makes a unit",
            transfer.clone().gives("asset", 96),
            moves,
        ),
        breaks(
            "a transfer loses a unit",
            transfer.clone().gives("asset", 94),
            moves,
        ),
        breaks(
            "a transfer makes everything twice",
            transfer.clone().gives("asset", 95).gives("asset", 95),
            moves,
        ),
        breaks(
            "a transfer makes nothing",
            transfer.clone().gives("asset", 0),
            moves,
        ),
        breaks(
            "a genesis makes more than its supply",
            genesis.clone().with("supply", 99),
            "out.asset == global.supply",
        ),
    ];
    let honest = [transfer.gives("asset", 90).gives("asset", 5), genesis];
    let invoice = bob.invoice(contract, 95);
    let refused = alice
        .forger(contract, &invoice)
        .refused(chain, bob, &honest, rows);
    assert_every_rule_broken(&schemas::fixed(), &refused);
}
