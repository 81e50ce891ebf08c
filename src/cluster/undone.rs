//! Which command on a node undoes what a file says that was put there.

use serde_json::Value;

use super::commands;
use super::node_text::udev::fits;

/// The words of each command that a node runs.
pub(crate) type Commands = Vec<Vec<String>>;

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

/// What reads a file, by a part of its path.
const READERS: [(&str, &str); 5] = [
    ("/multipath.conf", "multipathd.service"),
    ("/multipath/conf.d/", "multipathd.service"),
    ("/containerd/", "containerd.service"),
    ("/kubelet.conf.d/", "kubelet.service"),
    ("/default/kubelet", "kubelet.service"),
];

/// What a command does to a path.
enum Touch {
    /// Takes it away, with all that is below it. The path may be a pattern.
    Tree(String),
    /// Writes it, or a file of one of these names in it.
    At(String, Vec<String>),
}

/// The commands of the values of an operating system: those before and after kubeadm, and those of the scripts among the
/// node's files that they call.
pub(crate) fn commands_of(values: &Value) -> Commands {
    let list = |key: &str| {
        let list = values
            .get("kubeadmconfig")
            .and_then(|config| config.get(key));
        list.and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let mut found = Commands::new();
    for key in ["preKubeadmCommands", "postKubeadmCommands"] {
        let texts: Vec<&str> = list(key).iter().filter_map(Value::as_str).collect();
        found.extend(commands::words(&texts.join("\n")));
    }
    for file in list("files") {
        let text = |key: &str| file.get(key).and_then(Value::as_str).unwrap_or_default();
        let (path, content) = (text("targetPath"), text("content"));
        let is_called = || found.iter().flatten().any(|word| word == path);
        if content.starts_with("#!") && is_called() {
            // What a script starts again may be stopped after it.
            found.splice(0..0, commands::words(content));
        }
    }
    found
}

/// The command that leaves a file, or the unit that reads it, other than it was put there. Only the command's name and
/// what it touches are told, since its other words may be secret.
pub(crate) fn undoing(commands: &Commands, path: &str) -> Option<String> {
    let mut search = Search {
        path,
        // What waits in another folder is put into place below `/etc`.
        places: [path, path.rfind("/etc/").map_or(path, |at| &path[at..])],
        unit: unit_of(path),
        folder: None,
        off: Vec::new(),
    };
    let touched = commands.iter().find_map(|words| search.command(words, 0));
    touched.or_else(|| search.off.pop().map(|(_, told)| told))
}

/// The unit that a file is a part of, or that reads it.
fn unit_of(path: &str) -> Option<&str> {
    if let Some((_, unit)) = path.rsplit_once("/systemd/system/") {
        let unit = unit.split('/').next().unwrap_or_default();
        return Some(unit.strip_suffix(".d").unwrap_or(unit));
    }
    let mut readers = READERS.iter();
    let reader = readers.find(|(part, _)| path.contains(part));
    reader.map(|(_, unit)| *unit)
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
    /// Where the commands run, once they said it.
    folder: Option<String>,
    /// What was done to the unit and is not taken back.
    off: Vec<(String, String)>,
}

impl Search<'_> {
    /// What of a command touches the file.
    fn command(&mut self, words: &[String], depth: usize) -> Option<String> {
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
                return Some(format!("`{}>{file}`", told.concat()));
            }
        }
        let arguments = words.get(1..).unwrap_or_default();
        let operands: Vec<&str> = arguments
            .iter()
            .map(|word| word.as_str())
            .filter(|word| !word.starts_with('-'))
            .collect();
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
            "service" => {
                let turned: Vec<&str> = operands.iter().copied().rev().collect();
                self.unit(&turned);
                return None;
            }
            "eval" => operands.join(" "),
            _ if is_one_of(SHELLS, name) && arguments.iter().any(|word| *word == "-c") => {
                operands.first().copied().unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        if !inner.is_empty() {
            let inner = commands::words(&inner);
            return inner
                .iter()
                .find_map(|words| self.command(words, depth + 1));
        }
        let touches = touches(name, arguments, &operands, self.path);
        let (target, _) = touches
            .into_iter()
            .map(|touch| (touch.path().to_owned(), touch))
            .find(|(_, touch)| self.is_touched(touch))?;
        let more = if words.len() > 2 { " …" } else { "" };
        Some(format!("`{name}{more} {target}`"))
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

    /// A path as it is from the root; none where the script does not say it.
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
    let known = [SHELLS, REMOVERS, COPIERS, WRITERS, EDITORS, OTHERS];
    let is_known = |word: &&String| known.iter().any(|names| is_one_of(names, name_of(word)));
    let start = match is_prefix {
        true => words.iter().position(is_known),
        false => None,
    };
    words[start.unwrap_or(0)..].to_vec()
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
    } else if name == "dd" {
        let to = operands.iter().filter_map(|word| word.strip_prefix("of="));
        to.map(at).collect()
    } else if name == "find" {
        let behind = |option: &str| {
            let found = arguments.iter().position(|word| *word == option)?;
            arguments.get(found + 1).map(|word| word.as_str())
        };
        let runs = behind("-exec").is_some_and(|word| is_one_of(REMOVERS, name_of(word)));
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
            let found = undoing(&commands::words(script), path).unwrap_or_default();
            assert_eq!(found, told, "{script}");
        }
        undoing(&commands::words(&"eval ".repeat(1_000)), FILE);
    }
}
