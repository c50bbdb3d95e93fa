//! What sources say when they cannot answer.

use std::path::Path;

use bulla_tests::servers::{Bitcoind, Electrs};
use bulla_wallet::chain::{self, Position, ScanRequest, Sought, SourceError};
use serde_json::json;

use super::person::person;
use super::view::{View, set};
use super::world::{COIN, Ground, World, address};

#[test]
fn a_pruned_node_names_the_block_that_it_has_not_got() {
    let node = Bitcoind::start_pruned();
    let alice = person(1);
    let txid = node.fund(&address(&alice.script()), COIN).txid;
    let height = node.height();
    let url = node.url();
    let w = World::new(
        &url,
        Ground::Node {
            node: Box::new(node),
            electrs: None,
        },
    );
    w.mine(600);
    let recent = w.pay(&alice.script(), COIN);
    w.mine(1);
    let Ground::Node { node, .. } = &w.ground else {
        panic!("is a node")
    };
    node.rpc("pruneblockchain", &[json!(height + 200)]);
    let mut view = View {
        since: height + 1,
        ..View::new(&w, &alice)
    };
    view.scan(&w);
    assert_eq!(view.settled(), set([recent]), "what is older is not needed");
    let request = ScanRequest {
        scripts: &vec![alice.script()],
        since: 0,
        chain: view.chain.tip(),
        watch: Vec::new(),
    };
    let error = w.source.scan(&request).expect_err("the block is gone");
    assert!(
        matches!(error, SourceError::Pruned { height: found, .. } if found == height),
        "{error}"
    );
    let sought = Sought {
        txid,
        script: Some(alice.script()),
        inputs: Vec::new(),
    };
    let error = w
        .source
        .positions(&[sought])
        .expect_err("the block is gone");
    assert!(matches!(error, SourceError::Pruned { .. }), "{error}");
}

#[test]
fn a_transaction_beyond_the_last_blocks_needs_an_index() {
    let node = Bitcoind::start_with(&[]);
    let alice = person(1);
    let txid = node.fund(&address(&alice.script()), COIN).txid;
    let url = node.url();
    let w = World::new(
        &url,
        Ground::Node {
            node: Box::new(node),
            electrs: None,
        },
    );
    let sought = [Sought {
        txid,
        script: Some(alice.script()),
        inputs: Vec::new(),
    }];
    w.mine(2_015);
    assert!(matches!(w.positions(&sought)[..], [Position::Mined { .. }]));
    w.mine(1);
    assert!(
        matches!(w.positions(&sought)[..], [Position::Mined { .. }]),
        "its place is known"
    );
    let stranger =
        chain::open(&chain::parse(&url, Path::new("")).expect("a source")).expect("opens");
    let error = stranger
        .positions(&sought)
        .expect_err("not found, and not all was read");
    assert!(
        matches!(error, SourceError::NoIndex { txid: found, .. } if found == txid),
        "{error}"
    );
}

#[test]
fn a_cookie_is_as_good_as_a_password() {
    let node = Bitcoind::start();
    let url = format!(
        "bitcoind://{}?cookie={}",
        node.rpc_address(),
        node.cookie().display()
    );
    let source = chain::open(&chain::parse(&url, Path::new("")).expect("a source")).expect("opens");
    assert_eq!(source.tip().expect("answers").hash, node.tip());
    assert_eq!(source.name(), format!("bitcoind {}", node.rpc_address()));
}

#[test]
fn wrong_passwords_and_missing_servers_are_told_apart() {
    let node = Bitcoind::start();
    let address = node.rpc_address();
    let open = |url: &str| chain::open(&chain::parse(url, Path::new("")).expect("a source"));
    let source = open(&format!("bitcoind://me:wrong@{address}")).expect("nothing is asked yet");
    let error = source.tip().expect_err("wrong password");
    assert!(matches!(error, SourceError::Denied { .. }), "{error}");
    let error = open(&format!("bitcoind://{address}?cookie=/nowhere"))
        .err()
        .expect("no such file");
    assert!(matches!(error, SourceError::Cookie { .. }), "{error}");
    drop(node);
    let source = open(&format!("bitcoind://me:wrong@{address}")).expect("nothing is asked yet");
    let error = source.tip().expect_err("nobody is there");
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
    let error = open(&format!("electrum://{address}"))
        .err()
        .expect("nobody is there");
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
}

#[test]
fn a_server_that_speaks_otherwise_is_named() {
    let node = Bitcoind::start();
    let electrs = Electrs::start(&node);
    let open = |url: &str| chain::open(&chain::parse(url, Path::new("")).expect("a source"));
    let source =
        open(&format!("bitcoind://me:wrong@{}", electrs.address())).expect("nothing is asked yet");
    let error = source.tip().expect_err("an Electrum server is no node");
    assert!(
        error.to_string().contains(&electrs.address().to_string()),
        "{error}"
    );
    let error = open(&format!("electrum://{}", node.rpc_address()))
        .err()
        .expect("a node is no Electrum server");
    assert!(
        error.to_string().contains(&node.rpc_address().to_string()),
        "{error}"
    );
}
