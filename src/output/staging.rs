//! What is staged and not yet in its place, so that an interrupted run can take it away.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// What is to be done before anything is staged.
static BEFORE: OnceLock<fn()> = OnceLock::new();
static STAGED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn staged() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    STAGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file or folder that goes with an interrupted run, as long as this lives.
#[derive(Debug)]
pub(super) struct Passing(PathBuf);

impl Passing {
    pub(super) fn new(path: &Path) -> Self {
        if let Some(before) = BEFORE.get() {
            before();
        }
        staged().insert(path.to_path_buf());
        Passing(path.to_path_buf())
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        staged().remove(&self.0);
    }
}

/// Says what is to be done each time before something is staged, such as to watch for signals.
pub fn before_staging(before: fn()) {
    // Who said so first is heard.
    let _ = BEFORE.set(before);
}

/// Takes away what this process has staged. Nothing can be staged, and nothing takes its place, from here on: this is for
/// a process that ends.
pub fn abandon() {
    let staged = staged();
    for path in staged.iter() {
        // Others may still write into it, which fails once it is gone.
        for _ in 0..10 {
            let gone = match fs::symlink_metadata(path) {
                Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
                Ok(_) => fs::remove_file(path),
                Err(_) => Ok(()),
            };
            if gone.is_ok() {
                break;
            }
        }
    }
    // Threads that wait for the lock wait for the end.
    std::mem::forget(staged);
}
