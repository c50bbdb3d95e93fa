//! What every command that spends has in common: plan, prepare, sign, finish, hand over, broadcast.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bitcoin::{FeeRate, OutPoint, Txid};
use bulla_core::ContractId;
use bulla_wallet::api::{Payment, Plan, PlanOptions, Transfer, TransferId, TransferItem};
use bulla_wallet::chain::ChainSource;
use bulla_wallet::transfer::plan::{self, Method, OutputRole};
use bulla_wallet::{Network, crash_point, defaults};
use clap::Args;
use serde::Serialize;

use crate::amount::{SatPerVb, sat_per_vb};
use crate::error::Error;
use crate::file;
use crate::output::{Human, Output};
use crate::session::Session;
use crate::table::fields;

/// Blocks within which a transaction should be mined, where a source can estimate.
const TARGET: u16 = 6;

/// Options of every command that spends.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Spending")]
pub struct SpendArgs {
    /// Fee rate [default: the source's estimate; on regtest at least the relay minimum]
    #[arg(long, value_name = "SAT/VB")]
    pub fee_rate: Option<SatPerVb>,
    /// Most that the fee may be, in satoshis
    #[arg(long, value_name = "SATS", help = format!("Most that the fee may be [default: {}]", defaults::MAX_FEE.to_sat()))]
    pub max_fee: Option<u64>,
    /// Commit in an `OP_RETURN` output that everybody sees, not in the change
    #[arg(long)]
    pub opret: bool,
    /// A contract whose allocations may be lost; may be given more than once
    #[arg(long, value_name = "CONTRACT")]
    pub burn: Vec<ContractId>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl SpendArgs {
    fn options(&self, hold: bool) -> PlanOptions {
        PlanOptions {
            fee_rate: self.fee_rate.map(SatPerVb::rate),
            method: if self.opret {
                Method::Opret
            } else {
                Method::Auto
            },
            burn: self.burn.iter().copied().collect::<BTreeSet<_>>(),
            max_fee: self.max_fee,
            hold,
        }
    }
}

/// What `send` answers, and every other command that spends.
#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    /// The transfer.
    pub transfer: String,
    /// The transaction.
    pub txid: Option<Txid>,
    /// State of the transfer.
    pub state: &'static str,
    /// Fee in satoshis.
    pub fee_sats: u64,
    /// Virtual size.
    pub vbytes: u64,
    /// Fee rate in sat/vB.
    pub fee_rate: f64,
    /// What was paid to whom.
    pub outputs: Vec<SentOutput>,
    /// Whether the transaction went to the network.
    pub broadcast: bool,
    /// Allocations that are lost with it.
    pub burned: Vec<Burned>,
}

/// One paid invoice.
#[derive(Clone, Debug, Serialize)]
pub struct SentOutput {
    /// The invoice.
    pub invoice: String,
    /// The contract.
    pub contract: ContractId,
    /// Amount in smallest units.
    pub amount: String,
    /// The consignment for the payee.
    pub file: PathBuf,
}

impl Sent {
    fn of(transfer: &Transfer, outputs: Vec<SentOutput>, vbytes: u64) -> Self {
        let fee_sats = transfer.fee_sats.unwrap_or_default();
        Self {
            transfer: transfer.id.to_string(),
            txid: transfer.txid,
            state: transfer.state.name(),
            fee_sats,
            vbytes,
            fee_rate: sat_per_vb(fee_sats, vbytes),
            outputs,
            broadcast: matches!(transfer.state.name(), "broadcast" | "settled"),
            burned: transfer.items.iter().filter_map(burned).collect(),
        }
    }
}

/// What a transfer moves of a contract, but to nobody.
fn burned(item: &TransferItem) -> Option<Burned> {
    let contract = item.contract.filter(|_| item.invoice.is_none())?;
    Some(Burned {
        contract,
        amount: item.amount.to_string(),
    })
}

/// What is to be done, and where consignments go.
pub struct Order<'a> {
    /// The payments.
    pub payments: &'a [Payment],
    /// Options of the command line.
    pub arguments: &'a SpendArgs,
    /// Whether to wait for acknowledgements that nobody asked for.
    pub hold: bool,
    /// Folder of the consignments.
    pub out: &'a Path,
}

