//! Media files of a contract: committed to by hash, content type and size, carried beside the
//! consignment, and checked before anybody looks at them.

use std::fmt;

use bitcoin::hashes::{Hash, sha256};
use bulla_core::ContractId;
use bulla_core::consignment::parts;
use bulla_core::header::Header;
use bulla_core::schema::Schema;
use bulla_core::value::Values;
use bulla_schemas::roles::global::{MEDIA, MEDIA_SIZE, MEDIA_TYPE};

use crate::assets::receive::witness_frames;
use crate::assets::rows::{self, decode};
use crate::store::{contracts, operations};
use crate::transfer::error::TransferError;
use crate::{Error, Wallet, defaults};

/// What is UTF-8 without control characters, and nothing more special.
const PLAIN: &str = "text/plain";
/// A drawing; the library that knows types by their first bytes does not know this one.
const SVG: &str = "image/svg+xml";

/// What a contract says of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Media {
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// Its content type, such as `image/png`: by its content, whatever its name says.
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
        Self::typed(bytes, content_type(bytes).ok_or(MediaError::UnknownType)?)
    }

    /// Of a file whose type is known.
    fn typed(bytes: &[u8], content_type: &str) -> Result<Self, MediaError> {
        let size = bytes.len() as u64;
        if size == 0 {
            return Err(MediaError::Empty);
        }
        if size > defaults::MEDIA_BYTES {
            return Err(MediaError::TooLarge { found: size });
        }
        Ok(Self {
            hash: sha256::Hash::hash(bytes).to_byte_array(),
            content_type: content_type.to_owned(),
            size,
        })
    }

    /// Whether a file is this one. What it says of the type is taken where the content does not say
    /// otherwise ([`may_be`]).
    fn is(&self, bytes: &[u8], found: &Self) -> bool {
        (self.hash, self.size) == (found.hash, found.size) && may_be(bytes, &self.content_type)
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

/// By the content. What is text as a whole is a document, a drawing or plain text, whatever picture
/// or sound its first letters happen to spell.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    let known = infer::get(bytes);
    let Some(text) = plain(bytes) else {
        return known.map(|known| known.mime_type());
    };
    let begin = text.trim_start();
    let drawing = begin.starts_with("<svg") || begin.starts_with("<?xml") && begin.contains("<svg");
    Some(match known {
        _ if drawing => SVG,
        Some(known) if is_wrapping(&known) => known.mime_type(),
        _ => PLAIN,
    })
}

/// UTF-8 without control characters.
fn plain(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let control = |found: char| found.is_control() && !matches!(found, '\n' | '\r' | '\t');
    (!text.contains(control)).then_some(text)
}

/// A type of which others are made: markup, archives and documents.
fn is_wrapping(known: &infer::Type) -> bool {
    use infer::MatcherType::{Archive, Doc, Text};
    matches!(known.matcher_type(), Archive | Doc | Text)
}

/// Whether content may be of a type that somebody else says. A type that is known by its first bytes
/// has to be the content's; of any other the content only says whether it is a picture, a sound, a video,
/// a font or a program, if that.
fn may_be(bytes: &[u8], declared: &str) -> bool {
    let kind = |ty: &str| ty.split('/').next().map(str::to_owned);
    match infer::get(bytes) {
        _ if declared == PLAIN => plain(bytes).is_some(),
        Some(known) if known.mime_type() == declared => true,
        _ if infer::is_mime_supported(declared) => false,
        Some(known) if !is_wrapping(&known) && plain(bytes).is_none() => {
            kind(known.mime_type()) == kind(declared)
        }
        _ => true,
    }
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

    /// The files that a consignment of this wallet shows commitments to: those of its genesis and of its
    /// transitions, so that a payee gets nothing of tokens that his history does not concern.
    ///
    /// # Errors
    /// If the bytes are no consignment.
    pub fn media_of(&self, consignment: &[u8]) -> Result<Vec<Media>, Error> {
        let header = parts(consignment)
            .next()
            .ok_or_else(|| rows::damaged("no header"))?;
        let header = decode("a header", header.and_then(Header::decode))?;
        let mut media = Media::committed(&header.schema, &header.genesis.globals);
        if MEDIA.global(&header.schema).is_some() {
            for frame in witness_frames(&header, consignment)? {
                for signed in &frame.transitions {
                    media.extend(Media::committed(&header.schema, &signed.transition.globals));
                }
            }
        }
        Ok(media)
    }

    /// Whether a file is one that a contract commits to, and is what the contract says.
    ///
    /// # Errors
    /// [`MediaError`].
    pub fn check_media(&self, contract: ContractId, bytes: &[u8]) -> Result<Media, Error> {
        let content_type = content_type(bytes).unwrap_or("of an unknown type");
        let found = Media::typed(bytes, content_type).map_err(TransferError::from)?;
        let committed = self.media(contract)?;
        let named = committed.into_iter().find(|media| media.hash == found.hash);
        match named {
            None => {
                let found = found.name();
                Err(TransferError::from(MediaError::Foreign { contract, found }).into())
            }
            Some(expected) if !expected.is(bytes, &found) => {
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
    fn a_text_is_no_picture_because_of_its_first_letters() {
        for (text, expected) in [
            ("BMW made this.", "text/plain"),
            (
                "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
                "image/svg+xml",
            ),
            ("<?xml version=\"1.0\"?>\n<svg/>", "image/svg+xml"),
            ("<?xml version=\"1.0\"?>\n<score/>", "text/xml"),
            ("%PDF-1.4 all of it ASCII", "application/pdf"),
        ] {
            let found = Media::of(text.as_bytes()).unwrap().content_type;
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_type_is_believed_where_the_content_does_not_say_otherwise() {
        const WAV: &[u8] = b"RIFF\0\0\0\0WAVEfmt ";
        const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0";
        const UNKNOWN: &[u8] = b"\x00\x01\x02";
        for (bytes, declared, expected) in [
            (PNG, "image/png", true),
            (PNG, "image/jpeg", false),
            (PNG, "text/plain", false),
            (PNG, "audio/x-own", false),
            (b"<svg/>", "image/svg+xml", true),
            (b"<?xml version=\"1.0\"?><svg/>", "image/svg+xml", true),
            (b"BMW made this.", "text/plain", true),
            (b"BM, in markdown", "text/markdown", true),
            (b"hello", "text/markdown", true),
            (b"hello", "image/png", false),
            (WAV, "audio/wav", true),
            (WAV, "video/x-own", false),
            (ZIP, "model/vnd.usdz+zip", true),
            (UNKNOWN, "model/gltf-binary", true),
            (UNKNOWN, "image/png", false),
            (UNKNOWN, "text/plain", false),
        ] as [(&[u8], &str, bool); 16]
        {
            assert_eq!(may_be(bytes, declared), expected, "{bytes:?} as {declared}");
        }
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
