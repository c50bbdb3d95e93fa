//! The end of a consignment: what it hands over, and that nothing in it is irrelevant.

use std::collections::BTreeSet;

use bitcoin::{OutPoint, Txid};

use super::Validator;
use super::failure::{Check, Failure};
use super::state::Open;
use crate::OperationId;
use crate::frame::Terminal;
use crate::operation::Input;
use crate::seal::AssignedSeal;
use crate::state::State;

/// Something that a consignment hands over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TerminalState {
    /// An open leaf. It may have been spent since.
    Leaf {
        /// Which one.
        leaf: Input,
        /// Its state.
        state: State,
        /// Its seal.
        seal: AssignedSeal,
        /// The witness of its operation, none for a genesis.
        witness: Option<Txid>,
        /// The output that holds it, where the seal is revealed.
        outpoint: Option<OutPoint>,
    },
    /// An operation shown as evidence.
    Evidence(OperationId),
}

impl Validator<'_> {
    pub(super) fn check_terminals(&self) -> Result<Vec<TerminalState>, Failure> {
        let place = self.place();
        if self.terminals.0.is_empty() && (self.operations > 0 || !self.base.is_empty()) {
            return Err(place.invalid(Check::Terminal, "at least one terminal", "none"));
        }
        let terminals = self
            .terminals
            .0
            .iter()
            .map(|terminal| self.terminal(terminal))
            .collect::<Result<_, _>>()?;
        let named: BTreeSet<OperationId> = self
            .terminals
            .0
            .iter()
            .map(|terminal| match terminal {
                Terminal::Leaf(input) => input.operation,
                Terminal::Evidence(operation) => *operation,
            })
            .collect();
        match self
            .state
            .unused()
            .find(|operation| !named.contains(operation))
        {
            None => Ok(terminals),
            Some(operation) => Err(place.operation(*operation).invalid(
                Check::Irrelevant,
                "transitions that a later frame or a terminal builds on",
                "one that nothing builds on",
            )),
        }
    }

    /// No witness shown or behind the base spends the output of the leaf. Where its seal is secret, no
    /// operation behind the base consumes it: one that is shown would have taken it out.
    fn check_unspent(&self, leaf: &Input, open: &Open) -> Result<(), Failure> {
        let place = self.place().operation(leaf.operation);
        let spent = |out: &OutPoint| self.state.is_spent(out) || self.is_spent_behind(*out);
        if let Some(outpoint) = open.outpoint() {
            let expected = "a leaf whose output no witness of this consignment spends";
            return if spent(&outpoint) {
                Err(place.invalid(Check::Terminal, expected, outpoint))
            } else {
                Ok(())
            };
        }
        let behind = self.behind.as_ref();
        if behind.is_some_and(|behind| behind.consumes(leaf)) {
            let expected = "a leaf that no operation behind the base consumes";
            let found = format!("leaf {} of type {}", leaf.index, leaf.owned_type);
            return Err(place.invalid(Check::Terminal, expected, found));
        }
        Ok(())
    }

    fn terminal(&self, terminal: &Terminal) -> Result<TerminalState, Failure> {
        match terminal {
            Terminal::Leaf(leaf) => {
                let Some(open) = self.state.leaves.get(leaf) else {
                    return Err(self.place().operation(leaf.operation).invalid(
                        Check::Terminal,
                        "a leaf that is open after the last frame",
                        format!("leaf {} of type {}", leaf.index, leaf.owned_type),
                    ));
                };
                self.check_unspent(leaf, open)?;
                Ok(TerminalState::Leaf {
                    leaf: *leaf,
                    state: open.state.clone(),
                    seal: open.seal,
                    witness: open.witness,
                    outpoint: open.outpoint(),
                })
            }
            Terminal::Evidence(operation) if self.state.shown(operation) => {
                Ok(TerminalState::Evidence(*operation))
            }
            Terminal::Evidence(operation) => Err(self.place().operation(*operation).invalid(
                Check::Terminal,
                "evidence that is shown",
                "an operation that is not",
            )),
        }
    }
}
