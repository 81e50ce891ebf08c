//! The plan of a site: the RA's own numbers, and a page that a browser shows as it is meant.

use std::fs;

use crate::common::browser;
use crate::common::harness::{Run, Scratch, write};
use roxmltree::{Document, ParsingOptions};
use serde_json::Value;

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
    let json = run(EXAMPLE, &["--format", "json", "--nodes", "128"]).well();
    let plan: Value = serde_json::from_str(&json).expect("JSON");
    let largest = &plan["capacity"]["largest"];
    for (key, number) in [
        ("nodes", 64),
        ("active", 63),
        ("pods", 15_750),
        ("overhead", 688),
        ("left", 15_062),
    ] {
        assert_eq!(largest[key], number, "{key}");
    }
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
            "error: no pod and service networks for 1 nodes can begin at 100.64.0.0\n",
        ),
        (
            "4000000000",
            "error: no pod and service networks for 4000000000 nodes can begin at 0.0.0.0\n",
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
        "error: `docs-2024` has tables only, and no layers to plan\n  = help: plan with 1.9.0\n\n",
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

#[test]
fn the_page_fits_in_a_browser_and_on_paper() {
    let folder = Scratch::new();
    for (name, site) in [
        ("two-bonds", EXAMPLE),
        ("one-bond", ONE_BOND),
        ("bridged", BRIDGED),
    ] {
        let page = run(site, &["--format", "html"]).well();
        well_formed(&page);
        assert!(
            !page.contains("http://")
                || page.matches("http://").count()
                    == page.matches("http://www.w3.org/2000/svg").count()
        );
        // The page's own policy would keep our script out.
        let policy = page.find("<meta http-equiv").expect("a policy");
        let end = policy + page[policy..].find("/>").expect("its end") + 2;
        let measured = format!("{}{}", &page[..policy], &page[end..]).replace(
            "</body>",
            &format!(
                "<script>{}</script></body>",
                include_str!("../plan/measure.js")
            ),
        );
        fs::write(folder.join(format!("{name}.html")), &page).expect("the file can be written");
        fs::write(folder.join(format!("{name}-measured.html")), measured)
            .expect("the file can be written");
    }
    if !browser::is_there() {
        return;
    }
    for name in ["two-bonds", "one-bond", "bridged"] {
        for width in ["1200", "420"] {
            let size = format!("--window-size={width},900");
            let dom = browser::run(
                &folder,
                &format!("{name}-measured.html"),
                &["--dump-dom", &size],
            );
            let (_, rest) = dom
                .split_once("<pre id=\"result\">")
                .expect("the script has run");
            let (result, _) = rest.split_once("</pre>").expect("its end");
            let result: Value = serde_json::from_str(&result.replace("&gt;", ">")).expect("JSON");
            assert_eq!(
                result["wrong"],
                Value::Array(Vec::new()),
                "{name} at {width}"
            );
            assert!(
                result["boxes"].as_u64().is_some_and(|boxes| boxes > 25),
                "{name}: {result}"
            );
        }
        let pdf = folder.join(format!("{name}.pdf"));
        let argument = format!("--print-to-pdf={}", pdf.display());
        browser::run(&folder, &format!("{name}.html"), &[&argument]);
        let bytes = fs::read(&pdf).expect("the page was printed");
        assert!(
            bytes.starts_with(b"%PDF-") && bytes.len() > 20_000,
            "{name}: {} bytes",
            bytes.len()
        );
    }
}
