//! What every command that spends has in common: plan, prepare, sign, finish, hand over, broadcast.

mod answer;
mod moving;
mod planned;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bitcoin::FeeRate;
use bulla_core::ContractId;
use bulla_wallet::api::{Payment, Plan, PlanOptions, TransferId};
use bulla_wallet::chain::ChainSource;
use bulla_wallet::keys::Passphrase;
use bulla_wallet::transfer::History;
use bulla_wallet::transfer::plan::Method;
use bulla_wallet::{Network, crash_point, defaults};
use clap::Args;

pub use self::answer::{Loss, Sent, SentOutput};
pub use self::moving::PlannedTransition;
pub use self::planned::{Planned, PlannedOutput};
use crate::amount::SatPerVb;
use crate::confirm;
use crate::error::Error;
use crate::file;
use crate::media;
use crate::output::Output;
use crate::session::Session;
use crate::units::Names;

/// Blocks within which a transaction should be mined, where a source can estimate.
const TARGET: u16 = 6;

/// Options of every command that makes a transaction.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Spending")]
pub struct FeeArgs {
    /// Fee rate [default: the source's estimate; on regtest at least the relay minimum]
    #[arg(long, value_name = "SAT/VB")]
    pub fee_rate: Option<SatPerVb>,
    /// Most that the fee may be, in satoshis
    #[arg(long, value_name = "SATS", help = format!("Most that the fee may be [default: {}]", defaults::MAX_FEE.to_sat()))]
    pub max_fee: Option<u64>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of every command that may leave allocations behind.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Spending")]
pub struct LossArgs {
    /// As of every transaction.
    #[command(flatten)]
    pub fees: FeeArgs,
    /// A contract whose allocations may be left behind, and lost, on coins that are spent; may be given
    /// more than once
    #[arg(long, value_name = "CONTRACT")]
    pub abandon: Vec<ContractId>,
    /// Lose what --abandon names without being asked
    #[arg(long)]
    pub yes: bool,
}

/// Options of every command that commits to what contracts do.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Spending")]
pub struct SpendArgs {
    /// What may be left behind.
    #[command(flatten)]
    pub losses: LossArgs,
    /// Commit in an `OP_RETURN` output that everybody sees, not in the change
    #[arg(long)]
    pub opret: bool,
}

impl From<FeeArgs> for SpendArgs {
    fn from(fees: FeeArgs) -> Self {
        LossArgs {
            fees,
            ..LossArgs::default()
        }
        .into()
    }
}

impl From<LossArgs> for SpendArgs {
    fn from(losses: LossArgs) -> Self {
        let opret = false;
        Self { losses, opret }
    }
}

impl SpendArgs {
    fn options(&self, hold: bool) -> PlanOptions {
        let LossArgs { fees, abandon, .. } = &self.losses;
        PlanOptions {
            fee_rate: fees.fee_rate.map(SatPerVb::rate),
            method: if self.opret {
                Method::Opret
            } else {
                Method::Auto
            },
            abandon: abandon.iter().copied().collect::<BTreeSet<_>>(),
            max_fee: fees.max_fee,
            hold,
        }
    }
}

/// What is to be done, and where consignments go.
pub struct Order<'a> {
    /// The payments.
    pub payments: &'a [Payment],
    /// Options of the command line.
    pub arguments: SpendArgs,
    /// Whether to wait for acknowledgements that nobody asked for.
    pub hold: bool,
    /// Where consignments go.
    pub out: Files<'a>,
}

/// Where consignments go, and how.
#[derive(Copy, Clone, Debug)]
pub struct Files<'a> {
    /// Their folder.
    pub folder: &'a Path,
    /// Whether each is compressed.
    pub compress: bool,
    /// Whether they leave out what payees acknowledged before.
    pub history: History,
    /// Whether requests for signatures are PSBTs.
    pub psbt: bool,
}

impl<'a> From<&'a Path> for Files<'a> {
    fn from(folder: &'a Path) -> Self {
        Self {
            folder,
            compress: false,
            history: History::New,
            psbt: false,
        }
    }
}

