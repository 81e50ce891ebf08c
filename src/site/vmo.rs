//! The Virtual Machine Orchestrator and what it offers its users (RA, VMO and VMO-* layers).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::cluster::{revealed, words};
use super::names::{Label, Subdomain};
use super::quantity::Quantity;
use super::reader::{Fields, Reader, fixed};
use super::secret::Secret;
use crate::yaml::Node;

words! {
    /// How the VM dashboard is reached.
    Access, "an access mode" {
        /// Through the Spectro proxy; for Palette SaaS.
        Proxied = "Proxied",
        /// Through a load balancer address; for self-hosted Palette.
        Direct = "Direct",
    }
}

words! {
    /// The family of a guest's operating system.
    GuestOs, "a guest system" {
        /// Linux, prepared by cloud-init.
        Linux = "linux",
        /// Windows, prepared by an answer file.
        Windows = "windows",
    }
}

/// A disk image that VMs are cloned from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GoldenImage {
    /// The manifest's name.
    pub manifest: String,
    /// The DataVolume's name.
    pub name: Subdomain,
    /// `docker://...` or `http(s)://...`.
    pub source: ImageSource,
    /// Its size.
    pub size: Quantity,
}

/// Where CDI takes an image from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSource(String);

impl FromStr for ImageSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ["docker://", "oci-archive://", "http://", "https://"];
        let rest = known.iter().find_map(|scheme| text.strip_prefix(scheme));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(char::is_whitespace) => {
                Ok(ImageSource(text.to_owned()))
            }
            _ => Err(format!(
                "`{text}` is not the source of an image: use `docker://REGISTRY/IMAGE:TAG` or `https://...`"
            )),
        }
    }
}

impl fmt::Display for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ImageSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A set of VM defaults.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preference {
    /// The manifest's name.
    pub manifest: String,
    /// The VirtualMachineClusterPreference's name.
    pub name: Subdomain,
    /// For which guests.
    pub os: GuestOs,
}

/// A network a VM attaches to: `namespace/name` of a NAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkName {
    /// The NAD's namespace.
    pub namespace: Label,
    /// The NAD's name.
    pub name: Subdomain,
}

impl FromStr for NetworkName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((namespace, name)) = text.split_once('/') else {
            return Err(format!(
                "`{text}` has no namespace: write `default/{text}`; a bare name is looked for in the VM's own namespace"
            ));
        };
        Ok(NetworkName {
            namespace: namespace.parse()?,
            name: name.parse()?,
        })
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl Serialize for NetworkName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A template users create VMs from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VmTemplate {
    /// The manifest's name.
    pub manifest: String,
    /// The VmTemplate's name.
    pub name: Subdomain,
    /// The name users see.
    pub display_name: String,
    /// What it is.
    pub description: String,
    /// The URL of its picture.
    pub icon: String,
    /// The guest.
    pub os: GuestOs,
    /// The preference it uses.
    pub preference: Subdomain,
    /// The golden image it clones.
    pub golden_image: Subdomain,
    /// The size of its disk; at least the golden image's.
    pub disk_size: Quantity,
    /// Its CPU cores.
    pub cpu_cores: u32,
    /// Its memory.
    pub memory: Quantity,
    /// Its network; the pod network where none is given.
    pub network: Option<NetworkName>,
}

/// What Linux guests are given.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Linux {
    /// The first user's password; a Palette variable where none is given.
    #[serde(serialize_with = "revealed")]
    pub password: Option<Secret>,
}

/// What the Windows answer file holds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Windows {
    /// The administrator's password; a Palette variable where none is given.
    #[serde(serialize_with = "revealed")]
    pub admin_password: Option<Secret>,
    /// The registered owner.
    pub owner: String,
    /// The registered organization.
    pub organization: String,
    /// Windows' own name of the time zone.
    pub time_zone: String,
    /// Language and region.
    pub locale: String,
    /// `*` lets Windows choose.
    pub computer_name: String,
    /// The ConfigMap that holds the answer file.
    pub config_map: Subdomain,
}

