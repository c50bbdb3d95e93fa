//! What an Electrum server says of blocks is checked against our own headers, never believed (attack
//! K10): each lie is named with who told it, and changes nothing.

use bdk_wallet::chain::BlockId;
use bulla_core::headers::{HeaderError, ProofError};
use bulla_tests::people::{Person, Sent, pay};
use bulla_tests::world::{Chain, Lie, OnLiar};
use bulla_wallet::Error;
use bulla_wallet::api::PlanOptions;
use bulla_wallet::chain::SourceError;

/// Bob, and what Alice has signed for him and nobody has seen.
struct Ground {
    chain: OnLiar,
    alice: Person,
    bob: Person,
    sent: Sent,
}

impl Ground {
    fn new() -> Self {
        let chain = OnLiar::start();
        let (mut alice, mut bob) = (Person::new("alice"), Person::new("bob"));
        alice.fund(&chain, 200_000);
        let contract = alice.issue(&chain, "CLAY", 1_000);
        bob.fund(&chain, 200_000);
        let invoice = bob.invoice(contract, 10);
        let sent = alice.hold(&[pay(&invoice)]);
        bob.sync(&chain);
        // A block whose header alone Bob knows.
        chain.mine(1);
        let headers = bob
            .wallet()
            .fetch_headers(chain.source().as_ref(), &mut |_, _| {});
        headers.expect("honest headers");
        Self {
            chain,
            alice,
            bob,
            sent,
        }
    }

    /// The last block, as it is.
    fn tip(&self) -> BlockId {
        self.chain.source().tip().expect("a tip")
    }

    /// What Bob is told when he reads the chain, and that it changed nothing.
    fn lied(&mut self, lie: Lie) -> SourceError {
        self.chain.say(lie);
        let chain = &self.chain;
        let answer = self.bob.unchanged(|bob| bob.try_sync(chain));
        let error = source_error(answer.expect_err("a lie"));
        let name = format!("electrum {}", chain.url().trim_start_matches("electrum://"));
        assert!(error.to_string().starts_with(&name), "{error}");
        chain.say(Lie::Nothing);
        self.bob.sync(chain);
        error
    }
}

fn source_error(error: Error) -> SourceError {
    match error {
        Error::Source(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_tells_the_truth_is_understood() {
    let Ground {
        chain,
        mut alice,
        mut bob,
        sent,
    } = Ground::new();
    let received = bob.accept(&chain, sent.bytes());
    assert_eq!(received.state.name(), "received");
    alice.acknowledge(&sent, &received);
    alice.broadcast(&chain, &sent);
    chain.mine(1);
    bob.sync(&chain);
    assert_eq!(bob.holding(received.contract).settled, 10);
    let ours = bob
        .view()
        .header_chain()
        .expect("a chain")
        .expect("headers");
    assert_eq!(ours.tip(), chain.source().tip().expect("a tip").hash);
}

#[test]
fn k10_a_branch_of_another_transaction_is_refused() {
    let mut ground = Ground::new();
    let (tx, txid) = (ground.sent.tx.clone(), ground.sent.txid());
    let tip = ground.tip().height;
    match ground.lied(Lie::Branch(tx.clone())) {
        SourceError::Unproven {
            txid: found,
            height,
            cause,
            ..
        } => {
            assert_eq!((found, height), (txid, tip));
            assert!(matches!(*cause, ProofError::Root { .. }), "{cause:?}");
        }
        other => panic!("{other:?}"),
    }
    // Nor is it credited when the consignment comes.
    ground.chain.say(Lie::Branch(tx));
    let (chain, bytes) = (&ground.chain, ground.sent.bytes());
    let refused = ground.bob.unchanged(|bob| bob.try_accept(chain, bytes));
    let error = source_error(refused.expect_err("a lie"));
    assert!(matches!(error, SourceError::Unproven { .. }), "{error:?}");
}

#[test]
fn k10_a_block_that_the_server_made_is_refused() {
    let mut ground = Ground::new();
    let tip = ground.tip();
    match ground.lied(Lie::Block(ground.sent.tx.clone())) {
        SourceError::NotInChain { height, found, .. } => {
            assert_eq!(height, tip.height);
            assert_ne!(found, tip.hash);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn k10_a_conflict_in_a_block_that_the_server_made_is_refused() {
    let mut ground = Ground::new();
    let received = ground.bob.accept(&ground.chain, ground.sent.bytes());
    assert_eq!(received.state.name(), "received");
    // Somebody else signed another spend of the same coins.
    let mut thief = ground.alice.backup("thief");
    thief.cancel(&ground.sent);
    let again = ground.bob.invoice(received.contract, 20);
    let prepared = thief.prepare(&[pay(&again)], &PlanOptions::default());
    let rival = thief.finish(prepared).tx;
    assert!(
        rival.input.iter().any(|input| {
            let spent = input.previous_output;
            ground
                .sent
                .tx
                .input
                .iter()
                .any(|other| other.previous_output == spent)
        }),
        "it conflicts"
    );
    let error = ground.lied(Lie::Block(rival));
    assert!(matches!(error, SourceError::NotInChain { .. }), "{error:?}");
}

#[test]
fn k08_k04_another_height_or_position_is_refused() {
    for lie in [Lie::Height, Lie::Position] {
        let chain = OnLiar::start();
        let mut bob = Person::new("bob");
        chain.fund(&bob.address(), 10_000);
        chain.say(lie.clone());
        let error = source_error(bob.try_sync(&chain).expect_err("a lie"));
        let SourceError::Unproven { cause, .. } = error else {
            panic!("{lie:?}: {error:?}");
        };
        assert!(
            matches!(*cause, ProofError::Root { .. }),
            "{lie:?}: {cause:?}"
        );
        assert_eq!(bob.sats(), 0);
    }
}

#[test]
fn k06_headers_without_the_most_work_are_refused() {
    let mut ground = Ground::new();
    let tip = ground.tip().height;
    match ground.lied(Lie::Branched) {
        SourceError::Weaker {
            fork,
            height,
            wallet,
            ..
        } => {
            assert_eq!((fork, height, wallet), (tip - 1, tip, tip));
        }
        other => panic!("{other:?}"),
    }
    match ground.lied(Lie::Ahead) {
        SourceError::Protocol { call, found, .. } => {
            assert_eq!(call, "blockchain.block.headers");
            assert_eq!(found, "0 answers for 1 calls");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn k06_headers_that_break_a_rule_are_refused() {
    let mut ground = Ground::new();
    ground.chain.mine(1);
    let tip = ground.tip().height;
    match ground.lied(Lie::Target) {
        SourceError::Headers { cause, .. } => {
            let bits = matches!(*cause, HeaderError::Bits { height, .. } if height == tip);
            assert!(bits, "{cause:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// A client that believed the count would read beyond what came.
#[test]
fn headers_are_counted_not_believed() {
    let mut ground = Ground::new();
    ground.chain.mine(1);
    ground.chain.say(Lie::Count);
    let tip = ground.tip();
    assert_eq!(ground.bob.sync(&ground.chain).tip, tip);
}
