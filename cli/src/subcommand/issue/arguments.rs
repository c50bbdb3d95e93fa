//! A contract of a standard schema, said by options.

mod applies;

use std::path::PathBuf;

use bitcoin::{OutPoint, XOnlyPublicKey};
use bulla_core::schema::Schema;
use bulla_core::state::{State, Token};
use bulla_schemas::roles::{OwnedRole, ValueRole, global, owned};
use bulla_wallet::Amount;
use bulla_wallet::api::Issue as NewContract;
use bulla_wallet::media::Media;
use clap::Args;

use crate::error::Error;
use crate::media;
use crate::subcommand::Result;

/// What is said about a new contract.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Contract")]
pub struct Said {
    /// Ticker: 1 to 16 ASCII letters and digits; a claim, for anybody can take the same
    #[arg(long)]
    ticker: Option<String>,
    /// Name: 1 to 64 printable ASCII characters; a claim too
    #[arg(long)]
    name: Option<String>,
    /// What is issued at once, with as many decimals as the precision allows; of `unique`, how many
    /// tokens [default there: all]
    #[arg(long)]
    supply: Option<String>,
    /// Amounts are in smallest units
    #[arg(long)]
    raw: bool,
    /// Decimals people see, 0 to 18 [default: 0]
    #[arg(long)]
    precision: Option<u8>,
    /// Details, part of the contract for ever
    #[arg(long)]
    details: Option<String>,
    /// Terms, part of the contract for ever
    #[arg(long)]
    terms: Option<String>,
    /// All that can ever be issued (`inflatable`); what is above the supply is your allowance
    #[arg(long)]
    cap: Option<String>,
    /// All that can ever be reissued (`replaceable`)
    #[arg(long)]
    replaceable: Option<String>,
    /// A key that may sign transfers (`permissioned`); once for each. `bulla issuer key` shows yours
    #[arg(long, value_name = "KEY")]
    signer: Vec<XOnlyPublicKey>,
    /// The key that will sign statements about who issued it; `bulla issuer key` shows yours
    #[arg(long, value_name = "KEY")]
    issuer: Option<XOnlyPublicKey>,
    /// How many of the signers must sign (`permissioned`) [default: all]
    #[arg(long, value_name = "COUNT")]
    threshold: Option<u64>,
    /// Editions that can ever be (`unique`) [default: 1]
    #[arg(long)]
    total: Option<u64>,
    /// Fractions of each token (`unique`) [default: 1, not to be divided]
    #[arg(long)]
    fractions: Option<u64>,
    /// Owners may engrave their tokens (`unique`)
    #[arg(long)]
    engravable: bool,
    /// A media file that the contract commits to (`collectible`, `unique`); once for each
    #[arg(long, value_name = "FILE")]
    media: Vec<PathBuf>,
    /// An attribute of the tokens (`unique`), such as `colour: blue`; once for each
    #[arg(long, value_name = "NAME: VALUE")]
    attribute: Vec<String>,
    /// The own sealed coin that holds the contract [default: a free one; if none, one is made]
    #[arg(long, value_name = "TXID:VOUT")]
    coin: Option<OutPoint>,
    /// When it is issued, as it claims (unix seconds) [default: now]
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<u64>,
}

