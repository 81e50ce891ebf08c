//! The cluster's size, its ingress and its monitoring.

use serde::{Serialize, Serializer};

use super::names::{Label, Subdomain};
use super::reader::{Fields, Reader};
use super::secret::Secret;

/// Name and size (RA, Hardware resources and Solution Sizing).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// The cluster's name in Palette.
    pub name: Label,
    /// Worker nodes; the RA advises at least 5.
    pub workers: u32,
    /// Control-plane nodes; 1, 3 or 5.
    pub control_planes: u32,
    /// Whether control-plane nodes run VMs too, and so get the workers' tuning.
    pub control_plane_runs_vms: bool,
}

impl Cluster {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut fields = reader.section(site, "cluster");
        let cluster = Cluster {
            name: reader.or(&mut fields, "name", "vmo"),
            workers: reader.number(&mut fields, "workers", 1..=10_000, 5),
            control_planes: reader.number(&mut fields, "controlPlanes", 1..=9, 3),
            control_plane_runs_vms: reader.flag(&mut fields, "controlPlaneRunsVms", false),
        };
        reader.close(fields);
        cluster
    }
}

/// Declares a closed set of words as an enum, with an error that names the nearest of them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let words = [$($word),+];
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err(super::cluster::unknown_word($what, text, &words)),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(super) use words;

pub(super) fn unknown_word(what: &str, text: &str, words: &[&str]) -> String {
    let listed: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let hint = match crate::diagnostic::nearest(text, words.iter().copied()) {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => String::new(),
    };
    format!("`{text}` is not {what}: use {}{hint}", listed.join(" or "))
}

words! {
    /// Which ingress controller serves HTTP.
    IngressController, "an ingress controller" {
        /// The RA's layer.
        Nginx = "nginx",
        /// Announced by RA 1.9.0 for new and upgraded environments.
        Traefik = "traefik",
    }
}

/// The ingress controller (RA, Nginx layer).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ingress {
    /// Which one.
    pub controller: IngressController,
    /// Whether port 6443 passes through to Palette virtual clusters.
    pub vcluster_passthrough: bool,
}

impl Ingress {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut fields = reader.section(site, "ingress");
        let ingress = Ingress {
            controller: reader.value(&mut fields, "controller", IngressController::Nginx),
            vcluster_passthrough: reader.flag(&mut fields, "vclusterPassthrough", true),
        };
        reader.close(fields);
        ingress
    }
}

/// Prometheus and Grafana (RA, Prometheus layer).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Monitoring {
    /// The host name that Grafana's ingress answers to.
    pub grafana_host: Subdomain,
    /// Grafana's password; a Palette variable where none is given.
    #[serde(serialize_with = "revealed")]
    pub grafana_admin_password: Option<Secret>,
    /// The name of the self-signed cert-manager Issuer.
    pub issuer: Subdomain,
    /// The Secret that holds the ingress certificate.
    pub tls_secret: Subdomain,
}

impl Monitoring {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut fields = reader.section(site, "monitoring");
        let monitoring = Monitoring {
            grafana_host: reader.or(&mut fields, "grafanaHost", "grafana.vmo.internal"),
            grafana_admin_password: reader.secret(&mut fields, "grafanaAdminPassword"),
            issuer: reader.or(&mut fields, "issuer", "grafana-selfsigned"),
            tls_secret: reader.or(&mut fields, "tlsSecret", "grafana-tls"),
        };
        reader.close(fields);
        monitoring
    }
}

/// Hands a secret to the templates, which are the one place it is written to.
pub(super) fn revealed<S: Serializer>(
    secret: &Option<Secret>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => serializer.serialize_some(secret.reveal()),
        None => serializer.serialize_none(),
    }
}
