//! The sandbox by itself: its rules, its reorgs, and the facts it gives as a chain source.

use bdk_wallet::chain::local_chain::LocalChain;
use bdk_wallet::chain::{CanonicalizationParams, CheckPoint, ConfirmationBlockTime, TxGraph};
use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::key::{Keypair, Secp256k1, TapTweak};
use bitcoin::secp256k1::Message;
use bitcoin::sighash::{Prevouts, SighashCache, TapSighashType};
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use bulla_wallet::chain::{ChainSource, Position, ScanRequest, Sought, SourceError};
use bulla_wallet::sandbox::{Confirm, Contents, Rejection, Sandbox, SandboxError};

const FEE: Amount = Amount::from_sat(200);

/// Somebody with one taproot key.
struct Person {
    keypair: Keypair,
}

impl Person {
    fn new(seed: u8) -> Person {
        let keypair = Keypair::from_seckey_slice(&Secp256k1::new(), &[seed; 32]).expect("in range");
        Person { keypair }
    }

    fn script(&self) -> ScriptBuf {
        ScriptBuf::new_p2tr(&Secp256k1::new(), self.keypair.x_only_public_key().0, None)
    }

    /// Signs all inputs, which spend outputs of this person.
    fn sign(&self, mut tx: Transaction, spent: &[TxOut]) -> Transaction {
        let secp = Secp256k1::new();
        let key = self.keypair.tap_tweak(&secp, None).to_keypair();
        for index in 0..tx.input.len() {
            let hash = SighashCache::new(&tx)
                .taproot_key_spend_signature_hash(
                    index,
                    &Prevouts::All(spent),
                    TapSighashType::Default,
                )
                .expect("one output for each input");
            let message = Message::from_digest(hash.to_byte_array());
            let signature = secp.sign_schnorr_no_aux_rand(&message, &key);
            tx.input[index].witness = Witness::from_slice(&[signature.serialize()]);
        }
        tx
    }
}

struct World {
    directory: tempfile::TempDir,
    sandbox: Sandbox,
    alice: Person,
    bob: Person,
}

fn world() -> World {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let sandbox = Sandbox::open(directory.path().join("chain")).expect("a new sandbox");
    World {
        directory,
        sandbox,
        alice: Person::new(1),
        bob: Person::new(2),
    }
}

impl World {
    /// A mined output of Alice.
    fn coin(&self, sats: u64) -> (OutPoint, TxOut) {
        let txid = self.pay_alice(sats, Confirm::Now);
        self.output_of(txid, &self.alice)
    }

    fn pay_alice(&self, sats: u64, confirm: Confirm) -> Txid {
        self.sandbox
            .fund(&self.alice.script(), Amount::from_sat(sats), confirm)
            .expect("the faucet pays")
    }

    fn output_of(&self, txid: Txid, owner: &Person) -> (OutPoint, TxOut) {
        let tx = self
            .sandbox
            .transaction(txid)
            .expect("readable")
            .expect("known");
        let script = owner.script();
        let vout = tx
            .output
            .iter()
            .position(|o| o.script_pubkey == script)
            .expect("pays the owner");
        let outpoint = OutPoint {
            txid,
            vout: u32::try_from(vout).expect("small"),
        };
        (outpoint, tx.output[vout].clone())
    }

    fn spend(&self, coin: &(OutPoint, TxOut), fee: Amount) -> Transaction {
        let tx = unsigned(coin, &self.bob.script(), fee);
        self.alice.sign(tx, std::slice::from_ref(&coin.1))
    }

    fn height(&self) -> u32 {
        self.sandbox.status().expect("readable").tip.height
    }

    fn refusal(&self, tx: &Transaction) -> Rejection {
        rejection(self.sandbox.test_accept(tx).map(|_| ()))
    }

    fn position(&self, tx: &Transaction) -> Position {
        let inputs = tx.input.iter().map(|input| input.previous_output).collect();
        let sought = Sought {
            txid: tx.compute_txid(),
            script: None,
            inputs,
        };
        self.sandbox.positions(&[sought]).expect("readable").list[0]
    }

    fn mine(&self, blocks: u32) {
        self.sandbox
            .mine(blocks, &self.bob.script())
            .expect("mines");
    }
}

