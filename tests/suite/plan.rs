//! The plan of a site: the RA's own numbers, and a page that a browser shows as it is meant.

use std::fs;

use crate::common::browser;
use crate::common::harness::{Run, Scratch, write};
use crate::common::of_revisions;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, ParsingOptions};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Plans a site given by its text.
fn run(site: &str, arguments: &[&str]) -> Run {
    let folder = Scratch::new();
    write(&folder, "site.yaml", site);
    let arguments = [&["plan", "--site", "site.yaml"], arguments].concat();
    folder.run(&arguments)
}

const EXAMPLE: &str = include_str!("../plan/two-bonds.yaml");
const ONE_BOND: &str = include_str!("../plan/one-bond.yaml");
const BRIDGED: &str = include_str!("../plan/one-bond-br0-vlan.yaml");

#[test]
fn the_numbers_are_those_of_the_ra() {
    // The RA counts on all 63 active nodes for VMs.
    let all = "cluster: {workers: 60, controlPlaneRunsVms: true}\n";
    let json = run(all, &["--format", "json"]).well();
    let plan: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(plan["capacity"]["now"], plan["capacity"]["largest"]);
    let largest = &plan["capacity"]["largest"];
    for (key, number) in [
        ("nodes", 64),
        ("hosts", 63),
        ("pods", 15_750),
        ("overhead", 688),
        ("left", 15_062),
        ("vms", 12_500),
    ] {
        assert_eq!(largest[key], number, "{key}");
    }
    let json = run(EXAMPLE, &["--format", "json", "--nodes", "128"]).well();
    let plan: Value = serde_json::from_str(&json).expect("JSON");
    // 128 places, without three control planes and the spare one: 124 x 250 - 124 x 10 - 58.
    assert_eq!(plan["wished"]["size"]["hosts"], 124);
    assert_eq!(plan["wished"]["size"]["left"], 29_702);
    assert_eq!(plan["wished"]["podCidr"], "100.64.0.0/17");
    assert_eq!(plan["wished"]["serviceCidr"], "100.64.128.0/17");
    assert_eq!(plan["controlPlane"]["cores"], 4);
    assert_eq!(plan["controlPlane"]["memoryGb"], 8);
    assert_eq!(plan["storage"]["pool"]["raw"], 5 * 1024);
    assert_eq!(plan["storage"]["pool"]["usable"], 5 * 1024 / 2);
    // 1024 GiB of data, 64 of metadata and 3 of journal on each of five nodes, and three drives of 32 GiB.
    assert_eq!(
        plan["storage"]["pool"]["provisioned"],
        5 * (1024 + 64 + 3) + 3 * 32
    );
    for (workers, cores, memory) in [
        (10, 4, 8),
        (11, 4, 16),
        (26, 8, 32),
        (101, 16, 64),
        (251, 32, 128),
    ] {
        let site = format!(
            "cluster: {{workers: {workers}}}\nnetwork: {{podCidr: 100.64.0.0/14, serviceCidr: 100.72.0.0/16}}\n"
        );
        let json = run(&site, &["--format", "json"]).well();
        let plan: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(plan["controlPlane"]["cores"], cores, "{workers}");
        assert_eq!(plan["controlPlane"]["memoryGb"], memory, "{workers}");
    }
}

#[test]
fn a_number_of_nodes_that_no_network_holds_is_refused() {
    for (nodes, message) in [
        (
            "1",
            "error: there are no pod and service networks for 1 node, the spare one\n",
        ),
        (
            // Private addresses end before.
            "100000",
            "error: there are no pod and service networks for 100000 nodes\n",
        ),
        (
            "4000000000",
            "error: there are no pod and service networks for 4000000000 nodes\n",
        ),
    ] {
        let output = run(EXAMPLE, &["--nodes", nodes]);
        output.ends(2);
        assert!(output.stdout.is_empty());
        let stderr = output.said();
        assert!(stderr.starts_with(message), "{stderr}");
    }
    run(EXAMPLE, &["--revision", "docs-2024"]).says(
        2,
        of_revisions("error: `docs-2024` has only tables, and no layers to plan\n  = help: plan with NEWEST\n\n"),
    );
}

