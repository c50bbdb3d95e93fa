//! Signatures that a contract asks for: the request to its signers, what a signer adds, and what is
//! still missing (PROTOCOL.md §9.5).

use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::rusqlite::{Connection, Transaction as SqlTransaction};
use bitcoin::Txid;
use bitcoin::key::{Keypair, Secp256k1, XOnlyPublicKey};
use bitcoin::secp256k1::{Message, schnorr};
use bulla_core::frame::{Signatures, signature_message};
use bulla_core::header::Header;
use bulla_core::operation::Input;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::validator::{Failure, validate};
use bulla_core::{ContractId, OperationId};

use super::consignments::numbered_name;
use super::cosigned::{Cosigned, Known};
use super::envelope::{Envelope, EnvelopeError};
use super::error::TransferError;
use super::record::{SENT, Sent};
use super::signatures::{self, ByKey, Contents, Given, by_key, join, signers};
use super::step::{SenderEvent, SenderState, StepError};
use crate::api::TransferId;
use crate::assets::book::Book;
use crate::assets::consign::{HandOver, Records, consign};
use crate::assets::facts;
use crate::assets::ledger::Ledger;
use crate::assets::rows::{self, damaged, decode};
use crate::keys::Passphrase;
use crate::store::witnesses::{self, AnchoredRow};
use crate::store::{StoreError, contracts, operations, transfers};
use crate::{Error, Wallet, time};

/// What a contract's signers are asked to sign: a consignment that shows the operations as evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureRequest {
    /// The contract.
    pub contract: ContractId,
    /// How many signatures are missing, the most over its operations.
    pub missing: u64,
    /// A file name that is its own in this transfer, ASCII.
    pub file_name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl SignatureRequest {
    /// The same inside of a PSBT of the transaction, which tells no more of it than the request itself.
    ///
    /// # Errors
    /// [`EnvelopeError::TooLarge`].
    pub fn psbt(&self) -> Result<Vec<u8>, Error> {
        let read = Contents::read(&self.bytes).map_err(TransferError::TooLarge)?;
        let witness = read.witness.ok_or(EnvelopeError::NoRequest)?;
        let envelope = Envelope::around(&self.bytes, witness.transaction())?;
        Ok(envelope.write()?)
    }
}

/// What one operation of a transfer asks for: no signature (a threshold of 0), where its kind needs none.
struct Signing {
    contract: ContractId,
    operation: OperationId,
    witness: Txid,
    /// The operations that it builds on.
    parents: BTreeSet<OperationId>,
    threshold: u64,
    keys: Vec<XOnlyPublicKey>,
    signatures: Signatures,
}

impl Signing {
    fn missing(&self) -> u64 {
        self.threshold.saturating_sub(self.signatures.len() as u64)
    }
}

impl Wallet {
    /// The secret of [`Wallet::issuer_key`], to sign operations with.
    ///
    /// # Errors
    /// As [`Wallet::spending_keys`].
    pub fn signer_key(&self, passphrase: &Passphrase, number: u32) -> Result<Keypair, Error> {
        let keys = self.spending_keys(passphrase)?;
        Ok(keys.issuer_key(self.network(), number))
    }

    /// Adds a signer's signatures to a request that is unsigned but faultless otherwise: a consignment,
    /// or a PSBT with one inside ([`Envelope`]). The answer has the form of the request. Reads no key of
    /// this wallet and changes nothing in it.
    ///
    /// # Errors
    /// [`TransferError::Refused`] if it has another fault; [`TransferError::NotASigner`];
    /// [`TransferError::NothingToSign`]; [`TransferError::Envelope`] if the PSBT is at fault.
    pub fn cosign(&self, file: &[u8], key: &Keypair) -> Result<Cosigned, Error> {
        let envelope = Envelope::read(file)?;
        let request = envelope.as_ref().map_or(file, Envelope::request);
        let rules = self.rules()?;
        faultless(validate(request, &rules).err())?;
        let beside = envelope
            .as_ref()
            .map(beside)
            .transpose()?
            .unwrap_or_default();
        let known = Known {
            coins: self.coin_set(),
            network: self.network().bitcoin(),
        };
        let (mut cosigned, added) = signatures::cosign(request, &beside, key, &known)?;
        faultless(validate(&cosigned.bytes, &rules).err())?;
        if let Some(mut envelope) = envelope {
            envelope.add(&added);
            cosigned.bytes = envelope.write()?;
        }
        Ok(cosigned)
    }

