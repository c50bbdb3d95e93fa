//! Random histories of the lab contract, all of them good.
//!
//! Whoever asks brings the choices, so that the same choices give the same history.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::OutPoint;
use bitcoin::absolute::LockTime;
use bitcoin::taproot::LeafVersion;
use bulla_core::OperationId;
use bulla_core::commit::tapret::Partner;
use bulla_core::frame::Terminal;
use bulla_core::operation::Input;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;

use super::draft::{Act, Carry, Draft};
use super::history::{History, leaf};
use super::make::{Assignment, at, bytes, coin, number, on, p2wpkh, pay, token, values};

/// Numbers, used one after the other, and again from the first.
#[derive(Clone, Debug)]
pub struct Choices {
    numbers: Vec<u32>,
    next: usize,
}

impl Choices {
    /// Out of these numbers.
    pub fn new(numbers: impl IntoIterator<Item = u32>) -> Self {
        let numbers: Vec<_> = numbers.into_iter().chain([0]).collect();
        Self { numbers, next: 0 }
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        let number = self.numbers[self.next % self.numbers.len()];
        let turn = self.next / self.numbers.len();
        self.next += 1;
        (number as usize).wrapping_add(turn.wrapping_mul(7)) % n.max(1)
    }

    /// Once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What is open, by the output that holds it.
type Open = BTreeMap<OutPoint, Vec<(Input, State)>>;

/// A lab history of this many witnesses, or fewer if nothing is left to move.
pub fn history(choices: &mut Choices, witnesses: usize) -> History {
    let mut history = History::lab();
    let mut open = held(&history);
    for _ in 0..witnesses {
        if open.is_empty() {
            break;
        }
        let acts = acts(&mut history, &mut open, choices);
        let draft = dress(history.draft(acts), choices);
        history.push(draft);
        open = held(&history);
    }
    history
}

/// Every leaf that a later witness may consume.
fn held(history: &History) -> Open {
    let spent: BTreeSet<OutPoint> = history
        .drafts()
        .iter()
        .flat_map(|draft| &draft.transaction.input)
        .map(|input| input.previous_output)
        .collect();
    let mut open = Open::new();
    for (frame, input, shown) in history.leaves() {
        let hidden = frame.is_some_and(|frame| !is_shown(history, frame, input.operation));
        if hidden || shown.state == State::Amount(0) {
            continue;
        }
        if let Some(outpoint) = history.outpoint(&input).filter(|out| !spent.contains(out)) {
            open.entry(outpoint).or_default().push((input, shown.state));
        }
    }
    open
}

fn is_shown(history: &History, frame: usize, operation: OperationId) -> bool {
    let acts = history.drafts()[frame].acts.iter();
    let mut ids = acts.zip(&history.anchored(frame).ids);
    ids.any(|(act, id)| *id == operation && act.shown)
}

/// Acts that consume everything on some outputs, and perhaps one that is not shown.
fn acts(history: &mut History, open: &mut Open, choices: &mut Choices) -> Vec<Act> {
    let mut taken = Vec::new();
    for _ in 0..=choices.below(3) {
        let outputs: Vec<_> = open.keys().copied().collect();
        if let Some(outpoint) = outputs.get(choices.below(outputs.len())) {
            taken.extend(open.remove(outpoint).unwrap_or_default());
        }
    }
    let mut parts = vec![Vec::new(); 1 + choices.below(3)];
    for one in taken {
        let part = choices.below(parts.len());
        parts[part].push(one);
    }
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    let mut next_vout = 1;
    let mut acts: Vec<_> = parts
        .map(|part| act(history, &part, choices, &mut next_vout))
        .collect();
    if choices.once_in(3) {
        let foreign = OperationId::from_bytes(bytes(&format!("foreign {}", choices.below(99))));
        let mut hidden = history.act("transfer", &[leaf(foreign, 0, 0)], &[]);
        hidden.shown = false;
        acts.push(hidden);
    }
    acts
}

fn act(history: &History, part: &[(Input, State)], choices: &mut Choices, vout: &mut u32) -> Act {
    let inputs: Vec<_> = part.iter().map(|(input, _)| *input).collect();
    let only = |ty| inputs.iter().all(|input| input.owned_type == ty);
    let sum = |ty: u16| -> u64 {
        let of = part.iter().filter(|(input, _)| input.owned_type == ty);
        of.map(|(_, state)| state.amount()).sum()
    };
    let of_assets = ["transfer", "burn", "vouch", "wait"][choices.below(4)];
    let mut seal = || seal(choices.below(6), vout);
    let mut list = Vec::new();
    let (mut kind, mut burned) = ("transfer", 0);
    if only(1) && sum(1) > 1 {
        kind = "issue";
        list.extend([
            (0, State::Amount(1), seal()),
            (1, State::Amount(sum(1) - 1), seal()),
        ]);
    } else if only(0) {
        kind = of_assets;
        burned = if kind == "burn" {
            sum(0).div_ceil(2)
        } else {
            0
        };
        list.extend(split(0, sum(0) - burned, &mut seal));
    } else {
        list.extend(split(0, sum(0), &mut seal));
        list.extend(split(1, sum(1), &mut seal));
        for (input, state) in part {
            match state {
                State::Amount(_) => {}
                State::Token(whole) if whole.fraction > 1 => {
                    list.push((
                        input.owned_type,
                        token(whole.id, whole.fraction - 1),
                        seal(),
                    ));
                    list.push((input.owned_type, token(whole.id, 1), seal()));
                }
                state => list.push((input.owned_type, state.clone(), seal())),
            }
        }
    }
    let mut act = history.act(kind, &inputs, &list);
    match kind {
        "burn" => act.transition.metadata = values(&[(0, number(burned))]),
        "vouch" => act.signers = vec![0, 2],
        _ => {}
    }
    act
}

/// A sum in up to three parts, one of them perhaps nothing.
fn split(ty: u16, sum: u64, seal: &mut impl FnMut() -> AssignedSeal) -> Vec<Assignment> {
    if sum == 0 {
        return Vec::new();
    }
    let parts = [sum / 3, sum / 2 - sum / 3, sum - sum / 2];
    parts
        .map(|amount| (ty, State::Amount(amount), seal()))
        .into()
}

/// A seal that nothing else has: of the witness, of a coin, or secret; or over an output that
/// another leaf has as well.
fn seal(form: usize, vout: &mut u32) -> AssignedSeal {
    *vout += 1;
    match form {
        0 => AssignedSeal::Secret(on(coin(5_000 + *vout)).conceal()),
        1 => on(coin(6_000 + *vout)),
        2 if *vout > 2 => at(*vout - 1),
        _ => at(*vout),
    }
}

/// How the witness carries its commitment, beside how many other contracts.
fn dress(draft: Draft, choices: &mut Choices) -> Draft {
    let carry = match choices.below(5) {
        0 | 1 => Carry::Opret,
        2 => Carry::Tapret(None),
        3 => Carry::Tapret(Some(Partner::LeftNode([1; 32]))),
        _ => Carry::Tapret(Some(Partner::RightLeaf {
            version: LeafVersion::TapScript,
            script: vec![0x51],
        })),
    };
    let count = choices.below(4);
    let others = (0..count).map(|n| (bytes(&format!("other {n}")), bytes("its bundle")));
    let mut transaction = draft.transaction.clone();
    transaction.lock_time = LockTime::from_consensus(100);
    transaction.output.resize(100, pay(p2wpkh()));
    Draft {
        carry,
        others: others.collect(),
        path: choices.once_in(2),
        transaction,
        ..draft
    }
}

impl History {
    /// Terminals for what is open and not on a spent output, and for acts that have nothing else.
    pub fn fair_terminals(&self) -> Vec<Terminal> {
        let open: BTreeSet<Input> = held(self)
            .into_values()
            .flatten()
            .map(|(input, _)| input)
            .collect();
        let mut terminals = BTreeSet::new();
        for (frame, draft) in self.drafts().iter().enumerate() {
            for (act, id) in draft.acts.iter().zip(&self.anchored(frame).ids) {
                if act.shown {
                    let own = open.range(leaf(*id, 0, 0)..=leaf(*id, u16::MAX, u32::MAX));
                    terminals.extend(own.map(|input| Terminal::Leaf(*input)));
                    terminals.insert(Terminal::Evidence(*id));
                }
            }
        }
        terminals.into_iter().collect()
    }
}
