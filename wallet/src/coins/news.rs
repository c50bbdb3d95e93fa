//! Where coins came or went, for who keeps something about each coin and is not to look at all of them again.

use std::sync::Arc;

use bitcoin::OutPoint;

use super::Coins;

/// The outpoints at which coins came or went by steps. With each other change, a new list begins.
#[derive(Default)]
pub(super) struct News {
    /// By its address, this list is told from all others, also from those of other [`Coins`].
    list: Arc<()>,
    outpoints: Vec<OutPoint>,
}

/// Up to where the news are known.
pub(crate) struct Mark {
    list: Arc<()>,
    outpoints: usize,
}

impl News {
    /// After a step.
    pub fn add(&mut self, outpoints: impl IntoIterator<Item = OutPoint>) {
        self.outpoints.extend(outpoints);
    }
}

impl Coins {
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            list: Arc::clone(&self.news.list),
            outpoints: self.news.outpoints.len(),
        }
    }

    /// Where a coin may have come or gone since a mark; `None` if that may be anywhere.
    pub(crate) fn news(&self, since: &Mark) -> Option<&[OutPoint]> {
        let same = Arc::ptr_eq(&since.list, &self.news.list);
        let new = self.news.outpoints.get(since.outpoints..);
        new.filter(|_| same)
    }
}
