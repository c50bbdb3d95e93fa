//! What the own store and the consignments of others prove, and what the chain says of it.

use std::collections::{BTreeMap, BTreeSet};

use bitcoin::{OutPoint, ScriptBuf, Transaction, Txid};
use bulla_core::header::Header;
use bulla_core::operation::Input;
use bulla_core::outputs::Outputs;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::validator::{self, validate};
use bulla_core::{ContractId, OperationId};

use super::tally::{Settled, Types, tally};
use super::{OpenLeaf, Supply};
use crate::assets::book::Book;
use crate::assets::ledger::Ledger;
use crate::assets::receive::{refused, witness_frames};
use crate::assets::rows::{damaged, transition};
use crate::chain::{ChainSource, Position, Sought, SourceError, spender_of};
use crate::store::{operations, witnesses};
use crate::sync::ATTEMPTS;
use crate::transfer::error::TransferError;
use crate::{Error, Wallet, defaults, headers};

/// What is known and settled.
struct Known {
    header: Header,
    operations: BTreeMap<OperationId, Settled>,
    transactions: BTreeMap<Txid, Transaction>,
    unsettled: BTreeSet<OperationId>,
}

/// A leaf whose seal is known, on an output that may be spent.
struct Place {
    open: OpenLeaf,
    transaction: Transaction,
    script: ScriptBuf,
}

