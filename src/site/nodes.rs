//! Operating system and tuning of the nodes (RA, Ubuntu layer).

use std::collections::HashMap;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::cpus::CpuSet;
use super::machines::Machine;
use super::names::{ImageReference, Subdomain};
use super::network::Network;
use super::quantity::Quantity;
use super::reader::{Fields, Reader};
use super::setting::{Kind, Preset, Scalar, settings, words};
use crate::certificate::{self, Certificate};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits;
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

words! {
    /// The major version of containerd in the node image, which decides the form of its configuration.
    Containerd, "a containerd version" {
        /// 1.x; 2.x reads its configuration too.
        One = "1",
        /// 2.x only.
        Two = "2",
    }
}

settings! {
    /// Memory that pods cannot use. The Memory Manager wants the sum to the byte.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct ReservedMemory {
        /// Memory for the operating system and Portworx.
        pub system: Quantity,
        /// Memory for containerd and kubelet.
        pub kube: Quantity,
        /// The kubelet evicts pods below this much free memory.
        pub eviction_hard: Quantity,
        /// The sum of the three.
        pub total: Quantity,
    }
}

settings! {
    /// A certificate authority that nodes trust.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct CaCertificate {
        /// The name that the file gets on nodes, without `.crt`.
        ///
        /// Example: `corporate-root`
        pub name: Subdomain,
        /// The file with one or more PEM certificates, relative to the site file.
        ///
        /// Example: `corporate-root.pem`
        pub pem as "file": String,
    }
}

