//! Which blocks to read, and reading them: by the node's block filters where it has them, else all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::thread::sleep;
use std::time::Duration;

use bdk_wallet::chain::BlockId;
use bitcoin::block::Header;
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::{BlockHash, ScriptBuf};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::SourceError;
use super::answers::{BlockDetails, BlockIds, FilterScan, IndexInfo};
use super::rpc::{Answer, BATCH, INVALID_PARAMETER, MISC_ERROR, Rpc};

/// Blocks in one batch, with all their transactions and what these spend.
const DETAILED_BATCH: usize = 8;
/// Blocks in one batch, with transaction ids only.
const IDS_BATCH: usize = 100;
/// How often, and after which pause, to ask for a filter scan while another one runs.
const SCAN_ATTEMPTS: u32 = 600;
const SCAN_PAUSE: Duration = Duration::from_millis(200);

/// The indexes of a node that are complete.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Indexes {
    pub transactions: bool,
    pub filters: bool,
    pub spenders: bool,
}

impl Rpc {
    pub(super) fn indexes(&self) -> Result<Indexes, SourceError> {
        let info: BTreeMap<String, IndexInfo> = self.call("getindexinfo", json!([]))?;
        let synced = |name: &str| info.get(name).is_some_and(|index| index.synced);
        Ok(Indexes {
            transactions: synced("txindex"),
            filters: synced("basic block filter index"),
            spenders: synced("txospenderindex"),
        })
    }

    /// Whether the filters reach up to the tip: `scanblocks` passes over blocks without one in
    /// silence. Asking for the tip's filter makes the node finish it.
    fn filters_reach(&self, tip: BlockId) -> Result<bool, SourceError> {
        let filter: Answer<Value> = self.attempt("getblockfilter", json!([tip.hash]))?;
        Ok(filter.is_ok())
    }

    /// The blocks of these heights that may touch these scripts; `None` without filters.
    pub(super) fn filtered(
        &self,
        scripts: impl FnOnce() -> BTreeSet<ScriptBuf>,
        heights: &RangeInclusive<u32>,
        tip: BlockId,
    ) -> Result<Option<Vec<BlockHash>>, SourceError> {
        if heights.is_empty() {
            return Ok(Some(Vec::new()));
        }
        if !self.indexes()?.filters || !self.filters_reach(tip)? {
            return Ok(None);
        }
        let scripts = scripts();
        if scripts.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let objects: Vec<_> = scripts
            .iter()
            .map(|script| format!("raw({})", script.to_hex_string()))
            .collect();
        let params = json!(["start", objects, heights.start(), heights.end()]);
        for _ in 0..SCAN_ATTEMPTS {
            match self.attempt_slowly::<FilterScan>("scanblocks", params.clone())? {
                Ok(scan) if scan.completed => return Ok(Some(scan.relevant_blocks)),
                // Another client's scan runs, or another client has broken off this one.
                Ok(_) => sleep(SCAN_PAUSE),
                Err(error) if error.code == INVALID_PARAMETER => sleep(SCAN_PAUSE),
                Err(error) => return Err(self.refused("scanblocks", error)),
            }
        }
        Err(SourceError::Busy {
            name: self.name.clone(),
            call: "scanblocks".into(),
        })
    }

    /// Reads blocks with all details, a few at a time.
    pub(super) fn read_blocks(
        &self,
        hashes: &[BlockHash],
        mut each: impl FnMut(BlockDetails) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        for chunk in hashes.chunks(DETAILED_BATCH) {
            for block in self.get_blocks::<BlockDetails>(chunk, 3, DETAILED_BATCH)? {
                if !block.tx.iter().all(super::answers::TxDetails::is_complete) {
                    return Err(self.pruned(block.height));
                }
                each(block)?;
            }
        }
        Ok(())
    }

    /// Reads headers of the best chain.
    pub(super) fn headers(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError> {
        let call = "getblockheader";
        let hashes = self.hashes_at((from..).zip(0..count).map(|(height, _)| height))?;
        let params: Vec<_> = hashes.iter().map(|hash| json!([hash, false])).collect();
        let found: Vec<String> = self.batch_all(call, BATCH, &params)?;
        found
            .into_iter()
            .map(|hex| deserialize_hex(&hex).map_err(|_| self.odd(call, hex, "a header in hex")))
            .collect()
    }

    /// Reads the transaction ids of blocks.
    pub(super) fn read_ids(&self, hashes: &[BlockHash]) -> Result<Vec<BlockIds>, SourceError> {
        self.get_blocks(hashes, 1, IDS_BATCH)
    }

    fn get_blocks<T: DeserializeOwned>(
        &self,
        hashes: &[BlockHash],
        verbosity: u8,
        size: usize,
    ) -> Result<Vec<T>, SourceError> {
        let params: Vec<_> = hashes.iter().map(|hash| json!([hash, verbosity])).collect();
        let answers: Vec<Answer<T>> = self.batch("getblock", size, &params)?;
        let mut blocks = Vec::with_capacity(answers.len());
        for (hash, answer) in hashes.iter().zip(answers) {
            match answer {
                Ok(block) => blocks.push(block),
                Err(error) if error.code == MISC_ERROR && error.message.contains("pruned") => {
                    let header: super::answers::HeaderInfo =
                        self.call("getblockheader", json!([hash]))?;
                    return Err(self.pruned(header.height));
                }
                Err(error) => return Err(self.refused("getblock", error)),
            }
        }
        Ok(blocks)
    }

    fn pruned(&self, height: u32) -> SourceError {
        SourceError::Pruned {
            name: self.name.clone(),
            height,
        }
    }
}
