//! Transfers that the issuer signs.

use bulla_core::ContractId;
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_schemas as schemas;
use bulla_tests::kit::Kind;
use bulla_tests::kit::make::{key, keypair};
use bulla_tests::people::{
    Forbidden, Person, assert_every_rule_broken, breaks, forged, genesis_of, pay, says,
};
use bulla_tests::world::Chain;
use bulla_wallet::api::{Issue, PlanOptions};

use super::super::funded;
use super::{assert_all_used, issue};

pub fn two_of_three_issuers_sign_a_transfer(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let schema = schemas::permissioned();
    let mut new = Issue::new(schema.id())
        .number("precision", 0)
        .number("supply", 1_000)
        .number("threshold", 2)
        .own("asset", State::Amount(1_000));
    for n in 0..3 {
        new = new.value("signers", key(n).serialize().to_vec());
    }
    let contract = issue(&mut alice, chain, new);
    let invoice = bob.invoice(contract, 300);
    let prepared = alice.prepare(&[pay(&invoice)], &PlanOptions::default());
    assert!(prepared.unsigned);
    let sent = alice.finish(prepared);
    let early = alice.try_broadcast(chain, &sent).expect_err("unsigned");
    assert_eq!(early.code(), "unsigned");
    let early = bob.try_accept(chain, sent.bytes()).expect_err("unsigned");
    assert_eq!(early.code(), "unsigned");
    for (n, in_psbt) in [(2, true), (0, false)] {
        let requests = alice.view().signature_requests(sent.transfer);
        let request = requests.expect("requests").remove(0);
        let file = if in_psbt {
            request.psbt().expect("a short history")
        } else {
            request.bytes
        };
        let stranger = bob.view().cosign(&file, &keypair(7));
        assert_eq!(stranger.expect_err("a stranger").code(), "not-a-signer");
        let signed = bob.view().cosign(&file, &keypair(n)).expect("signed");
        assert_eq!(signed.bytes.starts_with(b"psbt\xff"), in_psbt);
        alice.reopen();
        let added = alice.wallet().add_signatures(sent.transfer, &signed.bytes);
        added.expect("good signatures");
    }
    let files = alice.wallet().deliver(sent.transfer).expect("signed");
    alice.broadcast(chain, &sent);
    chain.mine(1);
    alice.sync(chain);
    assert_eq!(bob.accept(chain, &files[0].bytes).amount, 300);
    assert_all_used(&schema, &[sent]);
    alice.holds(contract, 700, 0);
    bob.holds(contract, 300, 0);

    everything_else_is_refused(chain, &mut alice, &mut bob, contract);

    let back = alice.invoice(contract, 100);
    let sent = bob.send_signed(chain, &back, &[keypair(0), keypair(1)]);
    assert_eq!(alice.accept(chain, &sent).amount, 100);
    bob.holds(contract, 200, 0);
}

/// The cheat holds 700 units, and two of the issuer's keys sign whatever he says.
fn everything_else_is_refused(
    chain: &dyn Chain,
    alice: &mut Person,
    bob: &mut Person,
    contract: ContractId,
) {
    let transfer = forged("transfer").takes("asset").signed(&[0, 2]);
    let genesis = genesis_of(alice, contract);
    let moves = "in.asset == out.asset";
    let quorum = "keys and thresholds that can sign";
    let good = transfer.clone().gives("asset", 700);
    let keys = "signatures by keys of the genesis over this operation and witness";
    let rows = vec![
        breaks(
            "the issuer signs for a unit more",
            transfer.clone().gives("asset", 701),
            moves,
        ),
        breaks(
            "the issuer signs for a unit less",
            transfer.gives("asset", 699),
            moves,
        ),
        unsigned("nobody signs", &[]),
        unsigned("one of the issuer's keys signs", &[1]),
        says(
            "a stranger signs beside one of them",
            good.clone().signed(&[0, 5]),
            Check::Signature,
            keys,
        ),
        breaks(
            "a genesis makes more than its supply",
            genesis.clone().with("supply", 999),
            "out.asset == global.supply",
        ),
        breaks(
            "a genesis asks for more signers than it has",
            genesis.clone().with("threshold", 4),
            quorum,
        ),
        breaks(
            "a genesis asks for nobody",
            genesis.clone().with("threshold", 0),
            quorum,
        ),
        breaks(
            "a genesis names a signer twice",
            genesis.clone().publishes("signers", &key(0).serialize()),
            quorum,
        ),
    ];
    let invoice = bob.invoice(contract, 700);
    let honest = [good, genesis];
    let refused = alice
        .forger(contract, &invoice)
        .refused(chain, bob, &honest, rows);
    assert_every_rule_broken(&schemas::permissioned(), &refused);
}

/// A transfer with too few signatures: not wrong, and not accepted.
fn unsigned(what: &str, signers: &[u8]) -> Forbidden {
    let transfer = forged("transfer").takes("asset").gives("asset", 700);
    Forbidden {
        kind: Kind::Unsigned,
        ..says(
            what,
            transfer.signed(signers),
            Check::Signature,
            "signatures by 2 of 3 keys",
        )
    }
}
