//! A counting allocator: what a stranger's proof of ownership claims of lengths makes its reader reserve no more than a
//! small multiple of the bytes that are there.

use allocation_counter::measure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bitcoin::consensus::encode::serialize;
use bitcoin::hashes::Hash;
use bitcoin::hex::DisplayHex;
use bitcoin::{OutPoint, Transaction, TxIn, TxOut, Txid, Witness};
use bulla_core::{ContractId, NetworkId};
use bulla_wallet::proofs::{Proof, ProofError, ProvenCoin};

/// What short texts and lists may take in any case, in bytes.
const SMALL: u64 = 16_384;

fn proof(transaction: Transaction) -> Proof {
    Proof {
        network: NetworkId::from_bytes([1; 32]),
        contract: ContractId::from_bytes([2; 32]),
        challenge: "Bank of Ur".parse().unwrap(),
        coins: vec![ProvenCoin {
            outpoint: OutPoint::new(Txid::from_byte_array([3; 32]), 0),
            transaction,
            signature: Witness::from_slice(&[[7; 64]]),
            mined: None,
        }],
        consignment: vec![1],
    }
}

/// Reads a proof with one text in the place of another, counting all that is asked for.
fn read(proof: &Proof, old: &str, new: &str) -> Result<Proof, ProofError> {
    let text = String::from_utf8(proof.encode()).unwrap();
    assert_eq!(text.matches(old).count(), 1);
    let bytes = text.replace(old, new).into_bytes();
    let mut result = None;
    let found = measure(|| result = Some(Proof::decode(&bytes))).bytes_total;
    let most = 20 * bytes.len() as u64 + SMALL;
    assert!(
        found <= most,
        "{found} bytes for {}, expected at most {most}",
        bytes.len()
    );
    result.unwrap()
}

fn transaction(inputs: usize, outputs: usize) -> Transaction {
    Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: vec![TxIn::default(); inputs],
        output: vec![TxOut::NULL; outputs],
    }
}

#[test]
fn a_transaction_in_a_proof_that_claims_many_inputs_reserves_little() {
    let proof = proof(transaction(1, 1));
    let bytes = serialize(&proof.coins[0].transaction);
    let hex = |bytes: &[u8]| bytes.to_lower_hex_string();
    // The number of inputs, the length of the first script, the number of outputs.
    for at in [4, 41, 46] {
        for length in [
            &[0xfd, 0xff, 0xff][..],
            &[0xfe, 0xff, 0xff, 0xff, 0],
            &[0xfe, 0, 0x09, 0x3d, 0],
        ] {
            let mut hostile = bytes.clone();
            hostile.splice(at..=at, length.iter().copied());
            let what = "a transaction without witness data that cannot be read";
            assert_eq!(
                read(&proof, &hex(&bytes), &hex(&hostile)),
                Err(ProofError::Malformed { what })
            );
        }
    }
    assert_eq!(
        read(&proof, "Bank of Ur", "Bank of Ur").as_ref(),
        Ok(&proof)
    );
}

#[test]
fn a_signature_in_a_proof_that_claims_many_elements_reserves_little() {
    let proof = proof(transaction(1, 1));
    let bytes = serialize(&proof.coins[0].signature);
    let text = |bytes: &[u8]| STANDARD.encode(bytes);
    // The number of elements, and the length of the only one.
    for at in [0, 1] {
        for length in [
            &[0xfe, 0xff, 0x08, 0x3d, 0][..],
            &[0xfd, 0xff, 0xff],
            &[0xff; 9],
        ] {
            let mut hostile = bytes.clone();
            hostile.splice(at..=at, length.iter().copied());
            let what = "a signature that cannot be read";
            assert_eq!(
                read(&proof, &text(&bytes), &text(&hostile)),
                Err(ProofError::Malformed { what })
            );
        }
    }
    // Elements of no bytes take more in memory than in a file.
    let empty = |count: u8| text(&[&[count][..], &vec![0; count.into()]].concat());
    assert!(read(&proof, &text(&bytes), &empty(100)).is_ok());
    let what = "a signature that cannot be read";
    assert_eq!(
        read(&proof, &text(&bytes), &empty(101)),
        Err(ProofError::Malformed { what })
    );
}

#[test]
fn witness_data_in_a_transaction_of_a_proof_is_refused() {
    let proof = proof(transaction(1, 1));
    let bytes = serialize(&proof.coins[0].transaction).to_lower_hex_string();
    let mut signed = transaction(1, 1);
    signed.input[0].witness.push([1, 2, 3]);
    let signed = serialize(&signed).to_lower_hex_string();
    let what = "a transaction without witness data that cannot be read";
    assert_eq!(
        read(&proof, &bytes, &signed),
        Err(ProofError::Malformed { what })
    );
}
