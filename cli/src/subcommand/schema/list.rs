//! `schema list`: the schemas whose contracts are accepted.

use bulla_core::SchemaId;
use bulla_wallet::{AllowList, Wallet};
use serde::Serialize;

use super::which::is_standard;
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
    /// The name of a standard one; `own: ` and what another calls itself; none: the wallet has only its id.
    pub name: Option<String>,
    /// Why it is accepted.
    pub status: Status,
}

/// Why contracts of a schema are accepted.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is a standard one.
    Standard,
    /// Somebody allowed it in this wallet.
    Allowed,
}

/// Runs the command. Without a wallet there are the standard schemas.
///
/// # Errors
/// If the wallet cannot be opened.
pub fn run(settings: &Settings) -> Result<Output> {
    let standard = bulla_schemas::standard().iter();
    let standard = standard.map(|schema| SchemaOutput {
        schema: schema.id(),
        name: Some(schema.name.clone()),
        status: Status::Standard,
    });
    let mut schemas: Vec<_> = standard.collect();
    match Session::open(settings) {
        Ok(session) => schemas.extend(own(&session.wallet)?),
        Err(Error::NoWallet { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(Output { schemas })
}

/// What was allowed in a wallet besides the standard ones.
fn own(wallet: &Wallet) -> Result<Vec<SchemaOutput>> {
    let allowed = wallet.allowed_schemas()?;
    let list = AllowList::new(allowed.iter().copied());
    let own = allowed.into_iter().filter(|id| !is_standard(*id));
    let own = own.map(|id| {
        let schema = wallet.known_schema(id)?;
        Ok(SchemaOutput {
            schema: id,
            name: schema.and_then(|schema| list.name(&schema)),
            status: Status::Allowed,
        })
    });
    own.collect()
}

impl Human for Output {
    fn human(&self) -> String {
        let rows = self.schemas.iter().map(|of| {
            let status = match of.status {
                Status::Standard => "standard",
                Status::Allowed => "allowed",
            };
            let name = of.name.clone().unwrap_or_default();
            [name, status.to_owned(), of.schema.to_string()]
        });
        table(&["", "", "schema"], rows)
    }
}
