//! Our own vectors, `tests/vectors/*.json`: what the code gives is what is recorded there.
//!
//! Nothing is recorded anew unless `BULLA_REGENERATE_VECTORS=1` says so: an id that changes is a
//! contract that is lost.

mod anchors;
mod consignment;
mod hex;
mod operations;
mod parts;
mod sample;

use std::path::PathBuf;
use std::{env, fs};

use bulla_core::DecodeError;
use bulla_core::anchor::Anchor;
use bulla_core::bundle::Bundle;
use bulla_core::header::Header;
use bulla_core::operation::{Genesis, Transition};
use bulla_core::schema::Schema;
use bulla_core::seal::AssignedSeal;
use bulla_core::wire::Frame;
use bulla_core::witness::Witness;
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    let root = env!("CARGO_MANIFEST_DIR");
    PathBuf::from(format!("{root}/../tests/vectors/{name}.json"))
}

fn recorded(name: &str) -> Value {
    let path = path(name);
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; regenerate the vectors", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Compares with the file, or writes it if the flag is set.
fn assert_recorded(name: &str, cases: &Value) {
    if env::var("BULLA_REGENERATE_VECTORS").is_ok_and(|flag| flag == "1") {
        let text = serde_json::to_string_pretty(cases).unwrap();
        fs::write(path(name), text + "\n").unwrap();
    }
    assert_eq!(*cases, recorded(name), "{name}");
}

/// Decodes the recorded bytes of every case and encodes them again.
fn assert_decodes(name: &str, again: impl Fn(&[u8]) -> Result<Vec<u8>, DecodeError>) {
    let file = recorded(name);
    let cases = file["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let bytes = hex::read(case["bytes"].as_str().unwrap());
        assert_eq!(again(&bytes), Ok(bytes), "{}", case["name"]);
    }
}

macro_rules! vectors {
    ($($test:ident: $name:literal = $cases:path $(, $object:ty)?;)*) => {$(
        #[test]
        fn $test() {
            assert_recorded($name, &$cases());
            $(assert_decodes($name, |bytes| {
                <$object>::decode(bytes).map(|object| object.encode())
            });)?
        }
    )*};
}

vectors! {
    networks_have_the_recorded_ids: "networks" = parts::networks;
    seals_have_the_recorded_bytes_and_hashes: "seals" = parts::seals, AssignedSeal;
    outputs_have_the_recorded_bytes_and_roots: "outputs" = operations::outputs;
    geneses_have_the_recorded_bytes_and_ids: "genesis" = operations::geneses, Genesis;
    transitions_have_the_recorded_bytes_and_ids: "transition" = operations::transitions, Transition;
    bundles_have_the_recorded_bytes_ids_and_proofs: "bundle" = operations::bundles, Bundle;
    schemas_have_the_recorded_bytes_and_ids: "schema" = parts::schemas, Schema;
    signatures_sign_the_recorded_message: "signature" = parts::signature_messages;
    witnesses_have_the_recorded_bytes_and_ids: "witness" = parts::witnesses, Witness;
    anchors_have_the_recorded_bytes_and_commitments: "anchor" = anchors::anchors, Anchor;
    headers_have_the_recorded_bytes: "header" = consignment::headers, Header;
    frames_have_the_recorded_bytes: "frame" = consignment::frames, Frame;
}
