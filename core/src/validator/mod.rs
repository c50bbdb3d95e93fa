//! The validator: replays a consignment, frame by frame, trusting nothing in it (PROTOCOL.md §10).
//!
//! Header → each frame: decode → references → ids → bundle → MPC → DBC → outpoints → inputs → seals →
//! occurrences and types → rules → next state. At last the terminals.

mod base;
mod facts;
mod failure;
mod genesis;
mod known;
mod rules;
mod state;
mod steps;
mod terminals;

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::Txid;

use self::failure::Place;
pub use self::failure::{Check, Failure, Report};
pub use self::known::{Behind, Known, KnownLeaf, NothingKnown};
pub use self::rules::{Limits, Rules, SchemaPolicy};
use self::state::OpenState;
use self::steps::Carried;
pub use self::terminals::TerminalState;
use crate::codec::DecodeError;
use crate::commit::batch::Batch;
use crate::consignment::parts;
use crate::frame::{BaseEntry, BlockProof, Terminals, WitnessFrame};
use crate::header::Header;
use crate::limits::FRAME_BYTES;
pub use crate::settle::{
    ChainView, Consistent, Position, Positions, Settled, Settlement, Sought, Unresolved, Weakest,
    depth,
};
use crate::wire::Frame;
use crate::{ContractId, OperationId};

/// What a consignment that passed every check says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consignment {
    /// The contract.
    pub contract: ContractId,
    /// Its schema and genesis.
    pub header: Header,
    /// Number of transitions shown.
    pub operations: u64,
    /// Every witness shown, in the order of the frames. What lies behind the base is not among them.
    pub witnesses: Vec<Sought>,
    /// Where the sender says that they were mined: hints, not looked at here. Those that were given out
    /// before are not among them.
    pub proofs: BTreeMap<Txid, BlockProof>,
    /// What a delta builds on: the witnesses behind it must settle, too.
    pub base: Vec<BaseEntry>,
    /// What is handed over.
    pub terminals: Vec<TerminalState>,
}

/// A witness frame that passed its checks, in its explicit form. It is consistent only if the whole
/// consignment is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// The frame.
    pub frame: WitnessFrame,
    /// The ids of its transitions, in their order.
    pub ids: Vec<OperationId>,
}

/// Which frames may come next.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// Nothing but the header was read: a base frame may follow.
    Header,
    /// A base frame was read.
    Base,
    /// A witness frame was read: its block proof may follow.
    Witness,
    /// A block proof was read.
    BlockProof,
    /// The terminals were read: nothing may follow.
    Done,
}

/// Validates one consignment. Memory is bounded by one frame, the open state, the set of
/// spent outputs, the witnesses, and the block proofs that nobody took.
pub struct Validator<'a> {
    rules: Rules<'a>,
    contract: ContractId,
    header: Header,
    stage: Stage,
    /// Number of the frame that was read last; 0 is the header.
    number: u32,
    bytes: u64,
    operations: u64,
    state: OpenState,
    /// Curve checks put off; before any other failure is reported, those must have held.
    curve: Batch<Carried>,
    /// Witnesses of the frames.
    seen: BTreeSet<Txid>,
    /// What a delta builds on.
    base: Vec<BaseEntry>,
    /// What the own store knows to lie behind it.
    behind: Option<Box<dyn Behind + 'a>>,
    witnesses: Vec<Sought>,
    proofs: BTreeMap<Txid, BlockProof>,
    unsigned: Option<Report>,
    terminals: Terminals,
    failed: Option<Failure>,
}

/// What a part showed that passed its checks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shown {
    /// A witness frame.
    Frame(Box<Checked>),
    /// Where the sender says that the witness of the frame before was mined: a hint, not looked at here.
    Proof(Txid, BlockProof),
}

/// Validates a whole consignment: [`Validator`] over its parts.
///
/// # Errors
/// With the first failure in the order of PROTOCOL.md §10.2.
pub fn validate(consignment: &[u8], rules: &Rules<'_>) -> Result<Consistent<Consignment>, Failure> {
    over(parts(consignment), rules, |_, _| {})
}

