//! Runs the program, far from the settings of whoever runs the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder with one chain and any number of wallets.
pub struct Bulla {
    dir: tempfile::TempDir,
    wallet: &'static str,
}

impl Bulla {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            wallet: "data",
        }
    }

    /// The same folder, with another wallet.
    pub fn as_other(&mut self, wallet: &'static str) -> &Self {
        self.wallet = wallet;
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The answer and the exit code of a command that gives one.
    pub fn answer(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
        let value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), value)
    }

    /// The answer of a command that does what it is asked.
    pub fn ok(&self, arguments: &[&str]) -> Value {
        let (code, value) = self.answer(arguments);
        assert_eq!(code, 0, "{arguments:?}: {value}");
        value
    }

    /// The error and the exit code of a command that fails.
    pub fn error(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        let value: Value = serde_json::from_slice(&output.stderr).unwrap();
        (output.status.code().unwrap(), value["error"].clone())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let dir: &Path = self.dir.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulla"));
        command
            .env_clear()
            .env("HOME", dir.join("home"))
            .env("BULLA_DATA_DIR", dir.join(self.wallet))
            .env(
                "BULLA_SOURCE",
                format!("sandbox:{}", dir.join("chain").display()),
            )
            .env("BULLA_PASSPHRASE", "correct horse")
            .current_dir(dir)
            .args(arguments);
        command
    }
}

/// The names of the fields of an object, sorted.
pub fn fields(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap();
    let mut names: Vec<_> = object.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// A text of an object.
pub fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("no text `{field}` in {value}"))
}
