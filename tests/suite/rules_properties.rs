//! Rules bear any text, and point into it.

use crate::common::{add_profile, built_in};
use proptest::prelude::*;
use serde_json::json;
use vmo_ra::check::{Input, check};
use vmo_ra::diagnostic::Source;
use vmo_ra::profile::read;
use vmo_ra::rules::Inspected;

/// Texts of what rules look at: quotes, braces, line breaks and words in any order.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zé0-9 ]{0,4}",
        6 => prop::sample::select(vec![
            "{", "}", "{{", "}}", "(", ")", "[", "]", "<", ">", "'", "\"", "\\", "$", "`", "#", ":", ": ", "-", "=",
            "==", "&", "|", ";", ",", "\n", "\r\n", "\n  ", "\u{201c}", "*", "/", "!", "%", "~", "0", "1.10",
        ]).prop_map(str::to_owned),
        3 => prop::sample::select(vec![
            "{{ .spectro.var.x }}", ".spectro.system.", "spectro.", "${x", "$((", "$(", "<<EOF\n", "EOF\n", "case ",
            "esac", "exit", "set -e", "echo -e", "[[ ", "password: ", "P@ssw0rd!", "#cloud-config\n", "<unattend",
            "<AdministratorPassword>", "<Value>", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----",
            "# spectrocloud.com/enabled-presets:", "A:b,", "version = 2\n", "device {\n", "ATTR{a}=\"x\"", "kind: ",
            "KubeletConfiguration\n", "memoryManagerPolicy: Static\n", "metadata: {labels: {a: ",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_can_be_checked(texts in prop::collection::vec(text(), 5)) {
        let library = built_in::library();
        let revision = built_in::revision("1.9.0");
        let quoted = serde_json::to_string(&texts[0]).expect("a text");
        let block: String = texts[1].lines().map(|line| format!("      {line}\n")).collect();
        let paths = [
            "/etc/a.sh", "/etc/containerd/config.toml", "/etc/multipath.conf", "/etc/sysctl.d/a.conf",
            "/etc/udev/rules.d/a.rules", "/etc/kubernetes/kubelet.conf.d/a.conf", "/usr/local/share/ca-certificates/a.crt",
        ];
        let mut values = format!("kubeadmconfig:\n  preKubeadmCommands:\n  - {quoted}\n  - |\n{block}  files:\n");
        for path in paths {
            values.push_str(&format!("  - targetPath: {path}\n    content: |\n{block}  - targetPath: {path}x\n    content: {quoted}\n"));
        }
        let json = json!({"metadata": {"name": "p"}, "spec": {"version": "1.0.0",
            "template": {"type": "infra", "cloudType": "maas", "packs": [
                {"name": "u", "type": "oci", "layer": "os", "values": values},
                {"name": "cni-cilium-oss", "type": "oci", "layer": "cni", "version": "1.19.2", "values": texts[2],
                 "manifests": [{"name": "m", "content": texts[3]}, {"name": "n", "content": format!("userData: {quoted}\n")}]}
            ]},
            "variables": [{"name": texts[4], "format": "string", "regex": texts[4], "defaultValue": texts[0]}]}});
        let profile = read(&Source::new("p.json", json.to_string())).expect("it is a profile");
        let mut cluster = Inspected::default();
        add_profile(&mut cluster, "p.json", profile);
        let input = Input { cluster, ..Input::default() };
        for item in check(&input, revision, library).expect("it has layers").findings {
            let diagnostic = &item.diagnostic;
            let (Some(source), Some(span)) = (diagnostic.source(), diagnostic.span()) else {
                continue;
            };
            prop_assert!(span.end <= source.text().len() && source.text().is_char_boundary(span.start), "{}", item.id);
            // Lines are masked; a message of another rule may quote a word where no secret belongs.
            let shown = diagnostic.to_string().replacen(diagnostic.message(), "", 1);
            prop_assert!(!shown.contains("P@ssw0rd!"), "{}", diagnostic);
        }
    }
}
