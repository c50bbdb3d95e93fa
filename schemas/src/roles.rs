//! What the parts of a schema are for, by their names.
//!
//! A schema gives numbers and names; what a `burn` or a `ticker` is for, a program cannot see. The
//! standard schemas give one name to one thing, with one number, and so does everybody who wants
//! wallets to understand a schema of his own (docs/schemas/README.md). A name alone proves nothing:
//! what holds is what the rules say.

use bulla_core::header::Header;
use bulla_core::schema::{Schema, TransitionDef, ValueType};
use bulla_core::state::StateKind;

/// A global or metadata with its conventional name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueRole {
    /// Its name.
    pub name: &'static str,
    /// The type of its values.
    pub ty: ValueType,
}

/// An owned type with its conventional name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnedRole {
    /// Its name.
    pub name: &'static str,
    /// What its leaves carry.
    pub kind: StateKind,
}

/// A transition with its conventional name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verb {
    /// Its name.
    pub name: &'static str,
}

/// Globals.
pub mod global {
    use super::{ValueRole, value};
    use bulla_core::schema::ValueType::{Hash, Key, Number, Text};

    /// A few letters; a claim.
    pub const TICKER: ValueRole = value("ticker", Text);
    /// A claim.
    pub const NAME: ValueRole = value("name", Text);
    /// Decimals people see.
    pub const PRECISION: ValueRole = value("precision", Number);
    /// What the contract is about.
    pub const DETAILS: ValueRole = value("details", Text);
    /// What the issuer promises.
    pub const TERMS: ValueRole = value("terms", Text);
    /// Issued by the genesis, in the smallest unit.
    pub const SUPPLY: ValueRole = value("supply", Number);
    /// SHA-256 of a file.
    pub const MEDIA: ValueRole = value("media", Hash);
    /// The content type of the file with the same place, such as `image/png`.
    pub const MEDIA_TYPE: ValueRole = value("media_type", Text);
    /// Bytes of the file with the same place.
    pub const MEDIA_SIZE: ValueRole = value("media_size", Number);
    /// All that can ever be issued, in the smallest unit.
    pub const CAP: ValueRole = value("cap", Number);
    /// How many of the signers must sign.
    pub const THRESHOLD: ValueRole = value("threshold", Number);
    /// The keys of the issuer.
    pub const SIGNERS: ValueRole = value("signers", Key);
    /// All that can ever be reissued, in the smallest unit.
    pub const REPLACEABLE: ValueRole = value("replaceable", Number);
    /// Editions that can ever be.
    pub const TOTAL: ValueRole = value("total", Number);
    /// Of which each token consists.
    pub const FRACTIONS: ValueRole = value("fractions", Number);
    /// 1 if the owner may engrave a token, or 0.
    pub const ENGRAVABLE: ValueRole = value("engravable", Number);
    /// About each token that the operation makes: a name, `: `, a value.
    pub const ATTRIBUTE: ValueRole = value("attribute", Text);
    /// What an owner had to say.
    pub const ENGRAVING: ValueRole = value("engraving", Text);
    /// The key that signs statements about who issued the contract.
    pub const ISSUER: ValueRole = value("issuer", Key);

    /// Every one with its number in the standard schemas.
    pub const ALL: [(u16, ValueRole); 19] = [
        (0, TICKER),
        (1, NAME),
        (2, PRECISION),
        (3, DETAILS),
        (4, TERMS),
        (5, SUPPLY),
        (6, MEDIA),
        (7, MEDIA_TYPE),
        (8, MEDIA_SIZE),
        (9, CAP),
        (10, THRESHOLD),
        (11, SIGNERS),
        (12, REPLACEABLE),
        (13, TOTAL),
        (14, FRACTIONS),
        (15, ENGRAVABLE),
        (16, ATTRIBUTE),
        (17, ENGRAVING),
        (18, ISSUER),
    ];
}

/// Metadata.
pub mod meta {
    use super::{ValueRole, value};
    use bulla_core::schema::ValueType::Number;

    /// What a burn destroys, in the smallest unit.
    pub const BURNED: ValueRole = value("burned", Number);
    /// What is given up of the right to make more, in the smallest unit or editions.
    pub const RENOUNCED: ValueRole = value("renounced", Number);
    /// What is handed in to be reissued, in the smallest unit.
    pub const HANDED: ValueRole = value("handed", Number);
    /// The id of the token that an operation is about.
    pub const TOKEN: ValueRole = value("token", Number);

    /// Every one with its number in the standard schemas.
    pub const ALL: [(u16, ValueRole); 4] = [(0, BURNED), (1, RENOUNCED), (2, HANDED), (3, TOKEN)];
}

/// Owned types.
pub mod owned {
    use super::{OwnedRole, owned};
    use bulla_core::state::StateKind::{Amount, Token};

    /// Units that are all alike: what is paid by amount.
    pub const ASSET: OwnedRole = owned("asset", Amount);
    /// How much of the asset its holder may issue.
    pub const ALLOWANCE: OwnedRole = owned("allowance", Amount);
    /// Numbered tokens with their fractions.
    pub const NFT: OwnedRole = owned("nft", Token);
    /// How many tokens its only holder may mint.
    pub const LEFT: OwnedRole = owned("left", Amount);
    /// How much of the asset its holder may reissue.
    pub const REPLACEMENT: OwnedRole = owned("replacement", Amount);

    /// Every one with its number in the standard schemas.
    pub const ALL: [(u16, OwnedRole); 5] = [
        (0, ASSET),
        (1, ALLOWANCE),
        (2, NFT),
        (3, LEFT),
        (4, REPLACEMENT),
    ];
}

/// Transitions.
pub mod verb {
    use super::Verb;

