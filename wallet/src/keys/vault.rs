//! The spending keys, encrypted.

use std::fmt;

use age::scrypt;
use age::secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Keys, KeysError, Passphrase};
use crate::{Network, defaults};

/// The first byte of what is encrypted: the words' entropy follows with its length, then the BIP39
/// passphrase, if there is one.
const VERSION: u8 = 1;

/// The spending keys encrypted with a passphrase: an age file (<https://age-encryption.org/v1>)
/// with one scrypt recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Vault(Vec<u8>);

impl Vault {
    /// Encrypts the keys.
    ///
    /// # Errors
    /// [`KeysError::EmptyPassphrase`] anywhere but on regtest.
    pub fn seal(
        keys: &Keys,
        passphrase: &Passphrase,
        network: &Network,
    ) -> Result<Self, KeysError> {
        if passphrase.is_empty() && *network != Network::Regtest {
            return Err(KeysError::EmptyPassphrase {
                network: network.name(),
            });
        }
        let mut recipient = scrypt::Recipient::new(secret(passphrase));
        recipient.set_work_factor(defaults::work_factor(network));
        Ok(Self(encrypt(&recipient, &encode(keys))))
    }

    /// Decrypts the keys.
    ///
    /// # Errors
    /// [`KeysError::WrongPassphrase`], or [`KeysError::DamagedVault`].
    pub fn open(&self, passphrase: &Passphrase) -> Result<Keys, KeysError> {
        let mut identity = scrypt::Identity::new(secret(passphrase));
        identity.set_max_work_factor(defaults::MAX_WORK_FACTOR);
        let plain = age::decrypt(&identity, &self.0).map_err(|cause| match cause {
            age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed => {
                KeysError::WrongPassphrase
            }
            age::DecryptError::ExcessiveWork { .. } => damaged("excessive work factor"),
            _ => damaged("not an age file with a passphrase"),
        })?;
        decode(&Zeroizing::new(plain)).ok_or_else(|| damaged("unknown content"))
    }

    /// A vault as it was stored.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

const fn damaged(what: &'static str) -> KeysError {
    KeysError::DamagedVault { what }
}

fn secret(passphrase: &Passphrase) -> SecretString {
    SecretString::from(passphrase.expose().to_owned())
}

fn encrypt(recipient: &scrypt::Recipient, plain: &[u8]) -> Vec<u8> {
    age::encrypt(recipient, plain)
        .expect("one scrypt recipient and memory to write to: nothing can fail")
}

fn encode(keys: &Keys) -> Zeroizing<Vec<u8>> {
    let entropy = keys.entropy();
    let passphrase = keys.passphrase();
    // Reserved at once: a growing vector would leave copies of the secret behind.
    let size = 3 + entropy.len() + passphrase.map_or(0, |text| text.expose().len());
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    bytes.push(VERSION);
    bytes.push(if entropy.len() == 16 { 16 } else { 32 });
    bytes.extend_from_slice(&entropy);
    bytes.push(u8::from(passphrase.is_some()));
    if let Some(passphrase) = passphrase {
        bytes.extend_from_slice(passphrase.expose().as_bytes());
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<Keys> {
    let (&[version, length], rest) = bytes.split_first_chunk()?;
    let (entropy, rest) = rest.split_at_checked(length.into())?;
    let (&flag, text) = rest.split_first()?;
    let passphrase = match flag {
        0 if text.is_empty() => None,
        1 => Some(Passphrase::new(std::str::from_utf8(text).ok()?)),
        _ => return None,
    };
    if version == VERSION {
        Keys::from_entropy(entropy, passphrase)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::Words;
    use super::*;

    fn keys(passphrase: Option<&str>) -> Keys {
        Keys::generate(Words::TwentyFour, passphrase.map(Passphrase::new)).unwrap()
    }

    #[test]
    fn the_right_passphrase_opens_the_vault() {
        for keys in [keys(None), keys(Some("")), keys(Some("smørrebrød"))] {
            let vault = Vault::seal(&keys, &Passphrase::new("a"), &Network::Regtest).unwrap();
            assert_eq!(vault.open(&Passphrase::new("a")), Ok(keys));
        }
    }

    #[test]
    fn another_passphrase_does_not() {
        let vault = Vault::seal(&keys(None), &Passphrase::new("a"), &Network::Regtest).unwrap();
        for wrong in ["", "A", "a "] {
            assert_eq!(
                vault.open(&Passphrase::new(wrong)),
                Err(KeysError::WrongPassphrase)
            );
        }
    }

    #[test]
    fn damaged_bytes_are_an_error_that_says_so() {
        let vault = Vault::seal(&keys(None), &Passphrase::new("a"), &Network::Regtest).unwrap();
        let truncated = Vault::from_bytes(vault.as_bytes()[..20].to_vec());
        let expected = KeysError::DamagedVault {
            what: "not an age file with a passphrase",
        };
        assert_eq!(truncated.open(&Passphrase::new("a")), Err(expected));
        let mut flipped = vault.as_bytes().to_vec();
        *flipped.last_mut().unwrap() ^= 1;
        assert!(
            Vault::from_bytes(flipped)
                .open(&Passphrase::new("a"))
                .is_err()
        );
    }

    #[test]
    fn keys_with_value_need_a_passphrase() {
        let expected = KeysError::EmptyPassphrase { network: "bitcoin" };
        assert_eq!(
            Vault::seal(&keys(None), &Passphrase::new(""), &Network::Bitcoin),
            Err(expected)
        );
    }

    #[test]
    fn content_that_this_program_never_writes_is_refused() {
        let good = encode(&keys(Some("x")));
        assert!(decode(&good).is_some());
        for (at, value) in [(0, 2), (1, 16), (1, 255), (34, 0), (34, 2), (35, 0xff)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert!(decode(&bad).is_none(), "byte {at} = {value}");
        }
    }
}
