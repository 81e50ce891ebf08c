//! The combined effect of the files of a node, as their readers see it: a later file may override the one that a claim is
//! about, and a flag overrides all of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::node_text::{self, containerd, multipath, systemd, udev};
use super::undone::{self, Run, Written};

/// Where udev, sysctl and similar programs look for files; for files with the same name, the first folder wins.
const FOLDERS: [&str; 5] = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"];
/// The same for units of systemd.
const UNIT_FOLDERS: [&str; 8] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// What the paths of files begin with that are read where they lie.
const PLACES: [&str; 4] = ["/etc/", "/run/", "/usr/", "/lib/"];
/// Flags of the kubelet whose setting has another name.
const FLAGS: [(&str, &str); 2] = [
    ("reserved-cpus", "reservedSystemCPUs"),
    ("system-reserved-cgroup", "systemReservedCgroup"),
];
/// Texts that indicate the kubelet's flags.
const OF_KUBELET: [&str; 4] = [
    "KUBELET_EXTRA_ARGS",
    "/default/kubelet",
    "kubeadm-flags.env",
    "kubelet.service.d",
];
/// Kernel modules that the reader of a file needs.
const MODULES: [(&str, &[&str]); 1] = [(
    "/multipath.conf",
    &["dm_multipath", "dm_mod", "dm_service_time", "scsi_dh_alua"],
)];

/// What a profile puts on its nodes.
pub(crate) struct Nodes {
    files: Vec<File>,
    runs: Vec<Run>,
    /// The kubelet's flags, as kubeadm hands them on.
    flags: Vec<(String, String)>,
    /// Whether the layer of Kubernetes is there, which has them.
    is_whole: bool,
}

struct File {
    /// Where the profile puts it.
    given: String,
    /// Where it is read.
    path: String,
    text: String,
    /// Whether the profile puts it there, and no command writes it.
    is_put: bool,
    /// The command that writes it, where its text is not known.
    by: Option<String>,
}

impl File {
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

impl Nodes {
    /// Those of the values of all layers.
    pub(crate) fn of<'v>(layers: impl Iterator<Item = &'v Value>) -> Self {
        let mut entries = Vec::new();
        let mut nodes = Nodes {
            files: Vec::new(),
            runs: Vec::new(),
            flags: Vec::new(),
            is_whole: false,
        };
        for config in layers.filter_map(|values| values.get("kubeadmconfig")) {
            let list = |key: &str| {
                let list = config.get(key).and_then(Value::as_array);
                list.map(Vec::as_slice).unwrap_or_default()
            };
            nodes.runs.extend(undone::runs_of(&list));
            entries.extend(list("files"));
            nodes.flags.extend(flags_of(config.get("kubeletExtraArgs")));
            nodes.is_whole |= config.get("apiServer").is_some();
        }
        // Files in a folder that a command names are copied into place from there.
        let words = nodes.runs.iter().flat_map(|run| &run.words);
        let words = words.filter(|word| word.starts_with('/'));
        let roots: Vec<&str> = words
            .map(|word| word.trim_end_matches(['/', '.']))
            .collect();
        for entry in entries {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let given = text("targetPath");
            let path = landing(&roots, given).to_owned();
            nodes.files.push(File {
                given: given.to_owned(),
                path,
                text: text("content").to_owned(),
                is_put: true,
                by: None,
            });
        }
        let written: Vec<Written> = nodes.runs.iter().filter_map(undone::written).collect();
        let mut placed = Vec::new();
        for written in written {
            placed.push((landing(&roots, &written.path).to_owned(), written));
        }
        for (path, written) in placed {
            nodes.write(path, written);
        }
        nodes
    }

    /// Adds a file that a command writes, or what it writes to the end of one.
    fn write(&mut self, path: String, written: Written) {
        let mut known = self.files.iter().rev();
        let known = known.find(|file| file.path == path && written.is_more);
        let before = known.map_or("", |file| &file.text);
        let text = format!("{before}{}", written.text.as_deref().unwrap_or_default());
        self.files.push(File {
            given: written.path,
            path,
            by: written.text.is_none().then_some(written.by),
            text,
            is_put: false,
        });
    }

