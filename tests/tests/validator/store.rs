//! The wallet's real store answers the validator as the model does, and what it accepts piece by piece
//! it knows as if it had been one.

use std::collections::BTreeSet;

use bulla_core::frame::{Base, BaseEntry, Frame, Terminal};
use bulla_core::operation::Input;
use bulla_core::seal::Seal;
use bulla_core::state::State;
use bulla_core::validator::{Check, Consignment, Failure, Rules, validate};
use bulla_tests::kit::make::{at, blinding, coin, on, spend};
use bulla_tests::kit::{Consignment as Shown, Draft, History, Receiver, Store, View, rules};
use bulla_wallet::Error;
use bulla_wallet::chain::Position;
use bulla_wallet::transfer::error::TransferError;
use proptest::prelude::*;

/// Why there is no content.
#[derive(PartialEq, Debug)]
enum Refused {
    For(Box<Failure>),
    /// The operations that are not known.
    Missing(BTreeSet<String>),
}

/// What the model says.
fn model(bytes: &[u8], store: &Store) -> Result<Consignment, Refused> {
    let rules = Rules {
        known: store,
        ..rules()
    };
    let found = validate(bytes, &rules).map(|found| found.get().clone());
    found.map_err(|failure| match missing(&failure) {
        missing if missing.is_empty() => Refused::For(Box::new(failure)),
        missing => Refused::Missing(missing),
    })
}

fn missing(failure: &Failure) -> BTreeSet<String> {
    let report = failure.report();
    match report.check {
        Check::BaseMissing => report.found.split(' ').map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    }
}

/// What the wallet says.
fn wallet(bytes: &[u8], receiver: &Receiver) -> Result<Consignment, Refused> {
    let error = match receiver.wallet.validate(bytes) {
        Ok(found) => return Ok(found.get().clone()),
        Err(error) => error,
    };
    let missing = error.missing().iter().map(ToString::to_string).collect();
    let Error::Transfer(cause) = error else {
        panic!("the store failed: {error}");
    };
    Err(match *cause {
        TransferError::Refused(failure) => Refused::For(failure),
        TransferError::BaseMissing { .. } => Refused::Missing(missing),
        other => panic!("{other}"),
    })
}

/// Requires that wallet and model say the same, and gives whether it is yes.
pub(super) fn assert_same(bytes: &[u8], store: &Store, receiver: &Receiver) -> bool {
    let expected = model(bytes, store);
    assert_eq!(wallet(bytes, receiver), expected);
    expected.is_ok()
}

/// A history that grows at random, and what is open of it.
pub(super) struct Growing {
    pub(super) receiver: Receiver,
    pub(super) open: Vec<(Input, u64)>,
    /// Whether what it does is mined.
    pub(super) mined: bool,
}

/// How many leaves a transfer takes, how many it gives, and whether onto coins that are there already.
pub(super) type Move = (usize, u64, bool);

impl Growing {
    pub(super) fn new() -> Self {
        let history = History::fixed_among(&[10_000; 3]);
        let open = (0..3).map(|n| (history.seed(n), 10_000)).collect();
        let receiver = Receiver::of(history);
        Self {
            receiver,
            open,
            mined: true,
        }
    }

    pub(super) fn take(&mut self, takes: usize, gives: u64) -> (Vec<Input>, Vec<u64>) {
        let taken: Vec<_> = self.open.drain(..takes.min(self.open.len())).collect();
        let sum: u64 = taken.iter().map(|(_, amount)| amount).sum();
        let mut amounts = vec![sum / gives; usize::try_from(gives).unwrap()];
        amounts[0] += sum % gives;
        (taken.into_iter().map(|(input, _)| input).collect(), amounts)
    }

    fn opened(&mut self, frame: usize, amounts: &[u64], skip: usize) {
        let history = &self.receiver.history;
        let leaves = (0..).map(|index| history.leaf(frame, index));
        let leaves = leaves.zip(amounts.iter().copied()).skip(skip);
        self.open.extend(leaves.filter(|(_, amount)| *amount > 0));
        if self.mined {
            self.receiver.mine(frame);
        }
    }

