//! `demo`: two wallets on the sandbox, step by step, as a newcomer would want to see it.

mod actor;
mod forge;
mod story;
mod telling;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::Result;
use super::balance;
use crate::error::Error;
use crate::output::Human;

/// Folder of the demo, below the one the program runs in.
const FOLDER: &str = "bulla-demo";

/// Folder of the consignments, below that of the demo.
const FILES: &str = "consignments";
/// File of the forged consignment.
const FORGED: &str = "forged.bulla";

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// New folder for the two wallets and their chain [default: bulla-demo, or the next free name]
    folder: Option<PathBuf>,
}

/// What `demo` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The folder that is left behind.
    pub folder: PathBuf,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// What Alice holds in the end.
    pub alice: balance::Output,
    /// What Bob holds in the end.
    pub bob: balance::Output,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// What is done.
    pub title: String,
    /// What came of it.
    pub lines: Vec<String>,
}

impl Demo {
    /// Runs the command.
    ///
    /// # Errors
    /// If the folder is not new, or anything happens otherwise than it should.
    pub fn run(self) -> Result<Output> {
        story::tell(&folder(self.folder)?)
    }
}

/// The folder asked for, which must be new, or the first free name.
fn folder(asked: Option<PathBuf>) -> Result<PathBuf> {
    match asked {
        Some(path) if path.exists() => Err(Error::FolderExists { path }),
        Some(path) => Ok(path),
        None => {
            let names =
                std::iter::once(FOLDER.to_owned()).chain((2u32..).map(|n| format!("{FOLDER}-{n}")));
            let mut free = names.map(PathBuf::from).filter(|path| !path.exists());
            Ok(free.next().unwrap_or_else(|| Path::new(FOLDER).to_owned()))
        }
    }
}

impl Human for Output {
    fn human(&self) -> String {
        let mut lines = Vec::new();
        for (number, step) in (1..).zip(&self.steps) {
            lines.push(format!("{number}. {}", step.title));
            lines.extend(step.lines.iter().map(|line| format!("   {line}")));
            lines.push(String::new());
        }
        let folder = self.folder.display();
        lines.push(format!(
            "Wallets, chain and files are in {folder}. Go on with them:"
        ));
        lines.push(String::new());
        lines.push(format!("   bulla --data-dir {folder}/alice balance"));
        lines.push(format!("   bulla --data-dir {folder}/bob transfers"));
        lines.push(format!(
            "   bulla --data-dir {folder}/bob validate {folder}/{FILES}/{FORGED}"
        ));
        lines.push(format!("   bulla --data-dir {folder}/bob sandbox mine"));
        lines.join("\n")
    }
}
