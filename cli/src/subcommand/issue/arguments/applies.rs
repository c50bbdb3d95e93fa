//! Which options a contract has use for; any other that is given is refused, never dropped.

use bulla_core::schema::Schema;
use bulla_schemas::roles::{OwnedRole, ValueRole, global, owned};

use super::Said;
use crate::error::Error;
use crate::subcommand::Result;

/// An option about a new contract.
pub struct Use {
    /// As it is typed.
    pub option: &'static str,
    /// Whether it was.
    given: bool,
    /// What a schema must have for it.
    needs: Needs,
    /// How a file says the same.
    in_file: &'static str,
}

/// What a schema must have for an option.
enum Needs {
    Nothing,
    Global(ValueRole),
    Owned(OwnedRole),
    Either(ValueRole, OwnedRole),
    Both(ValueRole, OwnedRole),
}

impl Needs {
    fn met(&self, schema: &Schema) -> bool {
        let global = |role: ValueRole| role.global(schema).is_some();
        let owned = |role: OwnedRole| role.number(schema).is_some();
        match *self {
            Self::Nothing => true,
            Self::Global(role) => global(role),
            Self::Owned(role) => owned(role),
            Self::Either(value, role) => global(value) || owned(role),
            Self::Both(value, role) => global(value) && owned(role),
        }
    }
}

