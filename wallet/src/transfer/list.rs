//! What people see of transfers, assets and balances.

use std::collections::BTreeMap;

use bitcoin::{OutPoint, Psbt, Transaction};
use bulla_core::ContractId;

use super::error::TransferError;
use super::record;
use crate::api::{
    Asset, AssetBalance, Balance, BitcoinBalance, CarrierBalance, CoinAllocation, Page, Transfer,
    TransferId,
};
use crate::assets::book::Book;
use crate::assets::consign::contract_file;
use crate::assets::facts::{number, precision, text};
use crate::assets::rows::{self, damaged};
use crate::assets::snapshot::Snapshot;
use crate::coins::Place;
use crate::store::transfers::{self, ItemRow, TransferRow};
use crate::store::{StoreError, contracts, operations};
use crate::{Error, Wallet, decimals, defaults, identity};

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
        let mut assets = Vec::new();
        for book in snapshot.books.values() {
            let statements = identity::kept(&self.db, book.contract)?;
            assets.push(Asset {
                statements,
                ..asset(&snapshot, book)
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
        let items = transfers::items(&self.db, &row.id)?;
        let mut outpoints = BTreeMap::new();
        for item in &items {
            if let Some(outpoint) = self.outpoint(&row, item)? {
                outpoints.insert(item.n, outpoint);
            }
        }
        record::shown(row, items, &outpoints)
    }

    /// The output that holds what an item pays, if its seal is known.
    fn outpoint(&self, row: &TransferRow, item: &ItemRow) -> Result<Option<OutPoint>, StoreError> {
        let (Some(operation), Some(ty), Some(index)) = (item.operation, item.ty, item.index) else {
            return Ok(None);
        };
        // None of what waited so long that it was forgotten.
        let leaf = operations::leaf(&self.db, &operation, ty, index)?;
        let seal = leaf.map(|leaf| rows::leaf(&leaf)).transpose()?;
        Ok(seal.and_then(|(_, _, seal)| seal?.resolve(row.txid)))
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

fn asset(snapshot: &Snapshot, book: &Book) -> Asset {
    let (settled, pending) = snapshot.amounts(book.contract);
    let header = &book.header;
    Asset {
        contract: book.contract,
        schema: header.genesis.schema,
        schema_name: Some(header.schema.name.clone()),
        ticker: snapshot.ticker(book.contract),
        name: text(header, "name").unwrap_or_default(),
        precision: precision(header),
        supply: number(header, "supply").unwrap_or(0),
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
