//! Decides what a name on the command line stands for, once for all commands, and reads it. Files are reached through
//! [`Disk`] only.
//!
//! ```
//! use std::path::Path;
//! use vmo_ra::load::Kind;
//! use vmo_ra::profile::Form;
//!
//! let kind = |text| Kind::of(text, Path::new("x.yaml"));
//! assert_eq!(kind("cluster: {workers: 5}\n"), Kind::Site);
//! assert_eq!(kind("metadata: {}\nspec: {}\n"), Kind::Profile(Form::Export));
//! let Kind::Other(guess) = kind("- a\n") else { panic!() };
//! assert_eq!(guess.is, "is a list");
//! ```

mod folder;
mod kind;

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub use folder::{SplitProfile, profile_file, split_profile};
pub use kind::{Guess, Kind};

use crate::command;
use crate::diagnostic::{Code, Diagnostic, Source, unless};
use crate::disk::{self, Disk, Entry};
use crate::profile::folder::PROFILE;
use crate::profile::{self, Document, Form, Profile};
use crate::secret;
use crate::site::{Inputs, Site};
use crate::yaml;
use folder::Folder;

/// The name that stands for standard input.
pub const STANDARD_INPUT: &str = "-";
/// The largest profile or manifest, in bytes; also of all files of a folder together.
pub const LARGEST: u64 = 128 << 20;
/// The largest site, in bytes.
const LARGEST_SITE: u64 = 4 << 20;

/// The files that may be read, with standard input at [`STANDARD_INPUT`], and what is around a site.
pub trait Machine: Disk {
    /// What a site at this path may refer to.
    fn inputs(&self, site: &Path) -> Box<dyn Inputs + '_>;
}

/// What a site's secrets are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// They are written into what is rendered, so one that cannot be read is a mistake.
    Needed,
    /// Nothing depends on their values.
    Unused,
}

/// Everything that a name stands for.
#[derive(Debug)]
pub struct Loaded {
    /// The name, in words for standard input.
    pub name: String,
    /// What is in it, in the order of the files' names.
    pub items: Vec<Item>,
    /// What is to be said of it.
    pub remarks: Vec<Diagnostic>,
    /// Whether one of its files has restricted permissions.
    pub private: bool,
}

/// One thing that was loaded.
#[derive(Debug)]
pub enum Item {
    /// A site, with the mistakes that reading it found.
    Site(Box<Site>, Vec<Diagnostic>),
    /// A profile.
    Profile(Box<LoadedProfile>),
    /// Manifests of Kubernetes.
    Manifests(Source),
}

/// A profile, and where it comes from.
#[derive(Debug)]
pub struct LoadedProfile {
    /// Its file.
    pub file: String,
    /// What it says.
    pub profile: Profile,
    /// The form it was in.
    pub form: Form,
    /// What its texts are called.
    pub texts: Vec<LayerTexts>,
    /// All of it.
    pub whole: Whole,
}

/// All that a profile says, with keys that [`Profile`] does not know.
#[derive(Clone, Debug)]
pub struct Whole(Kept);

#[derive(Clone, Debug)]
enum Kept {
    /// Its file, which is read when it is asked for.
    File(Source),
    /// What `split` laid out, put together again.
    Split(String, Value, Vec<Diagnostic>),
}

impl Whole {
    /// Its file, or the first one of a split profile.
    pub fn file(&self) -> &str {
        match &self.0 {
            Kept::File(source) => source.name(),
            Kept::Split(file, ..) => file,
        }
    }

    /// The tree of it, as Palette imports it.
    ///
    /// # Errors
    /// It is in a form that Palette does not import, or lacks what an import has.
    pub fn tree(&self) -> Result<Value, Vec<Diagnostic>> {
        match &self.0 {
            Kept::File(source) => Document::read(source).map(Document::into_value),
            Kept::Split(_, tree, _) => Ok(tree.clone()),
        }
    }

    /// What is to be said of its texts.
    pub fn warnings(&self) -> &[Diagnostic] {
        match &self.0 {
            Kept::File(_) => &[],
            Kept::Split(.., warnings) => warnings,
        }
    }
}

/// What the texts of a layer are called: their files, where they have some of their own.
#[derive(Clone, Debug)]
pub struct LayerTexts {
    /// Its values.
    pub values: String,
    /// Its manifests.
    pub manifests: Vec<String>,
}

impl LoadedProfile {
    /// A profile whose texts have no files of their own.
    fn of_file(profile: Profile, form: Form, whole: Whole) -> Self {
        let file = whole.file();
        LoadedProfile {
            texts: LayerTexts::of_file(file, &profile),
            file: file.to_owned(),
            profile,
            form,
            whole,
        }
    }
}

impl LayerTexts {
    /// Of each layer of a profile whose texts have no files of their own.
    pub fn of_file(file: &str, profile: &Profile) -> Vec<LayerTexts> {
        let layers = profile.spec.template.packs.iter();
        let texts = layers.map(|layer| LayerTexts {
            values: format!("{file}: values of {}", layer.name),
            manifests: (layer.manifests.iter())
                .map(|one| format!("{file}: manifest {} of {}", one.name, layer.name))
                .collect(),
        });
        texts.collect()
    }

