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

use super::amounts::{Called, is_amount};
use crate::amount::display;
use crate::claim;
use crate::output::Human;
use crate::spend::Planned;
use crate::table::fields;
use crate::unbacked::Unbacked;

/// What `issue` answers.
#[derive(Clone, Debug, Serialize)]
pub struct Output {
    /// The contract; of a dry run, with this timestamp; none: the sealed coin that the id depends on is still
    /// to be made.
    pub contract: Option<ContractId>,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// Its schema.
    pub schema: SchemaId,
    /// The name of its schema.
    pub schema_name: String,
    /// Its ticker.
    pub ticker: String,
    /// What it issues at once, in smallest units or tokens.
    pub supply: String,
    /// Decimals people see.
    pub precision: u8,
    /// How much can be reissued besides, in smallest units, and is unbacked by its history; none if nothing
    /// can.
    pub unbacked: Option<Unbacked>,
    /// When it was issued, as it claims (unix seconds).
    pub timestamp: u64,
    /// What its genesis says for ever.
    pub globals: Vec<GlobalOutput>,
    /// What it allocates.
    pub allocations: Vec<AllocationOutput>,
    /// The transaction that made a sealed coin for it, where none was free.
    pub carrier: Option<Txid>,
    /// How that transaction would be made.
    pub coin: Option<Planned>,
    /// The consignments for the invoices it allocates to.
    pub consignments: Vec<PathBuf>,
    /// The media files beside them.
    pub media: Vec<PathBuf>,
    /// What a dry run has to add.
    pub note: Option<String>,
}

/// A value of a genesis.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GlobalOutput {
    /// Its name in the schema.
    pub name: String,
    /// A text, a number in digits, or bytes in hex.
    pub value: String,
    /// The same for people: an amount with decimals.
    pub display: String,
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
    /// The same for people.
    pub display: String,
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
        let ticker = ticker.unwrap_or_default();
        let precision = number("precision").and_then(|number| u8::try_from(number).ok());
        let precision = precision.unwrap_or(0);
        let called = Called {
            ticker: &ticker,
            precision,
        };
        Self {
            contract: issued.contract,
            dry_run,
            schema: issued.schema,
            schema_name: schema.name.clone(),
            supply: supply.to_string(),
            precision,
            unbacked: issued.unbacked.map(|units| called.unbacked(units)),
            timestamp: issued.timestamp,
            globals: issued
                .globals
                .iter()
                .map(|(name, bytes)| global(schema, name, bytes, precision))
                .collect(),
            allocations: issued
                .allocations
                .iter()
                .map(|one| allocation(one, called))
                .collect(),
            ticker,
            carrier: None,
            coin: None,
            consignments: Vec::new(),
            media: Vec::new(),
            note: None,
        }
    }

    /// The same, with how to get the contract that a dry run shows: `again` is where the timestamp is said.
    #[must_use]
    pub fn noted(mut self, again: impl Fn(u64) -> String) -> Self {
        self.note = Some(match self.contract {
            Some(_) => format!(
                "nothing was done; the same id comes with {}",
                again(self.timestamp)
            ),
            None => "nothing was done; the id follows once there is a sealed coin, which `issue` makes first, or \
                     `bulla carrier`"
                .to_owned(),
        });
        self
    }
}

fn global(schema: &Schema, name: &str, bytes: &[u8], precision: u8) -> GlobalOutput {
    let number = schema.global_number(name);
    let ty = number.and_then(|number| schema.globals.get(&number).map(|def| def.ty));
    let number = <[u8; 8]>::try_from(bytes).map(u64::from_le_bytes);
    let value = match (ty, number) {
        (Some(ValueType::Number), Ok(number)) => number.to_string(),
        (Some(ValueType::Text), _) => String::from_utf8_lossy(bytes).into_owned(),
        _ => bytes.to_lower_hex_string(),
    };
    let display = match number {
        Ok(number) if is_amount(name) => display(number, precision),
        _ => claim::shown(&value),
    };
    GlobalOutput {
        name: name.to_owned(),
        value,
        display,
    }
}

fn allocation(allocation: &Allocation, called: Called<'_>) -> AllocationOutput {
    let token = match &allocation.state {
        State::Token(token) => Some(token.id),
        _ => None,
    };
    let amount = quantity(&allocation.state);
    AllocationOutput {
        owned: allocation.owned.clone(),
        token,
        amount: amount.to_string(),
        display: called.show(&allocation.owned, token, amount),
        invoice: match &allocation.to {
            AllocateTo::Invoice(invoice) => Some(invoice.to_string()),
            AllocateTo::Own | AllocateTo::Coin(_) => None,
        },
    }
}

impl AllocationOutput {
    fn shown(&self) -> String {
        let to = if self.invoice.is_some() {
            "an invoice"
        } else {
            "this wallet"
        };
        format!("{} to {to}", self.display)
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let supply = self.supply.parse::<u128>().unwrap_or_default();
        let supply = display(supply, self.precision);
        let mut rows = vec![
            ("supply", format!("{supply} {}", claim::shown(&self.ticker))),
            ("issued", rfc3339(self.timestamp)),
        ];
        rows.extend(self.contract.map(|id| ("contract", id.to_string())));
        rows.extend(self.unbacked.iter().map(|some| ("unbacked", some.line())));
        if self.dry_run {
            let name = claim::shown(&self.schema_name);
            rows.push(("schema", format!("{name} {}", self.schema)));
            let globals = self.globals.iter();
            rows.extend(globals.map(|one| ("says", format!("{}: {}", one.name, one.display))));
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
        if let Some(coin) = &self.coin {
            let made = "one is made first, for there is none that is free";
            let fee = format!("{made}: {} sat fee for {} vB", coin.fee_sats, coin.vbytes);
            rows.push(("sealed coin", fee));
        }
        rows.extend(self.note.iter().map(|note| ("note", note.clone())));
        fields(rows)
    }
}
