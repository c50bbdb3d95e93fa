//! Proving what a wallet owns, and every way in which such a proof is refused.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{OutPoint, ScriptBuf, Witness};
use bulla_core::ContractId;
use bulla_core::consignment::{Writer, parts};
use bulla_core::frame::{Terminal, Terminals};
use bulla_core::header::Header;
use bulla_core::headers::Proven;
use bulla_core::operation::Input;
use bulla_core::validator::{Check, Rules, SchemaPolicy};
use bulla_wallet::Network;
use bulla_wallet::chain::{ChainSource, View};
use bulla_wallet::proofs::{Challenge, Expected, Owned, Proof, ProofError, Verdict, check};
use bulla_wallet::sandbox::{Confirm, Contents};

use crate::bench::{Bench, Party, passphrase, pay};

fn view(bench: &Bench) -> View<'_> {
    View {
        source: &bench.sandbox,
        network: &Network::Regtest,
        wallet: None,
    }
}

const ASKED: &str = "Bank of Ur, 2026-11-21";

fn challenge(text: &str) -> Challenge {
    text.parse().unwrap()
}

fn rules() -> Rules<'static> {
    Rules::new(Network::Regtest.id(), SchemaPolicy::Any)
}

fn judge(proof: Proof) -> Result<Owned, ProofError> {
    let expected = Expected {
        challenge: Some(challenge(ASKED)),
        contract: None,
    };
    check(proof, &rules(), &expected)
}

fn prove(party: &mut Party, contract: ContractId) -> Proof {
    let coins = BTreeSet::new();
    let wallet = party.wallet();
    let proof = wallet.prove(contract, &challenge(ASKED), &coins, &passphrase(), None);
    proof.unwrap()
}

/// A proof without hints where its coins were mined, which nobody signs.
fn bare(party: &mut Party, contract: ContractId) -> Proof {
    let mut proof = prove(party, contract);
    for coin in &mut proof.coins {
        coin.mined = None;
    }
    proof
}

/// Alice with change on a tapret coin and a payment on a coin that she had; Bob with the rest.
fn scene() -> (Bench, Party, Party, ContractId) {
    let bench = Bench::new();
    let (mut alice, mut bob) = (bench.party("alice", 100_000), bench.party("bob", 100_000));
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let invoice = bob.witness(contract, 300);
    bench.transfer(&mut alice, &mut bob, &invoice);
    bench.carriers(&mut alice, 1);
    let invoice = alice.blind(contract, 50);
    bench.transfer(&mut bob, &mut alice, &invoice);
    alice.sync(&bench);
    (bench, alice, bob, contract)
}

#[test]
fn what_a_wallet_holds_is_proven_on_coins_of_every_kind() {
    let (bench, mut alice, mut bob, contract) = scene();
    for (party, amount, coins) in [(&mut alice, 750, 2), (&mut bob, 250, 1)] {
        let proof = prove(party, contract);
        assert_eq!(proof.coins.len(), coins);
        let read = Proof::decode(&proof.encode()).unwrap();
        assert_eq!(read, proof);
        let owned = judge(read).unwrap();
        assert_eq!(owned.amounts(), [(0, amount)].into());
        let standing = owned.settle(&view(&bench), 1).unwrap();
        assert_eq!(standing.verdict, Verdict::Settled);
    }
    let wallet = alice.wallet();
    let tapret = wallet.coins().iter().any(|coin| coin.tapret.is_some());
    assert!(tapret, "Alice proved a coin whose key is tweaked");
}

#[test]
fn an_allocation_of_the_genesis_is_proven_without_any_witness() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let owned = judge(prove(&mut alice, contract)).unwrap();
    assert_eq!(owned.amounts(), [(0, 1_000)].into());
    assert!(owned.content.get().witnesses.is_empty());
    let standing = owned.settle(&view(&bench), 1).unwrap();
    let (weakest, depth) = standing.weakest.unwrap();
    assert_eq!((weakest, depth), (owned.coins[0].outpoint.txid, 1));
    assert_eq!(standing.verdict, Verdict::Settled);
    let deeper = owned.settle(&view(&bench), 2).unwrap();
    assert_eq!(deeper.verdict, Verdict::Pending);
}

