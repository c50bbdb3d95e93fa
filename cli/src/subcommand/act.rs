//! What owners and issuers do with a contract besides paying: mint, burn, hand in, renounce, engrave,
//! or any transition of its schema by name.

mod general;

use std::path::PathBuf;

use bulla_core::ContractId;
use bulla_schemas::roles::verb;
use bulla_wallet::api::Payment;
use bulla_wallet::invoice::Invoice;
use bulla_wallet::transfer::verbs::{Making, Verb};
use clap::Args;

pub use self::general::General;
use super::Result;
use crate::error::Error;
use crate::media;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{Order, SpendArgs, spend};
use crate::units;

/// Options of every act.
#[derive(Args, Debug)]
pub struct ActArgs {
    /// Folder for consignments: for payees, or as evidence of what was done
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    spending: SpendArgs,
}

/// Arguments of `mint` and `reissue`.
#[derive(Args, Debug)]
pub struct Make {
    /// The contract
    contract: ContractId,
    /// How much, with the decimals of the contract; of tokens, how many [default there: 1]
    amount: Option<String>,
    /// The amount is in smallest units
    #[arg(long, requires = "amount")]
    raw: bool,
    /// The invoice it is for; of tokens, once for each [default: yourself]
    #[arg(long, value_name = "INVOICE")]
    to: Vec<Invoice>,
    /// A media file that is about each of the tokens
    #[arg(long, value_name = "FILE")]
    media: Vec<PathBuf>,
    /// An attribute of each of the tokens, such as `colour: blue`
    #[arg(long, value_name = "NAME: VALUE")]
    attribute: Vec<String>,
    #[command(flatten)]
    act: ActArgs,
}

/// Arguments of `burn`.
#[derive(Args, Debug)]
pub struct Burn {
    /// The contract
    contract: ContractId,
    /// How much, with the decimals of the contract
    #[arg(required_unless_present = "token", conflicts_with = "token")]
    amount: Option<String>,
    /// The amount is in smallest units
    #[arg(long, requires = "amount", conflicts_with = "token")]
    raw: bool,
    /// The token, all of which you must hold
    #[arg(long)]
    token: Option<u32>,
    #[command(flatten)]
    act: ActArgs,
}

/// Arguments of `hand-in`.
#[derive(Args, Debug)]
pub struct HandIn {
    /// The contract
    contract: ContractId,
    /// How much, with the decimals of the contract
    amount: String,
    /// The amount is in smallest units
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// Arguments of `renounce`.
#[derive(Args, Debug)]
pub struct Renounce {
    /// The contract
    contract: ContractId,
    /// How much of the right to make more, with the decimals of the contract [default: all]
    amount: Option<String>,
    /// The amount is in smallest units
    #[arg(long, requires = "amount")]
    raw: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// Arguments of `engrave`.
#[derive(Args, Debug)]
pub struct Engrave {
    /// The contract
    contract: ContractId,
    /// The token, all of which you must hold
    token: u32,
    /// The text, for ever and for everybody who gets the token
    text: String,
    #[command(flatten)]
    act: ActArgs,
}

impl Make {
    /// Runs `mint`: tokens, or units by allowance.
    ///
    /// # Errors
    /// If the contract is not known, its schema has no such transition, or there is no right left.
    pub fn mint(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        if !counts_tokens(&session, self.contract)? {
            let verb = Verb::Issue(self.making(&session)?);
            return self.act.run(&mut session, self.contract, &verb);
        }
        if self.raw {
            return not_for("--raw", TOKENS);
        }
        let count = match &self.amount {
            Some(text) => bulla_wallet::Amount::parse(text, 0)?.units(),
            None => self.to.len().max(1) as u64,
        };
        let owners = self.to.iter().map(|to| Some(Box::new(to.clone())));
        let ours = std::iter::repeat_n(None, usize::try_from(count).unwrap_or(usize::MAX));
        let mut to: Vec<_> = owners.collect();
        if to.len() as u64 > count || count > bulla_core::limits::OTHER_LEAVES as u64 {
            return Err(Error::Options {
                found: "more invoices than tokens, or more tokens than one operation can make",
                remedy: "mint at most 4096 at once, and at least one for each invoice",
            });
        }
        to.extend(ours.skip(to.len()));
        let mut files = Vec::new();
        for path in &self.media {
            files.push(media::read(path)?);
        }
        let verb = Verb::Mint {
            to,
            media: files.iter().map(|(media, _)| media.clone()).collect(),
            attributes: self.attribute,
        };
        if !self.act.spending.losses.fees.dry_run {
            for (media, bytes) in &files {
                media::put(&session, media, bytes)?;
            }
        }
        self.act.run(&mut session, self.contract, &verb)
    }

