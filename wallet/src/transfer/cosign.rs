//! Signatures that a contract asks for: the request to its signers, what a signer adds, and what is
//! still missing (PROTOCOL.md §9.5).

use std::collections::{BTreeMap, BTreeSet};

use amplify::confinement::Confined;
use bdk_wallet::rusqlite::Connection;
use bitcoin::Txid;
use bitcoin::key::{Keypair, Secp256k1, XOnlyPublicKey};
use bitcoin::secp256k1::{Message, schnorr};
use bulla_core::consignment::{Explicit, Parts, Writer, parts};
use bulla_core::frame::{
    Frame, KeySignature, Signatures, Signed, Terminals, WitnessFrame, signature_message,
};
use bulla_core::header::Header;
use bulla_core::operation::Input;
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::validator::{Failure, validate};
use bulla_core::{ContractId, OperationId};

use super::consignments::numbered_name;
use super::cosigned::{Cosigned, CosignedOperation, Known};
use super::error::TransferError;
use super::plan::ContractFacts;
use super::record::{SENT, Sent};
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
use crate::{Error, Wallet, claims, time};

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

/// What one operation of a transfer asks for.
struct Signing {
    contract: ContractId,
    operation: OperationId,
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

    /// Adds a signer's signatures to a consignment that is unsigned but faultless otherwise. Reads no
    /// key of this wallet and changes nothing in it.
    ///
    /// # Errors
    /// [`TransferError::Refused`] if it has another fault; [`TransferError::NotASigner`];
    /// [`TransferError::NothingToSign`].
    pub fn cosign(&self, consignment: &[u8], key: &Keypair) -> Result<Cosigned, Error> {
        let rules = self.rules()?;
        match validate(consignment, &rules) {
            Ok(_) | Err(Failure::Unsigned(_)) => {}
            Err(failure) => return Err(TransferError::Refused(Box::new(failure)).into()),
        }
        let known = Known {
            coins: self.coin_set(),
            network: self.network().bitcoin(),
        };
        let cosigned = cosign(consignment, key, &known)?;
        match validate(&cosigned.bytes, &rules) {
            Ok(_) | Err(Failure::Unsigned(_)) => Ok(cosigned),
            Err(failure) => Err(TransferError::Refused(Box::new(failure)).into()),
        }
    }

    /// What is to be signed of a transfer by the signers of its contracts; none if nothing is missing.
    ///
    /// # Errors
    /// [`TransferError::UnknownTransfer`], [`TransferError::NotSent`]; [`StepError::Failed`] for one that was given up.
    pub fn signature_requests(&self, transfer: TransferId) -> Result<Vec<SignatureRequest>, Error> {
        let sent = Sent::load(&self.db, transfer)?;
        if let SenderState::Failed(failure) = sent.sending.state {
            return Err(StepError::Failed { failure }.into());
        }
        let txid = txid(&sent)?;
        let mut missing: BTreeMap<ContractId, Vec<Signing>> = BTreeMap::new();
        for signing in signings(&self.db, &sent)? {
            if signing.missing() > 0 {
                missing.entry(signing.contract).or_default().push(signing);
            }
        }
        let ledger = Ledger::new(&self.db, self.tip().height);
        let mut requests = Vec::new();
        for (n, (contract, signings)) in (0..).zip(missing) {
            let book = Book::load(&self.db, contract)?;
            let book = book.ok_or(TransferError::UnknownContract { contract })?;
            let shown = signings.iter().map(|signing| signing.operation);
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
                missing: signings.iter().map(Signing::missing).max().unwrap_or(0),
                file_name: format!("sign-{}", numbered_name(&ticker, n, txid)),
                bytes: consign(&records, &hand_over)?,
            });
        }
        Ok(requests)
    }

    /// Takes signatures of a transfer's operations out of a consignment that came back. Gives how
    /// many are still missing, the most over its operations; with none missing the transfer goes on.
    /// Safe to repeat.
    ///
    /// # Errors
    /// [`TransferError::ForeignSignatures`] if it has none for this transfer, or one that does not
    /// verify.
    pub fn add_signatures(
        &mut self,
        transfer: TransferId,
        consignment: &[u8],
    ) -> Result<u64, Error> {
        let given = given(consignment)?;
        self.command("add-signatures", |command| {
            let mut sent = Sent::load(&command.db, transfer)?;
            let txid = txid(&sent)?;
            let foreign = || TransferError::ForeignSignatures { transfer };
            let mut found = false;
            let mut missing = 0;
            for mut signing in signings(&command.db, &sent)? {
                if let Some(signatures) = given.get(&(txid, signing.operation)) {
                    let merged = merge(&signing, signatures, txid);
                    signing.signatures = merged.ok_or_else(foreign)?;
                    found |= !signatures.is_empty();
                    let row = AnchoredRow {
                        contract: signing.contract,
                        witness: txid,
                        operation: signing.operation,
                        signatures: rows::signature_bytes(&signing.signatures),
                    };
                    witnesses::put_anchored(&command.db, &row)?;
                }
                missing = missing.max(signing.missing());
            }
            if !found {
                return Err(foreign().into());
            }
            if missing == 0 {
                let (sending, _) = sent.sending.step(SenderEvent::Cosigned)?;
                sent.sending = sending;
                sent.save(&command.db, time::now())?;
            }
            Ok(missing)
        })
    }
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