    fn transfer(&mut self, (takes, gives, elsewhere): Move) {
        let (inputs, amounts) = self.take(takes, gives);
        let history = &mut self.receiver.history;
        let frames = u32::try_from(history.drafts().len()).unwrap();
        let place = |n: u32| {
            if elsewhere {
                on(coin(1_000 + 10 * frames + n))
            } else {
                at(n + 1)
            }
        };
        let assignments: Vec<_> = (0..)
            .zip(&amounts)
            .map(|(n, amount)| (0, State::Amount(*amount), place(n)))
            .collect();
        let act = history.act("transfer", &inputs, &assignments);
        let frame = history.push(history.draft(vec![act]));
        self.opened(frame, &amounts, 0);
    }

    /// A transfer that pays the wallet 1 and more; its leaf stays where it is.
    fn pay(&mut self) -> Input {
        let (inputs, amounts) = self.take(1, 2);
        let draft = self.receiver.payment(&inputs, &amounts);
        let frame = self.receiver.history.push(draft);
        self.opened(frame, &amounts, 1);
        self.receiver.history.leaf(frame, 0)
    }

    pub(super) fn grow(&mut self, moves: &[Move]) {
        for one in moves {
            self.transfer(*one);
        }
        self.pay();
    }

    pub(super) fn known(&self) -> usize {
        self.receiver.history.drafts().len()
    }
}

/// A base that says something else in one place.
fn bases(history: &History, known: usize) -> Vec<Vec<BaseEntry>> {
    let base = history.base(known);
    let mut changed = Vec::new();
    for n in 0..base.len() {
        let mut change = |change: &dyn Fn(&mut BaseEntry)| {
            let mut base = base.clone();
            change(&mut base[n]);
            changed.push(base);
        };
        change(&|entry| entry.seal = None);
        change(&|entry| entry.leaf.index += 7);
        change(&|entry| entry.witness = history.txid(0));
        change(&|entry| {
            let blinding = blinding(7);
            entry.seal = Some(Seal::Witness { vout: 1, blinding });
        });
        let mut without = base.clone();
        without.remove(n);
        changed.push(without);
    }
    changed
}

