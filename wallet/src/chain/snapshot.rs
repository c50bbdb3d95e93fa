//! Answers that are true of one tip.

use bdk_wallet::chain::BlockId;

use super::{ChainSource, SourceError};

const ATTEMPTS: u32 = 6;

/// Asks until the tip is the same before and after. An error while the tip moves is asked again
/// too: a block that was just dropped may be what it stumbled over.
pub(crate) fn at_one_tip<T>(
    source: &dyn ChainSource,
    mut ask: impl FnMut(BlockId) -> Result<T, SourceError>,
) -> Result<T, SourceError> {
    let mut tip = source.tip()?;
    for _ in 0..ATTEMPTS {
        let answer = ask(tip);
        if matches!(answer, Err(SourceError::Unreachable { .. })) {
            return answer;
        }
        let after = source.tip()?;
        if after == tip {
            return answer;
        }
        tip = after;
    }
    Err(SourceError::Moving {
        name: source.name(),
        attempts: ATTEMPTS,
    })
}
