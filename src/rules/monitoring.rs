//! Prometheus and Grafana: access, and scrape targets (RA, Prometheus layer).

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::machines::{list, text};
use crate::cluster::values::{Values, names_of, namespace_of};
use crate::rules::{ClusterRule, Finding, rule};

const PACK: &str = "prometheus-operator";
const ROOT: &str = "charts.kube-prometheus-stack";
const INGRESS: &str = "grafana.ingress";

pub(super) const RULES: &[ClusterRule] = &[host, certificate, class, scraping];

/// The layer's values, where Grafana has an Ingress.
fn with_ingress(cluster: &Cluster) -> Option<Values<'_>> {
    let stack = Values::of(cluster, PACK, ROOT)?;
    (stack.flag(&format!("{INGRESS}.enabled")) == Some(true)).then_some(stack)
}

fn hosts<'c>(stack: &Values<'c>, path: &str) -> &'c [Value] {
    list(stack.find(&format!("{INGRESS}.{path}")))
}

fn host(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(stack) = with_ingress(cluster) else {
        return;
    };
    if hosts(&stack, "hosts").is_empty() {
        findings.push(stack.mark(rule::GRAFANA_HOST.warning(
            format!("{INGRESS}.hosts"),
            "Grafana's Ingress has no host, so it answers for every host name",
        )));
    }
}

/// HTTPS needs a Secret, a name in it, and an issuer.
fn certificate(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(stack) = with_ingress(cluster) else {
        return;
    };
    let path = format!("{INGRESS}.tls");
    let tls = hosts(&stack, "tls");
    if tls.is_empty() {
        findings.push(
            stack.mark(
                rule::GRAFANA_TLS
                    .warning(
                        path.as_str(),
                        "Grafana is served without a certificate of its own",
                    )
                    .help("add `tls` with the host and the name of a Secret"),
            ),
        );
    }
    let covered: Vec<&Value> = tls
        .iter()
        .flat_map(|entry| list(entry.get("hosts")))
        .collect();
    for (index, host) in hosts(&stack, "hosts").iter().enumerate() {
        if !tls.is_empty() && !covered.contains(&host) {
            findings.push(
                stack.mark(
                    rule::GRAFANA_TLS
                        .warning(
                            format!("{INGRESS}.hosts[{index}]"),
                            format!("no certificate of Grafana's Ingress is for the host {host}"),
                        )
                        .help("name it under `tls.hosts` too"),
                ),
            );
        }
    }
    for (index, entry) in tls.iter().enumerate() {
        if text(entry, "secretName").is_empty() {
            findings.push(
                stack.mark(
                    rule::GRAFANA_TLS
                        .error(
                            format!("{path}[{index}]"),
                            "an entry of `tls` names no Secret for the certificate",
                        )
                        .help("write `secretName: grafana-tls`"),
                ),
            );
        }
    }
    let annotation = |name: &str| {
        stack
            .find(&format!("{INGRESS}.annotations.{name}"))
            .and_then(Value::as_str)
    };
    let namespace = Values::of(cluster, PACK, "pack")
        .and_then(|pack| pack.text("namespace"))
        .unwrap_or_else(|| "monitoring".to_owned());
    let issuers = names_of(cluster, "Issuer");
    if let Some(issuer) = annotation("cert-manager\\.io/issuer")
        && !issuers.contains_key(&(namespace.as_str(), issuer))
        && !issuer.contains("{{")
    {
        let elsewhere = issuers.values().find(|found| found.name() == issuer);
        let (message, help) = match elsewhere {
            Some(found) => (
                format!(
                    "the Issuer `{issuer}` is in the namespace `{}`, and Grafana's Ingress in `{namespace}`",
                    namespace_of(found)
                ),
                "an Issuer serves its own namespace only: move it, or make it a ClusterIssuer",
            ),
            None => (
                format!("no manifest has the Issuer `{issuer}` for Grafana's certificate"),
                "add it to the layer, or name one that is there",
            ),
        };
        findings.push(
            stack.mark(
                rule::GRAFANA_ISSUER
                    .warning(
                        format!("{INGRESS}.annotations.cert-manager\\.io/issuer"),
                        message,
                    )
                    .help(help),
            ),
        );
    }
}

/// The Ingress is served by the controller of its class.
fn class(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(stack) = with_ingress(cluster) else {
        return;
    };
    let path = format!("{INGRESS}.ingressClassName");
    let Some(given) = stack.text(&path) else {
        return;
    };
    let nginx = Values::of(cluster, "nginx", "charts.ingress-nginx").map(|nginx| {
        nginx
            .text("controller.ingressClassResource.name")
            .unwrap_or_else(|| "nginx".to_owned())
    });
    let traefik = Values::of(cluster, "traefik", "charts.traefik").map(|traefik| {
        traefik
            .text("ingressClass.name")
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "traefik".to_owned())
    });
    let known: Vec<String> = nginx.into_iter().chain(traefik).collect();
    if !known.is_empty() && !known.contains(&given) {
        findings.push(
            stack.mark(
                rule::INGRESS_CLASS
                    .error(
                        path,
                        format!("no controller of these profiles serves the class `{given}`"),
                    )
                    .help(format!("write `{}`", known.join("` or `"))),
            ),
        );
    }
}

/// What cannot be reached raises an alert that never ends.
fn scraping(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(stack) = Values::of(cluster, PACK, ROOT) else {
        return;
    };
    let kubernetes = Values::of(cluster, "kubernetes", "kubeadmconfig");
    let is_local = |component: &str| {
        kubernetes.as_ref().is_some_and(|kubernetes| {
            let address = kubernetes.text(&format!("{component}.extraArgs.bind-address"));
            address.is_none_or(|address| address.starts_with("127."))
        })
    };
    let has_no_proxy = Values::of(cluster, "cni-cilium-oss", "charts.cilium")
        .is_some_and(|cilium| cilium.flag("kubeProxyReplacement") == Some(true));
    let unreachable: Vec<&str> = [
        ("kubeControllerManager", is_local("controllerManager")),
        ("kubeScheduler", is_local("scheduler")),
        ("kubeProxy", has_no_proxy),
    ]
    .into_iter()
    .filter(|(component, is_gone)| {
        *is_gone && stack.flag(&format!("{component}.enabled")) != Some(false)
    })
    .map(|(component, _)| component)
    .collect();
    if let Some(first) = unreachable.first() {
        findings.push(
            stack.mark(
                rule::SCRAPE_UNREACHABLE.note(format!("{first}.enabled"), format!("Prometheus looks for components that it cannot reach, and raises alerts that never clear: {}", unreachable.join(", "))),
            ),
        );
    }
}
