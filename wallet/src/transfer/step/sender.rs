//! What we send.

use std::collections::BTreeSet;

use super::{Effect, Failure, Sighting};
use crate::invoice::InvoiceId;
use crate::transfer::ack::Verdict;

/// How far the sender is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum SenderState {
    /// Built and stored; keys of a contract have to sign an operation first.
    Unsigned,
    /// Built and stored, and signed by the keys that its contracts ask for.
    Prepared,
    /// Signed and stored; the consignments were handed over, or are about to be.
    Delivered,
    /// Handed to the network, or about to be.
    Broadcast,
    /// Deep enough.
    Settled,
    /// Given up.
    Failed(Failure),
}

impl SenderState {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Prepared => "prepared",
            Self::Delivered => "delivered",
            Self::Broadcast => "broadcast",
            Self::Settled => "settled",
            Self::Failed(_) => "failed",
        }
    }
}

/// A transfer as its sender knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sending {
    /// How far it is.
    pub state: SenderState,
    /// Whether the signed transaction is stored.
    pub signed: bool,
    /// Invoices whose acknowledgement the broadcast waits for.
    pub awaited: BTreeSet<InvoiceId>,
    /// Invoices that were acknowledged.
    pub acknowledged: BTreeSet<InvoiceId>,
    /// When a batch is broadcast although acknowledgements are missing (unix seconds).
    pub deadline: Option<u64>,
    /// The first expiry of its invoices (unix seconds).
    pub expiry: Option<u64>,
}

/// What happens to the sender's transfer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum SenderEvent {
    /// Enough keys of its contracts have signed.
    Cosigned,
    /// The signed transaction was stored.
    Finished,
    /// The consignments are handed over.
    Delivered,
    /// A verified acknowledgement came.
    Acknowledged {
        /// Of this invoice.
        invoice: InvoiceId,
        /// What the payee says.
        verdict: Verdict,
    },
    /// The transaction is to be broadcast now (unix seconds).
    Broadcast {
        /// The time.
        now: u64,
    },
    /// The network refused it, so it is nowhere.
    NotAccepted,
    /// Time passes (unix seconds).
    Tick {
        /// The time.
        now: u64,
    },
    /// The owner gives up.
    Cancel,
    /// The chain was looked at.
    Seen {
        /// Where the transaction is.
        sighting: Sighting,
        /// The depth at which it is settled.
        settled: u32,
    },
    /// The transaction is out, and keys of its contracts have yet to sign: nobody accepts it before.
    Uncosigned,
}

/// Why an event is refused; nothing changes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StepError {
    /// Keys of a contract have to sign first.
    #[error("signatures that a contract asks for are missing; hand the request file to its issuer")]
    Unsigned,
    /// It has to be signed first.
    #[error("the transfer is not signed yet; sign and finish it first")]
    NotSigned,
    /// Payees have not acknowledged yet.
    #[error("{} acknowledgements are missing; hand over the consignments and wait, or wait for the deadline{}", missing.len(), until(*deadline))]
    Unacknowledged {
        /// The invoices.
        missing: BTreeSet<InvoiceId>,
        /// When it may be broadcast without (unix seconds).
        deadline: Option<u64>,
    },
    /// Too late to pay.
    #[error(
        "an invoice expired at {expiry}, now it is {now} (unix seconds); cancel the transfer and ask for a new invoice"
    )]
    Expired {
        /// When.
        expiry: u64,
        /// The time now.
        now: u64,
    },
    /// The transaction is out; nobody can take it back.
    #[error("the transaction was broadcast and may be mined at any time; it cannot be cancelled")]
    Public,
    /// It has failed before.
    #[error("the transfer has failed ({failure}); prepare a new one")]
    Failed {
        /// Why.
        failure: Failure,
    },
    /// An acknowledgement of something else.
    #[error("invoice {invoice} is not part of this transfer")]
    ForeignInvoice {
        /// The invoice.
        invoice: InvoiceId,
    },
}

fn until(deadline: Option<u64>) -> String {
    deadline
        .map(|deadline| format!(" at {deadline} (unix seconds)"))
        .unwrap_or_default()
}

type Stepped<T> = Result<(T, Vec<Effect>), StepError>;

impl Sending {
    /// The invoices it pays that the broadcast still waits for.
    pub fn missing(&self) -> BTreeSet<InvoiceId> {
        self.awaited
            .difference(&self.acknowledged)
            .copied()
            .collect()
    }

    /// The next state and what to do.
    ///
    /// # Errors
    /// If the event is not possible now.
    pub fn step(&self, event: SenderEvent) -> Stepped<Self> {
        match event {
            SenderEvent::Cosigned => Ok(self.cosigned()),
            SenderEvent::Finished => self.finished(),
            SenderEvent::Delivered => self.delivered(),
            SenderEvent::Acknowledged { invoice, verdict } => self.acknowledge(invoice, verdict),
            SenderEvent::Broadcast { now } => self.broadcast(now),
            SenderEvent::NotAccepted => Ok(self.not_accepted()),
            SenderEvent::Tick { now } => Ok(self.tick(now)),
            SenderEvent::Cancel => self.cancel(),
            SenderEvent::Seen { sighting, settled } => Ok(self.seen(sighting, settled)),
            SenderEvent::Uncosigned => Ok(self.moved(SenderState::Unsigned)),
        }
    }

    fn to(&self, state: SenderState) -> Self {
        Self {
            state,
            ..self.clone()
        }
    }

