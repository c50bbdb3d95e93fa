//! The consignments of a transfer, each made when it is asked for: memory does not grow with the
//! number of payees, and what they share is built once.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::Txid;
use bulla_core::frame::BaseEntry;
use bulla_core::operation::Input;
use bulla_core::seal::AssignedSeal;
use bulla_core::{ContractId, OperationId};

use super::delta;
use super::error::TransferError;
use super::record::{Sent, item_invoice};
use crate::Error;
use crate::api::PreparedConsignment;
use crate::assets::book::Book;
use crate::assets::consign::{Consigner, HandOver, Records};
use crate::assets::ledger::Ledger;
use crate::invoice::Invoice;
use crate::store::transfers::ItemRow;
use crate::wallet::Command;

/// How much is shown to a payee whose key has acknowledged part of the history before.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum History {
    /// What is new to him.
    #[default]
    New,
    /// Everything, because he has refused what was new: he has lost what it builds on.
    Whole,
}

/// What the consignments of a contract build on.
type Base = BTreeSet<BaseEntry>;

/// The consignments of a transfer in the order of its payments: one for each invoice it pays, and one
/// for each act that a third party may ask to see. Each is made when it is asked for.
#[derive(Clone, Debug)]
pub struct Consignments {
    contracts: BTreeMap<(ContractId, Base), Consigner>,
    items: std::vec::IntoIter<(ItemRow, Base)>,
    /// The leaves that stay with us: shown to payees, so that later payments can build on them.
    kept: BTreeMap<OperationId, BTreeSet<Input>>,
    txid: Txid,
}

impl Consignments {
    /// With what the store knows now.
    pub(crate) fn load(
        command: &Command<'_>,
        sent: &Sent,
        txid: Txid,
        history: History,
    ) -> Result<Self, Error> {
        let ledger = Ledger::new(&command.db, command.coins.tip().height);
        let mut operations: BTreeMap<(ContractId, Base), BTreeSet<OperationId>> = BTreeMap::new();
        let mut items = Vec::new();
        for item in &sent.items {
            let (Some(contract), Some(operation)) = (item.contract, item.operation) else {
                continue;
            };
            let key = item_invoice(item)?.and_then(|invoice| invoice.ack);
            let base = match key.filter(|_| history == History::New) {
                Some(key) => delta::base(&command.db, &ledger, &key, operation)?,
                None => Base::new(),
            };
            let of = operations.entry((contract, base.clone())).or_default();
            of.insert(operation);
            items.push((item.clone(), base));
        }
        let mut contracts = BTreeMap::new();
        let mut kept = BTreeMap::new();
        for ((contract, base), operations) in operations {
            let book = Book::load(&command.db, contract)?;
            let book = book.ok_or(TransferError::UnknownContract { contract })?;
            let (db, prepared) = (&command.db, Some(txid));
            let operations_of = operations.iter().copied();
            let records = book.records_on(db, &ledger, operations_of, prepared, base.clone())?;
            kept.extend(stays(&records, &operations, &sent.items));
            contracts.insert((contract, base), Consigner::new(records));
        }
        let items = items.into_iter();
        Ok(Self {
            contracts,
            items,
            kept,
            txid,
        })
    }

    /// All of them at once.
    ///
    /// # Errors
    /// As of the first that cannot be made.
    pub fn all(self) -> Result<Vec<PreparedConsignment>, Error> {
        self.collect()
    }

    fn consignment(
        &mut self,
        item: &ItemRow,
        base: Base,
    ) -> Result<Option<PreparedConsignment>, Error> {
        let (Some(contract), Some(operation), Some(amount)) =
            (item.contract, item.operation, item.amount)
        else {
            return Ok(None);
        };
        let Some(consigner) = self.contracts.get_mut(&(contract, base)) else {
            return Ok(None);
        };
        let invoice = item_invoice(item)?;
        let records = consigner.records();
        let hand_over = hand_over(records, invoice.as_ref(), operation, leaf(item));
        let Some(mut hand_over) = hand_over else {
            return Ok(None);
        };
        hand_over.kept = self.kept.get(&operation).cloned().unwrap_or_default();
        let ticker = crate::assets::facts::text(&records.header, "ticker").unwrap_or_default();
        Ok(Some(PreparedConsignment {
            file_name: numbered_name(&ticker, item.n, self.txid),
            bytes: consigner.consign(&hand_over)?,
            invoice,
            contract,
            amount,
        }))
    }
}

impl Iterator for Consignments {
    type Item = Result<PreparedConsignment, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((item, base)) = self.items.next() {
            if let Some(made) = self.consignment(&item, base).transpose() {
                return Some(made);
            }
        }
        None
    }
}

/// Of each operation the leaves with seals of our own that pay nobody.
fn stays(
    records: &Records,
    operations: &BTreeSet<OperationId>,
    items: &[ItemRow],
) -> BTreeMap<OperationId, BTreeSet<Input>> {
    let paid: BTreeSet<Input> = items.iter().filter_map(leaf).collect();
    let stays = operations.iter().filter_map(|operation| {
        let record = records.operations.get(operation)?;
        let leaves = record
            .transition
            .outputs
            .shown()
            .filter_map(|(owned_type, shown)| {
                let leaf = Input {
                    operation: *operation,
                    owned_type,
                    index: shown.index,
                };
                let ours = matches!(shown.seal, AssignedSeal::Revealed(_)) && !paid.contains(&leaf);
                ours.then_some(leaf)
            });
        Some((*operation, leaves.collect()))
    });
    stays.collect()
}

/// What is handed over of one item: the payee's leaf, or an operation as evidence.
fn hand_over(
    records: &Records,
    invoice: Option<&Invoice>,
    operation: OperationId,
    leaf: Option<Input>,
) -> Option<HandOver> {
    match (invoice, leaf) {
        (Some(invoice), Some(leaf)) => {
            let leaves = BTreeSet::from([leaf]);
            let shown = if invoice.is_witness() {
                leaves.clone()
            } else {
                BTreeSet::new()
            };
            Some(HandOver {
                leaves,
                shown,
                ..HandOver::default()
            })
        }
        _ => is_evidence(records, operation).then(|| HandOver {
            evidence: BTreeSet::from([operation]),
            ..HandOver::default()
        }),
    }
}

/// Whether an act makes nothing of a type that it did not consume: what it says is then all there is
/// to show for it, such as a burn.
fn is_evidence(records: &Records, operation: OperationId) -> bool {
    let record = records.operations.get(&operation);
    record.is_some_and(|record| {
        let inputs = record.transition.inputs.iter();
        let consumed: BTreeSet<u16> = inputs.map(|input| input.owned_type).collect();
        let mut made = record.transition.outputs.0.keys();
        made.all(|owned_type| consumed.contains(owned_type))
    })
}

/// `<ticker>-<start of the txid>-<number>.bulla`.
pub(crate) fn numbered_name(ticker: &str, n: u32, txid: Txid) -> String {
    let txid: String = txid.to_string().chars().take(8).collect();
    file_name(ticker, &format!("{txid}-{}", n + 1))
}

/// `<ticker>-<rest>.bulla`; a ticker is a stranger's word.
pub(crate) fn file_name(ticker: &str, rest: &str) -> String {
    let ticker: String = ticker
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(16)
        .collect();
    let ticker = if ticker.is_empty() { "asset" } else { &ticker };
    format!("{ticker}-{rest}.bulla")
}

fn leaf(item: &ItemRow) -> Option<Input> {
    let (operation, owned_type, index) = (item.operation?, item.ty?, item.index?);
    Some(Input {
        operation,
        owned_type,
        index,
    })
}
