//! A wallet that receives what a history pays it, on a chain that stands still and holds every witness:
//! the real store, without the cost of a node.

use std::collections::BTreeMap;
use std::sync::Arc;

use bdk_wallet::chain::{BlockId, CheckPoint, ConfirmationBlockTime, TxUpdate};
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, FeeRate, Network, Transaction, Txid};
use bulla_core::frame::Terminal;
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
use super::{Carry, Consignment, Draft, History, View, amounts_at};

/// The height at which witnesses are mined, unless a test says otherwise.
const MINED: u32 = 100;
/// The height of the best block.
const TIP: u32 = 200;

/// A chain source that knows where some transactions are, and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Still {
    /// Where they are; absent, if they are not among these.
    pub positions: BTreeMap<Txid, Position>,
    /// Transactions that can pay the wallet.
    paying: Vec<Transaction>,
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
        self.mined(frame);
        self.history.leaf(frame, 0)
    }

    /// A transfer whose first amount pays a new invoice of the wallet.
    pub fn payment(&mut self, inputs: &[Input], amounts: &[u64]) -> Draft {
        let invoice = self.wallet.invoice(&InvoiceRequest::default());
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

    /// The wallet's chain has the witness of a frame.
    pub fn mined(&mut self, frame: usize) {
        let witness = &self.history.anchored(frame).witness;
        let mined = Position::Mined { height: MINED };
        self.chain.positions.insert(witness.txid(), mined);
        self.chain.paying.push(witness.transaction().clone());
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
        let mined = Position::Mined { height: MINED };
        self.chain.positions.insert(self.history.txid(frame), mined);
        frame
    }

    /// The whole history, with one leaf handed over.
    pub fn whole(&self, leaf: Input) -> Vec<u8> {
        hand_over(self.history.consignment(View::Leaves), leaf)
    }

    /// What builds on the first `known` transfers, with one leaf handed over.
    pub fn delta(&self, known: usize, leaf: Input) -> Vec<u8> {
        hand_over(self.history.delta(known), leaf)
    }

    /// Accepts a consignment: validates it, and stores it into the wallet's file.
    ///
    /// # Errors
    /// Those of [`Wallet::accept`].
    pub fn accept(&mut self, consignment: &[u8]) -> Result<Received, Error> {
        self.wallet.accept(consignment, &self.chain)
    }

    /// What the wallet holds of the contract: settled, pending.
    pub fn amounts(&self) -> (u64, u64) {
        let balance = self.wallet.balance().expect("a balance");
        let contract = self.history.contract();
        let mut assets = balance.assets.iter();
        let asset = assets.find(|asset| asset.contract == contract);
        asset.map_or((0, 0), |asset| (asset.settled, asset.pending))
    }
}

fn hand_over(mut consignment: Consignment, leaf: Input) -> Vec<u8> {
    consignment.hand_over([Terminal::Leaf(leaf)]);
    consignment.encode()
}

fn block(height: u32) -> BlockId {
    let hash = match height {
        0 => genesis_block(Network::Regtest).block_hash(),
        _ => BlockHash::from_byte_array([u8::try_from(height).expect("a low block"); 32]),
    };
    BlockId { height, hash }
}

impl ChainSource for Still {
    fn name(&self) -> String {
        "a chain that stands still".to_owned()
    }

    fn genesis(&self) -> Result<BlockHash, SourceError> {
        Ok(block(0).hash)
    }

    fn tip(&self) -> Result<BlockId, SourceError> {
        Ok(block(TIP))
    }

    fn scan(&self, _: &ScanRequest) -> Result<ScanUpdate, SourceError> {
        let blocks = [block(0), block(MINED), block(TIP)];
        let mut txs = TxUpdate::<ConfirmationBlockTime>::default();
        for tx in &self.paying {
            txs.txs.push(Arc::new(tx.clone()));
            let anchor = ConfirmationBlockTime {
                block_id: block(MINED),
                confirmation_time: 0,
            };
            txs.anchors.insert((anchor, tx.compute_txid()));
        }
        let chain = CheckPoint::from_block_ids(blocks).expect("ascending blocks");
        Ok(ScanUpdate { chain, txs })
    }

    fn positions(&self, sought: &[Sought]) -> Result<Positions, SourceError> {
        let at = |sought: &Sought| self.positions.get(&sought.txid).copied();
        Ok(Positions {
            tip: block(TIP),
            list: sought
                .iter()
                .map(|sought| at(sought).unwrap_or(Position::Absent))
                .collect(),
        })
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
