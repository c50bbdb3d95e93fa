//! The wallet: one file, one set of coins, one transaction per command.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU16;
use std::panic::RefUnwindSafe;
use std::path::Path;

use bdk_wallet::chain::BlockId;
use bdk_wallet::rusqlite::{Connection, Transaction as SqlTransaction};
use bitcoin::{Address, OutPoint, Psbt};

use crate::assets::ours::OwnSeals;
use crate::coins::{Coin, CoinBalance, Coins, Place, TxEntry};
use crate::keys::{Descriptors, Keys, KeysError, Passphrase, Vault, ViewSecret};
use crate::store::{self, KeysRow, Meta, invoices, reserved};
use crate::transfer::guard;
use crate::{Error, Network, crash, defaults, time};

/// A wallet. It holds its file alone: a second process waits for it, then is told.
pub struct Wallet {
    pub(crate) db: Connection,
    pub(crate) meta: Meta,
    pub(crate) keys: KeysRow,
    coins: Coins,
    seals: OwnSeals,
    /// The coins in memory hold what a failed command left; they are loaded again first.
    stale: bool,
}

/// What a command works on: everything in it happens, or nothing does.
pub(crate) struct Command<'a> {
    /// The one transaction.
    pub db: SqlTransaction<'a>,
    /// The coins; what changes is saved with the transaction.
    pub coins: &'a mut Coins,
    /// The seals that are known to be ours; what is new is added when they are needed.
    pub seals: &'a mut OwnSeals,
    /// Facts about the wallet.
    pub meta: &'a mut Meta,
    /// The keys.
    pub keys: &'a KeysRow,
}

impl Wallet {
    /// Makes a wallet in a new file that only its owner can read. Its birthday is the first block
    /// and its gap the default; see [`Wallet::set_birthday`] and [`Wallet::set_gap`].
    ///
    /// # Errors
    /// [`StoreError::Exists`](store::StoreError::Exists); [`KeysError::EmptyPassphrase`] anywhere but on regtest.
    pub fn create(
        path: &Path,
        network: Network,
        keys: Keys,
        passphrase: &Passphrase,
    ) -> Result<Self, Error> {
        let keys = KeysRow {
            vault: Some(Vault::seal(&keys, passphrase, &network)?),
            view: ViewSecret::of(&keys, &network),
            descriptors: Descriptors::of(&keys, &network),
        };
        let meta = Meta {
            genesis: network.genesis_hash(),
            network,
            birthday: 0,
            gap: defaults::GAP,
            created: time::now(),
            synced: None,
        };
        let coins = Coins::create(&keys.descriptors, &meta.network, meta.gap)?;
        let db = store::create(path)?;
        let mut wallet = Self {
            db,
            meta,
            keys,
            coins,
            seals: OwnSeals::default(),
            stale: false,
        };
        wallet.command("create", |command| {
            store::init(&command.db)?;
            command.keys.insert(&command.db)?;
            Ok(command.meta.save(&command.db)?)
        })?;
        Ok(wallet)
    }

