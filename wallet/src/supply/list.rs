//! A list of what somebody says happened to a supply. An entry without a consignment is a claim.

use std::collections::BTreeSet;

use bulla_core::OperationId;

use super::{Change, Supply};

/// Most entries of a list.
const MAX_ENTRIES: usize = 10_000;

/// What an operation is said to have done.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Happened {
    /// It issued.
    Issued,
    /// It burned.
    Burned,
    /// It gave up the right to issue.
    Renounced,
}

/// A line of a list.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What.
    pub happened: Happened,
    /// The operation.
    pub operation: OperationId,
    /// How much, in smallest units or tokens.
    pub units: u64,
}

/// How an entry compares with what is proven.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// The operation is settled and did that.
    Proven,
    /// The operation is settled and did something else.
    Contradicted,
    /// Nothing is known of it.
    Claimed,
}

/// An entry and what is proven of it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// What is said.
    pub entry: Entry,
    /// What is proven.
    pub status: Status,
}

/// Why a text is no list.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ListError {
    /// A line that is no entry.
    #[error(
        "line {line} is `{found}`; expected `issued`, `burned` or `renounced`, an operation id and a whole number of smallest units"
    )]
    Line {
        /// Its number, from 1.
        line: usize,
        /// The line.
        found: String,
    },
    /// One operation twice.
    #[error("line {line} names operation {operation} again; expected each at most once")]
    Twice {
        /// Its number, from 1.
        line: usize,
        /// The operation.
        operation: OperationId,
    },
    /// Too long.
    #[error("more than {limit} entries")]
    TooLong {
        /// The limit.
        limit: usize,
    },
}

/// Reads a list: a line for each entry, `issued | burned | renounced`, operation id, units. Empty
/// lines and those that begin with `#` say nothing.
///
/// # Errors
/// With the first line that is no entry.
pub fn read_list(text: &str) -> Result<Vec<Entry>, ListError> {
    let (mut entries, mut known) = (Vec::new(), BTreeSet::new());
    for (line, found) in (1..).zip(text.lines()) {
        if found.trim().is_empty() || found.starts_with('#') {
            continue;
        }
        let wrong = || ListError::Line {
            line,
            found: found.escape_debug().take(80).collect(),
        };
        let entry = entry(found).ok_or_else(wrong)?;
        let operation = entry.operation;
        if !known.insert(operation) {
            return Err(ListError::Twice { line, operation });
        }
        if entries.len() == MAX_ENTRIES {
            let limit = MAX_ENTRIES;
            return Err(ListError::TooLong { limit });
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split_ascii_whitespace();
    let happened = match words.next()? {
        "issued" => Happened::Issued,
        "burned" => Happened::Burned,
        "renounced" => Happened::Renounced,
        _ => return None,
    };
    let entry = Entry {
        happened,
        operation: words.next()?.parse().ok()?,
        units: words.next()?.parse().ok()?,
    };
    words.next().is_none().then_some(entry)
}

impl Supply {
    /// What is proven of each entry of a list.
    pub fn compare(&self, entries: &[Entry]) -> Vec<Listed> {
        let status = |entry: &Entry| {
            let mut changes = self.changes.iter();
            match changes.find(|change| change.operation == entry.operation) {
                None if self.moves.contains(&entry.operation) => Status::Contradicted,
                None => Status::Claimed,
                Some(change) if did(change, entry.happened) == u128::from(entry.units) => {
                    Status::Proven
                }
                Some(_) => Status::Contradicted,
            }
        };
        let listed = |entry: &Entry| Listed {
            entry: *entry,
            status: status(entry),
        };
        entries.iter().map(listed).collect()
    }
}

const fn did(change: &Change, happened: Happened) -> u128 {
    match happened {
        Happened::Issued => change.issued,
        Happened::Burned => change.burned,
        Happened::Renounced => change.renounced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(byte: u8) -> OperationId {
        OperationId::from_bytes([byte; 32])
    }

    #[test]
    fn a_list_is_read_line_by_line() {
        let text = format!(
            "# of 2026\n\nissued {} 5\r\nburned {} 0\n",
            operation(1),
            operation(2)
        );
        let entry = |happened, byte, units| Entry {
            happened,
            operation: operation(byte),
            units,
        };
        let expected = vec![entry(Happened::Issued, 1, 5), entry(Happened::Burned, 2, 0)];
        assert_eq!(read_list(&text), Ok(expected));
    }

    #[test]
    fn what_is_no_entry_is_named_by_its_line() {
        let id = operation(1);
        let bad = [
            format!("minted {id} 5"),
            format!("issued {id} -5"),
            format!("issued {id} 0.5"),
            format!("issued {id} 18446744073709551616"),
            format!("issued {id}"),
            format!("issued {id} 5 6"),
            "issued bulla1 5".to_owned(),
        ];
        for found in bad {
            let error = read_list(&format!("#\n{found}"));
            let found = found.chars().take(80).collect();
            assert_eq!(error, Err(ListError::Line { line: 2, found }));
        }
        let twice = format!("issued {id} 5\nburned {id} 5");
        let expected = ListError::Twice {
            line: 2,
            operation: id,
        };
        assert_eq!(read_list(&twice), Err(expected));
    }
}
