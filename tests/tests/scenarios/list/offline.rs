//! Validation by a file of headers and the block proofs in a consignment, without any network.

use bitcoin::Txid;
use bulla_core::headers::{HeaderChain, ProofError, Proven, Unproven};
use bulla_core::validator::{Position, Settlement, validate};
use bulla_tests::people::{Person, Sent};
use bulla_tests::world::Chain;
use bulla_wallet::{Network, headers};

use super::{funded, issued};

/// The headers of somebody's wallet, through a file.
fn exported(person: &Person) -> HeaderChain {
    let chain = person.view().header_chain().expect("a chain");
    let file = chain.expect("it was synced").encode();
    headers::read(&Network::Regtest, &file).expect("what was exported can be read")
}

/// What was sent, as its sender hands it over now.
fn again(person: &mut Person, sent: &Sent) -> Vec<u8> {
    let mut all = person.wallet().deliver(sent.transfer).expect("signed");
    all.remove(0).bytes
}

/// How deep a consignment is settled, or the weakest witness and why it is not proven.
fn offline(bytes: &[u8], chain: &HeaderChain) -> Result<Option<u32>, (Txid, Unproven)> {
    let rules = bulla_tests::kit::rules();
    let consistent = validate(bytes, &rules).expect("consistent");
    let proofs = consistent.get().proofs.clone();
    let proven = Proven::new(chain, &proofs);
    match consistent.settle(&proven, 1).expect("a chain") {
        Settlement::Settled(settled) => Ok(settled.depth()),
        Settlement::Pending { weakest, .. } => {
            Err((weakest, proven.position(weakest).expect_err("unproven")))
        }
        conflicted @ Settlement::Conflicted { .. } => panic!("{conflicted:?}"),
    }
}

pub fn a_consignment_is_validated_by_headers_alone(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 10);
    let sent = alice.pay(chain, &mut bob, &invoice);
    // When it was sent, its witness was in no block.
    let first = (sent.txid(), Unproven::Missing);
    assert_eq!(offline(sent.bytes(), &exported(&bob)), Err(first));
    let later = again(&mut alice, &sent);
    assert_eq!(offline(&later, &exported(&bob)), Ok(Some(1)));
    chain.mine(2);
    bob.sync(chain);
    assert_eq!(offline(&later, &exported(&bob)), Ok(Some(3)));
    // Who received it hands the proofs on.
    let invoice = alice.invoice(contract, 4);
    let back = bob.pay(chain, &mut alice, &invoice);
    let unproven = (back.txid(), Unproven::Missing);
    assert_eq!(offline(back.bytes(), &exported(&alice)), Err(unproven));
    let later = again(&mut bob, &back);
    assert_eq!(offline(&later, &exported(&alice)), Ok(Some(1)));
}

pub fn a_reorg_renews_block_proofs(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let invoice = bob.invoice(contract, 10);
    let sent = alice.pay(chain, &mut bob, &invoice);
    let old = again(&mut alice, &sent);
    chain.reorg(1);
    alice.sync(chain);
    // Its block is gone, and with it the proof.
    let gone = (sent.txid(), Unproven::Missing);
    assert_eq!(
        offline(&again(&mut alice, &sent), &exported(&alice)),
        Err(gone)
    );
    chain.mine(1);
    alice.sync(chain);
    bob.sync(chain);
    let headers = exported(&bob);
    let (txid, reason) = offline(&old, &headers).expect_err("a stale proof");
    assert_eq!(txid, sent.txid());
    let root = matches!(reason, Unproven::Ignored(ProofError::Root { .. }));
    assert!(root, "{reason}");
    let new = again(&mut alice, &sent);
    assert_eq!(offline(&new, &headers), Ok(Some(1)));
    // A wallet asks its source: the stale proof harms nobody.
    assert!(bob.accept(chain, &old).already_known);
    let proofs = validate(&new, &bulla_tests::kit::rules())
        .expect("consistent")
        .get()
        .proofs
        .clone();
    let found = Proven::new(&headers, &proofs).position(sent.txid());
    let height = headers.height();
    assert_eq!(found, Ok(Position::Mined { height }));
}

/// Where a witness stands by the proof in a consignment.
fn position(bytes: &[u8], chain: &HeaderChain, witness: Txid) -> Result<Position, Unproven> {
    let consistent = validate(bytes, &bulla_tests::kit::rules()).expect("consistent");
    Proven::new(chain, &consistent.get().proofs).position(witness)
}

pub fn a_reorg_renews_the_proofs_of_what_others_sent(chain: &dyn Chain) {
    let (mut alice, mut bob, contract) = issued(chain);
    let mut carol = funded(chain, "carol");
    let invoice = bob.invoice(contract, 10);
    // Carol has no part in it, but in what builds on it.
    let ancestor = alice.pay(chain, &mut bob, &invoice).txid();
    let invoice = carol.invoice(contract, 8);
    bob.pay(chain, &mut carol, &invoice);
    let invoice = alice.invoice(contract, 5);
    let sent = carol.pay(chain, &mut alice, &invoice);
    let old = again(&mut carol, &sent);
    let before = exported(&carol);
    let height = before.height() - 2;
    assert_eq!(
        position(&old, &before, ancestor),
        Ok(Position::Mined { height })
    );
    chain.reorg(3);
    // A node forgets what was not to be mined so early, until its sender hands it out again.
    for person in [&mut alice, &mut bob, &mut carol] {
        person.sync(chain);
    }
    let without = again(&mut carol, &sent);
    let gone = Err(Unproven::Missing);
    assert_eq!(position(&without, &exported(&carol), ancestor), gone);
    chain.mine(1);
    carol.sync(chain);
    let headers = exported(&carol);
    let stale = position(&old, &headers, ancestor).expect_err("a stale proof");
    let root = matches!(stale, Unproven::Ignored(ProofError::Root { .. }));
    assert!(root, "{stale}");
    let new = again(&mut carol, &sent);
    let height = headers.height();
    assert_eq!(
        position(&new, &headers, ancestor),
        Ok(Position::Mined { height })
    );
    assert_eq!(offline(&new, &headers), Ok(Some(1)));
}
