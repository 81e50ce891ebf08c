//! Which command on a node undoes what a file says that was put there.

use serde_json::Value;

pub(crate) use super::commands::Run;
use super::commands::runs;
use super::node_text::udev::fits;
use super::nodes::unit_of;

/// How deep commands may stand in the words of others.
const DEPTH: usize = 8;

/// What only says how the next command runs.
const PREFIXES: &str = "sudo env nohup exec command builtin nice ionice timeout time busybox xargs";
/// Shells, which run what stands behind `-c`.
const SHELLS: &str = "sh bash dash ash";
/// Commands that take away what they name, with all that is below it.
const REMOVERS: &str = "rm unlink rmdir shred truncate";
/// Commands whose last operand is what they write.
const COPIERS: &str = "cp install ln rsync mv";
/// Commands that write each file that they name.
const WRITERS: &str = "tee ed ex patch crudini curl wget";
/// Commands that write the files that they name if they have `-i`.
const EDITORS: &str = "sed perl yq gawk awk ruby";
/// Other commands that may undo something.
const OTHERS: &str = "dd find systemctl service eval";
/// Commands that change no file by being given its name.
const READERS: &str = "cat tac grep egrep fgrep head tail less ls stat test [ [[ echo printf logger cmp diff comm md5sum sha1sum \
    sha256sum cksum wc file readlink realpath basename dirname mkdir chown chgrp chmod touch sort uniq cut tr if while until \
    case . source kubelet multipath multipathd sysctl containerd udevadm true false : export local readonly set read return \
    exit trap sync restorecon which command type jq udevd systemd-analyze";
/// Commands that write files which they need not name.
const OWNERS: [(&str, &str); 3] = [
    ("mpathconf", "/multipath.conf"),
    ("nvidia-ctk", "/containerd/config.toml"),
    ("kubeadm", "/default/kubelet"),
];
/// What is in a condition that only control planes meet.
const CONTROL_PLANE: [&str; 4] = [
    "^controlPlane:",
    "/manifests/kube-apiserver",
    "/run/kubeadm/kubeadm.yaml",
    "node-role.kubernetes.io/control-plane",
];

/// What reads a file, by a part of its path: the unit, and the package that has it.
const DAEMONS: [(&str, &str, &str); 5] = [
    ("/multipath.conf", "multipathd.service", "multipath-tools"),
    (
        "/multipath/conf.d/",
        "multipathd.service",
        "multipath-tools",
    ),
    ("/containerd/", "containerd.service", "containerd*"),
    ("/kubelet.conf.d/", "kubelet.service", "kubelet"),
    ("/default/kubelet", "kubelet.service", "kubelet"),
];

/// What a command does to a path.
enum Touch {
    /// Takes it away, with all that is below it. The path may be a pattern.
    Tree(String),
    /// Writes it, or a file of one of these names in it.
    At(String, Vec<String>),
}

/// The commands of a layer's nodes: those before and after kubeadm, and those of the scripts among its files that they call.
/// `list` gives the lists of its values by their keys.
pub(crate) fn runs_of<'v>(list: &impl Fn(&str) -> &'v [Value]) -> Vec<Run> {
    let mut found = Vec::new();
    for key in ["preKubeadmCommands", "postKubeadmCommands"] {
        let texts: Vec<&str> = list(key).iter().filter_map(Value::as_str).collect();
        found.extend(runs(&texts.join("\n")));
    }
    for file in list("files") {
        let text = |key: &str| file.get(key).and_then(Value::as_str).unwrap_or_default();
        let (path, content) = (text("targetPath"), text("content"));
        let mut words = found.iter().flat_map(|run: &Run| &run.words);
        if content.starts_with("#!") && words.any(|word| word == path) {
            // What a script starts again may be stopped after it.
            found.splice(0..0, runs(content));
        }
    }
    found
}

