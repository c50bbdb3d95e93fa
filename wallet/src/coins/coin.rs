//! The unspent outputs of the wallet.

use std::collections::{BTreeSet, HashMap};

use bdk_wallet::KeychainKind;
use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::{Amount, OutPoint, Script, ScriptBuf, Txid};
use bulla_core::commit::Commitment;

use super::standing::Standing;
use super::{Coins, Owner};

/// What a coin is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Pays fees and plain payments.
    Plain,
    /// Carries allocations, or is free to; never spent unless it is named.
    Sealed,
}

impl Place {
    pub(super) const fn keychain(self) -> KeychainKind {
        match self {
            Self::Plain => KeychainKind::External,
            Self::Sealed => KeychainKind::Internal,
        }
    }

    pub(super) const fn of(keychain: KeychainKind) -> Self {
        match keychain {
            KeychainKind::External => Self::Plain,
            KeychainKind::Internal => Self::Sealed,
        }
    }
}

/// An unspent output of the wallet, in the best chain or in the mempool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coin {
    /// Where it is.
    pub outpoint: OutPoint,
    /// Its value.
    pub value: Amount,
    /// Its script.
    pub script: ScriptBuf,
    /// What it is for.
    pub place: Place,
    /// Index of its key.
    pub index: u32,
    /// The commitment that tweaks its key.
    pub tapret: Option<Commitment>,
    /// The height of its block; `None` in the mempool.
    pub height: Option<u32>,
    /// Its confirmations; 0 in the mempool.
    pub depth: u32,
    /// Whether the rules of Bitcoin let it be spent: newly mined money only at 100 confirmations.
    pub mature: bool,
    /// Whether it can be spent without waiting for somebody else's transaction: mature, and mined
    /// or made by this wallet from such coins alone.
    pub trusted: bool,
}

impl Coins {
    /// All unspent outputs of the wallet, those of tapret outputs included: the oldest first, those
    /// in the mempool last.
    pub fn list(&self) -> &[Coin] {
        &self.standing().coins
    }

    /// The unspent output at an outpoint.
    pub fn get(&self, outpoint: OutPoint) -> Option<&Coin> {
        let standing = self.standing();
        let height = *standing.heights.get(&outpoint.txid)?;
        let order = (height.unwrap_or(u32::MAX), outpoint);
        let found = standing.coins.binary_search_by_key(&order, Coin::order);
        standing.coins.get(found.ok()?)
    }

    /// Which of these outputs are spent by a transaction of the wallet, in the best chain or the mempool.
    pub fn spent(&self, outpoints: impl IntoIterator<Item = OutPoint>) -> BTreeSet<OutPoint> {
        let spent = &self.standing().spent;
        let outpoints = outpoints.into_iter();
        outpoints
            .filter(|outpoint| spent.contains(outpoint))
            .collect()
    }

    /// Those of our outputs that are coins: their transactions count, and nothing spends them that does.
    pub(super) fn unspent(
        &self,
        standing: &Standing,
        outputs: impl IntoIterator<Item = (Owner, OutPoint)>,
    ) -> Vec<Coin> {
        let tip = self.tip().height;
        let mut trust = Trust {
            coins: self,
            standing,
            known: HashMap::new(),
        };
        let outputs = outputs.into_iter();
        let unspent = outputs.filter(|(_, outpoint)| !standing.spent.contains(outpoint));
        unspent
            .filter_map(|(owner, outpoint)| coin(owner, outpoint, tip, &mut trust))
            .collect()
    }

    /// Every output that was ever paid to the wallet.
    pub(super) fn outpoints(&self) -> impl Iterator<Item = (Owner, OutPoint)> {
        let derived = self.bdk.spk_index().outpoints().iter();
        let derived = derived.map(|(slot, outpoint)| (Owner::derived(*slot), *outpoint));
        let others = self.others.outpoints().iter();
        derived.chain(others.filter_map(|(script, outpoint)| self.other(script, *outpoint)))
    }

