//! `strict_encoding` itself as the oracle: mirror types with its derive give core's bytes, and
//! read them back.

#[path = "../common/arbitrary.rs"]
mod arbitrary;
mod convert;
mod convert_schema;
mod mirror;

use std::fmt::Debug;

use bitcoin::hashes::{Hash, HashEngine, sha256};
use bulla_core::operation::{Genesis, Transition};
use proptest::prelude::*;
use strict_encoding::{StreamReader, StrictDecode, StrictEncode, StrictReader, StrictWriter};

use crate::convert::{Mirrored, commitments};

fn strict<T: StrictEncode>(value: &T) -> Vec<u8> {
    let writer = StrictWriter::in_memory::<{ usize::MAX }>();
    value.strict_encode(writer).unwrap().unbox().unconfine()
}

/// What the derive reads, all bytes used.
fn read<T: StrictDecode>(bytes: &[u8]) -> T {
    let mut reader = StrictReader::with(StreamReader::in_memory::<{ usize::MAX }>(bytes));
    let value = T::strict_decode(&mut reader).unwrap();
    let used = reader.into_cursor().position();
    assert_eq!(used, bytes.len() as u64);
    value
}

fn assert_same<M: StrictEncode + StrictDecode + PartialEq + Debug>(mirror: &M, bytes: &[u8]) {
    assert_eq!(strict(mirror), bytes);
    assert_eq!(read::<M>(bytes), *mirror);
}

macro_rules! same_bytes {
    ($($test:ident: $strategy:ident;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(300))]
            $(
                #[test]
                fn $test(object in arbitrary::$strategy()) {
                    assert_same(&object.mirror(), &object.encode());
                }
            )*
        }
    };
}

same_bytes! {
    a_seal_has_the_bytes_of_strict_encoding: seal;
    an_assigned_seal_has_the_bytes_of_strict_encoding: assigned_seal;
    an_input_has_the_bytes_of_strict_encoding: input;
    a_genesis_has_the_bytes_of_strict_encoding: genesis;
    a_transition_has_the_bytes_of_strict_encoding: transition;
    a_bundle_has_the_bytes_of_strict_encoding: bundle;
    a_bundle_proof_has_the_bytes_of_strict_encoding: bundle_proof;
    a_witness_has_the_bytes_of_strict_encoding: witness;
    an_mpc_path_has_the_bytes_of_strict_encoding: mpc_path;
    an_mpc_proof_has_the_bytes_of_strict_encoding: mpc_proof;
    a_partner_has_the_bytes_of_strict_encoding: partner;
    a_tapret_proof_has_the_bytes_of_strict_encoding: tapret_proof;
    a_dbc_proof_has_the_bytes_of_strict_encoding: dbc_proof;
    an_anchor_has_the_bytes_of_strict_encoding: anchor;
    a_schema_has_the_bytes_of_strict_encoding: schema;
    a_header_has_the_bytes_of_strict_encoding: header;
}

fn tagged(tag: &str, message: &[u8]) -> [u8; 32] {
    let tag = sha256::Hash::hash(tag.as_bytes()).to_byte_array();
    let mut engine = sha256::Hash::engine();
    engine.input(&tag);
    engine.input(&tag);
    engine.input(message);
    sha256::Hash::from_engine(engine).to_byte_array()
}

fn canonical_genesis(genesis: &Genesis) -> mirror::CanonicalGenesis {
    let mirror = genesis.mirror();
    mirror::CanonicalGenesis {
        format: mirror.format,
        schema: mirror.schema,
        network: mirror.network,
        timestamp: mirror.timestamp,
        globals: mirror.globals,
        outputs: commitments(&genesis.outputs),
    }
}

fn canonical_transition(transition: &Transition) -> mirror::CanonicalTransition {
    let mirror = transition.mirror();
    mirror::CanonicalTransition {
        format: mirror.format,
        contract: mirror.contract,
        kind: mirror.kind,
        inputs: mirror.inputs,
        globals: mirror.globals,
        metadata: mirror.metadata,
        outputs: commitments(&transition.outputs),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn ids_are_tagged_hashes_of_the_strict_canonical_form(
        genesis in arbitrary::genesis(),
        transition in arbitrary::transition(),
        seal in arbitrary::seal(),
        schema in arbitrary::schema(),
    ) {
        let bytes = strict(&canonical_genesis(&genesis));
        prop_assert_eq!(genesis.contract_id().to_bytes(), tagged("bulla:genesis#1", &bytes));
        let bytes = strict(&canonical_transition(&transition));
        prop_assert_eq!(transition.id().to_bytes(), tagged("bulla:transition#1", &bytes));
        let bytes = strict(&seal.mirror());
        prop_assert_eq!(seal.conceal().to_bytes(), tagged("bulla:seal#1", &bytes));
        let bytes = strict(&schema.mirror());
        prop_assert_eq!(schema.id().to_bytes(), tagged("bulla:schema#1", &bytes));
    }
}
