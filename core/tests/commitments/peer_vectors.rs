//! The cases recorded from `commit_verify`, `bp-dbc` and rgb-consensus. Each gives the recorded
//! result, or the stricter one that [`STRICTER`] lists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use bitcoin::ScriptBuf;
use bitcoin::hashes::Hash;
use bitcoin::key::Parity;
use bitcoin::taproot::LeafVersion;
use bulla_core::DecodeError;
use bulla_core::commit::mpc::{self, MpcError, MpcProof, Proof};
use bulla_core::commit::opret::{self, OpretError};
use bulla_core::commit::tapret::{TapretError, TapretProof, leaf_script};
use bulla_core::commit::{Commitment, DbcProof, Method, Partner, host_output, mpc_builder};
use serde_json::Value;

use crate::maker::{
    NOP, RESERVED, Refusal, hex, hex32, key, leaf, mpc_root, output, root, transaction,
};

/// Where the result differs from the recorded one: case, our result, why.
static STRICTER: [(&str, Refusal, &str); 8] = [
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
    (
        "tapret_reserved_rgb: every output",
        Refusal::Filler,
        "0x50 is OP_SUCCESS80 in tapscript: whoever knows the leaf can spend the output",
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
    reserved_outputs(&mut exceptions);
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

/// Every output that was recorded as carrying a commitment is refused.
fn reserved_outputs(exceptions: &mut Exceptions) {
    let file = vectors("tapret_reserved_rgb");
    assert_eq!(file["filler_opcode"], "50");
    let valid = list(&file["cases"])
        .iter()
        .filter(|case| case["result"] == "ok");
    let mut refused = 0;
    for case in valid {
        let proof = TapretProof::decode(&hex(text(&case["proof_encoded"]))).unwrap();
        let commitment = to_commitment(&case["mpc_commitment"]);
        let script = to_script(&case["script_pubkey"]);
        for odd in [false, true] {
            let error = proof.verify(commitment, odd, &script).unwrap_err();
            assert!(
                matches!(
                    error,
                    TapretError::OutputKey { .. }
                        | TapretError::PartnerOrder { .. }
                        | TapretError::LeafIsCommitment { .. }
                ),
                "{}: {error:?}",
                case["name"]
            );
        }
        refused += 1;
    }
    assert_eq!(refused, 13);
    let ours: Result<(), Refusal> = Err(Refusal::Filler);
    exceptions.check("tapret_reserved_rgb: every output", false, &ours);
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

/// The recorded numbers follow from the recorded filler, and ours from ours by the same steps.
#[test]
fn recorded_tapret_numbers_follow_from_their_filler_and_ours_from_ours() {
    let file = vectors("tapret_reserved_rgb");
    assert_eq!(list(&file["cases"]).len(), 17);
    for case in list(&file["cases"]) {
        let name = text(&case["name"]);
        let commitment = to_commitment(&case["mpc_commitment"]);
        let nonce = number(&case["nonce"]);
        let recorded = to_script(&case["commitment_script"]);
        assert_eq!(leaf(RESERVED, commitment, nonce), recorded, "{name}");
        assert_eq!(leaf(NOP, commitment, nonce), leaf_script(commitment, nonce));
        let partner = case["partner_encoded"].as_str().map(|partner| {
            let partner = Partner::decode(&hex(partner)).unwrap();
            let hash = hex32(text(&case["partner_hash"]));
            assert_eq!(partner.hash().to_byte_array(), hash, "{name}");
            partner
        });
        let internal_key = hex32(text(&case["internal_key"]));
        let proof = TapretProof {
            partner,
            nonce,
            internal_key,
        };
        if case["result"] == "ok" {
            recorded_numbers(case, &proof, commitment);
            our_numbers(&proof, commitment);
        }
    }
}

fn recorded_numbers(case: &Value, proof: &TapretProof, commitment: Commitment) {
    let name = text(&case["name"]);
    let merkle_root = root(RESERVED, proof, commitment).to_byte_array();
    assert_eq!(merkle_root, hex32(text(&case["merkle_root"])), "{name}");
    let (output_key, parity) = output(RESERVED, proof, commitment);
    let recorded = key(text(&case["output_key"]));
    assert_eq!(output_key.to_x_only_public_key(), recorded, "{name}");
    assert_eq!(parity.to_u8(), number::<u8>(&case["output_key_parity"]));
    let bytes = hex(text(&case["proof_encoded"]));
    assert_eq!(TapretProof::decode(&bytes).as_ref(), Ok(proof), "{name}");
    assert_eq!(proof.encode(), bytes, "{name}");
}

/// With the first nonce that fits, where one does.
fn our_numbers(proof: &TapretProof, commitment: Commitment) {
    let fitting = (0..=u8::MAX).find_map(|nonce| {
        let proof = TapretProof {
            nonce,
            ..proof.clone()
        };
        let found = proof.merkle_root(commitment).ok()?;
        Some((proof, found))
    });
    let Some((proof, merkle_root)) = fitting else {
        let partner = proof.partner.as_ref();
        let refused = TapretError::LeafIsCommitment {
            version: LeafVersion::TapScript,
        };
        assert!(matches!(partner, Some(Partner::RightLeaf { .. })));
        assert_eq!(proof.merkle_root(commitment), Err(refused));
        return;
    };
    assert_eq!(merkle_root, root(NOP, &proof, commitment));
    let (expected, parity) = output(NOP, &proof, commitment);
    let script = ScriptBuf::new_p2tr_tweaked(expected);
    let odd = parity == Parity::Odd;
    assert_eq!(proof.verify(commitment, odd, &script), Ok(()));
    let refused = TapretError::Parity {
        expected: odd,
        found: !odd,
    };
    assert_eq!(proof.verify(commitment, !odd, &script), Err(refused));
}

#[test]
fn of_two_commitments_with_the_recorded_filler_none_passes() {
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
        for odd in [false, true] {
            assert!(proof.verify(commitment, odd, &script).is_err());
        }
    }
}

/// The recorded transactions with our output in the place of the recorded one.
#[test]
fn recorded_transactions_are_accepted_by_the_first_output_rule() {
    let level = &vectors("tapret_reserved_rgb")["tx_level"];
    let commitment = to_commitment(&level["mpc_commitment"]);
    let proof = TapretProof::decode(&hex(text(&level["tapret_proof_encoded"]))).unwrap();
    let [theirs, ours] = [RESERVED, NOP].map(|filler| output(filler, &proof, commitment));
    let [recorded, host] = [theirs.0, ours.0].map(ScriptBuf::new_p2tr_tweaked);
    let odd = ours.1 == Parity::Odd;
    let tapret = DbcProof::Tapret { proof, odd };
    let cases = list(&level["cases"]);
    assert_eq!(cases.len(), 15);
    let mut replaced = 0;
    for case in cases {
        let name = text(&case["name"]);
        let mut scripts: Vec<_> = list(&case["outputs"]).iter().map(to_script).collect();
        for script in scripts.iter_mut().filter(|script| **script == recorded) {
            *script = host.clone();
            replaced += 1;
        }
        let tx = transaction(scripts);
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
    assert!(replaced > 5, "{replaced} recorded outputs");
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
