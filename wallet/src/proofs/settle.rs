//! What a chain says of a proof: whether the history and the coins are mined, and the coins unspent.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{OutPoint, Txid};
use bulla_core::frame::BlockProof;
use bulla_core::validator::{ChainView, Position, Sought, Unresolved, depth};

use super::{Owned, ProvenCoin};
use crate::chain::spender_of;

/// A verdict on a proof of ownership that passed the checks of content.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// History and coins are deep enough.
    Settled,
    /// Some transaction is not.
    Pending,
    /// A mined transaction conflicts with this one.
    Conflicted(Txid),
    /// A mined transaction spent this coin: whoever proves it had what lay on it, and has it no more.
    Spent(OutPoint),
}

/// How a proof stands at one tip.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The verdict.
    pub verdict: Verdict,
    /// Height of the tip.
    pub tip: u32,
    /// The transaction that is least deep, and its confirmations: of the history, and those that make the coins.
    pub weakest: Option<(Txid, u32)>,
}

impl Owned {
    /// Where the prover says that transactions were mined: hints, for a view by headers.
    pub fn block_proofs(&self) -> BTreeMap<Txid, BlockProof> {
        let coins = self.coins.iter();
        let coins = coins.filter_map(|coin| Some((coin.outpoint.txid, coin.mined.clone()?)));
        let mut proofs: BTreeMap<_, _> = coins.collect();
        proofs.extend(self.content.get().proofs.clone());
        proofs
    }

    /// Asks a view of the chain, once for all: transactions of the history, those that make the coins, and
    /// whether the coins are spent. A view by headers alone cannot see the last.
    ///
    /// # Errors
    /// If the view fails.
    pub fn settle<V: ChainView + ?Sized>(
        &self,
        view: &V,
        min_depth: u32,
    ) -> Result<Standing, Unresolved<V::Error>> {
        let (sought, transactions) = self.questions();
        let positions = view.positions(&sought).map_err(Unresolved::View)?;
        let (expected, found) = (sought.len(), positions.list.len());
        if expected != found {
            return Err(Unresolved::Answers { expected, found });
        }
        let (tip, conflicted) = (positions.tip, Position::Conflicted);
        let (history, spenders) = positions.list.split_at(transactions);
        let mut history = sought.iter().map(|one| one.txid).zip(history);
        let weakest = history
            .clone()
            .map(|(txid, position)| (txid, depth(*position, tip)))
            .min_by_key(|(_, depth)| *depth);
        let mut spenders = self.coins.iter().zip(spenders);
        let verdict = if let Some((txid, _)) = history.find(|(_, at)| **at == conflicted) {
            Verdict::Conflicted(txid)
        } else if let Some((coin, _)) = spenders.find(|(_, at)| **at == conflicted) {
            Verdict::Spent(coin.outpoint)
        } else if weakest.is_some_and(|(_, depth)| depth >= min_depth.max(1)) {
            Verdict::Settled
        } else {
            Verdict::Pending
        };
        Ok(Standing {
            verdict,
            tip,
            weakest,
        })
    }

    /// Every transaction that has to be mined, and how many there are; then one for each coin that must not be.
    fn questions(&self) -> (Vec<Sought>, usize) {
        let mut sought = self.content.get().witnesses.clone();
        let mut known: BTreeSet<Txid> = sought.iter().map(|one| one.txid).collect();
        let makes = self
            .coins
            .iter()
            .filter(|coin| known.insert(coin.outpoint.txid));
        sought.extend(makes.map(|coin| Sought::of(&coin.transaction)));
        let transactions = sought.len();
        let script = |coin: &ProvenCoin| {
            let vout = usize::try_from(coin.outpoint.vout).ok()?;
            Some(coin.transaction.output.get(vout)?.script_pubkey.clone())
        };
        sought.extend(
            self.coins
                .iter()
                .map(|coin| spender_of(coin.outpoint, script(coin).unwrap_or_default())),
        );
        (sought, transactions)
    }
}
