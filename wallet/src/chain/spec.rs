//! Which source to use, as people write it.
//!
//! - `sandbox`, or `sandbox:<path>` for another file than the default
//! - `bitcoind://<user>:<password>@<host>:<port>`, both percent-encoded where they hold `@`, `:`,
//!   `/`, `?` or `%`
//! - `bitcoind://<host>:<port>?cookie=<path>`
//! - `electrum://<host>:<port>` for plain TCP, `ssl://<host>:<port>` for TLS

use std::fmt;
use std::path::{Path, PathBuf};

use super::bitcoind::Bitcoind;
use super::electrum::Electrum;
use super::{ChainSource, SourceError};
use crate::sandbox::{Sandbox, SandboxError};

/// A chain source that is named, not opened. `Display` and `Debug` show no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceSpec {
    /// The embedded regtest chain in this file.
    Sandbox(PathBuf),
    /// A Bitcoin Core node.
    Bitcoind(Node),
    /// An Electrum server.
    Electrum(Server),
}

/// A Bitcoin Core node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Host and port of its RPC.
    pub address: String,
    /// How it knows us.
    pub auth: Auth,
}

/// How a node knows us.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// `-rpcauth`, or `-rpcuser` and `-rpcpassword`.
    Password {
        /// The user name.
        user: String,
        /// The password.
        password: String,
    },
    /// The file `.cookie` that a node writes at its start.
    Cookie(PathBuf),
}

/// An Electrum server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Host and port.
    pub address: String,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

/// Why a text names no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// None of the known beginnings.
    #[error(
        "`{found}` is no chain source; expected `sandbox`, or a URL that begins with bitcoind://, electrum:// or ssl://"
    )]
    Unknown {
        /// What it begins with.
        found: String,
    },
    /// Not a host and a port.
    #[error("`{found}` is no address; expected <host>:<port>, such as 127.0.0.1:18443")]
    Address {
        /// What stands there.
        found: String,
    },
    /// Neither password nor cookie, or both.
    #[error(
        "a bitcoind:// URL needs either <user>:<password>@ before its host or ?cookie=<path> at its end"
    )]
    Credentials,
    /// `%` without two hex digits, or not UTF-8 behind them.
    #[error(
        "user or password is not percent-encoded well; write `%` as %25, `@` as %40, `:` as %3A, `/` as %2F, `?` as %3F"
    )]
    Encoding,
    /// A parameter that is not known.
    #[error("`{found}` is no parameter of a bitcoind:// URL; expected cookie=<path>")]
    Parameter {
        /// Its name.
        found: String,
    },
    /// `ssl://` in a build that cannot.
    #[error(
        "this build speaks no TLS; use electrum:// through a tunnel, or build with the feature `tls`"
    )]
    NoTls,
}

/// Reads what people write; `sandbox` is the file of the plain word.
pub fn parse(text: &str, sandbox: &Path) -> Result<SourceSpec, SpecError> {
    if text == "sandbox" {
        return Ok(SourceSpec::Sandbox(sandbox.to_owned()));
    }
    if let Some(path) = text
        .strip_prefix("sandbox:")
        .filter(|path| !path.is_empty())
    {
        return Ok(SourceSpec::Sandbox(path.into()));
    }
    if let Some(rest) = text.strip_prefix("bitcoind://") {
        return node(rest).map(SourceSpec::Bitcoind);
    }
    if let Some(rest) = text.strip_prefix("electrum://") {
        return Ok(SourceSpec::Electrum(Server {
            address: address(rest)?,
            tls: false,
        }));
    }
    if let Some(rest) = text.strip_prefix("ssl://") {
        let address = address(rest)?;
        return if cfg!(feature = "tls") {
            Ok(SourceSpec::Electrum(Server { address, tls: true }))
        } else {
            Err(SpecError::NoTls)
        };
    }
    // Whatever stands behind the scheme may be a secret.
    let found = text
        .split_once(':')
        .map_or(text, |(scheme, _)| scheme)
        .to_owned();
    Err(SpecError::Unknown { found })
}

/// Opens a source. A server is not asked anything yet, except where its protocol greets.
pub fn open(spec: &SourceSpec) -> Result<Box<dyn ChainSource>, SourceError> {
    Ok(match spec {
        SourceSpec::Sandbox(path) => Box::new(open_sandbox(path)?),
        SourceSpec::Bitcoind(node) => Box::new(Bitcoind::open(node)?),
        SourceSpec::Electrum(server) => Box::new(Electrum::open(server)?),
    })
}

fn open_sandbox(path: &Path) -> Result<Sandbox, SourceError> {
    Sandbox::open(path).map_err(|error| match error {
        SandboxError::Storage(cause) => SourceError::Storage {
            path: path.to_owned(),
            cause,
        },
        other => SourceError::Sandbox {
            path: path.to_owned(),
            cause: Box::new(other),
        },
    })
}

