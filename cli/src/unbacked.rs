//! The one place that says how much of a contract is unbacked by its history (docs/schemas/replaceable.md).

use std::collections::BTreeMap;

use bulla_core::ContractId;
use serde::{Serialize, Serializer};

/// How much of a contract its holders may have twice: what can be reissued. As JSON, smallest units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unbacked {
    contract: ContractId,
    units: u64,
    display: String,
}

impl Unbacked {
    /// So many smallest units of a contract, which people read as `display`.
    pub const fn new(contract: ContractId, units: u64, display: String) -> Self {
        Self {
            contract,
            units,
            display,
        }
    }

    /// What is said beside whatever is shown of the contract.
    pub fn line(&self) -> String {
        let most = match self.units {
            // What a schema says that names no bound.
            u64::MAX => "without a bound".to_owned(),
            _ => format!("up to {}", self.display),
        };
        format!("a reissued unit is unbacked by this history, {most}")
    }
}

impl Serialize for Unbacked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.units)
    }
}

/// A table, and below it a line for each contract of which something may be unbacked.
pub fn below<'a>(table: String, found: impl IntoIterator<Item = &'a Unbacked>) -> String {
    let lines: BTreeMap<_, _> = found
        .into_iter()
        .map(|unbacked| (unbacked.contract, unbacked.line()))
        .collect();
    let lines = lines
        .iter()
        .map(|(contract, line)| format!("{contract}: {line}"));
    [table]
        .into_iter()
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unbacked(byte: u8, units: u64) -> Unbacked {
        let contract = ContractId::from_bytes([byte; 32]);
        Unbacked::new(contract, units, format!("{units} OLD"))
    }

    #[test]
    fn it_says_how_much_or_that_there_is_no_bound() {
        let line = unbacked(1, 5).line();
        assert_eq!(
            line,
            "a reissued unit is unbacked by this history, up to 5 OLD"
        );
        assert!(unbacked(1, u64::MAX).line().ends_with(", without a bound"));
        assert_eq!(serde_json::json!(unbacked(1, 5)), "5");
    }

    #[test]
    fn each_contract_has_one_line_below_a_table() {
        let found = [unbacked(1, 5), unbacked(2, 6), unbacked(1, 5)];
        let text = below("table".to_owned(), &found);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("up to 6 OLD"), "{text}");
    }
}