/// Validates a consignment whose parts come one by one, from memory or from a file, and gives out what
/// each shows once it passed. Block proofs are given out and not kept.
///
/// # Errors
/// With the first failure in the order of PROTOCOL.md §10.2: what was given out says nothing then.
pub fn validate_parts<P: AsRef<[u8]>>(
    parts: impl IntoIterator<Item = Result<P, DecodeError>>,
    rules: &Rules<'_>,
    mut each: impl FnMut(Shown),
) -> Result<Consistent<Consignment>, Failure> {
    over(parts, rules, |validator, checked| {
        let proof = validator.take_proof();
        let proof = proof.map(|(witness, proof)| Shown::Proof(witness, proof));
        checked
            .map(|checked| Shown::Frame(Box::new(checked)))
            .into_iter()
            .chain(proof)
            .for_each(&mut each);
    })
}

fn over<P: AsRef<[u8]>>(
    parts: impl IntoIterator<Item = Result<P, DecodeError>>,
    rules: &Rules<'_>,
    mut each: impl FnMut(&mut Validator<'_>, Option<Checked>),
) -> Result<Consistent<Consignment>, Failure> {
    let place = Place::default();
    let mut parts = parts.into_iter();
    let Some(header) = parts.next() else {
        return Err(place.invalid(Check::Decode, "a header", "nothing"));
    };
    let header = header.map_err(|error| place.decode(&error))?;
    let mut validator = Validator::open(header.as_ref(), rules)?;
    for part in parts {
        let part = part.map_err(|error| validator.first(validator.next().decode(&error)))?;
        let checked = validator.frame(part.as_ref())?;
        each(&mut validator, checked);
    }
    validator.finish()
}

/// A part that no length prefix can announce is none, however it comes here.
fn check_length(part: &[u8], place: Place) -> Result<(), Failure> {
    let found = part.len();
    if (1..=FRAME_BYTES).contains(&found) {
        return Ok(());
    }
    let expected = format!("a header or frame of 1 to {FRAME_BYTES} bytes");
    Err(place.invalid(Check::Limit, expected, found))
}

impl<'a> Validator<'a> {
    /// Checks a header: the bytes of the first part of a consignment.
    ///
    /// # Errors
    /// With the first failure.
    pub fn open(header: &[u8], rules: &Rules<'a>) -> Result<Self, Failure> {
        check_length(header, Place::default())?;
        let (contract, header_object) = genesis::check(header, rules)?;
        let mut state = OpenState::default();
        state
            .leaves
            .open_genesis(&header_object.genesis, |state| state);
        let mut validator = Self {
            rules: rules.clone(),
            contract,
            header: header_object,
            stage: Stage::Header,
            number: 0,
            bytes: 0,
            operations: 0,
            state,
            curve: Batch::default(),
            seen: BTreeSet::new(),
            base: Vec::new(),
            behind: None,
            witnesses: Vec::new(),
            proofs: BTreeMap::new(),
            unsigned: None,
            terminals: Terminals::default(),
            failed: None,
        };
        validator.count_bytes(header)?;
        validator.check_leaves()?;
        Ok(validator)
    }

    /// Checks a frame: the bytes of the next part. Gives a witness frame back. After a failure every call
    /// repeats it.
    ///
    /// # Errors
    /// With the first failure. Checks on the curve are put off: that of this frame may be reported
    /// by a later call or by [`Validator::finish`].
    pub fn frame(&mut self, frame: &[u8]) -> Result<Option<Checked>, Failure> {
        if let Some(failure) = &self.failed {
            return Err(failure.clone());
        }
        let result = self.checked(frame).map_err(|failure| self.first(failure));
        if let Err(failure) = &result {
            self.failed = Some(failure.clone());
        }
        result
    }

    fn checked(&mut self, frame: &[u8]) -> Result<Option<Checked>, Failure> {
        self.number = self.number.saturating_add(1);
        check_length(frame, self.place())?;
        self.count_bytes(frame)?;
        let checked = self.step(frame)?;
        self.check_leaves()?;
        Ok(checked)
    }

    /// The block proof of a witness, if the last part was one, which is not kept then.
    pub fn take_proof(&mut self) -> Option<(Txid, BlockProof)> {
        self.proofs.pop_first()
    }

    /// Checks the terminals and gives the verdict.
    ///
    /// # Errors
    /// With the first failure.
    pub fn finish(mut self) -> Result<Consistent<Consignment>, Failure> {
        if let Some(failure) = self.failed {
            return Err(failure);
        }
        self.flush()?;
        if self.stage != Stage::Done {
            let place = self.next();
            return Err(place.invalid(Check::Decode, "a terminals frame at the end", "none"));
        }
        let terminals = self.check_terminals()?;
        if let Some(report) = self.unsigned {
            return Err(Failure::Unsigned(report));
        }
        Ok(Consistent::new(Consignment {
            contract: self.contract,
            header: self.header,
            operations: self.operations,
            witnesses: self.witnesses,
            proofs: self.proofs,
            base: self.base,
            terminals,
        }))
    }

    /// A failure, or that of a curve check before it that was put off.
    fn first(&mut self, failure: Failure) -> Failure {
        self.flush().err().unwrap_or(failure)
    }

    /// Does the curve checks that were put off.
    fn flush(&mut self) -> Result<(), Failure> {
        let flushed = self.curve.flush();
        flushed.map_err(|(carried, error)| carried.failure(&error.into()))
    }

    /// The frame that was read last.
    const fn place(&self) -> Place {
        Place::frame(self.number)
    }

    /// The frame that is missing, or cannot be read.
    const fn next(&self) -> Place {
        Place::frame(self.number.saturating_add(1))
    }

    fn count_bytes(&mut self, part: &[u8]) -> Result<(), Failure> {
        self.bytes = self
            .bytes
            .saturating_add(part.len() as u64)
            .saturating_add(3);
        let limit = self.rules.limits.bytes;
        if self.bytes > limit {
            let place = self.place();
            let expected = format!("at most {limit} bytes, the limit of this machine");
            return Err(place.unresolved(Check::Limit, expected, "a larger consignment"));
        }
        Ok(())
    }

    fn check_leaves(&self) -> Result<(), Failure> {
        let (limit, found) = (self.rules.limits.leaves, self.state.leaves.len());
        if found as u64 <= limit {
            return Ok(());
        }
        let expected = format!("at most {limit} open leaves, the limit of this machine");
        Err(self.place().unresolved(Check::Limit, expected, found))
    }

    fn step(&mut self, bytes: &[u8]) -> Result<Option<Checked>, Failure> {
        let place = self.place();
        if self.stage == Stage::Done {
            return Err(place.invalid(Check::Decode, "nothing after the terminals", "a frame"));
        }
        match Frame::decode(bytes).map_err(|error| place.decode(&error))? {
            Frame::Witness(frame) => {
                let checked = self.witness_frame(*frame)?;
                self.stage = Stage::Witness;
                return Ok(Some(checked));
            }
            Frame::BlockProof(proof) if self.stage == Stage::Witness => {
                let witness = self.witnesses.last().map(|witness| witness.txid);
                self.proofs.extend(witness.map(|txid| (txid, proof)));
                self.stage = Stage::BlockProof;
            }
            Frame::BlockProof(_) => {
                let expected = "a block proof right after the frame of its witness";
                return Err(place.invalid(Check::Order, expected, "one elsewhere"));
            }
            Frame::Base(base) if self.stage == Stage::Header => {
                self.base(base)?;
                self.stage = Stage::Base;
            }
            Frame::Base(_) => {
                let expected = "a base frame right after the header";
                return Err(place.invalid(Check::Order, expected, "one elsewhere"));
            }
            Frame::Terminals(terminals) => {
                self.terminals = terminals;
                self.stage = Stage::Done;
            }
        }
        Ok(None)
    }
}
