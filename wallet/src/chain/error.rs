//! What a chain source answers when it cannot answer.

use std::error::Error;
use std::path::PathBuf;

use bdk_wallet::rusqlite;
use bitcoin::{BlockHash, Txid};

use bulla_core::headers::{HeaderError, ProofError};

use crate::sandbox::SandboxError;

/// Why a source gave no answer. None of these says that a transaction is absent: a failure is a
/// reason to ask again or to ask elsewhere, never a verdict.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No connection, a broken connection, or no answer in time.
    #[error("{name} did not answer; check that it runs at this address, then try again")]
    Unreachable {
        /// The source, without credentials.
        name: String,
        /// What the connection said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The server does not accept our user name, password or cookie.
    #[error(
        "{name} refused the credentials; check the user and password, or the cookie path, of its URL"
    )]
    Denied {
        /// The source, without credentials.
        name: String,
    },
    /// The cookie file of a node cannot be read.
    #[error("cookie file {} of {name} cannot be read; start the node or correct the path", path.display())]
    Cookie {
        /// The source, without credentials.
        name: String,
        /// The path in the URL.
        path: PathBuf,
        /// What the file system said.
        #[source]
        cause: std::io::Error,
    },
    /// The node does not take this transaction into its mempool.
    #[error("transaction {txid} was refused: {reason}")]
    Refused {
        /// The transaction that was sent.
        txid: Txid,
        /// The node's own words, such as `bad-txns-inputs-missingorspent`.
        reason: String,
    },
    /// The server answered a call with an error.
    #[error("{name} answered `{call}` with an error: {message} ({code})")]
    Server {
        /// The source, without credentials.
        name: String,
        /// The method that was called.
        call: String,
        /// The server's error code; 0 if it gave none.
        code: i32,
        /// The server's own words.
        message: String,
    },
    /// The server answered something that this method never answers.
    #[error("{name} answered `{call}` with {found}, expected {expected}; use another server")]
    Protocol {
        /// The source, without credentials.
        name: String,
        /// The method that was called.
        call: String,
        /// What came.
        found: String,
        /// What would have been an answer.
        expected: &'static str,
    },
    /// A block that is needed is no longer on the node's disk.
    #[error(
        "{name} has pruned block {height}, which is needed here; use a node that keeps blocks from {height} on"
    )]
    Pruned {
        /// The source, without credentials.
        name: String,
        /// The height of the missing block.
        height: u32,
    },
    /// The source follows another chain than the wallet.
    #[error(
        "{name} follows the chain with genesis {found}, this wallet the one with genesis {expected}; use a source of the wallet's network"
    )]
    OtherChain {
        /// The source, without credentials.
        name: String,
        /// The genesis of the source.
        found: BlockHash,
        /// The genesis of the wallet.
        expected: BlockHash,
    },
    /// The server does one such call at a time, and others ask for it.
    #[error("{name} was busy with `{call}` of other clients all the time; try again later")]
    Busy {
        /// The source, without credentials.
        name: String,
        /// The method that was called.
        call: String,
    },
    /// The source has fewer blocks than the wallet, and other ones.
    #[error(
        "{name} is at block {height}, this wallet has seen block {wallet}; wait until it has caught up, then try again"
    )]
    Behind {
        /// The source, without credentials.
        name: String,
        /// The source's best height.
        height: u32,
        /// A height the wallet has seen.
        wallet: u32,
    },
    /// Headers that break a rule of the chain.
    #[error("{name} gave headers that are not of the best chain; use another source")]
    Headers {
        /// The source, without credentials.
        name: String,
        /// The rule.
        #[source]
        cause: Box<HeaderError>,
    },
    /// The source follows a branch that has not got the most work.
    #[error(
        "{name} follows a branch from block {fork} up to {height} that has no more work than the chain up to {wallet} that this wallet has checked; wait for the next block, use another source, or, if you do not trust where those headers came from, forget them with `headers reset`"
    )]
    Weaker {
        /// The source, without credentials.
        name: String,
        /// The last common block, or one below it.
        fork: u32,
        /// The source's best height.
        height: u32,
        /// The best height of the wallet's headers.
        wallet: u32,
    },
    /// The source names a block that is not in the chain that was checked.
    #[error(
        "{name} says that block {found} is at height {height}, but it is not in the chain of headers that was checked; use another source"
    )]
    NotInChain {
        /// The source, without credentials.
        name: String,
        /// Where it should be.
        height: u32,
        /// The block it names.
        found: BlockHash,
    },
    /// The source says that a transaction is mined, and its proof shows nothing.
    #[error(
        "{name} says that transaction {txid} is in block {height}, and its proof does not show that; use another source"
    )]
    Unproven {
        /// The source, without credentials.
        name: String,
        /// The transaction.
        txid: Txid,
        /// Where it should be.
        height: u32,
        /// What is wrong with the proof.
        #[source]
        cause: Box<ProofError>,
    },
    /// The best chain changed during every attempt to read it.
    #[error(
        "the best chain of {name} changed during each of {attempts} attempts to read it; try again"
    )]
    Moving {
        /// The source, without credentials.
        name: String,
        /// How often it was read.
        attempts: u32,
    },
    /// The server has no index by which it could find this transaction.
    #[error("{name} has no index to look up transaction {txid}; {remedy}")]
    NoIndex {
        /// The source, without credentials.
        name: String,
        /// The transaction that was looked for.
        txid: Txid,
        /// What the owner of the server can do.
        remedy: &'static str,
    },
    /// The sandbox's file cannot be read or written.
    #[error("sandbox file {} cannot be used", path.display())]
    Storage {
        /// The sandbox's file.
        path: PathBuf,
        /// What the database said.
        #[source]
        cause: rusqlite::Error,
    },
    /// The file is no sandbox of this version.
    #[error("sandbox file {} cannot be used", path.display())]
    Sandbox {
        /// The sandbox's file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: Box<SandboxError>,
    },
}
