//! The cases recorded from `commit_verify`, `bp-dbc` and rgb-consensus. Each gives the recorded
//! result, or the stricter one that [`STRICTER`] lists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use bitcoin::ScriptBuf;
use bitcoin::hashes::Hash;
use bitcoin::key::Parity;
use bulla_core::DecodeError;
use bulla_core::commit::mpc::{self, MpcError, MpcProof, Proof};
use bulla_core::commit::opret::{self, OpretError};
use bulla_core::commit::tapret::{TapretError, TapretProof, leaf_hash, leaf_script};
use bulla_core::commit::{Commitment, DbcProof, Method, Partner, host_output, mpc_builder};
use serde_json::Value;

use crate::maker::{Refusal, hex, hex32, key, mpc_root, transaction};

/// Where the result differs from the recorded one: case, our result, why.
static STRICTER: [(&str, Refusal, &str); 7] = [
    (
        "cofactor-8-pos-0",
        cofactor(8),
        "a cofactor of the width puts every contract in slot 0",
    ),
    (
        "cofactor-9-pos-0",
        cofactor(9),
        "a cofactor beyond the width does the same",
    ),
    (
        "cofactor-65535-pos-0",
        cofactor(65_535),
        "a cofactor beyond the width does the same",
    ),
    (
        "path-len-31",
        depth(31),
        "no builder makes trees deeper than 16",
    ),
    ("path-len-32", depth(32), "the crate panics"),
    (
        "trailing-byte (StrictDecode alone)",
        Refusal::Wire(DecodeError::Trailing {
            what: "mpc proof of an anchor",
            found: 1,
        }),
        "the crate does not see bytes after the proof",
    ),
    (
        "wire_malleability",
        Refusal::Wire(DecodeError::NotCanonical {
            what: "the hashes of a tapret partner branch do not ascend",
        }),
        "a proof has one encoding",
    ),
];

const fn cofactor(found: u64) -> Refusal {
    Refusal::Wire(DecodeError::Limit {
        what: "mpc cofactor",
        min: 0,
        max: 7,
        found,
    })
}

const fn depth(found: u64) -> Refusal {
    Refusal::Wire(DecodeError::Limit {
        what: "mpc depth",
        min: 0,
        max: 16,
        found,
    })
}

