//! What people see of transfers, assets and balances.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{OutPoint, Psbt, Transaction};
use bulla_core::ContractId;
use bulla_core::state::State;
use bulla_schemas::roles::{global, owned};

use super::error::TransferError;
use super::record;
use super::seen::seen;
use crate::api::{
    Asset, AssetBalance, Balance, BitcoinBalance, CarrierBalance, CoinAllocation, Page, Tokens,
    Transfer, TransferId,
};
use crate::assets::book::Book;
use crate::assets::consign::contract_file;
use crate::assets::facts::{number, precision, text};
use crate::assets::rows::damaged;
use crate::assets::snapshot::Snapshot;
use crate::coins::Place;
use crate::store::transfers::{self, TransferRow};
use crate::store::{StoreError, contracts};
use crate::{AllowList, Error, Wallet, claims, decimals, defaults, identity};

impl Wallet {
    /// Everything the wallet holds: plain bitcoin, carriers apart, and assets.
    pub fn balance(&self) -> Result<Balance, Error> {
        let snapshot = self.snapshot()?;
        let depth = defaults::settled_depth(&self.meta.network);
        let mut bitcoin = BitcoinBalance::default();
        let mut carriers = CarrierBalance::default();
        for coin in &snapshot.coins {
            let sats = coin.value.to_sat();
            match coin.place {
                Place::Sealed => {
                    carriers.sats += sats;
                    carriers.coins += 1;
                }
                Place::Plain if coin.depth >= depth => bitcoin.settled += sats,
                Place::Plain => bitcoin.pending += sats,
            }
        }
        let held = |book: &&Book| {
            let mut held = snapshot.allocations.iter();
            book.issued || held.any(|held| held.contract == book.contract)
        };
        let mut assets: Vec<_> = snapshot
            .books
            .values()
            .filter(held)
            .map(|book| asset_balance(&snapshot, book))
            .collect();
        assets.sort_by(|a, b| (&a.ticker, a.contract).cmp(&(&b.ticker, b.contract)));
        Ok(Balance {
            bitcoin,
            carriers,
            assets,
        })
    }

    /// The contracts that the wallet knows, by ticker.
    pub fn assets(&self) -> Result<Vec<Asset>, Error> {
        let snapshot = self.snapshot()?;
        let allowed = AllowList::new(self.allowed_schemas()?);
        let mut assets = Vec::new();
        for book in snapshot.books.values() {
            let statements = identity::kept(&self.db, book.contract)?;
            assets.push(Asset {
                statements,
                ..asset(&snapshot, book, &allowed)
            });
        }
        assets.sort_by(|a, b| (&a.ticker, a.contract).cmp(&(&b.ticker, b.contract)));
        Ok(assets)
    }