/// What leaves a file, or the unit that reads it, other than it was put there, or may do so. Only the command's name and
/// what it touches are told, since its other words may be secret. A file that was put into a folder first is for workers.
pub(crate) fn undoing<'r>(
    runs: impl IntoIterator<Item = &'r Run>,
    given: &str,
    path: &str,
    is_for_workers: bool,
) -> Option<String> {
    let daemon = DAEMONS.iter().find(|(part, ..)| path.contains(part));
    let mut search = Search {
        path,
        places: [given, path],
        unit: unit_of(path).or(daemon.map(|(_, unit, _)| *unit)),
        package: daemon.map_or("", |(.., package)| *package),
        folder: None,
        off: Vec::new(),
    };
    let runs = runs.into_iter();
    let mut runs = runs.filter(|run| !is_for_workers || !run.is_for_control_planes());
    let touched = runs.find_map(|run| search.command(&run.words, &run.here, 0));
    touched.or_else(|| search.off.pop().map(|(_, told)| search.undoes(&told)))
}

/// A file that a command writes.
pub(crate) struct Written {
    pub(crate) path: String,
    /// Whether it is only made longer.
    pub(crate) is_more: bool,
    /// What it says, where that is known.
    pub(crate) text: Option<String>,
    /// The command's name.
    pub(crate) by: String,
}

/// The file that a command writes, unless only control planes run it.
pub(crate) fn written(run: &Run) -> Option<Written> {
    let words = behind_prefixes(&run.words.iter().collect::<Vec<_>>());
    let (leads, words): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with(['>', '<']));
    let (name, arguments) = words.split_first()?;
    let name = name_of(name);
    let operands = operands(arguments);
    let lead = leads.iter().find(|lead| lead.starts_with('>'));
    let here = run
        .here
        .trim_end()
        .rsplit_once('\n')
        .map(|(text, _)| format!("{text}\n"));
    let (path, text) = match (lead, name) {
        (Some(lead), "cat") => (lead.trim_start_matches(['>', '|', ' ']).to_owned(), here),
        (Some(lead), "echo" | "printf") => {
            let said = said(name, &operands);
            (
                lead.trim_start_matches(['>', '|', ' ']).to_owned(),
                Some(said),
            )
        }
        (Some(lead), _) => (lead.trim_start_matches(['>', '|', ' ']).to_owned(), None),
        (None, "tee") => ((*operands.first()?).to_owned(), here),
        (None, _) if is_one_of(COPIERS, name) => {
            let (to, from) = operands.split_last()?;
            let file = to
                .strip_suffix('/')
                .map(|_| name_of(from.last().copied().unwrap_or_default()));
            (format!("{to}{}", file.unwrap_or_default()), None)
        }
        _ => return None,
    };
    let is_known =
        path.starts_with('/') && !path.contains(['$', '`']) && !path.starts_with("/dev/");
    (is_known && !run.is_for_control_planes()).then(|| Written {
        path,
        is_more: lead.is_some_and(|lead| lead.starts_with(">>")),
        text,
        by: name.to_owned(),
    })
}

/// What `echo` or `printf` prints.
fn said(name: &str, operands: &[&str]) -> String {
    let (format, rest) = match (name, operands) {
        ("printf", [format, rest @ ..]) => (*format, rest),
        _ => return format!("{}\n", operands.join(" ")),
    };
    let mut text = format.replace("\\n", "\n").replace("\\t", "\t");
    for value in rest {
        text = text.replacen("%s", value, 1);
    }
    text
}

/// What undoes later what a command wrote.
pub(crate) fn undone_later(runs: &[Run], is_it: impl Fn(&Run) -> bool) -> Option<String> {
    let at = runs.iter().rposition(is_it)?;
    let (run, rest) = (&runs[at], &runs[at + 1..]);
    let later = rest.iter().filter(|other| !run.excludes(other));
    let words = behind_prefixes(&run.words.iter().collect::<Vec<_>>());
    let (leads, words): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with('>'));
    let arguments = words.get(1..).unwrap_or_default();
    let operands = operands(arguments);
    let name = words.first().map_or("", |word| name_of(word));
    let touches = touches(name, arguments, &operands, "");
    let leads = leads
        .iter()
        .map(|lead| lead.trim_start_matches(['>', '|', ' ']));
    let mut written = leads.chain(touches.iter().map(Touch::path));
    written.find_map(|path| {
        let is_place = path.starts_with('/') && !path.contains('$');
        undoing(later.clone(), path, path, false).filter(|_| is_place)
    })
}

