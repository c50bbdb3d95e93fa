//! A wallet that receives what a history pays it, on a chain that stands still and holds every witness:
//! the real store, without the cost of a node.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bdk_wallet::chain::{BlockId, CheckPoint, ConfirmationBlockTime, TxUpdate};
use bitcoin::block::Header;
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, FeeRate, Network, Transaction, TxMerkleNode, Txid, merkle_tree};
use bulla_core::frame::BlockProof;
use bulla_core::headers::prove;
use bulla_core::operation::Input;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_wallet::api::{InvoiceRequest, Received};
use bulla_wallet::chain::{
    ChainSource, Position, Positions, ScanRequest, ScanUpdate, Sought, SourceError,
};
use bulla_wallet::invoice::Beneficiary;
use bulla_wallet::keys::{Keys, Passphrase, Words};
use bulla_wallet::{Error, Wallet};
use tempfile::TempDir;

use super::make::{coin, pay, spend};
use super::{Carry, Draft, History, amounts_at};

/// Transactions of a block, at most.
const BLOCK: usize = 100;

/// A chain that nobody checks transactions for, in memory: blocks of ids alone, with all proofs.
#[derive(Clone, Debug)]
pub struct Still {
    headers: Vec<Header>,
    proofs: BTreeMap<Txid, BlockProof>,
    /// Where transactions are that are not mined, if they are not absent.
    pub unmined: BTreeMap<Txid, Position>,
    /// Mined transactions that can pay the wallet.
    paying: Vec<Transaction>,
}

impl Still {
    /// Mines these transactions, in one block if they are few; at least one block.
    pub fn mine(&mut self, txids: &[Txid]) {
        let blocks = txids.chunks(BLOCK);
        let empty = std::iter::once(&[][..]).filter(|_| txids.is_empty());
        for txids in blocks.chain(empty) {
            self.block(txids);
        }
    }

    fn block(&mut self, txids: &[Txid]) {
        let height = u32::try_from(self.headers.len()).expect("a low block");
        let coinbase = Txid::hash(&height.to_le_bytes());
        let ids: Vec<Txid> = [&[coinbase], txids].concat();
        let leaves = ids.iter().map(|id| id.to_raw_hash());
        let root = merkle_tree::calculate_root(leaves).expect("a coinbase");
        let last = self.headers.last().expect("the first block");
        let mut header = Header {
            prev_blockhash: last.block_hash(),
            merkle_root: TxMerkleNode::from_raw_hash(root),
            time: last.time + 600,
            ..*last
        };
        while !header.target().is_met_by(header.block_hash()) {
            header.nonce += 1;
        }
        self.headers.push(header);
        for txid in txids {
            let proof = prove(height, &ids, *txid).expect("a transaction of the block");
            self.proofs.insert(*txid, proof);
        }
    }

    fn block_id(&self, height: u32) -> BlockId {
        let header = &self.headers[height as usize];
        BlockId {
            height,
            hash: header.block_hash(),
        }
    }

    /// The height of its tip.
    pub fn height(&self) -> u32 {
        u32::try_from(self.headers.len() - 1).expect("a low block")
    }

    fn tip_id(&self) -> BlockId {
        self.block_id(self.height())
    }
}

impl Default for Still {
    fn default() -> Self {
        Self {
            headers: vec![genesis_block(Network::Regtest).header],
            proofs: BTreeMap::new(),
            unmined: BTreeMap::new(),
            paying: Vec::new(),
        }
    }
}

/// A receiver and all that the payers know.
pub struct Receiver {
    /// The wallet.
    pub wallet: Wallet,
    /// Its chain.
    pub chain: Still,
    /// The contract.
    pub history: History,
    /// The leaf that the next transfer of the line consumes.
    pub change: Input,
    rest: u64,
    carry: Carry,
    /// Holds the wallet's file.
    pub folder: TempDir,
}

