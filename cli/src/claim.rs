//! What an issuer claims, for the eyes of people.

use bulla_core::header::Header;

/// A text without characters that move the cursor, begin a line or turn the direction of writing:
/// each becomes `�`.
pub fn shown(text: &str) -> String {
    text.chars()
        .map(|found| {
            if deceives(found) {
                char::REPLACEMENT_CHARACTER
            } else {
                found
            }
        })
        .collect()
}

/// The ticker in a header whose schema declares a global of that name.
pub fn ticker(header: &Header) -> Option<String> {
    let number = header.schema.global_number("ticker")?;
    let bytes = header.genesis.globals.of(number).next()?;
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

fn deceives(found: char) -> bool {
    found.is_control()
        || matches!(found, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g13_a_claim_cannot_move_the_cursor_or_turn_the_text() {
        assert_eq!(shown("a\x1b[2Jb\nc\u{202e}d é 金"), "a�[2Jb�c�d é 金");
    }
}
