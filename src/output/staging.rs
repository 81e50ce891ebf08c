//! Files and folders that are staged but not yet in place, so that an interrupted run can remove them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::{fs, io, mem};

use super::disk;

/// What is to be done before anything is staged.
static BEFORE: OnceLock<fn()> = OnceLock::new();
static STAGED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// While this exists nothing is removed, so that a new file is registered before a signal ends the run.
pub(super) struct Held(MutexGuard<'static, BTreeSet<PathBuf>>);

impl Held {
    fn new() -> Self {
        Held(STAGED.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From here on, an interrupted run removes this path.
    pub(super) fn passing<T: AsRef<Path>>(&mut self, made: T) -> Passing<T> {
        let path = made.as_ref().to_path_buf();
        self.0.insert(path.clone());
        Passing {
            made,
            name: Name(path),
        }
    }
}

/// A file or folder that an interrupted run removes, as long as this exists.
#[derive(Debug)]
pub(super) struct Passing<T> {
    // Goes first, so that it has its name here until it is gone.
    made: T,
    name: Name,
}

#[derive(Debug)]
struct Name(PathBuf);

impl<T: AsRef<Path>> Passing<T> {
    /// Makes a file or folder.
    pub(super) fn made(make: impl FnOnce() -> io::Result<T>) -> io::Result<Self> {
        if let Some(before) = BEFORE.get() {
            before();
        }
        let mut held = Held::new();
        make().map(|made| held.passing(made))
    }
}

impl<T> Passing<T> {
    pub(super) fn get(&self) -> &T {
        &self.made
    }

    pub(super) fn path(&self) -> &Path {
        &self.name.0
    }

    /// Takes the step that moves the file from its staging name.
    pub(super) fn settle<R>(self, step: impl FnOnce(T, &mut Held) -> R) -> R {
        let Passing { made, mut name } = self;
        let mut held = Held::new();
        held.0.remove(&mem::take(&mut name.0));
        mem::forget(name);
        step(made, &mut held)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        Held::new().0.remove(&self.0);
    }
}

/// Says what is to be done each time before something is staged, such as to watch for signals.
pub fn before_staging(before: fn()) {
    // Who said so first is heard.
    let _ = BEFORE.set(before);
}

/// Removes everything that this process has staged. Afterwards nothing can be staged or put in place: this is for a process
/// that ends.
pub fn abandon() {
    let held = Held::new();
    for path in held.0.iter() {
        // Threads that still write do so by its name, and fail once it has another.
        let mut aside = path.clone().into_os_string();
        aside.push(".gone");
        let aside = PathBuf::from(aside);
        let path = match disk::rename_to_new(path, &aside) {
            Ok(true) => &aside,
            _ => path,
        };
        // What was opened before may still come in.
        for _ in 0..10 {
            let gone = match fs::symlink_metadata(path) {
                Ok(metadata) if metadata.is_dir() => disk::remove_folder(path),
                Ok(_) => fs::remove_file(path),
                Err(_) => Ok(()),
            };
            if gone.is_ok() {
                break;
            }
        }
    }
    // Threads that wait for the lock wait for the end.
    mem::forget(held);
}