/// What gives a setting of the kernel another value until the next boot.
pub(crate) fn set_at_once(runs: &[Run], key: &str, value: &str) -> Option<String> {
    let file = format!("/proc/sys/{}", key.replace('.', "/"));
    runs.iter().find_map(|run| {
        let words = behind_prefixes(&run.words.iter().collect::<Vec<_>>());
        let name = name_of(words.first()?);
        let sets = |word: &&&String| {
            let set = word.trim_matches('"').split_once('=');
            set.is_some_and(|(name, given)| {
                name.trim().replace('/', ".") == key && given.trim() != value
            })
        };
        let writes = |word: &&&String| word.trim_start_matches(['>', '|', ' ']) == file;
        let is_set = name == "sysctl" && words.iter().any(|word| sets(&word));
        let is_written = words
            .iter()
            .any(|word| writes(&word) && (word.starts_with('>') || name == "tee"));
        (is_set || is_written).then(|| format!("`{name} …`, which sets `{key}` otherwise"))
    })
}

impl Run {
    /// Whether another command runs only where this one does not.
    fn excludes(&self, other: &Run) -> bool {
        let is_not = |one: &Run, other: &Run| {
            let mut conditions = one.when.iter().map(|text| format!("not ({text})"));
            conditions.any(|text| other.when.contains(&text))
        };
        is_not(self, other) || is_not(other, self)
    }

    fn is_for_control_planes(&self) -> bool {
        let says = |text: &String| CONTROL_PLANE.iter().any(|part| text.contains(part));
        let is_not = |text: &String| {
            text.starts_with("not (") || text.starts_with("! ") || text.contains("! grep")
        };
        let is_other =
            |text: &String| text.starts_with("not (") && text.contains("\"$tune\" = yes");
        self.when
            .iter()
            .any(|text| says(text) && !is_not(text) || is_other(text))
    }
}