fn node(text: &str) -> Result<Node, SpecError> {
    let (rest, cookie) = match text.split_once('?') {
        None => (text, None),
        Some((rest, query)) => match query.split_once('=') {
            Some(("cookie", path)) if !path.is_empty() => (rest, Some(PathBuf::from(path))),
            Some(("cookie", _)) => return Err(SpecError::Credentials),
            found => {
                let found = found.map_or(query, |(name, _)| name).to_owned();
                return Err(SpecError::Parameter { found });
            }
        },
    };
    let (login, host) = match rest.rsplit_once('@') {
        None => (None, rest),
        Some((login, host)) => (Some(login), host),
    };
    let auth = match (login.map(|login| login.split_once(':')), cookie) {
        (Some(Some((user, password))), None) => Auth::Password {
            user: decode(user)?,
            password: decode(password)?,
        },
        (None, Some(path)) => Auth::Cookie(path),
        _ => return Err(SpecError::Credentials),
    };
    Ok(Node {
        address: address(host)?,
        auth,
    })
}

/// Host and port, with at most a slash behind.
fn address(text: &str) -> Result<String, SpecError> {
    let trimmed = text.strip_suffix('/').unwrap_or(text);
    let valid = trimmed.rsplit_once(':').is_some_and(|(host, port)| {
        let bracketed = host.starts_with('[') && host.ends_with(']');
        let named = !host.is_empty() && !host.contains([':', '/', '@', '?', ' ']);
        (bracketed || named) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if valid {
        Ok(trimmed.to_owned())
    } else {
        Err(SpecError::Address {
            found: text.to_owned(),
        })
    }
}

/// Percent-decoding (RFC 3986, section 2.1).
fn decode(text: &str) -> Result<String, SpecError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail
            .get(..2)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or(SpecError::Encoding)?);
        rest = tail.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_err(|_| SpecError::Encoding)
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Auth::Password { .. } => f.write_str("Password"),
            Auth::Cookie(path) => f.debug_tuple("Cookie").field(path).finish(),
        }
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceSpec::Sandbox(path) => write!(f, "sandbox {}", path.display()),
            SourceSpec::Bitcoind(node) => write!(f, "bitcoind {}", node.address),
            SourceSpec::Electrum(server) => write!(f, "electrum {}", server.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<SourceSpec, SpecError> {
        parse(text, Path::new("default"))
    }

    fn password(user: &str, password: &str) -> Auth {
        Auth::Password {
            user: user.into(),
            password: password.into(),
        }
    }

    #[test]
    fn all_forms_are_read() {
        assert_eq!(parsed("sandbox"), Ok(SourceSpec::Sandbox("default".into())));
        assert_eq!(
            parsed("sandbox:/a/b"),
            Ok(SourceSpec::Sandbox("/a/b".into()))
        );
        let address = String::from("127.0.0.1:18443");
        let auth = password("me", "s3cret=");
        let node = Node {
            address: address.clone(),
            auth,
        };
        assert_eq!(
            parsed("bitcoind://me:s3cret=@127.0.0.1:18443"),
            Ok(SourceSpec::Bitcoind(node))
        );
        let node = Node {
            address,
            auth: Auth::Cookie("/x/.cookie".into()),
        };
        assert_eq!(
            parsed("bitcoind://127.0.0.1:18443/?cookie=/x/.cookie"),
            Ok(SourceSpec::Bitcoind(node))
        );
        let server = Server {
            address: "[::1]:50001".into(),
            tls: false,
        };
        assert_eq!(
            parsed("electrum://[::1]:50001"),
            Ok(SourceSpec::Electrum(server))
        );
    }

    #[test]
    fn passwords_are_percent_decoded() {
        let Ok(SourceSpec::Bitcoind(node)) = parsed("bitcoind://u:a%40b%3A%25@h:1") else {
            panic!("is a node")
        };
        assert_eq!(node.auth, password("u", "a@b:%"));
        assert_eq!(parsed("bitcoind://u:a%4@h:1"), Err(SpecError::Encoding));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(
            parsed("http://x"),
            Err(SpecError::Unknown {
                found: "http".into()
            })
        );
        assert_eq!(parsed("bitcoind://h:1"), Err(SpecError::Credentials));
        assert_eq!(
            parsed("bitcoind://u:p@h:1?cookie=/c"),
            Err(SpecError::Credentials)
        );
        let found = "wallet".into();
        assert_eq!(
            parsed("bitcoind://h:1?wallet=x"),
            Err(SpecError::Parameter { found })
        );
        for found in ["h", "h:0", "h:70000", ":1", "a b:1"] {
            let error = SpecError::Address {
                found: found.into(),
            };
            assert_eq!(parsed(&format!("electrum://{found}")), Err(error));
        }
    }

    #[test]
    fn credentials_are_shown_nowhere() {
        let spec = parsed("bitcoind://me:hunter2@h:1").expect("is a node");
        assert_eq!(spec.to_string(), "bitcoind h:1");
        assert!(!format!("{spec:?}").contains("hunter2"));
    }
}
