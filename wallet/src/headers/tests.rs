//! The stored chain follows a source as the whole chain in memory would.

use std::cell::Cell;

use bdk_wallet::chain::BlockId;
use bitcoin::block::Header;
use bitcoin::blockdata::constants::genesis_block;
use bitcoin::hashes::Hash;
use bitcoin::transaction::Version;
use bitcoin::{BlockHash, FeeRate, Transaction, TxMerkleNode, Txid, absolute};
use bulla_core::frame::BlockProof;
use bulla_core::headers::{Change, FileError, HeaderChain, HeaderError};

use super::{HeadersError, params};
use crate::chain::{
    ChainSource, Position, Positions, ScanRequest, ScanUpdate, Sought, SourceError,
};
use crate::keys::{Keys, Passphrase, Words};
use crate::store::headers;
use crate::store::witnesses::{self, WitnessRow};
use crate::{Error, Network, Wallet, time};

/// A source that knows headers and nothing else, and breaks off after so many calls.
struct Headers {
    list: Vec<Header>,
    calls: Cell<u32>,
}

impl Headers {
    fn new(list: &[Header]) -> Self {
        Self {
            list: list.to_vec(),
            calls: Cell::new(u32::MAX),
        }
    }
}

impl ChainSource for Headers {
    fn name(&self) -> String {
        "headers".to_owned()
    }

    fn genesis(&self) -> Result<BlockHash, SourceError> {
        Ok(self.list[0].block_hash())
    }

    fn tip(&self) -> Result<BlockId, SourceError> {
        let (height, hash) = (self.list.len() - 1, self.list.last().unwrap().block_hash());
        let height = u32::try_from(height).unwrap();
        Ok(BlockId { height, hash })
    }

    fn headers(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError> {
        let Some(left) = self.calls.get().checked_sub(1) else {
            let (name, cause) = (self.name(), std::io::Error::other("cut off").into());
            return Err(SourceError::Unreachable { name, cause });
        };
        self.calls.set(left);
        assert!((1..=crate::chain::HEADERS).contains(&count), "{count}");
        Ok(self.list[from as usize..][..count as usize].to_vec())
    }

    fn block_proofs(&self, _: &[(Txid, BlockId)]) -> Result<Vec<Option<BlockProof>>, SourceError> {
        unreachable!("headers alone")
    }

    fn scan(&self, _: &ScanRequest) -> Result<ScanUpdate, SourceError> {
        unreachable!("headers alone")
    }

    fn positions(&self, _: &[Sought]) -> Result<Positions, SourceError> {
        unreachable!("headers alone")
    }

    fn transaction(&self, _: Txid) -> Result<Option<Transaction>, SourceError> {
        unreachable!("headers alone")
    }

    fn broadcast(&self, _: &Transaction) -> Result<(), SourceError> {
        unreachable!("headers alone")
    }

    fn relay_fee(&self) -> Result<FeeRate, SourceError> {
        unreachable!("headers alone")
    }

    fn estimate_fee(&self, _: u16) -> Result<Option<FeeRate>, SourceError> {
        unreachable!("headers alone")
    }
}

/// So many headers of regtest after some others.
fn grown(before: &[Header], count: usize, salt: u8) -> Vec<Header> {
    let mut all = before.to_vec();
    for _ in 0..count {
        let parent = all.last().unwrap();
        let mut header = Header {
            prev_blockhash: parent.block_hash(),
            merkle_root: TxMerkleNode::from_byte_array([salt; 32]),
            time: parent.time + 600,
            nonce: 0,
            ..*parent
        };
        while !header.target().is_met_by(header.block_hash()) {
            header.nonce += 1;
        }
        all.push(header);
    }
    all
}

fn chain(count: usize) -> Vec<Header> {
    grown(&[genesis_block(bitcoin::Network::Regtest).header], count, 1)
}

/// No height was reached: nothing was missing.
const NONE: [u32; 0] = [];

struct Bench {
    wallet: Wallet,
    dir: tempfile::TempDir,
}

const FILE: &str = "wallet.sqlite";

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        let keys = Keys::generate(Words::Twelve, None).unwrap();
        let passphrase = Passphrase::new("passphrase");
        let wallet = Wallet::create(&file, Network::Regtest, keys, &passphrase).unwrap();
        Self { wallet, dir }
    }

    /// Follows a source; the heights that were reached on the way.
    fn fetch(&mut self, source: &Headers) -> Result<Vec<u32>, Error> {
        let mut heights = Vec::new();
        self.wallet
            .fetch_headers(source, &mut |height, _| heights.push(height))?;
        Ok(heights)
    }

    fn stored(&self) -> Vec<Header> {
        headers::from(&self.wallet.db, 0).unwrap()
    }

    fn has_proof(&self, height: u32) -> bool {
        headers::proof(&self.wallet.db, at(height).compute_txid())
            .unwrap()
            .is_some()
    }

    fn put_proof(&mut self, height: u32) {
        let proof = BlockProof {
            height,
            position: 0,
            branch: amplify::confinement::Confined::default(),
        };
        let stored = self.wallet.command("test", |command| {
            let row = WitnessRow {
                tx: at(height),
                own: false,
                position: Position::Mined { height },
                since: height,
            };
            witnesses::put(&command.db, &row)?;
            let txid = row.tx.compute_txid();
            Ok(headers::put_proof(&command.db, txid, &proof)?)
        });
        stored.unwrap();
    }
}

