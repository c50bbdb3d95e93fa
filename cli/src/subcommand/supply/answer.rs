//! What `supply` answers.

use bitcoin::{OutPoint, Txid};
use bulla_core::state::State;
use bulla_core::{ContractId, OperationId};
use bulla_wallet::api::Asset;
use bulla_wallet::supply::{Change, Happened, Listed, OpenLeaf, Status, Supply, Unit};
use bulla_wallet::transfer::plan::quantity;
use serde::Serialize;

use crate::amount::display;
use crate::denomination::Denomination;
use crate::output::Human;
use crate::table::fields;
use crate::unbacked::Unbacked;

/// What `supply` answers. Sums are in smallest units, or in tokens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer.
    pub ticker: String,
    /// What is counted: `amount` or `token`.
    pub unit: &'static str,
    /// Decimals people see.
    pub precision: u8,
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
    /// Issued by the genesis.
    pub genesis: String,
    /// Issued, at least: by the genesis and by the operations below.
    pub issued: String,
    /// Issued, at most; none: the schema is not a standard one, so nobody here knows what it allows.
    pub issued_at_most: Option<String>,
    /// Burned, at least.
    pub burned: String,
    /// Circulating, at least: on outputs that are seen to be unspent.
    pub circulating_at_least: String,
    /// Circulating, at most.
    pub circulating_at_most: Option<String>,
    /// The right to issue more that the genesis gave.
    pub allowed: Option<String>,
    /// Of it, on outputs that are seen to be unspent.
    pub unused: String,
    /// Of it, given up.
    pub renounced: String,
    /// The operations that issued, burned or renounced.
    pub changes: Vec<ChangeOutput>,
    /// Where the unused right lies.
    pub rights: Vec<OpenOutput>,
    /// What circulates for certain, and where.
    pub held: Vec<OpenOutput>,
    /// A list, compared with what is proven.
    pub list: Vec<ListedOutput>,
    /// Known operations that are not settled, and so not counted.
    pub unsettled: usize,
    /// Height of the block as of which outputs are unspent.
    pub tip: Option<u32>,
    /// What the reader has to know.
    pub notes: Vec<String>,
}

/// An operation that changed the supply.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChangeOutput {
    /// The operation.
    pub operation: OperationId,
    /// Its transition's name in the schema.
    pub transition: String,
    /// Its witness.
    pub witness: Txid,
    /// Confirmations of the weakest witness of its history.
    pub confirmations: u32,
    /// What it made.
    pub issued: String,
    /// What it destroyed.
    pub burned: String,
    /// What it gave up of the right to issue.
    pub renounced: String,
}

/// A leaf on an unspent output.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OpenOutput {
    /// The output.
    pub outpoint: OutPoint,
    /// The operation that made the leaf.
    pub operation: OperationId,
    /// The token.
    pub token: Option<u32>,
    /// Its amount, or fraction of the token.
    pub amount: String,
}

/// An entry of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ListedOutput {
    /// `issued`, `burned` or `renounced`.
    pub happened: &'static str,
    /// The operation.
    pub operation: OperationId,
    /// How much.
    pub units: String,
    /// `proven`, `contradicted`, or `claimed`: nothing is known of it.
    pub status: &'static str,
}

impl Output {
    /// Of what is proven.
    pub fn of(supply: &Supply, asset: &Asset, listed: &[Listed]) -> Self {
        let text = |sum: u128| sum.to_string();
        Self {
            contract: supply.contract,
            ticker: asset.ticker.clone(),
            unit: match supply.unit {
                Unit::Amount => "amount",
                Unit::Token => "token",
            },
            precision: match supply.unit {
                Unit::Amount => asset.precision,
                Unit::Token => 0,
            },
            unbacked: Denomination::known(asset).unbacked(),
            genesis: text(supply.genesis),
            issued: text(supply.issued()),
            issued_at_most: supply.issued_at_most().map(text),
            burned: text(supply.burned()),
            circulating_at_least: text(supply.circulating_at_least()),
            circulating_at_most: supply.circulating_at_most().map(text),
            allowed: supply.allowed.map(text),
            unused: text(supply.unused()),
            renounced: text(supply.renounced()),
            changes: supply.changes.iter().map(ChangeOutput::of).collect(),
            rights: supply.rights.iter().map(OpenOutput::of).collect(),
            held: supply.held.iter().map(OpenOutput::of).collect(),
            list: listed.iter().map(ListedOutput::of).collect(),
            unsettled: supply.unsettled,
            tip: supply.tip,
            notes: notes(supply, listed),
        }
    }