impl Wallet {
    /// What can be proven of a contract's supply: by this wallet's own history, and by consignments that
    /// others showed as evidence, which are validated and not stored. Brings the wallet up to date first. Without a
    /// source only what was known counts, and no right is proven to be open.
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`], [`TransferError::NoSupply`]; [`TransferError::Refused`] and
    /// [`TransferError::OtherContract`] for evidence.
    pub fn supply(
        &mut self,
        contract: ContractId,
        evidence: &[Vec<u8>],
        source: Option<&dyn ChainSource>,
    ) -> Result<Supply, Error> {
        let Some(source) = source else {
            let known = self.known(contract)?;
            let types = types(&known.header)?;
            return Ok(Supply {
                unsettled: known.unsettled.len(),
                ..tally(&known.header, types, &known.operations)
            });
        };
        for _ in 0..ATTEMPTS {
            self.sync(source)?;
            let mut known = self.known(contract)?;
            for file in evidence {
                self.take(&mut known, contract, file, source)?;
            }
            let supply = self.look(&known, source)?;
            if supply.tip == Some(self.tip().height) {
                return Ok(supply);
            }
        }
        Err(SourceError::Moving {
            name: source.name(),
            attempts: ATTEMPTS,
        }
        .into())
    }

    /// What the own store proves.
    fn known(&self, contract: ContractId) -> Result<Known, Error> {
        let ledger = Ledger::new(&self.db, self.tip().height);
        let book = Book::load(&self.db, contract)?;
        let book = book.ok_or(TransferError::UnknownContract { contract })?;
        let depth = defaults::settled_depth(self.network());
        let mut known = Known {
            header: book.header.clone(),
            operations: BTreeMap::new(),
            transactions: BTreeMap::new(),
            unsettled: BTreeSet::new(),
        };
        for row in operations::of_contract(&self.db, &contract)? {
            let standing = ledger.standing(row.id)?;
            // One without effect, such as a transfer that was cancelled, is none of the supply's.
            let Some((standing, txid)) = standing.and_then(|it| Some((it, it.witness?))) else {
                continue;
            };
            if !standing.depth.reaches(depth) {
                known.unsettled.insert(row.id);
                continue;
            }
            let witness = witnesses::get(&self.db, txid)?;
            let witness = witness.ok_or_else(|| damaged("a missing witness"))?;
            known.transactions.insert(txid, witness.tx);
            known.operations.insert(
                row.id,
                Settled {
                    transition: transition(&row.transition)?,
                    witness: txid,
                    confirmations: standing.depth.confirmations(),
                },
            );
        }
        Ok(known)
    }

    /// Adds what a consignment proves; nothing, if a witness of it is not deep enough.
    fn take(
        &self,
        known: &mut Known,
        contract: ContractId,
        file: &[u8],
        source: &dyn ChainSource,
    ) -> Result<(), Error> {
        let content = validate(file, &self.rules()?).map_err(refused)?;
        let content = content.get();
        if content.contract != contract {
            let (found, expected) = (content.contract, contract);
            return Err(TransferError::OtherContract { found, expected }.into());
        }
        let positions = headers::positions(&self.db, source, &content.witnesses)?;
        let depth = |position: &Position| match position {
            Position::Mined { height } => {
                let height = *height;
                validator::depth(validator::Position::Mined { height }, positions.tip.height)
            }
            _ => 0,
        };
        let weakest = positions.list.iter().map(depth).min().unwrap_or(u32::MAX);
        let frames = witness_frames(&content.header, file)?;
        let outputs = &content.header.genesis.outputs;
        let merged = known.header.genesis.outputs.merge(outputs);
        known.header.genesis.outputs = merged.map_err(damaged)?;
        for frame in &frames {
            let tx = frame.witness.transaction();
            let txid = tx.compute_txid();
            if weakest < defaults::settled_depth(self.network()) {
                let ids = frame
                    .transitions
                    .iter()
                    .map(|signed| signed.transition.id());
                known.unsettled.extend(ids);
                continue;
            }
            known.transactions.insert(txid, tx.clone());
            for signed in &frame.transitions {
                let (id, mut transition) = (signed.transition.id(), signed.transition.clone());
                if let Some(before) = known.operations.get(&id) {
                    let before = &before.transition.outputs;
                    transition.outputs = before.merge(&transition.outputs).map_err(damaged)?;
                }
                known.operations.insert(
                    id,
                    Settled {
                        transition,
                        witness: txid,
                        confirmations: weakest,
                    },
                );
            }
        }
        Ok(())
    }

    /// Sums up, and asks which rights and leaves are still open.
    fn look(&self, known: &Known, source: &dyn ChainSource) -> Result<Supply, Error> {
        let types = types(&known.header)?;
        let places = self.places(known, types, source)?;
        let made = places.iter().map(|place| Sought::of(&place.transaction));
        let spent = places
            .iter()
            .map(|place| spender_of(place.open.outpoint, place.script.clone()));
        let sought: Vec<Sought> = made.chain(spent).collect();
        let positions = headers::positions(&self.db, source, &sought)?;
        let (made, spent) = positions
            .list
            .split_at(places.len().min(positions.list.len()));
        let mut supply = tally(&known.header, types, &known.operations);
        for ((place, made), spent) in places.into_iter().zip(made).zip(spent) {
            let mined = matches!(made, Position::Mined { .. });
            if !mined || matches!(spent, Position::Conflicted { .. }) {
                continue;
            }
            if place.open.leaf.owned_type == types.asset {
                supply.held.push(place.open);
            } else {
                supply.rights.push(place.open);
            }
        }
        let settled = |id: &OperationId| known.operations.contains_key(id);
        supply.unsettled = known.unsettled.iter().filter(|id| !settled(id)).count();
        supply.tip = Some(positions.tip.height);
        Ok(supply)
    }

    /// Leaves of the asset and of the right to issue that nothing known consumes, with their outputs.
    fn places(
        &self,
        known: &Known,
        types: Types,
        source: &dyn ChainSource,
    ) -> Result<Vec<Place>, Error> {
        let consumed: BTreeSet<Input> = known
            .operations
            .values()
            .flat_map(|settled| settled.transition.inputs.iter().copied())
            .collect();
        let genesis = OperationId::from(known.header.genesis.contract_id());
        let mut leaves = revealed(genesis, &known.header.genesis.outputs, None);
        for (id, settled) in &known.operations {
            let outputs = &settled.transition.outputs;
            leaves.extend(revealed(*id, outputs, Some(settled.witness)));
        }
        let about = |open: &OpenLeaf| {
            let ty = open.leaf.owned_type;
            (ty == types.asset || Some(ty) == types.right) && !consumed.contains(&open.leaf)
        };
        let mut places = Vec::new();
        for open in leaves.into_iter().filter(about) {
            if let Some(transaction) = self.transaction(known, open.outpoint.txid, source)? {
                places.extend(place(open, transaction));
            }
        }
        Ok(places)
    }

    /// A transaction that makes an output; none if nobody can give it.
    fn transaction(
        &self,
        known: &Known,
        txid: Txid,
        source: &dyn ChainSource,
    ) -> Result<Option<Transaction>, Error> {
        if let Some(tx) = known.transactions.get(&txid) {
            return Ok(Some(tx.clone()));
        }
        if let Some(tx) = self.coin_set().transaction(txid) {
            return Ok(Some(tx.as_ref().clone()));
        }
        match source.transaction(txid) {
            Err(SourceError::NoIndex { .. }) => Ok(None),
            answer => Ok(answer?),
        }
    }
}

fn types(header: &Header) -> Result<Types, TransferError> {
    let contract = header.genesis.contract_id();
    Types::of(&header.schema).ok_or(TransferError::NoSupply { contract })
}

/// The leaves whose seals are known; those of amount 0 never open.
fn revealed(operation: OperationId, outputs: &Outputs, witness: Option<Txid>) -> Vec<OpenLeaf> {
    let leaves = outputs.shown().filter_map(|(owned_type, shown)| {
        let AssignedSeal::Revealed(seal) = shown.seal else {
            return None;
        };
        let leaf = Input {
            operation,
            owned_type,
            index: shown.index,
        };
        Some(OpenLeaf {
            leaf,
            state: shown.state,
            outpoint: seal.resolve(witness)?,
        })
    });
    leaves
        .filter(|open| open.state != State::Amount(0))
        .collect()
}

fn place(open: OpenLeaf, transaction: Transaction) -> Option<Place> {
    let OutPoint { txid, vout } = open.outpoint;
    let output = transaction.output.get(usize::try_from(vout).ok()?)?;
    let script = output.script_pubkey.clone();
    (transaction.compute_txid() == txid).then_some(Place {
        open,
        transaction,
        script,
    })
}
