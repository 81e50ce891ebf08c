//! Settings of programs on the nodes: containerd, multipath, sysctl, udev and systemd. All of them accept wrong settings
//! silently.

use std::ops::Range;

use crate::cluster::Cluster;
use crate::cluster::node_text::containerd::{CRI_2, CRI_3};
use crate::cluster::node_text::multipath::{Event, What, events};
use crate::cluster::node_text::{lines, udev};
use crate::rules::node::files::{NodeFile, files};
use crate::rules::{ClusterRule, Finding, rule};

pub(super) const RULES: &[ClusterRule] = &[
    containerd,
    device_ownership,
    multipath,
    sysctl,
    udev_rules,
    slices,
];

fn containerd(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for file in files(cluster) {
        let text = file.text();
        if !file.path.contains("/containerd/") || !file.path.ends_with(".toml") || text.is_empty() {
            continue;
        }
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                let span = error.span().unwrap_or(0..1);
                findings.push(
                    file.mark(
                        rule::CONTAINERD_SETTINGS
                            .error(
                                "",
                                format!("containerd does not start: {}", error.message()),
                            )
                            .help("correct the line"),
                        span,
                    ),
                );
                continue;
            }
        };
        let version = table.get("version").and_then(toml::Value::as_integer);
        let place = |word: &str| text.find(word).map_or(0..1, |at| at..at + word.len());
        let finding = if version != Some(3) && text.contains(CRI_3) {
            Some((
                rule::CONTAINERD_SETTINGS.error("", "the settings of version 3 are in a file of another version, and have no effect")
                .help(format!("write `version = 3` for containerd 2, or `{CRI_2}` for all of them")),
                place(CRI_3),
            ))
        } else if version != Some(2) && text.contains(CRI_2) {
            Some((
                rule::CONTAINERD_SETTINGS.error("", "the settings of version 2 are in a file of another version, and have no effect")
                .help("write `version = 2` as the first line"),
                place(CRI_2),
            ))
        } else if file.path.contains("/conf.d/") && text.contains(CRI_2) {
            Some((
                rule::CONTAINERD_DROP_IN.warning("", "containerd 1.7 replaces all settings of the plugin with this, including SystemdCgroup"),
                place(CRI_2),
            ))
        } else if version == Some(3) {
            Some((
                rule::CONTAINERD_SETTINGS
                    .note("", "containerd 1.7 silently ignores a file of version 3")
                    .help("make sure that the node images have containerd 2; both read version 2"),
                place("version"),
            ))
        } else {
            None
        };
        if let Some((finding, span)) = finding {
            findings.push(file.mark(finding, span));
        }
    }
}

/// Without it the pods of VMs and of imports cannot open block devices.
fn device_ownership(cluster: &Cluster, findings: &mut Vec<Finding>) {
    const SETTING: &str = "device_ownership_from_security_context";
    for file in files(cluster) {
        if !file.path.contains("/containerd/") || !file.path.ends_with(".toml") {
            continue;
        }
        let text = file.text();
        let Ok(table) = text.parse::<toml::Table>() else {
            continue;
        };
        let plugin = |name: &str| table.get("plugins")?.get(name)?.get(SETTING)?.as_bool();
        let given = plugin(CRI_2).or_else(|| plugin(&format!("{CRI_3}runtime")));
        // A drop-in need not say it.
        let is_whole = file.path.ends_with("/config.toml");
        if given == Some(false) || given.is_none() && is_whole && !text.is_empty() {
            let place = text.find(SETTING).map_or(0..1, |at| at..at + SETTING.len());
            findings.push(file.mark(
                rule::DEVICE_OWNERSHIP.error("", "containerd gives block devices to root only"),
                place,
            ));
        }
    }
}

fn multipath(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for file in files(cluster) {
        if !(file.path.ends_with("/multipath.conf") || file.path.contains("/multipath/conf.d/")) {
            continue;
        }
        let mut sections: Vec<(&str, usize)> = Vec::new();
        let mut add = |finding: Finding, span: Range<usize>| {
            findings.push(file.mark(finding, span));
        };
        for Event { span, what } in events(file.text()) {
            match what {
                What::Opens(name) => sections.push((name, span.start)),
                What::Closes if sections.pop().is_none() => add(
                    rule::MULTIPATH_SETTINGS
                        .error("", "this brace closes no section")
                        .help("remove it"),
                    span,
                ),
                What::Closes => {}
                What::Setting("user_friendly_names", "yes" | "1") => add(
                    rule::MULTIPATH_SETTINGS
                        .error(
                            "",
                            "Portworx and the FlashArray find no device by a friendly name",
                        )
                        .help("write `user_friendly_names no`"),
                    span,
                ),
                What::Setting(
                    word @ ("find_multipaths" | "enable_foreign" | "polling_interval"),
                    _,
                ) if sections.last().is_none_or(|(name, _)| *name != "defaults") => add(
                    rule::MULTIPATH_SETTINGS
                        .warning("", format!("`{word}` has no effect outside of `defaults`"))
                        .help("move it to `defaults`"),
                    span,
                ),
                What::Setting(..) => {}
            }
        }
        if let Some((name, at)) = sections.pop() {
            add(
                rule::MULTIPATH_SETTINGS
                    .error("", "this section is not closed")
                    .help("add the brace"),
                at..at + name.len().max(1),
            );
        }
    }
}