    /// What is to be signed of a transfer by the signers of its contracts, and of other transfers of ours that it
    /// builds on; none if nothing is missing.
    ///
    /// # Errors
    /// [`TransferError::UnknownTransfer`], [`TransferError::NotSent`]; [`StepError::Failed`] for one that was given up.
    pub fn signature_requests(&self, transfer: TransferId) -> Result<Vec<SignatureRequest>, Error> {
        let sent = Sent::load(&self.db, transfer)?;
        if let SenderState::Failed(failure) = sent.sending.state {
            return Err(StepError::Failed { failure }.into());
        }
        let txid = txid(&sent)?;
        let mut asked: BTreeMap<ContractId, Vec<Signing>> = BTreeMap::new();
        for signing in needed(&self.db, &sent)? {
            asked.entry(signing.contract).or_default().push(signing);
        }
        asked.retain(|_, signings| most_missing(signings) > 0);
        let ledger = Ledger::new(&self.db, self.tip().height);
        let mut requests = Vec::new();
        for (n, (contract, signings)) in (0..).zip(asked) {
            let book = Book::load(&self.db, contract)?;
            let book = book.ok_or(TransferError::UnknownContract { contract })?;
            let asking = signings.iter().filter(|signing| signing.threshold > 0);
            let shown = asking.map(|signing| signing.operation);
            let records = book.records(&self.db, &ledger, shown.clone(), Some(txid))?;
            let evidence = shown.collect();
            let hand_over = HandOver {
                shown: payees(&records, &evidence),
                evidence,
                ..HandOver::default()
            };
            let ticker = facts::text(&records.header, "ticker").unwrap_or_default();
            requests.push(SignatureRequest {
                contract,
                missing: most_missing(&signings),
                file_name: format!("sign-{}", numbered_name(&ticker, n, txid)),
                bytes: consign(&records, &hand_over)?,
            });
        }
        Ok(requests)
    }

    /// Takes signatures of a transfer's operations, and of those of other transfers of ours that they build on, out
    /// of a request that came back: a consignment, or a PSBT with one inside. Gives how many are still
    /// missing, the most over these operations. What lacks none any more goes on. Safe to repeat.
    ///
    /// # Errors
    /// [`TransferError::ForeignSignatures`] if it has none for this transfer, or one that does not
    /// verify; [`TransferError::Envelope`] if the PSBT is at fault.
    pub fn add_signatures(&mut self, transfer: TransferId, file: &[u8]) -> Result<u64, Error> {
        let foreign = || TransferError::ForeignSignatures { transfer };
        let given = given(file)?.ok_or_else(foreign)?;
        self.command("add-signatures", |command| {
            let sent = Sent::load(&command.db, transfer)?;
            let mut found = false;
            let mut signings = needed(&command.db, &sent)?;
            for signing in &mut signings {
                let Some(signatures) = given.get(&(signing.witness, signing.operation)) else {
                    continue;
                };
                signing.signatures = merge(signing, signatures).ok_or_else(foreign)?;
                found |= !signatures.is_empty();
                let row = AnchoredRow {
                    contract: signing.contract,
                    witness: signing.witness,
                    operation: signing.operation,
                    signatures: rows::signature_bytes(&signing.signatures),
                };
                witnesses::put_anchored(&command.db, &row)?;
            }
            if !found {
                return Err(foreign().into());
            }
            go_on(&command.db)?;
            Ok(most_missing(&signings))
        })
    }
}

/// Moves every transfer on that waits for signatures and lacks none, nor anything that it builds on.
fn go_on(db: &SqlTransaction<'_>) -> Result<(), Error> {
    for mut sent in waiting(db)? {
        if !is_unsigned(db, &sent)? {
            let (sending, _) = sent.sending.step(SenderEvent::Cosigned)?;
            sent.sending = sending;
            sent.save(db, time::now())?;
        }
    }
    Ok(())
}

/// The leaves whose seals say which output of the transaction holds them: whoever signs must see whom
/// he signs for.
fn payees(records: &Records, operations: &BTreeSet<OperationId>) -> BTreeSet<Input> {
    let shown = operations.iter().filter_map(|operation| {
        let outputs = &records.operations.get(operation)?.transition.outputs;
        Some(outputs.shown().filter_map(|(owned_type, shown)| {
            let named = matches!(shown.seal, AssignedSeal::Revealed(Seal::Witness { .. }));
            named.then_some(Input {
                operation: *operation,
                owned_type,
                index: shown.index,
            })
        }))
    });
    shown.flatten().collect()
}

fn txid(sent: &Sent) -> Result<Txid, StoreError> {
    let txid = sent.row.txid;
    txid.ok_or_else(|| damaged("a transfer without a txid"))
}

fn most_missing(signings: &[Signing]) -> u64 {
    signings.iter().map(Signing::missing).max().unwrap_or(0)
}

/// Our transfers that wait for signatures.
fn waiting(db: &Connection) -> Result<Vec<Sent>, StoreError> {
    let rows = transfers::in_state(db, SENT, SenderState::Unsigned.name())?;
    rows.into_iter().map(|row| Sent::read(db, row)).collect()
}

