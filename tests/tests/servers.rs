//! The servers of the harness do what the scenarios rely on.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use bitcoin::hashes::Hash;
use bitcoin::{Address, Amount, Network, ScriptBuf, Txid, WScriptHash};
use bitcoincore_rpc::{Auth, Client as Rpc, RpcApi};
use bulla_tests::servers::{Bitcoind, Electrs};
use electrum_client::{Client, ElectrumApi};
use serde_json::{Value, json};

/// An address that the node holds no key of, another one for each `number`.
fn address(number: u8) -> Address {
    let script = ScriptBuf::new_p2wsh(&WScriptHash::from_byte_array([number; 32]));
    Address::from_script(&script, Network::Regtest).expect("a P2WSH script has an address")
}

fn confirmations(node: &Bitcoind, txid: Txid) -> u64 {
    node.rpc("getrawtransaction", &[json!(txid), json!(true)])["confirmations"]
        .as_u64()
        .unwrap_or(0)
}

fn heights(client: &Client, address: &Address) -> Vec<(Txid, i32)> {
    let history = client
        .script_get_history(&address.script_pubkey())
        .expect("electrs answers");
    history
        .iter()
        .map(|entry| (entry.tx_hash, entry.height))
        .collect()
}

#[test]
fn bitcoind_funds_an_address_and_mines_the_payment() {
    let node = Bitcoind::start();
    let height = node.height();
    let coin = node.fund(&address(1), 70_000);
    assert_eq!(node.height(), height + 1);
    assert_eq!(confirmations(&node, coin.txid), 1);
    let output = node
        .client()
        .get_tx_out(&coin.txid, coin.vout, None)
        .unwrap()
        .expect("the coin is unspent");
    assert_eq!(output.value, Amount::from_sat(70_000));
    assert_eq!(
        output.script_pub_key.hex,
        address(1).script_pubkey().to_bytes()
    );
}

#[test]
fn bitcoind_pays_more_often_than_it_has_coins_and_up_to_almost_a_whole_coin() {
    let node = Bitcoind::start();
    for number in 0..50 {
        node.pay(&address(number), 1_000);
    }
    node.mine(1);
    assert_eq!(node.rpc("getmempoolinfo", &[])["size"], 0);
    let coin = node.fund(&address(1), 49_9990_0000);
    assert_eq!(confirmations(&node, coin.txid), 1);
}

#[test]
fn a_payment_returns_to_the_mempool_by_a_reorg_and_is_mined_again() {
    let node = Bitcoind::start();
    let coin = node.fund(&address(1), 70_000);
    let (tip, height) = (node.tip(), node.height());
    let blocks = node.reorg(1);
    assert_eq!(blocks.len(), 2);
    assert_eq!(node.height(), height + 1);
    assert_ne!(node.rpc("getblockhash", &[json!(height)]), json!(tip));
    assert_eq!(confirmations(&node, coin.txid), 0);
    node.mine(1);
    assert_eq!(confirmations(&node, coin.txid), 1);
}

#[test]
fn reorgs_one_after_the_other_replace_each_other() {
    let node = Bitcoind::start();
    let height = node.height();
    for round in 1..=3 {
        node.reorg(2);
        assert_eq!(node.height(), height + round);
    }
}

#[test]
fn a_reorg_can_hold_a_conflicting_payment_which_evicts_the_first() {
    let node = Bitcoind::start();
    let first = node.fund(&address(1), 70_000);
    let second = node.pay_instead(first.txid, &address(2), 60_000);
    node.reorg_with(1, std::slice::from_ref(&second));
    assert_eq!(confirmations(&node, second.compute_txid()), 2);
    assert_eq!(node.rpc("getrawmempool", &[]), json!([]));
    let coin = node
        .client()
        .get_tx_out(&first.txid, first.vout, Some(true))
        .unwrap();
    assert!(coin.is_none(), "the evicted payment still pays: {coin:?}");
    let later = node.fund(&address(3), 50_000);
    assert_eq!(confirmations(&node, later.txid), 1);
}

