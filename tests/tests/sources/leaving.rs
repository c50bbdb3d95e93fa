//! Sources that go away: the answer is an error, or what it was before, and never another one.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bdk_wallet::chain::local_chain::LocalChain;
use bitcoin::{Amount, Transaction};
use bulla_tests::servers::{Bitcoind, Electrs};
use bulla_wallet::chain::{self, ChainSource, Position, ScanRequest, Sought, SourceError};

use super::person::{Person, person};
use super::world::{COIN, FEE, address};

/// A server whose answers pass through here and break off after so many bytes.
struct Proxy {
    address: SocketAddr,
    left: Arc<AtomicUsize>,
}

impl Proxy {
    fn start(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("is bound");
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let shared = Arc::clone(&left);
        // Both threads of a connection end with it, this one with the test process.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if let Ok(server) = TcpStream::connect(server) {
                    join(client, server, &shared);
                }
            }
        });
        Proxy { address, left }
    }

    fn break_off_after(&self, bytes: usize) {
        self.left.store(bytes, Ordering::SeqCst);
    }
}

fn join(client: TcpStream, server: TcpStream, left: &Arc<AtomicUsize>) {
    let (Ok(mut from_client), Ok(mut to_server)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    thread::spawn(move || {
        let copied = io::copy(&mut from_client, &mut to_server);
        // It has ended, well or not: so does the other direction.
        let _ = (copied, to_server.shutdown(Shutdown::Both));
    });
    let left = Arc::clone(left);
    thread::spawn(move || answer(client, server, &left));
}

fn answer(mut client: TcpStream, mut server: TcpStream, left: &AtomicUsize) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        let take = |left: usize| Some(left.saturating_sub(read));
        let before = left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
            .expect("always some");
        let passed = read.min(before);
        if client.write_all(&buffer[..passed]).is_err() || passed < read {
            break;
        }
    }
    // What is closed already needs no closing.
    let _ = (
        client.shutdown(Shutdown::Both),
        server.shutdown(Shutdown::Both),
    );
}

/// What is asked of a source on this ground.
struct Asked {
    owner: Person,
    chain: LocalChain,
    mined: Transaction,
    waiting: Transaction,
    rival: Transaction,
}

/// The answers to all questions, in words, or the first failure.
type Answers = Result<Vec<String>, SourceError>;

impl Asked {
    /// A mined spend, a waiting one, and one that conflicts with the mined one.
    fn on(node: &Bitcoind) -> Asked {
        let owner = person(1);
        let coins = [0, 1].map(|_| {
            let outpoint = node.fund(&address(&owner.script()), COIN);
            let output = bitcoin::TxOut {
                value: Amount::from_sat(COIN),
                script_pubkey: owner.script(),
            };
            (outpoint, output)
        });
        let to = person(2).script();
        let genesis = bitcoin::constants::genesis_block(bitcoin::Network::Regtest);
        let asked = Asked {
            chain: LocalChain::from_genesis_hash(genesis.block_hash()).0,
            mined: owner.spend(&coins[0], &to, FEE),
            waiting: owner.spend(&coins[1], &to, FEE),
            rival: owner.spend(&coins[0], &to, FEE * 2),
            owner,
        };
        let send = |tx: &Transaction| {
            let hex = bitcoin::consensus::encode::serialize_hex(tx);
            node.rpc("sendrawtransaction", &[serde_json::json!(hex)]);
        };
        send(&asked.mined);
        node.mine(1);
        send(&asked.waiting);
        asked
    }

    fn ask(&self, source: &dyn ChainSource) -> Answers {
        let sought = [&self.mined, &self.waiting, &self.rival].map(Sought::of);
        let positions = source.positions(&sought)?;
        let request = ScanRequest {
            scripts: &vec![self.owner.script()],
            since: 0,
            chain: self.chain.tip(),
            watch: Vec::new(),
        };
        let scan = source.scan(&request)?;
        let mut found: Vec<_> = scan.txs.txs.iter().map(|tx| tx.compute_txid()).collect();
        found.sort_unstable();
        let transaction = source.transaction(self.mined.compute_txid())?;
        Ok(vec![
            format!("{positions:?}"),
            format!("{:?} {found:?}", scan.chain.block_id()),
            format!("{:?} {:?}", scan.txs.anchors, scan.txs.evicted_ats),
            format!("{transaction:?}"),
            format!("{:?}", source.relay_fee()?),
            format!("{:?}", source.tip()?),
        ])
    }

    /// Whether the rival, which is refused, is refused as such or not answered at all.
    fn assert_never_taken(&self, source: &dyn ChainSource) {
        match source.broadcast(&self.rival) {
            Err(SourceError::Refused { reason, .. }) => {
                let expected = "bad-txns-inputs-missingorspent";
                assert!(reason.contains(expected), "{reason}");
            }
            Err(error) => assert_unreachable(&error),
            Ok(()) => panic!("a rival of a mined transaction was taken"),
        }
    }
}

