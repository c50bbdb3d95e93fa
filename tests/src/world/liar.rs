//! An Electrum server that lies on demand, over a sandbox that does not.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Address, Amount, Block, ScriptBuf, Transaction, TxMerkleNode, TxOut, Txid};
use bulla_core::headers::prove;
use bulla_wallet::chain::{ChainSource, Position, Sought};
use bulla_wallet::sandbox::{Confirm, Contents, Sandbox};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Chain;

/// What the server says that is not so.
#[derive(Clone, Debug, Default)]
pub enum Lie {
    /// Nothing.
    #[default]
    Nothing,
    /// That a transaction is mined in the last block, with the branch of another.
    Branch(Transaction),
    /// The same, in a block of its own making at that height.
    Block(Transaction),
    /// That every transaction stands one block lower than it does.
    Height,
    /// That every transaction stands at the next position of its block.
    Position,
    /// That the last block is one of its own making, on the real one before.
    Branched,
    /// That there is one block more, which nobody gets the header of.
    Ahead,
    /// That the last header has an easier target than the rules ask for.
    Target,
    /// More headers than were asked for, by its own count.
    Count,
}

/// A sandbox behind an Electrum server of its own.
pub struct OnLiar {
    folder: TempDir,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Counts what changes here.
    version: u32,
    lie: Lie,
    /// What was broadcast here.
    sent: Vec<Transaction>,
}

impl OnLiar {
    /// Lies from now on.
    pub fn say(&self, lie: Lie) {
        let mut state = lock(&self.state);
        state.version += 1;
        state.lie = lie;
    }

    fn sandbox(&self) -> Sandbox {
        open(self.folder.path())
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(folder: &Path) -> Sandbox {
    Sandbox::open(folder.join("sandbox.sqlite")).expect("the sandbox opens")
}

fn nobody() -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x51])
}

impl Chain for OnLiar {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        open(folder.path());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("is bound");
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, path) = (Arc::clone(&state), folder.path().to_owned());
        // Ends with the test process; a connection ends with its client.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (shared, path) = (Arc::clone(&shared), path.clone());
                thread::spawn(move || serve(client, &path, &shared));
            }
        });
        Self {
            folder,
            address,
            state,
        }
    }

    fn name(&self) -> &'static str {
        "liar"
    }

    fn source(&self) -> Box<dyn ChainSource> {
        super::bitcoind::source(&self.url())
    }

    fn url(&self) -> String {
        format!("electrum://{}", self.address)
    }

    fn fund(&self, address: &Address, sats: u64) {
        let (to, amount) = (address.script_pubkey(), Amount::from_sat(sats));
        let paid = self.sandbox().fund(&to, amount, Confirm::Now);
        paid.expect("a payment");
    }

    fn mine(&self, blocks: u32) {
        self.sandbox().mine(blocks, &nobody()).expect("blocks");
    }

    fn reorg(&self, depth: u32) {
        self.reorg_to(depth, &[]);
    }

    fn reorg_to(&self, depth: u32, transactions: &[Transaction]) {
        let contents = Contents::Only(transactions.to_vec());
        let reorg = self.sandbox().reorg(depth, &contents, &nobody());
        reorg.expect("a reorg");
    }
}

/// Answers one client, a line a call.
fn serve(client: TcpStream, folder: &Path, state: &Mutex<State>) {
    let Ok(mut to) = client.try_clone() else {
        return;
    };
    let mut books = Books::read(folder, &lock(state));
    for line in BufReader::new(client).lines().map_while(Result::ok) {
        let call: Value = serde_json::from_str(&line).expect("a call");
        let method = call["method"].as_str().expect("a method");
        let mut answer = json!({ "jsonrpc": "2.0", "id": call["id"] });
        if books.are_old(&lock(state)) {
            books = Books::read(folder, &lock(state));
        }
        match books.answer(method, &call["params"], state) {
            Ok(result) => answer["result"] = result,
            Err(error) => answer["error"] = json!({ "code": 2, "message": error }),
        }
        if writeln!(to, "{answer}").is_err() {
            return;
        }
    }
}