    /// Opens a wallet.
    ///
    /// # Errors
    /// [`StoreError`](store::StoreError): no file, another file, a newer file, a damaged one, or one that is in use.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut db = store::open(path)?;
        let (meta, keys) = (Meta::load(&db)?, KeysRow::load(&db)?);
        let tx = store::begin(&mut db)?;
        let coins = Coins::load(&tx, &keys.descriptors, &meta.network, meta.gap)?;
        drop(tx);
        Ok(Self {
            db,
            meta,
            keys,
            coins,
            seals: OwnSeals::default(),
            stale: false,
        })
    }

    /// The chain of the wallet.
    pub const fn network(&self) -> &Network {
        &self.meta.network
    }

    /// The best block that the wallet knows.
    pub fn tip(&self) -> BlockId {
        self.coins.tip()
    }

    /// The height up to which everything was scanned; `None` before the first `sync`.
    pub const fn synced(&self) -> Option<u32> {
        self.meta.synced
    }

    /// The first height that can hold a transaction of this wallet.
    pub const fn birthday(&self) -> u32 {
        self.meta.birthday
    }

    /// The public descriptors.
    pub const fn descriptors(&self) -> &Descriptors {
        &self.keys.descriptors
    }

    /// The words, for their owner.
    ///
    /// # Errors
    /// [`KeysError::WrongPassphrase`], [`KeysError::WatchOnly`].
    pub fn spending_keys(&self, passphrase: &Passphrase) -> Result<Keys, Error> {
        let vault = self.keys.vault.as_ref().ok_or(KeysError::WatchOnly)?;
        let keys = vault.open(passphrase)?;
        let (found, expected) = (Descriptors::of(&keys, self.network()), self.descriptors());
        if found != *expected {
            let (found, expected) = (found.fingerprint, expected.fingerprint);
            return Err(KeysError::OtherKeys { found, expected }.into());
        }
        Ok(keys)
    }

    /// The first height that can hold a transaction of this wallet. An earlier one than before
    /// makes the next `sync` start there.
    pub fn set_birthday(&mut self, height: u32) -> Result<(), Error> {
        self.command("birthday", |command| {
            if height < command.meta.birthday {
                command.meta.synced = None;
            }
            command.meta.birthday = height;
            Ok(command.meta.save(&command.db)?)
        })
    }

    /// How many unused addresses in a row are looked at, 1 to 10,000. A larger gap than before
    /// makes the next `sync` start at the birthday.
    pub fn set_gap(&mut self, gap: u32) -> Result<(), Error> {
        self.command("gap", |command| {
            let gap = gap.clamp(1, defaults::MAX_GAP);
            if gap > command.meta.gap {
                command.meta.synced = None;
            }
            command.meta.gap = gap;
            command.meta.save(&command.db)?;
            let Command { db, meta, keys, .. } = &*command;
            *command.coins = Coins::load(db, &keys.descriptors, &meta.network, gap)?;
            Ok(())
        })
    }

    /// A plain address to be paid to: a new one each time, until as many as the gap are unused.
    pub fn address(&mut self) -> Result<Address, Error> {
        self.address_at(Place::Plain)
    }

    /// An address whose coins are sealed: they wait for allocations, and are spent for nothing
    /// else. A new one each time, as [`Wallet::address`].
    pub fn sealed_address(&mut self) -> Result<Address, Error> {
        self.address_at(Place::Sealed)
    }

    fn address_at(&mut self, place: Place) -> Result<Address, Error> {
        self.command("address", |command| {
            let mut slot = command.coins.address_slot(place);
            // What comes to an invoice's address waits for a consignment.
            if !invoices::by_script(&command.db, &slot.script)?.is_empty() {
                slot = command.coins.reveal(place);
            }
            Ok(command.coins.address(&slot))
        })
    }

    /// Signs every input of a PSBT. The only place that needs the passphrase.
    ///
    /// # Errors
    /// [`TransferError`](crate::transfer::error::TransferError) if an allocation would be lost;
    /// [`KeysError`]; [`CoinsError`](crate::coins::CoinsError) for an input that is not ours or does not cover all outputs.
    pub fn sign(&self, psbt: &mut Psbt, passphrase: &Passphrase) -> Result<(), Error> {
        guard::check(&self.db, &self.snapshot()?, &psbt.unsigned_tx)?;
        let keys = self.spending_keys(passphrase)?;
        Ok(self.coins.sign(psbt, &keys)?)
    }

    /// The unspent outputs.
    pub fn coins(&self) -> Vec<Coin> {
        self.coins.list().to_vec()
    }

    /// What the unspent outputs sum up to.
    pub fn coin_balance(&self) -> CoinBalance {
        self.coins.balance()
    }

    /// The transactions, the newest first: `limit` of them behind the first `offset`.
    pub fn transactions(&self, offset: usize, limit: usize) -> Vec<TxEntry> {
        self.coins
            .history()
            .into_iter()
            .skip(offset)
            .take(limit)
            .collect()
    }

    /// Coins that a transfer under way spends or a blinded invoice waits on.
    pub fn reserved(&self) -> Result<BTreeSet<OutPoint>, Error> {
        Ok(reserved::outpoints(&self.db, time::now())?)
    }

    /// The coins, to plan with: nothing changes.
    pub const fn coin_set(&self) -> &Coins {
        &self.coins
    }

    /// Calls back each `steps` steps of the store's machine. Where the answer is true, what is under way
    /// fails, and stores nothing.
    pub fn watch(
        &self,
        steps: NonZeroU16,
        stop: impl FnMut() -> bool + Send + RefUnwindSafe + 'static,
    ) {
        self.db.progress_handler(steps.get().into(), Some(stop));
    }

    /// Runs a command: its rows and the changes of its coins are committed together, or not at all.
    pub(crate) fn command<T>(
        &mut self,
        name: &str,
        run: impl FnOnce(&mut Command<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.stale {
            self.reload()?;
        }
        let result = self.attempt(name, run);
        match result {
            Ok(_) => self.coins.saved(),
            // Where that fails, the next command tries it again before anything else.
            Err(_) => self.stale = self.reload().is_err(),
        }
        result
    }

    fn attempt<T>(
        &mut self,
        name: &str,
        run: impl FnOnce(&mut Command<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut command = Command {
            db: store::begin(&mut self.db)?,
            coins: &mut self.coins,
            seals: &mut self.seals,
            meta: &mut self.meta,
            keys: &self.keys,
        };
        let value = run(&mut command)?;
        command.coins.save(&command.db)?;
        crash::before_commit(name);
        command.db.commit()?;
        crash::after_commit(name);
        Ok(value)
    }

    /// Takes coins and facts from the file, as they were before a command that failed.
    fn reload(&mut self) -> Result<(), Error> {
        self.meta = Meta::load(&self.db)?;
        self.seals = OwnSeals::default();
        let db = store::begin(&mut self.db)?;
        self.coins = Coins::load(
            &db,
            &self.keys.descriptors,
            &self.meta.network,
            self.meta.gap,
        )?;
        self.stale = false;
        Ok(())
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Wallet({}, {})",
            self.meta.network, self.keys.descriptors.fingerprint
        )
    }
}

const fn assert_send<T: Send>() {}
const _: () = assert_send::<Wallet>();
