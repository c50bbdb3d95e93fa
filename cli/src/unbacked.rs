//! The one place that says how much of a contract is unbacked by its history (docs/schemas/replaceable.md).

use std::collections::BTreeMap;

use bulla_core::ContractId;
use serde::{Serialize, Serializer};

/// How much of a contract its holders may have twice: what can be reissued. As JSON, smallest units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unbacked {
    units: u64,
    display: String,
}

impl Unbacked {
    /// So many smallest units, which people read as `display`.
    pub const fn new(units: u64, display: String) -> Self {
        Self { units, display }
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
pub fn below<'a>(
    table: String,
    found: impl IntoIterator<Item = (ContractId, &'a Option<Unbacked>)>,
) -> String {
    let lines: BTreeMap<_, _> = found
        .into_iter()
        .filter_map(|(contract, unbacked)| Some((contract, unbacked.as_ref()?.line())))
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

    fn unbacked(units: u64) -> Unbacked {
        Unbacked::new(units, format!("{units} OLD"))
    }

    #[test]
    fn it_says_how_much_or_that_there_is_no_bound() {
        let line = unbacked(5).line();
        assert_eq!(
            line,
            "a reissued unit is unbacked by this history, up to 5 OLD"
        );
        assert!(unbacked(u64::MAX).line().ends_with(", without a bound"));
        assert_eq!(serde_json::json!(unbacked(5)), "5");
    }

    #[test]
    fn each_contract_has_one_line_below_a_table() {
        let found = [(1, Some(5)), (2, Some(6)), (1, Some(5)), (3, None)];
        let found = found.map(|(byte, units)| {
            let contract = ContractId::from_bytes([byte; 32]);
            (contract, units.map(unbacked))
        });
        let found = found.iter().map(|(contract, some)| (*contract, some));
        let text = below("table".to_owned(), found);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("up to 6 OLD"), "{text}");
    }
}