/// All about VMs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vmo {
    /// How the dashboard is reached.
    pub access: Access,
    /// Namespaces that may hold VMs.
    pub namespaces: Vec<Label>,
    /// Where golden images live.
    pub golden_images_namespace: Label,
    /// KubeVirt feature gates beside the revision's own.
    #[serde(skip)]
    pub feature_gates: Vec<String>,
    /// The images.
    pub golden_images: Vec<GoldenImage>,
    /// The defaults.
    pub preferences: Vec<Preference>,
    /// The templates.
    pub templates: Vec<VmTemplate>,
    /// For Linux guests.
    pub linux: Linux,
    /// For Windows guests.
    pub windows: Windows,
}

impl Vmo {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut fields = reader.section(site, "vmo");
        let access = reader.value(&mut fields, "access", Access::Proxied);
        let namespaces = reader
            .values(&mut fields, "namespaces")
            .unwrap_or_else(|| vec![fixed("default"), fixed("virtual-machines")]);
        let golden_images_namespace =
            reader.or(&mut fields, "goldenImagesNamespace", "vmo-golden-images");
        let feature_gates = reader
            .values(&mut fields, "featureGates")
            .unwrap_or_default();
        let golden_images = reader
            .list(&mut fields, "goldenImages", read_image)
            .unwrap_or_else(example_images);
        let preferences = reader
            .list(&mut fields, "preferences", read_preference)
            .unwrap_or_else(example_preferences);
        let templates = reader
            .list(&mut fields, "templates", read_template)
            .unwrap_or_else(example_templates);
        let mut linux_fields = reader.section(&mut fields, "linux");
        let linux = Linux {
            password: reader.secret(&mut linux_fields, "password"),
        };
        reader.close(linux_fields);
        let windows = Self::read_windows(reader, &mut fields);
        reader.close(fields);
        Vmo {
            access,
            namespaces,
            golden_images_namespace,
            feature_gates,
            golden_images,
            preferences,
            templates,
            linux,
            windows,
        }
    }

    fn read_windows(reader: &mut Reader<'_>, vmo: &mut Fields<'_>) -> Windows {
        let mut fields = reader.section(vmo, "windows");
        let windows = Windows {
            admin_password: reader.secret(&mut fields, "adminPassword"),
            owner: reader.free_text(&mut fields, "owner", "Administrator"),
            organization: reader.free_text(&mut fields, "organization", "Virtual Machines"),
            time_zone: reader.free_text(&mut fields, "timeZone", "Central European Standard Time"),
            locale: reader.free_text(&mut fields, "locale", "en-US"),
            computer_name: reader.free_text(&mut fields, "computerName", "*"),
            config_map: reader.or(&mut fields, "configMap", "win-unattend-xml"),
        };
        reader.close(fields);
        windows
    }
}

