//! Every transfer is signed by m of n keys of the issuer.

use bulla_core::schema::{Part, Value};

use super::operation::{Refusal, both_ways, compared, genesis, operation, transition};

/// The x coordinate of the curve's generator times a small number.
fn key(times: u8) -> [u8; 32] {
    let mut secret = [0; 32];
    secret[31] = times;
    let secp = bitcoin::secp256k1::Secp256k1::new();
    let pair = bitcoin::key::Keypair::from_seckey_slice(&secp, &secret).expect("not zero");
    pair.x_only_public_key().0.serialize()
}

#[test]
fn a_permissioned_asset_names_its_signers_and_keeps_its_supply() {
    let schema = bulla_schemas::permissioned();
    let born = |threshold, keys: &[[u8; 32]]| {
        let asset = genesis(&schema).counts("supply", 5).makes("asset", 5);
        let asset = asset.counts("threshold", threshold);
        keys.iter()
            .fold(asset, |asset, key| asset.says("signers", key))
    };
    let keys = [1, 2, 3].map(key);
    let moved = |out| {
        operation(&schema, "transfer")
            .takes("asset", 5)
            .makes("asset", out)
    };
    both_ways(
        &schema,
        &[
            born(2, &keys),
            born(3, &keys),
            born(1, &keys[..1]),
            moved(5),
        ],
        &[
            (
                born(2, &keys).makes("asset", 1),
                "out.asset == global.supply",
                compared(6, 5),
            ),
            (moved(6), "in.asset == out.asset", compared(5, 6)),
        ],
    );
    assert_eq!(born(4, &keys).judge(), Err(Refusal::Signers));
    assert_eq!(born(0, &keys).judge(), Err(Refusal::Signers));
    assert_eq!(born(1, &[[0; 32]]).judge(), Err(Refusal::Signers));
    assert_eq!(born(1, &[keys[0]; 2]).judge(), Err(Refusal::Signers));
    assert_eq!(born(1, &[]).judge(), Err(Refusal::Counts(Part::Global)));
}

#[test]
fn every_transition_of_a_permissioned_asset_asks_for_m_of_its_keys() {
    let schema = bulla_schemas::permissioned();
    let two = 2_u64.to_le_bytes();
    let keys = [1, 2, 3].map(key);
    let mut genesis: Vec<Value<'_>> = vec![(5, &two), (10, &two)];
    genesis.extend(keys.iter().map(|key| (11, key.as_slice())));
    assert_eq!(schema.transitions.len(), 1);
    let transfer = transition(&schema, "transfer");
    let asked = transfer.signature_rules(&genesis);
    let asked: Vec<_> = asked
        .map(|of| (of.rule, of.threshold, of.keys.len()))
        .collect();
    assert_eq!(asked, [(1, 2, 3)]);
}
