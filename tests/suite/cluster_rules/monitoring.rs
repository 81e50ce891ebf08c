//! Grafana's way in, and what Prometheus looks at.

use super::Given;

pub(super) const TESTS: &[fn()] = &[
    grafana_is_reached_by_a_name_with_a_certificate,
    what_is_scraped_can_be_reached,
];

fn grafana(ingress: &str) -> Given {
    Given::new().layer(
        "prometheus-operator",
        "83.5.1",
        &format!("pack: {{namespace: monitoring}}\ncharts:\n  kube-prometheus-stack: {{grafana: {{ingress: {ingress}}}}}\n"),
    )
}

const STACK: &str = "charts.kube-prometheus-stack";

#[test]
fn grafana_is_reached_by_a_name_with_a_certificate() {
    let issuer = |namespace: &str| {
        format!(
            "apiVersion: cert-manager.io/v1\nkind: Issuer\nmetadata: {{name: self, namespace: {namespace}}}\nspec: {{selfSigned: {{}}}}"
        )
    };
    let good = "{enabled: true, ingressClassName: nginx, hosts: [g.example.com], annotations: {cert-manager.io/issuer: self}, tls: [{secretName: grafana-tls, hosts: [g.example.com]}]}";
    for id in [
        "grafana-host",
        "grafana-tls",
        "grafana-issuer",
        "ingress-class",
    ] {
        grafana(good)
            .layer("nginx", "1.15.4", "")
            .manifest(&issuer("monitoring"))
            .is_fine(id);
        grafana("{enabled: false}").is_fine(id);
    }
    let at = |path: &str| format!("{STACK}.grafana.ingress.{path}");
    grafana("{enabled: true, tls: [{secretName: t}]}").finds(
        "grafana-host",
        &[(
            &at("hosts"),
            "warning: Grafana's Ingress has no host, so it answers for every host name",
        )],
    );
    grafana("{enabled: true, hosts: [a]}").finds(
        "grafana-tls",
        &[(
            &at("tls"),
            "warning: Grafana is served without a certificate of its own",
        )],
    );
    grafana("{enabled: true, hosts: [a], tls: [{hosts: [b]}]}").finds(
        "grafana-tls",
        &[
            (
                &at("hosts[0]"),
                "warning: no certificate of Grafana's Ingress is for the host \"a\"",
            ),
            (
                &at("tls[0]"),
                "error: an entry of `tls` names no Secret for the certificate",
            ),
        ],
    );
    let annotation = at("annotations.cert-manager\\.io/issuer");
    grafana(good).finds(
        "grafana-issuer",
        &[(
            &annotation,
            "warning: no manifest has the Issuer `self` for Grafana's certificate",
        )],
    );
    grafana(good).manifest(&issuer("default")).finds(
        "grafana-issuer",
        &[(&annotation, "warning: the Issuer `self` is in the namespace `default`, and Grafana's Ingress in `monitoring`")],
    );
    grafana(good).layer("traefik", "40.2.0", "").finds(
        "ingress-class",
        &[(
            &at("ingressClassName"),
            "error: no controller of these profiles serves the class `nginx`",
        )],
    );
}

#[test]
fn what_is_scraped_can_be_reached() {
    let stack = |values: &str| {
        Given::new()
            .layer("prometheus-operator", "83.5.1", &format!("charts:\n  kube-prometheus-stack: {values}\n"))
            .layer("kubernetes", "1.34.5", "kubeadmconfig: {controllerManager: {extraArgs: {bind-address: 0.0.0.0}}, scheduler: {extraArgs: {}}}")
            .layer("cni-cilium-oss", "1.19.2", "charts: {cilium: {kubeProxyReplacement: 'true'}}")
    };
    stack("{kubeScheduler: {enabled: false}, kubeProxy: {enabled: false}}")
        .is_fine("scrape-unreachable");
    Given::new()
        .layer("prometheus-operator", "83.5.1", "")
        .is_fine("scrape-unreachable");
    stack("{kubeScheduler: {enabled: true}}").finds(
        "scrape-unreachable",
        &[(
            &format!("{STACK}.kubeScheduler.enabled"),
            "note: Prometheus looks for components that it cannot reach, and raises alerts that never clear: kubeScheduler, kubeProxy",
        )],
    );
}