#[test]
fn headers_are_enough_to_settle_a_proof_but_not_to_see_what_was_spent() {
    let (bench, mut alice, mut bob, contract) = scene();
    let source = Some(&bench.sandbox as &dyn ChainSource);
    let coins = BTreeSet::new();
    let wallet = alice.wallet();
    let proof = wallet.prove(contract, &challenge(ASKED), &coins, &passphrase(), source);
    let proof = proof.unwrap();
    assert!(proof.coins.iter().all(|coin| coin.mined.is_some()));
    let owned = judge(Proof::decode(&proof.encode()).unwrap()).unwrap();
    let invoice = bob.witness(contract, 720);
    bench.transfer(&mut alice, &mut bob, &invoice);
    let chain = alice.wallet().header_chain().unwrap().unwrap();
    let proofs = owned.block_proofs();
    let standing = owned.settle(&Proven::new(&chain, &proofs), 1).unwrap();
    assert_eq!(standing.verdict, Verdict::Settled);
    let unproven = BTreeMap::new();
    let standing = owned.settle(&Proven::new(&chain, &unproven), 1).unwrap();
    assert_eq!(
        standing.verdict,
        Verdict::Pending,
        "a proof that is left out settles nothing"
    );
}

#[test]
fn a_history_below_the_birthday_is_proven_in_the_chain_after_a_reset() {
    let (bench, mut alice, _, contract) = scene();
    bench.mine(1);
    alice.sync(&bench);
    let proofs = |alice: &mut Party| {
        let owned = judge(prove(alice, contract)).unwrap();
        owned.content.get().proofs.clone()
    };
    let before = proofs(&mut alice);
    assert!(!before.is_empty());
    let tip = alice.wallet().tip().height;
    alice.wallet().set_birthday(tip).unwrap();
    alice.wallet().reset_headers().unwrap();
    assert!(proofs(&mut alice).is_empty());
    alice.sync(&bench);
    assert_eq!(proofs(&mut alice), before);
}

#[test]
fn only_named_coins_are_proven() {
    let (_bench, mut alice, _, contract) = scene();
    let all = prove(&mut alice, contract);
    let coins = BTreeSet::from([all.coins[1].outpoint]);
    let some = alice
        .wallet()
        .prove(contract, &challenge(ASKED), &coins, &passphrase(), None)
        .unwrap();
    let found: Vec<_> = some.coins.iter().map(|coin| coin.outpoint).collect();
    assert_eq!(found, [all.coins[1].outpoint]);
    assert!(judge(some).is_ok());
}

#[test]
fn what_is_not_held_cannot_be_proven() {
    let (bench, mut alice, _, contract) = scene();
    let outpoint = OutPoint::null();
    let named = alice.wallet().prove(
        contract,
        &challenge(ASKED),
        &BTreeSet::from([outpoint]),
        &passphrase(),
        None,
    );
    let expected = ProofError::NotHeld { contract, outpoint };
    assert_eq!(named.unwrap_err().to_string(), expected.to_string());
    let mut carol = bench.party("carol", 0);
    let file = alice.wallet().contract_file(contract).unwrap();
    carol.wallet().import_contract(&file).unwrap();
    let nothing = carol.wallet().prove(
        contract,
        &challenge(ASKED),
        &BTreeSet::new(),
        &passphrase(),
        None,
    );
    let expected = ProofError::NothingHeld { contract };
    assert_eq!(nothing.unwrap_err().to_string(), expected.to_string());
}

#[test]
fn a_proof_is_of_no_use_for_another_challenge() {
    let (_bench, mut alice, _, contract) = scene();
    let (asked, other) = (challenge(ASKED), challenge("Bank of Uruk"));
    let proof = alice
        .wallet()
        .prove(contract, &other, &BTreeSet::new(), &passphrase(), None)
        .unwrap();
    let replayed = judge(proof.clone());
    let expected = ProofError::Challenge {
        found: other,
        expected: asked.clone(),
    };
    assert_eq!(replayed, Err(expected));
    let outpoint = proof.coins[0].outpoint;
    let relabelled = Proof {
        challenge: asked,
        ..proof
    };
    assert_eq!(judge(relabelled), Err(ProofError::Signature { outpoint }));
}