    /// The content of a file, and the combined effect with the other files, or none if there is no such file.
    ///
    /// # Errors
    /// Its reader refuses it, or something undoes it or has an unknown effect.
    pub(crate) fn says(&self, given: &str) -> Result<Option<Value>, String> {
        // Of two files with one path, the second replaces the first.
        let is_put = |file: &&File| file.given == given && file.is_put;
        let Some(file) = self.files.iter().rev().find(is_put) else {
            return Ok(None);
        };
        if file.text.is_empty() {
            return Ok(None);
        }
        let is_staged = file.given != file.path;
        if let Some(what) = undone::undoing(&self.runs, given, &file.path, is_staged) {
            return Err(what);
        }
        if let Some(what) = self.without_module(file) {
            return Err(what);
        }
        let path = file.path.as_str();
        let is_in = |folder: &str| path.contains(folder);
        if is_in("/kubelet.conf.d/") {
            return self.kubelet(file).map(Some);
        }
        if is_in("/containerd/") && path.ends_with("/config.toml") {
            let mut others = self.texts(|other| {
                other.path.contains("/containerd/") && other.path.ends_with(".toml")
            })?;
            others.retain(|(other, _)| *other != path);
            return containerd::tree(&file.text, &others).map(Some);
        }
        if path.ends_with("/multipath.conf") {
            let mut all = file.text.clone();
            for (_, text) in self.texts(|other| {
                other.path.contains("/multipath/conf.d/") && other.path.ends_with(".conf")
            })? {
                all = format!("{all}\n{text}");
            }
            return Ok(Some(multipath::tree(&all)));
        }
        if is_in("/systemd/system/") {
            return self.unit(file).map(Some);
        }
        if is_in("/udev/rules.d/") {
            let all = self.in_order("udev/rules.d", ".rules");
            is_read(file, &all)?;
            let all: Vec<&str> = all.iter().map(|file| file.text.as_str()).collect();
            return udev::together(&file.text, &all).map(Some);
        }
        if is_in("/sysctl.d/") {
            return self.sysctl(file).map(Some);
        }
        node_text::tree(given, &file.text).map(Some)
    }

    /// The paths and texts of some files, in the order of their paths, each path once.
    fn texts(&self, is_meant: impl Fn(&File) -> bool) -> Result<Vec<(&str, &str)>, String> {
        let files: Vec<&File> = self.files.iter().filter(|file| is_meant(file)).collect();
        are_known(&files)?;
        let texts = files
            .iter()
            .map(|file| (file.path.as_str(), file.text.as_str()));
        Ok(texts.collect::<BTreeMap<_, _>>().into_iter().collect())
    }

    /// The files of a folder that is looked for in several places, in the order in which they are read: by their names, and
    /// of those of one name the first place's only.
    fn in_order(&self, folder: &str, ending: &str) -> Vec<&File> {
        let places: Vec<String> = FOLDERS
            .iter()
            .map(|root| format!("{root}/{folder}"))
            .collect();
        self.ranked(|file| {
            let place = places.iter().position(|place| place == file.folder())?;
            file.path.ends_with(ending).then_some(place)
        })
    }

    fn ranked(&self, rank: impl Fn(&File) -> Option<usize>) -> Vec<&File> {
        let mut found: BTreeMap<&str, (usize, &File)> = BTreeMap::new();
        for file in &self.files {
            let Some(rank) = rank(file) else { continue };
            let known = found.entry(file.name()).or_insert((rank, file));
            if rank <= known.0 {
                *known = (rank, file);
            }
        }
        found.into_values().map(|(_, file)| file).collect()
    }