/// A text without its line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A full network is told as such, by the plan and by the rule, and what both propose is enough.
#[test]
fn a_full_pod_network_has_a_way_out() {
    let large = "cluster: {workers: 61}\n";
    let text = flat(&run(large, &["--nodes", "64"]).well());
    for sentence in [
        "Pods: 100.64.0.0/18, with a /24 for each of 64 nodes: all of them exist, and none is left for repaves.",
        "At most, with a place kept for repaves: 60 nodes for VMs",
        "VMs advised: the least of 61 x 12,500 / 63 = 12,103, 12,500 and 14,582.",
        "That is too few for this site: it has 64 nodes and needs one place more.",
    ] {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    let networks = "podCidr: 100.64.0.0/17` and `serviceCidr: 100.64.128.0/17";
    assert!(text.contains(networks), "{text}");
    let enough = format!(
        "{large}network: {{{}}}\n",
        networks.replace("` and `", ", ")
    );
    let text = flat(&run(&enough, &["--nodes", "65"]).well());
    assert!(
        text.contains("a /24 for each of 128 nodes: 64 exist, and one place is kept for repaves."),
        "{text}"
    );
    for wrong in ["error", "too few", "pod CIDR"] {
        assert!(!text.contains(wrong), "{wrong}\n{text}");
    }
    let text = flat(&run("cluster: {workers: 70}\n", &[]).well());
    assert!(
        text.contains("of 64 nodes: 73 exist, which is too many."),
        "{text}"
    );
}

#[test]
fn markup_in_a_site_stays_text() {
    let site = "cluster: {name: a}\nstorage:\n  flashArrays: [{endpoint: array.example.com}]\nvmo:\n  goldenImages: [{name: g, source: 'docker://x|y/<b>:latest', size: 5Gi}]\n";
    let output = run(site, &["--format", "html"]);
    // What is no image is refused with its place; nothing of it reaches a page.
    let all = [output.stdout, output.stderr].concat();
    assert!(
        !String::from_utf8_lossy(&all).contains("<b>:latest</"),
        "markup"
    );
}

/// Reads a page as strictly as XML.
fn well_formed(page: &str) {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    // The style holds `>` and the like, which XML minds and HTML does not.
    let (before, rest) = page.split_once("<style>").expect("a style");
    let (_, after) = rest.split_once("</style>").expect("its end");
    let text = format!("{before}<style></style>{after}");
    let document =
        Document::parse_with_options(&text, options).unwrap_or_else(|error| panic!("{error}"));
    let mut ids: Vec<&str> = document
        .descendants()
        .filter_map(|node| node.attribute("id"))
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id stands twice");
    for node in document.descendants().filter(|node| node.has_tag_name("a")) {
        let target = node
            .attribute("href")
            .and_then(|href| href.strip_prefix('#'))
            .expect("a link within the page");
        assert!(ids.contains(&target), "there is no {target}");
    }
}

const PAGES: [(&str, &str); 3] = [
    ("two-bonds", EXAMPLE),
    ("one-bond", ONE_BOND),
    ("bridged", BRIDGED),
];

/// What tests/plan/measure.js says of a page.
fn fits(name: &str, measures: &Value) {
    assert_eq!(measures["wrong"], json!([]), "{name}");
    let boxes = measures["boxes"].as_u64();
    assert!(boxes.is_some_and(|boxes| boxes > 25), "{name}: {measures}");
}

#[test]
fn the_page_fits_in_a_browser_and_on_paper() {
    let folder = Scratch::new();
    let script = include_str!("../plan/measure.js");
    let hash = STANDARD.encode(Sha256::digest(script));
    // A browser's window has a least width; a frame has none.
    let mut narrow = "<!DOCTYPE html><script>const all = [];
addEventListener('message', ({ data }) => {
  all.push(data);
  document.documentElement.dataset.measures = JSON.stringify(all);
});</script>"
        .to_owned();
    for (name, site) in PAGES {
        let page = run(site, &["--format", "html"]).well();
        well_formed(&page);
        let addresses = page.matches("http://").count();
        assert_eq!(
            addresses,
            page.matches("http://www.w3.org/2000/svg").count()
        );
        // The policy stays as strict: it names the added script as well.
        let measured = page
            .replacen(
                "style-src ",
                &format!("script-src 'sha256-{hash}'; style-src "),
                1,
            )
            .replacen("</body>", &format!("<script>{script}</script></body>"), 1);
        write(&folder, &format!("{name}.html"), measured);
        narrow.push_str(&format!(
            "<iframe src={name}.html width=360 height=900></iframe>"
        ));
    }
    write(&folder, "narrow.html", narrow);
    if !browser::is_there() {
        return;
    }
    for (name, _) in PAGES {
        let pdf = format!("{name}.pdf");
        let print = format!("--print-to-pdf={pdf}");
        let arguments = ["--dump-dom", "--window-size=1200,900", &print];
        let page = browser::run(&folder, &format!("{name}.html"), &arguments);
        fits(name, &browser::left_in(&page, "data-measures"));
        let bytes = fs::read(folder.join(&pdf)).expect("the page was printed");
        assert!(bytes.starts_with(b"%PDF-"), "{pdf}");
        assert!(bytes.len() > 20_000, "{pdf}: {} bytes", bytes.len());
    }
    let arguments = ["--dump-dom", "--virtual-time-budget=10000"];
    let page = browser::run(&folder, "narrow.html", &arguments);
    let measures = browser::left_in(&page, "data-measures");
    let measures = measures.as_array().expect("a list");
    assert_eq!(measures.len(), PAGES.len());
    for (number, measures) in measures.iter().enumerate() {
        assert_eq!(measures["width"], 360, "{measures}");
        fits(&format!("frame {number}"), measures);
    }
}

/// The plan of a site without an array speaks of none, and says what the storage asks of the workers.
#[test]
fn storage_on_the_workers_has_disks_and_no_array() {
    for (provider, pack, version, disks) in [
        (
            "longhorn",
            "csi-longhorn",
            "Longhorn 1.8 or later",
            "`/var/lib/longhorn`",
        ),
        (
            "rook-ceph",
            "csi-rook-ceph-helm",
            "Rook-Ceph 1.16 or later",
            "neither partitions nor file systems",
        ),
        (
            "piraeus",
            "piraeus-operator",
            "Piraeus 2.9 or later",
            "an empty disk in each worker",
        ),
    ] {
        let text = flat(&run(&format!("storage: {{provider: {provider}}}\n"), &[]).well());
        for word in [
            "array",
            "Purity",
            "multipath-tools",
            "LUN",
            "iSCSI",
            "Fibre",
            "pool has",
        ] {
            assert!(!text.contains(word), "{provider}: {word}\n{text}");
        }
        let needed = format!("There are no built-in values for `{pack}`");
        for words in [version, disks, &needed] {
            assert!(text.contains(words), "{provider}: {words}\n{text}");
        }
    }
    let array = flat(&run(EXAMPLE, &[]).well());
    for word in ["Purity", "multipath-tools", "LUN", "Storage adapters"] {
        assert!(array.contains(word), "{word}\n{array}");
    }
    let client = flat(&run("storage: {provider: powerflex}\n", &[]).well());
    for word in ["array", "Purity", "LUN", "Storage adapters"] {
        assert!(!client.contains(word), "{word}\n{client}");
    }
}

/// The software table has the versions of the layers, whichever pack is chosen.
#[test]
fn software_has_one_version_within_a_plan() {
    for (site, row, layer) in [
        (EXAMPLE, "Ingress Nginx 1.15.4 ", "Nginx 1.15.4 10"),
        (
            "ingress: {controller: traefik}\n",
            "Ingress traefik 40.2.0 ",
            "traefik 40.2.0 10",
        ),
        (
            "packVersions: {lb-metallb-helm: 0.15.2}\n",
            "Load balancing MetalLB 0.15.2 ",
            "MetalLB (Helm) 0.15.2 10",
        ),
    ] {
        let text = flat(&run(site, &[]).well());
        for words in [row, layer] {
            assert!(text.contains(words), "{words}\n{text}");
        }
    }
}

#[test]
fn services_over_bgp_have_a_router() {
    let site = "network:\n  metallb:\n    mode: bgp\n    addresses: [10.30.0.0/24, 10.31.0.10-10.31.0.20]\n    bgp: {localAsn: 64600, peerAsn: 64513, peerAddress: 10.20.30.1}\n";
    let text = flat(&run(site, &["--format", "markdown"]).well());
    for words in [
        "| services over BGP | routed | 10.30.0.0/24, 10.31.0.10-10.31.0.20 | none | services; the nodes (AS 64600) announce them to 10.20.30.1 (AS 64513) |",
        "| 10.20.30.1 | 8 nodes |",
        "| Give the router a BGP session with every node | 10.20.30.1 (AS 64513) accepts sessions from all nodes (AS 64600), and routes to 10.30.0.0/24, 10.31.0.10-10.31.0.20 from them. |",
        "| Look at the BGP sessions |",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let layer2 = run(EXAMPLE, &[]).well();
    assert!(!layer2.contains("BGP"), "{layer2}");
}

#[test]
fn a_network_of_storage_has_a_path() {
    let site = |san: &str| format!("storage: {{sanType: {san}}}\n");
    let path = "Nodes reach the ports of the array over the host network that has their addresses, or else the default gateway 10.20.30.1 on `bond_data.20`.";
    for (san, has_path) in [("FC", false), ("ISCSI", true), ("NVMEOF-TCP", true)] {
        let text = flat(&run(&site(san), &[]).well());
        assert_eq!(text.contains(path), has_path, "{san}\n{text}");
    }
}

/// What a network engineer types in: numbers, without the RA's 0 for what is untagged.
#[test]
fn switch_ports_name_vlans_by_number() {
    let rows = |site: &str| -> Vec<String> {
        let text = run(site, &[]).well();
        let (_, ports) = text.split_once("Switch ports").expect("they are there");
        let (ports, _) = ports.split_once("MAAS").expect("it comes next");
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        ports.lines().map(words).collect()
    };
    let known = rows("network: {pxe: {switchVlan: 99}}\n").join(" ");
    assert!(known.contains("99 (bare"), "{known}");
    assert!(known.contains(" 10,99 LACP"), "{known}");
    assert!(
        !known.contains("0,10") && !known.contains("switchVlan"),
        "{known}"
    );
    let unknown = rows(EXAMPLE).join(" ");
    assert!(
        unknown.contains("`switchVlan` beside `vlan: native`"),
        "{unknown}"
    );
    assert!(unknown.contains("10 and the"), "{unknown}");
    let refused = run("network: {data: {switchVlan: 99}}\n", &[]);
    refused
        .ends(2)
        .mentions("only a `native` VLAN has another number on the switch");
}

/// Lines of text keep to the width that is asked for, as long as no word is longer.
#[test]
fn text_keeps_to_100_columns() {
    for (name, site) in PAGES {
        let text = run(site, &[]).well();
        let wide: Vec<&str> = text
            .lines()
            .filter(|line| line.chars().count() > 100)
            .collect();
        assert!(wide.is_empty(), "{name}: {wide:#?}");
    }
}
