//! The real chain: its first headers, its first payment, the parameters of each network.

use bitcoin::block::Header;
use bitcoin::blockdata::constants::genesis_block;
use bitcoin::consensus::Params;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, Network, TxMerkleNode, Txid};
use bulla_core::headers::{ChainParams, Change, HeaderChain, HeaderError, ProofError, check_proof};
use proptest::prelude::*;

use crate::kit::{NOW, header, proof};

const BLOCK_1: &str = "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000\
                       982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e\
                       61bc6649ffff001d01e36299";
const BLOCK_2: &str = "010000004860eb18bf1b1620e37e9490fc8a427514416fd75159ab86688e9a8300000000\
                       d5fdcc541e25de1c7a5addedf24858b8bb665c9f36ef744ee42c316022c90f9b\
                       b0bc6649ffff001d08d2bd61";

fn hash(hex: &str) -> BlockHash {
    hex.parse().expect("a block hash")
}

fn early() -> [Header; 2] {
    [BLOCK_1, BLOCK_2].map(header)
}

#[test]
fn the_first_blocks_of_the_main_chain_are_a_chain() {
    let mut chain = HeaderChain::of_network(Network::Bitcoin);
    let added = chain.extend(&early(), NOW);
    assert_eq!(added, Ok(Change::Extended { added: 2 }));
    let hashes = [0, 1, 2].map(|height| chain.hash(height).expect("known"));
    let expected = [
        "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
        "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048",
        "000000006a625f06636b8bb6ac7b960a8d03705d1ace08b1a19da3fdcc99ddbd",
    ];
    assert_eq!(hashes, expected.map(hash));
    assert_eq!(
        (chain.base(), chain.height(), chain.tip()),
        (0, 2, hashes[2])
    );
    assert_eq!(chain.hash(3), None);
    assert_eq!(chain.header(1), Some(&header(BLOCK_1)));
    let work = "0000000000000000000000000000000000000000000000000000000300030003";
    assert_eq!(format!("{:0>64x}", chain.work()), work);
}

#[test]
fn a_main_chain_below_the_last_checkpoint_shows_nothing() {
    let mut chain = HeaderChain::of_network(Network::Bitcoin);
    chain.extend(&early(), NOW).expect("valid headers");
    let txid = Txid::from_raw_hash(header(BLOCK_1).merkle_root.to_raw_hash());
    let short = ProofError::Short {
        tip: 2,
        checkpoint: 886_157,
    };
    assert_eq!(chain.position(txid, &proof(1, 0, &[])), Err(short.clone()));
    assert_eq!(chain.reaches_checkpoint(), Err(short));
}

#[test]
fn checkpoints_read_as_explorers_print_them() {
    let params = ChainParams::of_network(Network::Bitcoin);
    let expected = [
        (
            0,
            "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
        ),
        (
            11_111,
            "0000000069e244f73d78e8fd29ba2fd2ed618bd6fa2ee92559f542fdb26e7c1d",
        ),
        (
            481_824,
            "0000000000000000001c8018d9cb3b742ef25114f27563e3fc4a1902167f9893",
        ),
        (
            886_157,
            "00000000000000000001b658dd1120e82e66d2790811f89ede9742ada3ed6d77",
        ),
    ];
    for (height, hex) in expected {
        assert_eq!(
            params.checkpoints.get(&height),
            Some(&hash(hex)),
            "{height}"
        );
    }
    // Every hash stands for work: a wrong digit at its front would show.
    for (height, hash) in &params.checkpoints {
        assert_eq!(hash.to_byte_array()[28..], [0; 4], "{height}");
    }
}

