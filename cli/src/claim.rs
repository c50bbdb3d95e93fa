//! Free texts of others, for the eyes of people. Tickers and names have a rule of their own:
//! [`bulla_wallet::claims`].

/// A claim on one line, without characters that move the cursor, begin a line, turn the direction of writing or
/// cannot be seen: each becomes `�`.
pub fn shown(text: &str) -> String {
    replaced(text, deceives)
}

/// A text of several lines, the last thing before it is printed: whatever a stranger got into it, it neither moves the
/// cursor nor turns the direction of writing.
pub fn lines(text: &str) -> String {
    replaced(text, |found| found != '\n' && deceives(found))
}

fn replaced(text: &str, which: impl Fn(char) -> bool) -> String {
    let shown = |found| {
        if which(found) {
            char::REPLACEMENT_CHARACTER
        } else {
            found
        }
    };
    text.chars().map(shown).collect()
}

fn deceives(found: char) -> bool {
    found.is_control()
        || matches!(
            found,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g13_a_claim_cannot_move_the_cursor_or_turn_the_text() {
        let text = "a\x1b[2Jb\nc\u{202e}d\u{61c}\u{e0041} é 金";
        assert_eq!(shown(text), "a�[2Jb�c�d�� é 金");
        assert_eq!(lines(text), "a�[2Jb\nc�d�� é 金");
    }
}
