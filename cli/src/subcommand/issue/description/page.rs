//! Where in the file something is said, for the errors about it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bulla_wallet::transfer::error::TransferError;

use crate::error::Error;

/// A file as it was read.
#[derive(Debug)]
pub struct Page<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl Page<'_> {
    /// The line of a byte, from 1.
    pub fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        1 + before.matches('\n').count()
    }

    /// What is wrong with a part of the file.
    pub fn wrong(&self, span: &Range<usize>, part: impl Into<String>, cause: Error) -> Error {
        Error::Described {
            path: self.path.to_owned(),
            line: Some(self.line(span)),
            part: part.into(),
            cause: Box::new(cause),
        }
    }

    /// A text that is no TOML, or has not the shape of a contract.
    pub fn not_toml(&self, cause: toml::de::Error) -> Error {
        let span = cause.span().unwrap_or(0..0);
        let part = self.part(&span);
        self.wrong(&span, part, Error::NotToml(Box::new(cause)))
    }

    /// The part that a line is about, as far as a text that could not be read tells: its key, in the
    /// allocation whose title stands above it.
    fn part(&self, span: &Range<usize>) -> String {
        let above = self.text.lines().take(self.line(span));
        let above: Vec<_> = above.map(str::trim_start).collect();
        let mut titles = above.iter().filter(|line| line.starts_with('['));
        let in_allocation = titles
            .next_back()
            .is_some_and(|title| title.starts_with("[[allocations]]"));
        let all = above
            .iter()
            .filter(|line| line.starts_with("[[allocations]]"));
        let key = above.last().and_then(|line| line.split_once('='));
        match (key, in_allocation) {
            (Some((key, _)), true) => format!("allocation {}, `{}`", all.count(), key.trim()),
            (Some((key, _)), false) => format!("`{}`", key.trim()),
            (None, true) => format!("allocation {}", all.count()),
            (None, false) => "the text".to_owned(),
        }
    }
}

/// Where the parts of a contract are described.
#[derive(Debug)]
pub struct Lines {
    pub path: PathBuf,
    /// The coin for what has none of its own.
    pub coin: Option<usize>,
    pub globals: BTreeMap<String, usize>,
    /// By the names of their owned types, in their order.
    pub allocations: Vec<(String, usize)>,
}

impl Lines {
    /// Says where the wallet's reason not to issue the contract stands in the file. Errors that are not about
    /// what the file says stay what they are.
    pub fn explain(&self, error: bulla_wallet::Error) -> Error {
        let (line, part) = match &error {
            bulla_wallet::Error::Transfer(cause) => match &**cause {
                TransferError::Field { field, .. } => (
                    self.globals.get(*field).copied(),
                    format!("`globals.{field}`"),
                ),
                TransferError::Allocation { number, .. } => {
                    let found = self.allocations.get(number.saturating_sub(1));
                    (found.map(|(_, line)| *line), format!("allocation {number}"))
                }
                TransferError::CoinNotFree { .. } => (self.coin, "`coin`".to_owned()),
                TransferError::Genesis { reason } => self.mentioned(reason),
                TransferError::SchemaNotAllowed { .. } => (None, "`schema`".to_owned()),
                _ => return error.into(),
            },
            _ => return error.into(),
        };
        Error::Described {
            path: self.path.clone(),
            line,
            part,
            cause: Box::new(error.into()),
        }
    }

    /// The first line that a broken rule speaks of.
    fn mentioned(&self, reason: &str) -> (Option<usize>, String) {
        let says = |text: String| {
            let at = reason.find(&text);
            let after = at.and_then(|at| reason.get(at + text.len()..));
            let ends =
                |rest: &str| !rest.starts_with(|next: char| next == '_' || next.is_alphanumeric());
            after.is_some_and(ends)
        };
        let globals = self.globals.iter().map(|(name, line)| {
            let said = says(format!("global.{name}")) || says(format!("`{name}`"));
            (said, *line, format!("`globals.{name}`"))
        });
        let allocations = (1..).zip(&self.allocations).map(|(number, (owned, line))| {
            let said = says(format!("out.{owned}")) || says(format!("`{owned}`"));
            (said, *line, format!("allocation {number}"))
        });
        let said = globals.chain(allocations).filter(|(said, ..)| *said);
        match said.min_by_key(|(_, line, _)| *line) {
            Some((_, line, part)) => (Some(line), part),
            None => (None, "the contract".to_owned()),
        }
    }
}