/// The operations of a transfer that lack signatures.
pub(super) fn unsigned_in(db: &Connection, sent: &Sent) -> Result<Vec<OperationId>, StoreError> {
    let signings = signings(db, sent)?.into_iter();
    let lacking = signings.filter(|signing| signing.missing() > 0);
    Ok(lacking.map(|signing| signing.operation).collect())
}

/// The operations of all our transfers that lack signatures: nobody accepts them, however deep they
/// are mined.
pub(crate) fn unsigned(db: &Connection) -> Result<BTreeSet<OperationId>, StoreError> {
    let mut unsigned = BTreeSet::new();
    for row in transfers::in_state(db, SENT, SenderState::Unsigned.name())? {
        unsigned.extend(unsigned_in(db, &Sent::read(db, row)?)?);
    }
    Ok(unsigned)
}

/// The operations of a transfer that ask for signatures.
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
            let Some((threshold, keys)) = signers(&header, transition.kind) else {
                continue;
            };
            signings.push(Signing {
                contract,
                operation: row.operation,
                threshold,
                keys,
                signatures: rows::signatures(&row.signatures)?,
            });
        }
    }
    Ok(signings)
}

/// How many of which keys must sign a transition of this kind; none where nobody must.
fn signers(header: &Header, kind: u16) -> Option<(u64, Vec<XOnlyPublicKey>)> {
    let facts = ContractFacts::of(header);
    let genesis = facts.genesis_values();
    let def = facts.schema.transitions.get(&kind)?;
    let rule = def.signature_rules(&genesis).next()?;
    let keys = rule.keys.iter();
    let keys = keys.map(|(_, key)| XOnlyPublicKey::from_slice(key).ok());
    Some((rule.threshold, keys.collect::<Option<_>>()?))
}

/// The header, and the frames behind it.
fn opened(consignment: &[u8]) -> Result<(Header, Explicit, Parts<'_>), TransferError> {
    let mut parts = parts(consignment);
    let header = Header::decode(parts.next().transpose()?.unwrap_or_default())?;
    let explicit = Explicit::new(&header);
    Ok((header, explicit, parts))
}

/// Signatures by witness and operation, not verified.
type Given = BTreeMap<(Txid, OperationId), Signatures>;

fn given(consignment: &[u8]) -> Result<Given, TransferError> {
    let (_, mut explicit, parts) = opened(consignment)?;
    let mut given = Given::new();
    for part in parts {
        if let Frame::Witness(frame) = explicit.frame(part?)? {
            let txid = frame.witness.txid();
            for signed in &frame.transitions {
                given.insert((txid, signed.transition.id()), signed.signatures.clone());
            }
        }
    }
    Ok(given)
}

