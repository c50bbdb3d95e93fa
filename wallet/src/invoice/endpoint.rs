//! Where a consignment can be handed over: an allow-list of URL schemes, nothing else.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

const SCHEMES: [&str; 2] = ["https", "http"];

/// A URL a consignment may be sent to: `http` or `https`, a host, perhaps a port and a path.
/// No user, no query, no fragment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Endpoint {
    url: String,
    host: String,
}

/// A text that is no endpoint.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{found}` is no endpoint; expected `https://host`, perhaps with a port and a path, without user, query or fragment"
)]
pub struct ParseEndpointError {
    /// The text.
    pub found: String,
}

impl Endpoint {
    /// The host, without a port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host is inside: a name of this machine or network, or an address that is not
    /// routed. An invoice must not make a wallet knock there (it comes from a stranger).
    pub fn is_internal(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => {
                ip.is_loopback()
                    || ip.is_private()
                    || ip.is_link_local()
                    || ip.is_unspecified()
                    || ip.is_broadcast()
                    || ip.is_multicast()
                    || ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64
            }
            Ok(IpAddr::V6(ip)) => is_internal_v6(ip),
            Err(_) => {
                let name = host.trim_end_matches('.');
                !name.contains('.')
                    || name
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || byte == b'.')
                    || name.split('.').any(|label| label.starts_with("0x"))
                    || [".localhost", ".local", ".internal", ".lan", ".home.arpa"]
                        .iter()
                        .any(|suffix| name.ends_with(suffix))
            }
        }
    }
}

/// Everything but global unicast; an embedded IPv4 address is never a reason to use IPv6.
fn is_internal_v6(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xe000 != 0x2000 || ip.segments()[0] == 0x2002
}

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        host(text)
            .map(|host| Self {
                url: text.to_owned(),
                host: host.to_owned(),
            })
            .ok_or_else(|| ParseEndpointError {
                found: text.chars().take(80).collect(),
            })
    }
}

/// The host of a well-formed endpoint.
fn host(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.rfind(':') {
        Some(at) if !authority.ends_with(']') => {
            let (host, port) = authority.split_at(at);
            (host, port.strip_prefix(':'))
        }
        _ => (authority, None),
    };
    let good = SCHEMES.contains(&scheme)
        && is_host(host)
        && port.is_none_or(is_port)
        && path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte))
        && !path.contains("..");
    good.then_some(host)
}

fn is_host(host: &str) -> bool {
    if let Some(ip) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return ip.parse::<Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(known)
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

fn is_port(port: &str) -> bool {
    port.parse::<u16>()
        .is_ok_and(|number| number > 0 && number.to_string() == port)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_endpoints_are_read() {
        for url in [
            "https://relay.example.org",
            "https://relay.example.org:8443/box/1",
            "http://127.0.0.1:3000",
            "https://[2001:db8::1]:1",
            "http://abc.onion/",
        ] {
            assert_eq!(url.parse::<Endpoint>().unwrap().to_string(), url);
        }
    }

    #[test]
    fn other_schemes_and_disguised_hosts_are_refused() {
        for url in [
            "file:///etc/passwd",
            "ftp://a.b",
            "gopher://a.b",
            "HTTPS://a.b",
            "https://",
            "https:///x",
            "https://user@a.b",
            "https://a.b?q",
            "https://a.b#f",
            "https://a.b/../c",
            "https://a b",
            "https://a.b:0",
            "https://a.b:65536",
            "https://a.b:080",
            "https://a..b",
            "https://[::1",
            "https://a.b/%2e",
            "https://a.b\n",
            "https://A.b",
            "//a.b",
            "a.b",
        ] {
            let found = url.to_owned();
            assert_eq!(
                url.parse::<Endpoint>(),
                Err(ParseEndpointError { found }),
                "{url}"
            );
        }
    }

    #[test]
    fn hosts_inside_are_recognised() {
        for host in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "[::1]",
            "[fe80::1]",
            "[fd00::1]",
            "[::ffff:127.0.0.1]",
            "[2002:7f00:1::]",
            "localhost",
            "router",
            "nas.local",
            "2130706433",
            "0x7f.1",
            "127.1",
            "a.localhost",
        ] {
            let endpoint: Endpoint = format!("http://{host}").parse().unwrap();
            assert!(endpoint.is_internal(), "{host}");
        }
        for host in ["relay.example.org", "8.8.8.8", "[2001:4860::1]"] {
            let endpoint: Endpoint = format!("http://{host}").parse().unwrap();
            assert!(!endpoint.is_internal(), "{host}");
        }
    }
}
