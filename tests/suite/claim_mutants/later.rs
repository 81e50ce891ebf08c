//! What comes to a node beside a file and goes over it: later files of the same reader, flags, and commands.

use serde_json::{Value, json};

use vmo_ra::revision::{Expectation, Statement};

/// Values with something more.
struct More<'t> {
    tree: &'t Value,
    made: Vec<(String, Value)>,
}

impl More<'_> {
    fn file(&mut self, path: String, content: String) {
        let mut tree = self.tree.clone();
        let files = tree["kubeadmconfig"]["files"].as_array_mut();
        let file = json!({"targetPath": path, "content": content});
        files.expect("files").push(file);
        self.made.push((format!("{path}: {content}"), tree));
        // The same by a command.
        let (_, name) = path.rsplit_once('/').expect("it is absolute");
        let lines: Vec<&str> = content.lines().collect();
        for line in [
            format!("cat >{path} <<END\n{content}END"),
            format!("printf '{}\\n' >{path}", lines.join("\\n")),
            format!("cp /opt/{name} {path}"),
        ] {
            if !line.starts_with("printf") || !content.contains('\'') {
                self.command("preKubeadmCommands", &line);
            }
        }
    }

    fn command(&mut self, list: &str, line: &str) {
        let mut tree = self.tree.clone();
        let commands = tree["kubeadmconfig"][list].as_array_mut();
        commands.expect("commands").push(line.into());
        self.made.push((line.to_owned(), tree));
    }
}