fn is_one_of(names: &str, name: &str) -> bool {
    names.split(' ').any(|known| known == name)
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

struct Search<'p> {
    path: &'p str,
    places: [&'p str; 2],
    unit: Option<&'p str>,
    /// The package with what reads it.
    package: &'p str,
    /// Where the commands run, once they said it.
    folder: Option<String>,
    /// What was done to the unit and is not taken back.
    off: Vec<(String, String)>,
}

impl Search<'_> {
    fn undoes(&self, told: &str) -> String {
        format!("{told}, which undoes `{}`", self.places[0])
    }

    /// What of a command touches the file.
    fn command(&mut self, words: &[String], here: &str, depth: usize) -> Option<String> {
        if depth > DEPTH {
            return None;
        }
        let is_redirection = |word: &&String| word.starts_with(['>', '<']);
        let (leads, words): (Vec<&String>, Vec<&String>) = words.iter().partition(is_redirection);
        let words = behind_prefixes(&words);
        let name = words.first().map_or("", |word| name_of(word));
        for lead in leads {
            let file = lead.trim_start_matches(['>', '|', ' ']);
            if lead.starts_with('>') && self.is_touched(&Touch::At(file.to_owned(), Vec::new())) {
                let told = [name, if name.is_empty() { "" } else { " … " }];
                return Some(self.undoes(&format!("`{}>{file}`", told.concat())));
            }
        }
        let arguments = words.get(1..).unwrap_or_default();
        let operands = operands(arguments);
        let inner = match name {
            "cd" => {
                let to = operands.first().copied().unwrap_or_default();
                self.folder = self.resolved(to);
                return None;
            }
            "systemctl" => {
                self.unit(&operands);
                return None;
            }
            "pkill" | "killall" => {
                let named: Vec<&str> = ["kill"].into_iter().chain(operands).collect();
                self.unit(&named);
                return None;
            }
            "apt" | "apt-get" | "dpkg" | "apt-mark" => {
                let removes = arguments.iter().any(|word| {
                    matches!(
                        word.as_str(),
                        "remove" | "purge" | "autoremove" | "-r" | "-P" | "--purge"
                    )
                });
                let is_its =
                    |word: &&str| !self.package.is_empty() && fits(self.package, word, false);
                let package = operands.iter().copied().find(is_its).filter(|_| removes);
                return package.map(|package| self.undoes(&format!("`{name} … {package}`")));
            }
            "service" => {
                let turned: Vec<&str> = operands.iter().copied().rev().collect();
                self.unit(&turned);
                return None;
            }
            "eval" => operands.join(" "),
            _ if is_one_of(SHELLS, name) && arguments.iter().any(|word| *word == "-c") => {
                operands.first().copied().unwrap_or_default().to_owned()
            }
            _ if is_one_of(SHELLS, name) => here.to_owned(),
            _ => String::new(),
        };
        if !inner.is_empty() {
            let inner = runs(&inner);
            return inner
                .iter()
                .find_map(|run| self.command(&run.words, &run.here, depth + 1));
        }
        if let Some((_, file)) = OWNERS.iter().find(|(owner, _)| *owner == name)
            && self.path.ends_with(file)
            && !operands.is_empty()
        {
            return Some(self.undoes(&format!("`{name} …`")));
        }
        let more = if words.len() > 2 { " …" } else { "" };
        let touches = touches(name, arguments, &operands, self.path);
        let mut touches = touches
            .into_iter()
            .map(|touch| (touch.path().to_owned(), touch));
        if let Some((target, _)) = touches.find(|(_, touch)| self.is_touched(touch)) {
            return Some(self.undoes(&format!("`{name}{more} {target}`")));
        }
        let is_judged = [
            READERS, SHELLS, REMOVERS, COPIERS, WRITERS, EDITORS, OTHERS, "busybox",
        ]
        .iter()
        .any(|names| is_one_of(names, name));
        let writes_itself = matches!(name, "perl" | "ruby") && !here.is_empty()
            || matches!(name, "perl" | "ruby")
                && arguments.iter().any(|word| word.starts_with("-e"));
        if name.is_empty()
            || is_judged && !writes_itself
            || self.places.contains(&words[0].as_str())
        {
            return None;
        }
        let texts = arguments.iter().map(|word| word.as_str()).chain([here]);
        let named = texts.filter_map(|text| self.named(text)).next()?;
        Some(format!(
            "`{name} … {named}`, and what that does cannot be judged"
        ))
    }

    /// The place of the file, where a text names it.
    fn named(&self, text: &str) -> Option<&str> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        let is_whole = |place: &str| {
            text.match_indices(place).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + place.len()..].chars().next();
                !before.is_some_and(is_part) && !after.is_some_and(is_part)
            })
        };
        let is_it =
            |place: &&&str| is_whole(place) || self.resolved(text).as_deref() == Some(**place);
        self.places.iter().find(is_it).copied()
    }

    /// Takes note of what `systemctl` does to the unit.
    fn unit(&mut self, operands: &[&str]) {
        let (Some(unit), Some((verb, named))) = (self.unit, operands.split_first()) else {
            return;
        };
        let is_it = |named: &&&str| {
            let whole = match named.rsplit_once('.') {
                Some(_) => (**named).to_owned(),
                None => format!("{named}.service"),
            };
            fits(&whole, unit, false)
        };
        let Some(named) = named.iter().find(is_it) else {
            return;
        };
        let is_its_file = self.path.contains("/systemd/system/");
        let takes_back: &[&str] = match *verb {
            "disable" | "mask" | "stop" | "kill" => &[],
            "set-property" | "revert" if is_its_file => &[],
            "start" | "restart" | "reload-or-restart" => &["stop", "kill"],
            "enable" | "reenable" => &["disable"],
            "unmask" => &["mask"],
            _ => return,
        };
        if takes_back.is_empty() {
            let told = format!("`systemctl {verb} {named}`");
            self.off.push(((*verb).to_owned(), told));
        }
        self.off
            .retain(|(verb, _)| !takes_back.contains(&verb.as_str()));
    }

    /// A path as it is from the root, or none if the script does not say it.
    fn resolved(&self, path: &str) -> Option<String> {
        if path.is_empty() || path.contains(['$', '`']) {
            return None;
        }
        let whole = match (path.starts_with('/'), &self.folder) {
            (true, _) => path.to_owned(),
            (false, Some(folder)) => format!("{folder}/{}", path.trim_start_matches("./")),
            (false, None) => return None,
        };
        let parts = whole.split('/').filter(|part| !matches!(*part, "" | "."));
        Some(parts.map(|part| format!("/{part}")).collect())
    }

    fn is_touched(&self, touch: &Touch) -> bool {
        let Some(target) = self.resolved(touch.path()) else {
            return false;
        };
        self.places.iter().any(|place| match touch {
            Touch::Tree(_) => {
                let ends = place.match_indices('/').map(|(at, _)| at);
                let mut ends = ends.chain([place.len()]);
                ends.any(|end| fits(&target, &place[..end], false))
            }
            Touch::At(_, names) => {
                let in_it = |name: &String| format!("{target}/{name}") == *place;
                fits(&target, place, false) || names.iter().any(in_it)
            }
        })
    }
}