/// Does what an order says, or shows what it would do.
///
/// # Errors
/// As the wallet says; nothing stays reserved then, except where the transaction is signed.
pub fn spend(session: &mut Session<'_>, order: &Order<'_>) -> Result<Box<dyn Output>, Error> {
    let source = session.source()?;
    let plan = plan(session, source.as_ref(), order)?;
    let losses = &order.arguments.losses;
    if losses.fees.dry_run {
        return Ok(Box::new(Planned::of(&plan, &session.wallet)?));
    }
    if !losses.yes && !plan.draft.abandoned.is_empty() {
        confirm::losses(&Planned::of(&plan, &session.wallet)?.abandoned)?;
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
    out: Files<'_>,
) -> Result<Sent, Error> {
    let passphrase = session.passphrase()?;
    let names = Names::of(&session.wallet)?;
    let prepared = session.wallet.prepare(plan)?;
    let transfer = prepared.transfer;
    log::info!("prepared transfer {transfer}");
    let mut psbt = prepared.psbt.clone();
    if let Err(refusal) = session.wallet.sign(&mut psbt, &passphrase) {
        session.wallet.cancel(transfer)?;
        return Err(refusal.into());
    }
    session.wallet.finish(transfer, psbt)?;
    if prepared.unsigned {
        sign_own(session, transfer, &passphrase)?;
    }
    let requests = request(session, transfer, out)?;
    let mut outputs = Vec::new();
    if requests.is_empty() {
        outputs = hand_over(session, transfer, &names, out)?;
        if !prepared.hold {
            publish(session, transfer, source)?;
        }
    }
    let sent = session.wallet.transfer(transfer)?;
    Ok(Sent::of(&sent, &names, outputs, requests, prepared.vbytes))
}

/// Signs with the wallet's own issuer key number 0, where that is one of the contract's.
fn sign_own(
    session: &mut Session<'_>,
    transfer: TransferId,
    passphrase: &Passphrase,
) -> Result<(), Error> {
    let key = session.wallet.signer_key(passphrase, 0)?;
    for request in session.wallet.signature_requests(transfer)? {
        match session.wallet.cosign(&request.bytes, &key) {
            Ok(signed) => {
                session.wallet.add_signatures(transfer, &signed.bytes)?;
            }
            Err(refusal) if matches!(refusal.code(), "not-a-signer" | "nothing-to-sign") => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(())
}

/// Writes a file for the signers of each contract whose signatures are missing.
fn request(
    session: &Session<'_>,
    transfer: TransferId,
    out: Files<'_>,
) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for request in session.wallet.signature_requests(transfer)? {
        let mut path = out.folder.join(&request.file_name);
        if out.psbt {
            path.set_extension("psbt");
            file::write(&path, &request.psbt()?)?;
        } else {
            file::write(&path, &request.bytes)?;
        }
        log::info!("wrote {}", path.display());
        paths.push(path);
    }
    Ok(paths)
}

/// Goes on with a transfer: takes in signatures and acknowledgements, signs what a kill left unsigned, writes the
/// files again, broadcasts.
///
/// # Errors
/// If an acknowledgement is not the payee's, or one is missing.
pub fn resume(
    session: &mut Session<'_>,
    transfer: TransferId,
    signed: &[PathBuf],
    acknowledgements: &[PathBuf],
    out: Files<'_>,
) -> Result<Sent, Error> {
    let source = session.source()?;
    let names = Names::of(&session.wallet)?;
    for path in signed {
        let bytes = file::read_consignment(path)?;
        session.wallet.add_signatures(transfer, &bytes)?;
    }
    if !acknowledgements.is_empty() {
        take_in(session, transfer, acknowledgements)?;
    }
    if let Some(mut psbt) = session.wallet.unsigned(transfer)? {
        session.wallet.sign(&mut psbt, &session.passphrase()?)?;
        session.wallet.finish(transfer, psbt)?;
    }
    let requests = request(session, transfer, out)?;
    let mut outputs = Vec::new();
    if requests.is_empty() {
        outputs = hand_over(session, transfer, &names, out)?;
        publish(session, transfer, source.as_ref())?;
    }
    let found = session.wallet.transfer(transfer)?;
    let signed = session.wallet.signed(transfer)?;
    let vbytes = signed.map_or(0, |tx| tx.vsize() as u64);
    Ok(Sent::of(&found, &names, outputs, requests, vbytes))
}

/// Takes in the acknowledgements of some files, one a line.
fn take_in(
    session: &mut Session<'_>,
    transfer: TransferId,
    acknowledgements: &[PathBuf],
) -> Result<(), Error> {
    let texts = acknowledgements.iter().map(|path| file::read_lines(path));
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let lines = texts.iter().flat_map(|text| text.lines());
    session.wallet.all_acknowledged(transfer, lines)?;
    Ok(())
}

/// Writes a file for each payee. The wallet commits first, and gives the same again whenever it is
/// asked to; block proofs join it as witnesses are mined.
fn hand_over(
    session: &mut Session<'_>,
    transfer: TransferId,
    names: &Names,
    out: Files<'_>,
) -> Result<Vec<SentOutput>, Error> {
    let mut outputs = Vec::new();
    for consignment in session.wallet.deliver_each(transfer, out.history)? {
        let consignment = consignment?;
        let path = out.folder.join(&consignment.file_name);
        crash_point!("deliver-before-file");
        let written = file::write_consignment(&path, &consignment.bytes, out.compress);
        written.map_err(|cause| Error::NotHandedOver {
            transfer,
            cause: Box::new(cause),
        })?;
        crash_point!("deliver-after-file");
        log::info!("wrote {}", path.display());
        media::hand_over(session, &consignment.bytes, out.folder)?;
        outputs.push(SentOutput {
            invoice: consignment.invoice.map(|invoice| invoice.to_string()),
            contract: consignment.contract,
            amount: consignment.amount.to_string(),
            unbacked: names.unbacked(consignment.contract),
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
