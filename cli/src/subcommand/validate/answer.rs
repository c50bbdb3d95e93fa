//! What `validate` answers.

use bitcoin::Txid;
use bitcoin::key::XOnlyPublicKey;
use bulla_core::validator::{Check, Consignment, Failure, Position, Positions, depth};
use bulla_core::{ContractId, OperationId, SchemaId};
use bulla_wallet::claims;
use bulla_wallet::identity::{Statement, issuer};
use serde::Serialize;

use super::said::{Said, Terminal};
use crate::claim;
use crate::exit::Exit;
use crate::output::Human;
use crate::signed_by::SignedBy;
use crate::subcommand::Result;
use crate::subcommand::headers::Chain;
use crate::subcommand::issuer::verify;
use crate::table::fields;
use crate::unbacked::Unbacked;

/// Said whenever somebody might take a verdict for money.
const SPENT: &str = "a terminal may have been spent since; a consignment cannot tell";

/// A verdict on a consignment.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Consistent, and every witness is deep enough.
    Settled,
    /// Passes every check of content; some witness is not deep enough.
    Consistent,
    /// A mined transaction conflicts with a witness.
    Conflicted,
    /// Wrong by content, for ever.
    Invalid,
    /// A required signature is missing.
    Unsigned,
    /// No verdict.
    Unresolved,
}

/// What `validate` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The verdict.
    pub verdict: Verdict,
    /// The contract, where the content is consistent.
    pub contract: Option<ContractId>,
    /// Its schema.
    pub schema: Option<SchemaId>,
    /// The name of a standard schema, or `own: ` and the name of another one that is accepted by its id.
    pub schema_name: Option<String>,
    /// Its ticker, a claim of the issuer.
    pub ticker: Option<String>,
    /// The key that the genesis names as the issuer's.
    pub issuer: Option<XOnlyPublicKey>,
    /// What was stated about who issued the contract.
    pub statements: Vec<SignedBy>,
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
    /// Transitions in the history.
    pub operations: Option<u64>,
    /// Witnesses of the history.
    pub witnesses: Option<usize>,
    /// What is handed over.
    pub terminals: Vec<Terminal>,
    /// Depth of the weakest witness; none without a witness, or without an answer of the chain.
    pub confirmations: Option<u32>,
    /// The weakest witness.
    pub weakest: Option<Txid>,
    /// The headers that were gone by, where no source was asked.
    pub headers: Option<Chain>,
    /// Which check failed.
    pub failure: Option<FailureOutput>,
    /// What the reader of the verdict has to know.
    pub notes: Vec<String>,
}

/// Which check failed, where, what was expected and what was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FailureOutput {
    /// The stable code of the check.
    pub check: &'static str,
    /// The part of the stream that failed: 0 is the header, 1 the first frame.
    pub frame: u32,
    /// The operation, if one is concerned.
    pub operation: Option<OperationId>,
    /// The witness, if one is concerned.
    pub witness: Option<Txid>,
    /// What had to be.
    pub expected: String,
    /// What was.
    pub found: String,
}

/// The weakest witness and its depth.
pub fn weakest(content: &Consignment, positions: &Positions) -> Option<(Txid, u32, Position)> {
    let witnesses = content.witnesses.iter().zip(&positions.list);
    let conflicted_first = |position: Position| {
        let depth = depth(position, positions.tip);
        (position != Position::Conflicted, depth)
    };
    let (weakest, position) = witnesses.min_by_key(|(_, position)| conflicted_first(**position))?;
    Some((weakest.txid, depth(*position, positions.tip), *position))
}