    /// Those of a transaction.
    pub(super) fn outpoints_of(&self, txid: Txid) -> impl Iterator<Item = (Owner, OutPoint)> {
        let derived = self.bdk.spk_index().txouts_in_tx(txid);
        let derived = derived.map(|(slot, (outpoint, _))| (Owner::derived(slot), outpoint));
        let others = self.others.txouts_in_tx(txid);
        derived.chain(others.filter_map(|(script, outpoint, _)| self.other(script, outpoint)))
    }

    /// An output that is not in BDK's index.
    fn other(&self, script: &Script, outpoint: OutPoint) -> Option<(Owner, OutPoint)> {
        let is_derived = self.is_indexed(outpoint);
        let owner = self.owner(script).filter(|_| !is_derived)?;
        Some((owner, outpoint))
    }

    /// Whether BDK found an output for ours.
    pub(super) fn is_indexed(&self, outpoint: OutPoint) -> bool {
        self.bdk.spk_index().inner().txout(outpoint).is_some()
    }
}

impl Coin {
    /// Its place among the coins: the oldest first, those in the mempool last.
    pub(super) fn order(&self) -> (u32, OutPoint) {
        (self.height.unwrap_or(u32::MAX), self.outpoint)
    }

    /// What a new best block changes in a mined coin.
    pub(super) const fn age(&mut self, height: u32, tip: u32) {
        self.depth = (tip + 1).saturating_sub(height);
        self.mature |= self.depth >= COINBASE_MATURITY;
        self.trusted = self.mature;
    }
}

/// The coin at an outpoint that is unspent; none if its transaction does not count.
fn coin(owner: Owner, outpoint: OutPoint, tip: u32, trust: &mut Trust<'_>) -> Option<Coin> {
    let height = *trust.standing.heights.get(&outpoint.txid)?;
    let tx = trust.coins.transaction(outpoint.txid)?;
    let output = tx.output.get(usize::try_from(outpoint.vout).ok()?)?;
    let depth = height.map_or(0, |height| (tip + 1).saturating_sub(height));
    let mature = !tx.is_coinbase() || depth >= COINBASE_MATURITY;
    Some(Coin {
        outpoint,
        value: output.value,
        script: output.script_pubkey.clone(),
        place: owner.place,
        index: owner.index,
        tapret: owner.tapret,
        height,
        depth,
        mature,
        trusted: mature && (height.is_some() || trust.of(outpoint.txid)),
    })
}

/// Which transactions in the mempool spend nothing but what is ours and trusted.
struct Trust<'a> {
    coins: &'a Coins,
    standing: &'a Standing,
    known: HashMap<Txid, bool>,
}

impl Trust<'_> {
    /// A stack instead of recursion: a chain of own transactions may be long.
    fn of(&mut self, txid: Txid) -> bool {
        let mut stack = vec![txid];
        while let Some(&txid) = stack.last() {
            match self.judge(txid) {
                Ok(trusted) => {
                    self.known.insert(txid, trusted);
                    stack.pop();
                }
                Err(parent) => stack.push(parent),
            }
        }
        self.known.get(&txid).copied().unwrap_or(false)
    }

    /// The verdict, or a parent that has to be judged before.
    fn judge(&self, txid: Txid) -> Result<bool, Txid> {
        if let Some(&known) = self.known.get(&txid) {
            return Ok(known);
        }
        let graph = self.coins.bdk.tx_graph();
        let Some(node) = graph.get_tx_node(txid) else {
            return Ok(false);
        };
        if let Some(Some(_)) = self.standing.heights.get(&txid) {
            return Ok(true);
        }
        for input in &node.input {
            let parent = input.previous_output;
            let ours = graph
                .get_txout(parent)
                .is_some_and(|output| self.coins.is_ours(&output.script_pubkey));
            if !ours {
                return Ok(false);
            }
            match self.known.get(&parent.txid) {
                Some(true) => {}
                Some(false) => return Ok(false),
                None => return Err(parent.txid),
            }
        }
        Ok(true)
    }
}