fn at(height: u32) -> Transaction {
    Transaction {
        version: Version::TWO,
        lock_time: absolute::LockTime::from_consensus(height),
        input: Vec::new(),
        output: Vec::new(),
    }
}

#[test]
fn a_long_chain_comes_in_pieces_and_a_cut_off_one_goes_on() {
    let (mut bench, list) = (Bench::new(), chain(5_000));
    let source = Headers::new(&list);
    // A call for the fork and one for the piece, each time.
    source.calls.set(3);
    let error = bench.fetch(&source).unwrap_err();
    assert!(matches!(
        error,
        Error::Source(SourceError::Unreachable { .. })
    ));
    assert_eq!(bench.stored(), list[..=2_016]);
    source.calls.set(u32::MAX);
    assert_eq!(bench.fetch(&source).unwrap(), [4_032, 5_000]);
    assert_eq!(bench.stored(), list);
    assert_eq!(bench.fetch(&source).unwrap(), NONE);
    let whole = bench.wallet.header_chain().unwrap().unwrap();
    let again = HeaderChain::decode(params(&Network::Regtest), &whole.encode(), time::now());
    assert_eq!(again, Ok(whole));
}

#[test]
fn a_source_that_is_behind_on_the_same_chain_changes_nothing() {
    let (mut bench, list) = (Bench::new(), chain(30));
    bench.fetch(&Headers::new(&list)).unwrap();
    assert_eq!(bench.fetch(&Headers::new(&list[..20])).unwrap(), NONE);
    assert_eq!(bench.stored(), list);
}

#[test]
fn more_work_replaces_a_branch_however_deep_and_its_proofs() {
    let (mut bench, ours) = (Bench::new(), chain(4_500));
    bench.fetch(&Headers::new(&ours)).unwrap();
    for height in [1_000, 2_100, 4_400] {
        bench.put_proof(height);
    }
    let theirs = grown(&ours[..2_200], 2_600, 2);
    assert_eq!(bench.fetch(&Headers::new(&theirs)).unwrap(), [4_799]);
    assert_eq!(bench.stored(), theirs);
    let kept = [1_000, 2_100, 4_400].map(|height| bench.has_proof(height));
    assert_eq!(kept, [true, true, false]);
}

#[test]
fn equal_or_less_work_is_refused_and_changes_nothing() {
    let (mut bench, ours) = (Bench::new(), chain(40));
    bench.fetch(&Headers::new(&ours)).unwrap();
    bench.put_proof(39);
    for count in [5, 10] {
        let theirs = grown(&ours[..31], count, 2);
        let error = bench.fetch(&Headers::new(&theirs)).unwrap_err();
        let height = 30 + u32::try_from(count).unwrap();
        assert!(
            matches!(
                &error,
                Error::Source(SourceError::Weaker { fork: 30, height: found, wallet: 40, .. })
                    if *found == height
            ),
            "{error:?}"
        );
        assert_eq!(bench.stored(), ours);
        assert!(bench.has_proof(39));
    }
}

