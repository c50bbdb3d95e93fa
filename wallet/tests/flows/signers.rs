//! A contract whose transfers its issuers sign: unsigned, signed by some, by enough, by strangers.

use bitcoin::Psbt;
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{Keypair, Secp256k1, SecretKey};
use bulla_core::consignment::{Explicit, Writer, parts};
use bulla_core::frame::{Base, BaseEntry, Frame, Terminal, Terminals};
use bulla_core::header::Header;
use bulla_core::operation::Input;
use bulla_core::schema::Schema;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::{ContractId, OperationId};
use bulla_schemas as schemas;
use bulla_wallet::api::{Issue, Payment, PlanOptions, Prepared, TransferId};
use bulla_wallet::chain::ChainSource;
use bulla_wallet::invoice::{Beneficiary, Invoice};
use bulla_wallet::transfer::cosigned::CosignedLeaf;
use bulla_wallet::transfer::verbs::Verb;

use crate::bench::{Bench, Party, code, handed, passphrase, pay};
use crate::kinds::making;

pub fn key(n: u8) -> Keypair {
    let secret = SecretKey::from_slice(&[n; 32]).unwrap();
    Keypair::from_secret_key(&Secp256k1::new(), &secret)
}

/// 1,000 units that two of three keys must sign for; the third key is the wallet's own.
pub fn issue(bench: &Bench, alice: &mut Party) -> ContractId {
    bench.carriers(alice, 1);
    let own = alice.wallet().signer_key(&passphrase(), 0).unwrap();
    let mut issue = Issue::new(schemas::permissioned().id())
        .text("ticker", "BOND")
        .text("name", "Bond of a test")
        .number("precision", 0)
        .number("supply", 1_000)
        .number("threshold", 2)
        .own("asset", State::Amount(1_000));
    for key in [key(1), key(2), own] {
        let bytes = key.x_only_public_key().0.serialize().to_vec();
        issue = issue.value("signers", bytes);
    }
    alice.wallet().issue(&issue).unwrap()
}

/// A transfer as far as the wallet alone gets: signed for bitcoin, not by the contract's keys.
pub fn unsigned(alice: &mut Party, invoice: &Invoice) -> Prepared {
    let payments = [pay(invoice)];
    let (prepared, _) = alice.prepare(&payments, &PlanOptions::default()).unwrap();
    assert!(prepared.unsigned);
    assert_eq!(alice.state(prepared.transfer), "unsigned");
    prepared
}

#[test]
fn a_transfer_waits_until_enough_keys_have_signed() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let contract = issue(&bench, &mut alice);
    let invoice = bob.witness(contract, 300);
    let transfer = unsigned(&mut alice, &invoice).transfer;
    assert_eq!(code(alice.wallet().deliver(transfer)), "unsigned");
    let early = alice.wallet().broadcast(transfer, &bench.sandbox);
    assert_eq!(code(early), "unsigned");

    let requests = alice.wallet().signature_requests(transfer).unwrap();
    let [request] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert_eq!((request.contract, request.missing), (contract, 2));
    // Whoever signs needs the file and his key, not the wallet that made it.
    let once = bob.wallet().cosign(&request.bytes, &key(2)).unwrap();
    assert!(!once.complete);
    assert_eq!(once.operations[0].transition, "transfer");
    assert_eq!((once.ticker.as_str(), once.precision), ("BOND", 0));
    let signed = &once.operations[0];
    let leaves: Vec<_> = signed
        .leaves
        .iter()
        .map(|leaf| (leaf.owned.as_str(), leaf.amount, leaf.ours))
        .collect();
    // Bob, who signs here, is paid 300; where the change is, is shown, but whose it is, nobody can prove.
    assert_eq!(leaves, [("asset", 300, true), ("asset", 700, false)]);
    let Beneficiary::Address { address, .. } = &invoice.to else {
        panic!("{invoice:?}")
    };
    let shown = signed.leaves[0].address.as_ref().unwrap();
    assert_eq!(shown, &address.clone().assume_checked());
    let change = signed.leaves[1].outpoint.unwrap();
    assert_eq!(change.txid, signed.witness);
    let missing = alice.wallet().add_signatures(transfer, &once.bytes);
    assert_eq!(missing.unwrap(), 1);
    assert_eq!(alice.state(transfer), "unsigned");
    let requests = alice.wallet().signature_requests(transfer).unwrap();
    assert_eq!(requests[0].missing, 1);
    let again = bob.wallet().cosign(&requests[0].bytes, &key(2));
    assert_eq!(code(again), "nothing-to-sign");

    let own = alice.wallet().signer_key(&passphrase(), 0).unwrap();
    let twice = alice.wallet().cosign(&requests[0].bytes, &own).unwrap();
    assert!(twice.complete);
    let missing = alice.wallet().add_signatures(transfer, &twice.bytes);
    assert_eq!(missing.unwrap(), 0);
    assert_eq!(alice.state(transfer), "prepared");
    assert_eq!(alice.wallet().signature_requests(transfer).unwrap(), []);

    let files = alice.wallet().deliver(transfer).unwrap();
    alice.wallet().broadcast(transfer, &bench.sandbox).unwrap();
    bench.mine(1);
    let received = bob.accept(&bench, &files[0].bytes).unwrap();
    assert_eq!(received.amount, 300);
    alice.sync(&bench);
    assert_eq!(alice.amount(contract), (700, 0));
    assert_eq!(bob.amount(contract), (300, 0));
}