/// Does what an order says, or shows what it would do.
///
/// # Errors
/// As the wallet says; nothing stays reserved then, except where the transaction is signed.
pub fn spend(session: &mut Session<'_>, order: &Order<'_>) -> Result<Box<dyn Output>, Error> {
    let source = session.source()?;
    let plan = plan(session, source.as_ref(), order)?;
    if order.arguments.dry_run {
        return Ok(Box::new(Planned::of(&plan)));
    }
    Ok(Box::new(carry_out(
        session,
        source.as_ref(),
        plan,
        order.out,
    )?))
}

/// Plans an order.
///
/// # Errors
/// As the wallet says.
pub fn plan(
    session: &Session<'_>,
    source: &dyn ChainSource,
    order: &Order<'_>,
) -> Result<Plan, Error> {
    let mut options = order.arguments.options(order.hold);
    if options.fee_rate.is_none() {
        options.fee_rate = fee_rate(session.network(), source)?;
    }
    let plan = session.wallet.plan(order.payments, &options)?;
    log::info!("planned: {} sat fee for {} vB", plan.fee_sats, plan.vbytes);
    Ok(plan)
}

/// The estimate of the source, at least what it relays; on regtest, where nobody can estimate, that.
fn fee_rate(network: &Network, source: &dyn ChainSource) -> Result<Option<FeeRate>, Error> {
    let relay = source.relay_fee()?;
    let estimate = source
        .estimate_fee(TARGET)?
        .map(|estimate| estimate.max(relay));
    Ok(estimate.or_else(|| (*network == Network::Regtest).then_some(relay)))
}

/// Prepares, signs, finishes, hands over, and broadcasts unless acknowledgements are waited for.
///
/// # Errors
/// As the wallet says; nothing stays reserved then, except where the transaction is signed.
pub fn carry_out(
    session: &mut Session<'_>,
    source: &dyn ChainSource,
    plan: Plan,
    out: &Path,
) -> Result<Sent, Error> {
    let passphrase = session.passphrase()?;
    let prepared = session.wallet.prepare(plan)?;
    let transfer = prepared.transfer;
    log::info!("prepared transfer {transfer}");
    let mut psbt = prepared.psbt.clone();
    if let Err(refusal) = session.wallet.sign(&mut psbt, &passphrase) {
        session.wallet.cancel(transfer)?;
        return Err(refusal.into());
    }
    session.wallet.finish(transfer, psbt)?;
    let outputs = hand_over(session, transfer, out)?;
    if !prepared.hold {
        publish(session, transfer, source)?;
    }
    let sent = session.wallet.transfer(transfer)?;
    Ok(Sent::of(&sent, outputs, prepared.vbytes))
}

/// Goes on with a transfer: takes in acknowledgements, signs what a kill left unsigned, writes the
/// files again, broadcasts.
///
/// # Errors
/// If an acknowledgement is not the payee's, or one is missing.
pub fn resume(
    session: &mut Session<'_>,
    transfer: TransferId,
    acknowledgements: &[PathBuf],
    out: &Path,
) -> Result<Sent, Error> {
    let source = session.source()?;
    for path in acknowledgements {
        for line in file::read_text(path)?.lines() {
            session.wallet.acknowledged(transfer, line)?;
        }
    }
    if let Some(mut psbt) = session.wallet.unsigned(transfer)? {
        session.wallet.sign(&mut psbt, &session.passphrase()?)?;
        session.wallet.finish(transfer, psbt)?;
    }
    let outputs = hand_over(session, transfer, out)?;
    publish(session, transfer, source.as_ref())?;
    let found = session.wallet.transfer(transfer)?;
    let signed = session.wallet.signed(transfer)?;
    let vbytes = signed.map_or(0, |tx| tx.vsize() as u64);
    Ok(Sent::of(&found, outputs, vbytes))
}

/// Writes a file for each payee. The wallet commits first, and gives the same bytes again whenever it
/// is asked to.
fn hand_over(
    session: &mut Session<'_>,
    transfer: TransferId,
    out: &Path,
) -> Result<Vec<SentOutput>, Error> {
    let mut outputs = Vec::new();
    for consignment in session.wallet.deliver(transfer)? {
        let path = out.join(&consignment.file_name);
        crash_point!("deliver-before-file");
        let written = file::write(&path, &consignment.bytes);
        written.map_err(|cause| Error::NotHandedOver {
            transfer,
            cause: Box::new(cause),
        })?;
        crash_point!("deliver-after-file");
        log::info!("wrote {}", path.display());
        outputs.push(SentOutput {
            invoice: consignment.invoice.to_string(),
            contract: consignment.contract,
            amount: consignment.amount.to_string(),
            file: path,
        });
    }
    Ok(outputs)
}

