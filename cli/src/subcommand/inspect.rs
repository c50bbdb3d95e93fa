//! `inspect`: shows what is in a consignment as data, without a verdict.

mod show;
mod text;

use std::path::PathBuf;

use bulla_core::DecodeError;
use bulla_core::consignment::{Explicit, parts};
use bulla_core::header::Header;
use bulla_wallet::transfer::envelope::Envelope;
use clap::Args;

pub use self::show::{
    FrameOutput, HeaderOutput, LeafOutput, NamedValue, Output, OutputsOutput, TransitionOutput,
};
pub(super) use self::show::{globals, metadata};
use super::Result;
use crate::error::Error;
use crate::file;

/// Arguments of `inspect`.
#[derive(Args, Debug)]
pub struct Inspect {
    /// The consignment, or a PSBT that carries a request for signatures
    file: PathBuf,
}

impl Inspect {
    /// Runs the command.
    ///
    /// # Errors
    /// If the file cannot be read or decoded. Nothing else is checked.
    pub fn run(self) -> Result<Output> {
        let bytes = file::read_consignment(&self.file)?;
        let envelope = Envelope::read(&bytes).map_err(bulla_wallet::Error::from)?;
        read(envelope.as_ref().map_or(&bytes, Envelope::request)).map_err(|cause| {
            Error::NotAConsignment {
                path: self.file,
                cause,
            }
        })
    }
}

fn read(bytes: &[u8]) -> std::result::Result<Output, DecodeError> {
    let mut parts = parts(bytes);
    let header = Header::decode(parts.next().unwrap_or(Ok(&[]))?)?;
    let mut explicit = Explicit::new(&header);
    let frames = parts
        .map(|part| Ok(FrameOutput::of(&explicit.frame(part?)?, &header)))
        .collect::<std::result::Result<_, DecodeError>>()?;
    Ok(Output {
        bytes: bytes.len(),
        header: HeaderOutput::of(&header),
        frames,
    })
}
