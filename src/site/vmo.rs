//! The Virtual Machine Orchestrator and what it offers its users (RA, VMO and VMO-* layers).

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::cluster::revealed;
use super::names::{Label, Subdomain};
use super::quantity::Quantity;
use super::reader::{Fields, Reader, fixed};
use super::setting::{Preset, settings, shown, words};
use crate::secret::Secret;
use crate::yaml::Node;

words! {
    /// How users reach the VM dashboard.
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

settings! {
    /// A disk image that VMs are cloned from.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct GoldenImage of "VMO-GoldenImages layer" {
        /// The manifest's name. The default is `dv-` with the image's name.
        pub manifest: String,
        /// The DataVolume's name.
        ///
        /// Example: `template-rocky-9`
        pub name: Subdomain,
        /// The source: `docker://...` or `http(s)://...`.
        ///
        /// Not: `url`, `image`
        pub source: ImageSource,
        /// Its size.
        ///
        /// Not: `disk`, `capacity`
        pub size: Quantity,
    }
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

settings! {
    /// A set of VM defaults.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Preference of "VMO-VMPreferences layer" {
        /// The manifest's name. The default is `vmcp-` with the preference's name.
        pub manifest: String,
        /// The VirtualMachineClusterPreference's name.
        pub name: Subdomain,
        /// The guest system.
        pub os: GuestOs,
    }
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
                "`{text}` has no namespace: write `default/{text}`; a bare name is looked up in the VM's own namespace"
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

shown!(NetworkName, ImageSource);

settings! {
    /// A template users create VMs from.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct VmTemplate of "VMO-VMTemplates layer" {
        /// The manifest's name. The default is `vmtemplate-` with the template's name.
        pub manifest: String,
        /// The VmTemplate's name.
        ///
        /// Example: `rocky-9`
        pub name: Subdomain,
        /// The name users see.
        ///
        /// Example: `Rocky Linux 9`
        pub display_name: String,
        /// The description. The default is its name.
        ///
        /// Example: `Rocky Linux 9, minimal`
        pub description: String,
        /// The URL of its picture.
        pub icon: String,
        /// The guest.
        pub os: GuestOs,
        /// The preference it uses.
        pub preference: Subdomain,
        /// The golden image it clones.
        ///
        /// Example: `template-rocky-9`
        pub golden_image: Subdomain,
        /// The size of its disk: at least that of the golden image, in the same unit.
        pub disk_size: Quantity,
        /// Its CPU cores.
        pub cpu_cores: u32,
        /// Its memory.
        pub memory: Quantity,
        /// Its network, one of `nads`. The default is the pod network.
        pub network: Option<NetworkName>,
    }
}

settings! {
    /// Settings of Linux guests.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Linux of "VMO-VMTemplates layer" {
        /// The first user's password. Without it, a masked Palette variable asks for it.
        ///
        /// Elsewhere: `UbuntuPassword`
        #[serde(serialize_with = "revealed")]
        pub password: Option<Secret> = "password".secret(),
    }
}

settings! {
    /// Settings of the Windows answer file.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Windows of "VMO-VMTemplates layer" {
        /// The administrator's password. Without it, a masked Palette variable asks for it.
        ///
        /// Elsewhere: `WindowsAdminPassword`
        #[serde(serialize_with = "revealed")]
        pub admin_password: Option<Secret> = "adminPassword".secret(),
        /// The registered owner.
        pub owner: String = "owner".free_text("Administrator"),
        /// The registered organization.
        pub organization: String = "organization".free_text("Virtual Machines"),
        /// The time zone, as Windows names it.
        pub time_zone: String = "timeZone".free_text("Central European Standard Time"),
        /// Language and region.
        pub locale: String = "locale".free_text("en-US"),
        /// The computer's name; `*` lets Windows choose.
        pub computer_name: String = "computerName".free_text("*"),
        /// The ConfigMap that holds the answer file.
        pub config_map: Subdomain = "configMap".or("win-unattend-xml"),
    }
}

settings! {
    /// All about VMs.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Vmo of "VMO layer" {
        /// How users reach the VM dashboard.
        pub access: Access,
        /// Namespaces that may have VMs.
        pub namespaces: Vec<Label>,
        /// The namespace of golden images.
        pub golden_images_namespace: Label,
        /// KubeVirt feature gates in addition to those of the revision.
        ///
        /// Example: `[VideoConfig]`
        #[serde(skip)]
        pub feature_gates: Vec<String>,
        /// The disk images that VMs are cloned from. The Windows image of the example is an evaluation edition with a tag
        /// that can change: use your own in production.
        pub golden_images: Vec<GoldenImage>,
        /// The defaults of VMs.
        pub preferences: Vec<Preference>,
        /// The templates users create VMs from.
        pub templates: Vec<VmTemplate>,
        /// Settings of Linux guests.
        pub linux: Linux,
        /// Settings of the Windows answer file.
        pub windows: Windows,
    }
}

