//! What a transfer moves, for people and programs.

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_schemas::roles::owned;
use bulla_wallet::api::TransferItem;
use serde::Serialize;

use crate::unbacked::Unbacked;
use crate::units::Names;

/// What a transfer moves to one payee, or does by an act.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Item {
    /// The invoice.
    pub invoice: Option<String>,
    /// The contract; none for plain bitcoin.
    pub contract: Option<ContractId>,
    /// The name of the transition, for an act such as a burn; none for a payment.
    pub act: Option<String>,
    /// Amount in smallest units, or satoshis without a contract.
    pub amount: String,
    /// The same with decimals and ticker, or `sat`; empty where nothing is paid to anybody.
    pub display: String,
    /// How much of the contract can be reissued, in smallest units, and is unbacked by its history; none if
    /// nothing can.
    pub unbacked: Option<Unbacked>,
    /// The output that holds it, if it is known.
    pub outpoint: Option<OutPoint>,
    /// Whether the payee acknowledged it.
    pub acknowledged: bool,
}

impl Item {
    /// Of an item of the wallet.
    pub fn of(item: &TransferItem, names: &Names) -> Self {
        // An invoice that names no type asks for the asset.
        let owned = item.owned.as_deref().unwrap_or(owned::ASSET.name);
        Self {
            invoice: item.invoice.clone(),
            contract: item.contract,
            act: item.act.clone(),
            amount: item.amount.to_string(),
            display: match (item.contract, item.amount) {
                (Some(contract), amount) => names.show_owned(contract, owned, item.token, amount),
                (None, 0) => String::new(),
                (None, sats) => format!("{sats} sat"),
            },
            unbacked: item.contract.and_then(|contract| names.unbacked(contract)),
            outpoint: item.outpoint,
            acknowledged: item.acknowledged,
        }
    }

    /// The act, the amount and its contract.
    pub fn what(&self) -> String {
        let display = &self.display;
        match (&self.act, self.contract) {
            (Some(act), Some(contract)) => format!("{act} {display} of {contract}"),
            (None, Some(contract)) => format!("{display} of {contract}"),
            (_, None) => display.clone(),
        }
    }

    /// How much of its contract is unbacked by its history.
    pub fn unbacked(&self) -> Option<(ContractId, &Option<Unbacked>)> {
        Some((self.contract?, &self.unbacked))
    }
}