/// Deltas that are wrong in one place, or right.
pub(super) fn deltas(history: &History, known: usize) -> Vec<Vec<u8>> {
    let delta = history.delta(known);
    let mut all = vec![delta.encode()];
    for base in bases(history, known) {
        let mut changed = delta.clone();
        match Base::new(base) {
            Ok(base) => changed.frames[0] = Frame::Base(base),
            Err(_) => {
                changed.frames.remove(0);
            }
        }
        all.push(changed.encode());
    }
    let whole = history.consignment(View::Leaves);
    for frame in 0..known {
        let mut again: Shown = delta.clone();
        again.frames.insert(1, whole.frames[frame].clone());
        all.push(again.encode());
    }
    for entry in history.base(known) {
        for (_, leaf, _) in history.leaves() {
            let mut late = delta.clone();
            late.frames.truncate(1);
            late.frames.push(whole.frames.last().unwrap().clone());
            late.frames[0] = Frame::Base(Base::new([entry]).unwrap());
            late.header.genesis = history.genesis().clone();
            late.hand_over([Terminal::Leaf(leaf)]);
            all.push(late.encode());
        }
    }
    all
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec((1_usize..4, 1_u64..4, any::<bool>()), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn incremental_is_full_through_the_store(
        first in moves(), then in prop::collection::vec(moves(), 1..4),
    ) {
        let mut growing = Growing::new();
        growing.grow(&first);
        let whole = growing.receiver.history.encode();
        growing.receiver.accept(&whole).unwrap();
        for (n, moves) in (2..).zip(then) {
            let known = growing.known();
            growing.grow(&moves);
            let history = growing.receiver.history.clone();
            if history.base(known).is_empty() {
                return Ok(());
            }
            let store = Store::of(&history, known);
            for bytes in deltas(&history, known) {
                assert_same(&bytes, &store, &growing.receiver);
            }
            let delta = history.delta(known).encode();
            growing.receiver.accept(&delta).unwrap();
            let paid = growing.receiver.wallet.invoices().unwrap();
            prop_assert_eq!(paid.iter().filter(|invoice| !invoice.received.is_empty()).count(), n);
        }
        // As if all of it had come at once.
        let amounts = growing.receiver.amounts();
        prop_assert!(amounts.0 > 0 && amounts.1 == 0);
        let whole = growing.receiver.history.encode();
        let received = growing.receiver.accept(&whole).unwrap();
        prop_assert!(received.already_known);
        prop_assert_eq!(growing.receiver.amounts(), amounts);
    }
}

#[test]
fn a_delta_on_what_is_not_known_names_it_and_stores_nothing() {
    let mut growing = Growing::new();
    growing.grow(&[]);
    let known = growing.known();
    growing.grow(&[(3, 2, false)]);
    let delta = growing.receiver.history.delta(known).encode();
    let error = growing.receiver.accept(&delta).unwrap_err();
    assert_eq!(error.code(), "base-missing");
    let expected: Vec<_> = growing.receiver.history.base(known);
    let expected: BTreeSet<_> = expected.iter().map(|entry| entry.leaf.operation).collect();
    assert_eq!(error.missing(), expected.into_iter().collect::<Vec<_>>());
    assert!(growing.receiver.wallet.assets().unwrap().is_empty());
    // The whole is taken.
    let whole = growing.receiver.history.encode();
    growing.receiver.accept(&whole).unwrap();
}

#[test]
fn a_replaced_witness_lies_behind_nothing_that_builds_on_its_replacement() {
    let mut growing = Growing::new();
    growing.mined = false;
    growing.grow(&[]);
    let receiver = &mut growing.receiver;
    let known = receiver.history.drafts().len();
    let mut replaced = receiver.history.clone();
    replaced.edit(0, |draft| draft.transaction.input.push(spend(coin(77))));
    assert_eq!(replaced.id(0), receiver.history.id(0));
    receiver.accept(&replaced.encode()).unwrap();
    receiver.accept(&receiver.history.encode()).unwrap();
    let store = Store::of(&replaced, known).then(Store::of(&receiver.history, known));
    // What comes next spends the coin that only the replaced one spent.
    let mut accepted = Vec::new();
    for history in [&receiver.history, &replaced] {
        let mut history = history.clone();
        let act = history.act(
            "transfer",
            &[history.leaf(0, 1)],
            &[(0, State::Amount(5_000), at(1))],
        );
        let draft = history.draft(vec![act]);
        let mut transaction = draft.transaction.clone();
        transaction.input.push(spend(coin(77)));
        history.push(Draft {
            transaction,
            ..draft
        });
        let delta = history.delta(known).encode();
        accepted.push(assert_same(&delta, &store, receiver));
    }
    assert_eq!(accepted, [true, false]);
}

#[test]
fn a_delta_on_a_conflicted_history_is_refused_and_on_a_mined_one_settled() {
    let mut growing = Growing::new();
    growing.mined = false;
    growing.grow(&[]);
    let whole = growing.receiver.history.encode();
    growing.receiver.accept(&whole).unwrap();
    let known = growing.known();
    growing.grow(&[(3, 2, false)]);
    let receiver = &mut growing.receiver;
    let delta = receiver.history.delta(known).encode();
    let txids: Vec<_> = (0..3).map(|frame| receiver.history.txid(frame)).collect();
    let by = Position::Conflicted { by: None };
    receiver.chain.unmined.insert(txids[0], by);
    let error = receiver.accept(&delta).unwrap_err();
    assert_eq!(error.code(), "conflicted");
    receiver.chain.unmined.insert(txids[0], Position::Mempool);
    receiver.chain.mine(&txids[1..]);
    let received = receiver.accept(&delta).unwrap();
    // No deeper than the weakest witness of the base.
    assert_eq!(received.confirmations, 0);
    receiver.chain.mine(&txids[..1]);
    receiver.chain.mine(&[]);
    assert_eq!(receiver.accept(&delta).unwrap().confirmations, 2);
}