fn assert_unreachable(error: &SourceError) {
    let unreachable = matches!(error, SourceError::Unreachable { .. });
    assert!(unreachable, "{error:?}");
}

fn open(url: &str) -> Result<Box<dyn ChainSource>, SourceError> {
    chain::open(&chain::parse(url, Path::new("unused")).expect("a source"))
}

/// Asks all through a proxy that breaks off at the beginning of each part of the answers.
fn assert_no_other_answer(asked: &Asked, server: SocketAddr, url: &str, parts: usize) {
    let proxy = Proxy::start(server);
    let url = url.replace(&server.to_string(), &proxy.address.to_string());
    let ask = || open(&url).and_then(|source| asked.ask(source.as_ref()));
    let whole = ask().expect("nothing breaks off");
    let total = usize::MAX - proxy.left.load(Ordering::SeqCst);
    for part in 0..parts {
        let bytes = total * part / parts;
        proxy.break_off_after(bytes);
        let error = ask().expect_err("it breaks off");
        assert_unreachable(&error);
        proxy.break_off_after(bytes);
        if let Ok(source) = open(&url) {
            asked.assert_never_taken(source.as_ref());
        }
    }
    proxy.break_off_after(usize::MAX);
    assert_eq!(ask().expect("nothing breaks off"), whole);
}

#[test]
fn a_node_that_breaks_off_in_the_middle_is_unreachable_and_never_says_absent() {
    let node = Bitcoind::start();
    let asked = Asked::on(&node);
    assert_no_other_answer(&asked, node.rpc_address(), &node.url(), 40);
}

#[test]
fn a_node_without_indexes_that_breaks_off_is_unreachable_and_never_says_absent() {
    let node = Bitcoind::start_with(&["-blockfilterindex=1"]);
    let asked = Asked::on(&node);
    assert_no_other_answer(&asked, node.rpc_address(), &node.url(), 40);
}

#[test]
fn an_electrs_that_breaks_off_in_the_middle_is_unreachable_and_never_says_absent() {
    let node = Bitcoind::start();
    let electrs = Electrs::start(&node);
    let asked = Asked::on(&node);
    electrs.wait_synced(&node);
    // The client pauses for seconds before it tries again.
    assert_no_other_answer(&asked, electrs.address(), &electrs.url(), 5);
}

/// Asks every question of a source that is gone.
fn assert_all_unreachable(asked: &Asked, source: &dyn ChainSource) {
    let sought = [Sought::of(&asked.mined)];
    let request = ScanRequest {
        scripts: &vec![asked.owner.script()],
        since: 0,
        chain: asked.chain.tip(),
        watch: Vec::new(),
    };
    let never_seen = asked.rival.compute_txid();
    let errors = [
        source.genesis().err(),
        source.tip().err(),
        source.scan(&request).err(),
        source.positions(&sought).err(),
        source.transaction(never_seen).err(),
        source.broadcast(&asked.waiting).err(),
        source.relay_fee().err(),
        source.estimate_fee(6).err(),
    ];
    for error in errors {
        let error = error.expect("nobody answers");
        assert_unreachable(&error);
        let text = error.to_string();
        assert!(text.contains(&source.name()), "{text}");
    }
}

#[test]
fn a_node_that_is_gone_is_unreachable_for_every_question() {
    let node = Bitcoind::start();
    let asked = Asked::on(&node);
    let source = open(&node.url()).expect("opens");
    asked.ask(source.as_ref()).expect("it is there");
    drop(node);
    assert_all_unreachable(&asked, source.as_ref());
}

#[test]
fn an_electrs_that_is_gone_is_unreachable_for_every_question() {
    let node = Bitcoind::start();
    let electrs = Electrs::start(&node);
    let asked = Asked::on(&node);
    electrs.wait_synced(&node);
    let source = open(&electrs.url()).expect("opens");
    asked.ask(source.as_ref()).expect("it is there");
    drop(electrs);
    assert_all_unreachable(&asked, source.as_ref());
}

#[test]
#[ignore = "long: electrs and the client wait for the node, a minute each"]
fn an_electrs_without_its_node_takes_no_transaction_and_refuses_none() {
    let node = Bitcoind::start();
    let electrs = Electrs::start(&node);
    let asked = Asked::on(&node);
    electrs.wait_synced(&node);
    let source = open(&electrs.url()).expect("opens");
    drop(node);
    let error = source.broadcast(&asked.rival).expect_err("nobody takes it");
    assert!(!matches!(error, SourceError::Refused { .. }), "{error:?}");
    if let Ok(positions) = source.positions(&[Sought::of(&asked.mined)]) {
        assert!(matches!(positions.list[..], [Position::Mined { .. }]));
    }
}
