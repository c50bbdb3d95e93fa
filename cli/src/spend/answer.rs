//! What a command that spends answers.

use std::path::PathBuf;

use bitcoin::{OutPoint, Txid};
use bulla_core::ContractId;
use bulla_wallet::api::{Plan, Transfer, TransferItem};
use bulla_wallet::transfer::plan::{self, OutputRole};
use serde::Serialize;

use crate::amount::sat_per_vb;
use crate::output::Human;
use crate::table::fields;

/// What `send` answers, and every other command that spends.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// The transfer.
    pub transfer: String,
    /// The transaction.
    pub txid: Option<Txid>,
    /// State of the transfer.
    pub state: &'static str,
    /// Fee in satoshis.
    pub fee_sats: u64,
    /// Virtual size.
    pub vbytes: u64,
    /// Fee rate in sat/vB.
    pub fee_rate: f64,
    /// What was paid to whom, and the evidence of acts.
    pub outputs: Vec<SentOutput>,
    /// What the signers of a contract have to sign first.
    pub requests: Vec<PathBuf>,
    /// Whether the transaction went to the network.
    pub broadcast: bool,
    /// Allocations that are left behind and lost with it.
    pub abandoned: Vec<Abandoned>,
}

/// One paid invoice, or one act.
#[derive(Clone, Debug, Serialize)]
pub struct SentOutput {
    /// The invoice; none: the file is evidence of an act, such as a burn.
    pub invoice: Option<String>,
    /// The contract.
    pub contract: ContractId,
    /// Amount in smallest units.
    pub amount: String,
    /// The consignment.
    pub file: PathBuf,
}

impl Sent {
    /// Of a transfer that is finished.
    pub fn of(
        transfer: &Transfer,
        outputs: Vec<SentOutput>,
        requests: Vec<PathBuf>,
        vbytes: u64,
    ) -> Self {
        let fee_sats = transfer.fee_sats.unwrap_or_default();
        Self {
            transfer: transfer.id.to_string(),
            txid: transfer.txid,
            state: transfer.state.name(),
            fee_sats,
            vbytes,
            fee_rate: sat_per_vb(fee_sats, vbytes),
            outputs,
            requests,
            broadcast: matches!(transfer.state.name(), "broadcast" | "settled"),
            abandoned: transfer.items.iter().filter_map(abandoned).collect(),
        }
    }
}

/// What a transfer spends of a contract without an operation.
fn abandoned(item: &TransferItem) -> Option<Abandoned> {
    let contract = item.contract.filter(|_| item.operation.is_none())?;
    Some(Abandoned {
        contract,
        amount: item.amount.to_string(),
    })
}

/// What a command that spends would do.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// Always true.
    pub dry_run: bool,
    /// Fee in satoshis.
    pub fee_sats: u64,
    /// Virtual size.
    pub vbytes: u64,
    /// Fee rate in sat/vB.
    pub fee_rate: f64,
    /// Coins that would be spent.
    pub inputs: Vec<OutPoint>,
    /// Outputs that would be made, plain change last.
    pub outputs: Vec<PlannedOutput>,
    /// Transitions that would be made: contract, name and how many keys must sign.
    pub transitions: Vec<PlannedTransition>,
    /// Allocations that would be left behind and lost.
    pub abandoned: Vec<Abandoned>,
    /// Whether the broadcast would wait for acknowledgements.
    pub hold: bool,
}

/// An output that would be made.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedOutput {
    /// What it is for.
    pub role: &'static str,
    /// Its satoshis.
    pub sats: u64,
}

/// A transition that would be made.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedTransition {
    /// The contract.
    pub contract: ContractId,
    /// Number of the transition in its schema.
    pub kind: u16,
    /// Leaves that it consumes.
    pub inputs: usize,
    /// Leaves that it makes.
    pub outputs: usize,
    /// Signatures that it needs.
    pub signatures: u64,
}