fn unsigned(coin: &(OutPoint, TxOut), to: &ScriptBuf, fee: Amount) -> Transaction {
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: coin.0,
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            ..TxIn::default()
        }],
        output: vec![TxOut {
            value: coin.1.value - fee,
            script_pubkey: to.clone(),
        }],
    }
}

fn rejection(result: Result<(), SandboxError>) -> Rejection {
    match result {
        Err(SandboxError::Rejected(rejection)) => rejection,
        other => panic!("expected a rejection, found {other:?}"),
    }
}

/// A wallet's view: BDK's graph and chain, filled by scans alone.
struct View {
    chain: LocalChain,
    graph: TxGraph<ConfirmationBlockTime>,
    script: ScriptBuf,
}

impl View {
    fn new(source: &dyn ChainSource, owner: &Person) -> View {
        let genesis = source.genesis().expect("readable");
        let (chain, _) = LocalChain::from_genesis_hash(genesis);
        View {
            chain,
            graph: TxGraph::default(),
            script: owner.script(),
        }
    }

    fn scan(&mut self, source: &dyn ChainSource) {
        let watch = self
            .waiting()
            .into_iter()
            .map(|txid| (txid, self.script.clone()))
            .collect();
        let request = ScanRequest {
            scripts: &vec![self.script.clone()],
            since: 0,
            chain: self.chain.tip(),
            watch,
        };
        let update = source.scan(&request).expect("scans");
        self.chain.apply_update(update.chain).expect("connects");
        let _ = self.graph.apply_update(update.txs);
    }

    fn transactions(&self, confirmed: bool) -> Vec<Txid> {
        let tip: CheckPoint = self.chain.tip();
        let params = CanonicalizationParams::default();
        self.graph
            .list_canonical_txs(&self.chain, tip.block_id(), params)
            .filter(|tx| tx.chain_position.is_confirmed() == confirmed)
            .map(|tx| tx.tx_node.txid)
            .collect()
    }

    fn waiting(&self) -> Vec<Txid> {
        self.transactions(false)
    }

    fn settled(&self) -> Vec<Txid> {
        self.transactions(true)
    }
}

#[test]
fn the_faucet_pays_and_a_block_confirms() {
    let w = world();
    let waiting = w.pay_alice(50_000, Confirm::Later);
    let tx = w
        .sandbox
        .transaction(waiting)
        .expect("readable")
        .expect("known");
    assert_eq!(w.position(&tx), Position::Mempool);
    w.mine(1);
    assert_eq!(w.position(&tx), Position::Mined { height: w.height() });
    assert_eq!(w.sandbox.status().expect("readable").mempool, 0);
}

#[test]
fn the_faucet_pays_often_without_confirming_anything() {
    let w = world();
    w.pay_alice(10_000, Confirm::Now);
    let height = w.height();
    for _ in 0..30 {
        w.pay_alice(10_000, Confirm::Later);
    }
    assert_eq!(w.sandbox.status().expect("readable").mempool, 30);
    assert_eq!(w.height(), height);
}

#[test]
fn an_amount_above_all_coins_is_refused_with_what_there_is() {
    let w = world();
    let asked = Amount::from_int_btc(20_000);
    let error = w
        .sandbox
        .fund(&w.alice.script(), asked, Confirm::Later)
        .expect_err("too much");
    assert!(
        matches!(error, SandboxError::FaucetDry { asked: named, available }
            if named == asked && available < asked),
        "{error}"
    );
    assert_eq!(w.height(), 0, "a refused payment mines nothing");
}

#[test]
fn a_coin_is_spent_once() {
    let w = world();
    let coin = w.coin(50_000);
    let spend = w.spend(&coin, FEE);
    w.sandbox.broadcast(&spend).expect("valid");
    w.mine(1);
    let again = w.spend(&coin, FEE * 2);
    assert_eq!(w.refusal(&again), Rejection::MissingOrSpent);
    assert_eq!(
        w.position(&again),
        Position::Conflicted {
            by: Some(spend.compute_txid())
        }
    );
}

#[test]
fn broadcast_twice_and_after_mining_is_one_broadcast() {
    let w = world();
    let spend = w.spend(&w.coin(50_000), FEE);
    w.sandbox.broadcast(&spend).expect("valid");
    w.sandbox.broadcast(&spend).expect("waits already");
    w.mine(1);
    w.sandbox.broadcast(&spend).expect("mined already");
    assert_eq!(w.refusal(&spend), Rejection::AlreadyKnown);
}

