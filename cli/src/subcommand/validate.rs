//! `validate`: replays a consignment and asks the chain where its witnesses are: a source, or a file
//! of headers and the block proofs in the consignment.

mod answer;
mod by_headers;
mod said;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use bulla_core::validator::{
    ChainView, Consignment, Consistent, Positions, Rules, Settlement, Shown, Sought, TerminalState,
    validate, validate_parts,
};
use bulla_wallet::chain::View;
use bulla_wallet::transfer::error::TransferError;
use bulla_wallet::{AllowList, Network, defaults};
use clap::Args;

pub use self::answer::{FailureOutput, Output, Verdict};
use self::by_headers::ByHeaders;
pub use self::said::{Said, Terminal};
use super::Result;
use super::headers::{self, Chain};
use super::issuer::verify;
use crate::accepted::Accepted;
use crate::error::Error;
use crate::file;
use crate::session;
use crate::settings::Settings;
use crate::source;

/// Arguments of `validate`.
#[derive(Args, Debug)]
pub struct Validate {
    /// The consignment
    file: PathBuf,
    #[arg(long, value_name = "BLOCKS", help = min_conf_help(), value_parser = clap::value_parser!(u32).range(1..))]
    min_conf: Option<u32>,
    #[command(flatten)]
    accepted: Accepted,
    /// Ask no source: go by this file of headers and the block proofs in the consignment
    #[arg(long, value_name = "FILE")]
    headers: Option<PathBuf>,
    /// Show this statement about who issued the contract; may be given more than once
    #[arg(long, value_name = "FILE")]
    statement: Vec<PathBuf>,
}

pub(super) fn min_conf_help() -> String {
    let [regtest, elsewhere] =
        [Network::Regtest, Network::Bitcoin].map(|network| defaults::settled_depth(&network));
    format!(
        "Confirmations that every witness needs [default: {regtest} on regtest, {elsewhere} elsewhere]"
    )
}

impl Validate {
    /// Runs the command.
    ///
    /// # Errors
    /// If a file cannot be read, a statement is not signed by its key or about another contract, or the source's text makes no sense. What is wrong with the
    /// consignment, or a source that does not answer, is not an error but the answer.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let statements = self.statement.iter().map(|path| verify::read(path));
        let statements = statements.collect::<Result<Vec<_>>>()?;
        self.verdict(settings)?.stated(&statements)
    }

    fn verdict(self, settings: &Settings) -> Result<Output> {
        let network = settings.network.clone().unwrap_or(Network::Regtest);
        let min_conf = self.min_conf;
        let min_depth = min_conf.unwrap_or_else(|| defaults::settled_depth(&network));
        let chain = self.headers.map(|path| headers::read(&path, &network));
        let mut chain = chain.transpose()?.map(ByHeaders::new);
        let listed = self.accepted.list()?;
        let rules = self.accepted.rules(&network, &listed);
        let found = file::read_parts(&self.file, |parts| {
            validate_parts(parts, &rules, |shown| {
                if let (Shown::Proof(witness, proof), Some(chain)) = (shown, &mut chain) {
                    chain.take(witness, &proof);
                }
            })
            .map_err(Box::new)
        })?;
        let consistent = match found {
            Err(failure) => return Ok(Output::failed(&failure)),
            Ok(consistent) => consistent,
        };
        let said = said(consistent.get(), &self.file, &listed);
        let output = match chain {
            None => judge(consistent, settings, &network, min_depth)?,
            Some(by) => by_headers(consistent, &by, min_depth)
                .by(Chain::of(&by.chain), headers::notes(&network)),
        };
        Ok(output.saying(said))
    }
}

/// What a consistent file says. What it shows as evidence is read a second time, if there is such; a file that
/// is gone or changed by then shows nothing.
fn said(content: &Consignment, file: &Path, listed: &AllowList) -> Said {
    let mut named = content.terminals.iter();
    let evidence = if named.any(|terminal| matches!(terminal, TerminalState::Evidence(_))) {
        file::read_parts(file, |parts| said::evidence(content, parts)).unwrap_or_default()
    } else {
        BTreeMap::new()
    };
    Said::of(content, evidence, listed)
}

/// The content of a contract file or consignment whose place in the chain is of no matter.
///
/// # Errors
/// If it is refused.
pub fn content(
    bytes: &[u8],
    network: &Network,
    any_schema: bool,
) -> Result<Consistent<Consignment>> {
    let content = validate(bytes, &rules(network, any_schema));
    Ok(content
        .map_err(|failure| TransferError::Refused(Box::new(failure)))
        .map_err(bulla_wallet::Error::from)?)
}

/// What is accepted on a network: any schema, or the standard ones.
pub fn rules(network: &Network, any_schema: bool) -> Rules<'static> {
    Accepted::any(any_schema).rules(network, &AllowList::new([]))
}

/// What headers and the consignment's own block proofs say.
fn by_headers(consistent: Consistent<Consignment>, by: &ByHeaders, min_depth: u32) -> Output {
    let sought = &consistent.get().witnesses;
    let (positions, notes) = (by.positions(sought), by.notes(sought));
    settle(consistent, positions, min_depth).with_notes(notes)
}

fn judge(
    consistent: Consistent<Consignment>,
    settings: &Settings,
    network: &Network,
    min_depth: u32,
) -> Result<Output> {
    if consistent.get().witnesses.is_empty() {
        let (tip, list) = (0, Vec::new());
        return Ok(settle(consistent, Positions { tip, list }, min_depth));
    }
    match source::open(settings, network) {
        Ok(source) => {
            let source = source.as_ref();
            let wallet = session::path(settings);
            let view = View {
                source,
                network,
                wallet: Some(&wallet),
            };
            let spinner = session::spinner(source);
            let output = judge_on(consistent, &view, min_depth);
            spinner.finish_and_clear();
            Ok(output)
        }
        Err(Error::Source(error)) => Ok(Output::open(consistent.get()).unanswered(&error)),
        Err(error) => Err(error),
    }
}

/// What a source says of a consistent consignment; one that does not answer is an answer, too.
pub fn judge_on(consistent: Consistent<Consignment>, view: &View<'_>, min_depth: u32) -> Output {
    let sought = &consistent.get().witnesses;
    log::info!("consistent, {} witnesses", sought.len());
    match view.positions(sought) {
        Ok(positions) => settle(consistent, positions, min_depth),
        Err(error) => Output::open(consistent.get()).unanswered(&error),
    }
}

fn settle(consistent: Consistent<Consignment>, positions: Positions, min_depth: u32) -> Output {
    let weakest = answer::weakest(consistent.get(), &positions);
    let open = Output::open(consistent.get());
    let judged = |verdict, content| Output::judged(verdict, content, weakest, min_depth);
    match consistent.settle(&Answered(positions), min_depth) {
        Ok(Settlement::Settled(settled)) => judged(Verdict::Settled, settled.get()),
        Ok(Settlement::Pending { consignment, .. }) => {
            judged(Verdict::Consistent, consignment.get())
        }
        Ok(Settlement::Conflicted { consignment, .. }) => {
            judged(Verdict::Conflicted, consignment.get())
        }
        Err(error) => open.unanswered(&error),
    }
}

/// A view that was asked before.
struct Answered(Positions);

impl ChainView for Answered {
    type Error = Infallible;

    fn positions(&self, _: &[Sought]) -> std::result::Result<Positions, Infallible> {
        Ok(self.0.clone())
    }
}
