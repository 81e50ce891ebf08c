//! Finds commands on a node that undo the effect of a file.

mod touch;
mod written;

use serde_json::Value;

pub(crate) use super::commands::Run;
use super::commands::plain::{behind_prefixes, is_one_of, name_of, operands};
use super::commands::runs;
use super::node_text::udev::fits;
use super::nodes::unit_of;
use touch::{CHANGERS, Touch, touches};
pub(crate) use written::{Written, written};

/// How deep commands may be in the words of others.
const DEPTH: usize = 8;

/// What is said of a command that may do anything.
const UNKNOWN: &str = "whose effect is unknown";
/// Other commands that may undo something.
const OTHERS: &str = "dd find systemctl service eval";
/// Shells, which run what is behind `-c`.
const SHELLS: &str = "sh bash dash ash";
/// Commands that do not change the files they name.
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
/// Texts in conditions that hold only on control planes.
const CONTROL_PLANE: [&str; 4] = [
    "^controlPlane:",
    "/manifests/kube-apiserver",
    "/run/kubeadm/kubeadm.yaml",
    "node-role.kubernetes.io/control-plane",
];

/// The reader of a file, by a part of its path: its unit and package.
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

/// Commands that change, or may change, a file or the unit that reads it. Only the command's name and the touched path are
/// shown, since its other words may be secret. A file that is staged in a folder first is for workers.
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
    let touched = runs.find_map(|run| search.command(run, 0));
    touched.or_else(|| search.off.pop().map(|(_, told)| search.undoes(&told)))
}

/// What undoes later what a command wrote.
pub(crate) fn undone_later(runs: &[Run], is_it: impl Fn(&Run) -> bool) -> Option<String> {
    let at = runs.iter().rposition(is_it)?;
    let (run, rest) = (&runs[at], &runs[at + 1..]);
    let later = rest.iter().filter(|other| !run.excludes(other));
    let (leads, words) = run.parted();
    let words = behind_prefixes(&words);
    let arguments = words.get(1..).unwrap_or_default();
    let name = words.first().map_or("", |word| name_of(word));
    let touches = touches(name, arguments, "");
    let leads = leads.iter().filter(|lead| lead.starts_with('>'));
    let leads = leads.map(|lead| lead.trim_start_matches(['>', '|', ' ']));
    let mut written = leads.chain(touches.iter().map(Touch::path));
    written.find_map(|path| {
        let is_place = path.starts_with('/') && !path.contains('$');
        undoing(later.clone(), path, path, false).filter(|_| is_place)
    })
}

/// Commands that give a kernel setting another value until the next boot.
pub(crate) fn set_at_once(runs: &[Run], key: &str, value: &str) -> Option<String> {
    let file = format!("/proc/sys/{}", key.replace('.', "/"));
    runs.iter().find_map(|run| {
        let (leads, words) = run.parted();
        let words = behind_prefixes(&words);
        let name = name_of(words.first().copied().unwrap_or_default());
        let sets = |word: &&&str| {
            let set = word.trim_matches('"').split_once('=');
            set.is_some_and(|(name, given)| {
                name.trim().replace('/', ".") == key && given.trim() != value
            })
        };
        let is_set = name == "sysctl" && words.iter().any(|word| sets(&word));
        let mut leads = leads.iter().filter(|lead| lead.starts_with('>'));
        let is_led = leads.any(|lead| lead.trim_start_matches(['>', '|', ' ']) == file);
        let is_written = is_led || name == "tee" && words.iter().any(|word| *word == file);
        (is_set || is_written).then(|| format!("`{name} …`, which sets `{key}` otherwise"))
    })
}

impl Run {
    /// Where it leads what it reads and says, and its other words.
    fn parted(&self) -> (Vec<&str>, Vec<&str>) {
        let words = self.words.iter().map(String::as_str);
        words.partition(|word| word.starts_with(['>', '<']))
    }

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
    fn command(&mut self, run: &Run, depth: usize) -> Option<String> {
        if depth > DEPTH {
            return None;
        }
        let (leads, all) = run.parted();
        let words = behind_prefixes(&all);
        let (name, arguments) = match words.split_first() {
            Some((name, arguments)) => (name_of(name), arguments),
            None => ("", words),
        };
        for lead in leads {
            let file = lead.trim_start_matches(['>', '|', ' ']);
            if lead.starts_with('>') && self.is_touched(&Touch::At(file.to_owned(), Vec::new())) {
                let told = [name, if name.is_empty() { "" } else { " … " }];
                return Some(self.undoes(&format!("`{}>{file}`", told.concat())));
            }
        }
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
                        *word,
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
            _ if is_one_of(SHELLS, name) && arguments.contains(&"-c") => {
                operands.first().copied().unwrap_or_default().to_owned()
            }
            _ if is_one_of(SHELLS, name) => match run.piped_text() {
                Ok(text) => text,
                Err(from) if operands.is_empty() => {
                    return Some(format!("`{from} … | {name}`, {UNKNOWN}"));
                }
                Err(_) => String::new(),
            },
            _ => String::new(),
        };
        if !inner.is_empty() {
            let inner = runs(&inner);
            return inner.iter().find_map(|run| self.command(run, depth + 1));
        }
        if let Some((_, file)) = OWNERS.iter().find(|(owner, _)| *owner == name)
            && self.path.ends_with(file)
            && !operands.is_empty()
        {
            return Some(self.undoes(&format!("`{name} …`")));
        }
        let more = if words.len() > 2 { " …" } else { "" };
        let mut touched = touches(name, arguments, self.path);
        let is_by_xargs = all[..all.len() - words.len()]
            .iter()
            .any(|word| name_of(word) == "xargs");
        if is_by_xargs && CHANGERS.iter().any(|names| is_one_of(names, name)) {
            match touch::named_before(&run.upstream, self.path) {
                Some(more) => touched.extend(more),
                None => return Some(format!("`xargs {name}{more}`, {UNKNOWN}")),
            }
        }
        if let Some(touch) = touched.iter().find(|touch| self.is_touched(touch)) {
            return Some(self.undoes(&format!("`{name}{more} {}`", touch.path())));
        }
        let mut judged = [READERS, SHELLS, OTHERS].into_iter().chain(CHANGERS);
        let is_judged = judged.any(|names| is_one_of(names, name));
        let writes_itself = matches!(name, "perl" | "ruby")
            && (!run.here.is_empty() || arguments.iter().any(|word| word.starts_with("-e")));
        if name.is_empty() || is_judged && !writes_itself || self.places.contains(&words[0]) {
            return None;
        }
        let texts = arguments.iter().copied().chain([run.here.as_str()]);
        let named = texts.filter_map(|text| self.named(text)).next()?;
        Some(format!("`{name} … {named}`, {UNKNOWN}"))
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
                "`python3 … /etc/multipath.conf`, whose effect is unknown",
            ),
            (
                FILE,
                "python3 - <<EOF\nopen('/etc/multipath.conf', 'w')\nEOF",
                "`python3 … /etc/multipath.conf`, whose effect is unknown",
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