#[test]
fn a_refused_broadcast_names_the_reason() {
    let w = world();
    let spend = w.spend(&w.coin(50_000), Amount::ZERO);
    let error = w.sandbox.broadcast(&spend).expect_err("no fee");
    let SourceError::Refused { txid, reason } = error else {
        panic!("{error}")
    };
    assert_eq!(
        (txid, reason.as_str()),
        (spend.compute_txid(), "min relay fee not met")
    );
}

#[test]
fn a_coinbase_ripens_for_a_hundred_blocks() {
    let w = world();
    let hash = w.sandbox.mine(1, &w.alice.script()).expect("mines")[0];
    let block = w.sandbox.block(hash).expect("readable").expect("known");
    let coin = w.output_of(block.txdata[0].compute_txid(), &w.alice);
    let spend = w.spend(&coin, FEE);
    w.mine(98);
    assert_eq!(w.refusal(&spend), Rejection::ImmatureCoinbase { depth: 99 });
    w.mine(1);
    w.sandbox.broadcast(&spend).expect("mature");
}

#[test]
fn a_wrong_signature_is_refused() {
    let w = world();
    let coin = w.coin(50_000);
    let tx = unsigned(&coin, &w.bob.script(), FEE);
    let forged = w.bob.sign(tx, std::slice::from_ref(&coin.1));
    assert_eq!(w.refusal(&forged), Rejection::MempoolScript { input: 0 });
    let contents = Contents::Only(vec![forged.clone()]);
    let mined = w.sandbox.mine_block(&contents, &w.bob.script()).map(|_| ());
    let txid = forged.compute_txid();
    assert_eq!(rejection(mined), Rejection::BlockScript { txid, input: 0 });
}

#[test]
fn values_are_checked() {
    let w = world();
    let (outpoint, output) = w.coin(50_000);
    let richer = TxOut {
        value: output.value + FEE * 2,
        ..output.clone()
    };
    let tx = unsigned(&(outpoint, richer), &w.bob.script(), FEE);
    let minted = w.alice.sign(tx, std::slice::from_ref(&output));
    let (inputs, outputs) = (output.value, output.value + FEE);
    assert_eq!(
        w.refusal(&minted),
        Rejection::InBelowOut { inputs, outputs }
    );
}

#[test]
fn transactions_that_no_peer_can_send_are_refused_too() {
    let w = world();
    let mut tx = w.spend(&w.coin(50_000), FEE);
    let big = vec![0; 1_000_000];
    tx.output[0].script_pubkey = ScriptBuf::from_bytes(big);
    assert_eq!(w.refusal(&tx), Rejection::Oversize);
    tx.input.clear();
    assert_eq!(w.refusal(&tx), Rejection::NoInputs);
}

#[test]
fn absolute_locks_hold_until_their_height() {
    let w = world();
    let coin = w.coin(50_000);
    let mut tx = unsigned(&coin, &w.bob.script(), FEE);
    tx.lock_time = LockTime::from_consensus(w.height() + 1);
    let locked = w.alice.sign(tx, std::slice::from_ref(&coin.1));
    assert_eq!(w.refusal(&locked), Rejection::NonFinal);
    w.mine(1);
    w.sandbox.broadcast(&locked).expect("final");
}

#[test]
fn relative_locks_hold_for_their_blocks() {
    let w = world();
    let coin = w.coin(50_000);
    let mut tx = unsigned(&coin, &w.bob.script(), FEE);
    tx.input[0].sequence = Sequence::from_height(3);
    let locked = w.alice.sign(tx, std::slice::from_ref(&coin.1));
    w.mine(1);
    assert_eq!(w.refusal(&locked), Rejection::NonBip68Final);
    w.mine(1);
    w.sandbox.broadcast(&locked).expect("three blocks above");
}

#[test]
fn relative_time_locks_hold_for_their_time() {
    let w = world();
    let coin = w.coin(50_000);
    let mut tx = unsigned(&coin, &w.bob.script(), FEE);
    tx.input[0].sequence = Sequence::from_512_second_intervals(1);
    let locked = w.alice.sign(tx, std::slice::from_ref(&coin.1));
    assert_eq!(w.refusal(&locked), Rejection::NonBip68Final);
}