    /// The name of its values, or of one of its manifests.
    pub fn name(&self, manifest: Option<usize>) -> &str {
        match manifest {
            None => &self.values,
            Some(number) => &self.manifests[number],
        }
    }
}

/// A file that was read, and what it is.
struct File {
    source: Source,
    path: PathBuf,
    kind: Kind,
    private: bool,
}

impl File {
    fn read(disk: &dyn Disk, path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let (source, private) = source(disk, path, LARGEST)?;
        Ok(File::of(source, path, private))
    }

    fn of(source: Source, path: &Path, private: bool) -> Self {
        File {
            kind: Kind::of(source.text(), path),
            source,
            path: path.to_path_buf(),
            private,
        }
    }

    fn item(self, disk: &dyn Machine) -> Result<Item, Vec<Diagnostic>> {
        let kind = match self.kind {
            Kind::Other(guess) if guess.is_site_without_sections() => Kind::Site,
            kind => kind,
        };
        Ok(match kind {
            Kind::Site => {
                let inputs = disk.inputs(&self.path);
                let (site, problems) = Site::read(&self.source, inputs.as_ref())?;
                Item::Site(Box::new(site), problems)
            }
            Kind::Manifests => Item::Manifests(self.source),
            Kind::Profile(form) => {
                let profile = profile::read(&self.source)?;
                let whole = Whole(Kept::File(self.source));
                let profile = LoadedProfile::of_file(profile, form, whole);
                Item::Profile(Box::new(profile))
            }
            Kind::Other(guess) => {
                if guess.is_unknown() {
                    yaml::to_json_all(&self.source, yaml::Limits::INPUT)?;
                }
                return Err(nothing_of_ours(self.source.name(), guess).into());
            }
        })
    }
}

/// An error for a text that is not an input.
fn nothing_of_ours(name: &str, guess: Guess) -> Diagnostic {
    Diagnostic::error(format!(
        "`{name}` is not a site, a profile or manifests: it {}",
        guess.is
    ))
    .code(Code::WrongKind)
    .help(guess.help)
}

/// A text under the name that messages have for it, without the byte order mark that programs on Windows write.
fn source(disk: &dyn Disk, path: &Path, largest: u64) -> Result<(Source, bool), Diagnostic> {
    let name = name_of(path, "<standard input>");
    let read = disk.read(path, largest);
    let read = read.map_err(|error| {
        let problem = Diagnostic::unreadable(&name, &error);
        match error.kind() {
            io::ErrorKind::NotFound => {
                problem.did_you_mean(&name, siblings(disk, path).iter().map(String::as_str))
            }
            _ => problem,
        }
    })?;
    Ok((named(name, read.text), read.private))
}

/// The paths beside another, as they would be given in its place.
fn siblings(disk: &dyn Disk, path: &Path) -> Vec<String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let listed = match folder.as_os_str().is_empty() {
        true => disk.list(Path::new(".")),
        false => disk.list(folder),
    };
    let names = listed.unwrap_or_default().into_iter();
    let paths = names.map(|(name, _)| folder.join(name).display().to_string());
    paths.collect()
}

fn named(name: String, text: String) -> Source {
    let text = match text.strip_prefix('\u{feff}') {
        Some(without) => without.to_owned(),
        None => text,
    };
    secret::source(name, text)
}

fn name_of(path: &Path, of_standard_input: &str) -> String {
    if path == Path::new(STANDARD_INPUT) {
        of_standard_input.to_owned()
    } else {
        path.display().to_string()
    }
}

fn is_folder(disk: &dyn Disk, path: &Path) -> bool {
    path != Path::new(STANDARD_INPUT) && matches!(disk.entry(path, true), Ok(Entry::Folder))
}

/// Loads whatever a name stands for: a file, standard input, or a folder with all that is in it.
///
/// # Errors
/// Everything that is wrong with it; what is neither a site nor a profile nor manifests is said to be so.
pub fn load(disk: &dyn Machine, name: &str) -> Result<Loaded, Vec<Diagnostic>> {
    let path = Path::new(name);
    let mut loaded = Loaded {
        name: name_of(path, "standard input"),
        items: Vec::new(),
        remarks: Vec::new(),
        private: false,
    };
    if path.file_name().is_some_and(|file| file == PROFILE) {
        // The first file of a split profile stands for its folder.
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        Folder::new(disk, folder, &mut loaded).split(folder)?;
    } else if is_folder(disk, path) {
        Folder::new(disk, path, &mut loaded).load()?;
    } else {
        let file = File::read(disk, path)?;
        loaded.private = file.private;
        loaded.items.push(file.item(disk)?);
    }
    for item in &loaded.items {
        if let Item::Profile(profile) = item
            && profile.form == Form::Answer
        {
            let file = &profile.file;
            loaded.remarks.push(
                Diagnostic::note(format!(
                    "`{file}` is an answer of Palette's API, without variables and the texts of manifests"
                ))
                .help("export it with `GET /v1/clusterprofiles/UID/export?format=json` to get everything"),
            );
        }
    }
    Ok(loaded)
}

