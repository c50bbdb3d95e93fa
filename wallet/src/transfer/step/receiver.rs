//! What comes to us.

use super::{Effect, Failure, Sighting};

/// How far the receiver is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ReceiverState {
    /// The invoice is out.
    Invoiced,
    /// A consistent consignment came.
    Received,
    /// Every witness of it is deep enough.
    Settled,
    /// Nothing will come of it.
    Failed(Failure),
}

impl ReceiverState {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Invoiced => "invoiced",
            Self::Received => "received",
            Self::Settled => "settled",
            Self::Failed(_) => "failed",
        }
    }
}

/// What happens to the receiver's transfer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ReceiverEvent {
    /// A consistent consignment with a leaf of ours was stored.
    Accepted,
    /// The same, but all of it lies on coins that are spent.
    Lost,
    /// The owner gives up; not while the network has the transaction.
    Cancel,
    /// Time passes (unix seconds).
    Tick {
        /// The time.
        now: u64,
        /// When the invoice expires.
        expiry: Option<u64>,
    },
    /// The chain was looked at.
    Seen {
        /// Where the weakest witness is.
        sighting: Sighting,
        /// The depth at which it is settled.
        settled: u32,
    },
}

impl ReceiverState {
    /// The next state and what to do with the coin held for the invoice. From `Received` on, which is
    /// when it was acknowledged, the coin is held until settled, conflicted with depth, or its
    /// owner gives up.
    pub fn step(self, event: ReceiverEvent) -> (Self, Vec<Effect>) {
        match (event, self) {
            (ReceiverEvent::Accepted, Self::Invoiced) => (Self::Received, Vec::new()),
            (
                ReceiverEvent::Accepted,
                Self::Failed(Failure::Expired | Failure::Cancelled | Failure::Lost),
            ) => (Self::Received, vec![Effect::Hold]),
            (ReceiverEvent::Lost, _) => (Self::Failed(Failure::Lost), vec![Effect::Release]),
            (ReceiverEvent::Cancel, Self::Invoiced | Self::Received) => {
                (Self::Failed(Failure::Cancelled), vec![Effect::Release])
            }
            (
                ReceiverEvent::Tick {
                    now,
                    expiry: Some(expiry),
                },
                Self::Invoiced,
            ) if now > expiry => (Self::Failed(Failure::Expired), vec![Effect::Release]),
            (ReceiverEvent::Seen { sighting, settled }, _) => self.seen(sighting, settled),
            _ => (self, Vec::new()),
        }
    }

    fn seen(self, sighting: Sighting, settled: u32) -> (Self, Vec<Effect>) {
        let failed = matches!(self, Self::Failed(_));
        match (sighting, self) {
            (_, Self::Invoiced | Self::Failed(Failure::Expired | Failure::Lost)) => {
                (self, Vec::new())
            }
            (Sighting::Mined { depth }, _) if depth >= settled => {
                let release = self != Self::Settled && !failed;
                (
                    Self::Settled,
                    if release {
                        vec![Effect::Release]
                    } else {
                        Vec::new()
                    },
                )
            }
            (Sighting::Conflicted { depth, by }, _) if depth >= settled && !failed => (
                Self::Failed(Failure::Conflicted { by }),
                vec![Effect::Release],
            ),
            (Sighting::Mined { .. } | Sighting::Mempool, Self::Failed(_)) | (_, Self::Settled) => {
                (Self::Received, vec![Effect::Hold])
            }
            _ => (self, Vec::new()),
        }
    }
}