#[test]
fn dust_is_refused_whatever_it_pays() {
    let w = world();
    let coin = w.coin(50_000);
    let mut tx = unsigned(&coin, &w.bob.script(), FEE);
    tx.output[0].value -= Amount::from_sat(329);
    tx.output.push(TxOut {
        value: Amount::from_sat(329),
        script_pubkey: w.bob.script(),
    });
    assert_eq!(
        w.refusal(&w.alice.sign(tx.clone(), std::slice::from_ref(&coin.1))),
        Rejection::Dust
    );
    tx.output[0].value -= Amount::from_sat(1);
    tx.output[1].value = Amount::from_sat(330);
    w.sandbox
        .broadcast(&w.alice.sign(tx, &[coin.1]))
        .expect("330 sat are no dust for taproot");
}

#[test]
fn the_relay_minimum_is_a_tenth_of_a_satoshi() {
    let w = world();
    let coin = w.coin(50_000);
    let required = Amount::from_sat(w.spend(&coin, FEE).vsize().div_ceil(10) as u64);
    let fee = required - Amount::from_sat(1);
    assert_eq!(
        w.refusal(&w.spend(&coin, fee)),
        Rejection::MinRelayFee { fee, required }
    );
    w.sandbox
        .broadcast(&w.spend(&coin, required))
        .expect("pays for its relay");
}

#[test]
fn a_replacement_pays_for_what_it_replaces() {
    let w = world();
    let coin = w.coin(50_000);
    let first = w.spend(&coin, FEE);
    w.sandbox.broadcast(&first).expect("valid");
    let fee = FEE + Amount::from_sat(1);
    let cheap = w.spend(&coin, fee);
    assert!(
        matches!(w.refusal(&cheap), Rejection::InsufficientFee { fee: paid, .. } if paid == fee)
    );
    let second = w.spend(&coin, FEE * 2);
    let accepted = w.sandbox.test_accept(&second).expect("pays more");
    assert_eq!(accepted.replaces, [first.compute_txid()]);
    w.sandbox.broadcast(&second).expect("replaces");
    assert_eq!(
        w.position(&first),
        Position::Absent,
        "nothing mined conflicts yet"
    );
    w.mine(1);
    assert_eq!(
        w.position(&first),
        Position::Conflicted {
            by: Some(second.compute_txid())
        }
    );
}

#[test]
fn a_replacement_removes_what_depends_on_the_replaced() {
    let w = world();
    let coin = w.coin(50_000);
    let first = w.spend(&coin, FEE);
    w.sandbox.broadcast(&first).expect("valid");
    let child_coin = w.output_of(first.compute_txid(), &w.bob);
    let child = unsigned(&child_coin, &w.alice.script(), FEE);
    let child = w.bob.sign(child, &[child_coin.1]);
    w.sandbox
        .broadcast(&child)
        .expect("a child of a waiting one");
    assert!(matches!(
        w.refusal(&w.spend(&coin, FEE * 2)),
        Rejection::InsufficientFee { .. }
    ));
    let replaced = w
        .sandbox
        .submit(&w.spend(&coin, FEE * 3))
        .expect("pays for both");
    assert_eq!(replaced.len(), 2);
    assert_eq!(w.position(&child), Position::Absent);
}

#[test]
fn a_reorg_brings_transactions_back_and_leaves_out_what_it_is_told() {
    let w = world();
    let spend = w.spend(&w.coin(50_000), FEE);
    w.sandbox.broadcast(&spend).expect("valid");
    w.mine(2);
    let height = w.height();
    let contents = Contents::Without(vec![spend.compute_txid()]);
    let blocks = w
        .sandbox
        .reorg(2, &contents, &w.bob.script())
        .expect("reorgs");
    assert_eq!((blocks.len(), w.height()), (3, height + 1));
    assert_eq!(w.position(&spend), Position::Mempool);
    w.sandbox
        .reorg(1, &Contents::Mempool, &w.bob.script())
        .expect("reorgs");
    assert_eq!(
        w.position(&spend),
        Position::Mined {
            height: w.height() - 1
        }
    );
}

#[test]
fn a_reorg_can_mine_a_double_spend() {
    let w = world();
    let coin = w.coin(50_000);
    let (first, second) = (w.spend(&coin, FEE * 2), w.spend(&coin, FEE));
    w.sandbox.broadcast(&first).expect("valid");
    w.mine(1);
    let contents = Contents::Only(vec![second.clone()]);
    w.sandbox
        .reorg(1, &contents, &w.bob.script())
        .expect("reorgs");
    assert_eq!(
        w.position(&first),
        Position::Conflicted {
            by: Some(second.compute_txid())
        }
    );
    assert_eq!(w.sandbox.status().expect("readable").mempool, 0);
}

