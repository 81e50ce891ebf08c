//! Many manifests are looked at in little time. The bound is wide, since tests are not optimised; what it catches is a rule
//! that looks at each pair.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use crate::common::built_in;
use vmo_ra::diagnostic::Source;
use vmo_ra::rules::{Inspected, check_cluster};

/// The time that this thread has had a processor, whatever else the machine does.
fn worked() -> Duration {
    let counts = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts it");
    let time = counts.split(' ').next().and_then(|time| time.parse().ok());
    Duration::from_nanos(time.expect("a number"))
}

#[test]
fn thousands_of_networks_and_vms_take_no_time() {
    let mut text = String::new();
    for number in 0..2000 {
        write!(
            text,
            "---
kind: NetworkAttachmentDefinition
metadata: {{name: net-{number}, namespace: default}}
spec:
  config: '{{\"cniVersion\": \"0.3.1\", \"name\": \"net-{number}\", \"type\": \"bridge\", \"bridge\": \"br0\", \"vlan\": {}, \"ipam\": {{}}}}'
---
kind: VirtualMachine
metadata: {{name: vm-{number}, namespace: default}}
spec:
  preference: {{name: linux}}
  template:
    spec:
      domain: {{devices: {{disks: [{{name: a}}, {{name: s, cdrom: {{bus: sata}}}}], interfaces: [{{name: n, bridge: {{}}, macAddress: '52:54:00:00:{:02x}:{:02x}'}}]}}}}
      networks: [{{name: n, multus: {{networkName: default/net-{}}}}}]
      volumes: [{{name: a, dataVolume: {{name: d}}}}, {{name: s, sysprep: {{configMap: {{name: cm-{number}}}}}}}]
---
kind: ConfigMap
metadata: {{name: cm-{number}, namespace: default}}
data: {{unattend.xml: a}}
",
            number % 4094 + 1,
            number / 256,
            number % 256,
            number + 1000,
        )
        .expect("a text can be written to");
    }
    let mut cluster = Inspected::default();
    cluster.add_manifests(&Source::new("many.yaml", text));
    let start = worked();
    let found = check_cluster(&cluster, built_in::library());
    let took = worked() - start;
    // Half of the VMs are in networks that are not there.
    let unknown = found
        .iter()
        .filter(|finding| finding.rule.id == "unknown-network")
        .count();
    assert_eq!(unknown, 1000);
    assert!(took < Duration::from_secs(3), "{took:?}");
}
