//! Files: read with a bound, written whole or not at all.

use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use bulla_wallet::container::{self, Parts};
use bulla_wallet::defaults;
use tempfile::NamedTempFile;

use crate::error::Error;

/// Largest consignment that is read part by part: the local limit of the validator.
const MAX_CONSIGNMENT: u64 = 1 << 30;
/// Largest consignment that is read into memory: what a wallet takes in.
const MAX_WHOLE: u64 = defaults::CONSIGNMENT_BYTES;
/// Largest file of headers that is read: 3 million of 80 bytes, 60 years.
pub const MAX_HEADERS: u64 = 1 << 28;
/// Largest file of invoices or acknowledgements that is read: 10,000 of either take 5 MB.
const MAX_LINES: u64 = 1 << 25;
/// Largest other file that is read: passphrases, words, settings.
pub const MAX_TEXT: u64 = 1 << 16;

/// Reads a file of at most so many bytes.
///
/// # Errors
/// If it cannot be read, or is larger.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let fail = |cause| Error::file("read", path, cause);
    let file = File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > limit {
        let path = path.to_owned();
        return Err(Error::FileTooLarge { path, limit });
    }
    Ok(bytes)
}

/// Reads a consignment, compressed or not.
///
/// # Errors
/// If it cannot be read, or is larger, packed or unpacked, than 256 MiB.
pub fn read_consignment(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = read(path, MAX_WHOLE)?;
    let opened = container::open(&bytes, MAX_WHOLE);
    let opened = opened.map_err(|cause| Error::Container {
        path: path.to_owned(),
        cause,
    })?;
    Ok(opened.into_owned())
}

/// Reads a consignment part by part, compressed or not: no more than a part of it is in memory.
///
/// # Errors
/// If it cannot be read, or is larger, packed or unpacked, than the validator's limit.
pub fn read_parts<T>(
    path: &Path,
    read: impl FnOnce(&mut Parts<BufReader<File>>) -> T,
) -> Result<T, Error> {
    let fail = |cause| Error::file("read", path, cause);
    let file = File::open(path).map_err(fail)?;
    if file.metadata().map_err(fail)?.len() > MAX_CONSIGNMENT {
        let (path, limit) = (path.to_owned(), MAX_CONSIGNMENT);
        return Err(Error::FileTooLarge { path, limit });
    }
    let container = |cause| Error::Container {
        path: path.to_owned(),
        cause,
    };
    let mut parts = Parts::open(BufReader::new(file), MAX_CONSIGNMENT).map_err(container)?;
    let value = read(&mut parts);
    parts.finish().map_err(container)?;
    Ok(value)
}

/// Reads a file with a line for each payee of a batch.
///
/// # Errors
/// If it cannot be read, is larger than 32 MiB, or is not UTF-8.
pub fn read_lines(path: &Path) -> Result<String, Error> {
    text(path, MAX_LINES)
}

/// Reads a small file of text.
///
/// # Errors
/// If it cannot be read, is larger than 64 KiB, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Error> {
    text(path, MAX_TEXT)
}

fn text(path: &Path, limit: u64) -> Result<String, Error> {
    String::from_utf8(read(path, limit)?).map_err(|_| Error::FileNotText {
        path: path.to_owned(),
    })
}

/// Writes a consignment, in a container or as it is; as [`write`] does.
///
/// # Errors
/// If memory is short, or the folder cannot be made or written to.
pub fn write_consignment(path: &Path, bytes: &[u8], compress: bool) -> Result<(), Error> {
    if !compress {
        return write(path, bytes);
    }
    let packed = container::pack(bytes).map_err(|cause| Error::file("write", path, cause))?;
    write(path, &packed)
}

/// Writes a file so that at every moment there is the old one or the whole new one, also after a
/// power failure: a temporary file in the same folder, synced, renamed, the folder synced.
///
/// # Errors
/// If the folder cannot be made or written to.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let fail = |cause| Error::file("write", path, cause);
    let folder = folder(path);
    fs::create_dir_all(&folder).map_err(fail)?;
    let mut temporary = NamedTempFile::new_in(&folder).map_err(fail)?;
    temporary.write_all(bytes).map_err(fail)?;
    temporary.as_file().sync_all().map_err(fail)?;
    temporary.persist(path).map_err(|error| fail(error.error))?;
    File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(fail)
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_into_a_new_folder_and_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/file");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path, 3).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_beyond_the_limit_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        write(&path, b"four").unwrap();
        let error = read(&path, 3).unwrap_err();
        assert!(
            matches!(error, Error::FileTooLarge { limit: 3, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_that_names_it() {
        let error = read(Path::new("no/such/file"), 3).unwrap_err();
        assert_eq!(error.to_string(), "cannot read no/such/file");
    }
}
