use bdk_wallet::chain::BlockId;
use bitcoin::block::Header;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, FeeRate, Transaction, Txid};
use bulla_core::frame::BlockProof;

use super::*;
use crate::chain::{Positions, ScanRequest, ScanUpdate, Sought, SourceError};
use crate::coins::CoinsError;
use crate::store::contracts;

/// A source that fails at a given call, or follows another chain.
struct Broken {
    source: Sandbox,
    fails: &'static str,
}

impl Broken {
    fn new(bench: &Bench, fails: &'static str) -> Self {
        Self {
            source: Sandbox::open(bench.sandbox.path()).unwrap(),
            fails,
        }
    }

    fn call(&self, name: &'static str) -> Result<(), SourceError> {
        if self.fails == name {
            let cause = std::io::Error::other("cut off").into();
            return Err(SourceError::Unreachable {
                name: "broken".to_owned(),
                cause,
            });
        }
        Ok(())
    }
}

impl ChainSource for Broken {
    fn name(&self) -> String {
        "broken".to_owned()
    }

    fn genesis(&self) -> Result<BlockHash, SourceError> {
        self.call("genesis")?;
        if self.fails == "other-chain" {
            return Ok(BlockHash::from_byte_array([1; 32]));
        }
        self.source.genesis()
    }

    fn tip(&self) -> Result<BlockId, SourceError> {
        self.source.tip()
    }

    fn scan(&self, request: &ScanRequest) -> Result<ScanUpdate, SourceError> {
        self.call("scan")?;
        self.source.scan(request)
    }

    fn positions(&self, sought: &[Sought]) -> Result<Positions, SourceError> {
        self.call("positions")?;
        self.source.positions(sought)
    }

    fn headers(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError> {
        self.source.headers(from, count)
    }

    fn block_proofs(
        &self,
        mined: &[(Txid, BlockId)],
    ) -> Result<Vec<Option<BlockProof>>, SourceError> {
        self.source.block_proofs(mined)
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, SourceError> {
        self.source.transaction(txid)
    }

    fn broadcast(&self, tx: &Transaction) -> Result<(), SourceError> {
        self.source.broadcast(tx)
    }

    fn relay_fee(&self) -> Result<FeeRate, SourceError> {
        self.source.relay_fee()
    }

    fn estimate_fee(&self, target_blocks: u16) -> Result<Option<FeeRate>, SourceError> {
        self.source.estimate_fee(target_blocks)
    }
}

#[test]
fn another_chain_is_refused_by_name() {
    let mut bench = Bench::new();
    let broken = Broken::new(&bench, "other-chain");
    let error = failure(bench.wallet.sync(&broken));
    assert_eq!(error.code(), "wrong-chain");
    match error {
        Error::Source(SourceError::OtherChain {
            name,
            found,
            expected,
        }) => {
            assert_eq!(name, "broken");
            assert_eq!(found, BlockHash::from_byte_array([1; 32]));
            assert_eq!(expected, Network::Regtest.genesis_hash());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sync_that_fails_changes_nothing_and_can_be_repeated() {
    let mut bench = Bench::new();
    let to = bench.wallet.address().unwrap().script_pubkey();
    bench.sandbox.fund(&to, sat(10_000), Confirm::Now).unwrap();
    for fails in ["genesis", "scan", "positions"] {
        let broken = Broken::new(&bench, fails);
        let error = failure(bench.wallet.sync(&broken));
        assert!(
            matches!(error, Error::Source(SourceError::Unreachable { .. })),
            "{error}"
        );
        assert!(
            bench.wallet.coins().is_empty(),
            "after a failure of {fails}"
        );
        assert_eq!(
            (bench.wallet.tip().height, bench.wallet.synced()),
            (0, None)
        );
    }
    bench.sync();
    assert_eq!(bench.wallet.coins().len(), 1);
}

#[test]
fn a_command_that_fails_leaves_nothing_behind() {
    let mut bench = Bench::new();
    let before = bench.wallet.coin_set().next_index(Place::Sealed);
    for _ in 0..2 {
        let result: Result<(), _> = bench.wallet.command("test", |command| {
            contracts::allow_schema(&command.db, &bulla_core::SchemaId::from_bytes([1; 32]))?;
            command.meta.birthday = 99;
            command.coins.reveal(Place::Sealed);
            command.coins.reveal(Place::Plain);
            Err(CoinsError::NothingToSpend.into())
        });
        assert!(matches!(
            failure(result),
            Error::Coins(CoinsError::NothingToSpend)
        ));
        assert_eq!(bench.wallet.coin_set().next_index(Place::Sealed), before);
    }
    // Nor is it carried into a later command that succeeds.
    bench.wallet.address().unwrap();
    let schemas = bench.wallet.command("test", |command| {
        assert_eq!(command.meta.birthday, 0);
        Ok(contracts::allowed_schemas(&command.db)?)
    });
    assert!(schemas.unwrap().is_empty());
    let bench = bench.reopen();
    assert_eq!(bench.wallet.coin_set().next_index(Place::Sealed), before);
    assert_eq!(bench.wallet.coin_set().next_index(Place::Plain), 1);
}

#[test]
fn a_wallet_that_is_open_is_kept_from_others() {
    let bench = Bench::new();
    let error = failure(Wallet::open(&bench.file()));
    assert_eq!(error.code(), "wallet-busy");
    let path = bench.file();
    let keys = Keys::generate(Words::Twelve, None).unwrap();
    let error = failure(Wallet::create(&path, Network::Regtest, keys, &passphrase()));
    assert_eq!(error.code(), "wallet-busy");
}

#[test]
fn a_wallet_is_never_made_over_another() {
    let bench = Bench::new();
    let file = bench.file();
    let Bench { dir, wallet, .. } = bench;
    let descriptors = wallet.descriptors().clone();
    drop(wallet);
    let keys = Keys::generate(Words::Twelve, None).unwrap();
    let error = failure(Wallet::create(&file, Network::Regtest, keys, &passphrase()));
    assert_eq!(error.code(), "wallet-exists");
    assert_eq!(*Wallet::open(&file).unwrap().descriptors(), descriptors);
    drop(dir);
}

#[test]
fn no_wallet_is_made_without_a_passphrase_where_coins_have_value() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("wallet.sqlite");
    let keys = Keys::generate(Words::Twelve, None).unwrap();
    let error = failure(Wallet::create(
        &file,
        Network::Bitcoin,
        keys,
        &Passphrase::new(""),
    ));
    assert_eq!(error.code(), "empty-passphrase");
    assert!(!file.exists());
}

#[test]
fn every_error_says_what_it_is_and_most_say_what_to_do() {
    let error = failure(Wallet::open(std::path::Path::new("/nowhere/wallet.sqlite")));
    assert_eq!(error.code(), "no-wallet");
    assert_eq!(error.to_string(), "no wallet at /nowhere/wallet.sqlite");
    assert!(error.remedy().is_some());
}

#[test]
fn nothing_secret_is_printed() {
    let bench = Bench::with(Keys::restore(ABANDON, None).unwrap());
    assert_eq!(format!("{:?}", bench.wallet), "Wallet(regtest, 73c5da0a)");
}