impl Receiver {
    /// An empty wallet, and a contract whose transfers carry their commitment like this.
    pub fn new(carry: Carry) -> Self {
        let rest = 1 << 40;
        let history = History::fixed(rest);
        let change = history.seed(0);
        Self {
            change,
            rest,
            carry,
            ..Self::of(history)
        }
    }

    /// An empty wallet, and this history.
    pub fn of(history: History) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the wallet");
        let keys = Keys::generate(Words::Twelve, None).expect("random words");
        let network = bulla_wallet::Network::Regtest;
        let file = folder.path().join("wallet");
        let wallet = Wallet::create(&file, network, keys, &Passphrase::new("passphrase"));
        Self {
            wallet: wallet.expect("a new wallet"),
            chain: Still::default(),
            change: history.seed(0),
            history,
            rest: 0,
            carry: Carry::Opret,
            folder,
        }
    }

    /// Adds transfers of 1 to somebody else, each consumes the change of the one before.
    pub fn grow(&mut self, transfers: u32) {
        for _ in 0..transfers {
            let amounts = amounts_at(&[1, self.rest - 1]);
            let act = self.history.act("transfer", &[self.change], &amounts);
            let draft = self.history.draft(vec![act]);
            self.push_line(draft);
        }
    }

    /// Adds a transfer of 1 that pays a new invoice of the wallet, and gives its leaf.
    pub fn pay(&mut self) -> Input {
        let draft = self.payment(&[self.change], &[1, self.rest - 1]);
        let frame = self.push_line(draft);
        self.mine(frame);
        self.history.leaf(frame, 0)
    }

    /// A transfer whose first amount pays a new invoice of the wallet.
    pub fn payment(&mut self, inputs: &[Input], amounts: &[u64]) -> Draft {
        self.payment_for(&InvoiceRequest::default(), inputs, amounts)
    }

    /// [`Receiver::payment`] of an invoice that asks for something.
    pub fn payment_for(
        &mut self,
        request: &InvoiceRequest,
        inputs: &[Input],
        amounts: &[u64],
    ) -> Draft {
        let invoice = self.wallet.invoice(request);
        let Beneficiary::Address { address, blinding } = invoice.expect("an invoice").to else {
            panic!("an invoice for a new output");
        };
        let mut assignments = amounts_at(amounts);
        assignments[0].2 = AssignedSeal::Revealed(Seal::Witness { vout: 1, blinding });
        let act = self.history.act("transfer", inputs, &assignments);
        let mut draft = self.history.draft(vec![act]);
        draft.transaction.output[1] = pay(address.assume_checked().script_pubkey());
        draft
    }

    /// Mines the witnesses that are not mined yet, up to the one of a frame, which may pay the wallet.
    pub fn mine(&mut self, frame: usize) {
        let witnesses = (0..=frame).rev().map(|frame| self.history.txid(frame));
        let new = witnesses.take_while(|txid| !self.chain.proofs.contains_key(txid));
        let mut new: Vec<_> = new.collect();
        new.reverse();
        self.chain.mine(&new);
        let paying = self.history.anchored(frame).witness.transaction();
        self.chain.paying.push(paying.clone());
    }

    fn push_line(&mut self, mut draft: Draft) -> usize {
        let number = u32::try_from(self.history.drafts().len()).expect("few transfers");
        draft.transaction.input.push(spend(coin(number + 1)));
        let frame = self.history.push(Draft {
            carry: self.carry.clone(),
            entropy: number.into(),
            ..draft
        });
        self.change = self.history.leaf(frame, 1);
        self.rest -= 1;
        frame
    }

    /// The whole history, with one leaf handed over.
    pub fn whole(&self, leaf: Input) -> Vec<u8> {
        self.history.handing_over(leaf).encode()
    }

    /// What builds on the first `known` transfers, with one leaf handed over.
    pub fn delta(&self, known: usize, leaf: Input) -> Vec<u8> {
        self.history.delta_handing_over(known, leaf).encode()
    }

    /// Accepts a consignment: validates it, and stores it into the wallet's file.
    ///
    /// # Errors
    /// Those of [`Wallet::accept`].
    pub fn accept(&mut self, consignment: &[u8]) -> Result<Received, Error> {
        self.wallet.accept(consignment, &self.chain)
    }

    /// The steps of the store's machine that something the wallet does takes, whatever the clock says.
    pub fn steps<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> (T, u64) {
        let count = count_steps(&self.wallet);
        let value = run(self);
        (value, count.load(Ordering::Relaxed))
    }

    /// What the wallet holds of the contract: settled, pending.
    pub fn amounts(&self) -> (u64, u64) {
        let balance = self.wallet.balance().expect("a balance");
        let contract = self.history.contract();
        let mut assets = balance.assets.iter();
        let asset = assets.find(|asset| asset.contract == contract);
        let units = |units| u64::try_from(units).expect("tests have small amounts");
        asset.map_or((0, 0), |asset| (units(asset.settled), units(asset.pending)))
    }
}