    /// Moves the asset or tokens.
    pub const TRANSFER: Verb = Verb { name: "transfer" };
    /// Makes asset out of allowance.
    pub const ISSUE: Verb = Verb { name: "issue" };
    /// Destroys `burned` of the asset.
    pub const BURN: Verb = Verb { name: "burn" };
    /// Moves allowance.
    pub const MOVE_ALLOWANCE: Verb = Verb {
        name: "move_allowance",
    };
    /// Destroys `renounced` of the right to make more.
    pub const RENOUNCE: Verb = Verb { name: "renounce" };
    /// Makes tokens out of what is left.
    pub const MINT: Verb = Verb { name: "mint" };
    /// Moves what is left.
    pub const MOVE_LEFT: Verb = Verb { name: "move_left" };
    /// Publishes `engraving` about `token`.
    pub const ENGRAVE: Verb = Verb { name: "engrave" };
    /// Destroys `handed` of the asset, to be reissued.
    pub const HAND_IN: Verb = Verb { name: "hand_in" };
    /// Makes asset out of replacement; such units are unbacked by their history.
    pub const REISSUE: Verb = Verb { name: "reissue" };
    /// Moves replacement.
    pub const MOVE_REPLACEMENT: Verb = Verb {
        name: "move_replacement",
    };

    /// Every one with its number in the standard schemas.
    pub const ALL: [(u16, Verb); 11] = [
        (0, TRANSFER),
        (1, ISSUE),
        (2, BURN),
        (3, MOVE_ALLOWANCE),
        (4, RENOUNCE),
        (5, MINT),
        (6, MOVE_LEFT),
        (7, ENGRAVE),
        (8, HAND_IN),
        (9, REISSUE),
        (10, MOVE_REPLACEMENT),
    ];
}

const fn value(name: &'static str, ty: ValueType) -> ValueRole {
    ValueRole { name, ty }
}

const fn owned(name: &'static str, kind: StateKind) -> OwnedRole {
    OwnedRole { name, kind }
}

impl ValueRole {
    /// The number of the global of this name and type, if the schema has it.
    pub fn global(self, schema: &Schema) -> Option<u16> {
        let number = schema.global_number(self.name)?;
        (schema.globals.get(&number)?.ty == self.ty).then_some(number)
    }

    /// The number of the metadata of this name and type, if the schema has it.
    pub fn meta(self, schema: &Schema) -> Option<u16> {
        let number = schema.meta_number(self.name)?;
        (schema.metadata.get(&number)?.ty == self.ty).then_some(number)
    }
}

impl OwnedRole {
    /// The number of the owned type of this name and kind, if the schema has it.
    pub fn number(self, schema: &Schema) -> Option<u16> {
        let number = schema.owned_number(self.name)?;
        (schema.owned.get(&number)?.kind == self.kind).then_some(number)
    }
}

impl Verb {
    /// The number and definition of the transition of this name, if the schema has it.
    pub fn transition(self, schema: &Schema) -> Option<(u16, &TransitionDef)> {
        schema.transition(self.name)
    }
}

/// How much of a contract can be reissued, in smallest units: units of it are unbacked by their
/// history up to that sum, for no rule ties a reissue to what was handed in. None if its schema
/// has no `reissue`. A schema that does not say how much says [`u64::MAX`].
pub fn unbacked(header: &Header) -> Option<u64> {
    verb::REISSUE.transition(&header.schema)?;
    let number = global::REPLACEABLE.global(&header.schema);
    let value = number.and_then(|number| header.genesis.globals.of(number).next());
    let value = value.and_then(|bytes| bytes.try_into().ok());
    Some(value.map_or(u64::MAX, u64::from_le_bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::standard;

    #[test]
    fn a_name_has_one_number_and_one_type_in_every_standard_schema() {
        let mut globals = BTreeMap::new();
        let mut metadata = BTreeMap::new();
        let mut owned = BTreeMap::new();
        let mut verbs = BTreeSet::new();
        for schema in standard().iter().cloned() {
            globals.extend(
                schema
                    .globals
                    .into_iter()
                    .map(|(n, def)| ((n, def.name), def.ty)),
            );
            metadata.extend(
                schema
                    .metadata
                    .into_iter()
                    .map(|(n, def)| ((n, def.name), def.ty)),
            );
            owned.extend(
                schema
                    .owned
                    .into_iter()
                    .map(|(n, def)| ((n, def.name), def.kind)),
            );
            verbs.extend(schema.transitions.into_iter().map(|(n, def)| (n, def.name)));
        }
        let values = |all: &[(u16, ValueRole)]| -> BTreeMap<_, _> {
            let named = |(n, role): &(u16, ValueRole)| ((*n, role.name.to_owned()), role.ty);
            all.iter().map(named).collect()
        };
        assert_eq!(globals, values(&global::ALL));
        assert_eq!(metadata, values(&meta::ALL));
        let types = owned::ALL.map(|(n, role)| ((n, role.name.to_owned()), role.kind));
        assert_eq!(owned, BTreeMap::from(types));
        let all = verb::ALL.map(|(n, verb)| (n, verb.name.to_owned()));
        assert_eq!(verbs, BTreeSet::from(all));
    }

    #[test]
    fn a_role_is_not_found_under_another_type() {
        let text = crate::FIXED.replace(
            "ticker    = { number = 0, type = \"text\" }",
            "ticker    = { number = 0, type = \"number\" }",
        );
        let schema = Schema::from_toml(&text).expect("still a schema");
        assert_eq!(schema.global_number("ticker"), Some(0));
        assert_eq!(global::TICKER.global(&schema), None);
        assert_eq!(global::NAME.global(&schema), Some(1));
        assert_eq!(owned::ASSET.number(&schema), Some(0));
        assert_eq!(owned::NFT.number(&schema), None);
    }
}