    fn shown(&self, sum: &str) -> String {
        let units = sum
            .parse::<u128>()
            .map(|units| display(units, self.precision));
        units.unwrap_or_else(|_| format!("{sum} smallest units"))
    }
}

fn notes(supply: &Supply, listed: &[Listed]) -> Vec<String> {
    let mut notes = Vec::new();
    if supply.issued_at_most().is_none() {
        notes.push("no upper bound: the schema is not a standard one".to_owned());
    }
    match supply.tip {
        Some(tip) => notes.push(format!("outputs are unspent as of height {tip}")),
        None => notes.push("the chain was not asked: nothing is proven to be unspent".to_owned()),
    }
    if supply.unsettled > 0 {
        let count = supply.unsettled;
        notes.push(format!(
            "{count} known operations are not settled and not counted"
        ));
    }
    if listed.iter().any(|one| one.status == Status::Claimed) {
        notes.push("entries of the list without a consignment are claims".to_owned());
    }
    notes
}

impl ChangeOutput {
    fn line(&self, sums: &str) -> String {
        let (name, id, witness) = (&self.transition, self.operation, self.witness);
        let depth = self.confirmations;
        format!("{sums} by {name} {id} in {witness}, {depth} deep")
    }

    fn of(change: &Change) -> Self {
        Self {
            operation: change.operation,
            transition: change.transition.clone(),
            witness: change.witness,
            confirmations: change.confirmations,
            issued: change.issued.to_string(),
            burned: change.burned.to_string(),
            renounced: change.renounced.to_string(),
        }
    }
}

impl OpenOutput {
    fn of(open: &OpenLeaf) -> Self {
        Self {
            outpoint: open.outpoint,
            operation: open.leaf.operation,
            token: match &open.state {
                State::Token(token) => Some(token.id),
                _ => None,
            },
            amount: quantity(&open.state).to_string(),
        }
    }
}

impl ListedOutput {
    fn of(listed: &Listed) -> Self {
        Self {
            happened: match listed.entry.happened {
                Happened::Issued => "issued",
                Happened::Burned => "burned",
                Happened::Renounced => "renounced",
            },
            operation: listed.entry.operation,
            units: listed.entry.units.to_string(),
            status: match listed.status {
                Status::Proven => "proven",
                Status::Contradicted => "contradicted",
                Status::Claimed => "claimed",
            },
        }
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let bound = |least: &str, most: &Option<String>| match most {
            Some(most) if most == least => self.shown(least),
            Some(most) => format!("{} to {}", self.shown(least), self.shown(most)),
            None => format!("at least {}", self.shown(least)),
        };
        let mut rows = vec![
            ("contract", self.contract.to_string()),
            ("ticker", self.ticker.clone()),
            ("issued", bound(&self.issued, &self.issued_at_most)),
            ("burned", format!("at least {}", self.shown(&self.burned))),
            (
                "circulating",
                bound(&self.circulating_at_least, &self.circulating_at_most),
            ),
            ("genesis", self.shown(&self.genesis)),
        ];
        rows.extend(self.changes.iter().map(|change| {
            let sums = [
                ("issued", &change.issued),
                ("burned", &change.burned),
                ("renounced", &change.renounced),
            ];
            let sums = sums.iter().filter(|(_, sum)| *sum != "0");
            let sums: Vec<_> = sums
                .map(|(name, sum)| format!("{name} {}", self.shown(sum)))
                .collect();
            ("operation", change.line(&sums.join(", ")))
        }));
        let rights = self.rights.iter().map(|open| ("unused right", open));
        let held = self.held.iter().map(|open| ("circulating on", open));
        rows.extend(rights.chain(held).map(|(what, open)| {
            let amount = match open.token {
                Some(token) => format!("#{token} ({} fractions)", open.amount),
                None => self.shown(&open.amount),
            };
            let (outpoint, operation) = (open.outpoint, open.operation);
            (what, format!("{outpoint}: {amount} by {operation}"))
        }));
        rows.extend(self.unbacked.iter().map(|some| ("unbacked", some.line())));
        rows.extend(self.list.iter().map(|entry| {
            let units = self.shown(&entry.units);
            let (status, happened, id) = (entry.status, entry.happened, entry.operation);
            (status, format!("{happened} {units} by {id}"))
        }));
        rows.extend(self.notes.iter().map(|note| ("note", note.clone())));
        fields(rows)
    }
}
