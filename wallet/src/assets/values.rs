//! What the values of a genesis that people read may say: nothing that looks like something else.

use bulla_schemas::roles::global::{ATTRIBUTE, NAME, PRECISION, TICKER};

use crate::MAX_PRECISION;
use crate::transfer::error::TransferError;

/// Checks a value by the conventional name of its global; others may say anything.
///
/// # Errors
/// [`TransferError::Field`].
pub(crate) fn check(name: &str, bytes: &[u8]) -> Result<(), TransferError> {
    const CHECKS: [(&str, fn(&[u8]) -> Option<String>, &str); 4] = [
        (TICKER.name, ticker, "1 to 16 letters and digits of ASCII"),
        (
            NAME.name,
            title,
            "1 to 64 printable characters of ASCII, no space around",
        ),
        (PRECISION.name, precision, "0 to 18 decimals"),
        (
            ATTRIBUTE.name,
            attribute,
            "`name: value`, such as `colour: blue`",
        ),
    ];
    let wrong = CHECKS.into_iter().find_map(|(field, wrong, expected)| {
        let found = wrong(bytes).filter(|_| field == name)?;
        Some(TransferError::Field {
            field,
            found,
            expected,
        })
    });
    wrong.map_or(Ok(()), Err)
}

fn ticker(bytes: &[u8]) -> Option<String> {
    let plain = bytes.iter().all(u8::is_ascii_alphanumeric);
    (!plain || !(1..=16).contains(&bytes.len())).then(|| quoted(bytes))
}

fn title(bytes: &[u8]) -> Option<String> {
    let printable = |byte: &u8| *byte == b' ' || byte.is_ascii_graphic();
    let good = bytes.iter().all(printable)
        && (1..=64).contains(&bytes.len())
        && bytes.trim_ascii() == bytes;
    (!good).then(|| quoted(bytes))
}

fn precision(bytes: &[u8]) -> Option<String> {
    let Ok(number) = bytes.try_into().map(u64::from_le_bytes) else {
        return Some("no number".to_owned());
    };
    (number > u64::from(MAX_PRECISION)).then(|| number.to_string())
}

fn attribute(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok();
    let (name, value) = text
        .and_then(|text| text.split_once(": "))
        .unwrap_or_default();
    (name.trim().is_empty() || value.trim().is_empty()).then(|| quoted(bytes))
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
