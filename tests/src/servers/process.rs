//! A server process that never outlives the test that started it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, iter};

use tempfile::TempDir;

/// Reads its standard input, which the test process holds open. When that closes without a word (the test process was
/// killed), kills the server and removes its folder.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
read -r _ && exit
kill -9 "$1"
rm -rf "$2" || { sleep 1; rm -rf "$2"; }
"#;

/// How long a server may take to become ready, or to follow the chain, before the test gives up.
const PATIENCE: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(25);

/// A running server, its temporary folder and the watchdog that ends it should the test process be killed.
pub(super) struct Process {
    name: &'static str,
    server: Child,
    watchdog: Child,
    folder: TempDir,
}

impl Process {
    /// Starts `program` in `folder` with its output in a file there.
    pub(super) fn spawn(
        name: &'static str,
        program: &Path,
        args: &[String],
        folder: TempDir,
    ) -> Self {
        let output = File::create(output_path(&folder)).expect("the temporary folder is writable");
        let errors = output.try_clone().expect("an open file can be cloned");
        let server = Command::new(program)
            .args(args)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{name} at {} does not start: {error}", program.display())
            });
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog", &server.id().to_string()])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        Self {
            name,
            server,
            watchdog,
            folder,
        }
    }

    /// The temporary folder of the server.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the server has printed so far.
    pub(super) fn output(&self) -> String {
        fs::read(output_path(&self.folder)).map_or_else(
            |_| String::new(),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    /// Calls `attempt` until it gives a value. An error says how the server ended or that it never did what
    /// `awaited` names, with the last lines it printed.
    pub(super) fn wait_for<T>(
        &mut self,
        awaited: &str,
        mut attempt: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(value) = attempt(self) {
                return Ok(value);
            }
            if let Ok(Some(status)) = self.server.try_wait() {
                return Err(self.report(&format!("ended with {status} before {awaited}")));
            }
            sleep(PAUSE);
        }
        Err(self.report(&format!(
            "did not come to {awaited} in {} s",
            PATIENCE.as_secs()
        )))
    }

    fn report(&self, what: &str) -> String {
        let output = self.output();
        let lines: Vec<&str> = output.lines().collect();
        let last = lines
            .get(lines.len().saturating_sub(20)..)
            .unwrap_or_default();
        let name = self.name;
        iter::once(format!("{name} {what}; its last output:").as_str())
            .chain(last.iter().copied())
            .collect::<Vec<_>>()
            .join("\n  ")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Each of these fails only when the process in question has ended, which is what is asked for.
        let _ = self.server.kill();
        let _ = self.server.wait();
        if let Some(mut stdin) = self.watchdog.stdin.take() {
            let _ = stdin.write_all(b"stopped\n");
        }
        let _ = self.watchdog.wait();
    }
}

fn output_path(folder: &TempDir) -> PathBuf {
    folder.path().join("output.log")
}

/// The program that the environment variable names.
///
/// # Panics
/// When it is not set, saying how to get the server.
pub(super) fn program(variable: &str, build_script: &str) -> PathBuf {
    env::var_os(variable).map_or_else(
        || {
            panic!(
                "{variable} is not set, and this test needs the server it names: run tests/run.sh, which builds and \
                 sets it, or set {variable} to the path that {build_script} prints"
            )
        },
        PathBuf::from,
    )
}

/// A new temporary folder for a server.
pub(super) fn folder(name: &str) -> TempDir {
    tempfile::Builder::new()
        .prefix(&format!("bulla-{name}-"))
        .tempdir()
        .expect("a temporary folder can be made")
}
