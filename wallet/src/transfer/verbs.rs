//! What people say to a contract, as acts: by the conventional names of its schema.

use bulla_core::ContractId;
use bulla_core::header::Header;
use bulla_core::schema::Schema;
use bulla_core::state::{State, Token};
use bulla_schemas::roles::{OwnedRole, ValueRole, Verb as Role, global, meta, owned, verb};

use super::error::TransferError;
use super::plan::{ContractFacts, quantity};
use crate::api::{Act, Give, Quantity, Take};
use crate::assets::rows::decode;
use crate::assets::{facts, values};
use crate::invoice::Invoice;
use crate::media::Media;
use crate::store::contracts;
use crate::{Error, Wallet};

/// What is to be done with a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Makes more of the asset out of an allowance.
    Issue(Making),
    /// Makes more of the asset out of a replacement allowance.
    Reissue(Making),
    /// Makes the next tokens, in the order of their owners; none: ours.
    Mint {
        /// Whom each is for, at least one.
        to: Vec<Option<Box<Invoice>>>,
        /// Files that are about each of them.
        media: Vec<Media>,
        /// Attributes of each of them, `name: value`.
        attributes: Vec<String>,
    },
    /// Destroys so many smallest units.
    Burn(u64),
    /// Destroys a whole token.
    BurnToken(u32),
    /// Destroys so many smallest units, to be reissued.
    HandIn(u64),
    /// Gives up the right to make so many more; none: all that is held.
    Renounce(Option<u64>),
    /// Publishes a text about a whole token.
    Engrave {
        /// The token.
        token: u32,
        /// The text.
        text: String,
    },
}

/// So many smallest units, for whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Making {
    /// Smallest units.
    pub amount: u64,
    /// Whom they are for; none: ours.
    pub to: Option<Box<Invoice>>,
}

