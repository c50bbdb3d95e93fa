//! The standard schemas of Bulla: one readable TOML file each, compiled in.
//!
//! A schema is known by its id, which is the hash of its parsed form; the tests of this crate pin
//! the ids, for a contract lives under the rules it was born with.

use bulla_core::schema::Schema;

/// The text of the schema of fixed supply.
pub const FIXED: &str = include_str!("../fixed.toml");

/// Fixed supply: issued at once, moved, never changed.
pub fn fixed() -> Schema {
    parse(FIXED)
}

/// Every standard schema.
pub fn standard() -> Vec<Schema> {
    vec![fixed()]
}

fn parse(text: &str) -> Schema {
    Schema::from_toml(text).expect("a test parses every text that is compiled in")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_the_standard_schemas_never_change() {
        let ids = standard()
            .iter()
            .map(|schema| (schema.name.clone(), schema.id().to_string()))
            .collect::<Vec<_>>();
        let pinned = [(
            "fixed",
            "bsch1a86tnzyarh9ppujaafqjuqrspues4a5yu2davr96vdaelx39slyq93rts8",
        )]
        .map(|(name, id)| (name.to_owned(), id.to_owned()));
        assert_eq!(ids, pinned);
    }

    #[test]
    fn standard_schemas_decode_from_their_bytes_and_need_no_warning() {
        for schema in standard() {
            assert_eq!(schema.warnings(), []);
            assert_eq!(Schema::decode(&schema.encode()), Ok(schema));
        }
    }
}
