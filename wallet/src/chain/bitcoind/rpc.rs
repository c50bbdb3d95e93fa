//! Calls to a node: one connection for quick answers, one for those that may take minutes.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use jsonrpc::Client;
use jsonrpc::error::RpcError;
use jsonrpc::http::simple_http::{self, SimpleHttpTransport};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::SourceError;
use super::super::spec::{Auth, Node};

const QUICK: Duration = Duration::from_secs(60);
/// A scan of all block filters of a long chain.
const SLOW: Duration = Duration::from_secs(20 * 60);
/// Calls in one batch, unless their answers are large.
pub(super) const BATCH: usize = 500;

/// The codes of Bitcoin Core's `rpc/protocol.h` that mean something here.
pub(super) const MISC_ERROR: i32 = -1;
pub(super) const NOT_FOUND: i32 = -5;
pub(super) const INVALID_PARAMETER: i32 = -8;
pub(super) const VERIFY_ERROR: i32 = -25;
pub(super) const VERIFY_REJECTED: i32 = -26;
pub(super) const ALREADY_IN_UTXO_SET: i32 = -27;

/// The answer to one call: the node's own error is apart from a failure to reach it.
pub(super) type Answer<T> = Result<T, RpcError>;

pub(super) struct Rpc {
    pub name: String,
    quick: Client,
    slow: Client,
}

impl Rpc {
    pub(super) fn connect(node: &Node) -> Result<Rpc, SourceError> {
        let name = format!("bitcoind {}", node.address);
        let credentials = match &node.auth {
            Auth::Password { user, password } => format!("{user}:{password}"),
            Auth::Cookie(path) => read_cookie(&name, path)?,
        };
        let client = |timeout| -> Result<Client, SourceError> {
            let transport = SimpleHttpTransport::builder()
                .url(&format!("http://{}", node.address))
                .map_err(|cause| SourceError::Unreachable {
                    name: name.clone(),
                    cause: cause.into(),
                })?
                .cookie_auth(&credentials)
                .timeout(timeout);
            Ok(Client::with_transport(transport.build()))
        };
        Ok(Rpc {
            quick: client(QUICK)?,
            slow: client(SLOW)?,
            name,
        })
    }

    /// One call that must succeed.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<T, SourceError> {
        self.attempt(method, params)?
            .map_err(|error| self.refused(method, error))
    }

    /// One call whose refusal means something.
    pub(super) fn attempt<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Answer<T>, SourceError> {
        self.attempt_on(&self.quick, method, params)
    }

    /// One call that may take minutes.
    pub(super) fn attempt_slowly<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Answer<T>, SourceError> {
        self.attempt_on(&self.slow, method, params)
    }

    fn attempt_on<T: DeserializeOwned>(
        &self,
        client: &Client,
        method: &str,
        params: Value,
    ) -> Result<Answer<T>, SourceError> {
        match client.call(method, Some(&jsonrpc::arg(params))) {
            Ok(answer) => Ok(Ok(answer)),
            Err(jsonrpc::Error::Rpc(error)) => Ok(Err(error)),
            Err(error) => Err(self.failed(method, error)),
        }
    }

    /// Calls of one method in batches of `size`; one answer for each, in order.
    pub(super) fn batch<T: DeserializeOwned>(
        &self,
        method: &str,
        size: usize,
        params: &[Value],
    ) -> Result<Vec<Answer<T>>, SourceError> {
        let mut answers = Vec::with_capacity(params.len());
        for chunk in params.chunks(size) {
            let arguments: Vec<_> = chunk.iter().map(jsonrpc::arg).collect();
            let requests: Vec<_> = arguments
                .iter()
                .map(|argument| self.quick.build_request(method, Some(argument)))
                .collect();
            let responses = self
                .quick
                .send_batch(&requests)
                .map_err(|error| self.failed(method, error))?;
            for response in responses {
                answers.push(match response.map(|response| response.result()) {
                    Some(Ok(answer)) => Ok(answer),
                    Some(Err(jsonrpc::Error::Rpc(error))) => Err(error),
                    Some(Err(error)) => return Err(self.failed(method, error)),
                    None => {
                        return Err(self.odd(method, "no answer".into(), "one answer per call"));
                    }
                });
            }
        }
        Ok(answers)
    }

    /// Calls of one method, all of which must succeed.
    pub(super) fn batch_all<T: DeserializeOwned>(
        &self,
        method: &str,
        size: usize,
        params: &[Value],
    ) -> Result<Vec<T>, SourceError> {
        let answers = self.batch(method, size, params)?;
        answers
            .into_iter()
            .map(|answer| answer.map_err(|error| self.refused(method, error)))
            .collect()
    }

    /// The hashes of the best chain at these heights.
    pub(super) fn hashes_at(
        &self,
        heights: impl IntoIterator<Item = u32>,
    ) -> Result<Vec<bitcoin::BlockHash>, SourceError> {
        let params: Vec<_> = heights.into_iter().map(|height| json!([height])).collect();
        self.batch_all("getblockhash", BATCH, &params)
    }

    /// The node's own error, with its words.
    pub(super) fn refused(&self, method: &str, error: RpcError) -> SourceError {
        SourceError::Server {
            name: self.name.clone(),
            call: method.into(),
            code: error.code,
            message: error.message,
        }
    }

    /// An answer that this method never gives.
    pub(super) fn odd(&self, method: &str, found: String, expected: &'static str) -> SourceError {
        SourceError::Protocol {
            name: self.name.clone(),
            call: method.into(),
            found,
            expected,
        }
    }

    fn failed(&self, method: &str, error: jsonrpc::Error) -> SourceError {
        let name = self.name.clone();
        match error {
            jsonrpc::Error::Transport(cause) => match cause.downcast::<simple_http::Error>() {
                Ok(cause) => self.failed_http(method, *cause),
                Err(cause) => SourceError::Unreachable { name, cause },
            },
            other => self.odd(method, describe(&other), "an answer of Bitcoin Core"),
        }
    }

    fn failed_http(&self, method: &str, error: simple_http::Error) -> SourceError {
        let name = self.name.clone();
        match error {
            simple_http::Error::HttpErrorCode(401 | 403) => SourceError::Denied { name },
            simple_http::Error::Json(cause) if !cause.is_io() && !cause.is_eof() => {
                self.odd(method, cause.to_string(), "an answer of Bitcoin Core")
            }
            other => SourceError::Unreachable {
                name,
                cause: Box::new(other),
            },
        }
    }
}

fn describe(error: &jsonrpc::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn read_cookie(name: &str, path: &Path) -> Result<String, SourceError> {
    match std::fs::read_to_string(path) {
        Ok(cookie) => Ok(cookie.trim().to_owned()),
        Err(cause) => Err(SourceError::Cookie {
            name: name.into(),
            path: path.to_owned(),
            cause,
        }),
    }
}
