//! A bitcoind on regtest, without a wallet.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Address, Amount, Block, BlockHash, OutPoint, Transaction, Txid};
use bitcoincore_rpc::{Auth, Client, RpcApi};
use serde_json::{Value, json};

use super::process::{self, Process};
use super::purse::Purse;

/// Blocks until a coinbase can be spent.
const MATURITY: usize = 100;
/// How many spendable coinbases, of 50 BTC each, a node starts with.
const COINS: usize = 20;
/// How often to choose other ports when some other program took one between the choice and the start.
const ATTEMPTS: usize = 5;

/// A running bitcoind on regtest with 120 blocks, stopped and its folder removed when dropped.
///
/// All its functions panic when the node cannot be reached or refuses what they ask.
pub struct Bitcoind {
    process: Process,
    client: Client,
    rpc: SocketAddr,
    p2p: SocketAddr,
    purse: Mutex<Purse>,
    reorgs: Mutex<u32>,
}

impl Bitcoind {
    /// Starts a node with a transaction index, block filters (served to peers too) and the REST interface.
    pub fn start() -> Self {
        Self::start_with(&["-txindex=1", "-blockfilterindex=1", "-peerblockfilters=1"])
    }

    /// Starts a node that prunes by hand (`pruneblockchain`), has no transaction index, and keeps its blocks in small
    /// files, so that a few hundred blocks are enough to prune some.
    pub fn start_pruned() -> Self {
        Self::start_with(&["-prune=1", "-fastprune", "-blockfilterindex=1"])
    }

    /// Starts a node with options of bitcoind beyond those every test needs.
    ///
    /// # Panics
    /// When `BITCOIND_EXE` is not set, and when the node does not become ready.
    pub fn start_with(options: &[&str]) -> Self {
        let program = process::program("BITCOIND_EXE", "tests/servers/bitcoind/build.sh");
        let mut failure = String::new();
        for _ in 0..ATTEMPTS {
            match Self::try_start(&program, options) {
                Ok(node) => {
                    node.fill_purse();
                    return node;
                }
                // Mostly another test took a port in between; the words for it may have scrolled by.
                Err(report) => failure = report,
            }
        }
        panic!("not ready in {ATTEMPTS} attempts: {failure}");
    }

    fn try_start(program: &Path, options: &[&str]) -> Result<Self, String> {
        let [rpc, p2p] = free_addresses();
        let folder = process::folder("bitcoind");
        let mut args = arguments(folder.path(), rpc, p2p);
        args.extend(options.iter().map(ToString::to_string));
        let mut process = Process::spawn("bitcoind", program, &args, folder);
        let client = process.wait_for("answering", |process| connect(process, rpc))?;
        Ok(Self {
            process,
            client,
            rpc,
            p2p,
            purse: Mutex::new(Purse::new()),
            reorgs: Mutex::new(0),
        })
    }

    fn fill_purse(&self) {
        let blocks = self.mine(MATURITY + COINS);
        let mut purse = self.purse();
        for hash in blocks.iter().take(COINS) {
            let block: Block = from_hex(&self.rpc("getblock", &[json!(hash), json!(0)]));
            purse.add_coinbase(&block.txdata[0]);
        }
    }

    /// The address of the RPC interface in the form of the wallet's `--source`, with the name and password of the
    /// node's cookie: `bitcoind://__cookie__:PASSWORD@127.0.0.1:PORT`.
    ///
    /// # Panics
    /// When the node has removed its cookie, which it does only when it stops.
    pub fn url(&self) -> String {
        let cookie = fs::read_to_string(self.cookie()).expect("a running node has a cookie");
        format!("bitcoind://{}@{}", cookie.trim(), self.rpc)
    }

    /// The address of the RPC interface, of REST too.
    pub const fn rpc_address(&self) -> SocketAddr {
        self.rpc
    }

    /// The address for peers, of block filters (BIP 157) too.
    pub const fn p2p_address(&self) -> SocketAddr {
        self.p2p
    }

    /// The file with the name and password for the RPC interface.
    pub fn cookie(&self) -> PathBuf {
        cookie(&self.process)
    }

    /// The client for calls whose answer is wanted as a type, or whose error is wanted.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The answer to a call.
    ///
    /// # Panics
    /// When the node answers with an error; where the error is wanted, use [`Self::client`].
    pub fn rpc(&self, method: &str, params: &[Value]) -> Value {
        self.client.call(method, params).unwrap_or_else(|error| {
            panic!("bitcoind refuses {method} {}: {error}", Value::from(params))
        })
    }

    /// The hash of the best block.
    pub fn tip(&self) -> BlockHash {
        parse(self.rpc("getbestblockhash", &[]))
    }

    /// The height of the best block.
    pub fn height(&self) -> u32 {
        parse(self.rpc("getblockcount", &[]))
    }

    /// Mines `count` blocks with what the mempool holds; their coins go to the key of the harness.
    pub fn mine(&self, count: usize) -> Vec<BlockHash> {
        let address = self.purse().address();
        self.mine_to(count, &address)
    }