impl Said {
    /// The contract, and the bytes of its media.
    ///
    /// # Errors
    /// If something is said that the schema has no use for, or makes no sense.
    pub fn read(&self, schema: &Schema) -> Result<(NewContract, Vec<Vec<u8>>)> {
        self.check_all(schema)?;
        let mut issue = NewContract::new(schema.id());
        (issue.coin, issue.timestamp) = (self.coin, self.timestamp);
        let texts = [
            (global::TICKER, &self.ticker),
            (global::NAME, &self.name),
            (global::DETAILS, &self.details),
            (global::TERMS, &self.terms),
        ];
        for (role, text) in texts {
            if let Some(text) = text {
                issue = issue.text(role.name, text);
            }
        }
        if global::PRECISION.global(schema).is_some() {
            let precision = self.precision.unwrap_or(0);
            issue = issue.number(global::PRECISION.name, precision.into());
        }
        issue = if owned::NFT.number(schema).is_some() {
            self.tokens(issue)?
        } else {
            self.amounts(issue, schema)?
        };
        issue = self.signers(issue);
        if let Some(key) = &self.issuer {
            issue = issue.value(global::ISSUER.name, key.serialize().to_vec());
        }
        for attribute in &self.attribute {
            issue = issue.text(global::ATTRIBUTE.name, attribute);
        }
        let mut files = Vec::new();
        for path in &self.media {
            let (media, bytes): (Media, Vec<u8>) = media::read(path)?;
            issue = issue.media(&media);
            files.push(bytes);
        }
        Ok((issue, files))
    }

    fn units(&self, text: &str) -> Result<u64> {
        let precision = self.precision.filter(|_| !self.raw).unwrap_or(0);
        Ok(Amount::parse(text, precision)?.units())
    }

    /// What is issued at once, and what may be later.
    fn amounts(&self, issue: NewContract, schema: &Schema) -> Result<NewContract> {
        let supply = self.supply.as_deref().ok_or(Error::Options {
            found: "no --supply",
            remedy: "say how much is issued at once",
        })?;
        let supply = self.units(supply)?;
        let mut issue = issue.number(global::SUPPLY.name, supply);
        if supply > 0 || owned::ALLOWANCE.number(schema).is_none() {
            issue = issue.own(owned::ASSET.name, State::Amount(supply));
        }
        let later: [(ValueRole, OwnedRole, &Option<String>, u64); 2] = [
            (global::CAP, owned::ALLOWANCE, &self.cap, supply),
            (
                global::REPLACEABLE,
                owned::REPLACEMENT,
                &self.replaceable,
                0,
            ),
        ];
        for (role, right, text, issued) in later {
            let Some(text) = text else { continue };
            let all = self.units(text)?;
            issue = issue.number(role.name, all);
            let right_to = all.checked_sub(issued).ok_or(Error::Options {
                found: "a --cap below the --supply",
                remedy: "the cap includes what is issued at once",
            })?;
            if right_to > 0 {
                issue = issue.own(right.name, State::Amount(right_to));
            }
        }
        Ok(issue)
    }

    /// Tokens from 1 on, and the right to mint the rest.
    fn tokens(&self, issue: NewContract) -> Result<NewContract> {
        let total = self.total.unwrap_or(1);
        let fractions = self.fractions.unwrap_or(1);
        let minted = match &self.supply {
            Some(text) => Amount::parse(text, 0)?.units(),
            None => total,
        };
        let left = total.checked_sub(minted).ok_or(Error::Options {
            found: "more tokens at once than there can ever be",
            remedy: "raise --total, or lower --supply",
        })?;
        let mut issue = issue
            .number(global::TOTAL.name, total)
            .number(global::FRACTIONS.name, fractions)
            .number(global::ENGRAVABLE.name, self.engravable.into());
        if minted > bulla_core::limits::OTHER_LEAVES as u64 {
            return Err(Error::Options {
                found: "more tokens at once than one operation can make",
                remedy: "issue at most 4096 at once, and mint the rest in parts",
            });
        }
        for id in (1..).take(usize::try_from(minted).unwrap_or(usize::MAX)) {
            let fraction = fractions;
            issue = issue.own(owned::NFT.name, State::Token(Token { id, fraction }));
        }
        if left > 0 {
            issue = issue.own(owned::LEFT.name, State::Amount(left));
        }
        Ok(issue)
    }

    fn signers(&self, mut issue: NewContract) -> NewContract {
        if let Some(threshold) = self.threshold.or(match self.signer.len() {
            0 => None,
            all => Some(all as u64),
        }) {
            issue = issue.number(global::THRESHOLD.name, threshold);
        }
        for key in &self.signer {
            issue = issue.value(global::SIGNERS.name, key.serialize().to_vec());
        }
        issue
    }
}
