//! HTTP to a node: one connection per request. Own code, because the client of `jsonrpc` reads for
//! ever when a connection ends inside a header, and others wait for servers that speak no HTTP.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jsonrpc::{Request, Response, Transport};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of a header line.
const MAX_LINE: u64 = 8 * 1024;
/// Bytes of an answer: eight full blocks with all that they spend, as JSON.
const MAX_BODY: u64 = 1 << 30;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("the connection failed")]
    Io(#[from] io::Error),
    #[error("the credentials were refused")]
    Denied,
    #[error("status {0}, expected 200")]
    Status(u16),
    #[error("a first line that is not HTTP: {0:?}")]
    NotHttp(String),
    #[error("an answer of {found} bytes, expected at most {MAX_BODY}")]
    TooLarge { found: u64 },
    #[error("an answer that is not the JSON of a node: {0}")]
    Json(serde_json::Error),
}

impl From<HttpError> for jsonrpc::Error {
    fn from(error: HttpError) -> jsonrpc::Error {
        jsonrpc::Error::Transport(Box::new(error))
    }
}

/// Where to ask, as whom, and how long to wait for each part of the answer.
pub(super) struct Http {
    address: String,
    authorization: String,
    timeout: Duration,
}

impl Http {
    pub(super) fn new(address: &str, credentials: &str, timeout: Duration) -> Http {
        Http {
            address: address.into(),
            authorization: BASE64_STANDARD.encode(credentials),
            timeout,
        }
    }

    fn exchange<T: DeserializeOwned>(&self, question: impl Serialize) -> Result<T, HttpError> {
        let question = serde_json::to_vec(&question).map_err(HttpError::Json)?;
        let mut stream = self.connect()?;
        stream.write_all(self.head(question.len()).as_bytes())?;
        stream.write_all(&question)?;
        let mut reader = BufReader::new(stream);
        let status = read_status(&mut reader)?;
        let length = read_length(&mut reader)?;
        if status == 401 || status == 403 {
            return Err(HttpError::Denied);
        }
        let body = read_body(reader, length)?;
        // A node answers its own errors in JSON, with another status.
        serde_json::from_slice(&body).map_err(|error| match status {
            200 => HttpError::Json(error),
            other => HttpError::Status(other),
        })
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut failure = io::Error::from(ErrorKind::AddrNotAvailable);
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, self.timeout) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(self.timeout))?;
                    stream.set_write_timeout(Some(self.timeout))?;
                    return Ok(stream);
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn head(&self, length: usize) -> String {
        let (address, authorization) = (&self.address, &self.authorization);
        format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Authorization: Basic {authorization}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        )
    }
}

impl Transport for Http {
    fn send_request(&self, request: Request<'_>) -> Result<Response, jsonrpc::Error> {
        Ok(self.exchange(request)?)
    }

    fn send_batch(&self, requests: &[Request<'_>]) -> Result<Vec<Response>, jsonrpc::Error> {
        Ok(self.exchange(requests)?)
    }

    fn fmt_target(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.address)
    }
}

/// A line without its end.
fn read_line(reader: &mut impl BufRead) -> Result<String, HttpError> {
    let mut line = Vec::new();
    reader.take(MAX_LINE).read_until(b'\n', &mut line)?;
    let text = String::from_utf8_lossy(&line);
    match text.strip_suffix('\n') {
        Some(text) => Ok(text.trim_end_matches('\r').into()),
        None if line.len() as u64 == MAX_LINE => Err(HttpError::NotHttp(text.into_owned())),
        None => Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
    }
}

fn read_status(reader: &mut impl BufRead) -> Result<u16, HttpError> {
    let line = read_line(reader)?;
    let status = line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|status| status.parse().ok());
    status.ok_or(HttpError::NotHttp(line))
}

/// Reads the headers; the length of the body, if they tell it.
fn read_length(reader: &mut impl BufRead) -> Result<Option<u64>, HttpError> {
    let mut length = None;
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok(length);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            let found = value.trim().parse();
            length = Some(found.map_err(|_| HttpError::NotHttp(line.clone()))?);
        }
    }
}

/// Reads as much as was announced, else up to the end of the connection.
fn read_body(reader: impl Read, length: Option<u64>) -> Result<Vec<u8>, HttpError> {
    if let Some(found) = length.filter(|length| *length > MAX_BODY) {
        return Err(HttpError::TooLarge { found });
    }
    let mut body = Vec::new();
    reader
        .take(length.unwrap_or(MAX_BODY))
        .read_to_end(&mut body)?;
    if length.is_some_and(|length| (body.len() as u64) < length) {
        return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn i10_a_server_that_never_answers_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let http = Http::new(&address, "me:secret", Duration::from_millis(50));
        let error = http.exchange::<u8>("how high?").unwrap_err();
        let HttpError::Io(error) = error else {
            panic!("expected no answer in time: {error}");
        };
        assert!(
            matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            "{error}"
        );
        drop(listener);
    }
}