impl Said {
    /// A file says everything itself.
    ///
    /// # Errors
    /// [`Error::NotApplicable`], naming the option and how the file says it.
    pub fn check_none(&self) -> Result<()> {
        match self.uses().into_iter().find(|one| one.given) {
            Some(one) => Err(Error::NotApplicable {
                option: one.option,
                to: "a contract that a file describes".to_owned(),
                remedy: one.in_file.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// That a contract of this schema has use for everything that is said.
    ///
    /// # Errors
    /// [`Error::NotApplicable`], naming the option.
    pub fn check_all(&self, schema: &Schema) -> Result<()> {
        let mut uses = self.uses().into_iter();
        match uses.find(|one| one.given && !one.needs.met(schema)) {
            Some(one) => Err(Error::NotApplicable {
                option: one.option,
                to: format!("a contract of the schema `{}`", schema.name),
                remedy: format!(
                    "leave it out; `bulla schema show {}` says what such a contract can have",
                    schema.name
                ),
            }),
            None => Ok(()),
        }
    }

    /// Every option. Taken apart, so that a new one cannot be forgotten here.
    #[rustfmt::skip]
    pub fn uses(&self) -> [Use; 19] {
        use Needs::{Both, Either, Global, Nothing, Owned};
        let Self {
            ticker, name, supply, raw, precision, details, terms, cap, replaceable, signer, issuer, threshold,
            total, fractions, engravable, media, attribute, coin, timestamp,
        } = self;
        let says = |option, given, needs, in_file| Use { option, given, needs, in_file };
        [
            says("--ticker", ticker.is_some(), Global(global::TICKER), "say `ticker = \"…\"` under [globals]"),
            says("--name", name.is_some(), Global(global::NAME), "say `name = \"…\"` under [globals]"),
            says("--supply", supply.is_some(), Either(global::SUPPLY, owned::NFT), "say `supply = \"…\"` under [globals], and who gets it under [[allocations]]"),
            says("--raw", *raw, Owned(owned::ASSET), "leave it out: amounts in a file have decimals"),
            says("--precision", precision.is_some(), Global(global::PRECISION), "say `precision = …` under [globals]"),
            says("--details", details.is_some(), Global(global::DETAILS), "say `details = \"…\"` under [globals]"),
            says("--terms", terms.is_some(), Global(global::TERMS), "say `terms = \"…\"` under [globals]"),
            says("--cap", cap.is_some(), Both(global::CAP, owned::ALLOWANCE), "say `cap = \"…\"` under [globals], and who gets the allowance under [[allocations]]"),
            says("--replaceable", replaceable.is_some(), Both(global::REPLACEABLE, owned::REPLACEMENT), "say `replaceable = \"…\"` under [globals], and who gets the replacement under [[allocations]]"),
            says("--signer", !signer.is_empty(), Global(global::SIGNERS), "say `signers = [\"KEY\", …]` under [globals]"),
            says("--issuer", issuer.is_some(), Global(global::ISSUER), "say `issuer = \"KEY\"` under [globals]"),
            says("--threshold", threshold.is_some(), Global(global::THRESHOLD), "say `threshold = …` under [globals]"),
            says("--total", total.is_some(), Both(global::TOTAL, owned::NFT), "say `total = …` under [globals]"),
            says("--fractions", fractions.is_some(), Both(global::FRACTIONS, owned::NFT), "say `fractions = …` under [globals]"),
            says("--engravable", *engravable, Both(global::ENGRAVABLE, owned::NFT), "say `engravable = 1` under [globals]"),
            says("--media", !media.is_empty(), Global(global::MEDIA), "say `media = [\"FILE\", …]` at the top"),
            says("--attribute", !attribute.is_empty(), Global(global::ATTRIBUTE), "say `attribute = [\"name: value\", …]` under [globals]"),
            says("--coin", coin.is_some(), Nothing, "say `coin = \"TXID:VOUT\"` at the top, or in an allocation"),
            says("--timestamp", timestamp.is_some(), Nothing, "say `timestamp = …` at the top"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::*;

    const KEY: &str = "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9";
    const COIN: &str = "0000000000000000000000000000000000000000000000000000000000000001:0";

    /// Each option with a value of its own, and the standard schemas that have use for it.
    const OPTIONS: [(&str, &str, &str); 19] = [
        ("--ticker", "T", "all"),
        ("--name", "N", "all"),
        ("--supply", "5", "all"),
        (
            "--raw",
            "",
            "collectible fixed inflatable permissioned replaceable",
        ),
        (
            "--precision",
            "2",
            "collectible fixed inflatable permissioned replaceable",
        ),
        ("--details", "d", "all"),
        ("--terms", "t", "all"),
        ("--cap", "5", "inflatable"),
        ("--replaceable", "5", "replaceable"),
        ("--signer", KEY, "permissioned"),
        ("--issuer", KEY, "all"),
        ("--threshold", "1", "permissioned"),
        ("--total", "5", "unique"),
        ("--fractions", "5", "unique"),
        ("--engravable", "", "unique"),
        ("--media", "a.png", "collectible unique"),
        ("--attribute", "a: b", "unique"),
        ("--coin", COIN, "all"),
        ("--timestamp", "5", "all"),
    ];

    fn said(option: &str, value: &str) -> Said {
        let command = Said::augment_args(Command::new("issue"));
        let words = ["issue", option, value];
        let words = words.into_iter().filter(|word| !word.is_empty());
        Said::from_arg_matches(&command.get_matches_from(words)).unwrap()
    }

    #[test]
    fn every_option_is_in_both_tables() {
        let command = Said::augment_args(Command::new("issue"));
        let declared = command.get_arguments().filter_map(clap::Arg::get_long);
        let declared: Vec<_> = declared.map(|long| format!("--{long}")).collect();
        let used = Said::default().uses().map(|one| one.option);
        assert_eq!(used.as_slice(), declared);
        assert_eq!(OPTIONS.map(|(option, ..)| option).as_slice(), declared);
    }

    #[test]
    fn an_option_is_taken_by_the_schemas_that_have_use_for_it_and_refused_by_the_others() {
        for (option, value, of) in OPTIONS {
            for schema in bulla_schemas::standard() {
                let checked = said(option, value).check_all(schema);
                if of == "all" || of.split(' ').any(|name| name == schema.name) {
                    assert!(checked.is_ok(), "{option} of {}", schema.name);
                    continue;
                }
                let refused = checked.unwrap_err();
                let expected = format!(
                    "{option} has no meaning for a contract of the schema `{}`",
                    schema.name
                );
                assert_eq!(refused.to_string(), expected);
                assert_eq!(refused.code(), "usage");
            }
        }
    }

    #[test]
    fn beside_a_file_every_option_is_refused() {
        for (option, value, _) in OPTIONS {
            let refused = said(option, value).check_none().unwrap_err();
            let expected = format!("{option} has no meaning for a contract that a file describes");
            assert_eq!(refused.to_string(), expected);
            let remedy = refused.remedy().unwrap();
            let name = option.trim_start_matches("--");
            assert!(
                option == "--raw" || remedy.contains(name),
                "{option}: {remedy}"
            );
        }
        assert!(Said::default().check_none().is_ok());
    }
}
