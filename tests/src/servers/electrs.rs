//! An electrs that follows one bitcoind.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{Transaction, Txid};
use electrum_client::{Client, ElectrumApi};
use serde_json::json;

use super::Bitcoind;
use super::process::{self, Process};

/// A running electrs, stopped and its folder removed when dropped. Its bitcoind must live longer.
pub struct Electrs {
    process: Mutex<Process>,
    address: SocketAddr,
}

impl Electrs {
    /// Starts an electrs on `node` and waits until it has indexed all of it.
    ///
    /// # Panics
    /// When `ELECTRS_EXE` is not set, and when electrs does not become ready; a pruned node is not enough for it.
    pub fn start(node: &Bitcoind) -> Self {
        let program = process::program("ELECTRS_EXE", "tests/servers/electrs/build.sh");
        let folder = process::folder("electrs");
        let mut args: Vec<String> = [
            "--network=regtest",
            "--skip-default-conf-files",
            "--wait-duration-secs=1",
            "--log-filters=INFO",
            "--electrum-rpc-addr=127.0.0.1:0",
        ]
        .map(String::from)
        .into();
        args.push(format!("--daemon-rpc-addr={}", node.rpc_address()));
        args.push(format!("--cookie-file={}", node.cookie().display()));
        args.push(format!("--db-dir={}", folder.path().join("db").display()));
        let mut process = Process::spawn("electrs", &program, &args, folder);
        let address = process
            .wait_for("its first index", |process| {
                ready_address(&process.output())
            })
            .unwrap_or_else(|report| panic!("{report}"));
        let electrs = Self {
            process: Mutex::new(process),
            address,
        };
        electrs.wait_synced(node);
        electrs
    }

    /// The address in the form of the wallet's `--source`: `electrum://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("electrum://{}", self.address)
    }

    /// The address that it listens on, by plain TCP.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until electrs has the node's best block and exactly the transactions of its mempool.
    ///
    /// # Panics
    /// When that does not happen.
    pub fn wait_synced(&self, node: &Bitcoind) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let mut client = None;
        process
            .wait_for("the tip and the mempool of its node", |_| {
                if client.is_none() {
                    client = Client::new(&format!("tcp://{}", self.address)).ok();
                }
                is_synced(client.as_ref()?, node).ok()?.then_some(())
            })
            .unwrap_or_else(|report| panic!("{report}"));
    }
}

/// The address in the output of an electrs that is ready for questions.
fn ready_address(output: &str) -> Option<SocketAddr> {
    let (_, rest) = output.split_once("serving Electrum RPC on ")?;
    // Asked for its tip before its first index is written, electrs ends with a panic.
    let (address, _) = rest
        .split_once('\n')
        .filter(|(_, later)| later.contains(": indexed "))?;
    address.trim().parse().ok()
}

fn is_synced(client: &Client, node: &Bitcoind) -> Result<bool, electrum_client::Error> {
    let tip = client.block_headers_subscribe()?.header.block_hash();
    Ok(tip == node.tip() && has_mempool(client, node)?)
}

/// Whether electrs knows every transaction of the node's mempool, and nothing more: the sizes add up too.
fn has_mempool(client: &Client, node: &Bitcoind) -> Result<bool, electrum_client::Error> {
    let txids = node.rpc("getrawmempool", &[]);
    for txid in txids.as_array().into_iter().flatten() {
        let transaction: Transaction = node
            .rpc("getrawtransaction", &[json!(txid)])
            .as_str()
            .and_then(|hex| deserialize_hex(hex).ok())
            .expect("bitcoind answers with a transaction");
        if !lists_unconfirmed(client, &transaction)? {
            return Ok(false);
        }
    }
    let histogram = client.raw_call("mempool.get_fee_histogram", [])?;
    let size: u64 = histogram
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|bin| bin[1].as_u64())
        .sum();
    Ok(node.rpc("getmempoolinfo", &[])["bytes"] == size)
}

fn lists_unconfirmed(
    client: &Client,
    transaction: &Transaction,
) -> Result<bool, electrum_client::Error> {
    let txid: Txid = transaction.compute_txid();
    let history = client.script_get_history(&transaction.output[0].script_pubkey)?;
    Ok(history
        .iter()
        .any(|entry| entry.tx_hash == txid && entry.height <= 0))
}
