//! What a command that spends did.

use std::collections::BTreeSet;
use std::path::PathBuf;

use bitcoin::Txid;
use bulla_core::ContractId;
use bulla_wallet::api::Transfer;
use serde::Serialize;

use crate::amount::sat_per_vb;
use crate::item::Item;
use crate::output::Human;
use crate::table::fields;
use crate::unbacked::{self, Unbacked};
use crate::units::Names;

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
    /// The contracts of which it pays, makes, destroys or loses something.
    pub contracts: Vec<SentContract>,
    /// What was paid to whom, and the evidence of acts.
    pub outputs: Vec<SentOutput>,
    /// What the signers of a contract have to sign first.
    pub requests: Vec<PathBuf>,
    /// Whether the transaction went to the network.
    pub broadcast: bool,
    /// Allocations that are left behind and lost with it.
    pub abandoned: Vec<Loss>,
}

/// A contract that a transfer is about.
#[derive(Clone, Debug, Serialize)]
pub struct SentContract {
    /// The contract.
    pub contract: ContractId,
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
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
    /// How much of the contract can be reissued, in smallest units, and is unbacked by its history; none if
    /// nothing can.
    pub unbacked: Option<Unbacked>,
    /// The consignment.
    pub file: PathBuf,
}

impl Sent {
    /// Of a transfer that is finished.
    pub fn of(
        transfer: &Transfer,
        names: &Names,
        outputs: Vec<SentOutput>,
        requests: Vec<PathBuf>,
        vbytes: u64,
    ) -> Self {
        let fee_sats = transfer.fee_sats.unwrap_or_default();
        let items = transfer.items.iter();
        let contracts: BTreeSet<_> = items.clone().filter_map(|item| item.contract).collect();
        let contract = |contract| SentContract {
            contract,
            unbacked: names.unbacked(contract),
        };
        let lost = items.filter(|item| item.operation.is_none());
        Self {
            transfer: transfer.id.to_string(),
            txid: transfer.txid,
            state: transfer.state.name(),
            fee_sats,
            vbytes,
            fee_rate: sat_per_vb(fee_sats, vbytes),
            contracts: contracts.into_iter().map(contract).collect(),
            outputs,
            requests,
            broadcast: matches!(transfer.state.name(), "broadcast" | "settled"),
            abandoned: lost
                .filter_map(|item| Loss::of(Item::of(item, names)))
                .collect(),
        }
    }
}

/// An allocation that is, or would be, left behind.
#[derive(Clone, Debug, Serialize)]
pub struct Loss {
    /// The contract.
    pub contract: ContractId,
    /// Smallest units, fractions of a token, 1 for a right.
    pub amount: String,
    /// The same for people.
    pub display: String,
    /// How much of the contract can be reissued, in smallest units, and is unbacked by its history; none if
    /// nothing can.
    pub unbacked: Option<Unbacked>,
}

impl Loss {
    /// Of what a transfer spends of a contract without an operation; none for bitcoin.
    fn of(item: Item) -> Option<Self> {
        Some(Self {
            contract: item.contract?,
            amount: item.amount,
            display: item.display,
            unbacked: item.unbacked,
        })
    }

    /// What is lost, for people.
    pub fn what(&self) -> String {
        format!("{} of contract {}", self.display, self.contract)
    }

    /// How much of its contract is unbacked by its history.
    pub const fn unbacked(&self) -> (ContractId, &Option<Unbacked>) {
        (self.contract, &self.unbacked)
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
        rows.extend(self.abandoned.iter().map(|lost| ("LOST", lost.what())));
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
        let contracts = self.contracts.iter();
        unbacked::below(
            fields(rows),
            contracts.map(|about| (about.contract, &about.unbacked)),
        )
    }
}
