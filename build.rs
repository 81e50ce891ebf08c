//! The templates and the revision data are compiled in; a new file among them must rebuild the crate.

fn main() {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=profiles");
}