    /// The settings of the kernel that a file still has when all files are read.
    fn sysctl(&self, file: &File) -> Result<Value, String> {
        let mut all = self.in_order("sysctl.d", ".conf");
        is_read(file, &all)?;
        // Ubuntu reads the oldest of them as `99-sysctl.conf`.
        let last = self
            .files
            .iter()
            .filter(|file| file.path == "/etc/sysctl.conf");
        let before = all
            .iter()
            .take_while(|file| file.name() <= "99-sysctl.conf")
            .count();
        all.splice(before..before, last);
        are_known(&all)?;
        let own = node_text::sysctl(&file.text);
        let behind = all.iter().skip_while(|other| other.path != file.path);
        for other in behind {
            let says = node_text::sysctl(&other.text);
            for (key, value) in own.as_object().into_iter().flatten() {
                if says.get(key).is_some_and(|other| other != value) {
                    return Err(format!(
                        "`{key} = {}` in `{}`, which is read later",
                        says[key].as_str().unwrap_or_default(),
                        other.given
                    ));
                }
            }
        }
        let mut keys = own.as_object().into_iter().flatten();
        match keys.find_map(|(key, value)| undone::set_at_once(&self.runs, key, value.as_str()?)) {
            Some(what) => Err(what),
            None => Ok(own),
        }
    }

    /// A unit with all its drop-ins.
    fn unit(&self, file: &File) -> Result<Value, String> {
        let Some(unit) = unit_of(&file.path) else {
            return node_text::tree(&file.given, &file.text);
        };
        let all = self.of_unit(unit);
        is_read(file, &all)?;
        let texts: Vec<&str> = all.iter().map(|file| file.text.as_str()).collect();
        Ok(systemd::tree(&texts.join("\n")))
    }

    /// The files of a unit in the order in which they are read: its own, and its drop-ins by their names.
    fn of_unit(&self, unit: &str) -> Vec<&File> {
        let (name, kind) = unit.rsplit_once('.').unwrap_or((unit, ""));
        // The most particular first: `a-b.service.d`, `a-.service.d`, `service.d`.
        let mut folders = vec![format!("{unit}.d")];
        let dashes = name.match_indices('-').rev();
        folders.extend(dashes.map(|(at, _)| format!("{}-.{kind}.d", &name[..at])));
        folders.push(format!("{kind}.d"));
        let place = |file: &File, folder: &str| {
            let folder = format!("/{folder}");
            let above = file.folder().strip_suffix(folder.as_str())?;
            UNIT_FOLDERS.iter().position(|known| *known == above)
        };
        let mut all = self.ranked(|file| {
            let place = UNIT_FOLDERS
                .iter()
                .position(|known| *known == file.folder());
            place.filter(|_| file.name() == unit)
        });
        all.extend(self.ranked(|file| {
            let mut ranks = folders.iter().enumerate();
            let rank = ranks.find_map(|(rank, folder)| Some((rank, place(file, folder)?)));
            let (rank, place) = rank.filter(|_| file.path.ends_with(".conf"))?;
            Some(rank * UNIT_FOLDERS.len() + place)
        }));
        all
    }

    /// The kubelet's configuration: all files of its folder, and its flags.
    fn kubelet(&self, file: &File) -> Result<Value, String> {
        let flags = self.kubelet_flags()?;
        let folder = flags.iter().rev().find(|(name, _)| name == "config-dir");
        if self.is_whole && folder.is_none() {
            return Err("no `--config-dir`, so the kubelet does not read it".to_owned());
        }
        if let Some((_, folder)) = folder
            && !file
                .path
                .starts_with(&format!("{}/", folder.trim_end_matches('/')))
            && !folder.contains("{{")
        {
            return Err(format!(
                "`--config-dir={folder}`, where the kubelet looks instead"
            ));
        }
        let mut whole = Value::Object(Map::new());
        let folder = file.folder();
        for (path, text) in self.texts(|other| other.path.starts_with(folder))? {
            if path.ends_with(".conf") {
                let says = node_text::yaml(path, text)?;
                merge(&mut whole, says);
            }
        }
        if !file.path.ends_with(".conf") {
            return Err(
                "a file whose name does not end in `.conf`, which the kubelet ignores".to_owned(),
            );
        }
        for (name, value) in flags {
            set_by_flag(&mut whole, &name, &value);
        }
        Ok(whole)
    }

