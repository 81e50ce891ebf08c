//! What the program brings along, read once for all tests.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use vmo_ra::pack::Library;
use vmo_ra::revision::Revision;

/// A revision by its name.
pub fn revision(name: &str) -> &'static Revision {
    static ALL: LazyLock<BTreeMap<&str, Revision>> = LazyLock::new(|| {
        let load = |name| (name, Revision::load(name).expect("it is built in"));
        Revision::names().into_iter().map(load).collect()
    });
    &ALL[name]
}

pub fn newest() -> &'static Revision {
    revision(Revision::newest())
}

pub fn library() -> &'static Library {
    static LIBRARY: LazyLock<Library> =
        LazyLock::new(|| Library::built_in().expect("the built-in packs are whole"));
    &LIBRARY
}