#[test]
fn a_payment_with_a_higher_fee_replaces_the_first_in_the_mempool() {
    let node = Bitcoind::start();
    let first = node.pay(&address(1), 70_000);
    let second = node.pay_instead(first.txid, &address(2), 70_000);
    node.client().send_raw_transaction(&second).unwrap();
    assert_eq!(
        node.rpc("getrawmempool", &[]),
        json!([second.compute_txid()])
    );
}

#[test]
fn a_pruned_node_forgets_blocks_and_keeps_their_filters() {
    let node = Bitcoind::start_pruned();
    let early = node.rpc("getblockhash", &[json!(2)]);
    node.mine(600);
    let pruned = node.rpc("pruneblockchain", &[json!(400)]).as_u64().unwrap();
    assert!(pruned >= 2, "blocks up to {pruned} are pruned");
    let error = node
        .client()
        .call::<Value>("getblock", std::slice::from_ref(&early))
        .unwrap_err();
    assert!(error.to_string().contains("pruned data"), "{error}");
    assert!(node.rpc("getblockfilter", &[early])["filter"].is_string());
}

#[test]
fn the_source_url_holds_a_name_and_password_that_the_node_takes() {
    let node = Bitcoind::start();
    let url = node.url();
    let (credentials, host) = url
        .strip_prefix("bitcoind://")
        .and_then(|rest| rest.split_once('@'))
        .unwrap();
    let (name, password) = credentials.split_once(':').unwrap();
    assert_eq!(name, "__cookie__");
    let client = Rpc::new(
        &format!("http://{host}"),
        Auth::UserPass(name.into(), password.into()),
    )
    .unwrap();
    assert_eq!(client.get_best_block_hash().unwrap(), node.tip());
}

#[test]
fn servers_stop_and_their_folders_go_when_the_test_drops_them() {
    let node = Bitcoind::start();
    let electrs = Electrs::start(&node);
    let (rpc, port, cookie) = (node.rpc_address(), electrs.address(), node.cookie());
    assert!(cookie.exists());
    drop(electrs);
    drop(node);
    assert!(TcpStream::connect(rpc).is_err());
    assert!(TcpStream::connect(port).is_err());
    assert!(!cookie.exists());
}

#[test]
fn servers_stop_when_the_test_process_is_killed() {
    const VICTIM: &str = "BULLA_TEST_IS_VICTIM";
    if env::var_os(VICTIM).is_some() {
        wait_to_be_killed();
    }
    let mut victim = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "servers_stop_when_the_test_process_is_killed",
            "--nocapture",
        ])
        .env(VICTIM, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let address = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("node at ")?.1.parse::<SocketAddr>().ok())
        .expect("the victim prints the address of its node");
    assert!(TcpStream::connect(address).is_ok());
    victim.kill().unwrap();
    victim.wait().unwrap();
    let stopped = (0..600).any(|_| {
        thread::sleep(Duration::from_millis(100));
        TcpStream::connect(address).is_err()
    });
    assert!(stopped, "the node of the killed process still listens");
}

fn wait_to_be_killed() -> ! {
    let node = Bitcoind::start();
    println!("node at {}", node.rpc_address());
    loop {
        thread::sleep(Duration::from_secs(60));
    }
}

#[test]
fn electrs_follows_its_node_through_payments_blocks_and_reorgs() {
    let node = Bitcoind::start();
    let electrs = Electrs::start(&node);
    let client = Client::new(&electrs.url().replace("electrum", "tcp")).expect("electrs listens");

    let coin = node.pay(&address(1), 70_000);
    electrs.wait_synced(&node);
    assert_eq!(heights(&client, &address(1)), [(coin.txid, 0)]);

    node.mine(1);
    electrs.wait_synced(&node);
    let height = i32::try_from(node.height()).unwrap();
    assert_eq!(heights(&client, &address(1)), [(coin.txid, height)]);

    node.reorg(2);
    electrs.wait_synced(&node);
    assert_eq!(heights(&client, &address(1)), [(coin.txid, 0)]);
    let tip = client.block_headers_subscribe().unwrap();
    assert_eq!(tip.header.block_hash(), node.tip());
}