/// Whether a transfer lacks signatures, or something of ours that it builds on does.
pub(super) fn is_unsigned(db: &Connection, sent: &Sent) -> Result<bool, StoreError> {
    Ok(most_missing(&needed(db, sent)?) > 0)
}

/// The operations of all our transfers that lack signatures or build on such: nobody accepts them, however
/// deep they are mined.
pub(crate) fn unsigned(db: &Connection) -> Result<BTreeSet<OperationId>, StoreError> {
    let mut complete = Vec::new();
    let mut unsigned = BTreeSet::new();
    for sent in waiting(db)? {
        for signing in signings(db, &sent)? {
            if signing.missing() > 0 {
                unsigned.insert(signing.operation);
            } else {
                complete.push(signing);
            }
        }
    }
    loop {
        let before = complete.len();
        complete.retain(|signing| {
            let stands = signing.parents.is_disjoint(&unsigned);
            if !stands {
                unsigned.insert(signing.operation);
            }
            stands
        });
        if complete.len() == before {
            return Ok(unsigned);
        }
    }
}

/// The operations of a transfer, and those of other transfers that wait for some
/// and that these build on. Nobody else's history lacks any: it would not have been accepted.
fn needed(db: &Connection, sent: &Sent) -> Result<Vec<Signing>, StoreError> {
    let mut needed = signings(db, sent)?;
    let mut others = BTreeMap::new();
    for other in waiting(db)? {
        let signings = signings(db, &other)?;
        others.extend(signings.into_iter().map(|other| (other.operation, other)));
    }
    let mut looked_at = 0;
    while let Some(signing) = needed.get(looked_at) {
        let parents = signing.parents.iter();
        let behind: Vec<_> = parents.filter_map(|parent| others.remove(parent)).collect();
        needed.extend(behind);
        looked_at += 1;
    }
    Ok(needed)
}

/// The operations of a transfer. One that needs no signature rests on others that may.
fn signings(db: &Connection, sent: &Sent) -> Result<Vec<Signing>, StoreError> {
    let txid = txid(sent)?;
    let contracts: BTreeSet<_> = sent.items.iter().filter_map(|item| item.contract).collect();
    let mut signings = Vec::new();
    for contract in contracts {
        let Some(row) = contracts::get(db, &contract)? else {
            continue;
        };
        let header = decode("a contract", Header::decode(&row.header))?;
        for row in witnesses::anchored_in(db, &contract, txid)? {
            let operation = operations::get(db, &row.operation)?;
            let operation = operation.ok_or_else(|| damaged("a missing operation"))?;
            let transition = rows::transition(&operation.transition)?;
            let (threshold, keys) = signers(&header, transition.kind).unwrap_or_default();
            let parents = transition.inputs.iter().map(|input| input.operation);
            signings.push(Signing {
                contract,
                operation: row.operation,
                witness: txid,
                parents: parents.collect(),
                threshold,
                keys,
                signatures: rows::signatures(&row.signatures)?,
            });
        }
    }
    Ok(signings)
}

/// Whether nothing is wrong with a request, but for signatures that are missing.
fn faultless(failure: Option<Failure>) -> Result<(), TransferError> {
    match failure {
        None | Some(Failure::Unsigned(_)) => Ok(()),
        Some(failure) => Err(TransferError::Refused(Box::new(failure))),
    }
}

/// The signatures beside the request in a PSBT, if both are of one transaction.
fn beside(envelope: &Envelope) -> Result<Given, TransferError> {
    let contents = Contents::read(envelope.request())?;
    if let Some(witness) = &contents.witness {
        envelope.check(witness.txid())?;
    }
    Ok(envelope.signatures()?)
}

/// All signatures in a file that came back; none if it is no request.
fn given(file: &[u8]) -> Result<Option<Given>, TransferError> {
    let envelope = Envelope::read(file)?;
    let request = envelope.as_ref().map_or(file, Envelope::request);
    let Ok(Contents { mut given, .. }) = Contents::read(request) else {
        return Ok(None);
    };
    let beside = envelope.as_ref().map(beside).transpose()?;
    for (place, signatures) in beside.into_iter().flatten() {
        join(given.entry(place).or_default(), &signatures);
    }
    Ok(Some(given))
}

/// The signatures that are known and those given; none if one of them does not verify.
fn merge(signing: &Signing, given: &ByKey) -> Option<Signatures> {
    let secp = Secp256k1::verification_only();
    let message = Message::from_digest(signature_message(signing.operation, signing.witness));
    let mut merged = by_key(&signing.signatures);
    for (number, signature) in given {
        let key = signing.keys.get(usize::from(*number))?;
        let read = schnorr::Signature::from_slice(signature).ok()?;
        secp.verify_schnorr(&read, &message, key).ok()?;
        merged.entry(*number).or_insert(*signature);
    }
    signatures::listed(&merged).ok()
}
