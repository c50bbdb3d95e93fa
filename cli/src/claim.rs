//! Free texts of others, for the eyes of people. Tickers and names have a rule of their own:
//! [`bulla_wallet::claims`].

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

fn deceives(found: char) -> bool {
    found.is_control()
        || matches!(found, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_cannot_move_the_cursor_or_turn_the_text() {
        assert_eq!(shown("a\x1b[2Jb\nc\u{202e}d é 金"), "a�[2Jb�c�d é 金");
    }
}
