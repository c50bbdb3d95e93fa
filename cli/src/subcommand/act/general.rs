//! `act`: any transition of any schema, by names.

use std::str::FromStr;

use bitcoin::hex::FromHex;
use bulla_core::ContractId;
use bulla_core::schema::{Schema, ValueType};
use bulla_core::state::{State, Token};
use bulla_wallet::api::{Act, Give, Payment, Quantity, Take};
use bulla_wallet::invoice::Invoice;
use clap::Args;

use super::ActArgs;
use crate::error::Error;
use crate::session::Session;
use crate::settings::Settings;
use crate::subcommand::Result;

/// Arguments of `act`.
#[derive(Args, Debug)]
pub struct General {
    /// The contract
    contract: ContractId,
    /// The transition's name in its schema
    transition: String,
    /// What to use up: OWNED=UNITS of amounts, OWNED:TOKEN=FRACTION of a token, OWNED of a right; all
    /// in smallest units
    #[arg(long, value_name = "WHAT")]
    take: Vec<What>,
    /// What to consume and get back
    #[arg(long, value_name = "WHAT")]
    keep: Vec<What>,
    /// What to make, for yourself or for an invoice: WHAT or WHAT@INVOICE
    #[arg(long, value_name = "WHAT")]
    give: Vec<What>,
    /// A value to publish: a number, a text, or hex digits, as the schema has it
    #[arg(long, value_name = "NAME=VALUE")]
    global: Vec<String>,
    /// A value for the rules, the same way
    #[arg(long, value_name = "NAME=VALUE")]
    meta: Vec<String>,
    #[command(flatten)]
    act: ActArgs,
}

/// An amount, a token or a right, and for whom.
#[derive(Clone, PartialEq, Eq, Debug)]
struct What {
    owned: String,
    token: Option<u32>,
    units: Option<u64>,
    to: Option<Invoice>,
}

/// A text that is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected OWNED=UNITS, OWNED:TOKEN=FRACTION or OWNED, and @INVOICE behind it or not")]
pub struct ParseWhatError;

impl FromStr for What {
    type Err = ParseWhatError;

    fn from_str(text: &str) -> std::result::Result<Self, ParseWhatError> {
        let (what, to) = match text.split_once('@') {
            Some((what, to)) => (what, Some(to.parse().map_err(|_| ParseWhatError)?)),
            None => (text, None),
        };
        let (name, units) = match what.split_once('=') {
            Some((name, units)) => (name, Some(number(units)?)),
            None => (what, None),
        };
        let (owned, token) = match name.split_once(':') {
            Some((owned, token)) => (owned, Some(number(token)?)),
            None => (name, None),
        };
        let token = token.map(u32::try_from).transpose();
        Ok(Self {
            owned: owned.to_owned(),
            token: token.map_err(|_| ParseWhatError)?,
            units,
            to,
        })
    }
}

fn number(text: &str) -> std::result::Result<u64, ParseWhatError> {
    let parsed = bulla_wallet::Amount::parse(text, 0);
    parsed
        .map(|found| found.units())
        .map_err(|_| ParseWhatError)
}

impl General {
    /// Runs the command.
    ///
    /// # Errors
    /// If the schema does not allow it, or there is not so much.
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let schema = session.wallet.schema(self.contract)?;
        let act = Act {
            contract: self.contract,
            transition: self.transition.clone(),
            takes: self.takes()?,
            gives: self.give.iter().map(give).collect(),
            globals: values(&self.global, |name| {
                let number = schema.global_number(name)?;
                schema.globals.get(&number).map(|def| def.ty)
            })?,
            metadata: values(&self.meta, |name| meta_type(&schema, name))?,
        };
        self.act.carry_out(&mut session, Payment::Act(act))
    }

    fn takes(&self) -> Result<Vec<Take>> {
        let take = |what: &What, kept| {
            if what.to.is_some() {
                return Err(Error::Options {
                    found: "an invoice behind what is taken",
                    remedy: "invoices are given to, by --give",
                });
            }
            Ok(Take {
                owned: what.owned.clone(),
                quantity: match (what.token, what.units) {
                    (Some(id), units) => Quantity::Token(Token {
                        id,
                        fraction: units.unwrap_or(1),
                    }),
                    (None, Some(units)) => Quantity::Amount(units),
                    (None, None) => Quantity::Leaves(1),
                },
                kept,
            })
        };
        let used = self.take.iter().map(|what| take(what, false));
        used.chain(self.keep.iter().map(|what| take(what, true)))
            .collect()
    }
}

fn meta_type(schema: &Schema, name: &str) -> Option<ValueType> {
    let number = schema.meta_number(name)?;
    schema.metadata.get(&number).map(|def| def.ty)
}

fn give(what: &What) -> Give {
    let state = match (what.token, what.units) {
        (Some(id), units) => State::Token(Token {
            id,
            fraction: units.unwrap_or(1),
        }),
        (None, Some(units)) => State::Amount(units),
        (None, None) => State::Right,
    };
    Give {
        owned: what.owned.clone(),
        state,
        to: what.to.clone().map(Box::new),
    }
}

/// `name=value`, read as the schema's type; an unknown name is left to the wallet, which names those
/// there are.
fn values(
    texts: &[String],
    ty: impl Fn(&str) -> Option<ValueType>,
) -> Result<Vec<(String, Vec<u8>)>> {
    let wrong = |found| Error::Options {
        found,
        remedy: "say NAME=VALUE, the value as the schema has it",
    };
    let read = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .ok_or(wrong("a value without a name"))?;
        let bytes = match ty(name) {
            None | Some(ValueType::Text) => value.as_bytes().to_vec(),
            Some(ValueType::Number) => {
                let number = number(value).map_err(|_| wrong("a value that is no number"))?;
                number.to_le_bytes().to_vec()
            }
            Some(_) => Vec::from_hex(value).map_err(|_| wrong("a value that is not hex digits"))?,
        };
        Ok((name.to_owned(), bytes))
    };
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_has_one_meaning() {
        let what = |owned: &str, token, units| What {
            owned: owned.to_owned(),
            token,
            units,
            to: None,
        };
        assert_eq!("asset=10".parse(), Ok(what("asset", None, Some(10))));
        assert_eq!("nft:5=2".parse(), Ok(what("nft", Some(5), Some(2))));
        assert_eq!("nft:5".parse(), Ok(what("nft", Some(5), None)));
        assert_eq!("right".parse(), Ok(what("right", None, None)));
        for text in ["asset=1.5", "asset=", "nft:x", "nft:4294967296", "a=1@b"] {
            assert_eq!(text.parse::<What>(), Err(ParseWhatError), "{text}");
        }
    }
}
