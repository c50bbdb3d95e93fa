//! What the guard cannot see and a reader should know before allowing a schema.
//!
//! Not consensus: a schema with warnings is valid. The rules of an operation are read as sums that are
//! not negative, and added up; a product too large to multiply out counts for nothing. What
//! cannot be told that way is warned of as well.

mod amounts;
mod bounds;
mod ids;
mod reach;
mod sum;

use super::rule::Rule;
use super::types::{Schema, TransitionDef};

/// Something a schema lets happen that its author may not have meant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Warning {
    /// Declared, but neither the genesis nor a transition has it as an output.
    #[error(
        "no operation makes {owned}: nobody can receive it, nor make a transition that needs it"
    )]
    NeverMade {
        /// The owned type.
        owned: String,
    },
    /// Made by transitions alone that need what nobody can receive, such as itself.
    #[error("nobody can receive {owned}: only {makers} could make it, and can never be used")]
    NeverReceived {
        /// The owned type.
        owned: String,
        /// The transitions.
        makers: String,
    },
    /// Needs an input that nobody can receive.
    #[error(
        "transition {transition} can never be used: nobody can receive {owned}, which it needs"
    )]
    NeverUsed {
        /// The transition.
        transition: String,
        /// The owned type.
        owned: String,
    },
    /// Made, but an input of nothing.
    #[error("no transition consumes {owned}: whoever receives it can neither use nor move it")]
    NeverConsumed {
        /// The owned type.
        owned: String,
    },
    /// No transition takes this type alone and gives it back, with nothing else needed.
    #[error(
        "no transition moves {owned} alone: it cannot be handed on, nor saved from a coin that must be spent"
    )]
    NotMovable {
        /// The owned type.
        owned: String,
    },
    /// The supply is not what the genesis says, as in `out.asset - out.asset == 0`.
    #[error("genesis: no rule bounds out.{owned} by what it publishes, any amount can be issued")]
    Unissued {
        /// The Amount type.
        owned: String,
    },
    /// More can be created than inputs give, as in `in.asset + meta.more == out.asset`.
    #[error(
        "transition {transition}: no rule bounds out.{owned} by inputs, any amount can be created"
    )]
    Unbounded {
        /// The transition.
        transition: String,
        /// The Amount type.
        owned: String,
    },
    /// More rights come out than went in.
    #[error("transition {transition}: no rule bounds count(out.{owned}), rights can be multiplied")]
    Multiplied {
        /// The transition.
        transition: String,
        /// The Right type.
        owned: String,
    },
    /// Bounded by what is spent, of which too much comes back, as in `2 * in.asset == out.asset`, or
    /// in an allowance that is used and stays.
    #[error(
        "transition {transition}: a unit of in.{spent} allows more than one of {made}, units can be multiplied"
    )]
    Gain {
        /// The transition.
        transition: String,
        /// The type that is spent and made again.
        spent: String,
        /// All that is made.
        made: String,
    },
    /// Many units of one type for one of another, and there is a way back.
    #[error(
        "transition {transition}: a unit of in.{spent} allows more than one of out.{made}, which can become {spent} again, look that no round trip gains"
    )]
    RoundTrip {
        /// The transition.
        transition: String,
        /// The type that is spent.
        spent: String,
        /// The type that is made.
        made: String,
    },
    /// The rules can be added up in too many ways.
    #[error(
        "{operation}: too many ways to add up its rules, this check cannot tell what bounds {made}"
    )]
    Untold {
        /// `genesis`, or `transition NAME`.
        operation: String,
        /// What is made.
        made: String,
    },
    /// Inputs can vanish without a trace, as in `0 * in.asset == 0`.
    #[error("transition {transition}: no equality accounts for in.{owned}, any amount can vanish")]
    Untraced {
        /// The transition.
        transition: String,
        /// The Amount type.
        owned: String,
    },
    /// What numbers tokens can be in two hands, which would make the same tokens.
    #[error(
        "{operation}: {owned} numbers the tokens that are made and must stay in one hand, expected exactly one input and at most one output of it"
    )]
    SplitCounter {
        /// `genesis`, or `transition NAME`.
        operation: String,
        /// The Amount type.
        owned: String,
    },
    /// What numbers tokens can grow, after which it numbers the same tokens.
    #[error(
        "transition {transition}: {owned} numbers the tokens that are made and must never grow, expected a rule that out.{owned} is at most in.{owned}"
    )]
    GrowingCounter {
        /// The transition.
        transition: String,
        /// The Amount type.
        owned: String,
    },
    /// The same token ids may be created again, as in `tokens(out.nft) == range(0, 1, 1)`.
    #[error(
        "transition {transition}: no counter shows that the ids of out.{owned} are new, the same may be made again"
    )]
    Repeatable {
        /// The transition.
        transition: String,
        /// The Token type.
        owned: String,
    },
    /// New tokens consist of what their maker likes.
    #[error(
        "transition {transition}: whoever makes it chooses the fractions of out.{owned}, expected a constant or a number of the genesis"
    )]
    Fractions {
        /// The transition.
        transition: String,
        /// The Token type.
        owned: String,
    },
    /// One transition asks for signatures, another takes the same type without.
    #[error(
        "transition {transition}: consumes {owned} without the signatures that transition {signed} asks for"
    )]
    Unsigned {
        /// The transition that asks for none.
        transition: String,
        /// The owned type.
        owned: String,
        /// The one that asks.
        signed: String,
    },
    /// One transition waits for a time, another makes the same of the same type without.
    #[error(
        "transition {transition}: makes {made} of {owned} at any time, where transition {waiting} waits"
    )]
    Untimed {
        /// The transition that does not wait.
        transition: String,
        /// The owned type that is consumed.
        owned: String,
        /// The owned type that is made of it.
        made: String,
        /// The one that waits.
        waiting: String,
    },
}

