//! Accepting: a consignment is validated, our leaves in it are found, and all of it is stored, or
//! nothing. Its bytes are read twice, frame by frame: by the validator, and, when the chain was asked, into
//! the store. Neither keeps the frames. Two readings of a file could differ, those of memory cannot.

use std::collections::BTreeSet;

use bdk_wallet::rusqlite::Transaction as SqlTransaction;
use bulla_core::consignment::{Explicit, Read, parts};
use bulla_core::frame::{BaseEntry, Frame, WitnessFrame};
use bulla_core::header::Header;
use bulla_core::operation::Input;
use bulla_core::validator::{
    Check, Consignment, Consistent, Failure, Known, Limits, Rules, SchemaPolicy, TerminalState,
    validate, validate_parts,
};
use bulla_core::{ContractId, SchemaId, SecretSeal};

use super::book::conflicted;
use super::known::Proven;
use super::learn::{self, Contract, Learned, Reveals};
use super::ledger::Ledger;
use super::ours::{Ours, Seals};
use super::receipt;
use super::rows::{damaged, decode};
use crate::api::Received;
use crate::chain::{ChainSource, Position, Positions, SourceError};
use crate::store::quarantine::{self, Unseen, Waiting};
use crate::store::{StoreError, contracts};
use crate::sync::{ATTEMPTS, is_moved, mined};
use crate::transfer::error::TransferError;
use crate::wallet::Command;
use crate::{Error, Wallet, defaults, headers, time};

/// A consignment that core found consistent, and its bytes.
struct Content<'a> {
    says: Consistent<Consignment>,
    bytes: &'a [u8],
}

/// The same with what the chain says of it.
struct Placed<'a> {
    content: Content<'a>,
    positions: Positions,
}

impl Wallet {
    /// Validates a consignment and takes in what is ours of it. Brings the wallet up to date first.
    /// Safe to repeat. A failure stores nothing of the consignment. What may be compressed goes through
    /// [`crate::container::open`] before.
    ///
    /// # Errors
    /// [`TransferError::Refused`] with the check that failed; [`TransferError::BaseMissing`] for a delta
    /// that builds on what this wallet has not proven; [`TransferError::NotOurs`]; [`TransferError::ContractFile`];
    /// [`TransferError::Conflicted`]; [`TransferError::QuarantineFull`]; [`TransferError::ContractsFull`].
    pub fn accept(
        &mut self,
        consignment: &[u8],
        source: &dyn ChainSource,
    ) -> Result<Received, Error> {
        let content = self.content(consignment)?;
        let positions = self.positions(content.says.get(), source)?;
        let placed = check(content, positions)?;
        self.command("accept", |command| accept(command, &placed, source))
    }

    /// Checks the content of a consignment, on top of what this wallet has proven. Asks no chain, stores
    /// nothing.
    ///
    /// # Errors
    /// [`TransferError::Refused`], [`TransferError::BaseMissing`].
    pub fn validate(&self, consignment: &[u8]) -> Result<Consistent<Consignment>, Error> {
        Ok(self.content(consignment)?.says)
    }

