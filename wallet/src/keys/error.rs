//! What can be wrong with words, passphrases and keys.

/// Why keys cannot be made, read or opened. No variant shows a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// Not 12 or 24 words.
    #[error("{found} words, expected 12 or 24")]
    WordCount {
        /// How many there are.
        found: usize,
    },
    /// A word is not in the list.
    #[error("word {position} is not in the english word list of BIP39")]
    UnknownWord {
        /// Which one, counted from 1.
        position: usize,
    },
    /// The last word does not fit the others.
    #[error("the checksum of the words is wrong")]
    Checksum,
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {cause}")]
    Randomness {
        /// What it says.
        cause: getrandom::Error,
    },
    /// An empty passphrase would leave the keys open.
    #[error("the passphrase is empty; on {network} the spending keys have to be encrypted")]
    EmptyPassphrase {
        /// The network of the wallet.
        network: &'static str,
    },
    /// The passphrase does not open the vault.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The vault's bytes are not what this program wrote.
    #[error("the encrypted keys of this wallet are damaged: {what}")]
    DamagedVault {
        /// What is wrong with them.
        what: &'static str,
    },
    /// The wallet holds no spending keys.
    #[error("this wallet holds no spending keys; sign the PSBT with the wallet that does")]
    WatchOnly,
    /// The vault holds keys of another wallet.
    #[error("the keys have fingerprint {found}, those of this wallet {expected}")]
    OtherKeys {
        /// Fingerprint of the keys in the vault.
        found: bitcoin::bip32::Fingerprint,
        /// Fingerprint of the descriptors.
        expected: bitcoin::bip32::Fingerprint,
    },
}

impl KeysError {
    /// A stable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WordCount { .. } | Self::UnknownWord { .. } | Self::Checksum => "mnemonic",
            Self::Randomness { .. } => "no-randomness",
            Self::EmptyPassphrase { .. } => "empty-passphrase",
            Self::WrongPassphrase => "wrong-passphrase",
            Self::DamagedVault { .. } => "damaged-vault",
            Self::WatchOnly => "watch-only",
            Self::OtherKeys { .. } => "other-keys",
        }
    }

    /// What a person can do about it.
    pub const fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::WordCount { .. } | Self::UnknownWord { .. } | Self::Checksum => {
                Some("compare the words with what you wrote down, in their order")
            }
            Self::EmptyPassphrase { .. } => Some("choose a passphrase"),
            Self::WrongPassphrase => Some("type the passphrase chosen at `init`"),
            Self::DamagedVault { .. } | Self::OtherKeys { .. } => {
                Some("restore the wallet file from a backup, or make a new one from the words")
            }
            Self::Randomness { .. } | Self::WatchOnly => None,
        }
    }
}
