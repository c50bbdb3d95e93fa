//! Which schema is meant: the name of a standard one, an id, or a file.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bulla_core::SchemaId;
use bulla_core::schema::Schema;

use crate::error::Error;
use crate::file;
use crate::session::Session;
use crate::settings::Settings;

/// A schema as it is named on the command line.
#[derive(Clone, Debug)]
pub enum Which {
    /// By its id.
    Id(SchemaId),
    /// The name of a standard schema, or else a file.
    NameOrFile(String),
}

impl FromStr for Which {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text
            .parse()
            .map_or_else(|_| Self::NameOrFile(text.to_owned()), Self::Id))
    }
}

impl Which {
    /// Its id.
    pub fn id(self) -> Result<SchemaId, Error> {
        match self {
            Self::Id(id) => Ok(id),
            Self::NameOrFile(text) => Ok(by_name_or_file(&text)?.id()),
        }
    }

    /// The schema itself; by its id, one that the wallet knows.
    pub fn find(self, settings: &Settings) -> Result<Schema, Error> {
        match self {
            Self::Id(id) => {
                let mut standard = bulla_schemas::standard().iter();
                if let Some(schema) = standard.find(|schema| schema.id() == id) {
                    return Ok(schema.clone());
                }
                let known = Session::open(settings)?.wallet.known_schema(id)?;
                known.ok_or(Error::UnknownSchema { schema: id })
            }
            Self::NameOrFile(text) => by_name_or_file(&text),
        }
    }
}

fn by_name_or_file(text: &str) -> Result<Schema, Error> {
    match bulla_schemas::by_name(text) {
        Some(schema) => Ok(schema),
        None => read(Path::new(text)),
    }
}

/// Reads a schema in TOML.
pub fn read(path: &Path) -> Result<Schema, Error> {
    let text = file::read_text(path)?;
    Schema::from_toml(&text).map_err(|cause| Error::NotASchema {
        path: PathBuf::from(path),
        cause: Box::new(cause),
    })
}

/// Whether a schema is one of the standard ones.
pub fn is_standard(id: SchemaId) -> bool {
    let standard = bulla_schemas::standard();
    standard.iter().any(|schema| schema.id() == id)
}