/// The signatures that are known and those given; none if one of them does not verify.
fn merge(signing: &Signing, given: &Signatures, txid: Txid) -> Option<Signatures> {
    let secp = Secp256k1::verification_only();
    let message = Message::from_digest(signature_message(signing.operation, txid));
    let mut merged: BTreeMap<u8, KeySignature> = BTreeMap::new();
    for one in signing.signatures.iter().chain(given) {
        let key = signing.keys.get(usize::from(one.key))?;
        let signature = schnorr::Signature::from_slice(&one.signature).ok()?;
        secp.verify_schnorr(&signature, &message, key).ok()?;
        merged.entry(one.key).or_insert(*one);
    }
    Confined::try_from(merged.into_values().collect::<Vec<_>>()).ok()
}

/// Adds the signatures of one key wherever they are missing.
fn cosign(consignment: &[u8], key: &Keypair, known: &Known<'_>) -> Result<Cosigned, TransferError> {
    let (header, mut explicit, parts) = opened(consignment)?;
    let contract = header.genesis.contract_id();
    let mut writer = Writer::new(&header).map_err(consign_error)?;
    let mut terminals = Terminals::default();
    let mut signed = Vec::new();
    let mut open = false;
    let mut is_signer = false;
    for part in parts {
        let mut frame = match explicit.frame(part?)? {
            Frame::Witness(frame) => frame,
            Frame::Terminals(last) => {
                terminals = last;
                continue;
            }
            other @ (Frame::BlockProof(_) | Frame::Base(_)) => {
                writer.frame(&other).map_err(consign_error)?;
                continue;
            }
        };
        let mut transitions: Vec<Signed> = frame.transitions.iter().cloned().collect();
        for one in &mut transitions {
            let Some((threshold, keys)) = signers(&header, one.transition.kind) else {
                continue;
            };
            let ours = key.x_only_public_key().0;
            let number = keys.iter().position(|key| *key == ours);
            is_signer |= number.is_some();
            let before = one.signatures.len() as u64;
            let number = number.and_then(|number| u8::try_from(number).ok());
            if let Some(number) = number.filter(|_| before < threshold)
                && !one.signatures.iter().any(|known| known.key == number)
            {
                sign(one, number, key, &frame)?;
                signed.push(CosignedOperation {
                    threshold,
                    ..known.operation(&header, one, &frame)
                });
            }
            open |= (one.signatures.len() as u64) < threshold;
        }
        frame.transitions = confine(transitions)?;
        writer
            .frame(&Frame::Witness(frame))
            .map_err(consign_error)?;
    }
    if !is_signer {
        let key = key.x_only_public_key().0;
        return Err(TransferError::NotASigner { contract, key });
    }
    if signed.is_empty() {
        return Err(TransferError::NothingToSign { contract });
    }
    Ok(Cosigned {
        contract,
        ticker: claims::ticker(&header).unwrap_or_default(),
        precision: claims::precision(&header).unwrap_or(0),
        unbacked: bulla_schemas::roles::unbacked(&header),
        operations: signed,
        complete: !open,
        bytes: writer.finish(terminals).map_err(consign_error)?,
    })
}

fn consign_error(error: bulla_core::consignment::TooLarge) -> TransferError {
    TransferError::Consign(error.into())
}

fn confine<T, const MIN: usize, const MAX: usize>(
    list: Vec<T>,
) -> Result<Confined<Vec<T>, MIN, MAX>, TransferError> {
    let found = list.len() as u64;
    Confined::try_from(list).map_err(|_| {
        TransferError::TooLarge(bulla_core::DecodeError::Limit {
            what: "signatures or transitions",
            min: MIN as u64,
            max: MAX as u64,
            found,
        })
    })
}

fn sign(
    one: &mut Signed,
    number: u8,
    key: &Keypair,
    frame: &WitnessFrame,
) -> Result<(), TransferError> {
    let message = signature_message(one.transition.id(), frame.witness.txid());
    let secp = Secp256k1::signing_only();
    let signature = secp.sign_schnorr_no_aux_rand(&Message::from_digest(message), key);
    let mut signatures: Vec<_> = one.signatures.iter().copied().collect();
    signatures.push(KeySignature {
        key: number,
        signature: signature.serialize(),
    });
    signatures.sort_by_key(|one| one.key);
    one.signatures = confine(signatures)?;
    Ok(())
}
