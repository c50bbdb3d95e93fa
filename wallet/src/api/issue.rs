//! A new contract, asked for and made.

use bitcoin::OutPoint;
use bulla_core::state::State;
use bulla_core::{ContractId, SchemaId};

use crate::invoice::Invoice;
use crate::media::Media;

/// A new contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issue {
    /// Its schema: a standard one, or that of a contract the wallet knows.
    pub schema: SchemaId,
    /// What its genesis says for ever: name and bytes, in their order. `ticker` (1 to 16 ASCII letters
    /// and digits), `name` (1 to 64 printable ASCII characters), `precision` (0 to 18) and each `attribute`
    /// (`name: value`) are checked; all are claims, none is unique.
    pub globals: Vec<(String, Vec<u8>)>,
    /// What it allocates.
    pub allocations: Vec<Allocation>,
    /// The own sealed coin for what stays ours; if none, a free one is taken.
    pub coin: Option<OutPoint>,
    /// When it is issued, as it claims (unix seconds); none: now.
    pub timestamp: Option<u64>,
}

/// What a genesis gives to one owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allocation {
    /// The name of the owned type.
    pub owned: String,
    /// What it is.
    pub state: State,
    /// Whose.
    pub to: AllocateTo,
}

/// Who gets an allocation of a genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AllocateTo {
    /// This wallet, on the coin of [`Issue::coin`].
    Own,
    /// This wallet, on this free sealed coin.
    Coin(OutPoint),
    /// The payee of a blind invoice that names no contract: no transaction is needed.
    Invoice(Box<Invoice>),
}

/// What a new contract is, or would be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issued {
    /// Its id; none: the sealed coin that its id depends on is still to be made.
    pub contract: Option<ContractId>,
    /// When it was issued, as it claims (unix seconds).
    pub timestamp: u64,
    /// Its schema.
    pub schema: SchemaId,
    /// What its genesis says.
    pub globals: Vec<(String, Vec<u8>)>,
    /// What it allocates.
    pub allocations: Vec<Allocation>,
    /// How much can be reissued besides, as [`Asset::unbacked`](super::Asset::unbacked).
    pub unbacked: Option<u64>,
}

impl Issue {
    /// A contract of this schema that says and allocates nothing yet.
    pub const fn new(schema: SchemaId) -> Self {
        Self {
            schema,
            globals: Vec::new(),
            allocations: Vec::new(),
            coin: None,
            timestamp: None,
        }
    }

    /// A contract of fixed supply (smallest units), all of it ours.
    pub fn fixed(ticker: &str, name: &str, precision: u8, supply: u64) -> Self {
        Self::new(bulla_schemas::fixed().id())
            .text("ticker", ticker)
            .text("name", name)
            .number("precision", precision.into())
            .number("supply", supply)
            .own("asset", State::Amount(supply))
    }

    /// Says a text.
    #[must_use]
    pub fn text(self, name: &str, text: &str) -> Self {
        self.value(name, text.as_bytes().to_vec())
    }

    /// Says a number.
    #[must_use]
    pub fn number(self, name: &str, number: u64) -> Self {
        self.value(name, number.to_le_bytes().to_vec())
    }

    /// Says bytes: a hash, a key.
    #[must_use]
    pub fn value(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.globals.push((name.to_owned(), bytes));
        self
    }

    /// Commits to a file.
    #[must_use]
    pub fn media(self, media: &Media) -> Self {
        let [hash, content_type, size] = media.globals();
        let mut issue = self;
        issue.globals.extend([hash, content_type, size]);
        issue
    }

    /// Allocates to this wallet.
    #[must_use]
    pub fn own(self, owned: &str, state: State) -> Self {
        self.allocate(owned, state, AllocateTo::Own)
    }

    /// Allocates.
    #[must_use]
    pub fn allocate(mut self, owned: &str, state: State, to: AllocateTo) -> Self {
        self.allocations.push(Allocation {
            owned: owned.to_owned(),
            state,
            to,
        });
        self
    }
}
