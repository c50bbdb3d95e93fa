//! Holdings of one type in parts, each of which fits one transition: a coin can hold more leaves than a
//! transition may have, and more than 64 bits of what its contract issues twice.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use bulla_core::ContractId;
use bulla_core::state::{State, Token};

use super::asks::AssetPayment;
use super::moves::Leaf;
use super::needs::{Kind, kind_of, quantity};
use super::{Holding, Move, PlanError};

/// What one transition moves.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub held: Vec<&'a Holding>,
    pub paid: Vec<Leaf>,
    pub stays: Vec<Leaf>,
}

impl Part<'_> {
    fn outputs(&self) -> usize {
        self.paid.len() + self.stays.len()
    }
}

/// One type of one contract, and what a transition can move of it.
#[derive(Copy, Clone, Debug)]
pub(super) struct Splitter {
    pub contract: ContractId,
    pub owned_type: u16,
    pub found: Move,
}

impl Splitter {
    /// Parts of all that is held: payments come first, the rest stays. Nothing but a payment can fail.
    pub fn split<'a>(
        self,
        held: &[&'a Holding],
        payments: &[&AssetPayment],
    ) -> Result<Vec<Part<'a>>, PlanError> {
        let mut kinds: BTreeMap<Kind, (Vec<&Holding>, Vec<&AssetPayment>)> = BTreeMap::new();
        for holding in held {
            kinds.entry(kind_of(holding)).or_default().0.push(holding);
        }
        for payment in payments {
            let kind = Kind::of(self.owned_type, &payment.state);
            kinds.entry(kind).or_default().1.push(payment);
        }
        let mut parts = Vec::new();
        for (kind, (held, payments)) in kinds {
            let counted = |held: &&Holding| matches!(held.state, State::Right | State::Data(_));
            let of_kind = if held.first().is_some_and(counted) {
                self.counted(&held, &payments)?
            } else {
                self.valued(held, &payments)?
            };
            parts.extend(of_kind.into_iter().map(|part| (kind, part)));
        }
        Ok(self.together(parts))
    }

    /// Leaves that nothing adds up: as many come out as go in.
    fn counted<'a>(
        self,
        held: &[&'a Holding],
        payments: &[&AssetPayment],
    ) -> Result<Vec<Part<'a>>, PlanError> {
        if payments.len() > held.len() {
            let contract = self.contract;
            return Err(PlanError::NotTogether { contract });
        }
        let each = self.found.max_inputs.min(self.found.max_outputs);
        let each = usize::try_from(each).unwrap_or(usize::MAX);
        let mut paid = payments.iter().map(|payment| paid_leaf(payment));
        let parts = held.chunks(each.max(1)).map(|held| {
            let paid: Vec<_> = paid.by_ref().take(held.len()).collect();
            let kept = held.iter().skip(paid.len());
            Part {
                held: held.to_vec(),
                stays: kept.map(|held| self.stays(held.state.clone())).collect(),
                paid,
            }
        });
        Ok(parts.collect())
    }

    /// Amounts, or fractions of one token: those of a part become one leaf. All payments are in one
    /// part, which takes as much along as it can.
    fn valued<'a>(
        self,
        mut held: Vec<&'a Holding>,
        payments: &[&AssetPayment],
    ) -> Result<Vec<Part<'a>>, PlanError> {
        held.sort_by_key(|held| (Reverse(quantity(&held.state)), held.leaf));
        let mut sums = Vec::new();
        let mut open = Sum::default();
        if !payments.is_empty() {
            let all = held.len();
            held.retain(|held| !open.takes(held, self.found.max_inputs));
            self.check_pays(&open, all, payments)?;
            sums.push((std::mem::take(&mut open), payments));
        }
        for holding in held {
            if !open.takes(holding, self.found.max_inputs) {
                let mut next = Sum::default();
                next.takes(holding, self.found.max_inputs);
                sums.push((std::mem::replace(&mut open, next), &[]));
            }
        }
        if !open.held.is_empty() {
            sums.push((open, &[]));
        }
        let sums = sums.into_iter();
        Ok(sums.map(|(sum, paid)| self.part(sum, paid)).collect())
    }

    /// That one transition can make these payments of `paying`, out of `all` that is held.
    fn check_pays(
        self,
        paying: &Sum<'_>,
        all: usize,
        payments: &[&AssetPayment],
    ) -> Result<(), PlanError> {
        let contract = self.contract;
        let too_many = |what, found, allowed| PlanError::TooMany {
            contract,
            what,
            found,
            allowed,
        };
        let paid = paid_by(payments);
        let outputs = payments.len() + usize::from(u128::from(paying.sum) > paid);
        if u128::from(paying.sum) < paid {
            Err(if paying.held.len() == all {
                PlanError::NotTogether { contract }
            } else if fits(paying.held.len() + 1, self.found.max_inputs) {
                PlanError::TooMuch { contract }
            } else {
                too_many("inputs", all, self.found.max_inputs)
            })
        } else if fits(outputs, self.found.max_outputs) {
            Ok(())
        } else {
            Err(too_many("outputs", outputs, self.found.max_outputs))
        }
    }

    fn part<'a>(self, sum: Sum<'a>, payments: &[&AssetPayment]) -> Part<'a> {
        let left = u128::from(sum.sum).saturating_sub(paid_by(payments));
        let left = u64::try_from(left).unwrap_or(u64::MAX);
        let rest = sum.held.first().filter(|_| left > 0);
        let stays = rest.map(|held| match &held.state {
            State::Token(token) => State::Token(Token {
                id: token.id,
                fraction: left,
            }),
            _ => State::Amount(left),
        });
        Part {
            paid: payments.iter().map(|payment| paid_leaf(payment)).collect(),
            stays: stays.map(|state| self.stays(state)).into_iter().collect(),
            held: sum.held,
        }
    }

    const fn stays(self, state: State) -> Leaf {
        Leaf {
            owned_type: self.owned_type,
            state,
            payment: None,
        }
    }

    /// Parts of different tokens share a transition as long as there is room.
    fn together(self, parts: Vec<(Kind, Part<'_>)>) -> Vec<Part<'_>> {
        let mut last = None;
        let mut together: Vec<Part<'_>> = Vec::new();
        for (kind, part) in parts {
            match together.last_mut() {
                Some(open)
                    if last != Some(kind)
                        && fits(open.held.len() + part.held.len(), self.found.max_inputs)
                        && fits(open.outputs() + part.outputs(), self.found.max_outputs) =>
                {
                    open.held.extend(part.held);
                    open.paid.extend(part.paid);
                    open.stays.extend(part.stays);
                }
                _ => together.push(part),
            }
            last = Some(kind);
        }
        together
    }
}

/// Holdings of one kind whose sum fits 64 bits.
#[derive(Debug, Default)]
struct Sum<'a> {
    held: Vec<&'a Holding>,
    sum: u64,
}

impl<'a> Sum<'a> {
    /// Takes a holding, if there is room.
    fn takes(&mut self, holding: &'a Holding, max_inputs: u32) -> bool {
        let sum = self.sum.checked_add(quantity(&holding.state));
        let Some(sum) = sum.filter(|_| fits(self.held.len() + 1, max_inputs)) else {
            return false;
        };
        self.sum = sum;
        self.held.push(holding);
        true
    }
}

fn fits(found: usize, allowed: u32) -> bool {
    u32::try_from(found).is_ok_and(|found| found <= allowed)
}

fn paid_by(payments: &[&AssetPayment]) -> u128 {
    let payments = payments.iter();
    payments
        .map(|payment| u128::from(quantity(&payment.state)))
        .sum()
}

fn paid_leaf(payment: &AssetPayment) -> Leaf {
    Leaf {
        owned_type: payment.owned_type,
        state: payment.state.clone(),
        payment: Some(payment.number),
    }
}
