//! Questions to a source by who has no wallet open: what it says is mined must stand in headers that were
//! checked, all the same.

use std::path::Path;

use super::{ATTEMPTS, check_network, follow, moving, require, step};
use crate::chain::{ChainSource, Positions, Sought};
use crate::{Error, Network, Wallet, store};

/// Asks where transactions are. If the source has to prove that (what it answers rests on blocks), the
/// header chain up to its best block is checked first: that of the wallet in a file, if there is one of
/// this network which nobody uses, else one that is fetched for this question.
///
/// # Errors
/// [`SourceError`](crate::chain::SourceError): the source does not answer, is of another chain, or says what our headers do not show.
pub(crate) fn positions(
    network: &Network,
    source: &dyn ChainSource,
    wallet: Option<&Path>,
    sought: &[Sought],
) -> Result<Positions, Error> {
    check_network(network, source)?;
    for _ in 0..ATTEMPTS {
        let answer = source.positions(sought)?;
        if answer.blocks.is_empty() {
            return Ok(answer);
        }
        match check(network, source, wallet, &answer) {
            Ok(()) => return Ok(answer),
            Err(error) if source.tip()? == answer.tip => return Err(error),
            // What was asked for may be of another best block.
            Err(_) => {}
        }
    }
    Err(moving(source))
}

fn check(
    network: &Network,
    source: &dyn ChainSource,
    wallet: Option<&Path>,
    answer: &Positions,
) -> Result<(), Error> {
    // Depths count from the tip.
    let blocks = answer.blocks.iter().copied().chain([answer.tip]);
    if let Some(mut wallet) = wallet.and_then(|path| of_network(path, network)) {
        wallet.fetch_headers(source, &mut |_, _| {})?;
        return require(&wallet.db, source, blocks);
    }
    let mut db = store::memory()?;
    let step = |tip| {
        let db = store::begin(&mut db)?;
        let done = step(&db, network, source, tip)?;
        db.commit().map_err(store::StoreError::from)?;
        Ok(done)
    };
    follow(network, source, step, &mut |_, _| {})?;
    require(&db, source, blocks)
}

/// A wallet that cannot be opened is passed over: the question needs none.
fn of_network(path: &Path, network: &Network) -> Option<Wallet> {
    let wallet = Wallet::open(path).ok()?;
    (wallet.network() == network).then_some(wallet)
}
