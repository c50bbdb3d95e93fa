//! What the store knows of an item of a transfer: the leaf that it pays or leaves behind, what its act did, or
//! what its invoice asks for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bdk_wallet::rusqlite::Connection;
use bitcoin::OutPoint;
use bulla_core::OperationId;
use bulla_core::operation::Input;
use bulla_core::state::State;

use super::plan::quantity;
use super::record::item_invoice;
use crate::assets::book::Book;
use crate::assets::rows;
use crate::store::transfers::{ItemRow, TransferRow};
use crate::store::{StoreError, operations};

/// What an item is, as far as it is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The name of the transition, if it is an act.
    pub act: Option<String>,
    pub owned: Option<String>,
    pub token: Option<u32>,
    /// None: what the item says.
    pub amount: Option<u64>,
    pub outpoint: Option<OutPoint>,
}

/// One for an item; for an act one for each owned type that it is about. Of what waited so long that it was
/// forgotten, nothing is known.
pub(crate) fn seen(
    db: &Connection,
    row: &TransferRow,
    item: &ItemRow,
    book: Option<&Book>,
) -> Result<Vec<Seen>, StoreError> {
    let paid = item.leaf();
    let seen = match (paid.or_else(|| item.abandoned_leaf()), item.operation, book) {
        (Some(leaf), ..) => vec![of_leaf(db, row, leaf, paid.is_some(), book)?],
        (None, Some(operation), Some(book)) => of_act(db, operation, book)?,
        _ => asked(item)?.into_iter().collect(),
    };
    Ok(if seen.is_empty() {
        vec![Seen::default()]
    } else {
        seen
    })
}

fn of_leaf(
    db: &Connection,
    row: &TransferRow,
    at: Input,
    is_paid: bool,
    book: Option<&Book>,
) -> Result<Seen, StoreError> {
    let leaf = operations::leaf(db, &at.operation, at.owned_type, at.index)?;
    let token = leaf.as_ref().and_then(|leaf| leaf.token);
    // What is left behind lies on no output any more.
    let leaf = leaf.filter(|_| is_paid);
    let seal = leaf.map(|leaf| rows::leaf(&leaf)).transpose()?;
    Ok(Seen {
        owned: book.map(|book| book.facts.owned_name(at.owned_type).to_owned()),
        token,
        outpoint: seal.and_then(|(_, _, seal)| seal?.resolve(row.txid)),
        ..Seen::default()
    })
}

/// What an invoice asks for that nobody has paid.
fn asked(item: &ItemRow) -> Result<Option<Seen>, StoreError> {
    Ok(item_invoice(item)?.map(|invoice| Seen {
        owned: invoice.owned,
        token: invoice.token,
        ..Seen::default()
    }))
}

/// Quantities by owned type and token.
#[derive(Clone, Debug, Default)]
struct Sums(BTreeMap<(u16, Option<u32>), u64>);

impl Sums {
    fn add(&mut self, owned_type: u16, state: &State) {
        let token = match state {
            State::Token(token) => Some(token.id),
            _ => None,
        };
        let sum = self.0.entry((owned_type, token)).or_default();
        *sum = sum.saturating_add(quantity(state));
    }

    /// What is more than in others.
    fn beyond(&self, others: &Self) -> Self {
        let more = self.0.iter().filter_map(|(key, sum)| {
            let others = others.0.get(key).copied().unwrap_or(0);
            let more = sum.saturating_sub(others);
            (more > 0).then_some((*key, more))
        });
        Self(more.collect())
    }
}

/// What an act made; of one that made nothing what it destroyed, and of one that did neither, such as an
/// engraving, what it was done with.
fn of_act(db: &Connection, operation: OperationId, book: &Book) -> Result<Vec<Seen>, StoreError> {
    let Some(row) = operations::get(db, &operation)? else {
        return Ok(Vec::new());
    };
    let transition = rows::transition(&row.transition)?;
    let (mut taken, mut given) = (Sums::default(), Sums::default());
    for input in &transition.inputs {
        let leaf = operations::leaf(db, &input.operation, input.owned_type, input.index)?;
        if let Some(leaf) = leaf {
            taken.add(input.owned_type, &rows::leaf(&leaf)?.1);
        }
    }
    for (owned_type, shown) in transition.outputs.shown() {
        given.add(owned_type, &shown.state);
    }
    let sums = [given.beyond(&taken), taken.beyond(&given), taken];
    let sums = sums.into_iter().find(|sums| !sums.0.is_empty());
    let def = book.facts.schema.transitions.get(&transition.kind);
    let act = def.map(|def| def.name.clone());
    let mut seen: BTreeMap<u16, Seen> = BTreeMap::new();
    for ((owned_type, token), amount) in sums.unwrap_or_default().0 {
        match seen.entry(owned_type) {
            Entry::Vacant(vacant) => {
                vacant.insert(Seen {
                    act: act.clone(),
                    owned: Some(book.facts.owned_name(owned_type).to_owned()),
                    token,
                    amount: Some(amount),
                    outpoint: None,
                });
            }
            // Several tokens: their fractions together.
            Entry::Occupied(mut occupied) => {
                let seen = occupied.get_mut();
                seen.token = None;
                seen.amount = seen.amount.map(|sum| sum.saturating_add(amount));
            }
        }
    }
    Ok(seen.into_values().collect())
}
