//! The schemas whose names may be shown: a name is a claim of whoever wrote the schema, and only the id
//! says which one it is.

use std::collections::BTreeSet;

use bulla_core::SchemaId;
use bulla_core::schema::Schema;

use crate::claims::shown_name;

/// Schemas that are accepted: the standard ones, and others that somebody allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AllowList {
    standard: BTreeSet<SchemaId>,
    own: BTreeSet<SchemaId>,
}

impl AllowList {
    /// The standard schemas and these.
    pub fn new(allowed: impl IntoIterator<Item = SchemaId>) -> Self {
        let standard: BTreeSet<_> = bulla_schemas::standard().iter().map(Schema::id).collect();
        let own = allowed.into_iter().filter(|id| !standard.contains(id));
        Self {
            own: own.collect(),
            standard,
        }
    }

    /// Whether a schema is on it.
    pub fn contains(&self, id: SchemaId) -> bool {
        self.standard.contains(&id) || self.own.contains(&id)
    }

    /// The ids of all of them.
    pub fn ids(&self) -> BTreeSet<SchemaId> {
        self.standard.union(&self.own).copied().collect()
    }

    /// What a schema is called: the name of a standard one; `own: ` and the name that it
    /// gives itself, where somebody allowed its id; else nothing, for the id alone says which it is.
    pub fn name(&self, schema: &Schema) -> Option<String> {
        let id = schema.id();
        if self.standard.contains(&id) {
            Some(schema.name.clone())
        } else if self.own.contains(&id) {
            Some(format!("own: {}", shown_name(&schema.name)))
        } else {
            None
        }
    }
}
