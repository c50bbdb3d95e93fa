//! All that is known and owned at one instant, computed from the store and the coins.

use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::rusqlite::Connection;
use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_core::state::State;

use super::book::Book;
use super::ledger::Ledger;
use crate::api::{CoinAllocation, OwnedBalance};
use crate::coins::{Coin, Coins, Place};
use crate::store::{Meta, StoreError, invoices, reserved};
use crate::transfer::cosign;
use crate::transfer::error::NotFree;
use crate::transfer::plan::{ContractFacts, Holding, SealedCoin, quantity};
use crate::{claims, defaults, time};

/// The wallet at one instant.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub books: BTreeMap<ContractId, Book>,
    /// Unspent, the oldest first.
    pub coins: Vec<Coin>,
    /// The best block's height.
    pub height: u32,
    /// Not to be spent now.
    pub reserved: BTreeSet<OutPoint>,
    pub allocations: Vec<Holding>,
    /// Coins that wait for the consignment that says what they hold.
    awaited: BTreeSet<OutPoint>,
}

impl Snapshot {
    pub fn load(db: &Connection, coins: &Coins, meta: &Meta) -> Result<Self, StoreError> {
        let list = coins.list();
        let ledger = Ledger::new(db, coins.tip().height);
        let depth = defaults::settled_depth(&meta.network);
        let mut allocations = allocations(&ledger, list, depth)?;
        let unsigned = cosign::unsigned(db)?;
        for held in &mut allocations {
            held.settled &= !unsigned.contains(&held.leaf.operation);
        }
        Ok(Self {
            books: Book::all(db)?,
            awaited: awaited(db, list, &allocations)?,
            height: coins.tip().height,
            reserved: reserved::outpoints(db, time::now())?,
            coins: list.to_vec(),
            allocations,
        })
    }

    /// What the planner needs to know of the contracts.
    pub fn contracts(&self) -> BTreeMap<ContractId, ContractFacts> {
        self.books
            .iter()
            .map(|(contract, book)| (*contract, book.facts.clone()))
            .collect()
    }

    pub fn holdings(&self) -> Vec<Holding> {
        self.allocations.clone()
    }

    /// Unspent sealed coins as the planner sees them.
    pub fn sealed(&self) -> Vec<SealedCoin> {
        let sealed = self.coins.iter().filter(|coin| coin.place == Place::Sealed);
        sealed
            .map(|coin| SealedCoin {
                outpoint: coin.outpoint,
                sats: coin.value.to_sat(),
                held: self.is_held(coin),
            })
            .collect()
    }

    /// Kept for somebody, waiting for its consignment, or somebody else's to take back still.
    fn is_held(&self, coin: &Coin) -> bool {
        self.reserved.contains(&coin.outpoint)
            || self.awaited.contains(&coin.outpoint)
            || !coin.trusted
    }

    fn is_full(&self, outpoint: OutPoint) -> bool {
        self.allocations
            .iter()
            .any(|held| held.outpoint == outpoint)
    }

    /// The first free sealed coin that holds nothing.
    pub fn free_coin(&self) -> Option<&Coin> {
        self.coins
            .iter()
            .find(|coin| self.check_free(coin.outpoint).is_ok())
    }

    /// A sealed coin that holds nothing and is kept for nobody.
    pub fn check_free(&self, outpoint: OutPoint) -> Result<&Coin, NotFree> {
        let coin = self.check_sealed(outpoint)?;
        if self.is_full(outpoint) {
            Err(NotFree::Full)
        } else {
            Ok(coin)
        }
    }

    /// A sealed coin that is kept for nobody; it may hold something.
    pub fn check_sealed(&self, outpoint: OutPoint) -> Result<&Coin, NotFree> {
        let found = self.coins.iter().find(|coin| coin.outpoint == outpoint);
        match found.filter(|coin| coin.place == Place::Sealed) {
            None => Err(NotFree::NotSealed),
            Some(coin) if self.is_held(coin) => Err(NotFree::Held),
            Some(coin) => Ok(coin),
        }
    }

