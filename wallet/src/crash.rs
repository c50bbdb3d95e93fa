//! Points at which a test kills the process, to prove that nothing is lost there.
//!
//! Without the feature `crash-points` a point is nothing. With it, the process kills itself as
//! `kill -9` would when the environment variable [`VARIABLE`] names the point. [`POINTS`] lists all
//! of them, so that a test can demand that each is reached.

/// The environment variable that names the point at which to die.
pub const VARIABLE: &str = "BULLA_CRASH_AT";

/// Every crash point, in no order.
pub const POINTS: &[&str] = &[
    "create-before-commit",
    "create-after-commit",
    "headers-before-commit",
    "headers-after-commit",
    "sync-before-commit",
    "sync-after-commit",
    "prepare-before-commit",
    "prepare-after-commit",
    "finish-before-commit",
    "finish-after-commit",
    "deliver-before-file",
    "deliver-after-file",
    "deliver-before-commit",
    "deliver-after-commit",
    "acknowledged-before-commit",
    "acknowledged-after-commit",
    "broadcast-before-send",
    "broadcast-after-send",
    "broadcast-before-commit",
    "broadcast-after-commit",
    "accept-before-commit",
    "accept-after-commit",
    "acknowledge-before-file",
    "acknowledge-after-file",
];

/// Dies here if a test asked for it.
#[macro_export]
macro_rules! crash_point {
    ($name:expr) => {
        $crate::crash::reached($name)
    };
}

/// Kills the process if [`VARIABLE`] names this point.
///
/// # Panics
/// If the point is not in [`POINTS`].
#[cfg(feature = "crash-points")]
pub fn reached(name: &str) {
    assert!(POINTS.contains(&name), "crash point `{name}` is not listed");
    if std::env::var_os(VARIABLE).is_some_and(|at| at == *name) {
        kill();
    }
}

/// Nothing, without the feature `crash-points`.
#[cfg(not(feature = "crash-points"))]
pub const fn reached(_name: &str) {}

/// The point right before the commit of a command, `<command>-before-commit`, if it is listed.
#[cfg(feature = "crash-points")]
pub(crate) fn before_commit(command: &str) {
    reached_if_listed(&format!("{command}-before-commit"));
}

/// The point right after the commit of a command, `<command>-after-commit`, if it is listed.
#[cfg(feature = "crash-points")]
pub(crate) fn after_commit(command: &str) {
    reached_if_listed(&format!("{command}-after-commit"));
}

/// Nothing, without the feature `crash-points`.
#[cfg(not(feature = "crash-points"))]
pub(crate) const fn before_commit(_command: &str) {}

/// Nothing, without the feature `crash-points`.
#[cfg(not(feature = "crash-points"))]
pub(crate) const fn after_commit(_command: &str) {}

#[cfg(feature = "crash-points")]
fn reached_if_listed(name: &str) {
    if POINTS.contains(&name) {
        reached(name);
    }
}

/// `kill -9` of this process: nothing is flushed, no destructor runs.
#[cfg(feature = "crash-points")]
fn kill() -> ! {
    let pid = std::process::id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-9", &pid])
        .status();
    // The signal has come before this line; without a `kill` program the test must not go on.
    panic!("kill -9 {pid} did not end the process: {sent:?}");
}
