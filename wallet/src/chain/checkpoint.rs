//! A chain of checkpoints that connects to the wallet's own.

use std::collections::BTreeMap;

use bdk_wallet::chain::{BlockId, CheckPoint};
use bitcoin::BlockHash;

use super::SourceError;

/// Builds the answer's chain: the wallet's blocks that the source has too, the source's blocks
/// where they differ, the blocks of anchors, and the tip. `hash_at` answers for heights up to
/// `tip`, out of the same best chain.
///
/// # Errors
/// [`SourceError::OtherChain`] if not even genesis agrees; [`SourceError::Behind`] if the source's
/// best chain ends below the wallet's checkpoints so that it cannot be said which are stale.
pub(crate) fn connect(
    name: &str,
    wallet: &CheckPoint,
    tip: BlockId,
    anchors: BTreeMap<u32, BlockHash>,
    mut hash_at: impl FnMut(u32) -> Result<BlockHash, SourceError>,
) -> Result<CheckPoint, SourceError> {
    let mut blocks = anchors;
    blocks.insert(tip.height, tip.hash);
    let mut lowest_stale = None;
    let mut agreed = None;
    for checkpoint in wallet.iter() {
        let height = checkpoint.height();
        if height <= tip.height {
            let hash = if height == tip.height {
                tip.hash
            } else {
                hash_at(height)?
            };
            if hash == checkpoint.hash() {
                agreed = Some(checkpoint);
                break;
            }
            if height == 0 {
                let expected = checkpoint.hash();
                return Err(SourceError::OtherChain {
                    name: name.into(),
                    found: hash,
                    expected,
                });
            }
            blocks.insert(height, hash);
        }
        lowest_stale = Some(height);
    }
    let Some(agreed) = agreed else {
        let (found, expected) = (hash_at(0)?, wallet.hash());
        return Err(SourceError::OtherChain {
            name: name.into(),
            found,
            expected,
        });
    };
    if let Some(wallet) = lowest_stale.filter(|height| *height > tip.height)
        && tip.height > agreed.height()
    {
        return Err(SourceError::Behind {
            name: name.into(),
            height: tip.height,
            wallet,
        });
    }
    Ok(merge(&agreed, blocks))
}

/// The blocks of a chain that are not in another. Looks no further than to where both are one list.
pub(crate) fn beyond(other: &CheckPoint, chain: &CheckPoint) -> Vec<BlockId> {
    let mut found = Vec::new();
    let mut others = other.iter().peekable();
    for block in chain.iter() {
        while others
            .next_if(|other| other.height() > block.height())
            .is_some()
        {}
        match others.peek() {
            Some(other) if other.eq_ptr(&block) => break,
            Some(other) if other.block_id() == block.block_id() => {}
            _ => found.push(block.block_id()),
        }
    }
    found
}

/// Adds blocks of the same best chain above and below a checkpoint.
fn merge(agreed: &CheckPoint, mut blocks: BTreeMap<u32, BlockHash>) -> CheckPoint {
    let lowest = blocks.keys().next().copied().unwrap_or_default();
    let mut base = agreed.clone();
    while base.height() >= lowest {
        blocks.insert(base.height(), base.hash());
        let Some(prev) = base.prev() else { break };
        base = prev;
    }
    blocks.retain(|height, _| *height > base.height());
    base.extend(
        blocks
            .into_iter()
            .map(|(height, hash)| BlockId { height, hash }),
    )
    .expect("heights ascend from the base")
}

#[cfg(test)]
mod tests {
    use bdk_wallet::chain::local_chain::LocalChain;
    use bitcoin::hashes::Hash;

    use super::*;

    fn hash(branch: u8, height: u32) -> BlockHash {
        let branch = if height == 0 { 0 } else { branch };
        let mut bytes = [branch; 32];
        bytes[..4].copy_from_slice(&height.to_le_bytes());
        BlockHash::from_byte_array(bytes)
    }

    fn chain(branch: u8, heights: &[u32]) -> CheckPoint {
        let ids = heights.iter().map(|h| BlockId {
            height: *h,
            hash: hash(branch, *h),
        });
        CheckPoint::from_block_ids(ids).expect("ascending")
    }

    /// The source's chain is branch 1 from height 4 on.
    fn source(height: u32) -> BlockHash {
        hash(u8::from(height >= 4), height)
    }

    fn connected(
        wallet: &CheckPoint,
        tip: u32,
        anchors: &[u32],
    ) -> Result<LocalChain, SourceError> {
        let tip = BlockId {
            height: tip,
            hash: source(tip),
        };
        let anchors = anchors.iter().map(|h| (*h, source(*h))).collect();
        let update = connect("test", wallet, tip, anchors, |height| Ok(source(height)))?;
        let mut local = LocalChain::from_tip(wallet.clone()).expect("has genesis");
        local.apply_update(update).expect("connects");
        assert_eq!(local.tip().block_id(), tip);
        Ok(local)
    }

    #[test]
    fn a_new_wallet_gets_tip_and_anchors() {
        let local = connected(&chain(0, &[0]), 9, &[2, 5]).expect("connects");
        let heights: Vec<u32> = local.iter_checkpoints().map(|c| c.height()).collect();
        assert_eq!(heights, [9, 5, 2, 0]);
    }

    #[test]
    fn anchors_below_the_common_block_are_added() {
        let local = connected(&chain(0, &[0, 3]), 9, &[1, 7]).expect("connects");
        let heights: Vec<u32> = local.iter_checkpoints().map(|c| c.height()).collect();
        assert_eq!(heights, [9, 7, 3, 1, 0]);
    }

    #[test]
    fn stale_blocks_are_replaced() {
        let local = connected(&chain(0, &[0, 2, 5, 6]), 7, &[4]).expect("connects");
        let found: Vec<_> = local
            .iter_checkpoints()
            .map(|c| (c.height(), c.hash()))
            .collect();
        assert_eq!(
            found,
            [7, 6, 5, 4, 2, 0].map(|height| (height, source(height)))
        );
    }

    #[test]
    fn a_shorter_chain_that_says_nothing_of_a_stale_block_is_behind() {
        let error = connected(&chain(0, &[0, 2, 8]), 6, &[]).expect_err("ambiguous");
        assert!(
            matches!(
                error,
                SourceError::Behind {
                    height: 6,
                    wallet: 8,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn another_genesis_is_another_chain() {
        let wallet = CheckPoint::new(BlockId {
            height: 0,
            hash: hash(7, 1),
        });
        let error = connected(&wallet, 6, &[]).expect_err("not this chain");
        let SourceError::OtherChain {
            found, expected, ..
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!((found, expected), (hash(0, 0), hash(7, 1)));
    }
}