    /// The kubelet's flags in the order of its command line.
    fn kubelet_flags(&self) -> Result<Vec<(String, String)>, String> {
        let mut flags = self.flags.clone();
        let unit = self.of_unit("kubelet.service");
        let of_defaults = |file: &&File| file.path.ends_with("/default/kubelet");
        let defaults: Vec<&File> = self.files.iter().filter(of_defaults).collect();
        are_known(&unit)?;
        are_known(&defaults)?;
        let texts: Vec<&str> = unit.iter().map(|file| file.text.as_str()).collect();
        let says = systemd::tree(&texts.join("\n"));
        if let Some(exec) = says.pointer("/Service/ExecStart").and_then(Value::as_str)
            && !exec.is_empty()
            && !exec.contains("KUBELET_KUBEADM_ARGS")
            && !exec.contains("--config-dir")
        {
            return Err(format!(
                "`ExecStart={}` of kubelet.service, which has no `--config-dir`",
                exec.split(' ').next().unwrap_or_default()
            ));
        }
        for text in texts {
            flags.extend(flags_in(text));
        }
        for file in defaults {
            flags.extend(flags_in(&file.text));
        }
        for run in &self.runs {
            let text = format!("{} {}", run.words.join(" "), run.here);
            if OF_KUBELET.iter().any(|part| text.contains(part)) {
                flags.extend(flags_in(&text));
            }
        }
        Ok(flags)
    }

    /// What undoes later what a command wrote.
    pub(crate) fn undone_later(&self, is_it: impl Fn(&Run) -> bool) -> Option<String> {
        undone::undone_later(&self.runs, is_it)
    }

    /// Settings that make the kubelet ignore the flags in `/etc/default/kubelet`.
    pub(crate) fn without_extra_flags(&self) -> Option<String> {
        let unit = self.of_unit("kubelet.service");
        let texts: Vec<&str> = unit.iter().map(|file| file.text.as_str()).collect();
        let says = systemd::tree(&texts.join("\n"));
        let wanted = [
            ("ExecStart", "KUBELET_EXTRA_ARGS"),
            ("EnvironmentFile", "/default/kubelet"),
        ];
        wanted.iter().find_map(|(key, part)| {
            let given = says.get("Service")?.get(key)?.as_str()?;
            (!given.contains(part)).then(|| format!("`{key}` of kubelet.service without `{part}`"))
        })
    }

    /// A file that keeps the kernel from loading a module that the reader of this one needs.
    fn without_module(&self, file: &File) -> Option<String> {
        let (_, modules) = MODULES.iter().find(|(part, _)| file.path.ends_with(part))?;
        let of_boot = self
            .files
            .iter()
            .filter(|file| file.path.contains("/default/grub"));
        for word in of_boot.flat_map(|file| file.text.split([' ', '"', '\'', '\n'])) {
            if matches!(word, "multipath=off" | "nompath") {
                return Some(format!(
                    "`{word}` for the kernel, with which multipathd does not start"
                ));
            }
        }
        let of_modules = self.in_order("modprobe.d", ".conf");
        if let Err(what) = are_known(&of_modules) {
            return Some(what);
        }
        for other in of_modules {
            for (_, line) in node_text::lines(&other.text, &['#']) {
                let words: Vec<String> = line
                    .split_whitespace()
                    .map(|word| word.replace('-', "_"))
                    .collect();
                let [verb, module, command, ..] = words.as_slice() else {
                    continue;
                };
                if verb == "install"
                    && modules.contains(&module.as_str())
                    && !command.contains("modprobe")
                {
                    return Some(format!(
                        "`install {module}` in `{}`, which keeps the module from being loaded",
                        other.given
                    ));
                }
            }
        }
        None
    }
}

