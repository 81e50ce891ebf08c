//! A real browser, without a window.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::programs::program;

/// What a start may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);
const PROGRAM: &str = "chromium";

/// Whether there is a browser, as [`program`].
pub fn is_there() -> bool {
    program(PROGRAM).is_some()
}

/// JSON that a script left in an attribute of a page's root element.
pub fn left_in(page: &str, attribute: &str) -> Value {
    let (_, rest) = page
        .split_once(&format!("{attribute}=\""))
        .unwrap_or_else(|| panic!("no script has left {attribute}: {page}"));
    let text = rest.split('"').next().unwrap_or_default();
    let text = text
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Starts the browser on a page of the folder and returns what it writes.
pub fn run(folder: &Path, page: &str, arguments: &[&str]) -> String {
    let work = folder.join(format!("browser-{}", unique(page, arguments)));
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).expect("the folder can be made");
    let output = work.join("output");
    let mut child = Command::new(PROGRAM)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
        ])
        .arg(format!("--user-data-dir={}", work.join("user").display()))
        .args(arguments)
        .arg(format!("file://{}", folder.join(page).display()))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(File::create(&output).expect("the file can be made"))
        .stderr(File::create(work.join("errors")).expect("the file can be made"))
        .spawn()
        .expect("the browser starts");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("the browser can be waited for") {
            break status;
        }
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the browser hangs on {page} with {arguments:?}");
        }
        sleep(Duration::from_millis(20));
    };
    let errors = fs::read_to_string(work.join("errors")).unwrap_or_default();
    assert!(status.success(), "{page} {arguments:?}: {errors}");
    let text = fs::read(&output).expect("the output can be read");
    let _ = fs::remove_dir_all(work);
    String::from_utf8_lossy(&text).into_owned()
}

/// A name for a run, so that two at a time do not share a folder.
fn unique(page: &str, arguments: &[&str]) -> String {
    arguments
        .iter()
        .chain([&page])
        .flat_map(|text| text.chars())
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}
