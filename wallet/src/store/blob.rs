//! Values that stand as bytes in a column.

use bdk_wallet::rusqlite::types::{
    FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef,
};
use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize, serialize};
use bitcoin::hashes::Hash;
use bitcoin::key::XOnlyPublicKey;
use bitcoin::taproot::TapNodeHash;
use bitcoin::{Amount, BlockHash, OutPoint, ScriptBuf, Transaction, Txid};
use bulla_core::commit::Commitment;
use bulla_core::{ContractId, OperationId, SchemaId, SecretSeal};

/// A value with a form in bytes; decoding refuses what encoding does not give.
pub trait Bytes: Sized {
    /// The bytes.
    fn to_bytes(&self) -> Vec<u8>;
    /// The value, if the bytes are one.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// A column that holds a [`Bytes`] value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Blob<T>(pub T);

impl<T: Bytes> ToSql for Blob<&T> {
    fn to_sql(&self) -> bdk_wallet::rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_bytes().into())
    }
}

impl<T: Bytes> FromSql for Blob<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        T::from_bytes(bytes)
            .map(Self)
            .ok_or(FromSqlError::InvalidType)
    }
}

/// The column of an optional value.
pub(super) fn optional<T: Bytes>(value: Option<&T>) -> Option<Blob<&T>> {
    value.map(Blob)
}

/// The value of an optional column.
pub(super) fn unwrap<T>(value: Option<Blob<T>>) -> Option<T> {
    value.map(|Blob(value)| value)
}

/// Big-endian, so that the order of bytes is the order of numbers.
impl Bytes for u64 {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl Bytes for Amount {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_sat().to_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        u64::from_bytes(bytes).map(Self::from_sat)
    }
}

impl<const N: usize> Bytes for [u8; N] {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok()
    }
}

impl Bytes for Txid {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_byte_array().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

impl Bytes for BlockHash {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_byte_array().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl Bytes for $name {
            fn to_bytes(&self) -> Vec<u8> {
                self.as_bytes().to_vec()
            }

            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_bytes)
            }
        }
    )*};
}

ids! { ContractId OperationId SchemaId SecretSeal }

impl Bytes for Commitment {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_byte_array().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_byte_array)
    }
}

impl Bytes for TapNodeHash {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_byte_array().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

impl Bytes for XOnlyPublicKey {
    fn to_bytes(&self) -> Vec<u8> {
        self.serialize().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

impl Bytes for OutPoint {
    fn to_bytes(&self) -> Vec<u8> {
        serialize(self)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        deserialize(bytes).ok()
    }
}

impl Bytes for Transaction {
    fn to_bytes(&self) -> Vec<u8> {
        serialize(self)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        deserialize(bytes).ok()
    }
}

impl Bytes for Header {
    fn to_bytes(&self) -> Vec<u8> {
        serialize(self)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        deserialize(bytes).ok()
    }
}

impl Bytes for ScriptBuf {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self::from(bytes.to_vec()))
    }
}