fn publish(
    session: &mut Session<'_>,
    transfer: TransferId,
    source: &dyn ChainSource,
) -> Result<(), Error> {
    let sent = session.wallet.broadcast(transfer, source);
    sent.map_err(|cause| Error::NotBroadcast {
        transfer,
        cause: Box::new(cause),
    })?;
    log::info!("transfer {transfer} is broadcast");
    Ok(())
}

/// What a command that spends would do.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// Always true.
    pub dry_run: bool,
    /// Fee in satoshis.
    pub fee_sats: u64,
    /// Virtual size.
    pub vbytes: u64,
    /// Fee rate in sat/vB.
    pub fee_rate: f64,
    /// Coins that would be spent.
    pub inputs: Vec<OutPoint>,
    /// Outputs that would be made, plain change last.
    pub outputs: Vec<PlannedOutput>,
    /// Allocations that would be lost.
    pub burned: Vec<Burned>,
    /// Whether the broadcast would wait for acknowledgements.
    pub hold: bool,
}

/// An output that would be made.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedOutput {
    /// What it is for.
    pub role: &'static str,
    /// Its satoshis.
    pub sats: u64,
}

/// An allocation that would be lost.
#[derive(Clone, Debug, Serialize)]
pub struct Burned {
    /// The contract.
    pub contract: ContractId,
    /// Amount in smallest units.
    pub amount: String,
}

impl Planned {
    /// Of a plan of the wallet.
    pub fn of(plan: &Plan) -> Self {
        let sealed = plan.draft.inputs.iter().map(|coin| coin.outpoint);
        let change = plan.change_sats.map(|sats| PlannedOutput {
            role: "plain change",
            sats,
        });
        let output = |output: &plan::PlannedOutput| PlannedOutput {
            role: role(&output.role),
            sats: output.sats,
        };
        let burned = |held: &plan::Holding| Burned {
            contract: held.contract,
            amount: held.state.amount().to_string(),
        };
        Self {
            dry_run: true,
            fee_sats: plan.fee_sats,
            vbytes: plan.vbytes,
            fee_rate: sat_per_vb(plan.fee_sats, plan.vbytes),
            inputs: sealed.chain(plan.plain_inputs.iter().copied()).collect(),
            outputs: plan
                .draft
                .outputs
                .iter()
                .map(output)
                .chain(change)
                .collect(),
            burned: plan.draft.burned.iter().map(burned).collect(),
            hold: plan.hold,
        }
    }
}

const fn role(role: &OutputRole) -> &'static str {
    match role {
        OutputRole::TapretHost => "sealed change with the commitment",
        OutputRole::OpretHost => "commitment",
        OutputRole::SealedChange => "sealed change",
        OutputRole::Payee { .. } => "payee",
        OutputRole::Carrier => "free sealed coin",
        OutputRole::Bitcoin { .. } => "bitcoin",
    }
}

impl Human for Planned {
    fn human(&self) -> String {
        let mut rows = vec![(
            "fee",
            format!("{} sat for {} vB", self.fee_sats, self.vbytes),
        )];
        rows.extend(
            self.inputs
                .iter()
                .map(|input| ("spends", input.to_string())),
        );
        let outputs = self.outputs.iter();
        rows.extend(
            outputs.map(|output| ("makes", format!("{} sat, {}", output.sats, output.role))),
        );
        let burned = self.burned.iter();
        rows.extend(burned.map(|lost| ("BURNS", format!("{} of {}", lost.amount, lost.contract))));
        rows.push(("note", "nothing was done".to_owned()));
        fields(rows)
    }
}

impl Human for Sent {
    fn human(&self) -> String {
        let mut rows = vec![
            (
                "transaction",
                self.txid.map(|txid| txid.to_string()).unwrap_or_default(),
            ),
            ("transfer", self.transfer.clone()),
            ("state", self.state.to_owned()),
            (
                "fee",
                format!("{} sat for {} vB", self.fee_sats, self.vbytes),
            ),
        ];
        let burned = self.burned.iter();
        rows.extend(burned.map(|lost| ("BURNT", format!("{} of {}", lost.amount, lost.contract))));
        let outputs = self.outputs.iter();
        rows.extend(outputs.map(|output| ("file", output.file.display().to_string())));
        if !self.broadcast {
            let next = format!(
                "not broadcast: go on with `send --resume {} --ack FILE`, or `cancel` it",
                self.transfer
            );
            rows.push(("note", next));
        }
        fields(rows)
    }
}
