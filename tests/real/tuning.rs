//! The command that tunes workers, run on nodes that are only made of files.

use std::collections::BTreeMap;
use std::fs;

use super::common::programs::{namespaces, program};
use super::node::{self, Node, REVISIONS};
use crate::common::harness::{Scratch, read};

/// Where the files wait.
const STAGED: &str = "/etc/vmo/tuning/";
const CONTROL_PLANES_TOO: &str = "cluster: {controlPlaneRunsVms: true}";

const JOIN: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n";
const CONTROL_PLANE: &str = "controlPlane:\n  localAPIEndpoint: {}\n";

/// A node after the command.
struct Outcome {
    said: String,
    shell: String,
    files: BTreeMap<String, String>,
}

impl Outcome {
    /// The files that the command put below /etc, beside those that wait there.
    fn installed(&self) -> BTreeMap<&str, &str> {
        let files = self.files.iter();
        files
            .filter_map(|(name, text)| {
                let name = name.strip_prefix("etc/")?;
                (!name.starts_with("vmo/")).then_some((name, text.as_str()))
            })
            .collect()
    }
}

/// Runs a node's command, with the files of /run. None where the programs are not here.
fn outcome(name: &str, node: &Node, run: &[(&str, &str)]) -> Option<Outcome> {
    let (Some(unshare), Some(_)) = (namespaces(), program("dash")) else {
        return None;
    };
    let folder = Scratch::new();
    node::copy(&node::data("tuning/bin"), &folder.join("bin"));
    node::write(&folder.join("command.sh"), node.command("/etc/vmo/tuning"));
    for file in node.files().filter(|file| file.path.starts_with(STAGED)) {
        node::write(&folder.join(&file.path[1..]), &file.content);
    }
    fs::create_dir_all(folder.join("run")).expect("it can be made");
    for (place, text) in run {
        node::write(&folder.join("run").join(place), text);
    }
    let output = node::privately(&unshare, "tuning/node.sh", &[&folder]);
    let (stdout, stderr) = node::said(&output);
    assert!(output.status.success(), "{stdout}{stderr}");
    let text = |name: &str| read(&folder, name);
    assert!(
        folder.join("after/etc/kubernetes/kubelet.conf.d").is_dir(),
        "{name}"
    );
    Some(Outcome {
        said: text("said"),
        shell: text("shell"),
        files: node::files(&folder.join("after")),
    })
}

/// What waits on a node, by the place below /etc where it belongs.
fn staged(node: &Node) -> BTreeMap<&str, &str> {
    node.files()
        .filter_map(|file| {
            let place = file.path.strip_prefix(STAGED)?.strip_prefix("etc/")?;
            Some((place, file.content.as_str()))
        })
        .collect()
}

#[test]
fn workers_are_tuned() {
    let worker = [("kubeadm/kubeadm-join-config.yaml", JOIN.to_owned())];
    let control_plane = [(
        "kubeadm/kubeadm-join-config.yaml",
        format!("{JOIN}{CONTROL_PLANE}"),
    )];
    for (name, site, run) in [
        ("worker", "", &worker[..]),
        ("worker-too", CONTROL_PLANES_TOO, &worker),
        ("control-plane-too", CONTROL_PLANES_TOO, &control_plane),
        ("first-too", CONTROL_PLANES_TOO, &[]),
    ] {
        let node = Node::of(site, REVISIONS[1]);
        let run: Vec<(&str, &str)> = run
            .iter()
            .map(|(place, text)| (*place, text.as_str()))
            .collect();
        let Some(outcome) = outcome(name, &node, &run) else {
            return;
        };
        assert_eq!(outcome.installed(), staged(&node), "{name}");
        assert!(
            outcome.said.ends_with("vmo: worker tuning installed\n"),
            "{}",
            outcome.said
        );
        // What sysctl cannot set ends nothing; checkpoints of other policies are gone.
        assert!(
            outcome
                .said
                .contains("sysctl -p /etc/sysctl.d/95-vmo-tuning.conf\n"),
            "{}",
            outcome.said
        );
        assert!(
            !outcome
                .files
                .keys()
                .any(|file| file.starts_with("lib/kubelet/")),
            "{name}"
        );
        assert_eq!(outcome.shell, "0 /usr \n", "{name}");
    }
}

#[test]
fn other_nodes_stay_as_they_are() {
    let join = format!("{JOIN}{CONTROL_PLANE}");
    for (name, run) in [
        (
            "control-plane",
            vec![("kubeadm/kubeadm-join-config.yaml", join.as_str())],
        ),
        (
            "first",
            vec![("kubeadm/kubeadm.yaml", "kind: InitConfiguration\n")],
        ),
        ("unclear", Vec::new()),
    ] {
        let node = Node::of("", REVISIONS[0]);
        let Some(outcome) = outcome(name, &node, &run) else {
            return;
        };
        assert_eq!(outcome.installed(), BTreeMap::new(), "{name}");
        assert_eq!(
            outcome.said, "vmo: not a worker, tuning left out\n",
            "{name}"
        );
        assert!(
            outcome.files.contains_key("lib/kubelet/cpu_manager_state"),
            "{name}"
        );
        assert_eq!(outcome.shell, "0 /usr \n", "{name}");
    }
}
