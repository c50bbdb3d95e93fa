//! What `issue` answers.

use std::path::PathBuf;

use bitcoin::Txid;
use bitcoin::hex::DisplayHex;
use bulla_core::schema::{Schema, ValueType};
use bulla_core::state::State;
use bulla_core::{ContractId, SchemaId};
use bulla_wallet::api::{AllocateTo, Allocation, Issued};
use bulla_wallet::time::rfc3339;
use bulla_wallet::transfer::plan::quantity;
use serde::Serialize;

use crate::amount::display;
use crate::claim;
use crate::output::Human;
use crate::table::fields;

/// What `issue` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contract; of a dry run, with this timestamp.
    pub contract: ContractId,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// Its schema.
    pub schema: SchemaId,
    /// Its ticker.
    pub ticker: String,
    /// What it issues at once, in smallest units or tokens.
    pub supply: String,
    /// Decimals people see.
    pub precision: u8,
    /// When it was issued, as it claims (unix seconds).
    pub timestamp: u64,
    /// What its genesis says for ever.
    pub globals: Vec<GlobalOutput>,
    /// What it allocates.
    pub allocations: Vec<AllocationOutput>,
    /// The transaction that made a sealed coin for it, where none was free.
    pub carrier: Option<Txid>,
    /// The consignments for the invoices it allocates to.
    pub consignments: Vec<PathBuf>,
    /// The media files beside them.
    pub media: Vec<PathBuf>,
}

/// A value of a genesis.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GlobalOutput {
    /// Its name in the schema.
    pub name: String,
    /// A text, a number in digits, or bytes in hex.
    pub value: String,
}

/// An allocation of a new contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AllocationOutput {
    /// The name of the owned type.
    pub owned: String,
    /// The token.
    pub token: Option<u32>,
    /// Smallest units, a fraction of a token, 1 for a right.
    pub amount: String,
    /// The invoice it is for; none: ours.
    pub invoice: Option<String>,
}

impl Output {
    /// Of a contract.
    pub fn of(issued: &Issued, schema: &Schema, dry_run: bool) -> Self {
        let value = |name: &str| {
            let mut globals = issued.globals.iter();
            globals.find(|(known, _)| known == name).map(|(_, v)| v)
        };
        let number = |name: &str| {
            let bytes = value(name)?.as_slice();
            bytes.try_into().ok().map(u64::from_le_bytes)
        };
        let tokens = issued
            .allocations
            .iter()
            .filter(|allocation| matches!(allocation.state, State::Token(_)));
        let supply = number("supply").unwrap_or(tokens.count() as u64);
        let ticker = value("ticker").map(|ticker| String::from_utf8_lossy(ticker).into_owned());
        let precision = number("precision").and_then(|number| u8::try_from(number).ok());
        Self {
            contract: issued.contract,
            dry_run,
            schema: issued.schema,
            ticker: ticker.unwrap_or_default(),
            supply: supply.to_string(),
            precision: precision.unwrap_or(0),
            timestamp: issued.timestamp,
            globals: issued
                .globals
                .iter()
                .map(|(name, bytes)| global(schema, name, bytes))
                .collect(),
            allocations: issued.allocations.iter().map(allocation).collect(),
            carrier: None,
            consignments: Vec::new(),
            media: Vec::new(),
        }
    }
}

fn global(schema: &Schema, name: &str, bytes: &[u8]) -> GlobalOutput {
    let number = schema.global_number(name);
    let ty = number.and_then(|number| schema.globals.get(&number).map(|def| def.ty));
    let value = match (ty, <[u8; 8]>::try_from(bytes)) {
        (Some(ValueType::Number), Ok(number)) => u64::from_le_bytes(number).to_string(),
        (Some(ValueType::Text), _) => String::from_utf8_lossy(bytes).into_owned(),
        _ => bytes.to_lower_hex_string(),
    };
    GlobalOutput {
        name: name.to_owned(),
        value,
    }
}

fn allocation(allocation: &Allocation) -> AllocationOutput {
    AllocationOutput {
        owned: allocation.owned.clone(),
        token: match &allocation.state {
            State::Token(token) => Some(token.id),
            _ => None,
        },
        amount: quantity(&allocation.state).to_string(),
        invoice: match &allocation.to {
            AllocateTo::Invoice(invoice) => Some(invoice.to_string()),
            AllocateTo::Own | AllocateTo::Coin(_) => None,
        },
    }
}

impl AllocationOutput {
    fn shown(&self) -> String {
        let token = self.token.map(|id| format!(" #{id}")).unwrap_or_default();
        let to = if self.invoice.is_some() {
            "an invoice"
        } else {
            "this wallet"
        };
        format!("{} {}{token} to {to}", self.amount, self.owned)
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let supply = self.supply.parse::<u128>().unwrap_or_default();
        let supply = display(supply, self.precision);
        let mut rows = vec![
            ("supply", format!("{supply} {}", claim::shown(&self.ticker))),
            ("contract", self.contract.to_string()),
            ("issued", rfc3339(self.timestamp)),
        ];
        if self.dry_run {
            let globals = self.globals.iter();
            rows.extend(globals.map(|global| {
                let value = claim::shown(&global.value);
                ("says", format!("{}: {value}", global.name))
            }));
            let allocations = self.allocations.iter();
            rows.extend(allocations.map(|one| ("allocates", one.shown())));
        }
        let given = self.allocations.iter().filter(|a| a.invoice.is_some());
        let given = given.count();
        if given > 0 {
            rows.push(("allocated", format!("to {given} invoices")));
        }
        if let Some(txid) = self.carrier {
            let note = format!("made by {txid}, for there was none that is free");
            rows.push(("sealed coin", note));
        }
        let files = self.consignments.iter().chain(&self.media);
        rows.extend(files.map(|path| ("file", path.display().to_string())));
        if self.dry_run {
            let note = format!(
                "nothing was done; the same id comes with --timestamp {}",
                self.timestamp
            );
            rows.push(("note", note));
        }
        fields(rows)
    }
}