impl Output {
    /// A failure of the content.
    pub fn failed(failure: &Failure) -> Self {
        let verdict = match failure {
            Failure::Invalid(_) => Verdict::Invalid,
            Failure::Unsigned(_) => Verdict::Unsigned,
            Failure::Unresolved(_) => Verdict::Unresolved,
        };
        let report = failure.report();
        Self {
            verdict,
            contract: None,
            schema: None,
            schema_name: None,
            unbacked: None,
            ticker: None,
            issuer: None,
            statements: Vec::new(),
            operations: None,
            witnesses: None,
            terminals: Vec::new(),
            confirmations: None,
            weakest: None,
            headers: None,
            failure: Some(FailureOutput {
                check: report.check.code(),
                frame: report.frame,
                operation: report.operation,
                witness: report.witness,
                expected: report.expected.clone(),
                found: report.found.clone(),
            }),
            notes: hint(report.check).into_iter().map(str::to_owned).collect(),
        }
    }

    /// The content is consistent; what the chain says is not known.
    pub fn open(content: &Consignment) -> Self {
        Self::of(Verdict::Unresolved, content, Vec::new())
    }

    /// The same, for the chain gave no answer.
    #[must_use]
    pub fn unanswered(self, error: &dyn std::error::Error) -> Self {
        let mut notes = vec![format!("the chain gave no answer: {error}")];
        notes.extend(error.source().map(|cause| format!("because: {cause}")));
        self.with_notes(notes)
    }

    /// The chain answered.
    pub fn judged(
        verdict: Verdict,
        content: &Consignment,
        weakest: Option<(Txid, u32, Position)>,
        min_depth: u32,
    ) -> Self {
        let mut notes = Vec::new();
        let leaf = |one: &_| matches!(one, bulla_core::validator::TerminalState::Leaf { .. });
        if content.terminals.iter().any(leaf) {
            notes.push(SPENT.to_owned());
        }
        if let Some((txid, depth, position)) = weakest {
            let at = match position {
                Position::Mined { .. } => format!("is {depth} deep"),
                Position::Mempool => "waits to be mined".to_owned(),
                Position::Absent => "is nowhere to be seen: it proves nothing yet".to_owned(),
                Position::Conflicted => "conflicts with a mined transaction".to_owned(),
            };
            if verdict != Verdict::Settled {
                notes.push(format!(
                    "{txid} {at}; {min_depth} confirmations were asked for"
                ));
            }
        }
        Self {
            confirmations: weakest.map(|(_, depth, _)| depth),
            weakest: weakest.map(|(txid, ..)| txid),
            ..Self::of(verdict, content, notes)
        }
    }

    /// The same, by these headers.
    #[must_use]
    pub fn by(self, headers: Chain, notes: Vec<String>) -> Self {
        let headers = Some(headers);
        Self { headers, ..self }.with_notes(notes)
    }

    /// The same, with statements about the issuer; nothing is said of a contract that is not consistent.
    ///
    /// # Errors
    /// If one is about another contract.
    pub fn stated(mut self, statements: &[Statement]) -> Result<Self> {
        let Some(contract) = self.contract else {
            return Ok(self);
        };
        for statement in statements {
            verify::check_contract(statement, contract)?;
            self.statements.push(SignedBy::of(statement, self.issuer));
        }
        Ok(self)
    }

    /// The same, with more notes.
    #[must_use]
    pub fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// The same, with what the consignment says.
    #[must_use]
    pub fn saying(mut self, said: Said) -> Self {
        self.schema_name = said.schema_name;
        self.unbacked = said.unbacked;
        self.terminals = said.terminals;
        self
    }

    fn of(verdict: Verdict, content: &Consignment, notes: Vec<String>) -> Self {
        Self {
            verdict,
            contract: Some(content.contract),
            schema: Some(content.header.genesis.schema),
            schema_name: None,
            unbacked: None,
            ticker: claims::ticker(&content.header),
            issuer: issuer(&content.header),
            statements: Vec::new(),
            operations: Some(content.operations),
            witnesses: Some(content.witnesses.len()),
            terminals: Vec::new(),
            confirmations: None,
            weakest: None,
            headers: None,
            failure: None,
            notes,
        }
    }
}

