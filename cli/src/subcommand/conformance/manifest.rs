//! The manifest of a conformance suite: cases with their facts, and what must be said of them.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use bitcoin::{BlockHash, CompactTarget, Network, Target, Txid};
use bulla_core::headers::{ChainParams, FileError};
use bulla_core::validator::{
    ChainView, Check, Consignment, Failure, Limits, Position, Positions, Rules, SchemaPolicy,
    Settlement, Sought, TerminalState, Unresolved,
};
use bulla_core::{ContractId, NetworkId, OperationId, SchemaId};
use serde::{Deserialize, Serialize};

use super::known::Store;

/// `manifest.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// Version of the manifest's own form: 1.
    #[serde(rename = "format")]
    _format: Format,
    pub(super) cases: BTreeMap<String, Case>,
}

/// The only version there is.
struct Format;

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "a manifest of format {other}, expected 1"
            ))),
        }
    }
}

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// The consignment, below the folder of the manifest.
    pub(super) file: String,
    /// The chain that the receiver asks for.
    network: NetworkId,
    /// The schemas that the receiver allows; any if absent.
    schemas: Option<BTreeSet<SchemaId>>,
    /// Limits of the receiver's machine.
    limits: Option<LocalLimits>,
    /// What the receiver has proven before; nothing if absent.
    store: Option<Store>,
    /// What the receiver's chain says; content alone is asked for if absent.
    pub(super) chain: Option<Chain>,
    /// The headers that the receiver has instead.
    pub(super) headers: Option<Headers>,
    pub(super) expected: Found,
}

/// Limits of a machine.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LocalLimits {
    bytes: u64,
    leaves: u64,
}

/// Where witnesses stand; those not named are absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chain {
    tip: u32,
    positions: BTreeMap<Txid, Place>,
    /// Blocks that every witness must be deep.
    pub(super) min_depth: u32,
}

/// A file of headers against which the block proofs in a consignment are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Headers {
    /// Below the folder of the manifest.
    pub(super) file: String,
    /// Whose rules the headers must keep.
    network: Whose,
    /// The receiver's clock, in seconds since 1970.
    pub(super) now: u64,
    /// Blocks that every witness must be deep.
    pub(super) min_depth: u32,
}

/// The name of a network, or rules that are those of none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Whose {
    Network(Network),
    Other(HeaderRules),
}

/// Rules of headers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderRules {
    /// The first block.
    first: BlockHash,
    /// The easiest target in its compact form, as 8 hex digits.
    #[serde(deserialize_with = "compact")]
    easiest: CompactTarget,
    /// Headers of a period.
    period: u16,
    /// Seconds a block shall take.
    spacing: u16,
    retargets: bool,
    /// The 20-minute rule.
    late_is_easy: bool,
    bip94: bool,
}

fn compact<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<CompactTarget, D::Error> {
    let text = String::deserialize(deserializer)?;
    CompactTarget::from_unprefixed_hex(&text).map_err(serde::de::Error::custom)
}

/// A header that breaks a rule.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrokenHeader {
    /// Its height.
    pub height: u32,
    /// The number of the rule in PROTOCOL.md §14.1.
    pub rule: u8,
}

/// A height, or a word.
#[derive(Copy, Clone, Deserialize)]
#[serde(untagged)]
enum Place {
    Mined(u32),
    Elsewhere(Elsewhere),
}

#[derive(Copy, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Elsewhere {
    Mempool,
    Absent,
    Conflicted,
}

/// What a validator says of a case, as far as every implementation must say the same.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Found {
    /// `consistent`, `settled`, `pending`, `conflicted`, `headers-refused`, `invalid`, `unsigned` or `unresolved`.
    pub verdict: String,
    /// The code of the check that failed.
    pub check: Option<String>,
    /// The part of the stream that the failure names.
    pub frame: Option<u32>,
    /// The rule that does not hold, as it is written.
    pub rule: Option<String>,
    /// The operation that the failure names.
    pub operation: Option<OperationId>,
    /// The witness that the failure names.
    pub witness: Option<Txid>,
    /// The contract.
    pub contract: Option<ContractId>,
    /// How many transitions were shown.
    pub operations: Option<u64>,
    /// The witnesses, in the order of their frames.
    pub witnesses: Vec<Txid>,
    /// What is handed over, in its order.
    pub terminals: Vec<Terminal>,
    /// Depth of the weakest witness.
    pub depth: Option<u32>,
    /// The weakest witness of what is pending, or the conflicted one.
    pub weakest: Option<Txid>,
    /// The first header that breaks a rule.
    pub header: Option<BrokenHeader>,
}

/// Something that is handed over: a leaf, or an operation as evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terminal {
    /// The operation.
    pub operation: OperationId,
    /// The owned type of the leaf.
    #[serde(rename = "type")]
    pub owned_type: Option<u16>,
    /// The number of the leaf in its list.
    pub leaf: Option<u32>,
    /// Its amount in smallest units; 0 for kinds without one.
    pub amount: Option<String>,
    /// The output that holds it, if its seal is revealed.
    pub outpoint: Option<String>,
}

