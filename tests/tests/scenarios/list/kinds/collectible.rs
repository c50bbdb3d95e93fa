//! A fixed supply with media.

use bulla_core::ContractId;
use bulla_core::state::State;
use bulla_schemas as schemas;
use bulla_tests::people::{Person, assert_every_rule_broken, breaks, forged, genesis_of};
use bulla_tests::world::Chain;
use bulla_wallet::api::{AllocateTo, InvoiceRequest, InvoiceTarget, Issue};
use bulla_wallet::media::Media;

use super::super::funded;
use super::{PNG, assert_all_used, issue};

pub fn a_collectible_is_distributed_by_its_genesis(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    bob.make_carriers(chain, 1);
    let invoice = bob.ask(&InvoiceRequest {
        target: InvoiceTarget::Blind(None),
        ..InvoiceRequest::default()
    });
    let to = AllocateTo::Invoice(Box::new(invoice.clone()));
    let schema = schemas::collectible();
    let new = Issue::new(schema.id())
        .number("precision", 0)
        .text("terms", "for looking at")
        .number("supply", 10)
        .media(&Media::of(PNG).expect("a picture"))
        .own("asset", State::Amount(6))
        .allocate("asset", State::Amount(4), to);
    let contract = issue(&mut alice, chain, new);
    let given = alice.view().issued_consignment(contract, &invoice);
    let received = bob.accept(chain, &given.expect("a consignment").bytes);
    assert_eq!((received.amount, received.leaves.len()), (4, 1));
    bob.holds(contract, 4, 0);
    let back = alice.invoice(contract, 1);
    let moved = bob.pay(chain, &mut alice, &back);
    assert_all_used(&schema, &[moved]);
    alice.holds(contract, 7, 0);
    bob.holds(contract, 3, 0);
    let faked = alice.view().check_media(contract, b"\x89PNG\r\n\x1a\nfake");
    assert!(faked.is_err());

    everything_else_is_refused(chain, &mut alice, &mut bob, contract);

    let back = alice.invoice(contract, 2);
    bob.pay(chain, &mut alice, &back);
    alice.holds(contract, 2, 0);
    bob.holds(contract, 1, 0);
}

/// The cheat holds 7 units.
fn everything_else_is_refused(
    chain: &dyn Chain,
    alice: &mut Person,
    bob: &mut Person,
    contract: ContractId,
) {
    let transfer = forged("transfer").takes("asset");
    let genesis = genesis_of(alice, contract);
    let moves = "in.asset == out.asset";
    let types = "count(global.media) == count(global.media_type)";
    let sizes = "count(global.media) == count(global.media_size)";
    let rows = vec![
        breaks(
            "a transfer makes a unit",
            transfer.clone().gives("asset", 8),
            moves,
        ),
        breaks(
            "a transfer loses a unit",
            transfer.clone().gives("asset", 6),
            moves,
        ),
        breaks(
            "a genesis makes more than its supply",
            genesis.clone().with("supply", 9),
            "out.asset == global.supply",
        ),
        breaks(
            "a genesis has a file without a type",
            genesis.clone().publishes("media", &[1; 32]),
            types,
        ),
        breaks(
            "a genesis has a size without a file",
            genesis.clone().publishes("media_size", &[1; 8]),
            sizes,
        ),
    ];
    let honest = [transfer.gives("asset", 7), genesis];
    let invoice = bob.invoice(contract, 7);
    let refused = alice
        .forger(contract, &invoice)
        .refused(chain, bob, &honest, rows);
    assert_every_rule_broken(&schemas::collectible(), &refused);
}