impl Wallet {
    /// The act that a verb means for a contract, to be planned as [`Payment::Act`](crate::api::Payment::Act).
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`]; [`TransferError::NoSuchName`] if its schema has no such
    /// transition.
    pub fn act(&self, contract: ContractId, verb: &Verb) -> Result<Act, Error> {
        let snapshot = self.snapshot()?;
        let book = snapshot.books.get(&contract);
        let book = book.ok_or(TransferError::UnknownContract { contract })?;
        let contract = Known {
            contract,
            facts: &book.facts,
            number: |role: ValueRole| facts::number(&book.header, role.name).unwrap_or(1),
            held: |role: OwnedRole| {
                let ty = role.number(&book.facts.schema);
                let held = snapshot.allocations.iter();
                let held = held.filter(|held| {
                    held.contract == book.contract && Some(held.leaf.owned_type) == ty
                });
                held.map(|held| quantity(&held.state))
                    .fold(0, u64::saturating_add)
            },
        };
        Ok(contract.act(verb)?)
    }
}

/// A contract as verbs see it: numbers of its genesis (1 where it has none), and what is held.
struct Known<'a, N, H> {
    contract: ContractId,
    facts: &'a ContractFacts,
    number: N,
    held: H,
}

impl<N: Fn(ValueRole) -> u64, H: Fn(OwnedRole) -> u64> Known<'_, N, H> {
    fn act(&self, said: &Verb) -> Result<Act, TransferError> {
        match said {
            Verb::Issue(making) => self.make(verb::ISSUE, owned::ALLOWANCE, making),
            Verb::Reissue(making) => self.make(verb::REISSUE, owned::REPLACEMENT, making),
            Verb::Mint {
                to,
                media,
                attributes,
            } => self.mint(to, media, attributes),
            Verb::Burn(amount) => {
                let act = self.destroy(verb::BURN, owned::ASSET, *amount)?;
                Ok(with_meta(act, meta::BURNED, *amount))
            }
            Verb::HandIn(amount) => {
                let act = self.destroy(verb::HAND_IN, owned::ASSET, *amount)?;
                Ok(with_meta(act, meta::HANDED, *amount))
            }
            Verb::BurnToken(token) => {
                let mut act = self.empty(verb::BURN)?;
                act.takes.push(self.whole(*token, false));
                Ok(with_meta(act, meta::TOKEN, (*token).into()))
            }
            Verb::Renounce(amount) => self.renounce(*amount),
            Verb::Engrave { token, text } => {
                let mut act = self.empty(verb::ENGRAVE)?;
                act.takes.push(self.whole(*token, true));
                let engraving = global::ENGRAVING.name.to_owned();
                act.globals.push((engraving, text.as_bytes().to_vec()));
                Ok(with_meta(act, meta::TOKEN, (*token).into()))
            }
        }
    }

    fn empty(&self, role: Role) -> Result<Act, TransferError> {
        let transitions = &self.facts.schema.transitions;
        if role.transition(&self.facts.schema).is_none() {
            let names: Vec<_> = transitions.values().map(|def| &*def.name).collect();
            return Err(TransferError::NoSuchName {
                found: role.name.to_owned(),
                expected: names.join(", "),
            });
        }
        Ok(Act {
            contract: self.contract,
            transition: role.name.to_owned(),
            takes: Vec::new(),
            gives: Vec::new(),
            globals: Vec::new(),
            metadata: Vec::new(),
        })
    }

    fn make(&self, role: Role, from: OwnedRole, making: &Making) -> Result<Act, TransferError> {
        let mut act = self.destroy(role, from, making.amount)?;
        act.gives.push(Give {
            owned: owned::ASSET.name.to_owned(),
            state: State::Amount(making.amount),
            to: making.to.clone(),
        });
        Ok(act)
    }

    fn destroy(&self, role: Role, from: OwnedRole, amount: u64) -> Result<Act, TransferError> {
        let mut act = self.empty(role)?;
        act.takes.push(Take {
            owned: from.name.to_owned(),
            quantity: Quantity::Amount(amount),
            kept: false,
        });
        Ok(act)
    }

    /// A token with all its fractions.
    fn whole(&self, id: u32, kept: bool) -> Take {
        let fraction = (self.number)(global::FRACTIONS);
        Take {
            owned: owned::NFT.name.to_owned(),
            quantity: Quantity::Token(Token { id, fraction }),
            kept,
        }
    }

    /// The next ids are those behind what was minted: `total - left`.
    fn mint(
        &self,
        to: &[Option<Box<Invoice>>],
        media: &[Media],
        attributes: &[String],
    ) -> Result<Act, TransferError> {
        let count = to.len() as u64;
        let mut act = self.destroy(verb::MINT, owned::LEFT, count)?;
        let total = (self.number)(global::TOTAL);
        let first = total.saturating_sub((self.held)(owned::LEFT)) + 1;
        let fraction = (self.number)(global::FRACTIONS);
        for (id, to) in (first..).zip(to) {
            let id = u32::try_from(id).map_err(|_| TransferError::Field {
                field: "token",
                found: id.to_string(),
                expected: "an id below 2^32",
            })?;
            act.gives.push(Give {
                owned: owned::NFT.name.to_owned(),
                state: State::Token(Token { id, fraction }),
                to: to.clone(),
            });
        }
        act.globals.extend(media.iter().flat_map(Media::globals));
        for attribute in attributes {
            let (name, bytes) = (global::ATTRIBUTE.name, attribute.as_bytes());
            values::check(name, bytes)?;
            act.globals.push((name.to_owned(), bytes.to_vec()));
        }
        Ok(act)
    }

    /// Of whichever right to make more the transition takes.
    fn renounce(&self, amount: Option<u64>) -> Result<Act, TransferError> {
        let rights = [owned::ALLOWANCE, owned::LEFT, owned::REPLACEMENT];
        let def = verb::RENOUNCE.transition(&self.facts.schema);
        let right = rights.into_iter().find(|role| {
            let number = role.number(&self.facts.schema);
            number
                .is_some_and(|number| def.is_some_and(|(_, def)| def.inputs.contains_key(&number)))
        });
        let right = right.unwrap_or(owned::ALLOWANCE);
        let amount = amount.unwrap_or_else(|| (self.held)(right));
        let act = self.destroy(verb::RENOUNCE, right, amount)?;
        Ok(with_meta(act, meta::RENOUNCED, amount))
    }
}

fn with_meta(mut act: Act, role: ValueRole, number: u64) -> Act {
    let bytes = number.to_le_bytes().to_vec();
    act.metadata.push((role.name.to_owned(), bytes));
    act
}

impl Wallet {
    /// The schema of a contract.
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`].
    pub fn schema(&self, contract: ContractId) -> Result<Schema, Error> {
        let row = contracts::get(&self.db, &contract)?;
        let row = row.ok_or(TransferError::UnknownContract { contract })?;
        let header = decode("a contract", Header::decode(&row.header))?;
        Ok(header.schema)
    }
}
