//! What `-v` shows: the steps of a command on stderr. Messages name files, transactions and counts,
//! never a seal, a blinding, a key or a password.

use env_logger::{Builder, Target};
use log::LevelFilter;

/// Turns messages on: once `-v` for steps, twice for details. Other crates' messages stay off, for
/// nobody has read what they may show.
pub fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::Info,
        _ => LevelFilter::Debug,
    };
    let mut builder = Builder::new();
    builder
        .filter_level(LevelFilter::Off)
        .filter_module("bulla", level)
        .filter_module("bulla_wallet", level)
        .target(Target::Stderr);
    if builder.try_init().is_err() {
        log::debug!("messages were turned on before");
    }
}
