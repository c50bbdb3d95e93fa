//! Media files of a contract: committed to by hash, content type and size, carried beside the
//! consignment, and checked before anybody looks at them.

use std::fmt;

use bitcoin::hashes::{Hash, sha256};
use bulla_core::ContractId;
use bulla_core::header::Header;
use bulla_core::schema::Schema;
use bulla_core::value::Values;
use bulla_schemas::roles::global::{MEDIA, MEDIA_SIZE, MEDIA_TYPE};

use crate::assets::rows::{self, decode};
use crate::store::{contracts, operations};
use crate::transfer::error::TransferError;
use crate::{Error, Wallet, defaults};

/// What a contract says of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Media {
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// Its content type, such as `image/png`: by its first bytes, whatever its name says.
    pub content_type: String,
    /// Its bytes.
    pub size: u64,
}

/// Why a file is not what a contract says, or no media file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MediaError {
    /// Nothing in it.
    #[error("the media file is empty")]
    Empty,
    /// Too large to be carried.
    #[error("a media file of {found} bytes; expected at most {max}", max = defaults::MEDIA_BYTES)]
    TooLarge {
        /// Its bytes.
        found: u64,
    },
    /// Bytes of no known kind.
    #[error(
        "the first bytes of the media file are of no known type; expected a picture, sound, video, document or plain text"
    )]
    UnknownType,
    /// A file that the contract does not commit to.
    #[error("contract {contract} does not commit to a file with SHA-256 {found}")]
    Foreign {
        /// The contract.
        contract: ContractId,
        /// Hash of the file.
        found: String,
    },
    /// The hash is right, but not what the contract says besides.
    #[error("the contract says {expected}; the file is {found}")]
    Differs {
        /// What the file is.
        found: Box<Media>,
        /// What the contract says.
        expected: Box<Media>,
    },
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.content_type, self.size)
    }
}

impl Media {
    /// Of a file.
    ///
    /// # Errors
    /// If it is empty, larger than [`defaults::MEDIA_BYTES`], or of no known type.
    pub fn of(bytes: &[u8]) -> Result<Self, MediaError> {
        let size = bytes.len() as u64;
        if size == 0 {
            return Err(MediaError::Empty);
        }
        if size > defaults::MEDIA_BYTES {
            return Err(MediaError::TooLarge { found: size });
        }
        Ok(Self {
            hash: sha256::Hash::hash(bytes).to_byte_array(),
            content_type: content_type(bytes)
                .ok_or(MediaError::UnknownType)?
                .to_owned(),
            size,
        })
    }

    /// The hash in hex, which is the name of the file.
    pub fn name(&self) -> String {
        sha256::Hash::from_byte_array(self.hash).to_string()
    }

    /// The globals that commit to it, by their conventional names.
    pub fn globals(&self) -> [(String, Vec<u8>); 3] {
        let name = |name: &str| name.to_owned();
        [
            (name(MEDIA.name), self.hash.to_vec()),
            (name(MEDIA_TYPE.name), self.content_type.as_bytes().to_vec()),
            (name(MEDIA_SIZE.name), self.size.to_le_bytes().to_vec()),
        ]
    }

    /// The files that an operation commits to: entry i of the three globals is about one file.
    pub fn committed(schema: &Schema, globals: &Values) -> Vec<Self> {
        let values = |number: Option<u16>| number.into_iter().flat_map(|n| globals.of(n));
        let hashes = values(MEDIA.global(schema));
        let types = values(MEDIA_TYPE.global(schema));
        let sizes = values(MEDIA_SIZE.global(schema));
        let entries = hashes.zip(types).zip(sizes);
        let entry = |((hash, ty), size): ((&[u8], &[u8]), &[u8])| {
            Some(Self {
                hash: hash.try_into().ok()?,
                content_type: std::str::from_utf8(ty).ok()?.to_owned(),
                size: u64::from_le_bytes(size.try_into().ok()?),
            })
        };
        entries.filter_map(entry).collect()
    }
}

/// By the first bytes; text is what is UTF-8 without control characters.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    if let Some(found) = infer::get(bytes) {
        return Some(found.mime_type());
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = text
        .chars()
        .all(|found| !found.is_control() || matches!(found, '\n' | '\r' | '\t'));
    plain.then_some("text/plain")
}

impl Wallet {
    /// The files that a contract commits to, in its genesis and in the operations that are known.
    ///
    /// # Errors
    /// [`TransferError::UnknownContract`].
    pub fn media(&self, contract: ContractId) -> Result<Vec<Media>, Error> {
        let row = contracts::get(&self.db, &contract)?;
        let row = row.ok_or(TransferError::UnknownContract { contract })?;
        let header = decode("a contract", Header::decode(&row.header))?;
        let mut media = Media::committed(&header.schema, &header.genesis.globals);
        if MEDIA.global(&header.schema).is_some() {
            for row in operations::of_contract(&self.db, &contract)? {
                let transition = rows::transition(&row.transition)?;
                media.extend(Media::committed(&header.schema, &transition.globals));
            }
        }
        Ok(media)
    }

    /// Whether a file is one that a contract commits to, and is what the contract says.
    ///
    /// # Errors
    /// [`MediaError`].
    pub fn check_media(&self, contract: ContractId, bytes: &[u8]) -> Result<Media, Error> {
        let found = Media::of(bytes).map_err(TransferError::from)?;
        let committed = self.media(contract)?;
        let named = committed.into_iter().find(|media| media.hash == found.hash);
        match named {
            None => {
                let found = found.name();
                Err(TransferError::from(MediaError::Foreign { contract, found }).into())
            }
            Some(expected) if expected != found => {
                let (found, expected) = (Box::new(found), Box::new(expected));
                Err(TransferError::from(MediaError::Differs { found, expected }).into())
            }
            Some(media) => Ok(media),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn the_type_is_that_of_the_content() {
        assert_eq!(Media::of(PNG).unwrap().content_type, "image/png");
        assert_eq!(
            Media::of("Grüße\n".as_bytes()).unwrap().content_type,
            "text/plain"
        );
        assert_eq!(Media::of(b"\x00\x01\x02"), Err(MediaError::UnknownType));
        assert_eq!(Media::of(b""), Err(MediaError::Empty));
    }

    #[test]
    fn a_file_beyond_the_limit_is_refused() {
        let bytes = vec![b'a'; usize::try_from(defaults::MEDIA_BYTES).unwrap() + 1];
        let found = bytes.len() as u64;
        assert_eq!(Media::of(&bytes), Err(MediaError::TooLarge { found }));
    }

    #[test]
    fn what_is_committed_reads_back() {
        let media = Media::of(PNG).unwrap();
        let schema = bulla_schemas::collectible();
        let globals = media
            .globals()
            .map(|(name, bytes)| (schema.global_number(&name).unwrap(), bytes));
        let globals = Values::new(globals).unwrap();
        assert_eq!(Media::committed(&schema, &globals), [media]);
    }
}
