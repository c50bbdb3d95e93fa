//! The view secret: the only source of what hides and signs acknowledgements, but spends nothing.

use std::fmt;

use bitcoin::OutPoint;
use bitcoin::bip32::DerivationPath;
use bitcoin::consensus::encode::serialize;
use bitcoin::hashes::{Hash, HashEngine, Hmac, HmacEngine, sha256};
use bitcoin::key::{Keypair, Secp256k1};
use bitcoin::secp256k1::SecretKey;
use zeroize::Zeroizing;

use super::descriptors::{derive, hardened};
use super::{Keys, KeysError};
use crate::Network;

/// The purpose of the view secret's path: the ASCII bytes `BULL`.
pub(super) const PURPOSE: u32 = 0x4255_4c4c;

/// 32 secret bytes from which blindings, the entropy of multi-protocol commitments, encryption and
/// acknowledgement keys derive by HMAC-SHA256. Whoever holds them sees what the wallet owns, and
/// can spend nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ViewSecret(Zeroizing<[u8; 32]>);

impl ViewSecret {
    /// The private key at `m/1112886348'/c'/0'`: hardened, so no other key of the seed shows it.
    pub fn of(keys: &Keys, network: &Network) -> Self {
        let secp = Secp256k1::new();
        let path: DerivationPath = [PURPOSE, network.coin_type(), 0]
            .map(hardened)
            .as_slice()
            .into();
        let key = derive(&secp, &keys.master(network), &path);
        Self(Zeroizing::new(key.private_key.secret_bytes()))
    }

    /// A view secret of its own, for a wallet without a seed.
    ///
    /// # Errors
    /// [`KeysError::Randomness`] if the operating system has none to give.
    pub fn random() -> Result<Self, KeysError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(|cause| KeysError::Randomness { cause })?;
        Ok(Self(bytes))
    }

    /// A view secret as it was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The blinding of a seal. The place is the outpoint (36 bytes, consensus encoding) of an
    /// outpoint seal; of a witness seal the output script, or the x-only internal key of a tapret
    /// output. One seal, one counter: a second seal over one place takes the next.
    pub fn blinding(&self, place: &[u8], counter: u32) -> [u8; 16] {
        first_bytes(&hmac(
            self.subkey("blinding").as_ref(),
            &[place, &counter.to_le_bytes()],
        ))
    }

    /// The entropy of the multi-protocol commitment of a transaction, from the outpoints it spends
    /// for seals. Their order does not matter, so a fee bump has the same.
    pub fn mpc_entropy(&self, spent: &[OutPoint]) -> u64 {
        let mut sorted = spent.to_vec();
        sorted.sort_unstable();
        let places: Vec<_> = sorted.iter().map(serialize).collect();
        let places: Vec<_> = places.iter().map(Vec::as_slice).collect();
        u64::from_le_bytes(first_bytes(&hmac(
            self.subkey("mpc-entropy").as_ref(),
            &places,
        )))
    }

    /// The key that signs the acknowledgement of one invoice, from its secret seal or its script.
    pub fn ack_key(&self, invoice: &[u8]) -> Keypair {
        let secret = secret_key(&self.subkey("ack"), invoice);
        Keypair::from_secret_key(&Secp256k1::new(), &secret)
    }

    /// The secret of the encryption key, 32 bytes that X25519 takes as they are.
    pub fn encryption_secret(&self) -> Zeroizing<[u8; 32]> {
        self.subkey("encryption")
    }

    fn subkey(&self, label: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(hmac(self.0.as_ref(), &[label.as_bytes()]))
    }
}

impl fmt::Debug for ViewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ViewSecret(..)")
    }
}

fn first_bytes<const N: usize>(mac: &[u8; 32]) -> [u8; N] {
    *mac.first_chunk()
        .expect("no caller asks for more than 32 bytes")
}

fn secret_key(subkey: &[u8; 32], place: &[u8]) -> SecretKey {
    (0u32..)
        .find_map(|counter| {
            SecretKey::from_slice(&hmac(subkey, &[place, &counter.to_le_bytes()])).ok()
        })
        .expect("all but one in 2^128 hashes are a key")
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut engine = HmacEngine::<sha256::Hash>::new(key);
    for part in parts {
        engine.input(part);
    }
    Hmac::from_engine(engine).to_byte_array()
}

#[cfg(test)]
mod tests {
    use bitcoin::hex::DisplayHex;

    use super::*;

    const ABANDON: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    fn secret(network: &Network) -> ViewSecret {
        ViewSecret::of(&Keys::restore(ABANDON, None).unwrap(), network)
    }

    fn outpoint(vout: u32) -> OutPoint {
        OutPoint {
            txid: bitcoin::Txid::from_byte_array([7; 32]),
            vout,
        }
    }

    /// What derives here stands in other people's invoices and consignments: it must never change.
    #[test]
    fn what_derives_is_pinned() {
        let secret = secret(&Network::Regtest);
        let place = serialize(&outpoint(1));
        let found = [
            secret.as_bytes().to_lower_hex_string(),
            secret.blinding(&place, 0).to_lower_hex_string(),
            secret.blinding(&place, 1).to_lower_hex_string(),
            format!("{:016x}", secret.mpc_entropy(&[outpoint(0), outpoint(1)])),
            secret.ack_key(b"invoice").x_only_public_key().0.to_string(),
            secret.encryption_secret().to_lower_hex_string(),
        ];
        assert_eq!(found, PINNED);
    }

    #[test]
    fn d08_each_place_and_counter_has_a_blinding_of_its_own() {
        let secret = secret(&Network::Regtest);
        let blindings: std::collections::BTreeSet<_> = [b"a", b"b"]
            .into_iter()
            .flat_map(|place| {
                (0..4)
                    .map(|counter| secret.blinding(place, counter))
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(blindings.len(), 8);
    }

    #[test]
    fn f17_the_order_of_spent_outputs_does_not_change_the_entropy() {
        let secret = secret(&Network::Regtest);
        let entropy = secret.mpc_entropy(&[outpoint(0), outpoint(1)]);
        assert_eq!(secret.mpc_entropy(&[outpoint(1), outpoint(0)]), entropy);
        assert_ne!(secret.mpc_entropy(&[outpoint(1)]), entropy);
    }

    #[test]
    fn the_main_network_has_another_secret() {
        assert_ne!(secret(&Network::Bitcoin), secret(&Network::Regtest));
        assert_eq!(secret(&Network::SIGNET), secret(&Network::Regtest));
    }

    #[test]
    fn the_secret_is_never_printed() {
        assert_eq!(format!("{:?}", secret(&Network::Regtest)), "ViewSecret(..)");
    }

    const PINNED: [&str; 6] = [
        "7e99de331c61ff4dab7d441c6792d3c36bd12c6c87238daeb5278945b9024b32",
        "93a5a70a0ea856dedfda429aa62c7f6a",
        "3cb23ebe5c4b31442f4e84e5b95daf0f",
        "a8a240ca1c886306",
        "86ebde159da0fbecfa199495658521efcc2165ad5b5bd4d94f6e4f34553b9bf0",
        "f215492074451ba0d8bc1547bf4a586dcfbf0e1f23ccbb4a499d0f2f18432b3a",
    ];
}
