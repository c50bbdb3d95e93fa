//! `schema show`: a schema in words.

use bulla_core::SchemaId;
use bulla_core::schema::{Explained, Schema};
use clap::Args;
use serde::Serialize;

use super::which::{Which, is_standard};
use crate::claim;
use crate::error::Error;
use crate::output::Human;
use crate::settings::Settings;
use crate::subcommand::Result;

/// Arguments of `schema show`.
#[derive(Args, Debug)]
pub struct Show {
    /// Name of a standard schema, id of a known one, or a TOML file
    #[arg(value_name = "SCHEMA")]
    schema: Which,
    /// Print the TOML text of a standard schema, to begin one of your own from
    #[arg(long)]
    toml: bool,
}

/// What `schema show` and `schema check` answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The schema.
    pub schema: SchemaId,
    /// What it calls itself; a claim, unless it is standard.
    pub name: String,
    /// Whether it is one of the standard schemas.
    pub standard: bool,
    /// Bytes of its encoding, which every consignment carries.
    pub bytes: usize,
    /// The genesis, then the transitions.
    pub operations: Vec<OperationOutput>,
    /// What its rules let through that may not be meant.
    pub warnings: Vec<String>,
    /// Its TOML text, where it was asked for.
    pub toml: Option<String>,
}

/// An operation in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OperationOutput {
    /// `genesis`, or the name of the transition.
    pub operation: String,
    /// The number of the transition.
    pub kind: Option<u16>,
    /// What it consumes, makes, publishes and states.
    pub parts: Vec<String>,
    /// Its rules.
    pub rules: Vec<RuleOutput>,
}

/// A rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RuleOutput {
    /// As it is written.
    pub rule: String,
    /// In words.
    pub means: String,
}

impl Show {
    /// Runs the command.
    ///
    /// # Errors
    /// If there is no such schema.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let schema = self.schema.find(settings)?;
        let mut output = Output::of(&schema);
        if self.toml {
            let texts = bulla_schemas::TEXTS.into_iter();
            let same = |text: &&str| Schema::from_toml(text).is_ok_and(|found| found == schema);
            let text = texts.filter(|_| output.standard).find(same);
            let text = text.ok_or(Error::Options {
                found: "--toml is for standard schemas, the text of others is not kept",
                remedy: "leave --toml out",
            })?;
            output.toml = Some(text.to_owned());
        }
        Ok(output)
    }
}

impl Output {
    /// Of a schema.
    pub fn of(schema: &Schema) -> Self {
        let id = schema.id();
        let warnings = schema.warnings();
        let mut warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        let standard = is_standard(id);
        if !standard && bulla_schemas::by_name(&schema.name).is_some() {
            warnings.push(format!(
                "it calls itself {} as a standard schema does, but is another: choose a name of its own",
                schema.name
            ));
        }
        Self {
            schema: id,
            name: schema.name.clone(),
            standard,
            bytes: schema.encode().len(),
            operations: schema.explain().into_iter().map(Into::into).collect(),
            warnings,
            toml: None,
        }
    }
}

impl From<Explained> for OperationOutput {
    fn from(of: Explained) -> Self {
        let rules = of.rules.into_iter().map(|rule| RuleOutput {
            rule: rule.text,
            means: rule.words,
        });
        Self {
            operation: of.operation,
            kind: of.kind,
            parts: of.parts,
            rules: rules.collect(),
        }
    }
}

impl Human for Output {
    fn human(&self) -> String {
        if let Some(text) = &self.toml {
            return text.trim_end().to_owned();
        }
        let claimed = if self.standard {
            "standard schema"
        } else {
            "not a standard schema; it calls itself"
        };
        let mut lines = vec![
            format!("{claimed} {}", claim::shown(&self.name)),
            format!("{}, {} bytes", self.schema, self.bytes),
        ];
        for operation in &self.operations {
            lines.push(String::new());
            lines.push(match operation.kind {
                None => operation.operation.clone(),
                Some(kind) => format!("transition {} (number {kind})", operation.operation),
            });
            lines.extend(operation.parts.iter().map(|part| format!("  {part}")));
            // As errors of schemas and refusals name them.
            for (index, rule) in operation.rules.iter().enumerate() {
                let place = format!("  rules[{index}]  ");
                lines.push(format!("{place}{}", rule.rule));
                lines.push(format!("{:1$}{2}", "", place.len(), rule.means));
            }
        }
        lines.push(String::new());
        lines.extend(self.warnings.iter().map(|text| format!("warning: {text}")));
        lines.push(match self.warnings.len() {
            0 => "no warnings, which is no proof that the rules mean what you want".to_owned(),
            n => format!("{n} warnings: read the rules again before you allow this schema"),
        });
        lines.join("\n")
    }
}
