//! What the values of a genesis that people read may say: nothing that looks like something else.

use crate::transfer::error::TransferError;
use crate::{MAX_PRECISION, claims};

/// Checks a value by the conventional name of its global; others may say anything.
///
/// # Errors
/// [`TransferError::Field`].
pub(crate) fn check(name: &str, bytes: &[u8]) -> Result<(), TransferError> {
    let (field, good, expected) = match name {
        "ticker" => (
            "ticker",
            claims::is_ticker(bytes),
            "1 to 16 letters and digits of ASCII",
        ),
        "name" => (
            "name",
            claims::is_name(bytes),
            "1 to 64 printable characters of ASCII, no space around",
        ),
        "precision" => ("precision", is_precision(bytes), "0 to 18 decimals"),
        "attribute" => (
            "attribute",
            is_attribute(bytes),
            "`name: value`, such as `colour: blue`",
        ),
        _ => return Ok(()),
    };
    if good {
        return Ok(());
    }
    let found = match number(bytes) {
        Some(number) if field == "precision" => number.to_string(),
        _ => quoted(bytes),
    };
    Err(TransferError::Field {
        field,
        found,
        expected,
    })
}

fn is_precision(bytes: &[u8]) -> bool {
    number(bytes).is_some_and(|number| number <= u64::from(MAX_PRECISION))
}

fn is_attribute(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).ok();
    let parts = text.and_then(|text| text.split_once(": "));
    parts.is_some_and(|(name, value)| !name.trim().is_empty() && !value.trim().is_empty())
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}

fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    format!("`{}`", text.escape_debug().take(80).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_a_name_and_a_value() {
        for text in ["colour: blue", "size: 3: 4", "größe: 3 m"] {
            assert!(check("attribute", text.as_bytes()).is_ok(), "{text}");
        }
        for text in ["", "blue", "colour:blue", "colour: ", ": blue", " : x"] {
            let refused = check("attribute", text.as_bytes()).unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!(
                    "the attribute of a contract is `{text}`; expected `name: value`, such as `colour: blue`"
                )
            );
        }
        assert!(check("details", b"blue").is_ok());
    }
}
