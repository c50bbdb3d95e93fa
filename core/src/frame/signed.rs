//! A transition with the signatures that its schema asks for, which stand outside its id.

use amplify::confinement::Confined;
use bitcoin::Txid;
use bitcoin::hashes::Hash;

use crate::OperationId;
use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::hash::tags;
use crate::limits::SIGNATURES;
use crate::operation::Transition;

/// Bytes of a BIP-340 signature.
pub type SignatureBytes = [u8; 64];

/// A signature by one of the contract's keys.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct KeySignature {
    /// Which key: its place among the values of the genesis global.
    pub key: u8,
    /// BIP-340 signature over [`signature_message`].
    pub signature: SignatureBytes,
}

/// Signatures, strictly ascending by key.
pub type Signatures = Confined<Vec<KeySignature>, 0, SIGNATURES>;

/// A transition and the signatures beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// The transition.
    pub transition: Transition,
    /// Its signatures.
    pub signatures: Signatures,
}

/// What the signers of an operation sign: it binds operation and witness (PROTOCOL.md §9.5).
pub fn signature_message(operation: OperationId, witness: Txid) -> [u8; 32] {
    let mut message = operation.to_bytes().to_vec();
    message.extend_from_slice(witness.as_byte_array());
    tags::SIGNATURE.hash(&message)
}

impl Encode for KeySignature {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(self.key);
        out.extend_from_slice(&self.signature);
    }
}

impl Decode for KeySignature {
    const NAME: &'static str = "signatures";
    const MIN_BYTES: usize = 65;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: reader.u8("key number")?,
            signature: reader.array("signature")?,
        })
    }
}
