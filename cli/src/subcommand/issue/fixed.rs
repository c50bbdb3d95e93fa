//! `issue fixed`: an asset of fixed supply.

use std::path::Path;

use bitcoin::key::XOnlyPublicKey;
use bitcoin::{OutPoint, Txid};
use bulla_core::ContractId;
use bulla_wallet::Amount;
use bulla_wallet::api::{Issue, Payment};
use clap::Args;
use serde::Serialize;

use crate::amount::display;
use crate::claim;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::spend::{self, Order, Planned, SpendArgs};
use crate::subcommand::{Result, boxed};
use crate::table::fields;

/// Arguments of `issue fixed`.
#[derive(Args, Debug)]
pub struct Fixed {
    /// Ticker: 1 to 16 ASCII letters and digits; a claim, for anybody can take the same
    #[arg(long)]
    ticker: String,
    /// Name: 1 to 64 printable ASCII characters; a claim too
    #[arg(long)]
    name: String,
    /// All that will ever be, with as many decimals as the precision allows
    #[arg(long)]
    supply: String,
    /// The supply is in smallest units
    #[arg(long)]
    raw: bool,
    /// Decimals people see, 0 to 18
    #[arg(long, default_value_t = 0)]
    precision: u8,
    /// Details, part of the contract for ever
    #[arg(long)]
    details: Option<String>,
    /// Terms, part of the contract for ever
    #[arg(long)]
    terms: Option<String>,
    /// The key that will sign statements about who issued it, in hex; `bulla issuer key` shows yours
    #[arg(long, value_name = "KEY")]
    issuer: Option<XOnlyPublicKey>,
    /// The own sealed coin that holds the supply [default: a free one; if none, one is made]
    #[arg(long, value_name = "TXID:VOUT")]
    coin: Option<OutPoint>,
    #[command(flatten)]
    spending: SpendArgs,
}

/// What `issue` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contract; none for a dry run.
    pub contract: Option<ContractId>,
    /// Its ticker.
    pub ticker: String,
    /// Its supply in smallest units.
    pub supply: String,
    /// Decimals people see.
    pub precision: u8,
    /// The transaction that made a sealed coin for it, where none was free.
    pub carrier: Option<Txid>,
}

impl Fixed {
    /// Runs the command.
    ///
    /// # Errors
    /// If there are no satoshis for a coin to put the supply on, or the claims are not allowed.
    pub fn run(self, settings: &Settings) -> Result {
        let decimals = if self.raw { 0 } else { self.precision };
        let supply = Amount::parse(&self.supply, decimals)?.units();
        let mut session = Session::synced(settings)?;
        let has_coin = self.coin.is_some() || session.wallet.free_carrier()?.is_some();
        if self.spending.dry_run && has_coin {
            return boxed(Ok(self.answer(supply, None, None)));
        }
        let carrier = if has_coin {
            None
        } else {
            match self.carrier(&mut session)? {
                Carrier::Made(txid) => txid,
                Carrier::Planned(planned) => return Ok(planned),
            }
        };
        let contract = session.wallet.issue(&self.issue(supply))?;
        boxed(Ok(self.answer(supply, Some(contract), carrier)))
    }

    /// Makes a sealed coin for the supply, or shows how it would be made.
    fn carrier(&self, session: &mut Session<'_>) -> Result<Carrier> {
        log::info!("no sealed coin is free: making one first");
        let source = session.source()?;
        let payment = Payment::Carriers {
            count: 1,
            sats: None,
        };
        let order = Order {
            payments: &[payment],
            arguments: &self.spending,
            hold: false,
            out: Path::new("."),
        };
        let plan = spend::plan(session, source.as_ref(), &order)?;
        if self.spending.dry_run {
            return Ok(Carrier::Planned(Box::new(Planned::of(&plan))));
        }
        let sent = spend::carry_out(session, source.as_ref(), plan, order.out)?;
        Ok(Carrier::Made(sent.txid))
    }

    fn issue(&self, supply: u64) -> Issue {
        Issue {
            schema: bulla_schemas::fixed().id(),
            ticker: self.ticker.clone(),
            name: self.name.clone(),
            precision: self.precision,
            supply,
            details: self.details.clone(),
            terms: self.terms.clone(),
            issuer: self.issuer,
            coin: self.coin,
        }
    }

    fn answer(&self, supply: u64, contract: Option<ContractId>, carrier: Option<Txid>) -> Output {
        Output {
            contract,
            ticker: self.ticker.clone(),
            supply: supply.to_string(),
            precision: self.precision,
            carrier,
        }
    }
}

/// The coin that the supply is put on.
enum Carrier {
    Made(Option<Txid>),
    Planned(Box<dyn crate::output::Output>),
}

impl Human for Output {
    fn human(&self) -> String {
        let supply = self.supply.parse().unwrap_or_default();
        let supply = format!(
            "{} {}",
            display(supply, self.precision),
            claim::shown(&self.ticker)
        );
        let mut rows = vec![("supply", supply)];
        match self.contract {
            Some(contract) => rows.push(("contract", contract.to_string())),
            None => rows.push((
                "note",
                "nothing was done; a free sealed coin is there".to_owned(),
            )),
        }
        if let Some(txid) = self.carrier {
            let note = format!("made by {txid}, for there was none that is free");
            rows.push(("sealed coin", note));
        }
        fields(rows)
    }
}
