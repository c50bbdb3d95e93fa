//! Proving what the wallet owns.

use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::chain::BlockId;
use bitcoin::{OutPoint, Transaction, TxIn, Witness};
use bulla_core::ContractId;
use bulla_core::frame::BlockProof;
use bulla_core::headers::check_proof;
use bulla_core::operation::Input;

use super::{Challenge, MAX_COINS, Proof, ProofError, ProvenCoin};
use crate::assets::consign::{HandOver, consign};
use crate::assets::ledger::Ledger;
use crate::assets::rows::damaged;
use crate::chain::ChainSource;
use crate::coins::Coin;
use crate::keys::Passphrase;
use crate::store::headers;
use crate::transfer::error::TransferError;
use crate::{Error, Wallet};

impl Wallet {
    /// Proves to whoever asked this challenge what the wallet holds of a contract: everything that is settled, or
    /// what lies on some coins. Changes nothing. The proof shows the history of these coins, and which they are.
    /// With a source it says where the coins were mined, so that headers are enough to check it.
    ///
    /// # Errors
    /// [`ProofError::NothingHeld`], [`ProofError::NotHeld`], [`ProofError::TooManyCoins`];
    /// [`TransferError::UnknownContract`]; [`KeysError`](crate::keys::KeysError).
    pub fn prove(
        &self,
        contract: ContractId,
        challenge: &Challenge,
        coins: &BTreeSet<OutPoint>,
        passphrase: &Passphrase,
        source: Option<&dyn ChainSource>,
    ) -> Result<Proof, Error> {
        let held = self.held(contract, coins)?;
        let mut proof = Proof {
            network: self.network().id(),
            contract,
            challenge: challenge.clone(),
            coins: Vec::new(),
            consignment: self.history(contract, held.values().flatten().copied().collect())?,
        };
        let mut signers = Vec::new();
        for outpoint in held.into_keys() {
            let set = self.coin_set();
            let coin = set.get(outpoint);
            let transaction = set.transaction(outpoint.txid);
            let (Some(coin), Some(transaction)) = (coin, transaction) else {
                return Err(damaged("a coin that holds something").into());
            };
            let mined = self.mined(coin, source)?;
            signers.push(coin);
            proof.coins.push(ProvenCoin {
                outpoint,
                transaction: without_witness(&transaction),
                signature: Witness::new(),
                mined,
            });
        }
        let message = proof.message();
        let keys = self.spending_keys(passphrase)?;
        for (proven, coin) in proof.coins.iter_mut().zip(&signers) {
            proven.signature = self.coin_set().sign_message(coin, &message, &keys)?;
        }
        Ok(proof)
    }

    /// Where a coin was mined, by a proof against our own headers.
    fn mined(
        &self,
        coin: &Coin,
        source: Option<&dyn ChainSource>,
    ) -> Result<Option<BlockProof>, Error> {
        let txid = coin.outpoint.txid;
        if let Some(known) = headers::proof(&self.db, txid)? {
            return Ok(Some(known));
        }
        let (Some(source), Some(height)) = (source, coin.height) else {
            return Ok(None);
        };
        let Some(header) = headers::get(&self.db, height)? else {
            return Ok(None);
        };
        let hash = header.block_hash();
        let proofs = source.block_proofs(&[(txid, BlockId { height, hash })])?;
        let fits = |proof: &BlockProof| check_proof(txid, proof, header.merkle_root).is_ok();
        Ok(proofs.into_iter().flatten().find(fits))
    }

    /// The settled leaves by their coins.
    fn held(
        &self,
        contract: ContractId,
        coins: &BTreeSet<OutPoint>,
    ) -> Result<BTreeMap<OutPoint, BTreeSet<Input>>, Error> {
        let snapshot = self.snapshot()?;
        if !snapshot.books.contains_key(&contract) {
            return Err(TransferError::UnknownContract { contract }.into());
        }
        let mut held: BTreeMap<OutPoint, BTreeSet<Input>> = BTreeMap::new();
        for holding in snapshot.holdings() {
            let wanted = coins.is_empty() || coins.contains(&holding.outpoint);
            if wanted && holding.contract == contract && holding.settled {
                held.entry(holding.outpoint)
                    .or_default()
                    .insert(holding.leaf);
            }
        }
        if let Some(outpoint) = coins.iter().find(|coin| !held.contains_key(coin)) {
            let outpoint = *outpoint;
            return Err(ProofError::NotHeld { contract, outpoint }.into());
        }
        match held.len() {
            0 => Err(ProofError::NothingHeld { contract }.into()),
            found if found > MAX_COINS => {
                let limit = MAX_COINS;
                Err(ProofError::TooManyCoins { found, limit }.into())
            }
            _ => Ok(held),
        }
    }

    fn history(&self, contract: ContractId, leaves: BTreeSet<Input>) -> Result<Vec<u8>, Error> {
        let snapshot = self.snapshot()?;
        let book = snapshot.books.get(&contract);
        let book = book.ok_or(TransferError::UnknownContract { contract })?;
        let ledger = Ledger::new(&self.db, self.tip().height);
        let operations: BTreeSet<_> = leaves.iter().map(|leaf| leaf.operation).collect();
        let records = book.records(&self.db, &ledger, operations, None)?;
        let hand_over = HandOver {
            shown: leaves.clone(),
            leaves,
            ..HandOver::default()
        };
        Ok(consign(&records, &hand_over)?)
    }
}

fn without_witness(transaction: &Transaction) -> Transaction {
    let bare = |input: &TxIn| TxIn {
        witness: Witness::new(),
        ..input.clone()
    };
    Transaction {
        input: transaction.input.iter().map(bare).collect(),
        ..transaction.clone()
    }
}