impl Schema {
    /// What the guard cannot see, for whoever writes this schema or thinks of allowing it.
    ///
    /// No warning is no proof of soundness.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        self.warn_of_reach(&mut warnings);
        self.warn_of_ids(&mut warnings);
        self.warn_of_amounts(&mut warnings);
        for def in self.transitions.values() {
            self.warn_of_unsigned(def, &mut warnings);
            self.warn_of_untimed(def, &mut warnings);
        }
        warnings
    }

    fn name_of(&self, owned: u16) -> String {
        let def = self.owned.get(&owned);
        def.map(|def| def.name.clone()).unwrap_or_default()
    }

    fn warn_of_unsigned(&self, def: &TransitionDef, warnings: &mut Vec<Warning>) {
        let signed = |def: &&TransitionDef| {
            let mut rules = def.rules.iter();
            rules.any(|rule| matches!(rule, Rule::Signed { .. }))
        };
        if signed(&def) {
            return;
        }
        for owned in def.inputs.keys() {
            let mut others = self.transitions.values().filter(signed);
            if let Some(signed) = others.find(|other| other.inputs.contains_key(owned)) {
                warnings.push(Warning::Unsigned {
                    transition: def.name.clone(),
                    owned: self.name_of(*owned),
                    signed: signed.name.clone(),
                });
            }
        }
    }

    fn warn_of_untimed(&self, def: &TransitionDef, warnings: &mut Vec<Warning>) {
        let waits = |def: &&TransitionDef| {
            let mut rules = def.rules.iter();
            rules.any(|rule| matches!(rule, Rule::NotBefore(_)))
        };
        if waits(&def) {
            return;
        }
        for owned in def.inputs.keys() {
            let others = self.transitions.values().filter(waits);
            let mut others = others.filter(|other| other.inputs.contains_key(owned));
            let same = others.find_map(|other| {
                let mut made = def.outputs.keys().filter(|made| *made != owned);
                let made = made.find(|made| other.outputs.contains_key(made))?;
                Some((*made, other))
            });
            if let Some((made, waiting)) = same {
                warnings.push(Warning::Untimed {
                    transition: def.name.clone(),
                    owned: self.name_of(*owned),
                    made: self.name_of(made),
                    waiting: waiting.name.clone(),
                });
            }
        }
    }
}
