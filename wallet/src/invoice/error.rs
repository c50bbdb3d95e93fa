//! Why a text is no invoice, and why an invoice cannot be paid.

use bulla_core::ParseIdError;

/// Why a text is no invoice.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvoiceError {
    /// Longer than any invoice.
    #[error("the invoice has {found} bytes; expected at most {}", super::MAX_BYTES)]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// Another kind of text.
    #[error("`{found}` is not an invoice; expected `bulla:<contract>?net=…&sum=…`")]
    NotAnInvoice {
        /// The beginning of the text.
        found: String,
    },
    /// The text was changed or cut.
    #[error(
        "the checksum of the invoice is `{found}`, expected `{expected}`: it was changed or cut; ask the payee for it again"
    )]
    Checksum {
        /// The checksum in the text.
        found: String,
        /// The checksum of what stands before it.
        expected: String,
    },
    /// A key that no invoice has.
    #[error(
        "the invoice has an unknown field `{found}`; a newer version may know it, this one must not pay it"
    )]
    UnknownField {
        /// The key.
        found: String,
    },
    /// A key twice.
    #[error("the invoice has the field `{found}` twice; expected it once")]
    DoubleField {
        /// The key.
        found: String,
    },
    /// A key that must be there is not.
    #[error("the invoice has no field `{expected}`")]
    MissingField {
        /// The key.
        expected: &'static str,
    },
    /// A value that is not what its key asks for.
    #[error("the invoice's `{field}` is `{found}`; expected {expected}")]
    Value {
        /// The key.
        field: &'static str,
        /// The value.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A contract or secret seal that is none.
    #[error("the invoice's {field} cannot be read")]
    Id {
        /// The key.
        field: &'static str,
        /// Why.
        #[source]
        cause: ParseIdError,
    },
    /// A field that this kind of invoice cannot have.
    #[error("the invoice has the field `{found}`, which only an invoice to an address has")]
    Misplaced {
        /// The key.
        found: &'static str,
    },
    /// The same content, written in another way than the one form there is.
    #[error("the invoice is not written in its only form; expected `{expected}`")]
    NotCanonical {
        /// The one form.
        expected: String,
    },
}

/// Why a well-formed invoice cannot be paid here and now.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvoiceUnpayable {
    /// For another chain.
    #[error(
        "the invoice is for {found}, this wallet is on {expected}; ask the payee for another one"
    )]
    Network {
        /// Its chain.
        found: String,
        /// Ours.
        expected: String,
    },
    /// Too late.
    #[error(
        "the invoice expired at {expiry}, now it is {now} (unix seconds); ask the payee for a new one"
    )]
    Expired {
        /// When it expired.
        expiry: u64,
        /// The time now.
        now: u64,
    },
}
