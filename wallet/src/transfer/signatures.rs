//! Signatures in the bytes of a request: read, joined with others, added.

use std::collections::BTreeMap;

use amplify::confinement::Confined;
use bitcoin::Txid;
use bitcoin::key::{Keypair, Secp256k1, XOnlyPublicKey};
use bitcoin::secp256k1::Message;
use bulla_core::consignment::{Explicit, Parts, Writer, parts};
use bulla_core::frame::{
    Frame, KeySignature, SignatureBytes, Signatures, Signed, Terminals, WitnessFrame,
    signature_message,
};
use bulla_core::header::Header;
use bulla_core::witness::Witness;
use bulla_core::{DecodeError, OperationId};

use super::cosigned::{Cosigned, CosignedOperation, Known};
use super::error::TransferError;
use super::plan::ContractFacts;
use crate::claims;

/// Signatures of one operation in one witness by the number of the key.
pub(super) type ByKey = BTreeMap<u8, SignatureBytes>;
/// Signatures by witness and operation, not verified.
pub(super) type Given = BTreeMap<(Txid, OperationId), ByKey>;

/// What a request holds besides history.
#[derive(Default)]
pub(super) struct Contents {
    pub given: Given,
    /// The witness of its last frame: the transaction that it asks to sign for.
    pub witness: Option<Witness>,
}

impl Contents {
    /// Reads a consignment; nothing is checked.
    pub fn read(consignment: &[u8]) -> Result<Self, DecodeError> {
        let (_, mut explicit, parts) = opened(consignment)?;
        let mut contents = Self::default();
        for part in parts {
            if let Frame::Witness(frame) = explicit.frame(part?)? {
                let txid = frame.witness.txid();
                for signed in &frame.transitions {
                    let place = (txid, signed.transition.id());
                    contents.given.insert(place, by_key(&signed.signatures));
                }
                contents.witness = Some(frame.witness);
            }
        }
        Ok(contents)
    }
}

pub(super) fn by_key(signatures: &Signatures) -> ByKey {
    let signatures = signatures.iter();
    signatures.map(|one| (one.key, one.signature)).collect()
}

/// Adds signatures by keys that have none.
pub(super) fn join(signatures: &mut ByKey, others: &ByKey) {
    for (key, signature) in others {
        signatures.entry(*key).or_insert(*signature);
    }
}

/// As a list again, for a frame or a column.
///
/// # Errors
/// [`TransferError::TooLarge`] for more than a frame can hold.
pub(super) fn listed(signatures: &ByKey) -> Result<Signatures, TransferError> {
    let list = signatures.iter();
    let list = list.map(|(key, signature)| KeySignature {
        key: *key,
        signature: *signature,
    });
    confine(list.collect())
}

/// How many of which keys must sign a transition of this kind; none where nobody must.
pub(super) fn signers(header: &Header, kind: u16) -> Option<(u64, Vec<XOnlyPublicKey>)> {
    let facts = ContractFacts::of(header);
    let genesis = facts.genesis_values();
    let def = facts.schema.transitions.get(&kind)?;
    let rule = def.signature_rules(&genesis).next()?;
    let keys = rule.keys.iter();
    let keys = keys.map(|(_, key)| XOnlyPublicKey::from_slice(key).ok());
    Some((rule.threshold, keys.collect::<Option<_>>()?))
}

/// The header, and the frames behind it.
fn opened(consignment: &[u8]) -> Result<(Header, Explicit, Parts<'_>), DecodeError> {
    let mut parts = parts(consignment);
    let header = Header::decode(parts.next().transpose()?.unwrap_or_default())?;
    let explicit = Explicit::new(&header);
    Ok((header, explicit, parts))
}

