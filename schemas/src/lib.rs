//! The standard schemas of Bulla: one readable TOML file each, compiled in.
//!
//! A schema is known by its id, which is the hash of its parsed form; the tests of this crate pin
//! the ids, for a contract lives under the rules it was born with.

use std::sync::LazyLock;

use bulla_core::schema::Schema;

pub mod roles;

/// The text of the schema of fixed supply.
pub const FIXED: &str = include_str!("../fixed.toml");
/// The text of the schema of a supply that grows by allowance, up to a cap.
pub const INFLATABLE: &str = include_str!("../inflatable.toml");
/// The text of the schema of what is one of a kind, or numbered editions.
pub const UNIQUE: &str = include_str!("../unique.toml");
/// The text of the schema of a supply whose transfers the issuer signs.
pub const PERMISSIONED: &str = include_str!("../permissioned.toml");
/// The text of the schema of fixed supply with media and terms.
pub const COLLECTIBLE: &str = include_str!("../collectible.toml");
/// The text of the schema of units that are handed in and reissued.
pub const REPLACEABLE: &str = include_str!("../replaceable.toml");

/// The text of every standard schema.
pub const TEXTS: [&str; 6] = [
    FIXED,
    INFLATABLE,
    UNIQUE,
    PERMISSIONED,
    COLLECTIBLE,
    REPLACEABLE,
];

/// Fixed supply: issued at once, moved, never changed.
pub fn fixed() -> Schema {
    parse(FIXED)
}

/// Part of the supply is issued later by allowance, up to a hard cap.
pub fn inflatable() -> Schema {
    parse(INFLATABLE)
}

/// One of a kind, or numbered editions, whole or in fractions.
pub fn unique() -> Schema {
    parse(UNIQUE)
}

/// Every transfer is signed by m of n keys of the issuer.
pub fn permissioned() -> Schema {
    parse(PERMISSIONED)
}

/// Fixed supply with media and terms.
pub fn collectible() -> Schema {
    parse(COLLECTIBLE)
}

/// Units are handed in by their holders and reissued with a short history.
pub fn replaceable() -> Schema {
    parse(REPLACEABLE)
}

/// Every standard schema, read once.
pub fn standard() -> &'static [Schema] {
    static SCHEMAS: LazyLock<Vec<Schema>> = LazyLock::new(|| TEXTS.map(parse).into());
    &SCHEMAS
}

/// The standard schema with this name.
pub fn by_name(name: &str) -> Option<Schema> {
    let mut schemas = standard().iter();
    schemas.find(|schema| schema.name == name).cloned()
}

fn parse(text: &str) -> Schema {
    Schema::from_toml(text).expect("a test parses every text that is compiled in")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever changes what a schema means gives it another name.
    #[test]
    fn the_ids_of_the_standard_schemas_never_change() {
        let ids = standard()
            .iter()
            .map(|schema| (schema.name.clone(), schema.id().to_string()))
            .collect::<Vec<_>>();
        let pinned = [
            (
                "fixed",
                "bsch1cxrc94mh5qeux665kzn7u5nnm8rnw3r8xnxfhuamqv9wtu993wrqyvngep",
            ),
            (
                "inflatable",
                "bsch1y8h9wt5a229ye5xkvsyxx0mpmyl732ml57x64s9l59szh7y270ws5vsjtx",
            ),
            (
                "unique",
                "bsch1dcc95czzzqlmqvwge4mayhmvdt28v53yglp3xf8vu5syj475lpws3adcmm",
            ),
            (
                "permissioned",
                "bsch1xp28nycp3g9unwydkh9uuaeg5q2hm3j4yma6nnatkpz737tfpnms8lzksq",
            ),
            (
                "collectible",
                "bsch1teuaeq0ntlpyckeq2phlnh9qpjmxw4f98uthtq6gpkkgk5a6ns0sgys7kd",
            ),
            (
                "replaceable",
                "bsch142w8jpjuja33yuhtr20gn9t9exgjk3v9m0rlmnkryfa5mpena6qsxtu5jq",
            ),
        ]
        .map(|(name, id)| (name.to_owned(), id.to_owned()));
        assert_eq!(ids, pinned);
    }

    #[test]
    fn a_standard_schema_is_found_by_its_name() {
        assert_eq!(by_name("unique"), Some(unique()));
        assert_eq!(by_name("Unique"), None);
    }

    #[test]
    fn standard_schemas_decode_from_their_bytes_and_need_no_warning() {
        for schema in standard().iter().cloned() {
            assert_eq!(schema.warnings(), []);
            assert_eq!(Schema::decode(&schema.encode()), Ok(schema));
        }
    }
}
