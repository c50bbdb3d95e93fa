//! `sandbox status`: the best block and what waits.

use bitcoin::BlockHash;
use bulla_wallet::sandbox::Sandbox;
use serde::Serialize;

use super::{Result, open};
use crate::output::Human;
use crate::settings::Settings;
use crate::table::fields;

/// What the sandbox holds: the answer of every command of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// Its file.
    pub file: String,
    /// Height of the best block.
    pub height: u32,
    /// The best block.
    pub tip: BlockHash,
    /// Transactions that wait.
    pub mempool: usize,
}

/// Runs the command.
///
/// # Errors
/// If the source is not the sandbox, or its file cannot be used.
pub fn run(settings: &Settings) -> Result<Output> {
    Output::of(&open(settings)?)
}

impl Output {
    /// Of a sandbox.
    ///
    /// # Errors
    /// If its file cannot be used.
    pub fn of(sandbox: &Sandbox) -> Result<Self> {
        let status = sandbox.status()?;
        Ok(Self {
            file: sandbox.path().display().to_string(),
            height: status.tip.height,
            tip: status.tip.hash,
            mempool: status.mempool,
        })
    }
}

impl Human for Output {
    fn human(&self) -> String {
        fields([
            ("height", self.height.to_string()),
            ("tip", self.tip.to_string()),
            ("mempool", self.mempool.to_string()),
            ("file", self.file.clone()),
        ])
    }
}
