//! The address of a Palette.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ureq::http::Uri;

/// The address of a Palette instance: `https` and a host, or plain `http` on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    uri: Uri,
}

impl Address {
    /// The host, without brackets around an IPv6 address.
    pub fn host(&self) -> &str {
        bare(self.uri.host().unwrap_or_default())
    }

    /// Whether requests go over TLS.
    pub fn is_encrypted(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_loopback(host: &str) -> bool {
    let address: Result<IpAddr, _> = bare(host).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.uri.scheme_str().unwrap_or("https");
        let authority = self
            .uri
            .authority()
            .map_or("", |authority| authority.as_str());
        write!(f, "{scheme}://{authority}")
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let whole = match text.contains("://") {
            true => text.to_owned(),
            false => format!("https://{text}"),
        };
        let example = "write it like `api.spectrocloud.com` or `https://palette.example.com:8443`";
        let uri: Uri = whole
            .parse()
            .map_err(|_| format!("this is not the address of a host; {example}"))?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let host = uri.host().unwrap_or_default();
        if host.is_empty() {
            return Err(format!("the address has no host; {example}"));
        }
        if authority.contains('@') {
            return Err(format!("the address contains a user; {example}"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(format!("the address has more after the host; {example}"));
        }
        match uri.scheme_str() {
            Some("https") => Ok(Address { uri }),
            Some("http") if is_loopback(host) => Ok(Address { uri }),
            Some("http") => {
                Err("plain http would show the API key to the network; use https".to_owned())
            }
            _ => Err(format!("only https is used; {example}")),
        }
    }
}

/// Whether a host is reached without a proxy, as curl reads `NO_PROXY`: names and their subdomains, addresses, networks, or
/// `*` for everything, with commas or blanks between them.
pub fn goes_direct(host: &str, no_proxy: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    let separators = |c: char| c == ',' || c.is_whitespace();
    no_proxy.split(separators).any(|entry| {
        let entry = entry
            .trim_start_matches('.')
            .trim_end_matches('.')
            .to_ascii_lowercase();
        if entry.is_empty() {
            return false;
        }
        if entry == "*" || bare(&entry) == host {
            return true;
        }
        match address {
            Some(address) => {
                let network: Result<ipnet::IpNet, _> = entry.parse();
                network.is_ok_and(|network| network.contains(&address))
            }
            None => host
                .strip_suffix(&entry)
                .is_some_and(|rest| rest.ends_with('.')),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hosts_over_tls_or_on_this_machine() {
        let shown = |text: &str| text.parse::<Address>().map(|address| address.to_string());
        for (text, address) in [
            ("api.spectrocloud.com", "https://api.spectrocloud.com"),
            (
                "https://palette.example.com/",
                "https://palette.example.com",
            ),
            (
                "palette.example.com:8443",
                "https://palette.example.com:8443",
            ),
            ("http://127.0.0.1:4010", "http://127.0.0.1:4010"),
            ("http://[::1]:4010", "http://[::1]:4010"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(address), "{text}");
        }
        for text in [
            "",
            "http://palette.example.com",
            "http://localhost.example.com",
            "https://me:secret@palette.example.com",
            "https://palette.example.com/v1",
            "https://palette.example.com?x=1",
            "ftp://palette.example.com",
            "palette example com",
            "https://",
        ] {
            assert!(shown(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_goes_past_the_proxy_is_read_as_curl_reads_it() {
        for (host, list, direct) in [
            ("palette.example.com", "example.com", true),
            ("palette.example.com", ".example.com", true),
            ("palette.example.com", "ample.com", false),
            ("example.com", "palette.example.com", false),
            ("palette.example.com", "a, b palette.example.com", true),
            ("PALETTE.example.com", "palette.EXAMPLE.com", true),
            ("palette.example.com", "*", true),
            ("palette.example.com", "", false),
            ("10.1.2.3", "10.0.0.0/8", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("::1", "[::1]", true),
        ] {
            assert_eq!(goes_direct(host, list), direct, "{host} {list}");
        }
    }
}
