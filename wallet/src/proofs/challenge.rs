//! What whoever asks for a proof makes up, so that an old proof, or one made for another, is of no use.

use std::fmt;
use std::str::FromStr;

use super::ProofError;

/// Longest challenge, in bytes.
const MAX: usize = 512;

/// One line of text: 1 to 512 bytes, no control character, nothing that hides or turns text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Challenge(String);

impl FromStr for Challenge {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        let fault = |what| Err(ProofError::BadChallenge { what });
        if text.is_empty() {
            return fault("is empty");
        }
        if text.len() > MAX {
            return fault("has more than 512 bytes");
        }
        if text.chars().any(deceives) {
            return fault("holds a control character, or one that cannot be seen");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn deceives(found: char) -> bool {
    found.is_control()
        || matches!(found, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_visible_line_is_a_challenge() {
        for text in ["a", "Bank of Ur, 2026-11-21, 金", &"a".repeat(512)] {
            assert_eq!(text.parse::<Challenge>().unwrap().to_string(), text);
        }
        let bad = [
            "",
            "a\nb",
            "a\rb",
            "a\u{202e}b",
            "a\u{200b}b",
            "\0",
            &"a".repeat(513),
        ];
        for text in bad {
            let error = text.parse::<Challenge>();
            assert!(
                matches!(error, Err(ProofError::BadChallenge { .. })),
                "{text:?}"
            );
        }
    }
}