#[test]
fn a_proof_is_of_no_use_for_another_contract_or_network() {
    let (bench, mut alice, _, contract) = scene();
    let proof = prove(&mut alice, contract);
    let other = bench.issue(&mut alice, "LEAD", 5);
    let asked = Expected {
        challenge: None,
        contract: Some(other),
    };
    let wrong = ProofError::Contract {
        found: contract,
        expected: other,
    };
    assert_eq!(check(proof.clone(), &rules(), &asked), Err(wrong));
    let relabelled = Proof {
        contract: other,
        ..proof.clone()
    };
    let wrong = ProofError::Contract {
        found: other,
        expected: contract,
    };
    assert_eq!(judge(relabelled), Err(wrong));
    let elsewhere = Rules::new(Network::SIGNET.id(), SchemaPolicy::Any);
    let wrong = ProofError::Network {
        found: Network::Regtest.id(),
        expected: Network::SIGNET.id(),
    };
    assert_eq!(check(proof, &elsewhere, &Expected::default()), Err(wrong));
}

#[test]
fn a_coin_that_is_left_out_or_added_is_named() {
    let (bench, mut alice, _, contract) = scene();
    let mut less = prove(&mut alice, contract);
    let outpoint = less.coins.remove(1).outpoint;
    assert_eq!(judge(less), Err(ProofError::Unlisted { outpoint }));
    let mut more = prove(&mut alice, contract);
    let lead = bench.issue(&mut alice, "LEAD", 5);
    let coin = prove(&mut alice, lead).coins.remove(0);
    let outpoint = coin.outpoint;
    more.coins.push(coin);
    more.coins.sort_by_key(|coin| coin.outpoint);
    assert_eq!(judge(more), Err(ProofError::Empty { outpoint }));
}

#[test]
fn nobody_proves_a_coin_that_he_cannot_spend() {
    let (_bench, mut alice, mut bob, contract) = scene();
    let (proof, foreign) = (prove(&mut alice, contract), prove(&mut bob, contract));
    let outpoint = proof.coins[0].outpoint;
    let mut swapped = proof.clone();
    swapped.coins[0].signature = proof.coins[1].signature.clone();
    assert_eq!(judge(swapped), Err(ProofError::Signature { outpoint }));
    let mut signed_by_bob = proof.clone();
    signed_by_bob.coins[0].signature = foreign.coins[0].signature.clone();
    let refused = Err(ProofError::Signature { outpoint });
    assert_eq!(judge(signed_by_bob), refused);
    let mut unsigned = proof.clone();
    unsigned.coins[0].signature = Witness::new();
    assert_eq!(judge(unsigned), Err(ProofError::Unsupported { outpoint }));
    let mut other_transaction = proof;
    other_transaction.coins[0].transaction = foreign.coins[0].transaction.clone();
    let refused = Err(ProofError::Transaction { outpoint });
    assert_eq!(judge(other_transaction), refused);
}