fn read_image(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<GoldenImage> {
    let mut fields = reader.item(node, path);
    let name: Option<Subdomain> = reader.required(&mut fields, "name", node);
    let source = reader.required(&mut fields, "source", node);
    let size = reader.required(&mut fields, "size", node);
    let manifest: Option<Subdomain> = reader.optional(&mut fields, "manifest");
    reader.close(fields);
    let name = name?;
    let short = name.as_str().trim_start_matches("template-");
    Some(GoldenImage {
        manifest: manifest.map_or_else(|| format!("dv-{short}"), |manifest| manifest.to_string()),
        name,
        source: source?,
        size: size?,
    })
}

fn read_preference(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<Preference> {
    let mut fields = reader.item(node, path);
    let name: Option<Subdomain> = reader.required(&mut fields, "name", node);
    let os = reader.required(&mut fields, "os", node);
    let manifest: Option<Subdomain> = reader.optional(&mut fields, "manifest");
    reader.close(fields);
    let name = name?;
    Some(Preference {
        manifest: manifest.map_or_else(|| format!("vmcp-{name}"), |manifest| manifest.to_string()),
        name,
        os: os?,
    })
}

fn read_template(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<VmTemplate> {
    let mut fields = reader.item(node, path);
    let name: Option<Subdomain> = reader.required(&mut fields, "name", node);
    let os: Option<GuestOs> = reader.required(&mut fields, "os", node);
    let golden_image = reader.required(&mut fields, "goldenImage", node);
    let disk_size = reader.required(&mut fields, "diskSize", node);
    let shown = name.as_ref().map_or("", Subdomain::as_str);
    let display_name = reader.free_text(&mut fields, "displayName", shown);
    let description = reader.free_text(&mut fields, "description", &display_name);
    let (icon, preference) = match os {
        Some(GuestOs::Windows) => (WINDOWS_ICON, "generic-windows"),
        _ => (LINUX_ICON, "generic-linux"),
    };
    let icon = reader.free_text(&mut fields, "icon", icon);
    let preference = reader.or(&mut fields, "preference", preference);
    let cpu_cores = reader.number(&mut fields, "cpuCores", 1..=512, 2);
    let memory = reader.or(&mut fields, "memory", "2Gi");
    let network = reader.optional(&mut fields, "network");
    let manifest: Option<Subdomain> = reader.optional(&mut fields, "manifest");
    reader.close(fields);
    let name = name?;
    Some(VmTemplate {
        manifest: manifest.map_or_else(
            || format!("vmtemplate-{name}"),
            |manifest| manifest.to_string(),
        ),
        name,
        display_name,
        description,
        icon,
        os: os?,
        preference,
        golden_image: golden_image?,
        disk_size: disk_size?,
        cpu_cores,
        memory,
        network,
    })
}

const LINUX_ICON: &str = "https://s3.amazonaws.com/manifests.spectrocloud.com/logos/ubuntu.png";
const WINDOWS_ICON: &str = "https://companieslogo.com/img/orig/MSFT-a203b22d.png?t=1633073277";

fn example_images() -> Vec<GoldenImage> {
    vec![
        GoldenImage {
            manifest: "dv-ubuntu-2204".to_owned(),
            name: fixed("template-ubuntu-2204"),
            source: fixed(
                "docker://gcr.io/spectro-images-public/release/vm-dashboard/os/ubuntu-container-disk:22.04",
            ),
            size: fixed("50Gi"),
        },
        GoldenImage {
            manifest: "dv-windows-2022".to_owned(),
            name: fixed("template-windows-2022"),
            source: fixed("docker://docker.io/kreeuwijk/w2k22_eval:latest"),
            size: fixed("80Gi"),
        },
    ]
}

fn example_preferences() -> Vec<Preference> {
    [
        ("generic-linux", GuestOs::Linux),
        ("generic-windows", GuestOs::Windows),
    ]
    .into_iter()
    .map(|(name, os)| Preference {
        manifest: format!("vmcp-{name}"),
        name: fixed(name),
        os,
    })
    .collect()
}

fn example_templates() -> Vec<VmTemplate> {
    vec![
        VmTemplate {
            manifest: "vmtemplate-ubuntu-2204".to_owned(),
            name: fixed("ubuntu-2204"),
            display_name: "Ubuntu 22.04".to_owned(),
            description: "Ubuntu 22.04".to_owned(),
            icon: LINUX_ICON.to_owned(),
            os: GuestOs::Linux,
            preference: fixed("generic-linux"),
            golden_image: fixed("template-ubuntu-2204"),
            disk_size: fixed("50Gi"),
            cpu_cores: 2,
            memory: fixed("2Gi"),
            network: None,
        },
        VmTemplate {
            manifest: "vmtemplate-windows-2022".to_owned(),
            name: fixed("win-2022-eval"),
            display_name: "Windows 2022 Eval".to_owned(),
            description: "Windows 2022 Datacenter Evaluation".to_owned(),
            icon: WINDOWS_ICON.to_owned(),
            os: GuestOs::Windows,
            preference: fixed("generic-windows"),
            golden_image: fixed("template-windows-2022"),
            disk_size: fixed("80Gi"),
            cpu_cores: 2,
            memory: fixed("4Gi"),
            network: None,
        },
    ]
}
