//! Issuing: a genesis on an own sealed coin.

use amplify::confinement::Confined;
use bitcoin::OutPoint;
use bitcoin::consensus::serialize;
use bulla_core::header::Header;
use bulla_core::operation::{Genesis, OPERATION_FORMAT};
use bulla_core::outputs::{Amounts, Leaf, Leaves, Outputs};
use bulla_core::schema::Schema;
use bulla_core::seal::{AssignedSeal, Blinding, Seal};
use bulla_core::value::Values;
use bulla_core::{ContractId, NetworkId, SchemaId};

use super::learn::{self, Contract};
use super::snapshot::Snapshot;
use crate::api::Issue;
use crate::coins::Coin;
use crate::keys::ViewSecret;
use crate::store::{StoreError, invoices, operations};
use crate::transfer::error::TransferError;
use crate::wallet::Command;
use crate::{Error, MAX_PRECISION, Wallet, defaults, time};

impl Wallet {
    /// Issues a contract on an own sealed coin that holds nothing. It is settled at once: a genesis
    /// has no witness.
    ///
    /// # Errors
    /// [`TransferError::NoCarrier`] if there is no free sealed coin; [`TransferError::Field`].
    pub fn issue(&mut self, issue: &Issue) -> Result<ContractId, Error> {
        check(issue)?;
        self.command("issue", |command| {
            let schema = schema(command, issue.schema)?;
            let snapshot = Snapshot::load(&command.db, command.coins, command.meta)?;
            let coin = carrier(&snapshot, issue.coin)?;
            let seal = fresh_seal(command, coin.outpoint)?;
            let now = time::now();
            let genesis = genesis(issue, &schema, command.meta.network.id(), now, seal)?;
            let header = Header::new(schema, genesis);
            let id = header.genesis.contract_id();
            let contract = Contract {
                id,
                header: &header,
                issued: true,
                now,
            };
            learn::contract(&command.db, &contract, &learn::Reveals::new())?;
            Ok(id)
        })
    }

    /// Whether [`Wallet::issue`] would find a coin, or the satoshis that a new one takes.
    pub fn free_carrier(&self) -> Result<Option<OutPoint>, Error> {
        let snapshot = Snapshot::load(&self.db, self.coin_set(), &self.meta)?;
        Ok(snapshot.free_coin().map(|coin| coin.outpoint))
    }
}

fn check(issue: &Issue) -> Result<(), TransferError> {
    let field = |field, found: String, expected| TransferError::Field {
        field,
        found,
        expected,
    };
    let quoted = |text: &str| format!("`{}`", text.escape_debug().take(80).collect::<String>());
    let ticker = &issue.ticker;
    let plain = ticker.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plain || !(1..=16).contains(&ticker.len()) {
        return Err(field(
            "ticker",
            quoted(ticker),
            "1 to 16 letters and digits of ASCII",
        ));
    }
    let name = &issue.name;
    let printable = name
        .bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if !printable || !(1..=64).contains(&name.len()) || name.trim() != name {
        let expected = "1 to 64 printable characters of ASCII, no space around";
        return Err(field("name", quoted(name), expected));
    }
    if issue.precision > MAX_PRECISION {
        return Err(field(
            "precision",
            issue.precision.to_string(),
            "0 to 18 decimals",
        ));
    }
    if issue.supply == 0 {
        return Err(field("supply", "0".to_owned(), "at least 1 smallest unit"));
    }
    Ok(())
}

fn schema(command: &Command<'_>, id: SchemaId) -> Result<Schema, Error> {
    let standard = bulla_schemas::standard()
        .into_iter()
        .find(|schema| schema.id() == id);
    if let Some(schema) = standard {
        return Ok(schema);
    }
    for row in crate::store::contracts::all(&command.db)? {
        let header = super::rows::decode("a contract", Header::decode(&row.header))?;
        if header.schema.id() == id {
            return Ok(header.schema);
        }
    }
    Err(TransferError::SchemaNotAllowed { schema: id }.into())
}

fn carrier(snapshot: &Snapshot, asked: Option<OutPoint>) -> Result<&Coin, TransferError> {
    let Some(outpoint) = asked else {
        let sats = defaults::CARRIER.to_sat();
        return snapshot
            .free_coin()
            .ok_or(TransferError::NoCarrier { sats });
    };
    let free = snapshot.check_free(outpoint);
    free.map_err(|reason| TransferError::CoinNotFree { outpoint, reason })
}

/// A seal over an own coin with a blinding that no seal has had: one seal, one secret.
pub(crate) fn fresh_seal(command: &Command<'_>, outpoint: OutPoint) -> Result<Seal, StoreError> {
    let place = serialize(&outpoint);
    for counter in 0.. {
        let seal = outpoint_seal(&command.keys.view, outpoint, &place, counter);
        let secret = seal.conceal();
        let used = !operations::leaves_of_secret(&command.db, &secret)?.is_empty()
            || !invoices::by_secret(&command.db, &secret)?.is_empty();
        if !used {
            return Ok(seal);
        }
    }
    Err(super::rows::damaged("every blinding of a coin was used"))
}

fn outpoint_seal(view: &ViewSecret, outpoint: OutPoint, place: &[u8], counter: u32) -> Seal {
    Seal::outpoint(outpoint, Blinding(view.blinding(place, counter)))
}

fn genesis(
    issue: &Issue,
    schema: &Schema,
    network: NetworkId,
    timestamp: u64,
    seal: Seal,
) -> Result<Genesis, TransferError> {
    let text = |text: &str| text.as_bytes().to_vec();
    let values = [
        ("ticker", Some(text(&issue.ticker))),
        ("name", Some(text(&issue.name))),
        (
            "precision",
            Some(u64::from(issue.precision).to_le_bytes().to_vec()),
        ),
        ("details", issue.details.as_deref().map(text)),
        ("terms", issue.terms.as_deref().map(text)),
        ("supply", Some(issue.supply.to_le_bytes().to_vec())),
        ("issuer", issue.issuer.map(|key| key.serialize().to_vec())),
    ];
    let missing = |name: &'static str| TransferError::Field {
        field: "schema",
        found: schema.id().to_string(),
        expected: name,
    };
    let mut globals = Vec::new();
    for (name, value) in values {
        let Some(value) = value else { continue };
        globals.push((schema.global_number(name).ok_or(missing(name))?, value));
    }
    let asset = schema.owned_number("asset").ok_or(missing("asset"))?;
    let leaf = Leaf {
        state: issue.supply,
        seal: AssignedSeal::Revealed(seal),
    };
    let amounts = Confined::try_from(vec![leaf]).map_err(|_| missing("asset"))?;
    let amounts = Amounts::new(amounts).map_err(|_| missing("asset"))?;
    let outputs = [(asset, Leaves::Amount(amounts))];
    Ok(Genesis {
        format: OPERATION_FORMAT,
        schema: schema.id(),
        network,
        timestamp,
        globals: Values::new(globals)?,
        outputs: Outputs(Confined::try_from_iter(outputs).map_err(|_| missing("asset"))?),
    })
}
