//! The chain of most work among those it was given.

use bitcoin::block::Header;
use bitcoin::blockdata::constants::genesis_block;
use bitcoin::{BlockHash, Network, Txid, Work};

use super::branch::{Branch, Next};
use super::{ChainParams, HeaderError, ProofError, check_proof};
use crate::frame::BlockProof;
use crate::settle::Position;

/// Headers, each checked against those before. It begins with the first block of its network, or
/// with a checkpoint, and is never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeaderChain {
    params: ChainParams,
    base: u32,
    headers: Vec<Header>,
    tip_hash: BlockHash,
    work: Work,
}

/// What valid headers did to the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// They were all known.
    Nothing,
    /// They follow the tip.
    Extended {
        /// How many.
        added: usize,
    },
    /// They leave the chain at a fork, have more work than what followed it, and replace that.
    Reorganised {
        /// Height of the last common block.
        fork: u32,
        /// Headers dropped.
        removed: usize,
        /// Headers added.
        added: usize,
    },
    /// They leave the chain at a fork, and do not have more work than what follows it: not kept.
    Weaker {
        /// Height of the last common block.
        fork: u32,
        /// Work above the fork in the chain.
        ours: Work,
        /// Work above the fork in the headers.
        theirs: Work,
    },
}

impl HeaderChain {
    /// The chain of a network that holds its first block.
    pub fn of_network(network: Network) -> Self {
        let params = ChainParams::of_network(network);
        Self::rooted(params, 0, genesis_block(network).header)
    }

    /// A chain that begins with this header: the first block, or a checkpoint that begins a period
    /// of one difficulty, else the next target could not be computed. Work then counts from there,
    /// and the median time binds from the eleventh header on.
    ///
    /// # Errors
    /// If no such checkpoint is compiled in, or the header is another block.
    pub fn begin(params: ChainParams, height: u32, header: Header) -> Result<Self, HeaderError> {
        let expected = match params.checkpoints.get(&height) {
            Some(hash) if params.begins_period(height) => *hash,
            _ => return Err(HeaderError::Base { height }),
        };
        let found = header.block_hash();
        if expected != found {
            return Err(HeaderError::Checkpoint {
                height,
                expected,
                found,
            });
        }
        Ok(Self::rooted(params, height, header))
    }

    /// Takes up headers that a chain held before, out of the own store: nothing is checked again, so
    /// nothing from anybody else may come here. They begin a period, reach up to the tip, and include
    /// all that [decide](ChainParams::decides) about headers that may leave them. Work counts from the
    /// first of them.
    ///
    /// # Errors
    /// If there is none, or the height of the first begins no period.
    pub fn resume(
        params: ChainParams,
        base: u32,
        headers: Vec<Header>,
    ) -> Result<Self, HeaderError> {
        let begins = params.begins_period(base);
        let Some(tip) = headers.last().filter(|_| begins) else {
            return Err(HeaderError::Base { height: base });
        };
        let (tip_hash, work) = (tip.block_hash(), sum(&headers));
        Ok(Self {
            params,
            base,
            headers,
            tip_hash,
            work,
        })
    }

    fn rooted(params: ChainParams, base: u32, header: Header) -> Self {
        Self {
            params,
            base,
            headers: vec![header],
            tip_hash: header.block_hash(),
            work: header.work(),
        }
    }

    /// The rules.
    pub const fn params(&self) -> &ChainParams {
        &self.params
    }

    /// Height of the first header.
    pub const fn base(&self) -> u32 {
        self.base
    }

    /// Height of the tip.
    pub fn height(&self) -> u32 {
        self.height_at(self.headers.len() - 1)
    }

    /// Hash of the tip.
    pub const fn tip(&self) -> BlockHash {
        self.tip_hash
    }

    /// Work of all headers together.
    pub const fn work(&self) -> Work {
        self.work
    }

    /// All headers, from the base to the tip.
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// The header at a height.
    pub fn header(&self, height: u32) -> Option<&Header> {
        let at = usize::try_from(height.checked_sub(self.base)?).ok()?;
        self.headers.get(at)
    }

    /// Hash of the block at a height.
    pub fn hash(&self, height: u32) -> Option<BlockHash> {
        self.header(height)?;
        let child = height.checked_add(1).and_then(|child| self.header(child));
        Some(child.map_or(self.tip_hash, |child| child.prev_blockhash))
    }

    /// More headers than 2^32 fit no memory.
    fn height_at(&self, index: usize) -> u32 {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        self.base.saturating_add(index)
    }