#[test]
fn a_leaf_that_is_not_open_or_not_seen_is_refused() {
    let (bench, mut alice, mut bob, contract) = scene();
    let mut spent = prove(&mut alice, contract);
    let genesis = Input {
        operation: contract.into(),
        owned_type: 0,
        index: 0,
    };
    spent.consignment = with_terminal(&spent.consignment, Terminal::Leaf(genesis));
    match judge(spent) {
        Err(ProofError::Refused(failure)) => {
            assert_eq!(failure.report().check, Check::Terminal, "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
    bench.carriers(&mut bob, 1);
    let invoice = bob.blind(contract, 5);
    let paid = alice.pay(&bench, &[pay(&invoice)]).unwrap();
    let mut secret = prove(&mut bob, contract);
    secret.consignment = paid.files[0].clone();
    assert_eq!(judge(secret), Err(ProofError::Unseen));
}

/// The same history with one terminal.
fn with_terminal(consignment: &[u8], terminal: Terminal) -> Vec<u8> {
    let all: Vec<_> = parts(consignment).map(Result::unwrap).collect();
    let mut writer = Writer::new(&Header::decode(all[0]).unwrap()).unwrap();
    for frame in &all[1..all.len() - 1] {
        writer.part(frame).unwrap();
    }
    writer.finish(Terminals::new([terminal]).unwrap()).unwrap()
}

#[test]
fn a_coin_that_was_spent_since_is_seen_by_the_chain_alone() {
    let (bench, mut alice, mut bob, contract) = scene();
    let proof = prove(&mut alice, contract);
    let invoice = bob.witness(contract, 720);
    bench.transfer(&mut alice, &mut bob, &invoice);
    let owned = judge(proof).expect("nothing in the proof tells what happened later");
    let standing = owned.settle(&view(&bench), 1).unwrap();
    assert!(
        matches!(standing.verdict, Verdict::Spent(_)),
        "{standing:?}"
    );
}

#[test]
fn a_history_that_a_reorg_took_back_is_not_settled() {
    let (bench, mut alice, _, contract) = scene();
    let owned = judge(prove(&mut alice, contract)).unwrap();
    assert_eq!(
        owned.settle(&view(&bench), 1).unwrap().verdict,
        Verdict::Settled
    );
    let nowhere = ScriptBuf::new();
    bench
        .sandbox
        .reorg(2, &Contents::Nothing, &nowhere)
        .unwrap();
    let standing = owned.settle(&view(&bench), 1).unwrap();
    assert_eq!(standing.verdict, Verdict::Pending);
}

#[test]
fn a_proof_has_one_form_and_nothing_else_is_read() {
    let (_bench, mut alice, _, contract) = scene();
    let bytes = bare(&mut alice, contract).encode();
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let again = |head: &str| {
        let file = [head.as_bytes(), b"\n\n"].concat();
        Proof::decode(&file)
    };
    assert!(
        again(&head).is_ok(),
        "what the consignment is, is not looked at here"
    );
    let coin = head.lines().last().unwrap();
    let cases = [
        (head.replacen("proof", "prove", 1), "another first line"),
        (head.replacen("network ", "net ", 1), "no line `network`"),
        (head.replacen("network b", "network B", 1), "no network id"),
        (head.replacen("contract ", "", 1), "no line `contract`"),
        (
            head.replacen("challenge", "challenged", 1),
            "no line `challenge`",
        ),
        (
            head.lines().take(4).collect::<Vec<_>>().join("\n"),
            "no coin",
        ),
        (format!("{head}\n{coin}"), "coins that do not ascend"),
        (format!("{head}\nsomething"), "a line that is no coin"),
        (
            format!("{head} 1:2:ab"),
            "a block proof that cannot be read",
        ),
        (format!("{head} 01:2:"), "not in its one form"),
        (format!("{head} 1:2: "), "a line that is no coin"),
        (head.to_uppercase(), "another first line"),
    ];
    for (head, expected) in cases {
        match again(&head) {
            Err(ProofError::Malformed { what }) => assert_eq!(what, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    let mut witnessed = bare(&mut alice, contract);
    witnessed.coins[0].transaction.input[0].witness = Witness::from_slice(&[[1]]);
    let what = "a transaction without witness data that cannot be read";
    assert_eq!(
        Proof::decode(&witnessed.encode()),
        Err(ProofError::Malformed { what })
    );
    let later = again(&head.replacen("proof 1", "proof 2", 1));
    let found = "2".to_owned();
    assert_eq!(later, Err(ProofError::Version { found }));
    let carriage = again(&head.replace('\n', "\r\n"));
    let found = "1\\r".to_owned();
    assert_eq!(carriage, Err(ProofError::Version { found }));
    for length in 0..end + 2 {
        assert!(Proof::decode(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_proof_with_every_digit_changed_in_turn_is_refused() {
    let (_bench, mut alice, _, contract) = scene();
    let bytes = bare(&mut alice, contract).encode();
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    for at in (0..end).step_by(29) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let judged = Proof::decode(&changed).and_then(judge);
        assert!(judged.is_err(), "{at}");
    }
}

#[test]
fn coins_under_nothing_are_told_apart_by_the_chain() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let contract = bench.issue(&mut alice, "GOLD", 1_000);
    let owned = judge(prove(&mut alice, contract)).unwrap();
    let elsewhere = Bench::new();
    let script = alice.wallet().address().unwrap().script_pubkey();
    let sats = bitcoin::Amount::from_sat(1_000);
    elsewhere.sandbox.fund(&script, sats, Confirm::Now).unwrap();
    let standing = owned.settle(&view(&elsewhere), 1).unwrap();
    assert_eq!(standing.verdict, Verdict::Pending);
    assert_eq!(standing.weakest.map(|(_, depth)| depth), Some(0));
}
