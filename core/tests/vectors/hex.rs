//! Hexadecimal.

use bitcoin::hex::{DisplayHex, FromHex};

pub fn show(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().to_lower_hex_string()
}

pub fn read(text: &str) -> Vec<u8> {
    Vec::from_hex(text).unwrap()
}
