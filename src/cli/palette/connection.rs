//! The address of Palette, and the credentials.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use vmo_ra::diagnostic::{Code, Diagnostic};
use vmo_ra::disk::{Disk, Local};
use vmo_ra::load::STANDARD_INPUT;
use vmo_ra::palette::{
    Address, Authorities, Client, Event, Web, WebSettings, goes_direct, project,
};
use vmo_ra::secret::Secret;

use super::super::inputs::Files;
use super::super::{Failure, terminal};
use super::progress::Progress;

/// The largest key or certificate file, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// The first delay before a retry.
const PATIENCE: Duration = Duration::from_millis(500);

const HOST: [&str; 2] = ["SPECTROCLOUD_HOST", "PALETTE_HOST"];
const KEY: [&str; 2] = ["SPECTROCLOUD_APIKEY", "PALETTE_API_KEY"];
const PROJECT: [&str; 2] = ["SPECTROCLOUD_DEFAULT_PROJECT_ID", "PALETTE_PROJECT_UID"];

/// How Palette is reached.
#[derive(Debug, Args)]
pub(super) struct Connection {
    /// The address of Palette's API, such as `api.spectrocloud.com`
    #[arg(long, global = true, value_name = "HOST", help_heading = "Palette")]
    host: Option<String>,
    /// A project by its name or uid; the whole tenant without it
    #[arg(long, global = true, value_name = "PROJECT", help_heading = "Palette")]
    project: Option<String>,
    /// A file that holds the API key and that only you can read, or `-` for standard input
    #[arg(long, global = true, value_name = "FILE", help_heading = "Palette")]
    api_key_file: Option<PathBuf>,
    /// The certificates, as PEM, to trust instead of those of the public web
    #[arg(long, global = true, value_name = "FILE", help_heading = "Palette")]
    ca_file: Option<PathBuf>,
    /// How long one request may take, in seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600), help_heading = "Palette")]
    timeout: u64,
}

impl Connection {
    /// Does something with a client for the project, or for the tenant.
    pub(super) fn with_client<T>(
        &self,
        run: impl FnOnce(&Client<'_>, &Progress) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let address = self.address()?;
        let mut problems = Vec::new();
        let mut take = |problem: Diagnostic| problems.push(problem);
        let key = self.key().map_err(&mut take).ok();
        let authorities = self.authorities().map_err(&mut take).ok();
        let (Some(key), Some(authorities)) = (key, authorities) else {
            return Err(problems.into());
        };
        let settings = WebSettings {
            proxy: proxy_for(&address),
            authorities,
            timeout: Duration::from_secs(self.timeout),
        };
        let web = Web::new(address, key, &settings)
            .map_err(|problem| Diagnostic::error(problem).code(Code::WrongValue))?;
        let progress = Progress::new();
        let told = |event: &Event| {
            progress.show(event);
            mention(event);
        };
        let client = Client::new(&web, PATIENCE, &told);
        let project = match (&self.project, one_of(PROJECT)?) {
            (Some(wanted), _) => Some(project(&client, wanted)?.uid),
            (None, given) => given,
        };
        run(&client.within(project), &progress)
    }

    fn address(&self) -> Result<Address, Diagnostic> {
        let (given, from) = match (&self.host, one_of(HOST)?) {
            (Some(host), _) => (host.clone(), "--host".to_owned()),
            (None, Some(host)) => (host, HOST.join(" or ")),
            (None, None) => {
                return Err(Diagnostic::error("Palette's address is not known")
                    .code(Code::UnknownName)
                    .help("give it with `--host`, such as `--host api.spectrocloud.com`, or set SPECTROCLOUD_HOST"));
            }
        };
        given.parse().map_err(|problem| {
            Diagnostic::error(format!("`{given}` of {from}: {problem}")).code(Code::WrongValue)
        })
    }

    fn key(&self) -> Result<Secret, Diagnostic> {
        let text = match &self.api_key_file {
            Some(path) => key_of_file(path)?,
            None => match one_of(KEY)? {
                Some(key) => key,
                None => {
                    return Err(Diagnostic::error("Palette's API key is not known")
                        .code(Code::NoSecret)
                        .help("set SPECTROCLOUD_APIKEY, or name a file with the key with `--api-key-file`; create a key in Palette under My API Keys"));
                }
            },
        };
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                Diagnostic::error("the API key has blanks or invalid characters")
                    .code(Code::NoSecret)
                    .help("copy it again, and nothing else"),
            );
        }
        Secret::new(text.to_owned()).ok_or_else(|| {
            Diagnostic::error("the API key is empty")
                .code(Code::NoSecret)
                .help("create a key in Palette under My API Keys")
        })
    }

    fn authorities(&self) -> Result<Option<Authorities>, Diagnostic> {
        let Some(path) = &self.ca_file else {
            return Ok(None);
        };
        let read = Local.read(path, LARGEST_FILE);
        let read = read.map_err(|error| Diagnostic::unreadable(path.display(), &error))?;
        match Authorities::of_pem(read.text.as_bytes()) {
            Ok(authorities) => Ok(Some(authorities)),
            Err(problem) => Err(Diagnostic::error(format!("`{}` {problem}", path.display()))
                .code(Code::WrongValue)
                .help("give the certificate of the authority as PEM: it begins with `-----BEGIN CERTIFICATE-----`")),
        }
    }
}

/// The line of a verbose run about a request: never a header or a body.
fn mention(event: &Event) {
    match event {
        Event::Asks(_) => {}
        Event::Answered(request, status, bytes) => {
            terminal::mention(|| format!("{request}: {status}, {bytes} bytes"));
        }
        Event::Again(request, reason, wait) => {
            let seconds = wait.as_secs_f32();
            terminal::mention(|| format!("{request}: {reason}; retrying in {seconds:.1} s"));
        }
    }
}

/// A key from a file that only its owner can read, or from standard input.
fn key_of_file(path: &Path) -> Result<String, Diagnostic> {
    if path != Path::new(STANDARD_INPUT) && is_open_to_others(path) {
        let shown = path.display();
        return Err(Diagnostic::error(format!(
            "others can read `{shown}`, which holds the API key"
        ))
        .code(Code::OpenSecret)
        .help(format!(
            "let only its owner read it: {}",
            vmo_ra::command::on("chmod 600", path)
        )));
    }
    let read = Files.read(path, LARGEST_FILE);
    Ok(read
        .map_err(|error| Diagnostic::unreadable(path.display(), &error))?
        .text)
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// The value of two variables with the same meaning.
fn one_of(names: [&str; 2]) -> Result<Option<String>, Diagnostic> {
    let value = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    match names.map(value) {
        [Some(one), Some(two)] if one != two => {
            let [one, two] = names;
            Err(Diagnostic::error(format!("{one} and {two} differ"))
                .code(Code::WrongValue)
                .help("unset one of them"))
        }
        [one, two] => Ok(one.or(two)),
    }
}

/// The proxy that curl would take.
fn proxy_for(address: &Address) -> Option<String> {
    let value = |name: &str| env::var(name).ok();
    let either = |small: &str| value(small).or_else(|| value(&small.to_uppercase()));
    // Unencrypted requests stay on this machine.
    if !address.is_encrypted() {
        return None;
    }
    if goes_direct(address.host(), &either("no_proxy").unwrap_or_default()) {
        return None;
    }
    let proxy = either("https_proxy").or_else(|| either("all_proxy"))?;
    (!proxy.is_empty()).then_some(proxy)
}