    fn content<'a>(&self, bytes: &'a [u8]) -> Result<Content<'a>, Error> {
        let known = Proven::new(&self.db);
        let rules = Rules {
            known: &known,
            ..self.rules()?
        };
        let found = validate_parts(parts(bytes), &rules, drop);
        let missing = known.into_result()?;
        match found {
            Ok(says) => Ok(Content { says, bytes }),
            Err(failure) if failure.report().check == Check::BaseMissing => {
                let missing = missing.operations;
                Err(TransferError::BaseMissing { missing }.into())
            }
            Err(_) if !missing.behind.is_empty() => {
                let missing = missing.behind;
                Err(TransferError::BaseMissing { missing }.into())
            }
            Err(failure) => Err(refused(failure).into()),
        }
    }

    /// Brings the wallet up to date, and asks the source where the witnesses are, once and for all of
    /// them. Both are true of one best block: what is known of a block that the wallet never saw
    /// would outlive a reorg of it.
    fn positions(
        &mut self,
        content: &Consignment,
        source: &dyn ChainSource,
    ) -> Result<Positions, Error> {
        for _ in 0..ATTEMPTS {
            self.sync(source)?;
            match headers::positions(&self.db, source, &content.witnesses) {
                Ok(positions) if positions.tip == self.tip() => return Ok(positions),
                Err(error) if source.tip()? == self.tip() => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Err(SourceError::Moving {
            name: source.name(),
            attempts: ATTEMPTS,
        }
        .into())
    }

    /// Takes in a contract file: schema and genesis, so that its amounts can be read and asked for.
    ///
    /// # Errors
    /// [`TransferError::Refused`].
    pub fn import_contract(&mut self, file: &[u8]) -> Result<ContractId, Error> {
        let content = validate(file, &self.rules()?).map_err(refused)?;
        self.command("import-contract", |command| {
            let (id, header) = (content.get().contract, &content.get().header);
            let contract = Contract {
                id,
                header,
                issued: false,
                now: time::now(),
            };
            learn::contract(&command.db, &contract, &Reveals::new())?;
            Ok(id)
        })
    }

    /// The schemas whose contracts are accepted: the standard ones and those allowed besides.
    pub fn allowed_schemas(&self) -> Result<BTreeSet<SchemaId>, Error> {
        let mut schemas = contracts::allowed_schemas(&self.db)?;
        schemas.extend(
            bulla_schemas::standard()
                .iter()
                .map(bulla_core::schema::Schema::id),
        );
        Ok(schemas)
    }

    pub(crate) fn rules(&self) -> Result<Rules<'static>, Error> {
        let policy = SchemaPolicy::Only(self.allowed_schemas()?);
        let limits = Limits {
            bytes: defaults::CONSIGNMENT_BYTES,
            ..Limits::default()
        };
        Ok(Rules {
            limits,
            ..Rules::new(self.meta.network.id(), policy)
        })
    }
}

pub(crate) fn refused(failure: Failure) -> TransferError {
    TransferError::Refused(Box::new(failure))
}

