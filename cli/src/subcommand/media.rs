//! `media`: what a contract publishes for people, and about which of its tokens: terms, files, attributes,
//! engravings.

use std::path::PathBuf;

use bulla_core::{ContractId, OperationId};
use bulla_wallet::defaults;
use bulla_wallet::published::Published;
use clap::Args;
use serde::Serialize;

use super::Result;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::fields;
use crate::{claim, file, media};

/// Arguments of `media`.
#[derive(Args, Debug)]
pub struct Media {
    /// The contract
    contract: ContractId,
    /// A file that came apart: it is checked, and kept; may be given more than once
    #[arg(long, value_name = "FILE")]
    add: Vec<PathBuf>,
}

/// What `media` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer.
    pub ticker: String,
    /// Details, a claim of the issuer.
    pub details: Option<String>,
    /// Terms, a claim of the issuer.
    pub terms: Option<String>,
    /// The files.
    pub media: Vec<File>,
    /// Attributes, claims of the issuer.
    pub attributes: Vec<Text>,
    /// What owners had to say.
    pub engravings: Vec<Text>,
}

/// Where something was published.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Place {
    /// The tokens that it is about; none: the contract as a whole.
    pub tokens: Vec<u32>,
    /// The operation; of a genesis its id is the contract's.
    pub operation: OperationId,
    /// Whether every witness of its history is deep enough.
    pub settled: bool,
}

/// A file that a contract commits to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct File {
    /// SHA-256, hex.
    pub hash: String,
    /// Content type, as the contract says.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// Where it is kept; none: it did not come yet.
    pub file: Option<PathBuf>,
    /// Where it was committed to.
    #[serde(flatten)]
    pub place: Place,
}

/// A text that an operation publishes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it was published.
    #[serde(flatten)]
    pub place: Place,
}

impl Media {
    /// Runs the command.
    ///
    /// # Errors
    /// If the contract is not known, the source does not answer, or a file is not one that it commits to.
    pub fn run(self, settings: &Settings) -> Result<Output> {
        let session = Session::synced(settings)?;
        for path in &self.add {
            let bytes = file::read(path, defaults::MEDIA_BYTES)?;
            media::keep(&session, self.contract, &bytes)?;
        }
        let asset = session.wallet.asset(self.contract)?;
        let mut output = Output {
            contract: asset.contract,
            ticker: asset.ticker,
            details: asset.details,
            terms: asset.terms,
            media: Vec::new(),
            attributes: Vec::new(),
            engravings: Vec::new(),
        };
        for published in session.wallet.published(self.contract)? {
            output.add(&session, published);
        }
        Ok(output)
    }
}

impl Output {
    fn add(&mut self, session: &Session<'_>, published: Published) {
        let place = Place {
            tokens: published.tokens,
            operation: published.operation,
            settled: published.settled,
        };
        self.media.extend(published.media.into_iter().map(|media| {
            let path = media::kept(session, &media);
            File {
                hash: media.name(),
                content_type: media.content_type,
                size: media.size,
                file: path.exists().then_some(path),
                place: place.clone(),
            }
        }));
        let text = |text| Text {
            text,
            place: place.clone(),
        };
        self.attributes
            .extend(published.attributes.into_iter().map(text));
        self.engravings
            .extend(published.engravings.into_iter().map(text));
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let mut rows = vec![
            ("contract", self.contract.to_string()),
            ("ticker", self.ticker.clone()),
        ];
        let texts = [("details", &self.details), ("terms", &self.terms)];
        for (name, text) in texts {
            rows.extend(text.iter().map(|text| (name, claim::shown(text))));
        }
        rows.extend(self.media.iter().map(|media| ("file", media.line())));
        let texts = |name, texts: &[Text]| {
            let lines = texts.iter().map(move |text| (name, text.line()));
            lines.collect::<Vec<_>>()
        };
        rows.extend(texts("attribute", &self.attributes));
        rows.extend(texts("engraving", &self.engravings));
        fields(rows)
    }
}

impl File {
    fn line(&self) -> String {
        let file = self.file.as_ref().map(|path| path.display().to_string());
        let file = file.unwrap_or_else(|| "not here".to_owned());
        let (ty, size) = (claim::shown(&self.content_type), self.size);
        format!(
            "{}: {} {ty}, {size} bytes, {file}",
            self.place.about(),
            self.hash
        )
    }
}

impl Text {
    fn line(&self) -> String {
        format!("{}: {}", self.place.about(), claim::shown(&self.text))
    }
}

impl Place {
    /// Which tokens, and whether that is certain.
    fn about(&self) -> String {
        let about = match self.tokens.as_slice() {
            [] => "the contract".to_owned(),
            [token] => format!("token {token}"),
            tokens => format!("tokens {}", ranges(tokens)),
        };
        if self.settled {
            about
        } else {
            about + " (not settled)"
        }
    }
}

/// Ascending numbers, those in a row as `1-3`.
fn ranges(numbers: &[u32]) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match parts.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => parts.push((*number, *number)),
        }
    }
    let parts = parts.iter().map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_drawn_together() {
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1-3, 5, 7-8");
        assert_eq!(ranges(&[4]), "4");
        assert_eq!(ranges(&[u32::MAX]), u32::MAX.to_string());
    }
}