    fn same(&self) -> (Self, Vec<Effect>) {
        (self.clone(), Vec::new())
    }

    fn fail(&self, failure: Failure) -> (Self, Vec<Effect>) {
        self.moved(SenderState::Failed(failure))
    }

    fn cosigned(&self) -> (Self, Vec<Effect>) {
        match self.state {
            SenderState::Unsigned => (self.to(SenderState::Prepared), Vec::new()),
            _ => self.same(),
        }
    }

    fn finished(&self) -> Stepped<Self> {
        match self.state {
            SenderState::Failed(failure) => Err(StepError::Failed { failure }),
            _ => Ok((
                Self {
                    signed: true,
                    ..self.clone()
                },
                Vec::new(),
            )),
        }
    }

    fn delivered(&self) -> Stepped<Self> {
        match self.state {
            SenderState::Failed(failure) => Err(StepError::Failed { failure }),
            SenderState::Unsigned => Err(StepError::Unsigned),
            SenderState::Prepared if !self.signed => Err(StepError::NotSigned),
            SenderState::Prepared => Ok((self.to(SenderState::Delivered), Vec::new())),
            _ => Ok(self.same()),
        }
    }

    fn acknowledge(&self, invoice: InvoiceId, verdict: Verdict) -> Stepped<Self> {
        if !self.awaited.contains(&invoice) {
            return Err(StepError::ForeignInvoice { invoice });
        }
        match (self.state, verdict) {
            (SenderState::Failed(failure), _) => Err(StepError::Failed { failure }),
            (_, Verdict::Accepted) => {
                let mut next = self.clone();
                next.acknowledged.insert(invoice);
                Ok((next, Vec::new()))
            }
            (
                SenderState::Unsigned | SenderState::Prepared | SenderState::Delivered,
                Verdict::Refused,
            ) => Ok(self.fail(Failure::Refused { invoice })),
            // Once it is public a refusal is no refund: only the chain decides.
            (_, Verdict::Refused) => Ok(self.same()),
        }
    }

    fn broadcast(&self, now: u64) -> Stepped<Self> {
        match self.state {
            SenderState::Unsigned => return Err(StepError::Unsigned),
            SenderState::Prepared if !self.signed => return Err(StepError::NotSigned),
            SenderState::Failed(failure) => return Err(StepError::Failed { failure }),
            SenderState::Settled => return Ok(self.same()),
            SenderState::Broadcast => return Ok((self.clone(), vec![Effect::Broadcast])),
            SenderState::Prepared | SenderState::Delivered => {}
        }
        if let Some(expiry) = self.expiry.filter(|expiry| now > *expiry) {
            return Err(StepError::Expired { expiry, now });
        }
        let missing = self.missing();
        let late = self.deadline.is_some_and(|deadline| now >= deadline);
        if !missing.is_empty() && !late {
            return Err(StepError::Unacknowledged {
                missing,
                deadline: self.deadline,
            });
        }
        Ok((self.to(SenderState::Broadcast), vec![Effect::Broadcast]))
    }

    fn not_accepted(&self) -> (Self, Vec<Effect>) {
        match self.state {
            SenderState::Broadcast => (self.to(SenderState::Delivered), Vec::new()),
            _ => self.same(),
        }
    }

    fn tick(&self, now: u64) -> (Self, Vec<Effect>) {
        let late = self.expiry.is_some_and(|expiry| now > expiry);
        match self.state {
            SenderState::Unsigned | SenderState::Prepared | SenderState::Delivered if late => {
                self.fail(Failure::Expired)
            }
            _ => self.same(),
        }
    }

    fn cancel(&self) -> Stepped<Self> {
        match self.state {
            SenderState::Unsigned | SenderState::Prepared | SenderState::Delivered => {
                Ok(self.fail(Failure::Cancelled))
            }
            SenderState::Broadcast | SenderState::Settled => Err(StepError::Public),
            SenderState::Failed(_) => Ok(self.same()),
        }
    }

    fn seen(&self, sighting: Sighting, settled: u32) -> (Self, Vec<Effect>) {
        match (sighting, self.state) {
            (Sighting::Mined { depth }, _) if depth >= settled => self.moved(SenderState::Settled),
            (Sighting::Mined { .. } | Sighting::Mempool, _) => self.moved(SenderState::Broadcast),
            (Sighting::Conflicted { .. }, SenderState::Failed(_)) => self.same(),
            (Sighting::Conflicted { depth, by }, _) if depth >= settled => {
                self.fail(Failure::Conflicted { by })
            }
            (Sighting::Conflicted { .. }, SenderState::Settled) => {
                self.moved(SenderState::Broadcast)
            }
            (Sighting::Absent, SenderState::Broadcast | SenderState::Settled) => {
                let (next, mut effects) = self.moved(SenderState::Broadcast);
                effects.push(Effect::Broadcast);
                (next, effects)
            }
            _ => self.same(),
        }
    }

    /// Coins are held until the transfer is settled or has failed.
    fn moved(&self, state: SenderState) -> (Self, Vec<Effect>) {
        let free = |state| matches!(state, SenderState::Settled | SenderState::Failed(_));
        let effects = match (free(self.state), free(state)) {
            (false, true) => vec![Effect::Release],
            (true, false) => vec![Effect::Hold],
            _ => Vec::new(),
        };
        (self.to(state), effects)
    }
}