/// What the kubelet insists on with `protect-kernel-defaults`.
const PROTECTED: [(&str, &str); 6] = [
    ("vm.overcommit_memory", "1"),
    ("vm.panic_on_oom", "0"),
    ("kernel.panic", "10"),
    ("kernel.panic_on_oops", "1"),
    ("kernel.keys.root_maxkeys", "1000000"),
    ("kernel.keys.root_maxbytes", "25000000"),
];

fn sysctl(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let is_protected = cluster.layers().any(|(_, layer, _)| {
        layer
            .values
            .text_at("kubeadmconfig.kubeletExtraArgs.protect-kernel-defaults")
            == Some("true")
    });
    for file in files(cluster) {
        if !(file.path.contains("/sysctl.d/") || file.path.ends_with("/sysctl.conf")) {
            continue;
        }
        if !file.path.ends_with(".conf") {
            findings.push(
                file.mark(
                    rule::SYSCTL_SETTINGS
                        .warning(
                            "",
                            format!("`{}` is not read when a node starts", file.path),
                        )
                        .help("give it a name that ends in `.conf`"),
                    0..1,
                ),
            );
        }
        for (at, line) in lines(file.text(), &['#', ';']) {
            let setting = line.split_once('=').map(|(key, value)| {
                let key = key.trim().trim_start_matches('-').trim();
                (key, value.trim())
            });
            let fits = |key: &str| {
                !key.is_empty()
                    && key
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"._-/*".contains(&b))
            };
            let (message, help) = match setting {
                Some((key, value)) if fits(key) && !value.is_empty() => {
                    let dotted = key.replace('/', ".");
                    match PROTECTED.iter().find(|(known, _)| *known == dotted) {
                        Some((_, wanted)) if is_protected && value != *wanted => (
                            format!("the kubelet does not start unless `{key}` is {wanted}"),
                            "leave it out: the Kubernetes layer sets it, with protect-kernel-defaults",
                        ),
                        _ => continue,
                    }
                }
                // A line with a dash takes a setting away from what follows.
                None if line.starts_with('-') && fits(&line[1..]) => continue,
                _ => (
                    "this is not a setting of the kernel".to_owned(),
                    "write `key = value`",
                ),
            };
            findings.push(file.mark(
                rule::SYSCTL_SETTINGS.error("", message).help(help),
                at..at + line.len(),
            ));
        }
    }
}

fn udev_rules(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for file in files(cluster) {
        if !file.path.contains("/udev/rules.d/") {
            continue;
        }
        let mut add = |message: String, help: &'static str, span: Range<usize>| {
            findings.push(file.mark(rule::UDEV_RULE.error("", message).help(help), span));
        };
        if !file.path.ends_with(".rules") {
            add(
                format!("udev ignores `{}`", file.path),
                "give it a name that ends in `.rules`",
                0..1,
            );
        }
        // A backslash joins a line to the next; the parts of a rule do not run over it.
        for (at, line) in lines(file.text(), &['#']) {
            let rule = line.strip_suffix('\\').unwrap_or(line);
            if let Some(quote) = rule.find(['\u{201c}', '\u{201d}', '\u{201e}']) {
                add(
                    "udev does not accept these quotes".to_owned(),
                    "write straight quotes",
                    at + quote..at + quote + 3,
                );
            } else if let Err(what) = udev::parts(rule) {
                add(
                    what,
                    "write each part as KEY, an operator and a text in quotes, separated by commas",
                    at..at + line.len(),
                );
            } else if rule.contains("RUN") && rule.contains("$DEVPATH") {
                add(
                    "udev has no `$DEVPATH`".to_owned(),
                    "write `$devpath` or `%p`",
                    at..at + line.len(),
                );
            }
        }
    }
}

/// Where CPUs are set, and where that helps.
fn slices(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for file in files(cluster) {
        let Some(at) = affinity(&file) else {
            continue;
        };
        let (message, help) = if file.path.ends_with(".slice") || file.path.contains(".slice.d/") {
            (
                "systemd ignores `CPUAffinity` in a slice",
                "write `AllowedCPUs=`",
            )
        } else if file.path.contains("/containerd.service") {
            (
                "processes of containerd, including virtual machines, can inherit its `CPUAffinity`",
                "set `AllowedCPUs=` in a slice, and `Slice=` in the service",
            )
        } else {
            continue;
        };
        findings.push(file.mark(
            rule::CPU_AFFINITY.warning("", message).help(help),
            at..at + "CPUAffinity".len(),
        ));
    }
}

fn affinity(file: &NodeFile<'_>) -> Option<usize> {
    lines(file.text(), &['#', ';'])
        .find(|(_, line)| line.starts_with("CPUAffinity="))
        .map(|(at, _)| at)
}
