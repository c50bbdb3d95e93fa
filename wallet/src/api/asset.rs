//! What the wallet holds and knows.

use bitcoin::key::XOnlyPublicKey;
use bulla_core::{ContractId, SchemaId};

use crate::identity::Statement;

/// Satoshis by how sure they are.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct BitcoinBalance {
    /// In coins as deep as the network's default asks, in satoshis.
    pub settled: u64,
    /// In younger or unconfirmed coins, in satoshis.
    pub pending: u64,
}

/// Satoshis that lie under allocations or wait for some, counted apart from plain bitcoin.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct CarrierBalance {
    /// Their satoshis.
    pub sats: u64,
    /// How many coins.
    pub coins: u32,
}

/// What the wallet holds of one contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssetBalance {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer, fit to be shown.
    pub ticker: String,
    /// Decimals people see.
    pub precision: u8,
    /// Settled amount in smallest units.
    pub settled: u128,
    /// Amount in smallest units that came, but is not settled yet.
    pub pending: u128,
    /// Settled and pending together, with decimals.
    pub display: String,
    /// What is held of the contract's other types, by type and token.
    pub others: Vec<OwnedBalance>,
}

/// What the wallet holds of one owned type, or of one token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedBalance {
    /// The name of the owned type.
    pub owned: String,
    /// The token, for a type of tokens.
    pub token: Option<u32>,
    /// Settled, in smallest units, fractions of the token, or rights.
    pub settled: u128,
    /// Not settled yet, the same way.
    pub pending: u128,
}

/// What the wallet holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Balance {
    /// Plain bitcoin.
    pub bitcoin: BitcoinBalance,
    /// Sealed coins.
    pub carriers: CarrierBalance,
    /// Assets, by ticker and contract.
    pub assets: Vec<AssetBalance>,
}

/// A contract that the wallet knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asset {
    /// The contract.
    pub contract: ContractId,
    /// Its schema.
    pub schema: SchemaId,
    /// The name of a standard schema, or `own: ` and the name of another one that the wallet allows; none:
    /// the id alone says which it is ([`AllowList::name`](crate::AllowList::name)).
    pub schema_name: Option<String>,
    /// Ticker, a claim of the issuer, fit to be shown ([`claims`](crate::claims)).
    pub ticker: String,
    /// Name, a claim of the issuer, fit to be shown.
    pub name: String,
    /// Decimals people see.
    pub precision: u8,
    /// Issued by the genesis, in smallest units or tokens.
    pub supply: u64,
    /// Its tokens; none, if it has no numbered ones.
    pub tokens: Option<Tokens>,
    /// How much can be reissued besides, in smallest units, and is unbacked by its history; none
    /// if nothing can.
    pub unbacked: Option<u64>,
    /// Details, a claim of the issuer.
    pub details: Option<String>,
    /// Terms, a claim of the issuer.
    pub terms: Option<String>,
    /// The key that the genesis names as the issuer's.
    pub issuer: Option<XOnlyPublicKey>,
    /// What was stated about who issued it; each with a good signature.
    pub statements: Vec<Statement>,
    /// When it was issued, as the issuer claims.
    pub issued: u64,
    /// Settled amount in smallest units.
    pub settled: u128,
    /// Amount not settled yet, in smallest units.
    pub pending: u128,
}

/// How many tokens of a contract there are.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Tokens {
    /// Those of which the wallet holds a part.
    pub held: u64,
    /// Those that the genesis made.
    pub issued: u64,
    /// Those that can ever be, as the genesis says.
    pub total: Option<u64>,
}

/// An amount on one coin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoinAllocation {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer, fit to be shown.
    pub ticker: String,
    /// Owned type.
    pub owned_type: u16,
    /// Its name in the schema, a claim of the issuer.
    pub owned: String,
    /// The token, for a type of tokens.
    pub token: Option<u32>,
    /// Amount in smallest units, a fraction of a token, 1 for a right.
    pub amount: u64,
    /// Whether every witness of its history is deep enough.
    pub settled: bool,
}