    /// Mines `count` blocks with what the mempool holds; their coins go to `address`.
    pub fn mine_to(&self, count: usize, address: &Address) -> Vec<BlockHash> {
        parse(self.rpc(
            "generatetoaddress",
            &[json!(count), json!(address.to_string())],
        ))
    }

    /// Pays `sats` to `address` and leaves the transaction in the mempool.
    pub fn pay(&self, address: &Address, sats: u64) -> OutPoint {
        let transaction = self
            .purse()
            .pay(address.script_pubkey(), Amount::from_sat(sats));
        self.rpc("sendrawtransaction", &[json!(serialize_hex(&transaction))]);
        OutPoint::new(transaction.compute_txid(), 0)
    }

    /// Pays `sats` to `address` and mines the transaction.
    pub fn fund(&self, address: &Address, sats: u64) -> OutPoint {
        let outpoint = self.pay(address, sats);
        self.mine(1);
        outpoint
    }

    /// A signed transaction that pays `sats` to `address` with the coin that the payment `rival` of this node spent, at
    /// twice its fee. It is not sent: send it to replace `rival` in the mempool, or give it to [`Self::reorg_with`].
    ///
    /// # Panics
    /// When a later payment has spent the change of `rival`.
    pub fn pay_instead(&self, rival: Txid, address: &Address, sats: u64) -> Transaction {
        self.purse()
            .pay_instead(rival, address.script_pubkey(), Amount::from_sat(sats))
    }

    /// Replaces the last `depth` blocks by `depth + 1` empty ones: what they held is in the mempool again.
    pub fn reorg(&self, depth: u32) -> Vec<BlockHash> {
        self.reorg_with(depth, &[])
    }

    /// Replaces the last `depth` blocks by `depth + 1`, of which the first holds exactly `transactions` and the rest
    /// are empty. What the replaced blocks held is in the mempool again, unless it conflicts with these.
    ///
    /// # Panics
    /// When `depth` is 0 or more than the chain has, or a transaction is not valid there.
    pub fn reorg_with(&self, depth: u32, transactions: &[Transaction]) -> Vec<BlockHash> {
        assert!(depth > 0, "a reorg replaces at least one block");
        let height = self.height() + 1 - depth;
        let replaced = self.rpc("getblockhash", &[json!(height)]);
        self.rpc("invalidateblock", &[replaced]);
        let hexes: Vec<String> = transactions.iter().map(serialize_hex).collect();
        let miner = self.new_miner();
        let mut blocks = vec![self.mine_exactly(&miner, &hexes)];
        blocks.extend((0..depth).map(|_| self.mine_exactly(&miner, &[])));
        blocks
    }

    fn mine_exactly(&self, miner: &str, transactions: &[String]) -> BlockHash {
        let mut answer = self.rpc("generateblock", &[json!(miner), json!(transactions)]);
        parse(answer["hash"].take())
    }

    /// A new output for the coinbase of each reorg (`OP_RETURN` and a number), so that no new block can be the same
    /// as a replaced one.
    fn new_miner(&self) -> String {
        let mut reorgs = self.reorgs.lock().unwrap_or_else(PoisonError::into_inner);
        *reorgs += 1;
        format!("raw(6a04{:08x})", *reorgs)
    }

    fn purse(&self) -> MutexGuard<'_, Purse> {
        self.purse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn arguments(folder: &Path, rpc: SocketAddr, p2p: SocketAddr) -> Vec<String> {
    let mut args: Vec<String> = [
        "-regtest",
        "-server",
        "-rest=1",
        "-printtoconsole=1",
        "-nodebuglogfile",
        "-acceptnonstdtxn=0",
        "-listenonion=0",
        "-dnsseed=0",
        "-fixedseeds=0",
        "-discover=0",
        "-natpmp=0",
        "-rpcallowip=127.0.0.1",
    ]
    .map(String::from)
    .into();
    args.push(format!("-datadir={}", folder.display()));
    args.push(format!("-rpcbind={}", rpc.ip()));
    args.push(format!("-rpcport={}", rpc.port()));
    args.push(format!("-bind={p2p}"));
    args
}

fn connect(process: &Process, rpc: SocketAddr) -> Option<Client> {
    let cookie = cookie(process);
    // The node writes its cookie before it listens; until then there is nothing to connect to.
    let client = Client::new(&format!("http://{rpc}"), Auth::CookieFile(cookie)).ok()?;
    client
        .call::<Value>("getblockchaininfo", &[])
        .is_ok()
        .then_some(client)
}

fn cookie(process: &Process) -> PathBuf {
    process.folder().join("regtest").join(".cookie")
}

/// Two free addresses on loopback, chosen by the operating system.
fn free_addresses() -> [SocketAddr; 2] {
    // Both are held until both are chosen, so that they differ.
    let listeners = [(); 2]
        .map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports"));
    listeners.map(|listener| {
        listener
            .local_addr()
            .expect("a bound socket has an address")
    })
}

fn from_hex<T: bitcoin::consensus::Decodable>(value: &Value) -> T {
    let hex = value.as_str().expect("bitcoind answers with hex");
    deserialize_hex(hex).expect("bitcoind's hex is of the asked type")
}

fn parse<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("bitcoind's answer is of the documented type")
}
