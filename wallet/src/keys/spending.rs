//! The words of a wallet and the master key they give.

use std::fmt;

use bip39::{Language, Mnemonic};
use bitcoin::bip32::Xpriv;
use zeroize::{Zeroize, Zeroizing};

use super::{KeysError, Passphrase};
use crate::Network;

/// How many words a new wallet gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// 128 bits of entropy.
    Twelve,
    /// 256 bits of entropy.
    TwentyFour,
}

/// What can spend: the words of BIP39 and the optional passphrase that belongs to them. Wiped from
/// memory when dropped and never printed, except by [`Keys::words`].
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    mnemonic: Mnemonic,
    passphrase: Option<Passphrase>,
}

impl Keys {
    /// New words from the operating system's randomness.
    ///
    /// # Errors
    /// [`KeysError::Randomness`] if it has none to give.
    pub fn generate(words: Words, passphrase: Option<Passphrase>) -> Result<Self, KeysError> {
        let mut entropy = Zeroizing::new([0; 32]);
        let entropy = match words {
            Words::Twelve => &mut entropy[..16],
            Words::TwentyFour => &mut entropy[..],
        };
        getrandom::fill(entropy).map_err(|cause| KeysError::Randomness { cause })?;
        Self::from_entropy(entropy, passphrase).ok_or(KeysError::Checksum)
    }

    /// Reads 12 or 24 English words, separated by any white space, in any case.
    ///
    /// # Errors
    /// [`KeysError::WordCount`], [`KeysError::UnknownWord`] or [`KeysError::Checksum`].
    pub fn restore(words: &str, passphrase: Option<Passphrase>) -> Result<Self, KeysError> {
        let found = words.split_whitespace().count();
        if found != 12 && found != 24 {
            return Err(KeysError::WordCount { found });
        }
        let text = Zeroizing::new(words.to_lowercase());
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &text).map_err(
            |cause| match cause {
                bip39::Error::BadWordCount(found) => KeysError::WordCount { found },
                bip39::Error::UnknownWord(index) => KeysError::UnknownWord {
                    position: index + 1,
                },
                _ => KeysError::Checksum,
            },
        )?;
        Ok(Self {
            mnemonic,
            passphrase,
        })
    }

    /// `None` unless there are 16 or 32 bytes.
    pub(super) fn from_entropy(entropy: &[u8], passphrase: Option<Passphrase>) -> Option<Self> {
        let mnemonic = match entropy.len() {
            16 | 32 => Mnemonic::from_entropy_in(Language::English, entropy).ok()?,
            _ => return None,
        };
        Some(Self {
            mnemonic,
            passphrase,
        })
    }

    pub(super) fn entropy(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.mnemonic.to_entropy())
    }

    pub(super) fn passphrase(&self) -> Option<&Passphrase> {
        self.passphrase.as_ref()
    }

    /// The words, to be shown once to their owner.
    pub fn words(&self) -> Zeroizing<String> {
        Zeroizing::new(self.mnemonic.to_string())
    }

    /// The master key (BIP32) of the seed (BIP39).
    pub(crate) fn master(&self, network: &Network) -> Xpriv {
        let passphrase = self.passphrase.as_ref().map_or("", Passphrase::expose);
        let mut seed = self.mnemonic.to_seed(passphrase);
        let master = Xpriv::new_master(network.kind(), &seed)
            .expect("a seed that gives no key is as improbable as finding a key by chance");
        seed.zeroize();
        master
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABANDON: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn new_words_have_the_asked_length_and_are_read_back() {
        for (words, count) in [(Words::Twelve, 12), (Words::TwentyFour, 24)] {
            let keys = Keys::generate(words, None).unwrap();
            assert_eq!(keys.words().split(' ').count(), count);
            assert_eq!(Keys::restore(&keys.words(), None), Ok(keys));
        }
    }

    #[test]
    fn two_new_wallets_differ() {
        assert_ne!(
            Keys::generate(Words::Twelve, None),
            Keys::generate(Words::Twelve, None)
        );
    }

    #[test]
    fn words_are_read_in_any_case_and_with_any_white_space() {
        let untidy = format!("\n{}\t", ABANDON.to_uppercase().replace(' ', "  "));
        assert_eq!(Keys::restore(&untidy, None), Keys::restore(ABANDON, None));
    }

    #[test]
    fn wrong_words_are_named_by_position_and_never_shown() {
        let fifteen = format!("{ABANDON} abandon abandon abandon");
        assert_eq!(
            Keys::restore(&fifteen, None),
            Err(KeysError::WordCount { found: 15 })
        );
        let typo = ABANDON.replacen("abandon abandon", "abandon abandn", 1);
        assert_eq!(
            Keys::restore(&typo, None),
            Err(KeysError::UnknownWord { position: 2 })
        );
        let swapped = ABANDON.replace("about", "abandon");
        assert_eq!(Keys::restore(&swapped, None), Err(KeysError::Checksum));
    }

    #[test]
    fn secrets_are_never_printed() {
        let keys = Keys::restore(ABANDON, Some(Passphrase::new("TREZOR"))).unwrap();
        assert_eq!(
            format!("{keys:?} {:?}", keys.passphrase()),
            "Keys(..) Some(Passphrase(..))"
        );
    }

    #[test]
    fn the_seed_is_that_of_the_bip39_vector() {
        // Vector 1 of BIP39: all-zero entropy, passphrase TREZOR.
        let keys = Keys::restore(ABANDON, Some(Passphrase::new("TREZOR"))).unwrap();
        assert_eq!(
            keys.master(&Network::Bitcoin).to_string(),
            "xprv9s21ZrQH143K3h3fDYiay8mocZ3afhfULfb5GX8kCBdno77K4HiA15Tg23wpbeF1pLfs1c5SPmYHrEpTuuRhxMwvKDwqdKiGJS9XFKzUsAF"
        );
    }
}
