//! The parts of a node's answers that are read; all others are ignored.

use bitcoin::{BlockHash, ScriptBuf, Txid};
use serde::Deserialize;

/// `getblockchaininfo`
#[derive(Deserialize)]
pub(super) struct ChainInfo {
    pub blocks: u32,
    #[serde(rename = "bestblockhash")]
    pub best: BlockHash,
}

/// One entry of `getindexinfo`
#[derive(Deserialize)]
pub(super) struct IndexInfo {
    pub synced: bool,
}

/// `scanblocks start`
#[derive(Deserialize)]
pub(super) struct FilterScan {
    pub relevant_blocks: Vec<BlockHash>,
    pub completed: bool,
}

/// `getblock` with verbosity 1
#[derive(Deserialize)]
pub(super) struct BlockIds {
    pub hash: BlockHash,
    pub height: u32,
    pub tx: Vec<Txid>,
}

/// `getblock` with verbosity 3
#[derive(Deserialize)]
pub(super) struct BlockDetails {
    pub hash: BlockHash,
    pub height: u32,
    pub time: u64,
    pub tx: Vec<TxDetails>,
}

#[derive(Deserialize)]
pub(super) struct TxDetails {
    pub txid: Txid,
    pub hex: String,
    vin: Vec<Input>,
    vout: Vec<Output>,
}

#[derive(Deserialize)]
struct Input {
    coinbase: Option<String>,
    prevout: Option<Output>,
}

/// An output of a transaction, or `gettxout`
#[derive(Deserialize)]
pub(super) struct Output {
    #[serde(rename = "scriptPubKey")]
    pub script: Script,
}

#[derive(Deserialize)]
pub(super) struct Script {
    pub hex: ScriptBuf,
}

impl TxDetails {
    /// The scripts it pays to and those it spends from.
    pub(super) fn scripts(&self) -> impl Iterator<Item = &ScriptBuf> {
        let spent = self.vin.iter().filter_map(|input| input.prevout.as_ref());
        self.vout
            .iter()
            .chain(spent)
            .map(|output| &output.script.hex)
    }

    /// Whether the node told what the inputs spend; it cannot without its undo data.
    pub(super) fn is_complete(&self) -> bool {
        self.vin
            .iter()
            .all(|input| input.coinbase.is_some() || input.prevout.is_some())
    }
}

/// `getrawtransaction` with verbosity 1
#[derive(Deserialize)]
pub(super) struct TxPlace {
    #[serde(rename = "blockhash")]
    pub block: Option<BlockHash>,
}

/// `getblockheader`
#[derive(Deserialize)]
pub(super) struct HeaderInfo {
    pub height: u32,
    /// Negative for a block that is not in the best chain.
    pub confirmations: i64,
}

/// One entry of `gettxspendingprevout`
#[derive(Deserialize)]
pub(super) struct Spending {
    #[serde(rename = "spendingtxid")]
    pub spender: Option<Txid>,
    #[serde(rename = "blockhash")]
    pub block: Option<BlockHash>,
}

/// `getmempoolinfo`, in BTC per 1000 vB
#[derive(Deserialize)]
pub(super) struct MempoolInfo {
    #[serde(rename = "mempoolminfee")]
    pub least_now: f64,
    #[serde(rename = "minrelaytxfee")]
    pub least_ever: f64,
}

/// `estimatesmartfee`, in BTC per 1000 vB
#[derive(Deserialize)]
pub(super) struct Estimate {
    pub feerate: Option<f64>,
}
