//! `schema list`: the schemas whose contracts are accepted.

use bulla_core::SchemaId;
use serde::Serialize;

use crate::error::Error;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::subcommand::Result;
use crate::table::table;

/// What `schema list` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The schemas.
    pub schemas: Vec<SchemaOutput>,
}

/// An accepted schema.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SchemaOutput {
    /// The schema.
    pub schema: SchemaId,
    /// The name of a standard one; of others the id alone says which they are.
    pub name: Option<String>,
}

/// Runs the command. Without a wallet there are the standard schemas.
///
/// # Errors
/// If the wallet cannot be opened.
pub fn run(settings: &Settings) -> Result<Output> {
    let standard = bulla_schemas::standard();
    let mut schemas: Vec<_> = standard
        .into_iter()
        .map(|schema| SchemaOutput {
            schema: schema.id(),
            name: Some(schema.name),
        })
        .collect();
    let allowed = match Session::open(settings) {
        Ok(session) => session.wallet.allowed_schemas()?,
        Err(Error::NoWallet { .. }) => return Ok(Output { schemas }),
        Err(error) => return Err(error),
    };
    let others = allowed
        .into_iter()
        .filter(|id| schemas.iter().all(|known| known.schema != *id));
    let others: Vec<_> = others
        .map(|schema| SchemaOutput { schema, name: None })
        .collect();
    schemas.extend(others);
    Ok(Output { schemas })
}

impl Human for Output {
    fn human(&self) -> String {
        let rows = self.schemas.iter().map(|of| {
            let name = of.name.clone().unwrap_or_else(|| "allowed".to_owned());
            [name, of.schema.to_string()]
        });
        table(&["", "schema"], rows)
    }
}
