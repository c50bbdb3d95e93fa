//! The two public descriptors of a wallet.

use bdk_wallet::miniscript::descriptor::checksum::desc_checksum;
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, Xpriv, Xpub};
use bitcoin::key::Secp256k1;
use bitcoin::secp256k1::All;

use super::Keys;
use crate::Network;

/// What the coins of a wallet are found by. Public: they show every address, and spend nothing.
///
/// Plain coins are at BIP86's account 0, where any wallet with these words finds them. Sealed coins
/// are at account 1, so that such a wallet cannot spend them by accident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptors {
    /// Plain coins: `tr([fp/86'/c'/0']xpub/0/*)#checksum`.
    pub plain: String,
    /// Sealed coins: `tr([fp/86'/c'/1']xpub/0/*)#checksum`.
    pub sealed: String,
    /// Fingerprint of the master key.
    pub fingerprint: Fingerprint,
}

impl Descriptors {
    /// The descriptors of these keys on a network.
    pub fn of(keys: &Keys, network: &Network) -> Self {
        let secp = Secp256k1::new();
        let master = keys.master(network);
        let fingerprint = master.fingerprint(&secp);
        let descriptor = |account| {
            let origin = account_path(network, account);
            let xpub = Xpub::from_priv(&secp, &derive(&secp, &master, &origin));
            with_checksum(&format!("tr([{fingerprint}/{origin}]{xpub}/0/*)"))
        };
        Self {
            plain: descriptor(0),
            sealed: descriptor(1),
            fingerprint,
        }
    }
}

fn with_checksum(descriptor: &str) -> String {
    let sum = desc_checksum(descriptor).expect("every character is in the descriptor alphabet");
    format!("{descriptor}#{sum}")
}

/// `86'/c'/account'` (BIP86).
fn account_path(network: &Network, account: u32) -> DerivationPath {
    [86, network.coin_type(), account]
        .map(hardened)
        .as_slice()
        .into()
}

pub(super) fn hardened(index: u32) -> ChildNumber {
    ChildNumber::Hardened { index }
}

pub(super) fn derive(secp: &Secp256k1<All>, master: &Xpriv, path: &DerivationPath) -> Xpriv {
    master
        .derive_priv(secp, path)
        .expect("a path without a key is as improbable as finding a key by chance")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABANDON: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    fn descriptors(network: &Network) -> Descriptors {
        Descriptors::of(&Keys::restore(ABANDON, None).unwrap(), network)
    }

    #[test]
    fn plain_coins_are_where_bip86_puts_them() {
        // The account key is the test vector of BIP86.
        let expected = "tr([73c5da0a/86'/0'/0']xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49yfdDEHGCtMMj92pReUsQ/0/*)#rg247h69";
        assert_eq!(descriptors(&Network::Bitcoin).plain, expected);
    }

    #[test]
    fn sealed_coins_have_an_account_of_their_own() {
        let found = descriptors(&Network::Bitcoin);
        assert!(
            found.sealed.starts_with("tr([73c5da0a/86'/0'/1']xpub"),
            "{}",
            found.sealed
        );
        assert_eq!(found.fingerprint.to_string(), "73c5da0a");
    }

    #[test]
    fn test_networks_share_descriptors_of_their_own() {
        let found = descriptors(&Network::Regtest);
        assert!(
            found.plain.starts_with("tr([73c5da0a/86'/1'/0']tpub"),
            "{}",
            found.plain
        );
        assert_eq!(found, descriptors(&Network::SIGNET));
        assert_ne!(found, descriptors(&Network::Bitcoin));
    }
}