/// The chain as the server tells it.
struct Books {
    folder: PathBuf,
    sandbox: Sandbox,
    version: u32,
    lie: Lie,
    blocks: Vec<Block>,
    /// Mined ones first.
    entries: Vec<Entry>,
}

/// A transaction that the server tells of.
struct Entry {
    tx: Transaction,
    txid: Txid,
    height: Option<usize>,
    /// What stands for the scripts it pays to and spends from.
    hashes: BTreeSet<String>,
}

impl Books {
    fn read(folder: &Path, state: &State) -> Self {
        let sandbox = open(folder);
        let tip = sandbox.tip().expect("a tip").height;
        let headers = sandbox.headers(0, tip + 1).expect("headers");
        let block = |header: &Header| sandbox.block(header.block_hash()).expect("a block");
        let blocks = headers
            .iter()
            .map(|header| block(header).expect("is stored"));
        let mut books = Self {
            folder: folder.to_owned(),
            blocks: blocks.collect(),
            entries: Vec::new(),
            version: state.version,
            lie: state.lie.clone(),
            sandbox,
        };
        books.list(&state.sent);
        books
    }

    fn are_old(&self, state: &State) -> bool {
        let tip = self.sandbox.tip().expect("a tip").hash;
        self.version != state.version || tip != self.blocks[self.tip()].block_hash()
    }

    fn list(&mut self, sent: &[Transaction]) {
        let mined = self.blocks.iter().enumerate();
        let mut all: Vec<(Transaction, Option<usize>)> = mined
            .flat_map(|(height, block)| {
                block
                    .txdata
                    .iter()
                    .map(move |tx| (tx.clone(), Some(height)))
            })
            .collect();
        for tx in sent {
            let found = self.sandbox.positions(&[Sought::of(tx)]);
            if found.expect("an answer").list == [Position::Mempool] {
                all.push((tx.clone(), None));
            }
        }
        if let Lie::Branch(tx) | Lie::Block(tx) = &self.lie {
            all.push((tx.clone(), Some(self.tip())));
        }
        let mut outputs: HashMap<Txid, Vec<String>> = HashMap::new();
        for (tx, height) in all {
            let txid = tx.compute_txid();
            let paid: Vec<String> = tx.output.iter().map(hash_of).collect();
            let taken = tx.input.iter().filter_map(|input| {
                let coin = input.previous_output;
                let vout = usize::try_from(coin.vout).ok()?;
                outputs.get(&coin.txid)?.get(vout).cloned()
            });
            let hashes = taken.chain(paid.iter().cloned()).collect();
            outputs.insert(txid, paid);
            self.entries.push(Entry {
                tx,
                txid,
                height,
                hashes,
            });
        }
    }

    fn tip(&self) -> usize {
        self.blocks.len() - 1
    }

    fn answer(&self, method: &str, params: &Value, state: &Mutex<State>) -> Result<Value, String> {
        let number = |at: usize| usize::try_from(params[at].as_u64().expect("a number")).unwrap();
        let text = |at: usize| params[at].as_str().expect("a text");
        Ok(match method {
            "server.version" => json!(["liar", "1.4"]),
            "blockchain.headers.subscribe" => {
                let height = self.tip() + usize::from(matches!(self.lie, Lie::Ahead));
                json!({ "height": height, "hex": serialize_hex(&self.header(height)) })
            }
            "blockchain.block.header" => json!(serialize_hex(&self.header(number(0)))),
            "blockchain.block.headers" => self.headers(number(0), number(1)),
            "blockchain.scripthash.get_history" => self.history(text(0)),
            "blockchain.transaction.get" => {
                let txid: Txid = text(0).parse().expect("a txid");
                json!(serialize_hex(
                    self.transaction(txid).ok_or("missing transaction")?
                ))
            }
            "blockchain.transaction.get_merkle" => {
                self.merkle(text(0).parse().expect("a txid"), number(1))?
            }
            "blockchain.transaction.broadcast" => {
                let tx: Transaction =
                    deserialize_hex(text(0)).map_err(|error| error.to_string())?;
                let sent = open(&self.folder).broadcast(&tx);
                sent.map_err(|error| error.to_string())?;
                let txid = tx.compute_txid();
                let mut state = lock(state);
                state.version += 1;
                state.sent.push(tx);
                json!(txid)
            }
            "blockchain.relayfee" => json!(0.000_01),
            "blockchain.estimatefee" => json!(-1),
            other => return Err(format!("unknown method {other}")),
        })
    }

