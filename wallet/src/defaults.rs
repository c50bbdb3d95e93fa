//! Every default of the wallet, in one place.

use bitcoin::{Amount, FeeRate};

use crate::Network;
use crate::store::quarantine::{Unseen, Waiting};

/// Satoshis under an allocation that is made for somebody, if the invoice does not say.
pub const CARRIER: Amount = Amount::from_sat(1_000);

/// The least value of an output the wallet makes: Bitcoin Core's dust limit of a P2TR output at
/// its default `-dustrelayfee`.
pub const DUST: Amount = Amount::from_sat(330);

/// How long an invoice can be paid, in seconds: 24 hours.
pub const INVOICE_EXPIRY: u64 = 24 * 60 * 60;

/// How long a batch waits for acknowledgements before it may be broadcast without, in seconds: 1 hour.
pub const BATCH_DEADLINE: u64 = 60 * 60;

/// The largest consignment that is read, in bytes: 256 MiB.
pub const CONSIGNMENT_BYTES: u64 = 256 << 20;

/// The largest PSBT that is read, in bytes: what the decoder of the `bitcoin` crate takes of the part that
/// holds a request for signatures.
pub const PSBT_BYTES: u64 = 4_000_000;

/// The largest media file that is carried beside a contract, in bytes: 16 MiB.
pub const MEDIA_BYTES: u64 = 16 << 20;

/// How many unused addresses in a row are looked at beyond the last one that is known.
pub const GAP: u32 = 20;

/// The largest gap that can be asked for.
pub const MAX_GAP: u32 = 10_000;

/// The highest fee a transaction may pay, if nobody says otherwise.
pub const MAX_FEE: Amount = Amount::from_sat(100_000);

/// Bitcoin Core's default `-minrelaytxfee` before version 30: 1 sat/vB.
pub const RELAY_FEE: FeeRate = FeeRate::BROADCAST_MIN;

/// Rows of a list when the caller does not say.
pub const PAGE: u32 = 100;

/// How long a command waits for another process that has the wallet open, in milliseconds.
pub const BUSY_TIMEOUT_MS: u64 = 5_000;

/// How many counters are tried to find the blinding of a seal.
pub const BLINDING_COUNTERS: u32 = 16;

/// Transactions of consistent transitions without effect that are kept waiting, at most, and 64 MiB of them.
pub const QUARANTINE: Waiting = Waiting {
    transactions: 1_000,
    bytes: 64 << 20,
};

/// Contracts that others brought and of which no source has seen a transaction, at most, and 64 MiB of them.
pub const UNSEEN_CONTRACTS: Unseen = Unseen {
    contracts: 1_000,
    bytes: 64 << 20,
};

/// How many blocks long one is kept waiting at least where room is needed, while it is absent (two
/// weeks), and while a mined one conflicts with it (a day).
pub const QUARANTINE_BLOCKS: (u32, u32) = (2_016, 144);

/// Scans one `sync` makes at most, until no new script, transaction or reorg turns up.
pub const MAX_SCANS: u32 = 100;

/// Work factor of the passphrase: scrypt with N = 2^17.
const WORK_FACTOR: u8 = 17;

/// The same on regtest, where keys have no value: scrypt with N = 2^10.
const WORK_FACTOR_REGTEST: u8 = 10;

/// The depth from which on an allocation or a coin is settled: 1 on regtest, 6 elsewhere.
pub const fn settled_depth(network: &Network) -> u32 {
    match network {
        Network::Regtest => 1,
        _ => 6,
    }
}

/// The binary logarithm of scrypt's cost that protects the spending keys.
pub const fn work_factor(network: &Network) -> u8 {
    match network {
        Network::Regtest => WORK_FACTOR_REGTEST,
        _ => WORK_FACTOR,
    }
}

/// The most work a stored vault may ask for. Nobody else writes it, but a damaged file must not
/// take all memory.
pub const MAX_WORK_FACTOR: u8 = 20;