/// As [`load`], of a file or standard input that was read already.
///
/// # Errors
/// As [`load`].
pub fn load_text(
    disk: &dyn Machine,
    path: &Path,
    text: String,
    private: bool,
) -> Result<Item, Vec<Diagnostic>> {
    let source = named(name_of(path, "<standard input>"), text);
    File::of(source, path, private).item(disk)
}

/// The site at a path that a person named as one.
///
/// # Errors
/// It cannot be read, is something else, or has mistakes.
pub fn site(disk: &dyn Machine, path: &Path, secrets: Secrets) -> Result<Site, Vec<Diagnostic>> {
    if is_folder(disk, path) {
        return Err(
            Diagnostic::error(format!("`{}` is a folder", path.display()))
                .code(Code::WrongKind)
                .help("name the site's file in it")
                .into(),
        );
    }
    site_of(disk, path, secrets)
}

/// As [`site`] with its secrets, of a file that was found below a folder and not named, where a pipe would be waited for without end.
///
/// # Errors
/// As [`site`]; it is not a file, or a link that leads out of the folder.
pub fn site_below(disk: &dyn Machine, folder: &Path, path: &Path) -> Result<Site, Vec<Diagnostic>> {
    // A missing file gets the same message as any other site.
    if disk.entry(path, false).is_ok() {
        // Its folder may be a link too.
        disk::may_be_read(disk, folder, path, Entry::Link)?;
    }
    site_of(disk, path, Secrets::Needed)
}

fn site_of(disk: &dyn Machine, path: &Path, secrets: Secrets) -> Result<Site, Vec<Diagnostic>> {
    let (source, _) = source(disk, path, LARGEST_SITE).map_err(|problem| {
        if disk
            .entry(path, true)
            .is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        {
            return problem.help("write one to start from with `vmo-ra init`");
        }
        problem
    })?;
    let name = source.name();
    let (is, help) = match Kind::of(source.text(), path) {
        Kind::Profile(_) => (
            "a profile, not a site",
            "name the site that it was rendered from, or start one with `vmo-ra init`",
        ),
        Kind::Manifests => (
            "Kubernetes manifests, not a site",
            "a site has no `apiVersion` and no `kind`; start one with `vmo-ra init`",
        ),
        Kind::Other(guess) if source.text().trim().is_empty() => (
            guess.is,
            "leave it out for the RA's example, or start one with `vmo-ra init`",
        ),
        Kind::Other(guess) if guess.is_site_as_object() => {
            ("in the form of a Kubernetes object", guess.help)
        }
        // It was named as a site: its reader says what is wrong with each of its keys.
        Kind::Site | Kind::Other(_) => {
            let inputs = disk.inputs(path);
            return match secrets {
                Secrets::Needed => Site::parse(&source, inputs.as_ref()),
                Secrets::Unused => Site::read(&source, inputs.as_ref())
                    .and_then(|(site, problems)| unless(problems, site)),
            };
        }
    };
    let is = is.trim_start_matches("is ");
    Err(Diagnostic::error(format!("`{name}` is {is}"))
        .code(Code::WrongKind)
        .help(help)
        .into())
}

/// A profile in Palette's own form, with its text, and whether its file has restricted permissions.
///
/// # Errors
/// It cannot be read, or is anything else; the message says what, and what to do with it.
pub fn document(disk: &dyn Disk, name: &str) -> Result<(Source, Document, bool), Vec<Diagnostic>> {
    let path = Path::new(name);
    if is_folder(disk, path) {
        let help = match disk.entry(&path.join(PROFILE), false) {
            Ok(_) => format!("{} makes one file of it", command::on("vmo-ra join", name)),
            Err(_) => "name a profile's file in it".to_owned(),
        };
        return Err(
            Diagnostic::error(format!("`{name}` is a folder, not a profile"))
                .code(Code::WrongKind)
                .help(help)
                .into(),
        );
    }
    let file = File::read(disk, path)?;
    let name = file.source.name();
    let no_profile = |is: &str, help: String| {
        Err(
            Diagnostic::error(format!("`{name}` is {is}, not a profile"))
                .code(Code::WrongKind)
                .help(help)
                .into(),
        )
    };
    match file.kind {
        Kind::Profile(_) => {
            let document = Document::read(&file.source)?;
            Ok((file.source, document, file.private))
        }
        Kind::Site => no_profile(
            "a site",
            format!(
                "{} makes profiles of it",
                command::on("vmo-ra render --site", path)
            ),
        ),
        Kind::Manifests => no_profile(
            "Kubernetes manifests",
            format!(
                "{} checks them; a profile is what Palette exports",
                command::on("vmo-ra check", path)
            ),
        ),
        Kind::Other(guess) => Err(Diagnostic::error(format!(
            "`{name}` is not a profile: it {}",
            guess.is
        ))
        .code(Code::WrongKind)
        .help("give a profile as Palette exports it, as JSON or YAML")
        .into()),
    }
}

#[cfg(test)]
mod tests;
