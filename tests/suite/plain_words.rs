//! Phrases that slow a reader down stay out of pages, data and source.

use std::fs;
use std::path::{Path, PathBuf};

/// Each with plain words for it.
const PHRASES: [(&str, &str); 20] = [
    (" is none that ", "no ..."),
    (" as it stands", "as it is; unchanged"),
    (" as they stand", "as they are"),
    (" takes the place of ", "replaces"),
    (" take the place of ", "replace"),
    (" takes its place", "replaces it"),
    (" made anew", "created again; replaced"),
    (" starts anew", "restarts"),
    ("to be mended", "to be fixed"),
    (" mend the ", "fix; correct"),
    (" lest ", "so that ... not"),
    ("whoever ", "users who; anyone who"),
    (" is no yaml", "is not YAML"),
    (" is no json", "is not JSON"),
    (" is no base64", "is not base64"),
    (" is no part of ", "is not part of"),
    (" gives out ", "assigns"),
    (" passes over ", "skips; ignores"),
    (" at hand", "available; given"),
    ("stands twice", "is a duplicate"),
];

#[test]
fn plain_words_are_used_everywhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
    let mut files: Vec<PathBuf> = pages.iter().map(|page| root.join(page)).collect();
    for (folder, ending) in [("docs", "md"), ("profiles", "yaml"), ("src", "rs")] {
        collect(&root.join(folder), ending, &mut files);
    }
    let mut found = vec![];
    for file in files {
        let text = fs::read_to_string(&file)
            .expect("it is text")
            .to_lowercase();
        for (phrase, instead) in PHRASES {
            if let Some(at) = text.find(phrase) {
                let line = text[..at].lines().count();
                let file = file.strip_prefix(root).unwrap_or(&file).display();
                found.push(format!("{file}:{line}: `{phrase}`, write: {instead}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Adds the files with this ending below a folder.
fn collect(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            collect(&path, ending, files);
        } else if path.extension().is_some_and(|found| found == ending) {
            files.push(path);
        }
    }
}