#[test]
fn a_reorg_below_genesis_is_refused() {
    let w = world();
    w.mine(3);
    let error = w
        .sandbox
        .reorg(4, &Contents::Nothing, &w.bob.script())
        .expect_err("too deep");
    assert!(
        matches!(
            error,
            SandboxError::TooDeep {
                depth: 4,
                height: 3
            }
        ),
        "{error}"
    );
}

#[test]
fn the_longest_branch_wins_whichever_way_its_blocks_come() {
    let (w, other) = (world(), world());
    w.mine(2);
    let blocks = other.sandbox.mine(3, &other.alice.script()).expect("mines");
    let blocks: Vec<_> = blocks
        .into_iter()
        .map(|hash| other.sandbox.block(hash).expect("readable").expect("known"))
        .collect();
    assert_eq!(
        rejection(w.sandbox.submit_block(&blocks[1])),
        Rejection::UnknownParent
    );
    let before = w.sandbox.status().expect("readable").tip;
    w.sandbox
        .submit_block(&blocks[0])
        .expect("a shorter branch");
    w.sandbox.submit_block(&blocks[1]).expect("as long");
    assert_eq!(
        w.sandbox.status().expect("readable").tip,
        before,
        "the first seen stays"
    );
    w.sandbox.submit_block(&blocks[2]).expect("the longest");
    assert_eq!(
        w.sandbox.tip().expect("readable"),
        other.sandbox.tip().expect("readable")
    );
    assert_eq!(
        rejection(w.sandbox.submit_block(&blocks[2])),
        Rejection::DuplicateBlock
    );
}

#[test]
fn a_block_that_pays_its_miner_too_much_is_refused_and_remembered() {
    let (w, other) = (world(), world());
    let hash = other.sandbox.mine(1, &other.alice.script()).expect("mines")[0];
    let mut block = other.sandbox.block(hash).expect("readable").expect("known");
    block.txdata[0].output[0].value += Amount::from_sat(1);
    assert_eq!(
        rejection(w.sandbox.submit_block(&block)),
        Rejection::MerkleRoot
    );
    block.header.merkle_root = block.compute_merkle_root().expect("not empty");
    while !block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
    let (allowed, one) = (Amount::from_int_btc(50), Amount::from_sat(1));
    let refused = Rejection::CoinbaseAmount {
        taken: allowed + one,
        allowed,
    };
    assert_eq!(rejection(w.sandbox.submit_block(&block)), refused);
    assert_eq!(
        rejection(w.sandbox.submit_block(&block)),
        Rejection::DuplicateInvalidBlock
    );
    assert_eq!(w.height(), 0);
}

#[test]
fn a_block_without_work_is_refused() {
    let (w, other) = (world(), world());
    let hash = other.sandbox.mine(1, &other.alice.script()).expect("mines")[0];
    let mut block = other.sandbox.block(hash).expect("readable").expect("known");
    while block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
    assert_eq!(
        rejection(w.sandbox.submit_block(&block)),
        Rejection::HighHash
    );
}

#[test]
fn the_subsidy_halves_every_150_blocks() {
    let w = world();
    let hashes = w.sandbox.mine(150, &w.alice.script()).expect("mines");
    let reward = |index: usize| {
        let block = w
            .sandbox
            .block(hashes[index])
            .expect("readable")
            .expect("known");
        block.txdata[0].output[0].value
    };
    assert_eq!(
        (reward(148), reward(149)),
        (Amount::from_int_btc(50), Amount::from_int_btc(25))
    );
}

#[test]
fn two_handles_on_one_file_see_the_same_chain() {
    let w = world();
    let other = Sandbox::open(w.directory.path().join("chain")).expect("the same sandbox");
    let spend = w.spend(&w.coin(50_000), FEE);
    other.broadcast(&spend).expect("valid");
    assert_eq!(w.position(&spend), Position::Mempool);
    other.mine(1, &w.bob.script()).expect("mines");
    assert_eq!(
        w.sandbox.tip().expect("readable"),
        other.tip().expect("readable")
    );
}

