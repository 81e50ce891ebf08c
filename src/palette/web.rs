//! Sends requests over HTTP.

use std::io;
use std::time::Duration;

use ureq::http::Response;
use ureq::http::header::{DATE, RETRY_AFTER};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error, Proxy, Timeout};

use super::address::Address;
use super::transport::{Lost, Method, Reply, Request, Transport};
use super::trouble::HIDDEN;
use crate::limits;
use crate::secret::Secret;

/// How a service is reached.
#[derive(Default)]
pub struct WebSettings {
    /// The authorities that are trusted in place of those of the public web.
    pub authorities: Option<Authorities>,
    /// The address of a proxy, such as `http://proxy.example.com:3128`.
    pub proxy: Option<String>,
    /// How long a request may take in all.
    pub timeout: Duration,
}

/// A Palette instance on the network.
pub struct Web {
    agent: Agent,
    address: Address,
    key: Secret,
}

impl Web {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// The proxy's address cannot be used.
    pub fn new(address: Address, key: Secret, settings: &WebSettings) -> Result<Self, String> {
        let proxy = match &settings.proxy {
            Some(proxy) => Some(
                Proxy::new(proxy).map_err(|_| "the proxy's address cannot be used".to_owned())?,
            ),
            None => None,
        };
        let mut tls = TlsConfig::builder();
        if let Some(Authorities(certificates)) = &settings.authorities {
            tls = tls.root_certs(RootCerts::new_with_certs(certificates));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // What follows a redirect takes the key along.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .https_only(address.is_encrypted())
            .proxy(proxy)
            .tls_config(tls.build())
            .timeout_connect(Some(settings.timeout.min(Duration::from_secs(15))))
            .timeout_global(Some(settings.timeout))
            .user_agent(concat!("vmo-ra/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Web {
            agent: config.new_agent(),
            address,
            key,
        })
    }
}

/// The authorities whose certificates are taken.
pub struct Authorities(Vec<Certificate<'static>>);

impl Authorities {
    /// Those of a PEM text.
    ///
    /// # Errors
    /// It is not PEM, or holds no certificate, in words.
    pub fn of_pem(pem: &[u8]) -> Result<Self, String> {
        let mut found = Vec::new();
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => found.push(certificate),
                Ok(_) => {}
                Err(_) => return Err("is not PEM".to_owned()),
            }
        }
        if found.is_empty() {
            return Err("holds no certificate".to_owned());
        }
        Ok(Authorities(found))
    }
}

impl Transport for Web {
    fn send(&self, request: &Request, project: Option<&str>) -> Result<Reply, Lost> {
        let uri = format!("{}{}", self.address, request.path);
        let query = request
            .query
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        // Each method has a type of its own there.
        macro_rules! prepared {
            ($method:ident) => {{
                let mut prepared = self
                    .agent
                    .$method(&uri)
                    .query_pairs(query)
                    .header("ApiKey", self.key.reveal())
                    .header("Accept", ACCEPTED);
                if let Some(project) = project {
                    prepared = prepared.header("ProjectUid", project);
                }
                prepared
            }};
        }
        let body = request.body.as_deref();
        let answer = match request.method {
            Method::Get => prepared!(get).call(),
            Method::Delete => prepared!(delete).call(),
            Method::Post => prepared!(post)
                .content_type("application/json")
                .send(body.unwrap_or_default()),
            Method::Put => prepared!(put)
                .content_type("application/json")
                .send(body.unwrap_or_default()),
        };
        let mut reply = reply(answer.map_err(|error| lost(&error))?)?;
        // What refuses may quote what it was sent.
        if !(200..=299).contains(&reply.status) {
            reply.body = reply.body.replace(self.key.reveal(), HIDDEN);
        }
        Ok(reply)
    }
}

/// Reads an answer to its end.
fn reply(mut answer: Response<Body>) -> Result<Reply, Lost> {
    let wait = answer.headers().get(RETRY_AFTER);
    let seconds = wait.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let date = answer.headers().get(DATE);
    let date = date
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body = answer
        .body_mut()
        .with_config()
        .limit(limits::ANSWER_BYTES)
        .read_to_vec();
    let body = body.map_err(|error| match error {
        Error::BodyExceedsLimit(most) => Lost::NoAnswer(format!(
            "its answer is larger than the limit of {} MiB",
            most >> 20
        )),
        error => Lost::NoAnswer(format!("its answer is incomplete ({})", words(&error))),
    })?;
    Ok(Reply {
        status: answer.status().as_u16(),
        retry_after: seconds.map(Duration::from_secs),
        date,
        body: String::from_utf8(body)
            .map_err(|_| Lost::NoAnswer("its answer is not UTF-8".to_owned()))?,
    })
}

/// An export is bytes to the API's description, everything else is JSON.
const ACCEPTED: &str = "application/json, application/octet-stream";

/// How rustls begins what it says of a certificate.
const CERTIFICATE: &str = "invalid peer certificate: ";

/// What it means that no answer came.
fn lost(error: &Error) -> Lost {
    let words = words(error);
    match error {
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::InvalidProxyUrl
        | Error::ConnectProxyFailed(_)
        | Error::BadUri(_)
        | Error::Tls(_)
        | Error::Timeout(Timeout::Resolve | Timeout::Connect) => Lost::NotSent(words),
        Error::Io(error)
            if error.kind() == io::ErrorKind::ConnectionRefused
                || error.to_string().starts_with(CERTIFICATE) =>
        {
            Lost::NotSent(words)
        }
        _ => Lost::NoAnswer(words),
    }
}

/// What a person can do something with.
fn words(error: &Error) -> String {
    match error {
        Error::HostNotFound => "there is no such host".to_owned(),
        Error::Timeout(_) => "it took too long".to_owned(),
        Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the connection was closed".to_owned()
        }
        Error::Io(error) => {
            let said = error.to_string();
            match said.strip_prefix(CERTIFICATE) {
                Some(reason) => format!(
                    "its certificate is not trusted ({reason}); name its authority with `--ca-file`"
                ),
                None => said,
            }
        }
        error => error.to_string(),
    }
}