impl Headers {
    pub(super) fn params(&self) -> ChainParams {
        match &self.network {
            Whose::Network(network) => ChainParams::of_network(*network),
            Whose::Other(rules) => ChainParams {
                limit: Target::from_compact(rules.easiest),
                interval: rules.period,
                spacing: rules.spacing,
                retargets: rules.retargets,
                easy_when_late: rules.late_is_easy,
                bip94: rules.bip94,
                checkpoints: BTreeMap::from([(0, rules.first)]),
            },
        }
    }
}

impl Case {
    pub(super) fn rules(&self) -> Rules<'_> {
        let schemas = self.schemas.clone();
        let schemas = schemas.map_or(SchemaPolicy::Any, SchemaPolicy::Only);
        let limits = self.limits.as_ref();
        let rules = Rules::new(self.network, schemas);
        Rules {
            known: self.store.as_ref().map_or(rules.known, |store| store),
            limits: limits.map_or_else(Limits::default, |local| Limits {
                bytes: local.bytes,
                leaves: local.leaves,
            }),
            ..rules
        }
    }
}

impl Found {
    pub(super) fn failed(failure: &Failure) -> Self {
        let verdict = match failure {
            Failure::Invalid(_) => "invalid",
            Failure::Unsigned(_) => "unsigned",
            Failure::Unresolved(_) => "unresolved",
        };
        let report = failure.report();
        Self {
            verdict: verdict.to_owned(),
            check: Some(report.check.code().to_owned()),
            frame: Some(report.frame),
            rule: (report.check == Check::Rule).then(|| report.expected.clone()),
            operation: report.operation,
            witness: report.witness,
            ..Self::default()
        }
    }

    /// With what a chain makes of it.
    pub(super) fn settled<E: std::error::Error + 'static>(
        self,
        settlement: &Result<Settlement, Unresolved<E>>,
    ) -> Self {
        let (verdict, depth, weakest) = match settlement {
            Ok(Settlement::Settled(settled)) => ("settled", settled.depth(), None),
            Ok(Settlement::Pending { depth, weakest, .. }) => {
                ("pending", Some(*depth), Some(*weakest))
            }
            Ok(Settlement::Conflicted { witness, .. }) => ("conflicted", None, Some(*witness)),
            Err(_) => ("unresolved", None, None),
        };
        Self {
            verdict: verdict.to_owned(),
            depth,
            weakest,
            ..self
        }
    }

    /// Headers that are refused.
    pub(super) fn refused(self, error: &FileError) -> Self {
        let header = error.rule();
        Self {
            verdict: "headers-refused".to_owned(),
            header: header.map(|(height, rule)| BrokenHeader { height, rule }),
            ..self
        }
    }

    pub(super) fn content(content: &Consignment) -> Self {
        Self {
            verdict: "consistent".to_owned(),
            contract: Some(content.contract),
            operations: Some(content.operations),
            witnesses: content.witnesses.iter().map(|sought| sought.txid).collect(),
            terminals: content.terminals.iter().map(Terminal::of).collect(),
            ..Self::default()
        }
    }

    /// In a few words.
    pub(super) fn text(&self) -> String {
        let id = |id: &OperationId| id.to_string();
        let parts = [
            Some(self.verdict.clone()),
            self.check.clone(),
            self.frame.map(|frame| format!("frame {frame}")),
            self.rule.clone(),
            self.operation.as_ref().map(id),
            self.witness.map(|txid| txid.to_string()),
            self.depth.map(|depth| format!("{depth} deep")),
            self.weakest.map(|txid| txid.to_string()),
            self.header
                .map(|BrokenHeader { height, rule }| format!("header {height} breaks rule {rule}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

impl Terminal {
    fn of(terminal: &TerminalState) -> Self {
        match terminal {
            TerminalState::Evidence(operation) => Self {
                operation: *operation,
                owned_type: None,
                leaf: None,
                amount: None,
                outpoint: None,
            },
            TerminalState::Leaf {
                leaf,
                state,
                outpoint,
                ..
            } => Self {
                operation: leaf.operation,
                owned_type: Some(leaf.owned_type),
                leaf: Some(leaf.index),
                amount: Some(state.amount().to_string()),
                outpoint: outpoint.map(|outpoint| outpoint.to_string()),
            },
        }
    }
}

impl ChainView for Chain {
    type Error = Infallible;

    fn positions(&self, sought: &[Sought]) -> Result<Positions, Infallible> {
        let place = |sought: &Sought| match self.positions.get(&sought.txid) {
            Some(Place::Mined(height)) => Position::Mined { height: *height },
            Some(Place::Elsewhere(Elsewhere::Mempool)) => Position::Mempool,
            Some(Place::Elsewhere(Elsewhere::Conflicted)) => Position::Conflicted,
            Some(Place::Elsewhere(Elsewhere::Absent)) | None => Position::Absent,
        };
        Ok(Positions {
            tip: self.tip,
            list: sought.iter().map(place).collect(),
        })
    }
}
