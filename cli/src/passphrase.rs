//! Secrets from the environment, a file or a prompt; never from an argument.

use std::path::Path;

use bulla_wallet::keys::Passphrase;

use crate::error::Error;
use crate::file;
use crate::settings::{Secret, Settings};

const REMEDY: &str = "set BULLA_PASSPHRASE, or name a file with --passphrase-file";

/// The passphrase of a wallet that exists.
///
/// # Errors
/// If the file cannot be read, or there is nobody to type it.
pub fn existing(settings: &Settings) -> Result<Passphrase, Error> {
    match given(settings)? {
        Some(passphrase) => Ok(passphrase),
        None => prompt("Passphrase: ", "the passphrase", REMEDY),
    }
}

/// The passphrase of a wallet that is being made; typed twice.
///
/// # Errors
/// If the file cannot be read, there is nobody to type it, or the two entries differ.
pub fn new(settings: &Settings) -> Result<Passphrase, Error> {
    if let Some(passphrase) = given(settings)? {
        return Ok(passphrase);
    }
    let first = prompt("New passphrase: ", "the passphrase", REMEDY)?;
    let second = prompt("The same again: ", "the passphrase", REMEDY)?;
    if first == second {
        Ok(first)
    } else {
        Err(Error::PassphrasesDiffer)
    }
}

/// Words and BIP39 passphrase, read from a file or typed.
///
/// # Errors
/// If the file cannot be read, or there is nobody to type it.
pub fn secret(
    from: Option<&Path>,
    ask: &str,
    what: &'static str,
    remedy: &'static str,
) -> Result<String, Error> {
    match from {
        Some(path) => file::read_text(path).map(|text| line(&text)),
        None => typed(ask, what, remedy),
    }
}

fn given(settings: &Settings) -> Result<Option<Passphrase>, Error> {
    let text = match &settings.passphrase {
        None => return Ok(None),
        Some(Secret::Text(text)) => text.clone(),
        Some(Secret::File(path)) => line(&file::read_text(path)?),
    };
    Ok(Some(Passphrase::new(text)))
}

/// A text without its last line feed.
fn line(text: &str) -> String {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text).to_owned()
}

fn prompt(ask: &str, what: &'static str, remedy: &'static str) -> Result<Passphrase, Error> {
    typed(ask, what, remedy).map(Passphrase::new)
}

fn typed(ask: &str, what: &'static str, remedy: &'static str) -> Result<String, Error> {
    rpassword::prompt_password(ask).map_err(|cause| Error::NoTerminal {
        what,
        cause,
        remedy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_feed_at_the_end_is_not_part_of_a_secret() {
        for (text, secret) in [
            ("a", "a"),
            ("a\n", "a"),
            ("a\r\n", "a"),
            (" a \n\n", " a \n"),
        ] {
            assert_eq!(line(text), secret);
        }
    }
}
