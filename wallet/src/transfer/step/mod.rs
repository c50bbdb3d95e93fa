//! The life of a transfer as pure functions: `step(event) -> (state, effects)`, for the sender
//! (Unsigned → Prepared → Delivered → Broadcast → Settled) and the receiver (Invoiced → Received → Settled),
//! each with Failed and its reason.
//!
//! Facts of the chain win over everything: a failed transfer whose transaction is seen goes on, and a
//! settled one that a reorg undoes goes back. The wallet commits the new state before it does the
//! effects.

mod failure;
mod receiver;
mod sender;

use bitcoin::Txid;

pub use self::failure::{Failure, ParseFailureError};
pub use self::receiver::{ReceiverEvent, ReceiverState};
pub use self::sender::{SenderEvent, SenderState, Sending, StepError};

/// Where the transaction of a transfer is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Sighting {
    /// Neither mined nor in the mempool.
    Absent,
    /// In the mempool.
    Mempool,
    /// In the best chain.
    Mined {
        /// Confirmations, at least 1; over all ancestors the least.
        depth: u32,
    },
    /// Another transaction that spends one of its coins is in the best chain.
    Conflicted {
        /// Confirmations of the other.
        depth: u32,
        /// The other, if it is known.
        by: Option<Txid>,
    },
}

/// What the wallet must do after a step.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Hand the transaction to the network; safe to repeat.
    Broadcast,
    /// Free the coins that were held for it.
    Release,
    /// Hold the coins again.
    Hold,
}

#[cfg(test)]
mod tests;