    fn header(&self, height: usize) -> Header {
        let tip = self.tip();
        match &self.lie {
            Lie::Block(tx) if height == tip => {
                made(&self.blocks[tip - 1].header, tx.compute_txid())
            }
            Lie::Branched if height == tip => made(&self.blocks[tip - 1].header, nothing()),
            Lie::Ahead if height > tip => made(&self.blocks[tip].header, nothing()),
            _ => self.blocks[height].header,
        }
    }

    fn headers(&self, from: usize, count: usize) -> Value {
        let tip = self.tip();
        let header = |height: usize| match &self.lie {
            // The chain is told as it is; only single headers are made up.
            Lie::Block(_) => self.blocks[height].header,
            Lie::Target if height == tip => {
                let mut easier = self.blocks[height].header;
                easier.bits = bitcoin::CompactTarget::from_consensus(0x2100_ffff);
                easier
            }
            _ => self.header(height),
        };
        let last = (from + count).min(tip + 1);
        let hex: String = (from..last).map(|at| serialize_hex(&header(at))).collect();
        let told = match self.lie {
            Lie::Count => count + 1,
            _ => last.saturating_sub(from),
        };
        json!({ "count": told, "hex": hex, "max": 2_016 })
    }

    fn transaction(&self, txid: Txid) -> Option<&Transaction> {
        let entry = self.entries.iter().find(|entry| entry.txid == txid);
        entry.map(|entry| &entry.tx)
    }

    fn history(&self, wanted: &str) -> Value {
        let told = self
            .entries
            .iter()
            .filter(|entry| entry.hashes.contains(wanted));
        let told = told.map(|entry| {
            let height = match (entry.height, &self.lie) {
                (Some(height), Lie::Height) => height - 1,
                (height, _) => height.unwrap_or(0),
            };
            json!({ "tx_hash": entry.txid, "height": height })
        });
        told.collect()
    }

    fn merkle(&self, txid: Txid, told: usize) -> Result<Value, String> {
        let height = match self.lie {
            Lie::Height => told + 1,
            _ => told,
        };
        let block = self.blocks.get(height).ok_or("no such block")?;
        let txids: Vec<Txid> = block.txdata.iter().map(Transaction::compute_txid).collect();
        let shown = match &self.lie {
            Lie::Block(tx) if tx.compute_txid() == txid => {
                return Ok(json!({ "block_height": told, "merkle": [], "pos": 0 }));
            }
            // The branch of the coinbase.
            Lie::Branch(tx) if tx.compute_txid() == txid => txids[0],
            _ => txid,
        };
        let proof = prove(0, &txids, shown).ok_or("not in that block")?;
        let mut position = proof.position;
        if matches!(self.lie, Lie::Position) {
            position ^= 1;
        }
        let merkle = proof.branch.iter().map(|hash| {
            let mut hash = *hash;
            hash.reverse();
            serialize_hex(&hash)
        });
        let merkle: Vec<_> = merkle.collect();
        Ok(json!({ "block_height": told, "merkle": merkle, "pos": position }))
    }
}

/// How a script is asked for.
fn hash_of(output: &TxOut) -> String {
    let mut hash = sha256::Hash::hash(output.script_pubkey.as_bytes()).to_byte_array();
    hash.reverse();
    serialize_hex(&hash)
}

fn nothing() -> Txid {
    Txid::from_byte_array([9; 32])
}

/// A block of the server's own making, which holds one transaction.
fn made(parent: &Header, txid: Txid) -> Header {
    let mut header = Header {
        prev_blockhash: parent.block_hash(),
        merkle_root: TxMerkleNode::from_byte_array(txid.to_byte_array()),
        time: parent.time + 1,
        nonce: 0,
        ..*parent
    };
    while !header.target().is_met_by(header.block_hash()) {
        header.nonce += 1;
    }
    header
}
