//! Where transactions are: by the node's transaction index, else by its filters, else by reading
//! the last blocks.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;

use bdk_wallet::chain::BlockId;
use bitcoin::{BlockHash, OutPoint, Txid};
use serde_json::{Value, json};

use super::super::{Position, Sought, SourceError};
use super::answers::{HeaderInfo, Output, Spending, TxPlace};
use super::blocks::Indexes;
use super::rpc::{Answer, BATCH, NOT_FOUND, Rpc};

/// Blocks that are read from the tip back where the node has neither index: two weeks.
const LAST_RESORT: u32 = 2016;
const READ_AT_ONCE: usize = 100;

/// Where mined transactions were found before; each is checked against the best chain.
pub(super) type Places = HashMap<Txid, BlockId>;

/// The blocks to search, and the tip as of which the answer holds.
pub(super) struct Search {
    /// The caller knows that no other block holds what is sought.
    pub heights: RangeInclusive<u32>,
    pub tip: BlockId,
}

impl Search {
    /// All blocks.
    pub(super) fn everywhere(tip: BlockId) -> Search {
        Search {
            heights: 0..=tip.height,
            tip,
        }
    }

    /// Two weeks of blocks below a height.
    pub(super) fn below(height: u32, tip: BlockId) -> Search {
        let last = height.min(tip.height + 1);
        // Empty if there is none below.
        let heights = match last.checked_sub(1) {
            Some(last) => last.saturating_sub(LAST_RESORT - 1)..=last,
            None => RangeInclusive::new(1, 0),
        };
        Search { heights, tip }
    }
}

/// The positions of all.
pub(super) fn positions(
    rpc: &Rpc,
    places: &mut Places,
    sought: &[Sought],
    search: &Search,
) -> Result<Vec<Position>, SourceError> {
    forget_stale(rpc, places, sought, search.tip)?;
    let indexes = rpc.indexes()?;
    let missing = |places: &Places| -> Vec<&Sought> {
        sought
            .iter()
            .filter(|one| !places.contains_key(&one.txid))
            .collect()
    };
    let mempool = waiting(rpc, &missing(places))?;
    let wanted: Vec<&Sought> = missing(places)
        .into_iter()
        .filter(|one| !mempool.contains(&one.txid))
        .collect();
    if indexes.transactions {
        places.extend(by_index(rpc, wanted.iter().map(|one| one.txid))?);
    } else {
        places.extend(by_blocks(rpc, &wanted, search)?);
    }
    let gone: Vec<&Sought> = wanted
        .into_iter()
        .filter(|one| !places.contains_key(&one.txid))
        .collect();
    let conflicts = conflicts(rpc, places, &gone, indexes)?;
    Ok(sought
        .iter()
        .map(
            |one| match (places.get(&one.txid), conflicts.get(&one.txid)) {
                (Some(place), _) => Position::Mined {
                    height: place.height,
                },
                (None, _) if mempool.contains(&one.txid) => Position::Mempool,
                (None, Some(by)) => Position::Conflicted { by: *by },
                (None, None) => Position::Absent,
            },
        )
        .collect())
}

/// Forgets places in blocks that are no longer in the best chain.
fn forget_stale(
    rpc: &Rpc,
    places: &mut Places,
    sought: &[Sought],
    tip: BlockId,
) -> Result<(), SourceError> {
    let known: BTreeSet<u32> = sought
        .iter()
        .filter_map(|one| places.get(&one.txid))
        .map(|place| place.height)
        .collect();
    let heights: Vec<u32> = known
        .into_iter()
        .filter(|height| *height <= tip.height)
        .collect();
    let hashes = rpc.hashes_at(heights.iter().copied())?;
    let best: HashMap<u32, BlockHash> = heights.into_iter().zip(hashes).collect();
    let sought: HashSet<Txid> = sought.iter().map(|one| one.txid).collect();
    places.retain(|txid, place| {
        !sought.contains(txid) || best.get(&place.height) == Some(&place.hash)
    });
    Ok(())
}

/// Those that wait in the mempool.
fn waiting(rpc: &Rpc, sought: &[&Sought]) -> Result<HashSet<Txid>, SourceError> {
    let params: Vec<_> = sought.iter().map(|one| json!([one.txid])).collect();
    let answers: Vec<Answer<Value>> = rpc.batch("getmempoolentry", BATCH, &params)?;
    let mut found = HashSet::new();
    for (one, answer) in sought.iter().zip(answers) {
        match answer {
            Ok(_) => {
                found.insert(one.txid);
            }
            Err(error) if error.code == NOT_FOUND => {}
            Err(error) => return Err(rpc.refused("getmempoolentry", error)),
        }
    }
    Ok(found)
}

/// The places of mined transactions by the transaction index.
fn by_index(rpc: &Rpc, txids: impl IntoIterator<Item = Txid>) -> Result<Places, SourceError> {
    let txids: Vec<Txid> = txids.into_iter().collect();
    let params: Vec<_> = txids.iter().map(|txid| json!([txid, 1])).collect();
    let answers: Vec<Answer<TxPlace>> = rpc.batch("getrawtransaction", BATCH, &params)?;
    let mut blocks = HashMap::new();
    for (txid, answer) in txids.into_iter().zip(answers) {
        match answer {
            Ok(TxPlace { block: Some(block) }) => {
                blocks.insert(txid, block);
            }
            Ok(TxPlace { block: None }) => {}
            Err(error) if error.code == NOT_FOUND => {}
            Err(error) => return Err(rpc.refused("getrawtransaction", error)),
        }
    }
    let hashes: Vec<BlockHash> = blocks
        .values()
        .copied()
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    let params: Vec<_> = hashes.iter().map(|hash| json!([hash])).collect();
    let headers: Vec<HeaderInfo> = rpc.batch_all("getblockheader", BATCH, &params)?;
    let best: HashMap<BlockHash, u32> = hashes
        .into_iter()
        .zip(headers)
        .filter(|(_, header)| header.confirmations > 0)
        .map(|(hash, header)| (hash, header.height))
        .collect();
    let place = |(txid, hash): (Txid, BlockHash)| {
        best.get(&hash).map(|height| {
            (
                txid,
                BlockId {
                    height: *height,
                    hash,
                },
            )
        })
    };
    Ok(blocks.into_iter().filter_map(place).collect())
}

