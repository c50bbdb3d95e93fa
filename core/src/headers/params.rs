//! The rules of a chain as data.

use std::collections::BTreeMap;

use bitcoin::blockdata::constants::genesis_block;
use bitcoin::{BlockHash, Network, Target};

use super::checkpoints;

/// Blocks of a period of one difficulty, on every network of Bitcoin.
const INTERVAL: u16 = 2_016;
/// Seconds a block shall take, on every network of Bitcoin.
const SPACING: u16 = 600;

/// Headers of which the median time is taken.
pub(super) const MEDIAN: u32 = 11;

/// What the rules for headers depend on. Tests make their own, small ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainParams {
    /// The easiest target.
    pub limit: Target,
    /// Blocks of a period of one difficulty; 0 counts as 1.
    pub interval: u16,
    /// Seconds a block shall take; 0 counts as 1.
    pub spacing: u16,
    /// Whether the difficulty changes from period to period (not on regtest).
    pub retargets: bool,
    /// Whether a block more than two spacings after its parent has the easiest target, unless it is
    /// the first of its period (the 20-minute rule of the testnets).
    pub easy_when_late: bool,
    /// BIP-94 (testnet4): the target of the first block of the period, not of the last, is what
    /// changes, and the first block of a period is at most 600 seconds before its parent.
    pub bip94: bool,
    /// Hashes of blocks known to be in the chain, by height; the one at 0 is the first block.
    pub checkpoints: BTreeMap<u32, BlockHash>,
}

impl ChainParams {
    /// The rules of a network. All signets have the same: their challenge is not checked.
    pub fn of_network(network: Network) -> Self {
        let params = network.params();
        let genesis = genesis_block(network).block_hash();
        let mut checkpoints = BTreeMap::from([(0, genesis)]);
        if network == Network::Bitcoin {
            checkpoints.extend(checkpoints::mainnet());
        }
        Self {
            limit: params.max_attainable_target,
            interval: INTERVAL,
            spacing: SPACING,
            retargets: !params.no_pow_retargeting,
            // Regtest has this rule too; where every target is the easiest, it says nothing.
            easy_when_late: params.allow_min_difficulty_blocks && !params.no_pow_retargeting,
            bip94: network == Network::Testnet4,
            checkpoints,
        }
    }

    /// The highest checkpoint at which a chain can begin.
    pub fn start(&self) -> u32 {
        let mut heights = self.checkpoints.keys().rev();
        let begins = |height: &&u32| self.begins_period(**height);
        heights.find(begins).copied().unwrap_or(0)
    }

    /// The height from which headers decide about those that leave a chain right above a fork: the median
    /// time looks at the last eleven, targets at the period (PROTOCOL.md §14.2).
    pub fn decides(&self, fork: u32) -> u32 {
        let first = fork.saturating_add(1).saturating_sub(MEDIAN);
        self.period(first)
    }

    /// The height that begins the period of a block.
    pub(super) fn period(&self, height: u32) -> u32 {
        height - height % self.interval()
    }

    /// Whether a block is the first of its period.
    pub(super) fn begins_period(&self, height: u32) -> bool {
        height.is_multiple_of(self.interval())
    }

    /// Blocks of a period, at least 1.
    pub(super) fn interval(&self) -> u32 {
        self.interval.max(1).into()
    }

    /// Seconds a block shall take, at least 1.
    pub(super) fn spacing(&self) -> u32 {
        self.spacing.max(1).into()
    }

    /// The highest checkpoint at or below a height.
    pub(super) fn checkpoint_below(&self, height: u32) -> Option<u32> {
        let (height, _) = self.checkpoints.range(..=height).next_back()?;
        Some(*height)
    }

    /// The highest checkpoint.
    pub(super) fn last_checkpoint(&self) -> Option<u32> {
        let (height, _) = self.checkpoints.last_key_value()?;
        Some(*height)
    }
}
