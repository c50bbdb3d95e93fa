//! `conformance`: runs a suite of consignments and compares what the validator says of each.

mod known;
mod manifest;

use std::path::{Path, PathBuf};

use bulla_core::headers::{HeaderChain, Proven};
use bulla_core::validator::{Consignment, Consistent, validate};
use clap::Args;
use serde::Serialize;

pub use self::manifest::{BrokenHeader, Found, Terminal};
use self::manifest::{Case, Headers, Manifest};
use super::Result;
use crate::error::Error;
use crate::exit::Exit;
use crate::file;
use crate::output::Human;
use crate::table::table;

/// Largest manifest, in bytes.
const MAX_MANIFEST: u64 = 1 << 26;

/// Largest file of headers, in bytes.
const MAX_HEADERS: u64 = 1 << 24;

/// Arguments of `conformance`.
#[derive(Args, Debug)]
pub struct Conformance {
    /// The folder with `manifest.json` and the cases
    folder: PathBuf,
}

/// What `conformance` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// Cases that gave what the manifest expects.
    pub agree: usize,
    /// The other cases, by name.
    pub differ: Vec<Difference>,
}

/// A case that did not give what the manifest expects.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// What the manifest expects.
    pub expected: Found,
    /// What the validator says.
    pub found: Found,
}

impl Conformance {
    /// Runs the command.
    ///
    /// # Errors
    /// If the manifest or a case cannot be read. A case that differs is not an error but the answer.
    pub fn run(self) -> Result<Output> {
        let path = self.folder.join("manifest.json");
        let bytes = file::read(&path, MAX_MANIFEST)?;
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|cause| Error::Manifest {
                path,
                cause: Box::new(cause),
            })?;
        let mut output = Output {
            agree: 0,
            differ: Vec::new(),
        };
        for (name, case) in manifest.cases {
            let found = found(&self.folder, &case)?;
            if found == case.expected {
                output.agree += 1;
            } else {
                let expected = case.expected;
                output.differ.push(Difference {
                    name,
                    expected,
                    found,
                });
            }
        }
        Ok(output)
    }
}

fn found(folder: &Path, case: &Case) -> Result<Found> {
    let bytes = file::read_consignment(&folder.join(&case.file))?;
    let consistent = match validate(&bytes, &case.rules()) {
        Ok(consistent) => consistent,
        Err(failure) => return Ok(Found::failed(&failure)),
    };
    let found = Found::content(consistent.get());
    if let Some(headers) = &case.headers {
        return by_headers(folder, headers, consistent, found);
    }
    Ok(match &case.chain {
        Some(chain) => found.settled(&consistent.settle(chain, chain.min_depth)),
        None => found,
    })
}

fn by_headers(
    folder: &Path,
    headers: &Headers,
    consistent: Consistent<Consignment>,
    found: Found,
) -> Result<Found> {
    let file = file::read(&folder.join(&headers.file), MAX_HEADERS)?;
    let chain = match HeaderChain::decode(headers.params(), &file, headers.now) {
        Ok(chain) => chain,
        Err(refused) => return Ok(found.refused(&refused)),
    };
    let proofs = consistent.get().proofs.clone();
    let settlement = consistent.settle(&Proven::new(&chain, &proofs), headers.min_depth);
    Ok(found.settled(&settlement))
}

impl Human for Output {
    fn human(&self) -> String {
        let total = self.agree + self.differ.len();
        let summary = format!("{} of {total} cases agree", self.agree);
        if self.differ.is_empty() {
            return summary;
        }
        let rows = self.differ.iter().map(|case| {
            let (expected, found) = (case.expected.text(), case.found.text());
            [case.name.clone(), expected, found]
        });
        format!(
            "{}\n\n{summary}",
            table(&["case", "expected", "found"], rows)
        )
    }

    fn exit(&self) -> Exit {
        if self.differ.is_empty() {
            Exit::Success
        } else {
            Exit::Failure
        }
    }
}
