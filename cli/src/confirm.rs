//! What the owner has to type before something that cannot be taken back.

use std::io::{self, BufRead, IsTerminal};

use crate::error::Error;
use crate::output::line;
use crate::spend::Loss;
use crate::unbacked;

/// What has to be typed before allocations are left behind.
const LOSE: &str = "lose";

/// Says what it is about, and reads a word.
///
/// # Errors
/// If another word is typed, or none.
pub fn typed(
    warning: &str,
    expected: &'static str,
    remedy: &'static str,
    input: &mut impl BufRead,
) -> Result<(), Error> {
    line(
        &mut io::stderr(),
        &format!("{warning}\nType `{expected}` to go on:"),
    );
    let mut found = String::new();
    let read = input.read_line(&mut found);
    read.map_err(|cause| Error::NoTerminal {
        what: "a confirmation",
        cause,
        remedy,
    })?;
    check(found.trim(), expected, remedy)
}

/// Asks whether what would be left behind may be lost. Without a terminal nobody is there to answer.
///
/// # Errors
/// If it may not.
pub fn losses(abandoned: &[Loss]) -> Result<(), Error> {
    let remedy = "look at it with --dry-run, then say --yes";
    if !io::stdin().is_terminal() {
        return check("", LOSE, remedy);
    }
    let lost = abandoned.iter().map(|lost| format!("\n  {}", lost.what()));
    let warning = format!("This is lost for ever:{}", lost.collect::<String>());
    let warning = unbacked::below(warning, abandoned.iter().map(Loss::unbacked));
    typed(&warning, LOSE, remedy, &mut io::stdin().lock())
}

fn check(found: &str, expected: &'static str, remedy: &'static str) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::NotConfirmed {
        found: found.to_owned(),
        expected,
        remedy,
    })
}