    /// One contract.
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`].
    pub fn asset(&self, contract: ContractId) -> Result<Asset, Error> {
        let mut assets = self.assets()?.into_iter();
        let asset = assets.find(|asset| asset.contract == contract);
        Ok(asset.ok_or(TransferError::UnknownContract { contract })?)
    }

    /// What a coin holds.
    pub fn allocations(&self, coin: OutPoint) -> Result<Vec<CoinAllocation>, Error> {
        Ok(self.snapshot()?.on(coin))
    }

    /// The contract file: schema and genesis, with which others learn of a contract.
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`].
    pub fn contract_file(&self, contract: ContractId) -> Result<Vec<u8>, Error> {
        let book = Book::load(&self.db, contract)?;
        let book = book.ok_or(TransferError::UnknownContract { contract })?;
        Ok(contract_file(&book.header)?)
    }

    /// Accepts contracts of this schema from now on.
    pub fn allow_schema(&mut self, schema: bulla_core::SchemaId) -> Result<(), Error> {
        self.command("allow-schema", |command| {
            Ok(contracts::allow_schema(&command.db, &schema)?)
        })
    }

    /// Transfers, the newest first.
    pub fn transfers(&self, page: &Page) -> Result<Vec<Transfer>, Error> {
        let offset = u32::try_from(page.offset).unwrap_or(u32::MAX);
        let rows = transfers::page(&self.db, offset, page.limit)?;
        rows.into_iter().map(|row| Ok(self.shown(row)?)).collect()
    }

    /// One transfer.
    ///
    /// # Errors
    /// [`TransferError::UnknownTransfer`].
    pub fn transfer(&self, transfer: TransferId) -> Result<Transfer, Error> {
        let row = transfers::get(&self.db, &transfer.to_bytes())?;
        Ok(self.shown(row.ok_or(TransferError::UnknownTransfer { transfer })?)?)
    }

    /// The signed transaction of a transfer; none before it is finished.
    ///
    /// # Errors
    /// [`TransferError::UnknownTransfer`].
    pub fn signed(&self, transfer: TransferId) -> Result<Option<Transaction>, Error> {
        let row = transfers::get(&self.db, &transfer.to_bytes())?;
        Ok(row.ok_or(TransferError::UnknownTransfer { transfer })?.tx)
    }

    /// What is still to be signed of a transfer: its PSBT as it was prepared; none once it is finished.
    ///
    /// # Errors
    /// [`TransferError::UnknownTransfer`].
    pub fn unsigned(&self, transfer: TransferId) -> Result<Option<Psbt>, Error> {
        let row = transfers::get(&self.db, &transfer.to_bytes())?;
        let row = row.ok_or(TransferError::UnknownTransfer { transfer })?;
        let prepared = row.psbt.filter(|_| row.tx.is_none());
        let psbt = prepared.map(|bytes| Psbt::deserialize(&bytes)).transpose();
        Ok(psbt.map_err(damaged)?)
    }

    pub(crate) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Snapshot::load(&self.db, self.coin_set(), &self.meta)
    }

    fn shown(&self, row: TransferRow) -> Result<Transfer, StoreError> {
        let mut items = Vec::new();
        let mut books: BTreeMap<_, Option<Book>> = BTreeMap::new();
        for item in transfers::items(&self.db, &row.id)? {
            let book = match item.contract.map(|contract| books.entry(contract)) {
                None => None,
                Some(Entry::Occupied(known)) => known.into_mut().as_ref(),
                Some(Entry::Vacant(vacant)) => {
                    let book = Book::load(&self.db, *vacant.key())?;
                    vacant.insert(book).as_ref()
                }
            };
            let seen = seen(&self.db, &row, &item, book)?;
            items.extend(seen.into_iter().map(|seen| (item.clone(), seen)));
        }
        record::shown(row, items)
    }
}

fn asset_balance(snapshot: &Snapshot, book: &Book) -> AssetBalance {
    let (settled, pending) = snapshot.amounts(book.contract);
    let precision = precision(&book.header);
    AssetBalance {
        contract: book.contract,
        ticker: snapshot.ticker(book.contract),
        precision,
        settled,
        pending,
        display: decimals(settled + pending, precision),
        others: snapshot.others(book),
    }
}

fn asset(snapshot: &Snapshot, book: &Book, allowed: &AllowList) -> Asset {
    let (settled, pending) = snapshot.amounts(book.contract);
    let header = &book.header;
    let tokens = tokens(snapshot, book);
    Asset {
        contract: book.contract,
        schema: header.genesis.schema,
        schema_name: allowed.name(&header.schema),
        ticker: snapshot.ticker(book.contract),
        name: claims::name(header).unwrap_or_default(),
        precision: precision(header),
        supply: number(header, "supply")
            .or(tokens.map(|tokens| tokens.issued))
            .unwrap_or(0),
        tokens,
        unbacked: bulla_schemas::roles::unbacked(header),
        details: text(header, "details"),
        terms: text(header, "terms"),
        issuer: identity::issuer(header),
        statements: Vec::new(),
        issued: header.genesis.timestamp,
        settled,
        pending,
    }
}

/// The tokens of a contract, by their numbers: a fraction of one counts as the token.
fn tokens(snapshot: &Snapshot, book: &Book) -> Option<Tokens> {
    let header = &book.header;
    let number = owned::NFT.number(&header.schema)?;
    let issued = header.genesis.outputs.0.get(&number);
    let issued = issued.map(|leaves| ids(leaves.shown().map(|shown| shown.state)));
    let held = snapshot.allocations.iter();
    let held = held.filter(|held| held.contract == book.contract);
    let held = held.filter(|held| held.leaf.owned_type == number);
    Some(Tokens {
        held: ids(held.map(|held| held.state.clone())),
        issued: issued.unwrap_or(0),
        total: global::TOTAL
            .global(&header.schema)
            .and_then(|_| self::number(header, global::TOTAL.name)),
    })
}

/// How many different tokens.
fn ids(states: impl Iterator<Item = State>) -> u64 {
    let ids: BTreeSet<u32> = states
        .filter_map(|state| match state {
            State::Token(token) => Some(token.id),
            _ => None,
        })
        .collect();
    ids.len() as u64
}
