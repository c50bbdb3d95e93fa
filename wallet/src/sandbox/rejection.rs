//! Why the sandbox refuses a transaction or a block, in Bitcoin Core's words.

use bitcoin::{Amount, Txid};

/// A refusal. `Display` is the reject reason of Bitcoin Core (`validation.cpp`, `tx_check.cpp`,
/// `tx_verify.cpp`, `policy.cpp`), so that answers of the sandbox and of a node compare; the fields
/// say what Core puts into its debug message. Script failures carry no script error, since
/// `bitcoinconsensus` reports none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No input.
    #[error("bad-txns-vin-empty")]
    NoInputs,
    /// No output.
    #[error("bad-txns-vout-empty")]
    NoOutputs,
    /// Larger than a block without its witnesses.
    #[error("bad-txns-oversize")]
    Oversize,
    /// An output value that is negative as Core reads it.
    #[error("bad-txns-vout-negative")]
    NegativeOutput,
    /// An output above 21 million bitcoin.
    #[error("bad-txns-vout-toolarge")]
    OutputTooLarge,
    /// Outputs above 21 million bitcoin together.
    #[error("bad-txns-txouttotal-toolarge")]
    OutputsTooLarge,
    /// Two inputs spend the same output.
    #[error("bad-txns-inputs-duplicate")]
    DuplicateInputs,
    /// A coinbase input script that is not 2 to 100 bytes long.
    #[error("bad-cb-length")]
    CoinbaseLength,
    /// An ordinary transaction with a null input.
    #[error("bad-txns-prevout-null")]
    NullInput,
    /// An input that does not exist or is spent.
    #[error("bad-txns-inputs-missingorspent")]
    MissingOrSpent,
    /// A coinbase is spent less than 100 blocks after it.
    #[error("bad-txns-premature-spend-of-coinbase")]
    ImmatureCoinbase {
        /// Blocks since the coinbase.
        depth: u32,
    },
    /// Outputs worth more than inputs.
    #[error("bad-txns-in-belowout")]
    InBelowOut {
        /// What the inputs are worth.
        inputs: Amount,
        /// What the outputs are worth.
        outputs: Amount,
    },
    /// A coinbase outside a block.
    #[error("coinbase")]
    LooseCoinbase,
    /// A version other than 1, 2 or 3.
    #[error("version")]
    Version,
    /// Heavier than 400,000 weight units.
    #[error("tx-size")]
    Weight,
    /// An input script longer than 1,650 bytes.
    #[error("scriptsig-size")]
    ScriptSigSize,
    /// An input script that does more than push.
    #[error("scriptsig-not-pushonly")]
    ScriptSigNotPushOnly,
    /// An output script of no standard form.
    #[error("scriptpubkey")]
    OutputScript,
    /// Outputs that cost more to spend than they hold.
    #[error("dust")]
    Dust,
    /// Smaller than 65 bytes without witnesses (CVE-2017-12842).
    #[error("tx-size-small")]
    TooSmall,
    /// Locked until a later block.
    #[error("non-final")]
    NonFinal,
    /// In the mempool already.
    #[error("txn-already-in-mempool")]
    InMempool,
    /// In the mempool already, with another witness.
    #[error("txn-same-nonwitness-data-in-mempool")]
    InMempoolOtherWitness,
    /// Mined already.
    #[error("txn-already-known")]
    AlreadyKnown,
    /// A relative lock (BIP 68) has not passed.
    #[error("non-BIP68-final")]
    NonBip68Final,
    /// An input whose script has no standard form.
    #[error("bad-txns-nonstandard-inputs")]
    NonstandardInput,
    /// A witness beyond the limits of policy.
    #[error("bad-witness-nonstandard")]
    NonstandardWitness,
    /// More than 16,000 units of signature operations.
    #[error("bad-txns-too-many-sigops")]
    TooManySigops,
    /// Below the relay minimum.
    #[error("min relay fee not met")]
    MinRelayFee {
        /// The fee paid.
        fee: Amount,
        /// The least fee for its size.
        required: Amount,
    },
    /// Does not pay for what it replaces, and for its own relay.
    #[error("insufficient fee")]
    InsufficientFee {
        /// The fee paid.
        fee: Amount,
        /// The least fee of a replacement.
        required: Amount,
    },
    /// A replacement with a lower fee rate than what it replaces.
    #[error("replacement-failed")]
    ReplacementFailed,
    /// A replacement that spends what it replaces.
    #[error("bad-txns-spends-conflicting-tx")]
    SpendsConflicting {
        /// The transaction that it would spend and replace.
        replaced: Txid,
    },
    /// A replacement of transactions of more than 100 clusters.
    #[error("too many potential replacements")]
    TooManyReplacements,
    /// More than 64 connected transactions, or 101,000 vB of them, in the mempool.
    #[error("too-large-cluster")]
    TooLargeCluster,
    /// A signature or script of a loose transaction is wrong.
    #[error("mempool-script-verify-flag-failed")]
    MempoolScript {
        /// The input.
        input: usize,
    },
    /// A signature or script in a block is wrong.
    #[error("block-script-verify-flag-failed")]
    BlockScript {
        /// The transaction.
        txid: Txid,
        /// Its input.
        input: usize,
    },
    /// The block is stored already.
    #[error("duplicate")]
    DuplicateBlock,
    /// The block is known as invalid.
    #[error("duplicate-invalid")]
    DuplicateInvalidBlock,
    /// The block builds on one that nobody has seen.
    #[error("prev-blk-not-found")]
    UnknownParent,
    /// The block builds on an invalid one.
    #[error("bad-prevblk")]
    InvalidParent,
    /// No proof of work.
    #[error("high-hash")]
    HighHash,
    /// Another difficulty than regtest's.
    #[error("bad-diffbits")]
    Difficulty,
    /// Not later than the median of the eleven blocks before.
    #[error("time-too-old")]
    TimeTooOld,
    /// More than two hours ahead of the clock.
    #[error("time-too-new")]
    TimeTooNew,
    /// A block version below 4.
    #[error("bad-version(0x{0:08x})")]
    BlockVersion(i32),
    /// The header commits to other transactions.
    #[error("bad-txnmrklroot")]
    MerkleRoot,
    /// Transactions repeat in a way the merkle root does not show (CVE-2012-2459).
    #[error("bad-txns-duplicate")]
    DuplicateTransactions,
    /// No transaction, or more than fit.
    #[error("bad-blk-length")]
    BlockLength,
    /// The first transaction is no coinbase.
    #[error("bad-cb-missing")]
    CoinbaseMissing,
    /// A second coinbase.
    #[error("bad-cb-multiple")]
    CoinbaseMultiple,
    /// More signature operations than a block may have.
    #[error("bad-blk-sigops")]
    BlockSigops,
    /// A transaction in the block is locked until later.
    #[error("bad-txns-nonfinal")]
    BlockNonFinal {
        /// The transaction.
        txid: Txid,
    },
    /// The coinbase does not start with the block's height (BIP 34).
    #[error("bad-cb-height")]
    CoinbaseHeight,
    /// The coinbase's witness is not one item of 32 bytes (BIP 141).
    #[error("bad-witness-nonce-size")]
    WitnessNonce,
    /// The coinbase commits to other witnesses (BIP 141).
    #[error("bad-witness-merkle-match")]
    WitnessCommitment,
    /// Witnesses without a commitment (BIP 141).
    #[error("unexpected-witness")]
    UnexpectedWitness,
    /// Heavier than 4,000,000 weight units.
    #[error("bad-blk-weight")]
    BlockWeight,
    /// The coinbase takes more than subsidy and fees.
    #[error("bad-cb-amount")]
    CoinbaseAmount {
        /// What it takes.
        taken: Amount,
        /// What it may take.
        allowed: Amount,
    },
}