/// The places of mined transactions by filters, or by reading the last blocks.
fn by_blocks(rpc: &Rpc, wanted: &[&Sought], search: &Search) -> Result<Places, SourceError> {
    let scripts = || wanted.iter().filter_map(|one| one.script.clone()).collect();
    let mut found = Places::new();
    let mut rest: HashSet<Txid> = wanted.iter().map(|one| one.txid).collect();
    if let Some(hashes) = rpc.filtered(scripts, &search.heights, search.tip)? {
        for block in rpc.read_ids(&hashes)? {
            take(&mut found, &mut rest, block);
        }
        let searched = wanted.iter().filter(|one| one.script.is_some());
        searched.for_each(|one| {
            rest.remove(&one.txid);
        });
    }
    by_last_blocks(rpc, found, rest, &search.heights)
}

fn take(found: &mut Places, rest: &mut HashSet<Txid>, block: super::answers::BlockIds) {
    let id = BlockId {
        height: block.height,
        hash: block.hash,
    };
    for txid in block.tx {
        if rest.remove(&txid) {
            found.insert(txid, id);
        }
    }
}

/// Reads from the highest block down until all are found, or all blocks are read.
fn by_last_blocks(
    rpc: &Rpc,
    mut found: Places,
    mut rest: HashSet<Txid>,
    heights: &RangeInclusive<u32>,
) -> Result<Places, SourceError> {
    let lowest = (heights.end() + 1)
        .saturating_sub(LAST_RESORT)
        .max(*heights.start());
    let complete = lowest == *heights.start();
    let heights: Vec<u32> = (lowest..=*heights.end()).rev().collect();
    let no_index = |rest: &HashSet<Txid>| match rest.iter().next() {
        None => Ok(()),
        Some(txid) => Err(SourceError::NoIndex {
            name: rpc.name.clone(),
            txid: *txid,
            remedy: "start the node with -txindex or -blockfilterindex",
        }),
    };
    for chunk in heights.chunks(READ_AT_ONCE) {
        if rest.is_empty() {
            return Ok(found);
        }
        let hashes = rpc.hashes_at(chunk.iter().copied())?;
        match rpc.read_ids(&hashes) {
            Ok(blocks) => blocks
                .into_iter()
                .for_each(|block| take(&mut found, &mut rest, block)),
            Err(SourceError::Pruned { .. }) => {
                no_index(&rest)?;
            }
            Err(error) => return Err(error),
        }
    }
    if !complete {
        no_index(&rest)?;
    }
    Ok(found)
}

/// Which of these can no longer be mined, and by whom they are replaced if the node can tell.
fn conflicts(
    rpc: &Rpc,
    places: &Places,
    gone: &[&Sought],
    indexes: Indexes,
) -> Result<HashMap<Txid, Option<Txid>>, SourceError> {
    let inputs: Vec<(Txid, OutPoint)> = gone
        .iter()
        .flat_map(|one| one.inputs.iter().map(|input| (one.txid, *input)))
        .collect();
    if inputs.is_empty() {
        return Ok(HashMap::new());
    }
    if indexes.spenders {
        return by_spender_index(rpc, &inputs);
    }
    let params: Vec<_> = inputs
        .iter()
        .map(|(_, input)| json!([input.txid, input.vout, false]))
        .collect();
    let coins: Vec<Option<Output>> = rpc.batch_all("gettxout", BATCH, &params)?;
    let missing: Vec<(Txid, OutPoint)> = inputs
        .into_iter()
        .zip(coins)
        .filter(|(_, coin)| coin.is_none())
        .map(|(input, _)| input)
        .collect();
    let parents: HashSet<Txid> = missing.iter().map(|(_, input)| input.txid).collect();
    let mut mined: HashSet<Txid> = parents
        .iter()
        .filter(|txid| places.contains_key(*txid))
        .copied()
        .collect();
    if indexes.transactions {
        let rest: Vec<Txid> = parents.difference(&mined).copied().collect();
        mined.extend(by_index(rpc, rest)?.into_keys());
    }
    Ok(missing
        .into_iter()
        .filter(|(_, input)| mined.contains(&input.txid))
        .map(|(txid, _)| (txid, None))
        .collect())
}

fn by_spender_index(
    rpc: &Rpc,
    inputs: &[(Txid, OutPoint)],
) -> Result<HashMap<Txid, Option<Txid>>, SourceError> {
    let options = json!({ "mempool_only": false });
    let params: Vec<_> = inputs
        .iter()
        .map(|(_, input)| json!([[{ "txid": input.txid, "vout": input.vout }], options]))
        .collect();
    let answers: Vec<Vec<Spending>> = rpc.batch_all("gettxspendingprevout", BATCH, &params)?;
    let mined = answers.into_iter().map(|spends| {
        spends
            .into_iter()
            .find(|spend| spend.block.is_some())
            .and_then(|spend| spend.spender)
    });
    Ok(inputs
        .iter()
        .zip(mined)
        .filter_map(|((txid, _), spender)| spender.map(|spender| (*txid, Some(spender))))
        .collect())
}
