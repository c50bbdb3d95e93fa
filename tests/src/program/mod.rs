//! The real program `bulla`, driven as a script would.

#![allow(clippy::missing_panics_doc, reason = "tests are told by panics")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use serde_json::Value;

/// The passphrase of every wallet.
pub const PASSPHRASE: &str = "only for this test";

/// The program with a data directory and nobody's settings.
#[derive(Clone, Debug)]
pub struct Program {
    exe: PathBuf,
    folder: PathBuf,
    source: String,
    passphrase: bool,
}

impl Program {
    /// The program that `BULLA_EXE` names.
    pub fn new(folder: impl Into<PathBuf>, source: &str) -> Self {
        Self::named("BULLA_EXE", folder.into(), source)
    }

    /// The program with crash points that `BULLA_CRASH_EXE` names.
    pub fn with_crash_points(folder: impl Into<PathBuf>, source: &str) -> Self {
        Self::named("BULLA_CRASH_EXE", folder.into(), source)
    }

    fn named(variable: &str, folder: PathBuf, source: &str) -> Self {
        let exe = env::var_os(variable)
            .unwrap_or_else(|| panic!("{variable} is not set; tests/run.sh builds it and sets it"));
        Self {
            exe: exe.into(),
            folder,
            source: source.to_owned(),
            passphrase: true,
        }
    }

    /// The same without a passphrase in the environment.
    #[must_use]
    pub fn without_passphrase(&self) -> Self {
        Self {
            passphrase: false,
            ..self.clone()
        }
    }

    /// The same with another source.
    #[must_use]
    pub fn on(&self, source: &str) -> Self {
        Self {
            source: source.to_owned(),
            ..self.clone()
        }
    }

    /// The data directory.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command that is not started yet. It runs in the folder above the data directory.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let above = self
            .folder
            .parent()
            .expect("a data directory is in a folder");
        let mut command = Command::new(&self.exe);
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", above.join("home"))
            .env("BULLA_DATA_DIR", &self.folder)
            .env("BULLA_SOURCE", &self.source)
            .current_dir(above)
            .args(arguments);
        if self.passphrase {
            command.env("BULLA_PASSPHRASE", PASSPHRASE);
        }
        command
    }

    /// Runs a command, however it ends.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("the program starts")
    }

    /// Runs a command that finds no setting in its environment.
    pub fn without_settings(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        for name in ["BULLA_DATA_DIR", "BULLA_SOURCE", "BULLA_PASSPHRASE"] {
            command.env_remove(name);
        }
        command.output().expect("the program starts")
    }

    /// The text that a command prints, which must succeed.
    pub fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    /// The JSON that a command prints, which must succeed.
    pub fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.text(&with_json(arguments))).expect("JSON")
    }

    /// The exit code and the JSON that a command prints on stdout.
    pub fn verdict(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&with_json(arguments));
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", told(&output));
        let value = serde_json::from_slice(&output.stdout).expect("JSON");
        (output.status.code().expect("an exit code"), value)
    }

    /// The exit code and the error of a command that must fail, and print nothing but that.
    pub fn error(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&with_json(arguments));
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", told(&output));
        let mut value: Value = serde_json::from_slice(&output.stderr).expect("JSON");
        let code = output.status.code().expect("an exit code");
        (code, value["error"].take())
    }
}

fn with_json<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--json"]].concat()
}

fn told(output: &Output) -> String {
    format!(
        "{}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A text of a JSON object.
#[track_caller]
pub fn string(value: &Value, key: &str) -> String {
    let text = value[key].as_str();
    text.unwrap_or_else(|| panic!("{key} is no text in {value}"))
        .to_owned()
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a new folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