/// The final path of a file that is staged in one of several folders.
fn landing<'p>(roots: &[&str], given: &'p str) -> &'p str {
    let below = roots.iter().filter_map(|root| given.strip_prefix(root));
    let is_place = |path: &&str| PLACES.iter().any(|place| path.starts_with(place));
    let staged = below.filter(is_place).min_by_key(|path| path.len());
    staged.unwrap_or(given)
}

/// A file whose text is not known may say anything.
fn are_known(files: &[&File]) -> Result<(), String> {
    let unknown = files
        .iter()
        .find_map(|file| Some((file, file.by.as_ref()?)));
    unknown.map_or(Ok(()), |(file, by)| {
        Err(format!(
            "`{by} … {}`, and the content of that file is unknown",
            file.path
        ))
    })
}

/// Another file of the same name is read instead, or one is not known.
fn is_read(file: &File, all: &[&File]) -> Result<(), String> {
    are_known(all)?;
    let mut named = all.iter().filter(|other| other.name() == file.name());
    match all.iter().any(|other| other.path == file.path) {
        true => Ok(()),
        false => Err(match named.next() {
            Some(other) => format!("`{}`, which is read instead", other.given),
            None => "a file that nothing reads there".to_owned(),
        }),
    }
}

/// The unit that a file is a part of.
pub(crate) fn unit_of(path: &str) -> Option<&str> {
    let (_, unit) = path.rsplit_once("/systemd/system/")?;
    let unit = unit.split('/').next().unwrap_or_default();
    Some(unit.strip_suffix(".d").unwrap_or(unit))
}

/// As the kubelet merges its files: maps by their keys, and null removes.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                if value.is_null() {
                    into.shift_remove(&key);
                } else {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (into, from) => *into = from,
    }
}

/// Flags as kubeadm takes them: a map, or a list of names and values.
fn flags_of(given: Option<&Value>) -> Vec<(String, String)> {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    match given {
        Some(Value::Object(map)) => map
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        Some(Value::Array(items)) => {
            let flag =
                |item: &Value| Some((item.get("name").map(text)?, item.get("value").map(text)?));
            items.iter().filter_map(flag).collect()
        }
        _ => Vec::new(),
    }
}

/// Flags in a text, whatever is around them.
fn flags_in(text: &str) -> Vec<(String, String)> {
    let mut flags = Vec::new();
    let lines = node_text::lines(text, &['#', ';']);
    for (_, line) in lines {
        for (at, _) in line.match_indices("--") {
            let rest = &line[at + 2..];
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            let value = rest.strip_prefix(['=', ' ']).unwrap_or_default();
            let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\');
            let value = value.split(ends).next().unwrap_or_default();
            if !name.is_empty() && !value.is_empty() && !value.starts_with('-') {
                flags.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    flags
}

/// Sets what a flag sets, in the form that the configuration has.
fn set_by_flag(whole: &mut Value, flag: &str, value: &str) {
    let known = FLAGS.iter().find(|(name, _)| *name == flag);
    let key = known.map_or_else(
        || {
            let mut words = flag.split('-');
            let mut key = words.next().unwrap_or_default().to_owned();
            for word in words {
                let mut letters = word.chars();
                key.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                key.push_str(letters.as_str());
            }
            key
        },
        |(_, key)| (*key).to_owned(),
    );
    let scalar = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let pairs: Option<Map<String, Value>> = value
        .split(',')
        .map(|pair| {
            let (name, value) = pair.split_once(['=', '<'])?;
            Some((name.to_owned(), value.into()))
        })
        .collect();
    if let Value::Object(whole) = whole {
        whole.insert(key, pairs.map_or_else(|| scalar(value), Value::Object));
    }
}
