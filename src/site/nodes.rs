//! Operating system and tuning of the nodes (RA, Ubuntu layer).

use std::collections::HashMap;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::cluster::words;
use super::cpus::CpuSet;
use super::machines::Machine;
use super::names::{ImageReference, Subdomain};
use super::network::Network;
use super::quantity::Quantity;
use super::reader::{Fields, Reader};
use crate::certificate::{self, Certificate};
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

words! {
    /// The Ubuntu LTS release of the nodes.
    Ubuntu, "an Ubuntu release of the reference architecture" {
        /// 22.04 LTS.
        Jammy = "22.04",
        /// 24.04 LTS.
        Noble = "24.04",
    }
}

/// The major version of containerd in the node image, which decides the form of its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Containerd {
    /// 1.x; its form is also understood by 2.x.
    One,
    /// 2.x only.
    Two,
}

impl std::str::FromStr for Containerd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "1" => Ok(Containerd::One),
            "2" => Ok(Containerd::Two),
            _ => Err(format!(
                "`{text}` is not a containerd version: use `1` or `2`"
            )),
        }
    }
}

impl Serialize for Containerd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Containerd::One => 1,
            Containerd::Two => 2,
        })
    }
}

/// Memory kept from pods. The Memory Manager wants the sum to the byte.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservedMemory {
    /// For the operating system and Portworx.
    pub system: Quantity,
    /// For containerd and kubelet.
    pub kube: Quantity,
    /// Below this much free memory kubelet evicts pods.
    pub eviction_hard: Quantity,
    /// The sum of the three.
    pub total: Quantity,
}

/// A certificate authority that nodes trust.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaCertificate {
    /// The file's name without `.crt`.
    pub name: Subdomain,
    /// One or more certificates as PEM, ending in a line break.
    pub pem: String,
}

/// All about the nodes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nodes {
    /// The release.
    pub ubuntu: Ubuntu,
    /// The container runtime's configuration form.
    pub containerd: Containerd,
    /// The pause image; the revision's own where none is given.
    pub pause_image: Option<ImageReference>,
    /// CPUs kept for the system, kubelet, containerd and Portworx.
    pub reserved_cpus: CpuSet,
    /// CPU threads of the smallest worker, where known.
    pub cpus: Option<u32>,
    /// Memory kept from pods.
    pub reserved_memory: ReservedMemory,
    /// Most pods on a node, 250 in the RA.
    pub max_pods: u32,
    /// Kernel settings: the RA's tuning, with the site's own over it.
    #[serde(serialize_with = "as_map")]
    pub sysctl: Vec<(String, String)>,
    /// Authorities to trust.
    pub ca_certificates: Vec<CaCertificate>,
    /// Whether nodes may boot from the SAN.
    pub san_boot: bool,
    /// Whether MAAS erases a machine's disks when it releases it, which the RA forbids.
    pub erase_disks_on_release: bool,
    /// The machines, where they are known one by one.
    pub machines: Vec<Machine>,
}

/// Kernel settings for many pods and disks on large hosts.
///
/// The RA publishes no values; these are the tuning that OpenShift, libvirt and the image builder use for such hosts.
const SYSCTL: [(&str, &str); 14] = [
    ("fs.aio-max-nr", "1048576"),
    ("fs.inotify.max_user_instances", "8192"),
    ("fs.inotify.max_user_watches", "1048576"),
    ("kernel.pid_max", "4194304"),
    ("net.ipv4.neigh.default.gc_thresh1", "8192"),
    ("net.ipv4.neigh.default.gc_thresh2", "32768"),
    ("net.ipv4.neigh.default.gc_thresh3", "65536"),
    ("net.ipv6.neigh.default.gc_thresh1", "8192"),
    ("net.ipv6.neigh.default.gc_thresh2", "32768"),
    ("net.ipv6.neigh.default.gc_thresh3", "65536"),
    ("vm.dirty_background_ratio", "3"),
    ("vm.dirty_ratio", "10"),
    ("vm.max_map_count", "262144"),
    ("vm.swappiness", "10"),
];

/// Settings kubelet checks with `protectKernelDefaults` and refuses to start on other values.
const PROTECTED: [(&str, &str); 6] = [
    ("kernel.keys.root_maxbytes", "25000000"),
    ("kernel.keys.root_maxkeys", "1000000"),
    ("kernel.panic", "10"),
    ("kernel.panic_on_oops", "1"),
    ("vm.overcommit_memory", "1"),
    ("vm.panic_on_oom", "0"),
];