/// Collects which entries of [`STRICTER`] were needed.
#[derive(Default)]
struct Exceptions(BTreeSet<&'static str>);

impl Exceptions {
    /// Requires the recorded result, or the listed one where the two differ.
    fn check<T: std::fmt::Debug>(&mut self, name: &str, same: bool, ours: &Result<T, Refusal>) {
        if same {
            return;
        }
        let listed = STRICTER.iter().find(|(listed, ..)| *listed == name);
        let (listed, expected, _) =
            listed.unwrap_or_else(|| panic!("{name}: not the recorded result: {ours:?}"));
        assert_eq!(ours.as_ref().unwrap_err(), expected, "{name}");
        self.0.insert(listed);
    }
}

fn vectors(name: &str) -> Value {
    let path = format!(
        "{}/../tests/vectors/peers/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn number<T: TryFrom<u64, Error: std::fmt::Debug>>(value: &Value) -> T {
    T::try_from(value.as_u64().unwrap()).unwrap()
}

fn to_commitment(value: &Value) -> Commitment {
    Commitment::from_byte_array(hex32(text(value)))
}

fn to_script(value: &Value) -> ScriptBuf {
    ScriptBuf::from_bytes(hex(text(value)))
}

#[test]
fn every_recorded_case_gives_the_recorded_result_or_a_listed_stricter_one() {
    let mut exceptions = Exceptions::default();
    hostile_mpc_proofs(&mut exceptions);
    swapped_branch(&mut exceptions);
    let listed: BTreeSet<&str> = STRICTER.iter().map(|(name, ..)| *name).collect();
    assert_eq!(exceptions.0, listed, "a listed exception is not needed");
}

fn hostile_mpc_proofs(exceptions: &mut Exceptions) {
    let file = vectors("mpc");
    assert_eq!(list(&file["negative"]).len(), 21);
    for case in list(&file["negative"]) {
        let [protocol, message] = ["protocol_id", "message"].map(|field| hex32(text(&case[field])));
        let ours = mpc_root(&hex(text(&case["proof_encoded"])), protocol, message);
        let honest = to_commitment(&case["expected_commitment"]);
        let outcome = &case["crate_outcome"];
        let same = match text(&outcome["result"]) {
            "accepted" => ours == Ok(honest),
            "other-commitment" => {
                let other = to_commitment(&outcome["commitment"]);
                other != honest && ours == Ok(other)
            }
            "InvalidProof" => matches!(ours, Err(Refusal::Mpc(MpcError::Position { .. }))),
            "decode-error" => matches!(ours, Err(Refusal::Wire(_))),
            "PANIC" => false,
            unknown => panic!("unknown recorded result {unknown}"),
        };
        exceptions.check(text(&case["name"]), same, &ours);
    }
}

fn swapped_branch(exceptions: &mut Exceptions) {
    let case = &vectors("tapret_reserved_rgb")["wire_malleability"];
    let decode = |field: &str| Partner::decode(&hex(text(&case[field])));
    decode("encoded_ordered").unwrap();
    let ours = decode("encoded_swapped").map_err(Refusal::Wire);
    exceptions.check("wire_malleability", ours.is_ok() == case["decodes"], &ours);
}

#[test]
fn recorded_mpc_proofs_verify_and_encode_to_the_same_bytes() {
    let file = vectors("mpc");
    assert_eq!(list(&file["cases"]).len(), 11);
    let mut proofs = 0;
    for case in list(&file["cases"]) {
        for entry in list(&case["entries"]) {
            let bytes = hex(text(&entry["proof"]["encoded"]));
            let proof = Proof::decode(&bytes).unwrap();
            assert_eq!(proof, Proof::Path(recorded_path(&entry["proof"])));
            assert_eq!(proof.encode(), bytes);
            let [protocol, message] =
                ["protocol_id", "message"].map(|field| hex32(text(&entry[field])));
            assert_eq!(
                proof.root(protocol, message),
                Ok(to_commitment(&case["commitment"]))
            );
            proofs += 1;
        }
    }
    assert_eq!(proofs, 65);
}

fn recorded_path(proof: &Value) -> MpcProof {
    let path = list(&proof["path"])
        .iter()
        .map(|hash| hex32(text(hash)))
        .collect();
    MpcProof {
        pos: number(&proof["pos"]),
        cofactor: number(&proof["cofactor"]),
        path,
    }
}

#[test]
fn the_builder_makes_the_recorded_trees() {
    let file = vectors("mpc");
    let cases = list(&file["cases"])
        .iter()
        .filter(|case| case["min_depth"] == mpc::MIN_DEPTH);
    let mut built = 0;
    for case in cases {
        let entropy: u64 = text(&case["entropy"]).parse().unwrap();
        let entries = list(&case["entries"]);
        let messages: BTreeMap<_, _> = entries
            .iter()
            .map(|entry| {
                (
                    hex32(text(&entry["protocol_id"])),
                    hex32(text(&entry["message"])),
                )
            })
            .collect();
        let tree = mpc_builder::build(&messages, entropy).unwrap();
        assert_eq!(
            tree.commitment(),
            to_commitment(&case["commitment"]),
            "{}",
            case["name"]
        );
        assert_eq!(tree.depth(), number::<u8>(&case["depth"]));
        assert_eq!(tree.cofactor(), number::<u16>(&case["cofactor"]));
        for entry in entries {
            let path = tree.path(hex32(text(&entry["protocol_id"])));
            assert_eq!(path, Some(recorded_path(&entry["proof"])));
        }
        built += 1;
    }
    assert_eq!(built, 8);
}

#[test]
fn the_entropy_form_gives_the_recorded_commitment_of_a_single_contract() {
    let file = vectors("mpc");
    let case = list(&file["cases"])
        .iter()
        .find(|case| case["name"] == "n1")
        .unwrap();
    let entry = &case["entries"][0];
    let [protocol, message] = ["protocol_id", "message"].map(|field| hex32(text(&entry[field])));
    let root = mpc::entropy_root(0x0123_4567_89ab_cdef, protocol, message);
    assert_eq!(root, to_commitment(&case["commitment"]));
}

#[test]
fn recorded_tapret_cases_give_the_recorded_keys_and_errors() {
    let file = vectors("tapret_reserved_rgb");
    assert_eq!(list(&file["cases"]).len(), 17);
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let commitment = to_commitment(&case["mpc_commitment"]);
        let nonce = number(&case["nonce"]);
        assert_eq!(
            leaf_script(commitment, nonce),
            to_script(&case["commitment_script"])
        );
        let leaf = leaf_hash(commitment, nonce).to_byte_array();
        assert_eq!(leaf, hex32(text(&case["commitment_leaf_hash"])), "{name}");
        let partner = case["partner_encoded"].as_str().map(|partner| {
            let partner = Partner::decode(&hex(partner)).unwrap();
            assert_eq!(
                partner.hash().to_byte_array(),
                hex32(text(&case["partner_hash"]))
            );
            partner
        });
        let internal_key = key(text(&case["internal_key"]));
        let proof = TapretProof {
            partner,
            nonce,
            internal_key,
        };
        assert_eq!(
            fitting_nonces(&proof, commitment),
            case["valid_nonces_of_256"],
            "{name}"
        );
        match text(&case["result"]) {
            "ok" => valid_tapret_case(case, &proof, commitment),
            "error" => refused_tapret_case(case, &proof, commitment),
            unknown => panic!("unknown recorded result {unknown}"),
        }
    }
}

fn fitting_nonces(proof: &TapretProof, commitment: Commitment) -> usize {
    (0..=u8::MAX)
        .filter(|nonce| {
            TapretProof {
                nonce: *nonce,
                ..proof.clone()
            }
            .merkle_root(commitment)
            .is_ok()
        })
        .count()
}

fn valid_tapret_case(case: &Value, proof: &TapretProof, commitment: Commitment) {
    let name = text(&case["name"]);
    let root = proof.merkle_root(commitment).unwrap().to_byte_array();
    assert_eq!(root, hex32(text(&case["merkle_root"])), "{name}");
    let (output_key, parity) = proof.output_key(commitment).unwrap();
    assert_eq!(output_key, key(text(&case["output_key"])), "{name}");
    assert_eq!(
        parity.to_u8(),
        number::<u8>(&case["output_key_parity"]),
        "{name}"
    );
    let odd = parity == Parity::Odd;
    let script = to_script(&case["script_pubkey"]);
    assert_eq!(proof.verify(commitment, odd, &script), Ok(()), "{name}");
    assert_eq!(
        proof.verify(commitment, !odd, &script),
        Err(TapretError::Parity {
            expected: odd,
            found: !odd
        }),
    );
    let bytes = hex(text(&case["proof_encoded"]));
    assert_eq!(TapretProof::decode(&bytes).as_ref(), Ok(proof), "{name}");
    assert_eq!(proof.encode(), bytes, "{name}");
}

fn refused_tapret_case(case: &Value, proof: &TapretProof, commitment: Commitment) {
    let error = proof.output_key(commitment).unwrap_err();
    let same = match text(&case["error"]) {
        "IncorrectOrdering" => matches!(error, TapretError::PartnerOrder { .. }),
        "InvalidNodePartner" => matches!(
            error,
            TapretError::LeafIsCommitment { .. } | TapretError::BranchIsCommitment
        ),
        unknown => panic!("unknown recorded error {unknown}"),
    };
    assert!(same, "{}: {error:?}", case["name"]);
}

#[test]
fn of_two_commitments_in_one_tree_the_recorded_one_passes() {
    let file = &vectors("tapret_reserved_rgb")["two_commitments_in_one_tree"];
    let script = to_script(&file["script_pubkey"]);
    let attempts = list(&file["attempts"]);
    assert_eq!(attempts.len(), 4);
    for attempt in attempts {
        let commitment = match text(&attempt["commitment"]) {
            "first" => to_commitment(&file["commitment_1"]),
            _ => to_commitment(&file["commitment_2"]),
        };
        let proof = TapretProof::decode(&hex(text(&attempt["proof_encoded"]))).unwrap();
        let accepted = [false, true].map(|odd| proof.verify(commitment, odd, &script).is_ok());
        let expected = usize::from(attempt["result"] == "ok");
        assert_eq!(
            accepted.iter().filter(|accepted| **accepted).count(),
            expected
        );
    }
}

#[test]
fn recorded_transactions_are_accepted_by_the_first_output_rule() {
    let level = &vectors("tapret_reserved_rgb")["tx_level"];
    let commitment = to_commitment(&level["mpc_commitment"]);
    let proof = TapretProof::decode(&hex(text(&level["tapret_proof_encoded"]))).unwrap();
    let tapret = DbcProof::Tapret { proof, odd: false };
    let cases = list(&level["cases"]);
    assert_eq!(cases.len(), 15);
    for case in cases {
        let name = text(&case["name"]);
        let tx = transaction(list(&case["outputs"]).iter().map(to_script).collect());
        let method = host_output(&tx).map(|(_, method)| method);
        let recorded = match case["first_opret_or_tapret"].as_str() {
            Some("opret") => Some(Method::Opret),
            Some("tapret") => Some(Method::Tapret),
            None => None,
            Some(unknown) => panic!("unknown recorded method {unknown}"),
        };
        assert_eq!(method, recorded, "{name}");
        let [opret, tapret] =
            [&DbcProof::Opret, &tapret].map(|proof| proof.verify(commitment, &tx).is_ok());
        assert_eq!(opret, case["accepted_with_opret_proof"], "{name}");
        assert_eq!(tapret, case["accepted_with_tapret_proof"], "{name}");
    }
}

#[test]
fn recorded_opret_scripts_are_made_accepted_and_refused_alike() {
    let file = vectors("opret");
    for case in list(&file["cases"]) {
        let commitment = to_commitment(&case["mpc_commitment"]);
        let script = to_script(&case["script_pubkey"]);
        assert_eq!(opret::script(commitment), script);
        assert_eq!(opret::verify(commitment, &script), Ok(()));
    }
    assert_eq!(list(&file["negative"]).len(), 6);
    for case in list(&file["negative"]) {
        let script = to_script(&case["script_pubkey"]);
        let refused = opret::verify(to_commitment(&case["mpc_commitment"]), &script);
        assert_eq!(
            refused,
            Err(OpretError::Malformed { len: script.len() }),
            "{}",
            case["name"]
        );
    }
}
