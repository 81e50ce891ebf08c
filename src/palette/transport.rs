//! A request and its answer, before anybody interprets them.

use std::time::Duration;

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

impl Method {
    /// As HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// A request. Addresses and the key are the transport's.
#[derive(Clone)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its path, percent-encoded, from `/v1` on.
    pub path: String,
    /// Names and values after the path, not encoded.
    pub query: Vec<(&'static str, String)>,
    /// The JSON that is sent.
    pub body: Option<String>,
    /// Whether it changes the tenant, so that it is not to be sent twice without a look.
    pub writes: bool,
}

impl Request {
    /// Asks for what lies at a path, whose parts are encoded here.
    pub fn get<'p>(parts: impl IntoIterator<Item = &'p str>) -> Self {
        Request {
            method: Method::Get,
            path: path_of(parts),
            query: Vec::new(),
            body: None,
            writes: false,
        }
    }

    /// Asks with a body, where the API searches by POST.
    pub fn search<'p>(parts: impl IntoIterator<Item = &'p str>, body: &serde_json::Value) -> Self {
        Request {
            method: Method::Post,
            body: Some(body.to_string()),
            ..Request::get(parts)
        }
    }

    /// Changes something.
    pub fn write<'p>(
        method: Method,
        parts: impl IntoIterator<Item = &'p str>,
        body: Option<String>,
    ) -> Self {
        Request {
            method,
            body,
            writes: true,
            ..Request::get(parts)
        }
    }

    /// With another name and value behind the path.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// What is said of it: the method and the path.
    pub fn shown(&self) -> String {
        format!("{} {}", self.method.as_str(), self.path)
    }
}

/// `/v1` and the parts of a path, each encoded so that it stays one part.
fn path_of<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let mut path = "/v1".to_owned();
    for part in parts {
        path.push('/');
        for byte in part.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                    path.push(byte.into())
                }
                // A part of dots alone would lead elsewhere.
                b'.' if part.bytes().any(|other| other != b'.') => path.push('.'),
                _ => path.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    path
}

/// An answer.
#[derive(Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
    /// When the service says that it was sent.
    pub date: Option<String>,
    /// What was sent, whole.
    pub body: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The request never arrived.
    NotSent(String),
    /// The request may have arrived, and may have done what it asks.
    NoAnswer(String),
}

/// Sends a request once.
pub trait Transport {
    /// Sends it, in a project or for the whole tenant.
    ///
    /// # Errors
    /// No whole answer came.
    fn send(&self, request: &Request, project: Option<&str>) -> Result<Reply, Lost>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_stay_parts() {
        assert_eq!(
            path_of(["packs", "a/b?c", "1.0", "..", "ü"]),
            "/v1/packs/a%2Fb%3Fc/1.0/%2E%2E/%C3%BC"
        );
    }
}