    /// What one coin holds.
    pub fn on(&self, outpoint: OutPoint) -> Vec<CoinAllocation> {
        let on = self
            .allocations
            .iter()
            .filter(|held| held.outpoint == outpoint);
        on.map(|held| CoinAllocation {
            contract: held.contract,
            ticker: self.ticker(held.contract),
            owned_type: held.leaf.owned_type,
            owned: self.owned_name(held.contract, held.leaf.owned_type),
            token: match &held.state {
                State::Token(token) => Some(token.id),
                _ => None,
            },
            amount: quantity(&held.state),
            settled: held.settled,
        })
        .collect()
    }

    /// The ticker of a contract, fit to be shown.
    pub fn ticker(&self, contract: ContractId) -> String {
        let book = self.books.get(&contract);
        book.and_then(|book| claims::ticker(&book.header))
            .unwrap_or_default()
    }

    /// The name of an owned type in the contract's schema.
    pub fn owned_name(&self, contract: ContractId, owned_type: u16) -> String {
        let book = self.books.get(&contract);
        book.map_or("", |book| book.facts.owned_name(owned_type))
            .to_owned()
    }

    /// What is held of a contract's types other than its asset, by type and token.
    pub fn others(&self, book: &Book) -> Vec<OwnedBalance> {
        let mut sums: BTreeMap<(u16, Option<u32>), OwnedBalance> = BTreeMap::new();
        for held in &self.allocations {
            let owned_type = held.leaf.owned_type;
            if held.contract != book.contract || Some(owned_type) == book.facts.asset {
                continue;
            }
            let token = match &held.state {
                State::Token(token) => Some(token.id),
                _ => None,
            };
            let sum = sums.entry((owned_type, token)).or_insert(OwnedBalance {
                owned: book.facts.owned_name(owned_type).to_owned(),
                token,
                settled: 0,
                pending: 0,
            });
            let part = if held.settled {
                &mut sum.settled
            } else {
                &mut sum.pending
            };
            *part += u128::from(quantity(&held.state));
        }
        sums.into_values().collect()
    }

    /// Amounts of a contract's asset: settled, pending. What can be issued anew may exceed 64 bits.
    pub fn amounts(&self, contract: ContractId) -> (u128, u128) {
        let asset = self.books.get(&contract).and_then(|book| book.facts.asset);
        let mut sums = (0_u128, 0_u128);
        for held in &self.allocations {
            if held.contract != contract || Some(held.leaf.owned_type) != asset {
                continue;
            }
            let sum = if held.settled {
                &mut sums.0
            } else {
                &mut sums.1
            };
            *sum += u128::from(held.state.amount());
        }
        sums
    }
}

/// Leaves with effect on our unspent sealed coins, in an order that does not change.
fn allocations(
    ledger: &Ledger<'_>,
    coins: &[Coin],
    depth: u32,
) -> Result<Vec<Holding>, StoreError> {
    let mut holdings = Vec::new();
    for coin in coins.iter().filter(|coin| coin.place == Place::Sealed) {
        let on = ledger.on(coin.outpoint)?.into_iter();
        holdings.extend(on.map(|allocation| Holding {
            outpoint: allocation.outpoint,
            contract: allocation.contract,
            leaf: allocation.leaf,
            state: allocation.state,
            settled: allocation.depth.reaches(depth),
        }));
    }
    holdings.sort_by_key(|held| (held.contract, held.leaf));
    Ok(holdings)
}

/// Coins on the scripts of our invoices whose consignment has not come: they may hold something that
/// we do not know yet, so nobody may spend them.
fn awaited(
    db: &Connection,
    coins: &[Coin],
    allocations: &[Holding],
) -> Result<BTreeSet<OutPoint>, StoreError> {
    let full: BTreeSet<OutPoint> = allocations.iter().map(|held| held.outpoint).collect();
    let mut awaited = BTreeSet::new();
    for coin in coins.iter().filter(|coin| !full.contains(&coin.outpoint)) {
        if invoices::is_script(db, &coin.script)? {
            awaited.insert(coin.outpoint);
        }
    }
    Ok(awaited)
}