#[test]
fn strangers_and_files_of_other_transfers_sign_nothing() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let contract = issue(&bench, &mut alice);
    let first = unsigned(&mut alice, &bob.witness(contract, 300));
    let requests = alice.wallet().signature_requests(first.transfer).unwrap();
    let file = &requests[0].bytes;
    assert_eq!(code(bob.wallet().cosign(file, &key(9))), "not-a-signer");
    let mut broken = file.clone();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    assert_eq!(code(bob.wallet().cosign(&broken, &key(1))), "invalid");
    let none = alice.wallet().add_signatures(first.transfer, file);
    assert_eq!(code(none), "foreign-signatures");

    let signed = bob.wallet().cosign(file, &key(1)).unwrap();
    alice.wallet().cancel(first.transfer).unwrap();
    // The same payment in another transaction: the signature binds the first.
    let other = bob.witness(contract, 300);
    let second = unsigned(&mut alice, &other);
    let foreign = alice
        .wallet()
        .add_signatures(second.transfer, &signed.bytes);
    assert_eq!(code(foreign), "foreign-signatures");
}

#[test]
fn a_payee_refuses_what_is_not_signed() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let contract = issue(&bench, &mut alice);
    let invoice = bob.witness(contract, 300);
    let prepared = unsigned(&mut alice, &invoice);
    let refused = bob.accept(&bench, &handed(&prepared));
    assert_eq!(code(refused), "unsigned");
    assert_eq!(bob.amount(contract), (0, 0));
}

#[test]
fn a_payee_who_stays_secret_is_secret_to_the_issuer() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let contract = issue(&bench, &mut alice);
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 300);
    let transfer = unsigned(&mut alice, &invoice).transfer;
    let requests = alice.wallet().signature_requests(transfer).unwrap();
    let signed = bob.wallet().cosign(&requests[0].bytes, &key(1)).unwrap();
    let leaves = &signed.operations[0].leaves;
    let secret = leaves.iter().find(|leaf| leaf.amount == 300).unwrap();
    assert_eq!((secret.outpoint, secret.address.as_ref()), (None, None));
    let change = leaves.iter().find(|leaf| leaf.amount == 700).unwrap();
    assert!(change.outpoint.is_some());
}

#[test]
fn what_was_mined_unsigned_is_signed_afterwards() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let contract = issue(&bench, &mut alice);
    let invoice = bob.witness(contract, 300);
    let payments = [pay(&invoice)];
    let (prepared, tx) = alice.prepare(&payments, &PlanOptions::default()).unwrap();
    let transfer = prepared.transfer;
    // Past the wallet, which does not broadcast what is unsigned.
    bench.sandbox.broadcast(&tx).unwrap();
    bench.mine(1);
    alice.sync(&bench);
    bob.sync(&bench);
    assert_eq!(alice.state(transfer), "unsigned");
    assert_eq!(code(bob.accept(&bench, &handed(&prepared))), "unsigned");
    assert_eq!(alice.amount(contract), (0, 700), "nobody would accept it");
    let taken_back = alice.wallet().cancel(transfer);
    assert_eq!(
        code(taken_back),
        "broadcast-already",
        "its seals are closed"
    );
    assert_eq!(code(alice.wallet().deliver(transfer)), "unsigned");
    for n in [1, 2] {
        let request = alice.wallet().signature_requests(transfer).unwrap();
        let signed = bob.wallet().cosign(&request[0].bytes, &key(n)).unwrap();
        let added = alice.wallet().add_signatures(transfer, &signed.bytes);
        added.unwrap();
    }
    let files = alice.wallet().deliver(transfer).unwrap();
    let received = bob.accept(&bench, &files[0].bytes).unwrap();
    assert_eq!((received.amount, received.confirmations), (300, 1));
    alice.sync(&bench);
    assert_eq!(alice.state(transfer), "settled");
    assert_eq!(alice.amount(contract), (700, 0));
    assert_eq!(bob.amount(contract), (300, 0));
}