#[test]
fn handles_in_many_threads_open_a_new_file_and_mine_in_turn() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("chain");
    let script = Person::new(1).script();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let sandbox = Sandbox::open(&path).expect("opens");
                for _ in 0..5 {
                    sandbox.mine(1, &script).expect("mines");
                }
            });
        }
    });
    let sandbox = Sandbox::open(&path).expect("opens");
    assert_eq!(sandbox.status().expect("readable").tip.height, 20);
}

#[test]
fn another_database_is_no_sandbox() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("wallet");
    let conn = bdk_wallet::rusqlite::Connection::open(&path).expect("opens");
    conn.execute_batch("CREATE TABLE coins (id INTEGER)")
        .expect("creates");
    let error = Sandbox::open(&path).expect_err("not a sandbox");
    assert!(matches!(error, SandboxError::NotASandbox), "{error}");
}

#[test]
fn a_scan_connects_after_a_reorg() {
    let w = world();
    let mut view = View::new(&w.sandbox, &w.alice);
    let spend = w.spend(&w.coin(50_000), FEE);
    w.sandbox.broadcast(&spend).expect("valid");
    view.scan(&w.sandbox);
    assert_eq!(view.waiting(), [spend.compute_txid()]);
    w.mine(2);
    view.scan(&w.sandbox);
    assert_eq!((view.settled().len(), view.waiting().len()), (2, 0));
    let contents = Contents::Without(vec![spend.compute_txid()]);
    w.sandbox
        .reorg(2, &contents, &w.bob.script())
        .expect("reorgs");
    view.scan(&w.sandbox);
    assert_eq!(view.waiting(), [spend.compute_txid()]);
    assert_eq!(
        view.chain.tip().block_id(),
        w.sandbox.tip().expect("readable")
    );
}

#[test]
fn a_scan_from_a_later_height_leaves_out_what_is_older() {
    let w = world();
    w.coin(50_000);
    let newer = w.pay_alice(60_000, Confirm::Now);
    let (chain, _) = LocalChain::from_genesis_hash(w.sandbox.genesis().expect("readable"));
    let request = ScanRequest {
        scripts: &vec![w.alice.script()],
        since: w.height(),
        chain: chain.tip(),
        watch: Vec::new(),
    };
    let update = w.sandbox.scan(&request).expect("scans");
    let found: Vec<_> = update.txs.txs.iter().map(|tx| tx.compute_txid()).collect();
    assert_eq!(found, [newer]);
}

#[test]
fn an_eviction_is_reported_and_a_return_counts_again() {
    let w = world();
    let mut view = View::new(&w.sandbox, &w.alice);
    let spend = w.spend(&w.coin(50_000), FEE);
    w.sandbox.broadcast(&spend).expect("valid");
    view.scan(&w.sandbox);
    assert_eq!(
        w.sandbox.evict(spend.compute_txid()).expect("evicts"),
        [spend.compute_txid()]
    );
    view.scan(&w.sandbox);
    assert_eq!(view.waiting(), []);
    w.sandbox.broadcast(&spend).expect("valid again");
    view.scan(&w.sandbox);
    assert_eq!(view.waiting(), [spend.compute_txid()]);
}

#[test]
fn a_replaced_transaction_is_evicted_by_the_scan() {
    let w = world();
    let mut view = View::new(&w.sandbox, &w.alice);
    let coin = w.coin(50_000);
    w.sandbox.broadcast(&w.spend(&coin, FEE)).expect("valid");
    view.scan(&w.sandbox);
    let second = w.spend(&coin, FEE * 2);
    w.sandbox.broadcast(&second).expect("replaces");
    view.scan(&w.sandbox);
    assert_eq!(view.waiting(), [second.compute_txid()]);
}

#[test]
fn a_wallet_of_another_chain_is_refused_by_name() {
    let w = world();
    w.mine(1);
    let foreign = bitcoin::constants::genesis_block(bitcoin::Network::Bitcoin).block_hash();
    let (chain, _) = LocalChain::from_genesis_hash(foreign);
    let request = ScanRequest {
        scripts: &Vec::new(),
        since: 0,
        chain: chain.tip(),
        watch: Vec::new(),
    };
    let error = w.sandbox.scan(&request).expect_err("another chain");
    let SourceError::OtherChain {
        expected, found, ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (expected, found),
        (foreign, w.sandbox.genesis().expect("readable"))
    );
}