#[test]
fn a_main_chain_begins_only_where_a_checkpoint_begins_a_period() {
    let params = || ChainParams::of_network(Network::Bitcoin);
    for height in [1, 2_016, 11_111, 840_000] {
        let begun = HeaderChain::begin(params(), height, header(BLOCK_1));
        assert_eq!(begun, Err(HeaderError::Base { height }));
    }
    let begun = HeaderChain::begin(params(), 481_824, header(BLOCK_1));
    let expected = "0000000000000000001c8018d9cb3b742ef25114f27563e3fc4a1902167f9893";
    assert_eq!(
        begun,
        Err(HeaderError::Checkpoint {
            height: 481_824,
            expected: hash(expected),
            found: header(BLOCK_1).block_hash(),
        })
    );
}

/// Block 170 holds the first payment between two people.
#[test]
fn the_first_payment_is_proven_below_its_real_root() {
    let txid = |hex: &str| hex.parse::<Txid>().expect("a txid");
    let coinbase = txid("b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082");
    let payment = txid("f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16");
    let root = "7dac2c5666815c17a3b36427de37bb9d2e2c5ccec3f8633eb91a4205cb4c10ff";
    let root: TxMerkleNode = root.parse().expect("a root");
    let branch = [coinbase.to_byte_array()];
    assert_eq!(check_proof(payment, &proof(170, 1, &branch), root), Ok(()));
    let wrong = check_proof(coinbase, &proof(170, 1, &branch), root);
    assert_eq!(wrong, Err(ProofError::LeftCopy { level: 0 }));
}

/// The vectors of Bitcoin Core's `pow_tests.cpp`.
#[test]
fn targets_change_as_they_did_in_the_real_chain() {
    let params = ChainParams::of_network(Network::Bitcoin);
    let vectors = [
        (0x1d00_ffff, 1_261_130_161, 1_262_152_739, 0x1d00_d86a),
        (0x1d00_ffff, 1_231_006_505, 1_233_061_996, 0x1d00_ffff),
        (0x1c05_a3f4, 1_279_008_237, 1_279_297_671, 0x1c01_68fd),
        (0x1c38_7f6f, 1_263_163_443, 1_269_211_443, 0x1d00_e1fd),
    ];
    for (bits, first, last, expected) in vectors {
        let found = params.retarget(CompactTarget::from_consensus(bits), first, last);
        assert_eq!(found.to_consensus(), expected, "from {bits:#x}");
    }
}

#[test]
fn k16_each_network_has_rules_of_its_own() {
    let networks = [
        (Network::Bitcoin, true, false, false, 0x1d00_ffff),
        (Network::Testnet, true, true, false, 0x1d00_ffff),
        (Network::Testnet4, true, true, true, 0x1d00_ffff),
        (Network::Signet, true, false, false, 0x1e03_77ae),
        (Network::Regtest, false, false, false, 0x207f_ffff),
    ];
    for (network, retargets, easy_when_late, bip94, limit) in networks {
        let params = ChainParams::of_network(network);
        assert_eq!(params.retargets, retargets, "{network}");
        assert_eq!(params.easy_when_late, easy_when_late, "{network}");
        assert_eq!(params.bip94, bip94, "{network}");
        assert_eq!(params.limit.to_compact_lossy().to_consensus(), limit);
        assert_eq!((params.interval, params.spacing), (2_016, 600));
        let genesis = genesis_block(network).block_hash();
        assert_eq!(params.checkpoints.get(&0), Some(&genesis));
        assert_eq!(HeaderChain::of_network(network).tip(), genesis);
    }
}

proptest! {
    /// The `bitcoin` crate computes the same wherever its arithmetic does not wrap.
    #[test]
    fn targets_change_as_the_bitcoin_crate_says(
        mantissa in 0x8000_u32..0x7f_ffff,
        size in 4_u32..0x1d,
        first: u32,
        spent in 0_u32..8_000_000,
        network in prop_oneof![Just(Network::Bitcoin), Just(Network::Signet)],
    ) {
        let first = first.min(u32::MAX - spent);
        let bits = CompactTarget::from_consensus(size << 24 | mantissa);
        let expected =
            CompactTarget::from_next_work_required(bits, spent.into(), Params::new(network));
        let found = ChainParams::of_network(network).retarget(bits, first, first + spent);
        prop_assert_eq!(found, expected);
    }
}
