//! Checks of a header: chain, schema, genesis.

use super::facts::{genesis_facts, values};
use super::failure::{Check, Failure, Place};
use super::rules::{Rules, SchemaPolicy};
use crate::ContractId;
use crate::header::Header;

/// Checks a header, in the order of PROTOCOL.md §10.2.
pub(super) fn check(bytes: &[u8], rules: &Rules<'_>) -> Result<(ContractId, Header), Failure> {
    let header = Header::decode(bytes).map_err(|error| Place::default().decode(&error))?;
    let contract = header.genesis.contract_id();
    let place = Place::default().operation(contract.into());
    if header.genesis.network != rules.network {
        let (expected, found) = (rules.network, header.genesis.network);
        return Err(place.invalid(Check::Network, expected, found));
    }
    let schema = header.schema.id();
    if schema != header.genesis.schema {
        return Err(place.invalid(Check::SchemaId, header.genesis.schema, schema));
    }
    match &rules.schemas {
        SchemaPolicy::Only(allowed) if !allowed.contains(&schema) => {
            let expected = "a schema that the user allowed";
            return Err(place.unresolved(Check::SchemaUnknown, expected, schema));
        }
        SchemaPolicy::Only(_) | SchemaPolicy::Any => {}
    }
    if let Err(error) = header.schema.check() {
        return Err(place.invalid(Check::SchemaRule, "a well-formed schema", error));
    }
    check_genesis(&header, place)?;
    Ok((contract, header))
}

fn check_genesis(header: &Header, place: Place) -> Result<(), Failure> {
    let (schema, genesis) = (&header.schema, &header.genesis);
    let globals = values(&genesis.globals);
    let outputs = genesis_facts(genesis);
    let facts = crate::schema::Facts::of_genesis(&outputs.totals, &globals);
    if let Err(failure) = schema.genesis.check_counts(&facts, schema) {
        return Err(place.invalid(Check::Occurrence, failure.wanted(), failure.seen()));
    }
    outputs.check_types(schema, &facts, place)?;
    if let Err(failure) = schema.genesis.check_rules(&facts, schema) {
        return Err(place.invalid(Check::Rule, &failure.text, &failure));
    }
    if let Err(failure) = schema.check_signers(&globals) {
        return Err(place.invalid(Check::Rule, "keys and thresholds that can sign", failure));
    }
    Ok(())
}
