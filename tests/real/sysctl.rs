//! Kernel settings, as sysctl reads them: it says which the kernel does not have, and what it would set.

use super::common::programs::program;
use super::node::{self, Node, REVISIONS};
use crate::common::harness::Scratch;

/// The settings of a file, as sysctl prints them.
fn settings(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_kernel_has_every_setting() {
    let Some(sysctl) = program("sysctl") else {
        return;
    };
    let folder = Scratch::new();
    let node = Node::of(
        "nodes: {sysctl: {net/ipv4/conf/all/rp_filter: 2, net.ipv4.tcp_rmem: 4096 131072 6291456}}",
        REVISIONS[1],
    );
    let files: Vec<_> = node
        .files()
        .filter(|file| file.path.contains("/etc/sysctl.d/"))
        .collect();
    // The tuning; what the kubelet demands is a file of its pack.
    assert_eq!(files.len(), 1);
    for (file, number) in files.iter().zip(0..) {
        let written = folder.join(format!("{number}.conf"));
        node::write(&written, &file.content);
        let output = node::run(
            &sysctl,
            &["--dry-run", "-p", written.to_str().expect("a path of text")],
            "",
        );
        let (stdout, stderr) = node::said(&output);
        assert!(
            output.status.success() && stderr.is_empty(),
            "{}: {stderr}",
            file.path
        );
        let expected: Vec<String> = settings(&file.content)
            .iter()
            .map(|line| line.replace("net/ipv4/conf/all/", "net.ipv4.conf.all."))
            .collect();
        assert_eq!(settings(&stdout), expected, "{}", file.path);
    }
}