impl Touch {
    fn path(&self) -> &str {
        match self {
            Touch::Tree(path) | Touch::At(path, _) => path,
        }
    }
}

/// The words of a command that are no options.
fn operands<'w>(arguments: &[&'w String]) -> Vec<&'w str> {
    let words = arguments.iter().map(|word| word.as_str());
    words.filter(|word| !word.starts_with('-')).collect()
}

/// A command without what only says how it runs.
fn behind_prefixes<'w>(words: &[&'w String]) -> Vec<&'w String> {
    let is_assignment = |word: &&String| {
        let name = word.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| !name.is_empty() && !name.contains(['/', '-']))
    };
    let first = words.iter().position(|word| !is_assignment(word));
    let words = &words[first.unwrap_or(words.len())..];
    let is_prefix = words
        .first()
        .is_some_and(|word| is_one_of(PREFIXES, name_of(word)));
    let known = [SHELLS, REMOVERS, COPIERS, WRITERS, EDITORS, OTHERS, READERS];
    let is_known = |word: &&String| known.iter().any(|names| is_one_of(names, name_of(word)));
    let start = match is_prefix {
        true => words.iter().position(is_known),
        false => None,
    };
    words[start.unwrap_or(0)..].to_vec()
}

/// Whether a mode takes the right to run a file away: `-x`, `a-x`, or a number that is even.
fn keeps_from_running(mode: &str) -> bool {
    let is_number = mode.len() >= 3 && mode.bytes().all(|byte| byte.is_ascii_digit());
    let owner = mode.bytes().rev().nth(2).unwrap_or(b'7');
    let minus = mode.split(',').any(|part| {
        let rights = part.split_once('-').map_or("", |(_, rights)| rights);
        rights.contains('x') && rights.len() <= 3
    });
    is_number && (owner - b'0').is_multiple_of(2) || minus
}