/// Counts the steps of a wallet's store from now on.
pub fn count_steps(wallet: &Wallet) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    wallet.watch(NonZeroU16::MIN, move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    });
    count
}

impl ChainSource for Still {
    fn name(&self) -> String {
        "a chain in memory".to_owned()
    }

    fn genesis(&self) -> Result<BlockHash, SourceError> {
        Ok(self.block_id(0).hash)
    }

    fn tip(&self) -> Result<BlockId, SourceError> {
        Ok(self.tip_id())
    }

    fn scan(&self, request: &ScanRequest) -> Result<ScanUpdate, SourceError> {
        let known = request.chain.iter().map(|block| block.height());
        let mut blocks: BTreeMap<_, _> = known
            .map(|height| (height, self.block_id(height)))
            .collect();
        let mut txs = TxUpdate::<ConfirmationBlockTime>::default();
        for tx in &self.paying {
            let txid = tx.compute_txid();
            let block_id = self.block_id(self.proofs[&txid].height);
            txs.txs.push(Arc::new(tx.clone()));
            let confirmation_time = 0;
            txs.anchors.insert((
                ConfirmationBlockTime {
                    block_id,
                    confirmation_time,
                },
                txid,
            ));
            blocks.insert(block_id.height, block_id);
        }
        let tip = self.tip_id();
        blocks.insert(tip.height, tip);
        let chain = CheckPoint::from_block_ids(blocks.into_values()).expect("ascending blocks");
        Ok(ScanUpdate { chain, txs })
    }

    fn positions(&self, sought: &[Sought]) -> Result<Positions, SourceError> {
        let mined = |txid: &Txid| {
            Some(Position::Mined {
                height: self.proofs.get(txid)?.height,
            })
        };
        let unmined = |txid: &Txid| self.unmined.get(txid).copied();
        let at = |sought: &Sought| {
            let txid = &sought.txid;
            mined(txid)
                .or_else(|| unmined(txid))
                .unwrap_or(Position::Absent)
        };
        Ok(Positions {
            tip: self.tip_id(),
            blocks: Vec::new(),
            list: sought.iter().map(at).collect(),
        })
    }

    fn headers(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError> {
        let headers = self.headers.iter().skip(from as usize);
        Ok(headers.take(count as usize).copied().collect())
    }

    fn block_proofs(
        &self,
        mined: &[(Txid, BlockId)],
    ) -> Result<Vec<Option<BlockProof>>, SourceError> {
        let proof = |(txid, _): &(Txid, BlockId)| self.proofs.get(txid).cloned();
        Ok(mined.iter().map(proof).collect())
    }

    fn transaction(&self, _: Txid) -> Result<Option<Transaction>, SourceError> {
        Ok(None)
    }

    fn broadcast(&self, _: &Transaction) -> Result<(), SourceError> {
        Ok(())
    }

    fn relay_fee(&self) -> Result<FeeRate, SourceError> {
        Ok(FeeRate::BROADCAST_MIN)
    }

    fn estimate_fee(&self, _: u16) -> Result<Option<FeeRate>, SourceError> {
        Ok(None)
    }
}
