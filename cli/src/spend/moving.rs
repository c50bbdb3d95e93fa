//! What a planned transition would take, make and say, for people who are to agree to it.

use bitcoin::hex::DisplayHex;
use bulla_core::ContractId;
use bulla_core::schema::{Schema, TransitionDef, ValueType};
use bulla_core::state::State;
use bulla_schemas::roles::meta;
use bulla_wallet::api::Paid;
use bulla_wallet::invoice::{Beneficiary, Invoice};
use bulla_wallet::transfer::plan::{self, quantity};
use serde::Serialize;

use crate::claim;
use crate::unbacked::Unbacked;
use crate::units::Names;

/// A transition that would be made.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedTransition {
    /// The contract.
    pub contract: ContractId,
    /// How much of it can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
    /// Number of the transition in its schema.
    pub kind: u16,
    /// Its name there.
    pub transition: String,
    /// Whether nobody asked for it: what lies on a spent coin goes along to one of ours.
    pub carried: bool,
    /// Leaves that it consumes.
    pub inputs: usize,
    /// Leaves that it makes.
    pub outputs: usize,
    /// Signatures that it needs.
    pub signatures: u64,
    /// What it consumes, summed up by type and token.
    pub takes: Vec<Moving>,
    /// What it makes for others.
    pub pays: Vec<Moving>,
    /// What it makes for us, summed up by type and token.
    pub keeps: Vec<Moving>,
    /// What it publishes for ever.
    pub globals: Vec<Said>,
    /// What its rules read, such as what is burned.
    pub metadata: Vec<Said>,
}

/// An amount, a token or rights.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Moving {
    /// The name of the owned type.
    pub owned: String,
    /// The token.
    pub token: Option<u32>,
    /// Smallest units, fractions of a token, or rights.
    pub amount: String,
    /// The same for people.
    pub display: String,
    /// The invoice that it pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    /// The address or secret seal of that invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// A value that the operation says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Said {
    /// Its name in the schema.
    pub name: String,
    /// A text, a number in digits, or bytes in hex.
    pub value: String,
    /// The same for people: an amount with decimals.
    pub display: String,
}

/// How the amounts of one contract are read.
struct Reader<'a> {
    contract: ContractId,
    schema: &'a Schema,
    names: &'a Names,
}

impl PlannedTransition {
    /// Of a transition of the planner; `paid` is what the payments come to.
    pub fn of(
        planned: &plan::PlannedTransition,
        paid: &[Paid],
        schema: &Schema,
        names: &Names,
    ) -> Self {
        let reader = Reader {
            contract: planned.contract,
            schema,
            names,
        };
        let name = |def: &TransitionDef| def.name.clone();
        let kept = planned.leaves.iter().filter(|leaf| leaf.payment.is_none());
        let pays: Vec<_> = planned
            .leaves
            .iter()
            .filter_map(|leaf| reader.pays(leaf, paid))
            .collect();
        let takes = planned.inputs.iter();
        let takes = reader.sums(takes.map(|(leaf, state)| (leaf.owned_type, state)));
        let taken = takes.first().map_or("", |first| &first.owned);
        let globals = planned.globals.iter().filter_map(|(number, bytes)| {
            let def = schema.globals.get(number)?;
            Some(reader.says(&def.name, def.ty, bytes, taken))
        });
        let metadata = planned.metadata.iter().filter_map(|(number, bytes)| {
            let def = schema.metadata.get(number)?;
            Some(reader.says(&def.name, def.ty, bytes, taken))
        });
        Self {
            contract: planned.contract,
            unbacked: names.unbacked(planned.contract),
            kind: planned.kind,
            transition: schema
                .transitions
                .get(&planned.kind)
                .map_or_else(String::new, name),
            carried: planned.act.is_none() && pays.is_empty(),
            inputs: planned.inputs.len(),
            outputs: planned.leaves.len(),
            signatures: planned.signatures,
            keeps: reader.sums(kept.map(|leaf| (leaf.owned_type, &leaf.state))),
            globals: globals.collect(),
            metadata: metadata.collect(),
            takes,
            pays,
        }
    }