/// What a command touches, by its name.
fn touches(name: &str, arguments: &[&String], operands: &[&str], path: &str) -> Vec<Touch> {
    let tree = |path: &str| Touch::Tree(path.to_owned());
    let at = |path: &str| Touch::At(path.to_owned(), Vec::new());
    let each = |touch: &dyn Fn(&str) -> Touch| operands.iter().map(|path| touch(path)).collect();
    let edits = |word: &&String| {
        word.starts_with("--in")
            || word.starts_with('-') && !word.starts_with("--") && word.contains('i')
    };
    if is_one_of(REMOVERS, name) {
        each(&tree)
    } else if is_one_of(WRITERS, name) || is_one_of(EDITORS, name) && arguments.iter().any(edits) {
        each(&at)
    } else if is_one_of(COPIERS, name)
        && let Some((to, from)) = operands.split_last()
    {
        let names = from.iter().map(|from| name_of(from).to_owned());
        let mut all = vec![Touch::At((*to).to_owned(), names.collect())];
        all.extend(from.iter().filter(|_| name == "mv").map(|from| tree(from)));
        all
    } else if name == "chmod"
        && path.ends_with(".sh")
        && arguments.iter().any(|word| keeps_from_running(word))
    {
        each(&at)
    } else if name == "dd" {
        let to = operands.iter().filter_map(|word| word.strip_prefix("of="));
        to.map(at).collect()
    } else if name == "find" {
        let behind = |option: &str| {
            let found = arguments.iter().position(|word| *word == option)?;
            arguments.get(found + 1).map(|word| word.as_str())
        };
        let changes = [REMOVERS, WRITERS, EDITORS, COPIERS];
        let runs = behind("-exec")
            .or(behind("-execdir"))
            .is_some_and(|word| changes.iter().any(|names| is_one_of(names, name_of(word))));
        let is_named = behind("-name").is_none_or(|name| fits(name, name_of(path), false));
        let starts = arguments.iter().take_while(|word| !word.starts_with('-'));
        let removes = runs || arguments.iter().any(|word| *word == "-delete");
        let starts = starts.filter(|_| removes && is_named);
        starts.map(|word| tree(word)).collect()
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_undo_files_and_units() {
        const FILE: &str = "/etc/multipath.conf";
        const STAGED: &str = "/etc/vmo/tuning/etc/kubernetes/kubelet.conf.d/20-x.conf";
        const SLICE: &str = "/etc/vmo/tuning/etc/systemd/system/kube.slice";
        for (path, script, told) in [
            (
                FILE,
                "rm -f /etc/multipath.conf",
                "`rm … /etc/multipath.conf`",
            ),
            (FILE, "rm /etc/multi*", "`rm /etc/multi*`"),
            (FILE, "cd /etc && rm multipath.conf", "`rm multipath.conf`"),
            (
                FILE,
                "f=/etc/multipath.conf; unlink \"$f\"",
                "`unlink /etc/multipath.conf`",
            ),
            (
                FILE,
                "sudo -u root bash -c 'rm /etc/multipath.conf'",
                "`rm /etc/multipath.conf`",
            ),
            (
                FILE,
                "eval rm /etc/multipath.conf",
                "`rm /etc/multipath.conf`",
            ),
            (
                FILE,
                "mv /etc/multipath.conf /tmp/x",
                "`mv … /etc/multipath.conf`",
            ),
            (FILE, "cp /tmp/multipath.conf /etc/", "`cp … /etc/`"),
            (
                FILE,
                "ln -sf /dev/null /etc/multipath.conf",
                "`ln … /etc/multipath.conf`",
            ),
            (
                FILE,
                "sed -Ei s/no/yes/ /etc/multipath.conf",
                "`sed … /etc/multipath.conf`",
            ),
            (
                FILE,
                "A=1 dd if=/dev/null of=/etc/multipath.conf",
                "`dd … /etc/multipath.conf`",
            ),
            (
                FILE,
                "x | tee /etc/multipath.conf",
                "`tee /etc/multipath.conf`",
            ),
            (
                FILE,
                "x y > /etc/multipath.conf",
                "`x … >/etc/multipath.conf`",
            ),
            (FILE, "> /etc/multipath.conf", "`>/etc/multipath.conf`"),
            (
                FILE,
                "{ x; y; } >>/etc/multipath.conf",
                "`>/etc/multipath.conf`",
            ),
            (FILE, "find /etc -name 'multi*' -delete", "`find … /etc`"),
            (
                FILE,
                "systemctl disable --now multipathd",
                "`systemctl disable multipathd`",
            ),
            (
                FILE,
                "systemctl mask multipathd.service",
                "`systemctl mask multipathd.service`",
            ),
            (
                FILE,
                "service multipathd stop",
                "`systemctl stop multipathd`",
            ),
            (
                STAGED,
                "rm -rf /etc/kubernetes/kubelet.conf.d",
                "`rm … /etc/kubernetes/kubelet.conf.d`",
            ),
            (STAGED, "rm -rf /etc/vmo", "`rm … /etc/vmo`"),
            (
                SLICE,
                "systemctl set-property kube.slice AllowedCPUs=0",
                "`systemctl set-property kube.slice`",
            ),
            (
                FILE,
                "rm -f /etc/multipath/bindings /etc/multipath.conf.bak",
                "",
            ),
            (FILE, "cp /etc/multipath.conf /var/lib/copy", ""),
            (FILE, "sed s/a/b/ /etc/multipath.conf >/tmp/x", ""),
            (
                FILE,
                "grep x </etc/multipath.conf; echo rm /etc/multipath.conf",
                "",
            ),
            (FILE, "# rm /etc/multipath.conf", ""),
            (
                FILE,
                "for f in /etc/fstab /etc/multipath.conf; do echo >$f; done",
                "`echo … >/etc/multipath.conf`",
            ),
            (
                FILE,
                "clear() { truncate -s 0 \"$1\"; }; for f in multipath nfs; do clear \"/etc/$f.conf\"; done",
                "`truncate … /etc/multipath.conf`",
            ),
            (
                FILE,
                "f=/etc/fstab; cat $f; f=/etc/multipath.conf; rm $f",
                "`rm /etc/multipath.conf`",
            ),
            (
                FILE,
                "sh <<EOF\nrm /etc/multipath.conf\nEOF",
                "`rm /etc/multipath.conf`",
            ),
            (
                FILE,
                "python3 -c 'open(\"/etc/multipath.conf\", \"w\")'",
                "`python3 … /etc/multipath.conf`, and what that does cannot be judged",
            ),
            (
                FILE,
                "python3 - <<EOF\nopen('/etc/multipath.conf', 'w')\nEOF",
                "`python3 … /etc/multipath.conf`, and what that does cannot be judged",
            ),
            (
                FILE,
                "mpathconf --enable --user_friendly_names y",
                "`mpathconf …`",
            ),
            (
                FILE,
                "find /etc -name '*.conf' -exec sed -i s/a/b/ {} +",
                "`find … /etc`",
            ),
            (FILE, "pkill multipathd", "`systemctl kill multipathd`"),
            (
                FILE,
                "apt-get purge -y multipath-tools",
                "`apt-get … multipath-tools`",
            ),
            (
                "/usr/local/sbin/x.sh",
                "chmod 0644 /usr/local/sbin/x.sh",
                "`chmod … /usr/local/sbin/x.sh`",
            ),
            (
                "/usr/local/sbin/x.sh",
                "chmod 0755 /usr/local/sbin/x.sh; x.sh",
                "",
            ),
            ("/usr/local/sbin/x.sh", "/usr/local/sbin/x.sh --all", ""),
            (
                STAGED,
                "grep -q '^controlPlane:' /run/x && rm -f /etc/kubernetes/kubelet.conf.d/20-x.conf",
                "",
            ),
            (
                FILE,
                "grep -q '^controlPlane:' /run/x && rm -f /etc/multipath.conf",
                "`rm … /etc/multipath.conf`",
            ),
            (FILE, "apt-get install -y multipath-tools", ""),
            (FILE, "for f in /etc/multipath.conf; do cat $f; done", ""),
            (
                FILE,
                "find /etc -name '*.bak' -delete; find /etc -name multipath.conf",
                "",
            ),
            (FILE, "rm \"$x/etc/multipath.conf\"; rm multipath.conf", ""),
            (
                FILE,
                "systemctl stop multipathd; x; systemctl start multipathd",
                "",
            ),
            (
                FILE,
                "systemctl disable iscsid; systemctl restart multipathd",
                "",
            ),
            (FILE, "systemctl set-property multipathd CPUQuota=5%", ""),
            (
                STAGED,
                "cp x.conf /etc/kubernetes/kubelet.conf.d/; rm /tmp/20-x.conf",
                "",
            ),
        ] {
            let landing = path.rfind("/etc/").map_or(path, |at| &path[at..]);
            let found = undoing(&runs(script), path, landing, path != landing);
            let (told, end) = match told.is_empty() || told.contains(", ") {
                true => (told.to_owned(), String::new()),
                false => (told.to_owned(), format!(", which undoes `{path}`")),
            };
            assert_eq!(found.unwrap_or_default(), told + &end, "{script}");
        }
        undoing(&runs(&"eval ".repeat(1_000)), FILE, FILE, false);
    }
}
