//! Rule text to tokens.

use super::error::Problem;

/// A word, number or sign of a rule, with the column it begins at, from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) kind: Kind,
    pub(super) column: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Word,
    Number,
    Sign,
    End,
}

/// The tokens of a rule, one at a time.
pub(super) struct Lexer<'a> {
    rest: &'a str,
    column: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            column: 1,
        }
    }

    /// The next token; at the end of the text, [`Kind::End`] for ever.
    pub(super) fn token(&mut self) -> Result<Token<'a>, Problem> {
        let blank = self.rest.len() - self.rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.advance(blank);
        let Some(first) = self.rest.chars().next() else {
            return Ok(self.take(0, Kind::End));
        };
        if first.is_ascii_digit() {
            return Ok(self.take(run(self.rest, |c| c.is_ascii_digit()), Kind::Number));
        }
        if first.is_ascii_alphabetic() {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            return Ok(self.take(run(self.rest, word), Kind::Word));
        }
        for sign in ["==", "<=", "<", "+", "-", "*", "(", ")", ".", ","] {
            if self.rest.starts_with(sign) {
                return Ok(self.take(sign.len(), Kind::Sign));
            }
        }
        Err(Problem::RuleSyntax {
            column: self.column,
            found: format!("{first:?}"),
            expected: "a name, a number or one of == <= < + - * ( ) . ,",
        })
    }

    fn take(&mut self, bytes: usize, kind: Kind) -> Token<'a> {
        let column = self.column;
        let text = self.advance(bytes);
        Token { text, kind, column }
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.column += taken.chars().count();
        taken
    }
}

/// Bytes of the longest beginning of ASCII characters that all are `of` one sort.
fn run(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}