/// Units that moved on from a transfer mined unsigned, by a second one that is not broadcast yet.
fn moved_on(bench: &Bench, alice: &mut Party, bob: &mut Party) -> [TransferId; 2] {
    let contract = issue(bench, alice);
    let payments = [pay(&bob.witness(contract, 300))];
    let (first, tx) = alice.prepare(&payments, &PlanOptions::default()).unwrap();
    bench.sandbox.broadcast(&tx).unwrap();
    bench.mine(1);
    alice.sync(bench);
    bob.sync(bench);
    let second = unsigned(alice, &bob.witness(contract, 200));
    [first.transfer, second.transfer]
}

#[test]
fn a_request_asks_for_what_lies_behind_unsigned_as_well() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let [first, second] = moved_on(&bench, &mut alice, &mut bob);
    for n in [1, 2] {
        let request = alice.wallet().signature_requests(second).unwrap();
        let psbt = request[0].psbt().unwrap();
        let signed = bob.wallet().cosign(&psbt, &key(n)).unwrap();
        let witnesses: Vec<_> = signed.operations.iter().map(|one| one.witness).collect();
        let sent = [first, second].map(|id| alice.wallet().transfer(id).unwrap().txid.unwrap());
        assert_eq!(witnesses, sent);
        let shown = |leaf: &CosignedLeaf| leaf.outpoint.is_some();
        let mut leaves = signed.operations.iter().flat_map(|one| &one.leaves);
        assert!(leaves.all(shown), "whom both pay");
        let missing = alice.wallet().add_signatures(second, &signed.bytes);
        assert_eq!(missing.unwrap(), 2 - u64::from(n));
    }
    assert_eq!(alice.state(first), "prepared");
    assert_eq!(alice.state(second), "prepared");
    alice.wallet().broadcast(second, &bench.sandbox).unwrap();
    bench.mine(1);
    for (transfer, amount) in [(first, 300), (second, 200)] {
        let files = alice.wallet().deliver(transfer).unwrap();
        let received = bob.accept(&bench, &files[0].bytes).unwrap();
        assert_eq!(received.amount, amount);
    }
}

#[test]
fn what_builds_on_unsigned_units_waits_for_them() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let [first, second] = moved_on(&bench, &mut alice, &mut bob);
    let contract = alice.wallet().signature_requests(second).unwrap()[0].contract;
    // The signatures of the second alone: in a PSBT, from which somebody took those of the first.
    let before = alice.wallet().signature_requests(second).unwrap();
    let mut file = before[0].psbt().unwrap();
    for n in [1, 2] {
        file = bob.wallet().cosign(&file, &key(n)).unwrap().bytes;
    }
    let mut part = Psbt::deserialize(&file).unwrap();
    let txid = part.unsigned_tx.compute_txid().to_byte_array();
    part.proprietary
        .retain(|name, _| name.subtype == 0 || name.key[32..64] == txid);
    let missing = alice.wallet().add_signatures(second, &part.serialize());
    assert_eq!(missing.unwrap(), 2, "of the first");
    assert_eq!(alice.state(second), "unsigned");
    assert_eq!(code(alice.wallet().deliver(second)), "unsigned");
    let tx = alice.wallet().signed(second).unwrap().unwrap();
    bench.sandbox.broadcast(&tx).unwrap();
    bench.mine(1);
    alice.sync(&bench);
    assert_eq!(alice.amount(contract), (0, 500), "nobody would accept it");
    // The first is asked for and signed by itself, and the second goes on.
    for n in [1, 2] {
        let request = alice.wallet().signature_requests(first).unwrap();
        let signed = bob.wallet().cosign(&request[0].bytes, &key(n)).unwrap();
        let added = alice.wallet().add_signatures(first, &signed.bytes);
        assert_eq!(added.unwrap(), 2 - u64::from(n));
    }
    assert_eq!(alice.wallet().signature_requests(second).unwrap(), []);
    let files = alice.wallet().deliver(second).unwrap();
    let received = bob.accept(&bench, &files[0].bytes).unwrap();
    assert_eq!(received.amount, 200);
    alice.sync(&bench);
    assert_eq!(alice.amount(contract), (500, 0));
}