/// An allocation that would be left behind.
#[derive(Clone, Debug, Serialize)]
pub struct Abandoned {
    /// The contract.
    pub contract: ContractId,
    /// Amount in smallest units.
    pub amount: String,
}

impl Planned {
    /// Of a plan of the wallet.
    pub fn of(plan: &Plan) -> Self {
        let sealed = plan.draft.inputs.iter().map(|coin| coin.outpoint);
        let change = plan.change_sats.map(|sats| PlannedOutput {
            role: "plain change",
            sats,
        });
        let output = |output: &plan::PlannedOutput| PlannedOutput {
            role: role(&output.role),
            sats: output.sats,
        };
        let transition = |planned: &plan::PlannedTransition| PlannedTransition {
            contract: planned.contract,
            kind: planned.kind,
            inputs: planned.inputs.len(),
            outputs: planned.leaves.len(),
            signatures: planned.signatures,
        };
        let abandoned = |held: &plan::Holding| Abandoned {
            contract: held.contract,
            amount: held.state.amount().to_string(),
        };
        Self {
            dry_run: true,
            fee_sats: plan.fee_sats,
            vbytes: plan.vbytes,
            fee_rate: sat_per_vb(plan.fee_sats, plan.vbytes),
            inputs: sealed.chain(plan.plain_inputs.iter().copied()).collect(),
            outputs: plan
                .draft
                .outputs
                .iter()
                .map(output)
                .chain(change)
                .collect(),
            transitions: plan.draft.transitions.iter().map(transition).collect(),
            abandoned: plan.draft.abandoned.iter().map(abandoned).collect(),
            hold: plan.hold,
        }
    }
}

const fn role(role: &OutputRole) -> &'static str {
    match role {
        OutputRole::TapretHost => "sealed change with the commitment",
        OutputRole::OpretHost => "commitment",
        OutputRole::SealedChange => "sealed change",
        OutputRole::Payee { .. } => "payee",
        OutputRole::Carrier => "free sealed coin",
        OutputRole::Bitcoin { .. } => "bitcoin",
    }
}

impl Human for Planned {
    fn human(&self) -> String {
        let mut rows = vec![(
            "fee",
            format!("{} sat for {} vB", self.fee_sats, self.vbytes),
        )];
        rows.extend(
            self.inputs
                .iter()
                .map(|input| ("spends", input.to_string())),
        );
        let outputs = self.outputs.iter();
        rows.extend(
            outputs.map(|output| ("makes", format!("{} sat, {}", output.sats, output.role))),
        );
        let abandoned = self.abandoned.iter();
        rows.extend(
            abandoned.map(|lost| ("LOSES", format!("{} of {}", lost.amount, lost.contract))),
        );
        rows.push(("note", "nothing was done".to_owned()));
        fields(rows)
    }
}

impl Human for Sent {
    fn human(&self) -> String {
        let mut rows = vec![
            (
                "transaction",
                self.txid.map(|txid| txid.to_string()).unwrap_or_default(),
            ),
            ("transfer", self.transfer.clone()),
            ("state", self.state.to_owned()),
            (
                "fee",
                format!("{} sat for {} vB", self.fee_sats, self.vbytes),
            ),
        ];
        let abandoned = self.abandoned.iter();
        rows.extend(
            abandoned.map(|lost| ("LOST", format!("{} of {}", lost.amount, lost.contract))),
        );
        let outputs = self.outputs.iter();
        rows.extend(outputs.map(|output| ("file", output.file.display().to_string())));
        let requests = self.requests.iter();
        rows.extend(requests.map(|path| ("to be signed", path.display().to_string())));
        if !self.requests.is_empty() {
            let next = format!(
                "not broadcast: the signers run `issuer sign FILE`, then go on with `send --resume {} --signed FILE`",
                self.transfer
            );
            rows.push(("note", next));
        } else if !self.broadcast {
            let next = format!(
                "not broadcast: go on with `send --resume {} --ack FILE`, or `cancel` it",
                self.transfer
            );
            rows.push(("note", next));
        }
        fields(rows)
    }
}
