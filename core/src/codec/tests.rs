//! The cases recorded from `strict_encoding`, through the primitives of this codec.

use std::fs;

use bitcoin::hex::FromHex;
use serde_json::Value;

use super::{DecodeError, Reader, prefix_width, put_blob, put_length};
use crate::commit::DbcProof;
use crate::schema::Schema;

/// Recorded types that are no primitive of core, and where their form is tested instead.
const ABSENT: [(&str, &str); 22] = [
    ("u24", "only as a length, see MediumVec"),
    ("u128", "no object has one"),
    ("i16", "no object has one"),
    ("u256", "no object has one"),
    (
        "u5",
        "no object has one; the depth of an MPC proof is a u8 of at most 16",
    ),
    (
        "Option<u16> none",
        "presence of a tapret partner, in the recorded tapret proofs",
    ),
    (
        "Option<u16> some",
        "presence of a tapret partner, in the recorded tapret proofs",
    ),
    (
        "Option<u8>",
        "the test of the presence byte of a tapret partner",
    ),
    (
        "TinyOrdSet<u8> {3,1,2}",
        "inputs, terminals and base entries, against the derive",
    ),
    (
        "SmallOrdMap<u8,u16> {2:20,1:10}",
        "outputs and schemas, against the derive",
    ),
    ("struct", "every object, against the derive"),
    ("union order unit", "every union, against the derive"),
    ("union order newtype", "every union, against the derive"),
    ("union order struct", "every union, against the derive"),
    (
        "union custom tag 0x10",
        "seals and outputs, against the derive",
    ),
    (
        "union custom tag 0x80",
        "seals and outputs, against the derive",
    ),
    ("enum repr", "no object has one"),
    ("union order", "the tests of unknown tags"),
    ("()", "no object has one"),
    ("TinyOrdSet<u8> unsorted", "the tests of order"),
    ("TinyOrdSet<u8> repeated", "the tests of order"),
    ("SmallOrdMap<u8,u8> repeated key", "the tests of order"),
];

fn absent(ty: &str) -> bool {
    ABSENT.iter().any(|(listed, _)| *listed == ty)
}

/// Reads a case and writes it again; none if core has no such primitive.
fn again(ty: &str, bytes: &[u8]) -> Option<Result<Vec<u8>, DecodeError>> {
    let mut reader = Reader::new(bytes);
    let name = ty.split(" (").next().unwrap();
    let read = match name {
        "u8" => reader.u8("u8").map(|n| vec![n]),
        "u16" => reader.u16("u16").map(|n| n.to_le_bytes().into()),
        "u32" => reader.u32("u32").map(|n| n.to_le_bytes().into()),
        "u64" => reader.u64("u64").map(|n| n.to_le_bytes().into()),
        "[u8; 4]" => reader.array::<4>("array").map(Into::into),
        "TinyVec<u16>" => numbers(&mut reader),
        "SmallVec<u8>" => blob(&mut reader, 0, 0xffff),
        "MediumVec<u8>" => blob(&mut reader, 0, 0xff_ffff),
        "LargeVec<u8>" => blob(&mut reader, 0, 0xffff_ffff),
        "Confined<Vec<u8>,0,32>" => blob(&mut reader, 0, 32),
        "Confined<Vec<u8>,0,256>" => blob(&mut reader, 0, 256),
        "Confined<Vec<u8>,1,4> empty" => blob(&mut reader, 1, 4),
        "Confined<Vec<u8>,0,4> len 5" => blob(&mut reader, 0, 4),
        "TinyVec<u8> short" => blob(&mut reader, 0, 0xff),
        "trailing byte ignored by StrictDecode" => reader.u8("u8").map(|n| vec![n]),
        "bool" => return Some(parity(bytes)),
        "TinyString" | "TinyString bad utf8" => return Some(name_of_schema(bytes)),
        _ => return None,
    };
    Some(read.and_then(|again| reader.end("case").map(|()| again)))
}

fn numbers(reader: &mut Reader<'_>) -> Result<Vec<u8>, DecodeError> {
    let length = reader.length("numbers", 0, 0xff)?;
    let mut out = Vec::new();
    put_length(&mut out, length, 0xff);
    for _ in 0..length {
        out.extend(reader.u16("number")?.to_le_bytes());
    }
    Ok(out)
}

fn blob(reader: &mut Reader<'_>, min: usize, max: usize) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    put_blob(&mut out, reader.blob("blob", min, max)?, max);
    Ok(out)
}

/// A bool is the parity at the end of a tapret proof.
fn parity(byte: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let generator = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    let key = Vec::from_hex(generator).unwrap();
    let proof = DbcProof::decode(&[&[1, 0, 0], key.as_slice(), byte].concat())?;
    Ok(proof.encode().split_off(35))
}

/// A text is a name in a schema, here of one with nothing else.
fn name_of_schema(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let schema = Schema::decode(&[&[0], bytes, &[0; 7]].concat())?;
    let again = schema.encode();
    let name = again.get(1..again.len() - 7).unwrap();
    Ok(name.to_vec())
}

fn cases(list: &str) -> Vec<Value> {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/../tests/vectors/peers/strict_encoding.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    file[list].as_array().unwrap().clone()
}

#[test]
fn recorded_encodings_come_back() {
    let mut read = 0;
    for case in cases("positive") {
        let ty = case["type"].as_str().unwrap();
        let bytes = Vec::from_hex(case["encoded"].as_str().unwrap()).unwrap();
        match again(ty, &bytes) {
            Some(again) => {
                assert_eq!(again, Ok(bytes), "{ty}");
                read += 1;
            }
            None => assert!(absent(ty), "{ty} is neither read nor listed as absent"),
        }
    }
    assert_eq!(read, 14);
}

#[test]
fn recorded_errors_are_errors() {
    let mut read = 0;
    for case in cases("negative") {
        let ty = case["type"].as_str().unwrap();
        let bytes = Vec::from_hex(case["bytes"].as_str().unwrap()).unwrap();
        let Some(again) = again(ty, &bytes) else {
            assert!(absent(ty), "{ty} is neither read nor listed as absent");
            continue;
        };
        read += 1;
        let error = again.unwrap_err();
        let result = case["result"].as_str().unwrap();
        let same = match result.split(['(', ' ']).nth(1).unwrap() {
            "EnumTagNotKnown" | "Utf8" => matches!(error, DecodeError::Value { .. }),
            "Confinement" => matches!(error, DecodeError::Limit { .. }),
            "Io" => matches!(error, DecodeError::Short { .. }),
            // Stricter: `StrictDecode` alone does not see bytes after the value.
            "1" => matches!(error, DecodeError::Trailing { .. }),
            unknown => panic!("unknown recorded result {unknown}"),
        };
        assert!(same, "{ty}: {error:?}, recorded {result}");
    }
    assert_eq!(read, 6);
}

#[test]
fn the_width_of_a_length_follows_from_the_limit() {
    let widths = [0, 255, 256, 65_535, 65_536, 0xff_ffff, 0x100_0000].map(prefix_width);
    assert_eq!(widths, [1, 1, 2, 2, 3, 3, 4]);
}

#[test]
fn a_list_reserves_no_more_than_the_bytes_left() {
    let bytes = vec![0; 100_000];
    let list = Reader::new(&bytes).list::<crate::operation::Input>(usize::MAX);
    assert!(list.capacity() * size_of::<crate::operation::Input>() <= bytes.len());
    let short = Reader::new(&[0; 38]).list::<crate::operation::Input>(usize::MAX);
    assert_eq!(short.capacity(), 1);
}