/// Issuing is signed by one of the keys, moving by nobody.
fn signed_issues() -> Schema {
    let text = include_str!("../../../schemas/inflatable.toml")
        .replace("\"inflatable\"", "\"signed_issues\"")
        .replace(
            "[metadata]",
            "threshold = { number = 10, type = \"number\" }
             signers = { number = 11, type = \"key\" }
             [metadata]",
        )
        .replace(
            "cap = \"1\",",
            "cap = \"1\", threshold = \"1\", signers = \"1..\",",
        )
        .replace(
            "\"1 <= out.asset\",",
            "\"1 <= out.asset\", \"signed(genesis.threshold, signers)\",",
        );
    Schema::from_toml(&text).unwrap()
}

/// Of such a contract 40 units that Alice issued by an operation nobody signed, in a transaction that she
/// broadcast all the same.
fn issued_unsigned(bench: &Bench, alice: &mut Party, bob: &mut Party) -> (ContractId, OperationId) {
    let schema = signed_issues();
    for party in [&mut *alice, bob] {
        party.wallet().allow_known_schema(&schema).unwrap();
    }
    bench.carriers(alice, 1);
    let issue = Issue::new(schema.id())
        .text("ticker", "MIX")
        .text("name", "Signed issues of a test")
        .number("precision", 0)
        .number("supply", 0)
        .number("cap", 50)
        .number("threshold", 1)
        .value("signers", key(1).x_only_public_key().0.serialize().to_vec())
        .own("allowance", State::Amount(50));
    let contract = alice.wallet().issue(&issue).unwrap();
    let act = alice.wallet().act(contract, &Verb::Issue(making(40, None)));
    let payments = [Payment::Act(act.unwrap())];
    let (issued, tx) = alice.prepare(&payments, &PlanOptions::default()).unwrap();
    let transfer = issued.transfer;
    assert_eq!(alice.state(transfer), "unsigned");
    bench.sandbox.broadcast(&tx).unwrap();
    let items = alice.wallet().transfer(transfer).unwrap().items;
    (contract, items[0].operation.unwrap())
}

#[test]
fn what_needs_no_signature_waits_for_those_of_what_it_builds_on() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let (contract, _) = issued_unsigned(&bench, &mut alice, &mut bob);
    bench.mine(1);
    alice.sync(&bench);
    bob.sync(&bench);
    let second = unsigned(&mut alice, &bob.witness(contract, 30)).transfer;
    assert_eq!(code(alice.wallet().deliver(second)), "unsigned");
    let requests = alice.wallet().signature_requests(second).unwrap();
    let signed = bob.wallet().cosign(&requests[0].bytes, &key(1)).unwrap();
    assert_eq!(signed.operations.len(), 1, "what issues");
    let missing = alice.wallet().add_signatures(second, &signed.bytes);
    assert_eq!(missing.unwrap(), 0);
    alice.wallet().broadcast(second, &bench.sandbox).unwrap();
    bench.mine(1);
    let files = alice.wallet().deliver(second).unwrap();
    assert_eq!(bob.accept(&bench, &files[0].bytes).unwrap().amount, 30);
}

#[test]
fn what_needs_a_signature_keeps_no_other_asset_back() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let bond = issue(&bench, &mut alice);
    let gold = bench.issue(&mut alice, "GOLD", 500);
    let payments = [pay(&bob.witness(bond, 300)), pay(&bob.witness(gold, 200))];
    let (prepared, tx) = alice.prepare(&payments, &PlanOptions::default()).unwrap();
    assert!(prepared.unsigned);
    let transfer = prepared.transfer;
    for n in [1, 2] {
        for request in alice.wallet().signature_requests(transfer).unwrap() {
            let signed = bob.wallet().cosign(&request.bytes, &key(n)).unwrap();
            alice
                .wallet()
                .add_signatures(transfer, &signed.bytes)
                .unwrap();
        }
    }
    alice.wallet().deliver(transfer).unwrap();
    alice.wallet().broadcast(transfer, &bench.sandbox).unwrap();
    bench.mine(1);
    alice.sync(&bench);
    let coins: Vec<_> = alice
        .sealed()
        .into_iter()
        .filter(|coin| coin.txid == tx.compute_txid())
        .map(|coin| alice.wallet().allocations(coin).unwrap())
        .collect();
    assert_eq!(coins.len(), 2, "a change of its own for each");
    assert!(coins.iter().all(|on| on.len() == 1), "{coins:?}");
    // The gold moves without asking anybody.
    let invoice = bob.witness(gold, 300);
    let received = bench.transfer(&mut alice, &mut bob, &invoice);
    assert_eq!(received.amount, 300);
}