/// Writes a request again with the signatures that came beside it and those of one key, wherever
/// they are missing. Gives these, too.
///
/// # Errors
/// [`TransferError::NotASigner`], [`TransferError::NothingToSign`].
pub(super) fn cosign(
    request: &[u8],
    beside: &Given,
    key: &Keypair,
    known: &Known<'_>,
) -> Result<(Cosigned, Given), TransferError> {
    let (header, mut explicit, parts) = opened(request)?;
    let mut writer = Writer::new(&header).map_err(consign_error)?;
    let mut terminals = Terminals::default();
    let mut signer = Signer {
        header: &header,
        beside,
        key,
        known,
        is_known: false,
        is_open: false,
        signed: Vec::new(),
        added: Given::new(),
    };
    for part in parts {
        let frame = match explicit.frame(part?)? {
            Frame::Witness(mut frame) => {
                signer.sign_in(&mut frame)?;
                Frame::Witness(frame)
            }
            Frame::Terminals(last) => {
                terminals = last;
                continue;
            }
            other @ (Frame::BlockProof(_) | Frame::Base(_)) => other,
        };
        writer.frame(&frame).map_err(consign_error)?;
    }
    signer.check()?;
    let cosigned = Cosigned {
        contract: header.genesis.contract_id(),
        ticker: claims::ticker(&header).unwrap_or_default(),
        precision: claims::precision(&header).unwrap_or(0),
        unbacked: bulla_schemas::roles::unbacked(&header),
        operations: signer.signed,
        complete: !signer.is_open,
        bytes: writer.finish(terminals).map_err(consign_error)?,
    };
    Ok((cosigned, signer.added))
}

/// A key at work on a request.
struct Signer<'a> {
    header: &'a Header,
    beside: &'a Given,
    key: &'a Keypair,
    known: &'a Known<'a>,
    /// Whether the key is one of the contract's.
    is_known: bool,
    /// Whether an operation lacks signatures still.
    is_open: bool,
    signed: Vec<CosignedOperation>,
    /// Its signatures.
    added: Given,
}

impl Signer<'_> {
    fn sign_in(&mut self, frame: &mut WitnessFrame) -> Result<(), TransferError> {
        let mut transitions: Vec<Signed> = frame.transitions.iter().cloned().collect();
        for one in &mut transitions {
            self.sign(one, frame)?;
        }
        frame.transitions = confine(transitions)?;
        Ok(())
    }

    fn sign(&mut self, one: &mut Signed, frame: &WitnessFrame) -> Result<(), TransferError> {
        let Some((threshold, keys)) = signers(self.header, one.transition.kind) else {
            return Ok(());
        };
        let (txid, operation) = (frame.witness.txid(), one.transition.id());
        let mut signatures = by_key(&one.signatures);
        if let Some(beside) = self.beside.get(&(txid, operation)) {
            join(&mut signatures, beside);
        }
        let ours = self.key.x_only_public_key().0;
        let number = keys.iter().position(|key| *key == ours);
        self.is_known |= number.is_some();
        let wanted = (signatures.len() as u64) < threshold;
        let number = number.and_then(|number| u8::try_from(number).ok());
        let number = number.filter(|number| wanted && !signatures.contains_key(number));
        if let Some(number) = number {
            let message = Message::from_digest(signature_message(operation, txid));
            let secp = Secp256k1::signing_only();
            let signature = secp.sign_schnorr_no_aux_rand(&message, self.key);
            let signature = signature.serialize();
            signatures.insert(number, signature);
            let added = self.added.entry((txid, operation)).or_default();
            added.insert(number, signature);
        }
        self.is_open |= (signatures.len() as u64) < threshold;
        one.signatures = listed(&signatures)?;
        if number.is_some() {
            self.signed.push(CosignedOperation {
                threshold,
                ..self.known.operation(self.header, one, frame)
            });
        }
        Ok(())
    }

    fn check(&self) -> Result<(), TransferError> {
        let contract = self.header.genesis.contract_id();
        if !self.is_known {
            let key = self.key.x_only_public_key().0;
            return Err(TransferError::NotASigner { contract, key });
        }
        if self.signed.is_empty() {
            return Err(TransferError::NothingToSign { contract });
        }
        Ok(())
    }
}

fn consign_error(error: bulla_core::consignment::TooLarge) -> TransferError {
    TransferError::Consign(error.into())
}

fn confine<T, const MIN: usize, const MAX: usize>(
    list: Vec<T>,
) -> Result<Confined<Vec<T>, MIN, MAX>, TransferError> {
    let found = list.len() as u64;
    Confined::try_from(list).map_err(|_| {
        TransferError::TooLarge(DecodeError::Limit {
            what: "signatures or transitions",
            min: MIN as u64,
            max: MAX as u64,
            found,
        })
    })
}