/// What may help with a failure.
const fn hint(check: Check) -> Option<&'static str> {
    match check {
        Check::Network => Some("name the chain with --network"),
        Check::SchemaUnknown => {
            Some("name its schema with --schema, or read what it allows, then say --any-schema")
        }
        _ => None,
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let verdict = serde_json::to_value(self.verdict).ok();
        let verdict = verdict.as_ref().and_then(|value| value.as_str());
        let verdict = verdict.unwrap_or_default();
        let verdict = match self
            .confirmations
            .filter(|_| self.verdict == Verdict::Settled)
        {
            Some(1) => format!("{verdict}, 1 confirmation on the weakest witness"),
            Some(count) => format!("{verdict}, {count} confirmations on the weakest witness"),
            None => verdict.to_owned(),
        };
        let mut rows = vec![("verdict", verdict)];
        let mut put = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
        put("contract", self.contract.map(|id| id.to_string()));
        let called = self.schema_name.as_ref().map(|name| format!(" ({name})"));
        let called = called.unwrap_or_default();
        put("schema", self.schema.map(|id| format!("{id}{called}")));
        put("ticker", self.ticker.clone());
        put("unbacked", self.unbacked.as_ref().map(Unbacked::line));
        for signed in &self.statements {
            put("signature", Some(signed.signed_by()));
            put("claim", Some(signed.claims()));
        }
        put("operations", self.operations.map(|count| count.to_string()));
        put("witnesses", self.witnesses.map(|count| count.to_string()));
        put(
            "confirmations",
            self.confirmations.map(|count| count.to_string()),
        );
        put("weakest", self.weakest.map(|txid| txid.to_string()));
        rows.extend(self.headers.iter().flat_map(Chain::rows));
        let mut put = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
        if let Some(failure) = &self.failure {
            put("check", Some(failure.check.to_owned()));
            put("frame", Some(failure.frame.to_string()));
            put("operation", failure.operation.map(|id| id.to_string()));
            put("witness", failure.witness.map(|txid| txid.to_string()));
            put("expected", Some(claim::shown(&failure.expected)));
            put("found", Some(claim::shown(&failure.found)));
        }
        rows.extend(self.terminals.iter().flat_map(Terminal::lines));
        rows.extend(self.notes.iter().map(|note| ("note", note.clone())));
        fields(rows)
    }

    fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::Settled => Exit::Success,
            Verdict::Invalid => Exit::Failure,
            Verdict::Unresolved => Exit::Unresolved,
            Verdict::Consistent => Exit::Consistent,
            Verdict::Unsigned => Exit::Unsigned,
            Verdict::Conflicted => Exit::Conflicted,
        }
    }
}

#[cfg(test)]
mod tests {
    use bulla_core::validator::Report;

    use super::*;

    fn report() -> Report {
        Report {
            check: Check::Rule,
            frame: 2,
            operation: None,
            witness: None,
            expected: "in.asset == out.asset".to_owned(),
            found: "10 and 11".to_owned(),
        }
    }

    #[test]
    fn each_verdict_has_its_exit_code() {
        let exit = |verdict| {
            Output {
                verdict,
                ..Output::failed(&Failure::Invalid(report()))
            }
            .exit() as u8
        };
        let codes = [
            (Verdict::Settled, 0),
            (Verdict::Invalid, 1),
            (Verdict::Unresolved, 3),
            (Verdict::Consistent, 4),
            (Verdict::Unsigned, 5),
            (Verdict::Conflicted, 6),
        ];
        for (verdict, code) in codes {
            assert_eq!(exit(verdict), code, "{verdict:?}");
        }
    }

    #[test]
    fn a_failure_keeps_its_check_and_both_values() {
        let failures = [
            (Failure::Invalid(report()), Verdict::Invalid),
            (Failure::Unsigned(report()), Verdict::Unsigned),
            (Failure::Unresolved(report()), Verdict::Unresolved),
        ];
        for (failure, verdict) in failures {
            let output = Output::failed(&failure);
            assert_eq!(output.verdict, verdict);
            let json = serde_json::to_value(&output.failure).unwrap();
            assert_eq!(json["check"], "rule");
            assert_eq!(json["frame"], 2);
            assert_eq!(json["expected"], "in.asset == out.asset");
            assert_eq!(json["found"], "10 and 11");
        }
    }
}
