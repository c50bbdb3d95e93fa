//! `verify`: checks a proof of ownership; needs no wallet.

mod answer;

use std::path::PathBuf;

use bulla_core::ContractId;
use bulla_core::headers::{HeaderChain, Proven};
use bulla_wallet::chain::View;
use bulla_wallet::proofs::{Challenge, Expected, MAX_BYTES, Owned, Proof, check};
use bulla_wallet::{Network, defaults};
use clap::Args;

pub use self::answer::{Output, Owning, Verdict};
use super::headers::{self, Chain};
use super::{Result, validate};
use crate::accepted::Accepted;
use crate::error::Error;
use crate::file;
use crate::session;
use crate::settings::Settings;
use crate::source;

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The proof
    file: PathBuf,
    /// The challenge that you asked: without it, an old proof, or one made for another, would pass
    #[arg(long, value_name = "TEXT")]
    challenge: Option<Challenge>,
    /// The contract that you asked about
    #[arg(long)]
    contract: Option<ContractId>,
    #[arg(long, value_name = "BLOCKS", help = validate::min_conf_help(), value_parser = clap::value_parser!(u32).range(1..))]
    min_conf: Option<u32>,
    #[command(flatten)]
    accepted: Accepted,
    /// Ask no source: go by this file of headers and the block proofs in the proof. Whether the coins were
    /// spent since cannot be seen then, and the exit code is 4
    #[arg(long, value_name = "FILE")]
    headers: Option<PathBuf>,
}

impl Verify {
    /// Runs the command.
    ///
    /// # Errors
    /// If no challenge is named, or the proof is refused. A chain that does not answer is not an error but the answer.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        if self.challenge.is_none() {
            return Err(Error::Options {
                found: "no --challenge: an old proof, or one that was made for somebody else, would pass",
                remedy: "say --challenge and the text that you asked for",
            });
        }
        let network = settings.network.clone().unwrap_or(Network::Regtest);
        let listed = self.accepted.list()?;
        let proof = Proof::decode(&file::read(&self.file, MAX_BYTES)?)?;
        let expected = Expected {
            challenge: self.challenge,
            contract: self.contract,
        };
        let owned = check(proof, &self.accepted.rules(&network, &listed), &expected)?;
        let least = self.min_conf;
        let least = least.unwrap_or_else(|| defaults::settled_depth(&network));
        let output = match self.headers {
            Some(path) => by_headers(&owned, &headers::read(&path, &network)?, least, &network),
            None => answer(&owned, settings, &network, least)?,
        };
        Ok(output.saying(&owned, &listed))
    }
}

fn by_headers(owned: &Owned, chain: &HeaderChain, least: u32, network: &Network) -> Output {
    let proofs = owned.block_proofs();
    match owned.settle(&Proven::new(chain, &proofs), least) {
        Ok(standing) => {
            let answer = Output::of(owned, &standing, least);
            answer.by(Chain::of(chain), headers::notes(network))
        }
        Err(error) => Output::unanswered(owned, &error),
    }
}

fn answer(owned: &Owned, settings: &Settings, network: &Network, least: u32) -> Result<Output> {
    if settings.offline {
        return Ok(Output::unasked(owned));
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
            let answer = owned.settle(&view, least);
            spinner.finish_and_clear();
            Ok(match answer {
                Ok(standing) => Output::of(owned, &standing, least),
                Err(error) => Output::unanswered(owned, &error),
            })
        }
        Err(Error::Source(error)) => Ok(Output::unanswered(owned, &error)),
        Err(error) => Err(error),
    }
}
