//! What a genesis says of its contract, by the names that the standard schemas use.

use bulla_core::header::Header;

use crate::claims;

/// A text global.
pub(crate) fn text(header: &Header, name: &str) -> Option<String> {
    let bytes = value(header, name)?;
    String::from_utf8(bytes.to_vec()).ok()
}

/// A number global.
pub(crate) fn number(header: &Header, name: &str) -> Option<u64> {
    value(header, name)?.try_into().ok().map(u64::from_le_bytes)
}

/// Decimals people see; 0 where the schema has none, or more than there can be.
pub(crate) fn precision(header: &Header) -> u8 {
    claims::precision(header).unwrap_or(0)
}

fn value<'a>(header: &'a Header, name: &str) -> Option<&'a [u8]> {
    let number = header.schema.global_number(name)?;
    header.genesis.globals.of(number).next()
}