#[test]
fn a_header_that_breaks_a_rule_is_refused_with_its_piece() {
    let (mut bench, mut list) = (Bench::new(), chain(2_100));
    list[2_050].time = list[2_049].time - 6_000;
    list = grown(&list[..=2_050], 1, 1);
    while !list[2_050].target().is_met_by(list[2_050].block_hash()) {
        list[2_050].nonce += 1;
    }
    let error = bench.fetch(&Headers::new(&list)).unwrap_err();
    match error {
        Error::Source(SourceError::Headers { cause, .. }) => {
            let median = matches!(*cause, HeaderError::Median { height: 2_050, .. });
            assert!(median, "{cause:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.stored(), list[..=2_016]);
}

#[test]
fn a_file_is_taken_in_if_it_has_more_work() {
    let (mut from, mut to) = (Bench::new(), Bench::new());
    let list = chain(30);
    from.fetch(&Headers::new(&list)).unwrap();
    let file = from.wallet.header_chain().unwrap().unwrap().encode();
    let added = |added| Change::Extended { added };
    assert_eq!(to.wallet.import_headers(&file).unwrap(), added(31));
    assert_eq!(to.stored(), list);
    assert_eq!(to.wallet.import_headers(&file).unwrap(), Change::Nothing);
    let branch = grown(&list[..21], 9, 2);
    let longer = grown(&list[..21], 12, 3);
    to.put_proof(25);
    let bytes = |list: &[Header]| -> Vec<u8> {
        list.iter()
            .flat_map(bitcoin::consensus::serialize)
            .collect()
    };
    let change = to.wallet.import_headers(&bytes(&branch)).unwrap();
    assert!(
        matches!(change, Change::Weaker { fork: 20, .. }),
        "{change:?}"
    );
    assert_eq!((to.stored(), to.has_proof(25)), (list, true));
    let reorganised = Change::Reorganised {
        fork: 20,
        removed: 10,
        added: 12,
    };
    let change = to.wallet.import_headers(&bytes(&longer)).unwrap();
    assert_eq!(change, reorganised);
    assert_eq!((to.stored(), to.has_proof(25)), (longer, false));
}

/// On a signet nobody signed for the work of a file.
#[test]
fn a_chain_that_locks_an_honest_source_out_can_be_forgotten() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.wallet.reset_headers().unwrap_err().code(),
        "no-headers"
    );
    let list = chain(30);
    let honest = Headers::new(&list);
    bench.fetch(&honest).unwrap();
    bench.put_proof(25);
    let more = grown(&list[..11], 25, 2);
    let file: Vec<u8> = more
        .iter()
        .flat_map(bitcoin::consensus::serialize)
        .collect();
    bench.wallet.import_headers(&file).unwrap();
    let locked_out = bench.fetch(&honest).unwrap_err();
    let weaker = SourceError::Weaker {
        name: "headers".to_owned(),
        fork: 10,
        height: 30,
        wallet: 35,
    };
    assert_eq!(locked_out.to_string(), Error::from(weaker).to_string());
    bench.put_proof(5);
    let forget = |command: &mut crate::wallet::Command<'_>| {
        command.meta.synced = Some(35);
        Ok(command.meta.save(&command.db)?)
    };
    bench.wallet.command("test", forget).unwrap();
    let forgotten = bench.wallet.reset_headers().unwrap();
    assert_eq!(forgotten.headers(), more);
    assert_eq!((bench.stored(), bench.has_proof(5)), (Vec::new(), false));
    let Bench { wallet, dir } = bench;
    drop(wallet);
    let wallet = Wallet::open(&dir.path().join(FILE)).unwrap();
    assert_eq!(wallet.synced(), None);
    let mut bench = Bench { wallet, dir };
    bench.fetch(&honest).unwrap();
    assert_eq!(bench.stored(), list);
}

#[test]
fn a_file_that_is_no_chain_of_the_network_changes_nothing() {
    let mut bench = Bench::new();
    let other = genesis_block(bitcoin::Network::Signet).header;
    for bytes in [
        bitcoin::consensus::serialize(&other),
        vec![7; 79],
        Vec::new(),
    ] {
        let error = bench.wallet.import_headers(&bytes).unwrap_err();
        assert_eq!(error.code(), "bad-headers");
        assert_eq!(bench.stored(), []);
    }
    let genesis = genesis_block(bitcoin::Network::Bitcoin).header;
    let file = bitcoin::consensus::serialize(&genesis);
    let short = super::read(&Network::Bitcoin, &file).unwrap_err();
    assert!(matches!(short, HeadersError::Short(_)), "{short:?}");
    let wrong = super::read(&Network::Regtest, &file).unwrap_err();
    let checkpoint = matches!(
        wrong,
        HeadersError::File(FileError::Header(HeaderError::Checkpoint { height: 0, .. }))
    );
    assert!(checkpoint, "{wrong:?}");
}
