//! What an issuer claims in a genesis, made fit to be shown.
//!
//! `issue` takes plain tickers and names only, but whoever makes a consignment with another program
//! claims what he likes: `СLАY` with two Cyrillic letters looks like `CLAY`. So every character that
//! `issue` would refuse is shown by its number, `\u{421}L\u{410}Y`, to people and programs alike. A
//! text that is plain is shown as it is, and no two claims are shown as the same text unless one was cut.

use bulla_core::header::Header;
use bulla_schemas::roles::{ValueRole, global};

/// Most characters of a ticker.
pub const TICKER_CHARS: usize = 16;
/// Most characters of a name.
pub const NAME_CHARS: usize = 64;

/// Ends a claim that was cut because it is longer than `issue` allows.
const CUT: char = '…';

/// Whether `issue` takes a ticker: 1 to 16 ASCII letters and digits.
pub fn is_ticker(text: &[u8]) -> bool {
    (1..=TICKER_CHARS).contains(&text.len()) && text.iter().all(u8::is_ascii_alphanumeric)
}

/// Whether `issue` takes a name: 1 to 64 printable ASCII characters, no space around.
pub fn is_name(text: &[u8]) -> bool {
    let printable = |byte: &u8| *byte == b' ' || byte.is_ascii_graphic();
    (1..=NAME_CHARS).contains(&text.len())
        && text.iter().all(printable)
        && text.trim_ascii() == text
}

/// The ticker that a genesis claims, fit to be shown.
pub fn ticker(header: &Header) -> Option<String> {
    text(header, global::TICKER).map(|text| shown_ticker(&text))
}

/// The name that a genesis claims, fit to be shown.
pub fn name(header: &Header) -> Option<String> {
    text(header, global::NAME).map(|text| shown_name(&text))
}

/// Decimals people see, where the schema declares them and there are no more than there can be.
pub fn precision(header: &Header) -> Option<u8> {
    let number = global::PRECISION.global(&header.schema)?;
    let bytes = header.genesis.globals.of(number).next()?;
    let found = u8::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()?;
    (found <= crate::MAX_PRECISION).then_some(found)
}

/// A ticker with every character that is no ASCII letter or digit by its number.
pub fn shown_ticker(text: &str) -> String {
    shown(text, TICKER_CHARS, |found| found.is_ascii_alphanumeric())
}

/// A name with every character that is not printable ASCII by its number; so are spaces around it, and
/// the backslash, which begins a number.
pub fn shown_name(text: &str) -> String {
    let inner = text.trim_matches(' ');
    let before = text.len() - text.trim_start_matches(' ').len();
    let around = |spaces: usize| "\\u{20}".repeat(spaces.min(NAME_CHARS));
    let plain = |found: char| found == ' ' || (found.is_ascii_graphic() && found != '\\');
    let after = text.len() - before - inner.len();
    around(before) + &shown(inner, NAME_CHARS, plain) + &around(after)
}

fn shown(text: &str, most: usize, plain: impl Fn(char) -> bool) -> String {
    let mut shown = String::new();
    for found in text.chars().take(most) {
        if plain(found) {
            shown.push(found);
        } else {
            shown.extend(found.escape_unicode());
        }
    }
    if text.chars().nth(most).is_some() {
        shown.push(CUT);
    }
    shown
}

fn text(header: &Header, role: ValueRole) -> Option<String> {
    let number = role.global(&header.schema)?;
    let bytes = header.genesis.globals.of(number).next()?;
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_issue_takes_is_shown_as_it_is() {
        for ticker in ["CLAY", "x", "0123456789abcdef"] {
            assert!(is_ticker(ticker.as_bytes()), "{ticker}");
            assert_eq!(shown_ticker(ticker), ticker);
        }
        let long = "n".repeat(NAME_CHARS);
        for name in ["Clay tokens", "~a (b), c!", &long] {
            assert!(is_name(name.as_bytes()), "{name}");
            assert_eq!(shown_name(name), name);
        }
    }

    #[test]
    fn every_other_character_is_shown_by_its_number() {
        for (claimed, expected) in [
            ("СLАY", r"\u{421}L\u{410}Y"),
            ("CLAY ", r"CLAY\u{20}"),
            ("C\u{202e}LAY", r"C\u{202e}LAY"),
            ("C\n", r"C\u{a}"),
            (r"\u{421}", r"\u{5c}u\u{7b}421\u{7d}"),
            ("0123456789abcdefg", "0123456789abcdef…"),
        ] {
            assert!(!is_ticker(claimed.as_bytes()), "{claimed}");
            assert_eq!(shown_ticker(claimed), expected);
        }
        for (claimed, expected) in [
            ("Clаy", r"Cl\u{430}y"),
            (" Clay", r"\u{20}Clay"),
            ("Clay  ", r"Clay\u{20}\u{20}"),
            ("  ", r"\u{20}\u{20}"),
            ("a\tb", r"a\u{9}b"),
        ] {
            assert!(!is_name(claimed.as_bytes()), "{claimed}");
            assert_eq!(shown_name(claimed), expected);
        }
        assert_eq!(shown_name(r"a\b"), r"a\u{5c}b");
    }
}