settings! {
    /// All about the nodes.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Nodes of "Ubuntu layer" {
        /// The Ubuntu LTS release.
        ///
        /// Not: `os`, `release`
        pub ubuntu: Ubuntu,
        /// The major version of containerd in the node image.
        pub containerd: Containerd,
        /// The pause image. The default is the revision's.
        pub pause_image: Option<ImageReference>,
        /// CPUs for the system, containerd, kubelet and Portworx: whole cores, with their hyperthreads.
        ///
        /// Elsewhere: `systemReservedCPU`, `reservedSystemCPUs`
        pub reserved_cpus: CpuSet,
        /// CPU threads of the smallest worker, to check `reservedCpus`.
        ///
        /// Example: `96`
        pub cpus: Option<u32>,
        /// Memory that pods cannot use.
        pub reserved_memory: ReservedMemory,
        /// Memory of the smallest worker's NUMA node 0, to check `reservedMemory`: half of a worker with two sockets.
        ///
        /// Example: `128Gi`
        pub memory_per_numa_node: Option<Quantity>,
        /// The maximum number of pods on a node.
        pub max_pods: u32,
        /// Kernel settings in addition to the tuning of the reference architecture. They override it.
        ///
        /// Example: `{vm.swappiness: 5}`
        #[serde(serialize_with = "as_map")]
        pub sysctl: Vec<(String, String)>,
        /// Certificate authorities that nodes trust: Palette's own if it signs for the OIDC provider.
        pub ca_certificates: Vec<CaCertificate>,
        /// Whether nodes may boot from the SAN. It has no effect on nodes with local disks.
        pub san_boot: bool,
        /// Whether MAAS erases a machine's disks when it releases it (Settings, Storage). The RA forbids it.
        pub erase_disks_on_release: bool,
        /// For `vmo-ra network`: machines that differ or have fixed addresses. MAAS chooses missing addresses.
        pub machines: Vec<Machine>,
    }
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
    // What Ubuntu 24.04 has itself, and more than 22.04 has.
    ("vm.max_map_count", "1048576"),
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
        let mut fields = reader.section::<Self>(site, "nodes");
        let ubuntu = reader.value(&mut fields, "ubuntu", Ubuntu::Jammy);
        let containerd = reader.value(&mut fields, "containerd", Containerd::One);
        let pause_image = reader.optional(&mut fields, "pauseImage");
        let reserved_cpus = reader.or(&mut fields, "reservedCpus", "0-7");
        let cpus = reader.optional_number(&mut fields, "cpus", 1..=8192);
        let reserved_memory = Self::read_memory(reader, &mut fields);
        let memory_per_numa_node = reader.optional(&mut fields, "memoryPerNumaNode");
        let max_pods = reader.number(&mut fields, "maxPods", 10..=250, 250);
        let sysctl = Self::read_sysctl(reader, &mut fields);
        let ca_certificates = reader
            .list(
                &mut fields,
                "caCertificates",
                || Preset::None,
                Self::read_certificate,
            )
            .unwrap_or_default();
        let san_boot = reader.flag(&mut fields, "sanBoot", true);
        let erase_disks_on_release = reader.flag(&mut fields, "eraseDisksOnRelease", false);
        let machine =
            |reader: &mut Reader<'_>, node: &Node, path| Machine::read(reader, network, node, path);
        let none = || Preset::None;
        let machines = reader.list_of(&mut fields, "machines", limits::MACHINES, none, machine);
        reader.close(fields);
        Nodes {
            ubuntu,
            containerd,
            pause_image,
            reserved_cpus,
            cpus,
            reserved_memory,
            memory_per_numa_node,
            max_pods,
            sysctl,
            ca_certificates,
            san_boot,
            erase_disks_on_release,
            machines: machines.unwrap_or_default(),
        }
    }

    fn read_memory(reader: &mut Reader<'_>, nodes: &mut Fields<'_>) -> ReservedMemory {
        let mut fields = reader.section::<ReservedMemory>(nodes, "reservedMemory");
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
        let given: Vec<(String, String)> =
            reader.by_name(nodes, "sysctl", sysctl_key, |reader, entry, path| {
                let value: String = reader.scalar_of(&entry.value, path, sysctl_value)?;
                match sysctl_problem(entry.name(), &value, entry.value.is_null()) {
                    Some((of_key, problem)) => {
                        let place = if of_key { &entry.key } else { &entry.value };
                        reader.problem_at(place, problem);
                        None
                    }
                    None => Some(value),
                }
            });
        let mut sysctl: Vec<(String, String)> = SYSCTL
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let mut places: HashMap<String, usize> =
            sysctl.iter().map(|(key, _)| dotted(key)).zip(0..).collect();
        for (key, value) in given {
            let end = sysctl.len();
            match *places.entry(dotted(&key)).or_insert(end) {
                place if place < end => sysctl[place].1 = value,
                _ => sysctl.push((key, value)),
            }
        }
        sysctl
    }

    fn read_certificate(
        reader: &mut Reader<'_>,
        node: &Node,
        path: String,
    ) -> Option<CaCertificate> {
        let mut fields = reader.item::<CaCertificate>(node, path);
        let name = reader.required(&mut fields, "name", node);
        let file_node = reader.needed(&mut fields, "file", node, String::kind, |_| {
            Diagnostic::error("a CA certificate needs a `file`").code(Code::MissingKey)
        });
        reader.close(fields);
        let file_node = file_node?;
        let file = PathBuf::from(reader.parse::<String>(file_node)?);
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

fn sysctl_key() -> Kind {
    Kind::text("a kernel setting", "[A-Za-z0-9._/-]+", "vm.swappiness")
}

fn sysctl_value() -> Kind {
    let pattern = r#"[!-"$-z|-~]([ -"$-z|-~]*[!-"$-z|-~])?"#;
    Kind::text("a text on one line, without `{` and `#`", pattern, "5").or(&["number", "boolean"])
}

/// What is wrong with a kernel setting, and whether it is the key.
fn sysctl_problem(key: &str, value: &str, is_null: bool) -> Option<(bool, Diagnostic)> {
    let key_is_good = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'));
    let value_is_good = !is_null
        && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
        && !value.contains(['{', '#'])
        && !value.is_empty()
        && value.trim() == value;
    let name = dotted(key);
    let protected = PROTECTED
        .iter()
        .find(|(protected, wanted)| *protected == name && *wanted != value);
    if !key_is_good {
        let problem = Diagnostic::error(format!("`{key}` is not the name of a kernel setting"))
            .help("write it like `vm.swappiness`");
        Some((true, problem))
    } else if !value_is_good {
        let problem = Diagnostic::error(format!(
            "`{key}` needs a value on one line, without `{{`, `#` and blanks around it"
        ));
        Some((false, problem))
    } else {
        let (_, wanted) = protected?;
        let problem = Diagnostic::error(format!(
            "kubelet does not start with `{key}` other than {wanted}"
        ))
        .help("its protectKernelDefaults setting compares this value; leave the key out");
        Some((false, problem))
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