impl Nodes {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>, network: &Network) -> Self {
        let mut fields = reader.section(site, "nodes");
        let ubuntu = reader.value(&mut fields, "ubuntu", Ubuntu::Jammy);
        let containerd = reader.value(&mut fields, "containerd", Containerd::One);
        let pause_image = reader.optional(&mut fields, "pauseImage");
        let reserved_cpus = reader.or(&mut fields, "reservedCpus", "0-7");
        let cpus = reader
            .node(&mut fields, "cpus")
            .and_then(|node| reader.whole_number(node, 1..=8192));
        let reserved_memory = Self::read_memory(reader, &mut fields);
        let max_pods = reader.number(&mut fields, "maxPods", 10..=250, 250);
        let sysctl = Self::read_sysctl(reader, &mut fields);
        let ca_certificates = reader
            .list(&mut fields, "caCertificates", Self::read_certificate)
            .unwrap_or_default();
        let san_boot = reader.flag(&mut fields, "sanBoot", true);
        let erase_disks_on_release = reader.flag(&mut fields, "eraseDisksOnRelease", false);
        let machines = reader.list(&mut fields, "machines", |reader, node, path| {
            Machine::read(reader, network, node, path)
        });
        reader.close(fields);
        Nodes {
            ubuntu,
            containerd,
            pause_image,
            reserved_cpus,
            cpus,
            reserved_memory,
            max_pods,
            sysctl,
            ca_certificates,
            san_boot,
            erase_disks_on_release,
            machines: machines.unwrap_or_default(),
        }
    }

    fn read_memory(reader: &mut Reader<'_>, nodes: &mut Fields<'_>) -> ReservedMemory {
        let mut fields = reader.section(nodes, "reservedMemory");
        let system: Quantity = reader.or(&mut fields, "system", "8Gi");
        let kube: Quantity = reader.or(&mut fields, "kube", "4Gi");
        let eviction_hard: Quantity = reader.or(&mut fields, "evictionHard", "1Gi");
        reader.close(fields);
        ReservedMemory {
            total: system.plus(&kube).plus(&eviction_hard),
            system,
            kube,
            eviction_hard,
        }
    }

    fn read_sysctl(reader: &mut Reader<'_>, nodes: &mut Fields<'_>) -> Vec<(String, String)> {
        let mut sysctl: Vec<(String, String)> = SYSCTL
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let mut places: HashMap<String, usize> =
            sysctl.iter().map(|(key, _)| dotted(key)).zip(0..).collect();
        let node = reader.node(nodes, "sysctl");
        let given = node.and_then(Node::entries).unwrap_or_default();
        if let Some(node) = node
            && node.entries().is_none()
        {
            reader.expected("a map", node);
        }
        for entry in given {
            let key = entry.name();
            let Some(value) = entry.value.text() else {
                reader.expected("a single value", &entry.value);
                continue;
            };
            let key_is_good = !key.is_empty()
                && key
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'));
            let value_is_good = !entry.value.is_null()
                && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
                && !value.contains(['{', '#'])
                && !value.is_empty()
                && value.trim() == value;
            let name = dotted(key);
            let protected = PROTECTED
                .iter()
                .find(|(protected, wanted)| *protected == name && *wanted != value);
            if !key_is_good {
                let problem =
                    Diagnostic::error(format!("`{key}` is not the name of a kernel setting"))
                        .help("write it such as `vm.swappiness`");
                reader.problem_at(&entry.key, problem);
            } else if !value_is_good {
                let problem = Diagnostic::error(format!(
                    "`{key}` needs a value on one line, without `{{`, `#` and blanks around it"
                ));
                reader.problem_at(&entry.value, problem);
            } else if let Some((_, wanted)) = protected {
                let problem = Diagnostic::error(format!(
                    "kubelet does not start with `{key}` other than {wanted}"
                ))
                .help("its protectKernelDefaults setting compares this value; leave the key out");
                reader.problem_at(&entry.value, problem);
            } else {
                let end = sysctl.len();
                match *places.entry(name).or_insert(end) {
                    place if place < end => value.clone_into(&mut sysctl[place].1),
                    _ => sysctl.push((key.to_owned(), value.to_owned())),
                }
            }
        }
        sysctl
    }

    fn read_certificate(
        reader: &mut Reader<'_>,
        node: &Node,
        path: String,
    ) -> Option<CaCertificate> {
        let mut fields = reader.item(node, path);
        let name = reader.required(&mut fields, "name", node);
        let file_node = reader.node(&mut fields, "file");
        reader.close(fields);
        let Some(file_node) = file_node else {
            let problem = Diagnostic::error("a CA certificate needs a `file`");
            reader.problem_at(node, problem);
            return None;
        };
        let file: PathBuf = reader.parse(file_node)?;
        let pem = reader.file(file_node, &file)?;
        match certificates(&pem) {
            Ok(pem) => Some(CaCertificate { name: name?, pem }),
            Err(reason) => {
                let problem = Diagnostic::error(format!(
                    "`{}` is not a PEM certificate: {reason}",
                    file.display()
                ))
                .help("convert a DER file with `openssl x509 -inform der -in FILE -out FILE.pem`");
                reader.problem_at(file_node, problem);
                None
            }
        }
    }
}

/// A kernel setting's name with dots; `vm/swappiness` is another way to write it, a leading dash lets it fail.
fn dotted(key: &str) -> String {
    let key = key.trim_start_matches('-');
    match key.find(['.', '/']) {
        Some(at) if key[at..].starts_with('/') => key
            .chars()
            .map(|c| match c {
                '/' => '.',
                '.' => '/',
                c => c,
            })
            .collect(),
        _ => key.to_owned(),
    }
}

/// The certificates of a PEM text, without what stands around them.
fn certificates(text: &str) -> Result<String, String> {
    let pem = certificate::read(text)?
        .iter()
        .map(Certificate::pem)
        .collect();
    if text.contains("PRIVATE KEY-----") {
        return Err("it holds a private key, which must not be handed to every node".to_owned());
    }
    Ok(pem)
}

fn as_map<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}