impl Vmo {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut fields = reader.section::<Self>(site, "vmo");
        let access = reader.value(&mut fields, "access", Access::Proxied);
        let usual = || vec![fixed("default"), fixed("virtual-machines")];
        let namespaces = reader.values(&mut fields, "namespaces", || Preset::fixed(&usual()));
        reader.never_empty(&fields, "namespaces");
        let vmo = Vmo {
            access,
            namespaces: namespaces.unwrap_or_else(usual),
            golden_images_namespace: reader.or(
                &mut fields,
                "goldenImagesNamespace",
                "vmo-golden-images",
            ),
            feature_gates: reader
                .values(&mut fields, "featureGates", || Preset::None)
                .unwrap_or_default(),
            golden_images: reader
                .list(
                    &mut fields,
                    "goldenImages",
                    || Preset::fixed(&example_images()),
                    read_image,
                )
                .unwrap_or_else(example_images),
            preferences: reader
                .list(
                    &mut fields,
                    "preferences",
                    || Preset::fixed(&example_preferences()),
                    read_preference,
                )
                .unwrap_or_else(example_preferences),
            templates: reader
                .list(
                    &mut fields,
                    "templates",
                    || Preset::fixed(&example_templates()),
                    read_template,
                )
                .unwrap_or_else(example_templates),
            linux: reader.map(&mut fields, "linux"),
            windows: reader.map(&mut fields, "windows"),
        };
        reader.close(fields);
        vmo
    }
}

fn read_image(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<GoldenImage> {
    let mut fields = reader.item::<GoldenImage>(node, path);
    let name: Option<Subdomain> = reader.required(&mut fields, "name", node);
    let source = reader.required(&mut fields, "source", node);
    let size = reader.required(&mut fields, "size", node);
    let short = named(&name).trim_start_matches("template-");
    let manifest = manifest(reader, &mut fields, "dv-", short);
    reader.close(fields);
    Some(GoldenImage {
        manifest,
        name: name?,
        source: source?,
        size: size?,
    })
}

fn named(name: &Option<Subdomain>) -> &str {
    name.as_ref().map_or("", Subdomain::as_str)
}

/// The name of a manifest, by default made of that of what it holds.
fn manifest(reader: &mut Reader<'_>, fields: &mut Fields<'_>, prefix: &str, name: &str) -> String {
    let given: Option<Subdomain> = reader.optional(fields, "manifest");
    given.map_or_else(|| format!("{prefix}{name}"), |given| given.to_string())
}

fn read_preference(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<Preference> {
    let mut fields = reader.item::<Preference>(node, path);
    let name: Option<Subdomain> = reader.required(&mut fields, "name", node);
    let os = reader.required(&mut fields, "os", node);
    let manifest = manifest(reader, &mut fields, "vmcp-", named(&name));
    reader.close(fields);
    Some(Preference {
        manifest,
        name: name?,
        os: os?,
    })
}

fn read_template(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<VmTemplate> {
    let mut fields = reader.item::<VmTemplate>(node, path);
    let name: Option<Subdomain> = reader.required(&mut fields, "name", node);
    let os: Option<GuestOs> = reader.required(&mut fields, "os", node);
    let golden_image = reader.required(&mut fields, "goldenImage", node);
    let disk_size = reader.required(&mut fields, "diskSize", node);
    let display_name = reader.follow(&mut fields, "displayName", || named(&name).to_owned());
    let description = reader.follow(&mut fields, "description", || display_name.clone());
    let (icon, preference) = match os {
        Some(GuestOs::Windows) => (WINDOWS_ICON, "generic-windows"),
        _ => (LINUX_ICON, "generic-linux"),
    };
    let icon = reader.follow(&mut fields, "icon", || icon.to_owned());
    let preference = reader.follow(&mut fields, "preference", || fixed(preference));
    let cpu_cores = reader.number(&mut fields, "cpuCores", 1..=512, 2);
    let memory = reader.or(&mut fields, "memory", "2Gi");
    let network = reader.optional(&mut fields, "network");
    let manifest = manifest(reader, &mut fields, "vmtemplate-", named(&name));
    reader.close(fields);
    Some(VmTemplate {
        manifest,
        name: name?,
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
