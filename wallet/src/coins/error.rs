//! What can be wrong with coins and the transactions that spend them.

use bdk_wallet::chain::local_chain::CannotConnectError;
use bdk_wallet::descriptor::DescriptorError;
use bitcoin::{Amount, OutPoint, Txid};

/// Why coins cannot be found, spent or signed for. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum CoinsError {
    /// Not enough plain bitcoin.
    #[error(
        "{} sat missing: {} sat needed, fee included, {} sat available",
        .missing.to_sat(), .needed.to_sat(), .available.to_sat()
    )]
    InsufficientSats {
        /// What is missing.
        missing: Amount,
        /// What can be spent: the named coins and the plain ones that nobody else can take back.
        available: Amount,
        /// What the outputs and the fee take.
        needed: Amount,
    },
    /// The fee is above the limit.
    #[error("fee of {} sat for {vbytes} vB, at most {} sat allowed", .fee.to_sat(), .limit.to_sat())]
    FeeTooHigh {
        /// The fee.
        fee: Amount,
        /// The virtual size.
        vbytes: u64,
        /// The limit.
        limit: Amount,
    },
    /// Too large to be relayed.
    #[error(
        "a transaction of {weight} weight units, nodes relay at most {limit}: {fit} of its {outputs} outputs fit"
    )]
    TooHeavy {
        /// Its weight when signed.
        weight: u64,
        /// The most that is relayed.
        limit: u64,
        /// Its outputs.
        outputs: usize,
        /// How many of them, from the first on, would fit.
        fit: usize,
    },
    /// An output is too small to be relayed.
    #[error("output {output} has {} sat, expected at least {} sat", .value.to_sat(), .least.to_sat())]
    Dust {
        /// Its number.
        output: usize,
        /// Its value.
        value: Amount,
        /// The least value for its script.
        least: Amount,
    },
    /// The outputs hold more than there is.
    #[error("the outputs sum up to more than 21 million bitcoin")]
    Overflow,
    /// Nothing would be spent.
    #[error("there is no coin to spend")]
    NothingToSpend,
    /// A coin that was named is not there.
    #[error("{outpoint} is no unspent coin of this wallet")]
    UnknownCoin {
        /// The coin.
        outpoint: OutPoint,
    },
    /// A coin is named twice.
    #[error("{outpoint} is named twice")]
    CoinTwice {
        /// The coin.
        outpoint: OutPoint,
    },
    /// Newly mined money that cannot be spent yet.
    #[error("{outpoint} was mined {depth} blocks ago and can be spent after 100")]
    Immature {
        /// The coin.
        outpoint: OutPoint,
        /// Its confirmations.
        depth: u32,
    },
    /// The output that should carry the commitment is another one.
    #[error("output {output} is not the one that was made for the commitment")]
    NotTheHost {
        /// Its number.
        output: usize,
    },
    /// The commitment cannot tweak the key.
    #[error("the commitment cannot be put into output {output}; take another key")]
    Tweak {
        /// The number of the output.
        output: usize,
    },
    /// An input of the PSBT is not the wallet's.
    #[error("input {input} of the PSBT spends {outpoint}, which is no unspent coin of this wallet")]
    ForeignInput {
        /// Its number.
        input: usize,
        /// What it spends.
        outpoint: OutPoint,
    },
    /// An input of the PSBT says something else about a coin than the chain.
    #[error("input {input} of the PSBT does not show the output that {outpoint} is")]
    OtherOutput {
        /// Its number.
        input: usize,
        /// What it spends.
        outpoint: OutPoint,
    },
    /// An input asks for a signature that leaves others free to change the outputs.
    #[error(
        "input {input} of the PSBT asks for sighash {found}, expected SIGHASH_DEFAULT or SIGHASH_ALL"
    )]
    Sighash {
        /// Its number.
        input: usize,
        /// What it asks for.
        found: String,
    },
    /// A signature is missing.
    #[error("input {input} of the PSBT is not signed")]
    NotSigned {
        /// Its number.
        input: usize,
    },
    /// A signature is wrong.
    #[error("the signature of input {input} of the PSBT does not verify")]
    BadSignature {
        /// Its number.
        input: usize,
    },
    /// A descriptor cannot be used.
    #[error("the descriptors of this wallet cannot be used")]
    Descriptor {
        /// What is wrong.
        #[source]
        cause: DescriptorError,
    },
    /// A descriptor is not taproot.
    #[error("the descriptors of this wallet are not taproot")]
    NotTaproot,
    /// The source's chain and ours have no block in common.
    #[error("the chain of the source does not connect to what the wallet knows")]
    Disconnected {
        /// Where it could connect.
        #[source]
        cause: CannotConnectError,
    },
    /// The source finds new things in each scan.
    #[error("no end after {scans} scans: {source_name} finds something new each time")]
    Endless {
        /// The source.
        source_name: String,
        /// How many scans were made.
        scans: u32,
    },
    /// A transaction is not what was prepared.
    #[error("the signed transaction is {found}, expected {expected}")]
    OtherTransaction {
        /// What came.
        found: Txid,
        /// What was prepared.
        expected: Txid,
    },
}

impl CoinsError {
    /// A stable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InsufficientSats { .. } => "insufficient-sats",
            Self::FeeTooHigh { .. } => "fee-too-high",
            Self::TooHeavy { .. } => "too-heavy",
            Self::Dust { .. } => "dust",
            Self::Overflow => "amount-overflow",
            Self::NothingToSpend => "nothing-to-spend",
            Self::UnknownCoin { .. } => "unknown-coin",
            Self::CoinTwice { .. } => "coin-twice",
            Self::Immature { .. } => "immature-coin",
            Self::NotTheHost { .. } | Self::Tweak { .. } => "commitment-host",
            Self::ForeignInput { .. } | Self::OtherOutput { .. } => "foreign-input",
            Self::Sighash { .. } => "sighash",
            Self::NotSigned { .. } => "not-signed",
            Self::BadSignature { .. } => "bad-signature",
            Self::Descriptor { .. } | Self::NotTaproot => "descriptor",
            Self::Disconnected { .. } | Self::Endless { .. } => "source",
            Self::OtherTransaction { .. } => "other-transaction",
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::TooHeavy { .. } => "pay in several transactions, or ask payees for blinded invoices, which take no output".to_owned(),
            Self::InsufficientSats { missing, .. } => {
                format!(
                    "send at least {} sat to an address of `address`, then `sync`",
                    missing.to_sat()
                )
            }
            Self::FeeTooHigh { .. } => "lower --fee-rate, or raise --max-fee".to_owned(),
            Self::NothingToSpend | Self::UnknownCoin { .. } => {
                "`sync`, then look at `coins`".to_owned()
            }
            Self::Disconnected { .. } | Self::Endless { .. } => {
                "try again, or with another --source".to_owned()
            }
            Self::Sighash { .. } | Self::ForeignInput { .. } | Self::OtherOutput { .. } => {
                "somebody changed the PSBT; plan the payment again".to_owned()
            }
            _ => return None,
        })
    }
}
