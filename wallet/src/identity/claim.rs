//! Identities that a key can claim. Each has one text form, so that no two look alike.

use std::fmt;
use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use bitcoin::key::XOnlyPublicKey;

use super::ClaimError;

const NPUB: Hrp = Hrp::parse_unchecked("npub");

/// An identity outside Bulla. Nothing of it is checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Claim {
    /// Whoever controls a domain name.
    Domain(Domain),
    /// Whoever has a nostr key (NIP-19 `npub`).
    Nostr(XOnlyPublicKey),
    /// Whoever has a PGP key.
    Pgp(Fingerprint),
}

/// A domain name in its one form: labels of lower case ASCII letters, digits and hyphens, two at
/// least. No internationalised name, in letters or as `xn--`: those can look like another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Domain(String);

/// The fingerprint of a PGP key: 40 (version 4) or 64 (version 6) upper case hex digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fingerprint(String);

impl FromStr for Domain {
    type Err = ClaimError;

    fn from_str(text: &str) -> Result<Self, ClaimError> {
        let labels: Vec<_> = text.split('.').collect();
        let numeric = |label: &&str| label.bytes().all(|byte| byte.is_ascii_digit());
        let good = text.len() <= 253
            && labels.len() >= 2
            && labels.iter().all(|label| is_label(label))
            && !labels.last().is_some_and(numeric);
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(ClaimError::Domain {
                found: quoted(text),
            })
        }
    }
}

/// Hyphens in the third and fourth place are kept for encodings of other scripts (RFC 5891).
fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(plain)
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.get(2..4) != Some("--")
}

impl FromStr for Fingerprint {
    type Err = ClaimError;

    fn from_str(text: &str) -> Result<Self, ClaimError> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
        if matches!(text.len(), 40 | 64) && text.bytes().all(digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ClaimError::Pgp {
                found: quoted(text),
            })
        }
    }
}

impl Claim {
    /// A nostr key by its `npub1…`.
    ///
    /// # Errors
    /// [`ClaimError::Nostr`] if it is none, or not in its one form.
    pub fn npub(text: &str) -> Result<Self, ClaimError> {
        let key = CheckedHrpstring::new::<Bech32>(text)
            .ok()
            .and_then(|found| {
                let bytes: Vec<u8> = found.byte_iter().collect();
                XOnlyPublicKey::from_slice(&bytes).ok()
            });
        // Upper case, another prefix and padding have another text.
        let claim = key.map(Self::Nostr);
        claim
            .filter(|claim| claim.value() == text)
            .ok_or_else(|| ClaimError::Nostr {
                found: quoted(text),
            })
    }

    /// Its kind: `domain`, `nostr` or `pgp`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Domain(_) => "domain",
            Self::Nostr(_) => "nostr",
            Self::Pgp(_) => "pgp",
        }
    }

    fn value(&self) -> String {
        match self {
            Self::Domain(domain) => domain.0.clone(),
            Self::Nostr(key) => bech32::encode::<Bech32>(NPUB, &key.serialize())
                .expect("32 bytes are no more than bech32 can hold"),
            Self::Pgp(fingerprint) => fingerprint.0.clone(),
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.value())
    }
}

impl FromStr for Claim {
    type Err = ClaimError;

    fn from_str(text: &str) -> Result<Self, ClaimError> {
        match text.split_once(' ') {
            Some(("domain", value)) => value.parse().map(Self::Domain),
            Some(("nostr", value)) => Self::npub(value),
            Some(("pgp", value)) => value.parse().map(Self::Pgp),
            _ => Err(ClaimError::Kind {
                found: quoted(text),
            }),
        }
    }
}

fn quoted(text: &str) -> String {
    text.escape_debug().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of NIP-19.
    const NPUB_TEXT: &str = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6";
    const NPUB_KEY: &str = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d";

    fn is_read(text: &str) {
        let claim: Claim = text.parse().unwrap();
        assert_eq!(claim.to_string(), text);
    }

    #[test]
    fn each_kind_of_identity_has_one_text() {
        is_read("domain example.com");
        is_read("domain a-1.b2.example.co.uk");
        is_read(&format!("nostr {NPUB_TEXT}"));
        is_read("pgp 0123456789ABCDEF0123456789ABCDEF01234567");
        is_read("pgp 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF");
        let claim = Claim::npub(NPUB_TEXT).unwrap();
        assert_eq!(claim, Claim::Nostr(NPUB_KEY.parse().unwrap()));
    }

    #[test]
    fn a_domain_that_could_look_like_another_is_refused() {
        let long = format!("{}.com", "a".repeat(64));
        let longer = format!("{}com", "abcdefg.".repeat(32));
        let refused = [
            "",
            "com",
            "Example.com",
            "exаmple.com",
            "xn--exmple-4nf.com",
            "a.xn--p1ai",
            "ab--c.com",
            "-a.com",
            "a-.com",
            "a..com",
            ".com",
            "a.com.",
            "a_b.com",
            "a b.com",
            " a.com",
            "a.com/",
            "127.0.0.1",
            "a.com:80",
            "example\u{ff0e}com",
            &long,
            &longer,
        ];
        for text in refused {
            let error = text.parse::<Domain>();
            assert!(matches!(error, Err(ClaimError::Domain { .. })), "{text}");
        }
    }

    #[test]
    fn a_nostr_key_in_another_form_is_refused() {
        let refused = [
            NPUB_TEXT.to_uppercase(),
            NPUB_TEXT.replacen("npub1", "nsec1", 1),
            NPUB_KEY.to_owned(),
            format!(" {NPUB_TEXT}"),
            NPUB_TEXT.replacen("180c", "180d", 1),
        ];
        for text in refused {
            assert!(
                matches!(Claim::npub(&text), Err(ClaimError::Nostr { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn a_short_or_untidy_fingerprint_is_refused() {
        let good = "0123456789ABCDEF0123456789ABCDEF01234567";
        for text in [
            &good[..16],
            &good.to_lowercase(),
            &format!("0x{}", &good[2..]),
            &good[..32],
        ] {
            let error = text.parse::<Fingerprint>();
            assert!(matches!(error, Err(ClaimError::Pgp { .. })), "{text}");
        }
    }

    #[test]
    fn another_kind_of_identity_is_refused() {
        for text in ["twitter example", "Domain example.com", "domain", ""] {
            assert!(
                matches!(text.parse::<Claim>(), Err(ClaimError::Kind { .. })),
                "{text}"
            );
        }
        assert!("domain  example.com".parse::<Claim>().is_err());
    }
}
