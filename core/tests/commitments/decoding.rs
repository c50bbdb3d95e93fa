//! Decoders on arbitrary bytes: no panic, one encoding, every cut is noticed.

use bitcoin::taproot::LeafVersion;
use bulla_core::DecodeError;
use bulla_core::commit::mpc::{MpcProof, Proof};
use bulla_core::commit::{DbcProof, Partner, TapretProof};
use proptest::prelude::*;

use crate::maker::{generator, wrong};

fn dbc(partner: Option<Partner>, nonce: u8, odd: bool) -> DbcProof {
    DbcProof::Tapret {
        proof: TapretProof {
            partner,
            nonce,
            internal_key: generator().serialize(),
        },
        odd,
    }
}

fn valid_encodings() -> Vec<Vec<u8>> {
    let script = vec![0x51; 70];
    let partners = [
        None,
        Some(Partner::LeftNode([7; 32])),
        Some(Partner::RightLeaf {
            version: LeafVersion::TapScript,
            script,
        }),
        Some(Partner::RightBranch {
            a: [7; 32],
            b: [9; 32],
        }),
    ];
    let proofs = partners.map(|partner| dbc(partner, 3, true));
    proofs
        .iter()
        .chain([&DbcProof::Opret])
        .map(DbcProof::encode)
        .collect()
}

fn assert_canonical(bytes: &[u8]) {
    if let Ok(proof) = Proof::decode(bytes) {
        assert_eq!(proof.encode(), bytes);
    }
    if let Ok(proof) = DbcProof::decode(bytes) {
        assert_eq!(proof.encode(), bytes);
    }
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_to_the_same_bytes(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        tags in prop::collection::vec(0_u8..4, 0..4),
    ) {
        assert_canonical(&bytes);
        assert_canonical(&[tags, bytes].concat());
    }

    #[test]
    fn whatever_decodes_from_a_changed_proof_encodes_to_the_same_bytes(
        index: prop::sample::Index, bit in 0_u8..8,
    ) {
        for mut bytes in valid_encodings() {
            let at = index.index(bytes.len());
            bytes[at] ^= 1 << bit;
            assert_canonical(&bytes);
        }
    }

    #[test]
    fn every_mpc_proof_within_the_limits_comes_back(
        pos: u32,
        cofactor in 0_u16..8,
        path in prop::collection::vec(any::<[u8; 32]>(), 3..17),
        entropy: u64,
    ) {
        for proof in [Proof::Path(MpcProof { pos, cofactor, path }), Proof::Entropy(entropy)] {
            prop_assert_eq!(Proof::decode(&proof.encode()), Ok(proof));
        }
    }
}

#[test]
fn every_cut_of_a_proof_is_noticed() {
    for bytes in valid_encodings() {
        DbcProof::decode(&bytes).unwrap();
        for len in 0..bytes.len() {
            assert!(matches!(
                DbcProof::decode(&bytes[..len]),
                Err(DecodeError::Short { .. })
            ));
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(
            DbcProof::decode(&longer),
            Err(DecodeError::Trailing {
                what: "dbc proof",
                found: 1
            })
        );
    }
}

#[test]
fn a_presence_byte_other_than_0_and_1_is_refused() {
    for found in 2..=u8::MAX {
        let unknown = wrong("presence of a tapret partner", "0 or 1", found);
        assert_eq!(DbcProof::decode(&[1, found]), Err(unknown));
    }
}