/// The values of a layer with something more, for each thing that goes over a file.
pub(super) fn later(
    path: &str,
    content: &str,
    statement: &Statement<'_>,
    tree: &Value,
) -> Vec<(String, Value)> {
    let mut more = More {
        tree,
        made: Vec::new(),
    };
    let landing = path.rfind("/etc/").map_or(path, |at| &path[at..]);
    let is_turned = statement.expectation == Expectation::Count(0);
    if let Some((_, unit)) = landing.split_once("/systemd/system/") {
        let unit = unit
            .split('/')
            .next()
            .expect("a unit")
            .trim_end_matches(".d");
        let (_, kind) = unit.rsplit_once('.').expect("a kind of unit");
        let (section, key) = statement.at.split_once('.').unwrap_or((statement.at, ""));
        if !key.is_empty() {
            let other = format!("[{section}]\n{key}=other\n");
            for folder in [
                format!("/etc/systemd/system/{unit}.d"),
                format!("/run/systemd/system/{unit}.d"),
                format!("/usr/lib/systemd/system/{unit}.d"),
                format!("/etc/systemd/system/{kind}.d"),
                format!("/etc/vmo/tuning/etc/systemd/system/{unit}.d"),
            ] {
                more.file(format!("{folder}/99-x.conf"), other.clone());
            }
        }
        let name = landing.rsplit('/').next().expect("a name");
        let above = if name == unit {
            String::new()
        } else {
            format!("/{unit}.d")
        };
        more.file(
            format!("/etc/systemd/system.control{above}/{name}"),
            "[Unit]\n".to_owned(),
        );
    } else if landing.contains("/kubelet.conf.d/") {
        let key = statement.at.split(['.', '[']).next().expect("a key");
        let other = format!("{key}: other\n");
        more.file(
            "/etc/kubernetes/kubelet.conf.d/99-x.conf".to_owned(),
            other.clone(),
        );
        more.file(
            "/etc/vmo/tuning/etc/kubernetes/kubelet.conf.d/30-x.conf".to_owned(),
            other,
        );
        more.file(
            "/etc/kubernetes/kubelet.conf.d/99-x.conf".to_owned(),
            format!("{key}: ~\n"),
        );
        let flag: String = key
            .chars()
            .flat_map(|c| {
                [
                    c.is_uppercase().then_some('-'),
                    Some(c.to_ascii_lowercase()),
                ]
            })
            .flatten()
            .collect();
        let flag = match key {
            "kind" | "apiVersion" => return more.made,
            "reservedSystemCPUs" => "reserved-cpus".to_owned(),
            _ => flag,
        };
        let args = format!("KUBELET_EXTRA_ARGS=\"--v=2 --{flag}=7\"\n");
        more.file("/etc/default/kubelet".to_owned(), args.clone());
        more.file(
            "/etc/systemd/system/kubelet.service.d/50-x.conf".to_owned(),
            format!("[Service]\nEnvironment={args}"),
        );
        more.file(
            "/etc/systemd/system/kubelet.service.d/50-x.conf".to_owned(),
            "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet\n".to_owned(),
        );
        let mut flagged = tree.clone();
        flagged["kubeadmconfig"]["kubeletExtraArgs"] = json!({&flag: "7"});
        more.made
            .push((format!("kubeletExtraArgs: {flag}"), flagged));
        let mut moved = tree.clone();
        moved["kubeadmconfig"]["kubeletExtraArgs"] = json!({"config-dir": "/etc/kubelet.d"});
        more.made
            .push(("kubeletExtraArgs: config-dir".to_owned(), moved));
        more.command(
            "preKubeadmCommands",
            &format!("echo 'KUBELET_EXTRA_ARGS=--{flag}=7' >/etc/default/kubelet"),
        );
    } else if landing == "/etc/multipath.conf" {
        more.file(
            "/etc/modprobe.d/x.conf".to_owned(),
            "install dm-multipath /bin/false\n".to_owned(),
        );
        let (section, key) = statement.at.rsplit_once('.').expect("a setting");
        let is_device = section.starts_with("devices.");
        if section.starts_with("blacklist") {
            return more.made;
        }
        let product = match section.contains("Pure Storage") {
            true => ["NVME", "Pure Storage FlashArray", "^nvme"],
            false => ["PURE", "FlashArray", "^sd"],
        };
        let conf = |name: &str| format!("/etc/multipath/conf.d/{name}.conf");
        if is_device {
            if key != "vendor" {
                let [vendor, product, _] = product;
                for (vendor, product) in [(vendor, product), (".*", ".*")] {
                    more.file(
                        conf("x"),
                        format!(
                            "devices {{\n device {{\n vendor \"{vendor}\"\n product \"{product}\"\n {key} other\n }}\n}}\n"
                        ),
                    );
                }
                more.file(conf("x"), format!("overrides {{\n {key} other\n}}\n"));
            }
            more.file(
                conf("x"),
                format!("blacklist {{\n devnode \"{}\"\n}}\n", product[2]),
            );
            more.file(conf("x"), "blacklist {\n wwid \".*\"\n}\n".to_owned());
        } else {
            more.file(conf("x"), format!("{section} {{\n {key} other\n}}\n"));
            more.file(conf("x"), format!("overrides {{\n {key} other\n}}\n"));
        }
    } else if landing == "/etc/containerd/config.toml" {
        let cri = "[plugins.\"io.containerd.grpc.v1.cri\"]\nmax_concurrent_downloads = 3\n";
        more.file(
            "/etc/containerd/conf.d/x.toml".to_owned(),
            format!("version = 2\n{cri}"),
        );
        more.file(
            "/etc/containerd/conf.d/x.toml".to_owned(),
            "disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n".to_owned(),
        );
    } else if landing.contains("/udev/rules.d/") && !is_turned {
        let (disk, key) = statement
            .at
            .split_once('.')
            .expect("a disk and its attribute");
        let kernel = if disk == "map" { "dm-*" } else { "sd*" };
        for folder in ["/etc", "/run", "/usr/lib"] {
            more.file(
                format!("{folder}/udev/rules.d/99-z.rules"),
                format!("ACTION==\"add|change\", KERNEL==\"{kernel}\", ATTR{{{key}}}=\"other\"\n"),
            );
        }
        more.file(
            "/etc/udev/rules.d/99-z.rules".to_owned(),
            format!("KERNEL==\"{kernel}\", RUN+=\"/bin/sh -c 'echo x >/sys/block/%k/{key}'\"\n"),
        );
    } else if landing.contains("/sysctl.d/") {
        let keys = content.lines().filter_map(|line| line.split_once('='));
        for (key, _) in keys.filter(|(key, _)| !key.starts_with(['#', ';'])) {
            let key = key.trim();
            more.file("/etc/sysctl.d/99-x.conf".to_owned(), format!("{key} = 1\n"));
            more.file("/etc/sysctl.conf".to_owned(), format!("{key}=1\n"));
            more.file(
                "/usr/lib/sysctl.d/99-z.conf".to_owned(),
                format!("{}=1\n", key.replace('.', "/")),
            );
            for line in [
                format!("sysctl -w {key}=1"),
                format!("echo 1 >/proc/sys/{}", key.replace('.', "/")),
            ] {
                more.command("postKubeadmCommands", &line);
            }
        }
    }
    more.made
}
