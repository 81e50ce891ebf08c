//! The meaning of files on the nodes, as the program that reads them sees it. Comments are ignored.

pub(crate) mod containerd;
pub(crate) mod multipath;
pub(crate) mod systemd;
pub(crate) mod udev;

use serde_json::{Map, Value};

use super::commands;
use crate::diagnostic::Source;
use crate::yaml::{self, Limits};

/// The content of a file, by its path on the node; a file in an unknown language is its text.
///
/// # Errors
/// An error that its program would report.
pub(crate) fn tree(path: &str, text: &str) -> Result<Value, String> {
    // Where files wait to be put in place, their paths are below another folder.
    let is_in = |folder: &str| path.contains(folder);
    if path.ends_with(".toml") {
        containerd::tree(text, &[])
    } else if is_in("/kubelet.conf.d/") || path.ends_with(".yaml") {
        yaml(path, text)
    } else if path.ends_with("/multipath.conf") || is_in("/multipath/conf.d/") {
        Ok(multipath::tree(text))
    } else if path.ends_with(".rules") {
        udev::tree(text)
    } else if is_in("/sysctl.d/") || path.ends_with("/sysctl.conf") {
        Ok(sysctl(text))
    } else if is_in("/systemd/system/") {
        Ok(systemd::tree(text))
    } else if path.ends_with(".sh") || text.starts_with("#!/bin/sh") {
        Ok(commands::tree(text))
    } else {
        Ok(Value::String(text.to_owned()))
    }
}

/// What a script of commands runs, and under which conditions.
pub(crate) fn script(text: &str) -> Value {
    commands::tree(text)
}

/// A YAML text as its reader takes it.
///
/// # Errors
/// The text is not YAML.
pub(crate) fn yaml(name: &str, text: &str) -> Result<Value, String> {
    yaml::to_json(&Source::new(name, text), Limits::INPUT).map_err(|problems| {
        let first = problems.first();
        first.map_or_else(|| "it is not YAML".to_owned(), |it| it.message().to_owned())
    })
}

/// The lines of a text that are not comments, each with its place.
pub(crate) fn lines<'t>(
    text: &'t str,
    comments: &'static [char],
) -> impl Iterator<Item = (usize, &'t str)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let blanks = line.len() - line.trim_start().len();
        let content = line.trim();
        (!content.is_empty() && !content.starts_with(comments)).then_some((start + blanks, content))
    })
}

/// The settings of the kernel, by their dotted names; the last of one name counts.
pub(crate) fn sysctl(text: &str) -> Value {
    let settings = lines(text, &['#', ';']).filter_map(|(_, line)| {
        let (key, value) = line.split_once('=')?;
        let key = key.trim().trim_start_matches('-').trim();
        Some((key.replace('/', "."), value.trim().into()))
    });
    Value::Object(settings.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Texts of words and signs that mean something in one of the languages.
    fn texts() -> impl Strategy<Value = String> {
        let words = [
            "if",
            "then",
            "fi",
            "else",
            "elif",
            "for",
            "do",
            "done",
            "case",
            "in",
            "esac",
            "{",
            "}",
            "(",
            ")",
            "$(",
            "&&",
            "||",
            "|",
            ";;",
            ";",
            "\n",
            "\"",
            "'",
            "\\",
            "$x",
            "${x}",
            "x=1",
            "exit",
            "#",
            "<<E",
            ">",
            "[a]",
            "A==\"b*\"",
            "[!",
            "]",
            "=",
            "a",
            "ä",
            " ",
            "device {",
            "!",
            "f()",
        ];
        proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..40)
            .prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in prop_oneof![texts(), any::<String>()]) {
            for path in [
                "/x.sh", "/etc/multipath.conf", "/x.rules", "/x/sysctl.d/x.conf", "/etc/systemd/system/x.slice",
                "/x.toml", "/x.yaml", "/x",
            ] {
                let _ = tree(path, &text);
            }
        }
    }

    #[test]
    fn a_file_says_what_its_program_reads() {
        for (path, text, says) in [
            (
                "/etc/sysctl.d/95-x.conf",
                "# vm.swappiness = 1\n;x=1\nvm/swappiness=10\n-a.b = 1 2\n",
                json!({"vm.swappiness": "10", "a.b": "1 2"}),
            ),
            (
                "/etc/containerd/config.toml",
                "version = 2\n[plugins.\"a.b\"]\n# x = true\ny = false\n",
                json!({"version": 2, "plugins": {"a.b": {"y": false}}}),
            ),
            (
                "/x/etc/kubernetes/kubelet.conf.d/20.conf",
                "maxPods: 250\n# cpuManagerPolicy: static\n",
                json!({"maxPods": 250}),
            ),
            (
                "/x/etc/systemd/system/kube.slice",
                "[Unit]\nDescription=a \\\n  b\n[Slice]\n#AllowedCPUs=0\nAllowedCPUs=0-7\n",
                json!({"Unit": {"Description": "a b"}, "Slice": {"AllowedCPUs": "0-7"}}),
            ),
            (
                "/etc/multipath.conf",
                "defaults {\n  find_multipaths yes # no\n}\ndevices {\n  device {\n    vendor \"PURE\"\n  }\n  device{\n    vendor X\n  }\n}\n!blacklist {\nblacklist {\n  devnode \"^a{1}\"\n  devnode x\n}\n",
                json!({
                    "defaults": {"find_multipaths": "yes"},
                    "devices": {"device": [{"vendor": "PURE"}, {"vendor": "X"}]},
                    "blacklist": {"devnode": ["^a{1}", "x"]},
                }),
            ),
            (
                "/usr/local/sbin/x.sh",
                "#!/bin/sh\n# true\nfalse\n",
                json!([{"run": "false", "when": []}]),
            ),
            ("/etc/motd", "# hello\n", json!("# hello\n")),
        ] {
            assert_eq!(tree(path, text), Ok(says), "{path}");
        }
        tree("/a.toml", "x = ").unwrap_err();
        tree("/a.yaml", "x: [").unwrap_err();
    }
}
