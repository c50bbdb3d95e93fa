//! What a command that spends did.

use std::path::PathBuf;

use bitcoin::Txid;
use bulla_core::ContractId;
use bulla_wallet::api::{Transfer, TransferItem};
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

/// An allocation that is left behind.
#[derive(Clone, Debug, Serialize)]
pub struct Abandoned {
    /// The contract.
    pub contract: ContractId,
    /// Amount in smallest units.
    pub amount: String,
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
