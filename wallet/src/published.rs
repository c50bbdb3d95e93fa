//! What the operations of a contract publish for people (files, attributes, engravings), and about which
//! tokens: those that the operation makes, or the one that it names.

use std::collections::BTreeSet;

use bulla_core::header::Header;
use bulla_core::outputs::Outputs;
use bulla_core::schema::Schema;
use bulla_core::state::State;
use bulla_core::value::Values;
use bulla_core::{ContractId, OperationId};
use bulla_schemas::roles::{ValueRole, global, meta, owned};

use crate::assets::ledger::Ledger;
use crate::assets::rows::{self, decode};
use crate::media::Media;
use crate::store::{contracts, operations};
use crate::transfer::error::TransferError;
use crate::{Error, Wallet, defaults};

/// What one operation publishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// The operation; of a genesis its id is the contract's.
    pub operation: OperationId,
    /// Whether every witness of its history is deep enough.
    pub settled: bool,
    /// The tokens that it is about, ascending; none: the contract as a whole.
    pub tokens: Vec<u32>,
    /// Files that it commits to.
    pub media: Vec<Media>,
    /// Attributes, as the issuer claims.
    pub attributes: Vec<String>,
    /// Texts that an owner had to say.
    pub engravings: Vec<String>,
}

impl Wallet {
    /// What a contract publishes, in its genesis and in the operations that are known and have effect, in the
    /// order in which they were learned of. Operations that publish nothing are left out.
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`].
    pub fn published(&self, contract: ContractId) -> Result<Vec<Published>, Error> {
        let row = contracts::get(&self.db, &contract)?;
        let row = row.ok_or(TransferError::UnknownContract { contract })?;
        let header = decode("a contract", Header::decode(&row.header))?;
        let schema = &header.schema;
        let (globals, outputs) = (&header.genesis.globals, &header.genesis.outputs);
        let mut list = vec![Published {
            operation: contract.into(),
            settled: true,
            tokens: made(schema, outputs),
            ..said(schema, contract.into(), globals)
        }];
        let roles = [global::MEDIA, global::ATTRIBUTE, global::ENGRAVING];
        if roles.iter().any(|role| role.global(schema).is_some()) {
            let ledger = Ledger::new(&self.db, self.tip().height);
            let depth = defaults::settled_depth(self.network());
            for row in operations::of_contract(&self.db, &contract)? {
                let Some(standing) = ledger.standing(row.id)? else {
                    continue;
                };
                let transition = rows::transition(&row.transition)?;
                let named = named(schema, &transition.metadata);
                list.push(Published {
                    settled: standing.depth.reaches(depth),
                    tokens: named.unwrap_or_else(|| made(schema, &transition.outputs)),
                    ..said(schema, row.id, &transition.globals)
                });
            }
        }
        list.retain(|published| !published.is_empty());
        Ok(list)
    }
}

impl Published {
    fn is_empty(&self) -> bool {
        self.media.is_empty() && self.attributes.is_empty() && self.engravings.is_empty()
    }
}

fn said(schema: &Schema, operation: OperationId, globals: &Values) -> Published {
    let texts = |role: ValueRole| {
        let values = role.global(schema).into_iter();
        let values = values.flat_map(|number| globals.of(number));
        let texts = values.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        texts.collect::<Vec<_>>()
    };
    Published {
        operation,
        settled: false,
        tokens: Vec::new(),
        media: Media::committed(schema, globals),
        attributes: texts(global::ATTRIBUTE),
        engravings: texts(global::ENGRAVING),
    }
}

/// The token that an operation names.
fn named(schema: &Schema, metadata: &Values) -> Option<Vec<u32>> {
    let bytes = metadata.of(meta::TOKEN.meta(schema)?).next()?;
    let number = u64::from_le_bytes(bytes.try_into().ok()?);
    Some(vec![u32::try_from(number).ok()?])
}

/// The tokens that an operation gives. A list of tokens is always shown whole.
fn made(schema: &Schema, outputs: &Outputs) -> Vec<u32> {
    let leaves = owned::NFT.number(schema);
    let leaves = leaves.and_then(|number| outputs.0.get(&number));
    let states = leaves.into_iter().flat_map(|leaves| leaves.shown());
    let ids: BTreeSet<u32> = states
        .filter_map(|shown| match shown.state {
            State::Token(token) => Some(token.id),
            _ => None,
        })
        .collect();
    ids.into_iter().collect()
}
