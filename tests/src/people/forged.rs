//! What an operation says, with nothing that keeps it honest.

use bulla_core::operation::Genesis;
use bulla_core::state::{State, Token};
use bulla_schemas::roles::{ValueRole, global, meta, owned, verb};

/// An operation to be forged. Names are those of the standard schemas.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forged {
    /// The number of its transition; none for a genesis.
    pub transition: Option<u16>,
    /// Owned types of which everything that the cheat holds is taken.
    pub takes: Vec<u16>,
    /// What is made: owned type, state. All of it is for the victim.
    pub gives: Vec<(u16, State)>,
    /// Globals: number, value.
    pub globals: Vec<(u16, Vec<u8>)>,
    /// Metadata: number, value.
    pub metadata: Vec<(u16, Vec<u8>)>,
    /// Numbers of the kit's keys that sign.
    pub signers: Vec<u8>,
}

/// An operation of this transition that says nothing yet.
pub fn forged(transition: &str) -> Forged {
    let mut all = verb::ALL.into_iter();
    let found = all.find(|(_, role)| role.name == transition);
    Forged {
        transition: Some(found.expect("a conventional transition").0),
        ..nothing()
    }
}

const fn nothing() -> Forged {
    Forged {
        transition: None,
        takes: Vec::new(),
        gives: Vec::new(),
        globals: Vec::new(),
        metadata: Vec::new(),
        signers: Vec::new(),
    }
}

fn owned_number(name: &str) -> u16 {
    let mut all = owned::ALL.into_iter();
    let found = all.find(|(_, role)| role.name == name);
    found.expect("a conventional owned type").0
}

fn number(all: &[(u16, ValueRole)], name: &str) -> u16 {
    let found = all.iter().find(|(_, role)| role.name == name);
    found.expect("a conventional value").0
}

impl Forged {
    /// A genesis with the globals and states of another.
    pub fn genesis(genesis: &Genesis) -> Self {
        let globals = genesis.globals.0.iter();
        let outputs = genesis.outputs.shown();
        Self {
            globals: globals
                .map(|value| (value.number, value.bytes.to_vec()))
                .collect(),
            gives: outputs.map(|(ty, shown)| (ty, shown.state)).collect(),
            ..nothing()
        }
    }

    /// Takes everything of an owned type.
    #[must_use]
    pub fn takes(mut self, owned: &str) -> Self {
        self.takes.push(owned_number(owned));
        self
    }

    /// Makes an amount.
    #[must_use]
    pub fn gives(mut self, owned: &str, amount: u64) -> Self {
        self.gives
            .push((owned_number(owned), State::Amount(amount)));
        self
    }

    /// Makes fractions of a token.
    #[must_use]
    pub fn token(mut self, id: u32, fraction: u64) -> Self {
        let token = State::Token(Token { id, fraction });
        self.gives.push((owned_number("nft"), token));
        self
    }

    /// Says a number in the place of whatever it said there, for its rules.
    #[must_use]
    pub fn says(mut self, name: &str, value: u64) -> Self {
        let ty = number(&meta::ALL, name);
        self.metadata.retain(|(other, _)| *other != ty);
        self.metadata.push((ty, value.to_le_bytes().to_vec()));
        self
    }

    /// Publishes a value beside others.
    #[must_use]
    pub fn publishes(mut self, name: &str, value: &[u8]) -> Self {
        let ty = number(&global::ALL, name);
        self.globals.push((ty, value.to_vec()));
        self
    }

    /// Publishes a number in the place of whatever it published there.
    #[must_use]
    pub fn with(mut self, name: &str, value: u64) -> Self {
        let ty = number(&global::ALL, name);
        self.globals.retain(|(other, _)| *other != ty);
        self.publishes(name, &value.to_le_bytes())
    }

    /// Is signed by these of the kit's keys.
    #[must_use]
    pub fn signed(mut self, signers: &[u8]) -> Self {
        self.signers = signers.to_vec();
        self
    }
}