/// Refuses what can never be mined.
fn check(content: Content<'_>, positions: Positions) -> Result<Placed<'_>, Error> {
    let sought = &content.says.get().witnesses;
    let mut conflicts = sought.iter().zip(&positions.list);
    if let Some((witness, _)) = conflicts.find(|(_, at)| matches!(at, Position::Conflicted { .. }))
    {
        return Err(TransferError::Conflicted {
            witness: witness.txid,
        }
        .into());
    }
    Ok(Placed { content, positions })
}

/// The witness frames of a consignment that core found consistent.
pub(crate) fn witness_frames(
    header: &Header,
    bytes: &[u8],
) -> Result<Vec<WitnessFrame>, StoreError> {
    let mut explicit = Explicit::new(header);
    let mut frames = Vec::new();
    for part in parts(bytes).skip(1) {
        let frame = part.and_then(|part| explicit.frame(part));
        if let Frame::Witness(frame) = decode("a frame", frame)? {
            frames.push(*frame);
        }
    }
    Ok(frames)
}

fn accept(
    command: &mut Command<'_>,
    placed: &Placed<'_>,
    source: &dyn ChainSource,
) -> Result<Received, Error> {
    let content = placed.content.says.get();
    if content.terminals.is_empty() {
        let contract = content.contract;
        return Err(TransferError::ContractFile { contract }.into());
    }
    check_known(command, content.contract, &content.base)?;
    let before = (
        quarantine::waiting(&command.db)?,
        quarantine::unseen(&command.db)?,
    );
    let ours = store(command, placed)?;
    if ours.is_empty() {
        return Err(TransferError::NotOurs {
            contract: content.contract,
        }
        .into());
    }
    check_base(command, &content.base)?;
    prove(command, placed, source)?;
    check_quarantine(command, before.0)?;
    check_contracts(command, before.1)?;
    let scope = scope(content, &ours);
    receipt::note(command, content.contract, &scope, source)
}

/// Refuses a delta whose base was there when it was validated, and is no more.
fn check_known(
    command: &Command<'_>,
    contract: ContractId,
    base: &[BaseEntry],
) -> Result<(), Error> {
    let known = Proven::new(&command.db);
    for entry in base {
        known.leaf(contract, &entry.leaf, entry.witness);
    }
    let missing = known.into_result()?.operations;
    if missing.is_empty() {
        return Ok(());
    }
    Err(TransferError::BaseMissing { missing }.into())
}

/// Refuses what builds on what can never be mined.
fn check_base(command: &Command<'_>, base: &[BaseEntry]) -> Result<(), Error> {
    let ledger = Ledger::new(&command.db, command.coins.tip().height);
    let mut without_effect = BTreeSet::new();
    for entry in base {
        let operation = entry.leaf.operation;
        if ledger.standing(operation)?.is_none() {
            without_effect.insert(operation);
        }
    }
    match conflicted(&command.db, without_effect)? {
        Some((witness, _)) => Err(TransferError::Conflicted { witness }.into()),
        None => Ok(()),
    }
}

/// Anybody can forge a consistent spend of a seal that he saw (ATTACKS H14): of what waits for
/// transactions that nobody has seen only so much is kept. What the chain or the mempool knows is
/// always taken in. What waits for long makes room.
fn check_quarantine(command: &Command<'_>, before: Waiting) -> Result<(), Error> {
    let limit = defaults::QUARANTINE;
    let is_over = |after: Waiting| after.grew_beyond(limit, before);
    if !is_over(quarantine::waiting(&command.db)?) {
        return Ok(());
    }
    let tip = command.coins.tip().height;
    let (absent, conflicted) = defaults::QUARANTINE_BLOCKS;
    let since = |blocks| tip.saturating_sub(blocks);
    quarantine::forget(&command.db, since(absent), since(conflicted))?;
    if is_over(quarantine::waiting(&command.db)?) {
        return Err(TransferError::QuarantineFull { limit }.into());
    }
    Ok(())
}

/// Anybody can make a contract and allocate of it to a seal that he was given (ATTACKS I14): of what nobody has seen a
/// transaction only so much is kept. What was imported before is taken in.
fn check_contracts(command: &Command<'_>, before: Unseen) -> Result<(), Error> {
    let limit = defaults::UNSEEN_CONTRACTS;
    if quarantine::unseen(&command.db)?.grew_beyond(limit, before) {
        return Err(TransferError::ContractsFull { limit }.into());
    }
    Ok(())
}

/// Stores all that is shown, and gives what is ours of it and not consumed in it.
fn store(command: &mut Command<'_>, placed: &Placed<'_>) -> Result<Vec<Ours>, Error> {
    let content = placed.content.says.get();
    let Command {
        db,
        coins,
        keys,
        seals,
        ..
    } = command;
    seals.update(db, coins, &keys.view)?;
    let seals = Seals {
        coins,
        view: &keys.view,
        own: seals,
    };
    let mut ours = seals.of_genesis(&content.header);
    let contract = Contract {
        id: content.contract,
        header: &content.header,
        issued: false,
        now: time::now(),
    };
    learn::contract(&command.db, &contract, &reveals(&ours))?;
    let base = content.base.iter();
    let base: Reveals = base
        .filter_map(|entry| Some((entry.leaf, entry.seal?)))
        .collect();
    let operations: BTreeSet<_> = base.keys().map(|leaf| leaf.operation).collect();
    for operation in operations {
        learn::known(&command.db, operation, &base)?;
    }
    let consumed = store_frames(&command.db, placed, &seals, &mut ours)?;
    ours.retain(|ours| !consumed.contains(&ours.leaf));
    Ok(ours)
}

/// Stores the frames and the block proofs that our headers show. Adds our leaves, and gives those that a
/// later frame consumes.
fn store_frames(
    db: &SqlTransaction<'_>,
    placed: &Placed<'_>,
    seals: &Seals<'_>,
    ours: &mut Vec<Ours>,
) -> Result<BTreeSet<Input>, StoreError> {
    let content = placed.content.says.get();
    let mut explicit = Explicit::new(&content.header);
    let mut leaves: BTreeSet<Input> = ours.iter().map(|ours| ours.leaf).collect();
    let mut consumed = BTreeSet::new();
    let mut positions = placed.positions.list.iter();
    let mut last = None;
    for part in parts(placed.content.bytes).skip(1) {
        let read = part.and_then(|part| explicit.read(part));
        let Read {
            frame,
            ids,
            parents,
        } = decode("a frame", read)?;
        match frame {
            Frame::Witness(frame) => {
                let transitions = frame.transitions.iter();
                let inputs = transitions.flat_map(|signed| &signed.transition.inputs);
                consumed.extend(inputs.filter(|input| leaves.contains(*input)).copied());
                let found = seals.of_frame(&frame, &ids);
                let learned = Learned {
                    frame: &frame,
                    ids: &ids,
                    parents: &parents,
                    own: false,
                    position: *positions.next().ok_or_else(|| damaged("no position"))?,
                    tip: placed.positions.tip.height,
                };
                learn::frame(db, content.contract, &learned, &reveals(&found))?;
                last = Some((frame.witness.txid(), learned.position));
                leaves.extend(found.iter().map(|ours| ours.leaf));
                ours.extend(found);
            }
            Frame::BlockProof(hint) => {
                if let Some((witness, Position::Mined { height })) = last
                    && hint.height == height
                {
                    headers::take_hint(db, witness, &hint)?;
                }
            }
            Frame::Base(_) | Frame::Terminals(_) => {}
        }
    }
    Ok(consumed)
}

fn reveals(ours: &[Ours]) -> Reveals {
    ours.iter().map(|ours| (ours.leaf, ours.seal)).collect()
}

/// Proves in our own headers what the source says is mined and no block proof of the consignment showed.
fn prove(
    command: &Command<'_>,
    placed: &Placed<'_>,
    source: &dyn ChainSource,
) -> Result<(), Error> {
    let content = placed.content.says.get();
    let txids = content.witnesses.iter().map(|witness| witness.txid);
    let mined = mined(txids, &placed.positions);
    match headers::prove(&command.db, source, &mined) {
        Err(error) if is_moved(source, &error, placed.positions.tip)? => {
            let (name, attempts) = (source.name(), 1);
            Err(SourceError::Moving { name, attempts }.into())
        }
        result => result,
    }
}

/// What this consignment hands over to us: our terminals, and every other leaf of the same seals; if
/// no terminal is ours, all that is.
fn scope(content: &Consignment, ours: &[Ours]) -> Vec<Ours> {
    let terminals: BTreeSet<Input> = content
        .terminals
        .iter()
        .filter_map(|terminal| match terminal {
            TerminalState::Leaf { leaf, .. } => Some(*leaf),
            TerminalState::Evidence(_) => None,
        })
        .collect();
    let seals: BTreeSet<SecretSeal> = ours
        .iter()
        .filter(|ours| terminals.contains(&ours.leaf))
        .map(|ours| ours.seal.conceal())
        .collect();
    let handed = |ours: &&Ours| seals.is_empty() || seals.contains(&ours.seal.conceal());
    ours.iter().filter(handed).cloned().collect()
}

#[cfg(test)]
mod tests {
    use bitcoin::Txid;
    use bitcoin::hashes::Hash;
    use bulla_core::OperationId;

    use super::*;
    use crate::keys::{Keys, Passphrase, Words};

    #[test]
    fn a_base_that_is_gone_when_it_is_to_be_built_on_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("wallet.sqlite");
        let keys = Keys::generate(Words::Twelve, None).unwrap();
        let network = crate::Network::Regtest;
        let wallet = Wallet::create(&file, network, keys, &Passphrase::new("passphrase"));
        let entry = |n| BaseEntry {
            leaf: Input {
                operation: OperationId::from_bytes([n; 32]),
                owned_type: 0,
                index: 0,
            },
            witness: Txid::from_byte_array([n; 32]),
            seal: None,
        };
        let base = [entry(1), entry(2)];
        let contract = ContractId::from_bytes([9; 32]);
        let check = |command: &mut Command<'_>| check_known(command, contract, &base);
        let gone = wallet.unwrap().command("accept", check).unwrap_err();
        assert_eq!(gone.code(), "base-missing");
        assert_eq!(gone.missing(), base.map(|entry| entry.leaf.operation));
    }
}
