//! Commands without what only says how they run, so that two that do the same have the same words.

use super::Reader;

/// What only says how the next command runs: its name, its options that take a value, and how many words are between
/// them and that command.
const PREFIXES: [(&str, &str, usize); 13] = [
    (
        "sudo",
        "-u -g -h -p -C -D -R -T --user --group --host --prompt --chdir",
        0,
    ),
    ("env", "-u -C --unset --chdir", 0),
    ("nohup", "", 0),
    ("exec", "-a", 0),
    ("command", "", 0),
    ("builtin", "", 0),
    ("nice", "-n --adjustment", 0),
    ("ionice", "-c -n -p --class --classdata", 0),
    ("timeout", "-s -k --signal --kill-after", 1),
    ("time", "-f -o", 0),
    ("setsid", "", 0),
    ("busybox", "", 0),
    ("xargs", "-I -n -L -P -d -E -s -a", 0),
];
/// Folders that the shell looks for a command in, which its name may have in front.
const FOLDERS: [&str; 4] = ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"];
/// Options of `systemctl` that change nothing of what it does.
const QUIET: &str = "-q --quiet --no-block --no-pager --no-ask-password --system --wait --show-transaction -f --force";
/// Commands that succeed on a node in order, so that what is after them and `&&` is run; with a word where not all
/// that they can do is of that kind.
const SURE: [(&str, &str); 22] = [
    (
        "systemctl",
        "daemon-reload restart start enable unmask reload reload-or-restart try-restart try-reload-or-restart",
    ),
    ("udevadm", "control trigger settle"),
    ("multipathd", "reconfigure -kreconfigure"),
    ("update-ca-certificates", ""),
    ("update-grub", ""),
    ("update-initramfs", ""),
    ("mkdir", ""),
    ("cd", ""),
    ("install", ""),
    ("cp", ""),
    ("sed", ""),
    ("chmod", ""),
    ("chown", ""),
    ("touch", ""),
    ("tee", ""),
    ("echo", ""),
    ("printf", ""),
    ("export", ""),
    ("sleep", ""),
    ("sync", ""),
    ("true", ""),
    (":", ""),
];

pub(in crate::cluster) fn is_one_of(names: &str, name: &str) -> bool {
    names.split(' ').any(|known| known == name)
}

pub(in crate::cluster) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// The words of a command that are not options.
pub(in crate::cluster) fn operands<W: AsRef<str>>(arguments: &[W]) -> Vec<&str> {
    let words = arguments.iter().map(AsRef::as_ref);
    words.filter(|word| !word.starts_with('-')).collect()
}

/// A command without its prefixes.
pub(in crate::cluster) fn behind_prefixes<W: AsRef<str>>(words: &[W]) -> &[W] {
    let is_assignment = |word: &W| {
        let name = word.as_ref().split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| !name.is_empty() && !name.contains(['/', '-']))
    };
    let mut rest = words;
    loop {
        let first = rest.iter().position(|word| !is_assignment(word));
        rest = &rest[first.unwrap_or(rest.len())..];
        let Some((name, arguments)) = rest.split_first() else {
            return rest;
        };
        let name = name_of(name.as_ref());
        let known = PREFIXES.iter().find(|(known, ..)| *known == name);
        let Some((_, with_value, between)) = known else {
            return rest;
        };
        let mut start = 0;
        while let Some(option) = arguments.get(start).map(AsRef::as_ref)
            && option.starts_with('-')
        {
            // This one only looks for the command.
            if name == "command" && matches!(option, "-v" | "-V") {
                return rest;
            }
            start += 1 + usize::from(is_one_of(with_value, option));
        }
        rest = arguments.get(start + between..).unwrap_or_default();
    }
}

/// The words of a command as they are without what changes nothing of what it does.
pub(super) fn plain(words: &[String]) -> Vec<String> {
    let mut words = behind_prefixes(words).to_vec();
    let Some(first) = words.first_mut() else {
        return words;
    };
    let mut folders = FOLDERS.iter();
    if let Some(name) = folders.find_map(|folder| first.strip_prefix(folder)) {
        *first = name.to_owned();
    }
    match (words[0].as_str(), words.len()) {
        ("systemctl", _) => words.retain(|word| !is_one_of(QUIET, word)),
        ("service", 3) => {
            words[0] = "systemctl".to_owned();
            words.swap(1, 2);
        }
        _ => {}
    }
    words
}

/// Whether a condition is met on each node where a command can do something at all.
pub(super) fn is_sure(condition: &str, words: &[String]) -> bool {
    let first = condition.split(' ').next().unwrap_or_default();
    if matches!(first, "not" | "for" | "while" | "until" | "case") || condition.contains('!') {
        return false;
    }
    let name = words.first().map_or("", |word| name_of(word));
    let commands = Reader::read(condition).commands;
    let is_met = |said: Vec<String>| {
        let said = plain(&said);
        let said: Vec<&str> = said.iter().map(String::as_str).collect();
        match said.as_slice() {
            ["command", "-v" | "-V", program] | ["which" | "type", program] => *program == name,
            ["[" | "[[" | "test", "-x" | "-e" | "-f", program, ..] => {
                name_of(program) == name && program.starts_with('/')
            }
            [program, rest @ ..] => SURE.iter().any(|(known, verbs)| {
                known == program
                    && (verbs.is_empty() || rest.iter().any(|word| is_one_of(verbs, word)))
            }),
            [] => false,
        }
    };
    let none = std::collections::BTreeMap::new();
    !commands.is_empty()
        && commands
            .iter()
            .all(|command| is_met(command.said(condition, &none)))
}

/// A condition without its quotes, and in the older of two ways to write a test.
pub(crate) fn same_condition(text: &str) -> String {
    let text = text.replace(['"', '\''], "");
    let text = text.replace("[[ ", "[ ").replace(" ]]", " ]");
    let text = text.replace(" == ", " = ");
    match text.strip_prefix("test ") {
        Some(rest) if !rest.contains(['&', '|', ';']) => format!("[ {rest} ]"),
        _ => text,
    }
}
