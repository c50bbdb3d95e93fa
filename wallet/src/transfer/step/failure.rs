//! Why a transfer failed, as it is stored and shown.

use std::fmt;
use std::str::FromStr;

use bitcoin::Txid;
use bitcoin::hex::FromHex;

use crate::invoice::InvoiceId;

/// Why a transfer failed.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Failure {
    /// Its owner gave it up before it was broadcast.
    Cancelled,
    /// An invoice expired before it was broadcast, or before anything came.
    Expired,
    /// A payee refused the consignment before it was broadcast.
    Refused {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// A transaction that spends the same coin is mined, with depth.
    Conflicted {
        /// That transaction, if it is known.
        by: Option<Txid>,
    },
    /// It was paid to a coin of the owner's that was spent already, without an operation that moves it.
    Lost,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("cancelled"),
            Self::Expired => f.write_str("expired"),
            Self::Refused { invoice } => write!(f, "refused:{invoice}"),
            Self::Conflicted { by: None } => f.write_str("conflicted"),
            Self::Conflicted { by: Some(txid) } => write!(f, "conflicted:{txid}"),
            Self::Lost => f.write_str("lost"),
        }
    }
}

/// A text that is no reason.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{found}` is no reason of a failed transfer; expected cancelled, expired, lost, refused:… or conflicted:…"
)]
pub struct ParseFailureError {
    /// The text.
    pub found: String,
}

impl FromStr for Failure {
    type Err = ParseFailureError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseFailureError {
            found: text.to_owned(),
        };
        let (name, rest) = text
            .split_once(':')
            .map_or((text, None), |(n, r)| (n, Some(r)));
        match (name, rest) {
            ("cancelled", None) => Ok(Self::Cancelled),
            ("expired", None) => Ok(Self::Expired),
            ("lost", None) => Ok(Self::Lost),
            ("conflicted", None) => Ok(Self::Conflicted { by: None }),
            ("conflicted", Some(txid)) => txid
                .parse()
                .map(|txid| Self::Conflicted { by: Some(txid) })
                .map_err(|_| error()),
            ("refused", Some(id)) => <[u8; 32]>::from_hex(id)
                .map(|id| Self::Refused {
                    invoice: InvoiceId::from_bytes(id),
                })
                .map_err(|_| error()),
            _ => Err(error()),
        }
    }
}
