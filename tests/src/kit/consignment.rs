//! A consignment as its sender shows it: concrete frames to tamper with, then bytes.

use std::collections::BTreeSet;

use amplify::confinement::Confined;
use bulla_core::consignment::{Writer, parts};
use bulla_core::frame::{Base, BaseEntry, Frame, Terminal, Terminals, WitnessFrame};
use bulla_core::header::Header;
use bulla_core::operation::Input;
use bulla_core::outputs::{Leaf, Leaves, Outputs};
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::{ContractId, OperationId, wire};

use super::history::{History, leaf};

/// How much a sender shows.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum View {
    /// Every leaf, but only the seals that are closed or handed over.
    Leaves,
    /// Only the leaves that are closed or handed over.
    Narrow,
    /// Every leaf with its seal.
    Everything,
}

/// A header and frames.
#[derive(Clone, Debug)]
pub struct Consignment {
    /// The header.
    pub header: Header,
    /// The frames, the terminals last.
    pub frames: Vec<Frame>,
}

impl Consignment {
    /// Its bytes, whether or not they make sense.
    pub fn encode(&self) -> Vec<u8> {
        join(self.parts())
    }

    /// Its bytes with those of one frame changed.
    pub fn encode_with(&self, frame: usize, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut parts = self.parts();
        change(&mut parts[frame + 1]);
        join(parts)
    }

    /// The bytes of the header and of each frame.
    pub fn parts(&self) -> Vec<Vec<u8>> {
        let mut writer = Writer::new(&self.header).expect("a small header");
        let (last, frames) = self.frames.split_last().expect("a frame");
        for frame in frames {
            writer.frame(frame).expect("a small frame");
        }
        let last = match last {
            Frame::Terminals(terminals) => writer.finish(terminals.clone()),
            other => {
                writer.frame(other).expect("a small frame");
                writer.finish(Terminals::default())
            }
        };
        let bytes = last.expect("few terminals");
        let parts = parts(&bytes).take(self.frames.len() + 1);
        parts.map(|part| part.expect("a part").to_vec()).collect()
    }

    /// The bytes with the wire form of a witness frame changed, by its number among all frames.
    pub fn encode_wire(
        &self,
        frame: usize,
        change: impl FnOnce(&mut wire::WitnessFrame),
    ) -> Vec<u8> {
        self.encode_with(frame, |bytes| match wire::Frame::decode(bytes) {
            Ok(wire::Frame::Witness(mut wire)) => {
                change(&mut wire);
                *bytes = wire::Frame::Witness(wire).encode();
            }
            other => panic!("frame {frame} is no witness frame but {other:?}"),
        })
    }

    /// Changes the witness frame with this number among all frames.
    pub fn tamper(&mut self, frame: usize, change: impl FnOnce(&mut WitnessFrame)) {
        match &mut self.frames[frame] {
            Frame::Witness(frame) => change(frame),
            other => panic!("frame {frame} is no witness frame but {other:?}"),
        }
    }

    /// Replaces the terminals.
    pub fn hand_over(&mut self, terminals: impl IntoIterator<Item = Terminal>) {
        let terminals = Terminals::new(terminals).expect("few terminals");
        *self.frames.last_mut().expect("terminals are there") = Frame::Terminals(terminals);
    }

    /// The terminals.
    pub fn terminals(&self) -> Vec<Terminal> {
        match self.frames.last() {
            Some(Frame::Terminals(terminals)) => terminals.0.to_vec(),
            other => panic!("the last frame is {other:?}"),
        }
    }
}

/// Puts bytes in the place of others that must be there exactly once.
pub fn swap(bytes: &mut Vec<u8>, old: &[u8], new: &[u8]) {
    let places: Vec<_> = (0..=bytes.len().saturating_sub(old.len()))
        .filter(|at| bytes[*at..].starts_with(old))
        .collect();
    assert_eq!(places.len(), 1, "the bytes to swap stand there once");
    bytes.splice(places[0]..places[0] + old.len(), new.iter().copied());
}

/// A stream of parts, each with its length in three bytes before it.
pub fn join(parts: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        let [a, b, c, _] = u32::try_from(part.len())
            .expect("a small part")
            .to_le_bytes();
        bytes.extend([a, b, c]);
        bytes.extend(part);
    }
    bytes
}

impl History {
    /// The bytes of the whole history in the usual view.
    pub fn encode(&self) -> Vec<u8> {
        self.consignment(View::Leaves).encode()
    }

    /// The whole history, every open leaf handed over.
    pub fn consignment(&self, view: View) -> Consignment {
        self.consign(0, view, self.open(0))
    }

    /// The whole history, one leaf handed over.
    pub fn handing_over(&self, leaf: Input) -> Consignment {
        self.consign(0, View::Leaves, vec![Terminal::Leaf(leaf)])
    }

    /// What builds on the first `known` frames: a delta for who knows those.
    pub fn delta(&self, known: usize) -> Consignment {
        self.delta_of(known, self.open(known))
    }