    /// Rows for people.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let (name, contract) = (claim::shown(&self.transition), self.contract);
        let title = if self.carried {
            (
                "carries along",
                format!("by `{name}` of contract {contract}"),
            )
        } else {
            ("does", format!("`{name}` of contract {contract}"))
        };
        let mut rows = vec![title];
        let mut put = |name, moving: &[Moving]| {
            rows.extend(moving.iter().map(|one| (name, one.shown())));
        };
        put("  takes", &self.takes);
        put("  pays", &self.pays);
        put("  keeps", &self.keeps);
        let mut put = |name, said: &[Said]| {
            let said = said.iter();
            rows.extend(said.map(|one| {
                (
                    name,
                    format!("{}: {}", claim::shown(&one.name), one.display),
                )
            }));
        };
        put("  states", &self.metadata);
        put("  publishes", &self.globals);
        if self.signatures > 0 {
            let signers = format!("{} signers of the contract", self.signatures);
            rows.push(("  waits for", signers));
        }
        rows
    }
}

impl Moving {
    fn shown(&self) -> String {
        match &self.to {
            Some(to) => format!("{} to {to}", self.display),
            None => self.display.clone(),
        }
    }
}

impl Reader<'_> {
    /// Sums by type and token, in the order of their first leaves.
    fn sums<'a>(&self, leaves: impl Iterator<Item = (u16, &'a State)>) -> Vec<Moving> {
        let mut sums: Vec<((u16, Option<u32>), u64)> = Vec::new();
        for (owned_type, state) in leaves {
            let key = (owned_type, token(state));
            match sums.iter_mut().find(|(known, _)| *known == key) {
                Some((_, sum)) => *sum = sum.saturating_add(quantity(state)),
                None => sums.push((key, quantity(state))),
            }
        }
        let moving = |((owned_type, token), units)| self.moving(owned_type, token, units);
        sums.into_iter().map(moving).collect()
    }

    fn moving(&self, owned_type: u16, token: Option<u32>, units: u64) -> Moving {
        let owned = owned_name(self.schema, owned_type);
        Moving {
            owned: owned.to_owned(),
            token,
            amount: units.to_string(),
            display: self.names.show_owned(self.contract, owned, token, units),
            invoice: None,
            to: None,
        }
    }

    /// A leaf that pays somebody.
    fn pays(&self, leaf: &plan::PlannedLeaf, paid: &[Paid]) -> Option<Moving> {
        let moving = self.moving(leaf.owned_type, token(&leaf.state), quantity(&leaf.state));
        let Paid::Asset { invoice, .. } = paid.get(leaf.payment?)? else {
            return None;
        };
        Some(Moving {
            invoice: Some(invoice.to_string()),
            to: Some(payee(invoice)),
            ..moving
        })
    }

    /// A value; what is destroyed is an amount of what is taken.
    fn says(&self, name: &str, ty: ValueType, bytes: &[u8], taken: &str) -> Said {
        let number = <[u8; 8]>::try_from(bytes).map(u64::from_le_bytes);
        let number = number.ok().filter(|_| ty == ValueType::Number);
        let value = match (number, ty) {
            (Some(number), _) => number.to_string(),
            (None, ValueType::Text) => String::from_utf8_lossy(bytes).into_owned(),
            (None, _) => bytes.to_lower_hex_string(),
        };
        let destroyed = [meta::BURNED, meta::HANDED, meta::RENOUNCED];
        let destroyed = destroyed.iter().any(|role| role.name == name);
        let display = match number {
            Some(units) if destroyed => self.names.show_owned(self.contract, taken, None, units),
            _ => claim::shown(&value),
        };
        Said {
            name: name.to_owned(),
            value,
            display,
        }
    }
}

/// The name of an owned type.
pub fn owned_name(schema: &Schema, owned_type: u16) -> &str {
    schema.owned.get(&owned_type).map_or("", |def| &def.name)
}

/// The token of a state.
pub const fn token(state: &State) -> Option<u32> {
    match state {
        State::Token(token) => Some(token.id),
        _ => None,
    }
}

fn payee(invoice: &Invoice) -> String {
    match &invoice.to {
        Beneficiary::Seal(secret) => secret.to_string(),
        Beneficiary::Address { address, .. } => address.assume_checked_ref().to_string(),
    }
}
