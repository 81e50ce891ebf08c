//! The cluster's size, its ingress and its monitoring.

use serde::{Serialize, Serializer};

use super::names::{Label, Subdomain};
use super::setting::{settings, words};
use crate::secret::Secret;

settings! {
    /// Name and size.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Cluster of "Hardware resources" {
        /// The cluster's name in Palette.
        ///
        /// Elsewhere: `clusterName`, `cluster_name`
        pub name: Label = "name".or("vmo"),
        /// Worker nodes: at least 4; 5 are recommended. Portworx needs three nodes for its quorum.
        ///
        /// Not: `nodes`, `workerNodes`
        pub workers: u32 = "workers".number(1..=10_000, 5),
        /// Control-plane nodes: 1, 3 or 5.
        ///
        /// Not: `masters`, `controlPlane`, `controlPlaneNodes`
        pub control_planes: u32 = "controlPlanes".number(1..=9, 3),
        /// Whether control-plane nodes run VMs too, and are tuned like workers.
        pub control_plane_runs_vms: bool = "controlPlaneRunsVms".flag(false),
    }
}

words! {
    /// Which ingress controller serves HTTP.
    IngressController, "an ingress controller" {
        /// The RA's layer.
        Nginx = "nginx",
        /// For new and upgraded environments, since RA 1.9.0.
        Traefik = "traefik",
    }
}

settings! {
    /// The ingress controller.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Ingress of "Nginx layer" {
        /// The ingress controller.
        ///
        /// Not: `type`, `class`
        pub controller: IngressController = "controller".value(IngressController::Nginx),
        /// Whether port 6443 passes through to Palette virtual clusters.
        pub vcluster_passthrough: bool = "vclusterPassthrough".flag(true),
    }
}

settings! {
    /// Prometheus and Grafana.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Monitoring of "Prometheus layer" {
        /// The host name of Grafana's ingress.
        pub grafana_host: Subdomain = "grafanaHost".or("grafana.vmo.internal"),
        /// The password of Grafana's administrator. Without it, a masked Palette variable asks for it.
        #[serde(serialize_with = "revealed")]
        pub grafana_admin_password: Option<Secret> = "grafanaAdminPassword".secret(),
        /// The name of the self-signed cert-manager Issuer.
        pub issuer: Subdomain = "issuer".or("grafana-selfsigned"),
        /// The Secret that holds the ingress certificate.
        pub tls_secret: Subdomain = "tlsSecret".or("grafana-tls"),
    }
}

/// Passes a secret to the templates, the only place where it is written.
pub(super) fn revealed<S: Serializer>(
    secret: &Option<Secret>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => serializer.serialize_some(secret.reveal()),
        None => serializer.serialize_none(),
    }
}