/// A delta on the first leaf with a revealed seal that the last frame of a consignment shows, and nothing more.
fn delta_on(whole: &[u8]) -> Vec<u8> {
    let mut parts = parts(whole);
    let header = Header::decode(parts.next().unwrap().unwrap()).unwrap();
    let mut explicit = Explicit::new(&header);
    let mut entry = None;
    for part in parts {
        let Frame::Witness(frame) = explicit.frame(part.unwrap()).unwrap() else {
            continue;
        };
        let transition = &frame.transitions[0].transition;
        entry = transition.outputs.shown().find_map(|(owned_type, shown)| {
            let AssignedSeal::Revealed(seal) = shown.seal else {
                return None;
            };
            let leaf = Input {
                operation: transition.id(),
                owned_type,
                index: shown.index,
            };
            let (witness, seal) = (frame.witness.txid(), Some(seal));
            Some(BaseEntry {
                leaf,
                witness,
                seal,
            })
        });
    }
    let entry = entry.unwrap();
    let mut writer = Writer::new(&header).unwrap();
    let base = Base::new([entry]).unwrap();
    writer.frame(&Frame::Base(base)).unwrap();
    let terminals = Terminals::new([Terminal::Leaf(entry.leaf)]).unwrap();
    writer.finish(terminals).unwrap()
}

#[test]
fn what_was_prepared_and_never_signed_is_proven_to_nobody_not_even_to_its_maker() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let contract = issue(&bench, &mut alice);
    let invoice = bob.witness(contract, 300);
    let prepared = unsigned(&mut alice, &invoice);
    let whole = handed(&prepared);
    let delta = delta_on(&whole);
    assert_eq!(code(alice.wallet().validate(&whole)), "unsigned");
    assert_eq!(code(alice.wallet().validate(&delta)), "base-missing");
    for n in [1, 2] {
        let requests = alice
            .wallet()
            .signature_requests(prepared.transfer)
            .unwrap();
        let signed = bob.wallet().cosign(&requests[0].bytes, &key(n)).unwrap();
        let wallet = alice.wallet();
        wallet
            .add_signatures(prepared.transfer, &signed.bytes)
            .unwrap();
        let found = wallet.validate(&delta);
        match n {
            1 => assert_eq!(code(found), "base-missing", "one of two"),
            _ => assert_eq!(found.unwrap().get().base.len(), 1),
        }
    }
    // What is signed stays proven, whether it is sent or not.
    alice.wallet().cancel(prepared.transfer).unwrap();
    alice.wallet().validate(&delta).unwrap();
}

#[test]
fn what_was_cancelled_unsigned_is_not_proven() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let contract = issue(&bench, &mut alice);
    let prepared = unsigned(&mut alice, &bob.witness(contract, 300));
    let whole = handed(&prepared);
    alice.wallet().cancel(prepared.transfer).unwrap();
    assert_eq!(code(alice.wallet().validate(&whole)), "unsigned");
    let refused = alice.wallet().validate(&delta_on(&whole)).unwrap_err();
    assert_eq!(
        (refused.code(), refused.missing().len()),
        ("base-missing", 1)
    );
}

#[test]
fn what_needs_no_signature_is_not_proven_before_what_it_builds_on_has_those_it_needs() {
    for mined in 0..=2 {
        let bench = Bench::new();
        let mut alice = bench.party("alice", 100_000);
        let mut bob = bench.party("bob", 100_000);
        let (contract, issue) = issued_unsigned(&bench, &mut alice, &mut bob);
        if mined > 0 {
            bench.mine(1);
        }
        alice.sync(&bench);
        bob.sync(&bench);
        let second = unsigned(&mut alice, &bob.witness(contract, 30));
        let delta = delta_on(&handed(&second));
        let refused = |alice: &mut Party| {
            let refused = alice.wallet().validate(&delta).unwrap_err();
            assert_eq!(refused.code(), "base-missing");
            assert_eq!(refused.missing(), [issue]);
        };
        refused(&mut alice);
        if mined > 1 {
            let tx = alice.wallet().signed(second.transfer).unwrap();
            bench.sandbox.broadcast(&tx.unwrap()).unwrap();
            bench.mine(1);
            alice.sync(&bench);
            refused(&mut alice);
        }
        if mined == 0 {
            alice.wallet().cancel(second.transfer).unwrap();
            refused(&mut alice);
            continue;
        }
        let requests = alice.wallet().signature_requests(second.transfer).unwrap();
        let signed = bob.wallet().cosign(&requests[0].bytes, &key(1)).unwrap();
        let wallet = alice.wallet();
        wallet
            .add_signatures(second.transfer, &signed.bytes)
            .unwrap();
        assert_eq!(wallet.validate(&delta).unwrap().get().base.len(), 1);
    }
}