    /// Runs `reissue`.
    ///
    /// # Errors
    /// As [`Make::mint`].
    pub fn reissue(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let verb = Verb::Reissue(self.making(&session)?);
        self.act.run(&mut session, self.contract, &verb)
    }

    fn making(&self, session: &Session<'_>) -> Result<Making> {
        let usage = |found, remedy| Err(Error::Options { found, remedy });
        let units = "units, which are all alike";
        if !self.media.is_empty() {
            return not_for("--media", units);
        }
        if !self.attribute.is_empty() {
            return not_for("--attribute", units);
        }
        let ([] | [_]) = &self.to[..] else {
            return usage(
                "units for several invoices",
                "mint for one, and `send` to the others",
            );
        };
        let to = self.to.first().map(|to| Box::new(to.clone()));
        let said = to.as_ref().and_then(|to| to.amount);
        let amount = match (&self.amount, said) {
            (Some(text), _) => read(session, text, self.contract, self.raw)?,
            (None, Some(units)) => units,
            (None, None) => return usage("no amount", "say how much"),
        };
        Ok(Making { amount, to })
    }
}

impl Burn {
    /// Runs the command.
    ///
    /// # Errors
    /// If the schema does not allow it, or there is not so much.
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let verb = match (self.token, &self.amount) {
            (Some(token), _) => Verb::BurnToken(token),
            (None, amount) => {
                let text = amount.as_deref().unwrap_or_default();
                Verb::Burn(read(&session, text, self.contract, self.raw)?)
            }
        };
        self.act.run(&mut session, self.contract, &verb)
    }
}

impl HandIn {
    /// Runs the command.
    ///
    /// # Errors
    /// As [`Burn::run`].
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let verb = Verb::HandIn(read(&session, &self.amount, self.contract, self.raw)?);
        self.act.run(&mut session, self.contract, &verb)
    }
}

impl Renounce {
    /// Runs the command.
    ///
    /// # Errors
    /// As [`Burn::run`].
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        if self.raw && counts_tokens(&session, self.contract)? {
            return not_for("--raw", TOKENS);
        }
        let amount = match &self.amount {
            Some(text) => Some(read(&session, text, self.contract, self.raw)?),
            None => None,
        };
        let verb = Verb::Renounce(amount);
        self.act.run(&mut session, self.contract, &verb)
    }
}

impl Engrave {
    /// Runs the command.
    ///
    /// # Errors
    /// As [`Burn::run`].
    pub fn run(self, settings: &Settings) -> Result {
        let mut session = Session::synced(settings)?;
        let (token, text) = (self.token, self.text);
        let verb = Verb::Engrave { token, text };
        self.act.run(&mut session, self.contract, &verb)
    }
}

/// What has no smallest units.
const TOKENS: &str = "tokens, which are counted";

/// Whether more of a contract is tokens.
fn counts_tokens(session: &Session<'_>, contract: ContractId) -> Result<bool> {
    let schema = session.wallet.schema(contract)?;
    Ok(verb::MINT.transition(&schema).is_some())
}

/// An option that would be without effect.
fn not_for<T>(option: &'static str, to: &str) -> Result<T> {
    Err(Error::NotApplicable {
        option,
        to: to.to_owned(),
        remedy: "leave it out".to_owned(),
    })
}

fn read(session: &Session<'_>, text: &str, contract: ContractId, raw: bool) -> Result<u64> {
    units::read(&session.wallet, text, Some(contract), raw)
}

impl ActArgs {
    fn run(&self, session: &mut Session<'_>, contract: ContractId, verb: &Verb) -> Result {
        let act = session.wallet.act(contract, verb)?;
        self.carry_out(session, Payment::Act(act))
    }

    fn carry_out(&self, session: &mut Session<'_>, payment: Payment) -> Result {
        let order = Order {
            payments: &[payment],
            arguments: self.spending.clone(),
            hold: false,
            out: self.out.as_path().into(),
        };
        spend(session, &order)
    }
}