    /// A delta of one leaf.
    pub fn delta_handing_over(&self, known: usize, leaf: Input) -> Consignment {
        self.delta_of(known, vec![Terminal::Leaf(leaf)])
    }

    fn delta_of(&self, known: usize, terminals: Vec<Terminal>) -> Consignment {
        let mut consignment = self.consign(known, View::Leaves, terminals);
        let base = Base::new(self.base(known)).expect("a delta builds on something");
        consignment.frames.insert(0, Frame::Base(base));
        consignment
    }

    /// The leaves of the first `known` frames that later ones consume.
    pub fn base(&self, known: usize) -> Vec<BaseEntry> {
        let consumed = self.consumed(known).into_iter();
        let frame = |leaf: &Input| self.find(leaf)?.0.filter(|frame| *frame < known);
        consumed
            .filter_map(|leaf| Some(self.entry(frame(&leaf)?, leaf)))
            .collect()
    }

    /// An entry of a base over a leaf of this frame, with its seal where that is known.
    pub fn entry(&self, frame: usize, leaf: Input) -> BaseEntry {
        let seal = match self.find(&leaf).expect("a leaf of this history").1.seal {
            AssignedSeal::Revealed(seal) => Some(seal),
            AssignedSeal::Secret(_) => None,
        };
        BaseEntry {
            leaf,
            witness: self.txid(frame),
            seal,
        }
    }

    fn consign(&self, from: usize, view: View, terminals: Vec<Terminal>) -> Consignment {
        let mut needed = self.consumed(from);
        needed.extend(terminals.iter().filter_map(|terminal| match terminal {
            Terminal::Leaf(input) => Some(*input),
            Terminal::Evidence(_) => None,
        }));
        let mut genesis = self.genesis().clone();
        let id = genesis.contract_id().into();
        genesis.outputs = narrow(id, &genesis.outputs, view, &needed);
        let header = Header::new(self.schema.clone(), genesis);
        let mut frames: Vec<_> = (from..self.drafts().len())
            .map(|frame| self.frame(frame, view, &needed))
            .collect();
        frames.push(Frame::Terminals(
            Terminals::new(terminals).expect("few terminals"),
        ));
        Consignment { header, frames }
    }

    fn frame(&self, frame: usize, view: View, needed: &BTreeSet<Input>) -> Frame {
        let mut shown = self.drafts()[frame].frame(self.anchored(frame));
        let mut transitions = shown.transitions.release();
        for signed in &mut transitions {
            let id = signed.transition.id();
            signed.transition.outputs = narrow(id, &signed.transition.outputs, view, needed);
        }
        shown.transitions = Confined::try_from(transitions).expect("as many as before");
        Frame::Witness(Box::new(shown))
    }

    /// What the shown acts of these frames consume.
    fn consumed(&self, from: usize) -> BTreeSet<Input> {
        let acts = self
            .drafts()
            .iter()
            .skip(from)
            .flat_map(|draft| &draft.acts);
        let shown = acts.filter(|act| act.shown);
        shown
            .flat_map(|act| act.transition.inputs.iter().copied())
            .collect()
    }

    /// The open leaves of shown acts, and the acts that have none and that nothing builds on.
    fn open(&self, from: usize) -> Vec<Terminal> {
        let consumed = self.consumed(from);
        let mut terminals = Vec::new();
        for (frame, draft) in self.drafts().iter().enumerate().skip(from) {
            let acts = draft.acts.iter().zip(&self.anchored(frame).ids);
            for (act, id) in acts.filter(|(act, _)| act.shown) {
                let leaves: Vec<_> = act
                    .transition
                    .outputs
                    .shown()
                    .filter(|(_, shown)| shown.state != State::Amount(0))
                    .map(|(ty, shown)| leaf(*id, ty, shown.index))
                    .collect();
                let open = leaves.iter().filter(|leaf| !consumed.contains(leaf));
                terminals.extend(open.map(|leaf| Terminal::Leaf(*leaf)));
                if leaves.is_empty() {
                    terminals.push(Terminal::Evidence(*id));
                }
            }
        }
        terminals
    }
}

/// Conceals and prunes what need not be shown.
fn narrow(operation: OperationId, of: &Outputs, view: View, needed: &BTreeSet<Input>) -> Outputs {
    let needs = |ty, index| needed.contains(&leaf(operation, ty, index));
    let concealed = of.with_seals(|ty, index, seal| match seal {
        AssignedSeal::Revealed(seal) if needs(ty, index) => Some(*seal),
        AssignedSeal::Revealed(_) | AssignedSeal::Secret(_) => None,
    });
    match view {
        View::Everything => of.clone(),
        View::Leaves => concealed,
        View::Narrow => concealed.pruned(needs),
    }
}

/// The shown amounts of a list, to change and make a list of again.
pub fn amounts(leaves: &Leaves) -> Vec<Leaf<u64>> {
    match leaves {
        Leaves::Amount(amounts) => amounts.leaves().to_vec(),
        other => panic!("not a whole list of amounts: {other:?}"),
    }
}

/// The contract of a consignment.
pub fn contract(consignment: &Consignment) -> ContractId {
    consignment.header.genesis.contract_id()
}