    /// Takes headers in order of height: after the tip, or from any block of the chain on. Known
    /// ones are passed over; a branch replaces what follows the fork if it has more work. A weaker
    /// branch is not kept, so give a branch whole. All headers are checked first: after an error
    /// nothing has changed. `now` is the clock, in seconds since 1970.
    ///
    /// # Errors
    /// If a header breaks a rule, or the first follows no block of the chain.
    pub fn extend(&mut self, headers: &[Header], now: u64) -> Result<Change, HeaderError> {
        let Some(first) = headers.first() else {
            return Ok(Change::Nothing);
        };
        let parent = first.prev_blockhash;
        let start = self
            .place(first)
            .ok_or(HeaderError::Unconnected { parent })?;
        let ours = self.headers.iter().skip(start);
        let known = ours.zip(headers).take_while(|(a, b)| a == b).count();
        let new = headers.get(known..).unwrap_or_default();
        if new.is_empty() {
            return Ok(Change::Nothing);
        }
        self.adopt(start.saturating_add(known), new, now)
    }

    /// Where a header belongs that is the base, or follows a block of the chain.
    fn place(&self, header: &Header) -> Option<usize> {
        if header.prev_blockhash == self.tip_hash {
            return Some(self.headers.len());
        }
        if self.headers.first() == Some(header) {
            return Some(0);
        }
        let mut siblings = self.headers.iter().skip(1);
        let before = siblings.rposition(|ours| ours.prev_blockhash == header.prev_blockhash)?;
        before.checked_add(1)
    }

    /// Checks headers that follow the first `kept` of ours, at least one, and takes them if that
    /// makes more work.
    pub(super) fn adopt(
        &mut self,
        kept: usize,
        new: &[Header],
        now: u64,
    ) -> Result<Change, HeaderError> {
        let (trunk, replaced) = self.headers.split_at_checked(kept).unwrap_or_default();
        let fork = self.height_at(kept.saturating_sub(1));
        let checkpoint = self.params.checkpoint_below(self.height());
        if let Some(checkpoint) = checkpoint.filter(|checkpoint| fork < *checkpoint) {
            return Err(HeaderError::Final { fork, checkpoint });
        }
        let mut parent = self.hash(fork).unwrap_or(self.tip_hash);
        for (index, header) in new.iter().enumerate() {
            let branch = Branch {
                params: &self.params,
                base: self.base,
                trunk,
                new: new.get(..index).unwrap_or_default(),
            };
            let height = self.height_at(kept.saturating_add(index));
            parent = branch.check(Next {
                header,
                height,
                parent,
                now,
            })?;
        }
        let (ours, theirs) = (sum(replaced), sum(new));
        let (removed, added) = (replaced.len(), new.len());
        if removed > 0 && theirs <= ours {
            return Ok(Change::Weaker { fork, ours, theirs });
        }
        self.work = self.work - ours + theirs;
        self.headers.truncate(kept);
        self.headers.extend_from_slice(new);
        self.tip_hash = parent;
        Ok(if removed == 0 {
            Change::Extended { added }
        } else {
            Change::Reorganised {
                fork,
                removed,
                added,
            }
        })
    }

    /// Whether the chain reaches its last checkpoint. One that does not may be anyone's.
    ///
    /// # Errors
    /// If it ends below.
    pub fn reaches_checkpoint(&self) -> Result<(), ProofError> {
        let tip = self.height();
        match self.params.last_checkpoint() {
            Some(checkpoint) if tip < checkpoint => Err(ProofError::Short { tip, checkpoint }),
            _ => Ok(()),
        }
    }

    /// Where a transaction was mined, by its block proof: the header is the one of this chain at
    /// the proof's height, whatever block the proof was made for.
    ///
    /// # Errors
    /// If the proof shows nothing in this chain.
    pub fn position(&self, txid: Txid, proof: &BlockProof) -> Result<Position, ProofError> {
        self.reaches_checkpoint()?;
        let height = proof.height;
        let header = self.header(height).ok_or(ProofError::Height {
            height,
            base: self.base,
            tip: self.height(),
        })?;
        check_proof(txid, proof, header.merkle_root)?;
        Ok(Position::Mined { height })
    }
}

fn sum(headers: &[Header]) -> Work {
    let none = Work::from_be_bytes([0; 32]);
    headers.iter().fold(none, |sum, header| sum + header.work())
}
