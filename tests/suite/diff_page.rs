//! The page of a comparison: correct and safe HTML whatever a profile holds, and usable in a real browser.

mod report;

use std::collections::{BTreeMap, HashSet};
use std::fs;

use crate::common::browser;
use crate::common::harness::{Scratch, write};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, ParsingOptions};
use sha2::{Digest, Sha256};
use vmo_ra::diff::format::html;
use vmo_ra::diff::{FORMAT, Impact, Report, Summary};

use self::report::{MARKUP, NASTY, rich};

const STYLE: &str = include_str!("../../src/diff/format/page/style.css");

/// The text between two marks, without them.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("{start} is in the page"));
    rest.split_once(end)
        .unwrap_or_else(|| panic!("{end} is behind {start}"))
        .0
}

/// Reads a page as strictly as XML, without its style and script.
fn with_tree(page: &str, check: impl FnOnce(&Document<'_>)) {
    let mut text = page.to_owned();
    for tag in ["style", "script"] {
        let content = between(page, &format!("<{tag}>"), &format!("</{tag}>"));
        text = text.replace(content, "");
    }
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    match Document::parse_with_options(&text, options) {
        Ok(document) => check(&document),
        Err(error) => {
            let line = text.lines().nth(error.pos().row as usize - 1);
            panic!("{error}: {line:?}");
        }
    }
}

fn elements<'a, 'i>(document: &'a Document<'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    document.descendants().filter(Node::is_element)
}

fn text_of(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter(Node::is_text)
        .filter_map(|text| text.text())
        .collect()
}

fn empty() -> Report {
    Report {
        format: FORMAT,
        old: "a.json".to_owned(),
        new: "b.json".to_owned(),
        summary: Summary::default(),
        profiles: Vec::new(),
        changes: Vec::new(),
        notes: Vec::new(),
        ignored: Vec::new(),
    }
}

#[test]
fn nothing_of_a_profile_is_markup() {
    let page = html(&rich());
    assert!(!page.contains("<img"), "an element came from a profile");
    assert!(!page.contains("<b>bold"), "an element came from a profile");
    assert_eq!(page.matches("</script>").count(), 1);
    assert_eq!(page.matches("</style>").count(), 1);
    for invisible in ['\u{202e}', '\u{202c}', '\0', '\r'] {
        assert!(!page.contains(invisible), "{invisible:?} is in the page");
    }
    let spelled_out = NASTY
        .replace('\u{202e}', "\\u202E")
        .replace('\u{202c}', "\\u202C")
        .replace('\0', "\\x00")
        .replace('\r', "\\r");
    with_tree(&page, |document| {
        let texts: Vec<String> = elements(document).map(text_of).collect();
        for wanted in [MARKUP, &spelled_out] {
            assert!(
                texts.iter().any(|text| text == wanted),
                "{wanted} is not shown"
            );
        }
        for element in elements(document) {
            for attribute in element.attributes() {
                let name = attribute.name();
                assert!(
                    !name.starts_with("on")
                        && !["style", "src", "srcset", "action"].contains(&name),
                    "{name} on {element:?}"
                );
                if name == "href" {
                    assert!(attribute.value().starts_with('#'), "{}", attribute.value());
                }
            }
            let name = element.tag_name().name();
            assert!(
                !["img", "link", "iframe", "object", "embed", "base", "svg"].contains(&name),
                "{name}"
            );
        }
    });
    // The style and the script load nothing either.
    for text in [
        between(&page, "<style>", "</style>"),
        between(&page, "<script>", "</script>"),
    ] {
        for loading in [
            "url(", "@import", "http:", "https:", "fetch(", "import(", "eval(",
        ] {
            assert!(!text.contains(loading), "{loading}");
        }
    }
}

#[test]
fn the_policy_names_the_style_and_the_script() {
    let page = html(&rich());
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for tag in ["style", "script"] {
        let content = between(&page, &format!("<{tag}>"), &format!("</{tag}>"));
        let hash = STANDARD.encode(Sha256::digest(content));
        let source = format!("{tag}-src 'sha256-{hash}'");
        assert!(policy.contains(&source), "{policy} lacks {source}");
    }
}

#[test]
fn the_structure_is_sound() {
    for report in [rich(), empty()] {
        with_tree(&html(&report), check_structure);
    }
}

fn check_structure(document: &Document<'_>) {
    let mut ids = HashSet::new();
    for element in elements(document) {
        if let Some(id) = element.attribute("id") {
            assert!(ids.insert(id), "{id} is there twice");
            assert!(!id.is_empty() && !id.contains(char::is_whitespace), "{id}");
        }
    }
    let mut labelled = HashSet::new();
    let mut level = 0;
    for element in elements(document) {
        let name = element.tag_name().name();
        for attribute in ["for", "aria-labelledby"] {
            if let Some(id) = element.attribute(attribute) {
                assert!(ids.contains(id), "{attribute}={id} leads nowhere");
                labelled.insert(element.attribute("for").unwrap_or_default());
            }
        }
        if let Some(target) = element.attribute("href") {
            assert!(ids.contains(&target[1..]), "{target} leads nowhere");
        }
        if name == "th" {
            assert!(element.has_attribute("scope"), "{element:?} has no scope");
        }
        if let Some(found) = name.strip_prefix('h').and_then(|level| level.parse().ok()) {
            let found: usize = found;
            assert!(
                found <= level + 1,
                "h{found} follows h{level}: {}",
                text_of(element)
            );
            assert_eq!(found == 1, level == 0, "one h1, and first");
            level = found;
        }
    }
    for element in elements(document) {
        let name = element.tag_name().name();
        if ["input", "select"].contains(&name) {
            let id = element.attribute("id").unwrap_or_default();
            assert!(labelled.contains(id), "{id} has no label");
        }
        if name == "table" {
            assert!(
                element
                    .children()
                    .any(|child| child.has_tag_name("caption")),
                "a table has a caption"
            );
        }
    }
    for (landmark, count) in [("main", 1), ("header", 1), ("footer", 1), ("title", 1)] {
        let found = elements(document)
            .filter(|element| element.has_tag_name(landmark))
            .count();
        assert_eq!(found, count, "{landmark}");
    }
    // Without the script nothing else would open them.
    for element in elements(document).filter(|element| element.has_tag_name("details")) {
        assert!(element.has_attribute("open"), "{element:?} is closed");
    }
    let language = document.root_element().attribute("lang");
    assert_eq!(language, Some("en"));
}

#[test]
fn every_change_is_told_in_full() {
    let report = rich();
    with_tree(&html(&report), |document| {
        let articles: Vec<_> = elements(document)
            .filter(|element| element.has_tag_name("article"))
            .collect();
        assert_eq!(articles.len(), report.changes.len());
        let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for article in articles {
            let text = text_of(article);
            let id = article.attribute("id").unwrap_or_default();
            let id = id.trim_start_matches("change-");
            let id = id.split('.').next().unwrap_or_default();
            shown.entry(id.to_owned()).or_default().push(text);
        }
        for change in &report.changes {
            let told = shown[&change.id].iter().any(|text| {
                // What is invisible is spelled out, which another test sees to.
                let plain = |part: &str| !part.contains('\0');
                let mut parts = vec![
                    change.path.as_str(),
                    &change.because,
                    change.impact.as_str(),
                ];
                parts.extend(change.section.as_deref());
                parts.extend(change.remarks.iter().map(String::as_str));
                for line in change.lines.iter().flat_map(|hunk| &hunk.lines) {
                    parts.push(&line.text);
                }
                parts
                    .into_iter()
                    .filter(|part| plain(part) && !part.contains('\u{202e}'))
                    .all(|part| text.contains(part) || text.contains(&part.replace('-', " ")))
            });
            assert!(told, "{change:?} is not told in {:?}", shown[&change.id]);
        }
        assert!(
            shown["1436587a"]
                .iter()
                .any(|text| text.contains("secret a41f09c2") && text.contains("secret 77d0e6b1")),
            "{:?}",
            shown["1436587a"]
        );
    });
}

#[test]
fn lines_stand_beside_their_counterparts() {
    with_tree(&html(&rich()), |document| {
        let table = elements(document)
            .find(|element| {
                element.has_tag_name("table") && element.attribute("class") == Some("lines")
            })
            .expect("there are lines");
        let rows: Vec<Vec<String>> = table
            .descendants()
            .filter(|row| row.has_tag_name("tr"))
            .map(|row| {
                row.children()
                    .filter(Node::is_element)
                    .map(text_of)
                    .collect()
            })
            .collect();
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        assert_eq!(
            rows[1..7],
            [
                row(["1", " defaults {", "1", " defaults {"]),
                row([
                    "2",
                    "−    user_friendly_names yes",
                    "2",
                    "+    user_friendly_names no"
                ]),
                row(["3", "−    find_multipaths     yes", "", ""]),
                row([
                    "4",
                    "     polling_interval 10",
                    "3",
                    "     polling_interval 10"
                ]),
                row(["5", " }", "4", " }"]),
                vec!["⋯lines left out".to_owned()],
            ]
        );
        assert_eq!(
            rows[10],
            row([
                "24",
                "−        path_selector        \"queue-length 0\"",
                "23",
                "+        path_selector        \"service-time 0\""
            ])
        );
        assert_eq!(rows[12][..3], row(["", "", "25", ""])[..3]);
    });
}

#[test]
fn values_are_written_as_yaml() {
    let page = html(&rich());
    for text in [
        "<code>&quot;800&quot;</code>",
        "<code>800</code>",
        "<pre>- 100.64.0.0/18\n- 100.64.64.0/18</pre>",
        "<pre>selfSigned: {}\nca:\n  secretName: grafana-ca\n  urls:\n    - https://ca.example.org/crl\n    - http://ca.example.org/ocsp</pre>",
        "<code>quay.io/prometheus/prometheus:<mark>v2.53.1</mark></code>",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn a_switch_stands_with_what_it_explains() {
    with_tree(&html(&rich()), |document| {
        let group = elements(document)
            .find(|element| element.attribute("class") == Some("preset"))
            .expect("there is a preset");
        let headings: Vec<String> = group
            .descendants()
            .filter(|element| element.has_tag_name("h5") || element.has_tag_name("h6"))
            .map(text_of)
            .collect();
        assert_eq!(
            headings,
            [
                "Preset Kube-proxy replacement: ebpf-kubeproxy -> ebpf-kubeproxy-free",
                "preset group Kube-proxy replacement",
                "values charts.cilium.kubeProxyReplacement",
            ]
        );
    });
}

#[test]
fn the_same_report_gives_the_same_page() {
    assert_eq!(html(&rich()), html(&rich()));
}

#[test]
fn no_difference_is_said_in_words() {
    let page = html(&empty());
    assert!(page.contains("No differences."));
    assert!(!page.contains("<form"));
}

#[test]
fn what_the_report_does_not_list_is_shown_too() {
    let mut report = rich();
    report.profiles.truncate(1);
    report.profiles[0].layers.remove(0);
    let page = html(&report);
    assert_eq!(page.matches("<article").count(), report.changes.len());
    with_tree(&page, check_structure);
}

#[test]
fn colours_can_be_told_apart_from_their_ground() {
    let light = between(STYLE, ":root {", "}");
    let dark = between(STYLE, "prefers-color-scheme: dark) {\n  :root {", "}");
    let text_on_grounds = [
        (
            "text",
            &["page", "card", "soft", "old", "new", "old-mark", "new-mark"][..],
        ),
        ("muted", &["page", "card", "soft"]),
        ("link", &["page", "card", "soft"]),
        ("old-text", &["old"]),
        ("new-text", &["new"]),
    ];
    let badges = Impact::ALL.map(|impact| (impact.as_str(), format!("{}-back", impact.as_str())));
    for theme in [light, dark] {
        let pairs = text_on_grounds
            .iter()
            .flat_map(|(text, grounds)| grounds.iter().map(move |ground| (*text, *ground)))
            .chain(badges.iter().map(|(text, ground)| (*text, ground.as_str())));
        for (text, ground) in pairs {
            let (one, other) = (luminance(theme, text), luminance(theme, ground));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
        }
    }
}

/// The relative luminance of a colour of the style, as WCAG defines it.
fn luminance(theme: &str, name: &str) -> f64 {
    let colour = between(theme, &format!("--{name}: #"), ";");
    let digits: Vec<f64> = colour
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(f64::from)
        .collect();
    let channels: Vec<f64> = match digits.len() {
        3 => digits.iter().map(|digit| digit / 15.0).collect(),
        _ => digits
            .chunks(2)
            .map(|pair| (pair[0] * 16.0 + pair[1]) / 255.0)
            .collect(),
    };
    let linear = |channel: f64| {
        if channel <= 0.04045 {
            channel / 12.92
        } else {
            ((channel + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(channels[0]) + 0.7152 * linear(channels[1]) + 0.0722 * linear(channels[2])
}

/// A folder with the page, and with copies of it that run one more script.
fn opened() -> Scratch {
    let folder = Scratch::new();
    let page = html(&rich());
    write(&folder, "page.html", &page);
    let real = folder.run("diff 1.7.0 1.9.0 --format html");
    let real = real.ends(1).told().to_owned();
    let measure = include_str!("../diff_page/measure.js");
    for (file, page, script) in [
        ("driven.html", &page, include_str!("../diff_page/drive.js")),
        ("measured.html", &page, measure),
        ("real.html", &real, measure),
    ] {
        // The policy stays as strict: it names the added script as well.
        let hash = STANDARD.encode(Sha256::digest(script));
        let variant = page
            .replacen("script-src ", &format!("script-src 'sha256-{hash}' "), 1)
            .replacen("</body>", &format!("<script>{script}</script>\n</body>"), 1);
        write(&folder, file, variant);
    }
    let narrow = include_str!("../diff_page/narrow.html");
    write(&folder, "narrow.html", narrow);
    write(
        &folder,
        "real-narrow.html",
        narrow.replace("measured.html", "real.html"),
    );
    folder
}

#[test]
fn the_page_runs_under_its_own_policy() {
    if !browser::is_there() {
        return;
    }
    let folder = opened();
    let page = browser::run(&folder, "page.html", &["--dump-dom"]);
    assert!(
        page.contains("21 changes, all shown"),
        "the script did not run"
    );
    let title = between(&page, "<title>", "</title>");
    assert!(title.starts_with("Changes from "), "a profile's script ran");
    let form = between(&page, "<form", ">");
    assert!(!form.contains("hidden"), "{form}");
    write(
        &folder,
        "stripped.html",
        page_without_script(&html(&rich())),
    );
    let page = browser::run(&folder, "stripped.html", &["--dump-dom"]);
    assert!(between(&page, "<form", ">").contains("hidden"));
}

fn page_without_script(page: &str) -> String {
    let script = between(page, "<script>", "</script>");
    page.replace(script, "")
}

#[test]
fn the_filter_shows_what_is_asked_for() {
    if !browser::is_there() {
        return;
    }
    let report = rich();
    let folder = opened();
    let page = browser::run(
        &folder,
        "driven.html",
        &["--dump-dom", "--virtual-time-budget=10000"],
    );
    let steps = browser::left_in(&page, "data-steps");
    let step = |name: &str| {
        steps
            .as_array()
            .and_then(|steps| steps.iter().find(|step| step["step"] == name))
            .unwrap_or_else(|| panic!("no step {name} in {steps:#}"))
    };
    let changes = |name: &str| step(name)["changes"].as_array().map_or(0, Vec::len);
    let all = report.changes.len();
    let repaves = report
        .changes
        .iter()
        .filter(|change| change.impact == Impact::Repave)
        .count();

    assert_eq!(changes("opened"), all);
    assert_eq!(step("opened")["status"], "21 changes, all shown");
    assert_eq!(step("opened")["profiles"], 2);

    assert_eq!(changes("repave only"), repaves);
    assert_eq!(
        step("repave only")["impacts"],
        serde_json::json!(["repave"])
    );
    assert_eq!(step("repave only")["status"], "5 of 21 changes shown");
    assert_eq!(step("repave only")["profiles"], 1);
    assert_eq!(
        step("repave only")["layers"],
        serde_json::json!(["ubuntu-maas", "kubernetes"])
    );

    assert_eq!(
        step("repave in ubuntu-maas")["layers"],
        serde_json::json!(["ubuntu-maas"])
    );
    assert_eq!(
        step("text")["counts"],
        serde_json::json!(["1 of 3 changes"])
    );
    assert_eq!(step("nothing")["status"], "0 of 21 changes shown");
    assert_eq!(step("nothing")["layers"], serde_json::json!([]));
    assert_eq!(changes("reset"), all);
    assert_eq!(changes("one profile"), 6);
    assert_eq!(step("one profile")["profiles"], 1);

    assert_eq!(changes("closed"), 0);
    assert_eq!(step("closed")["status"], "21 changes, all shown");
    assert_eq!(
        changes("link"),
        3,
        "only the layer that was linked to opens"
    );
    assert_eq!(changes("printing"), all);
    assert_eq!(changes("printed"), 3);
    assert_eq!(
        step("link to what was filtered out")["status"],
        "21 changes, all shown"
    );
    let title = between(&page, "<title>", "</title>");
    assert!(title.starts_with("Changes from 1.7.0 to "), "{title}");
}

#[test]
fn the_page_fits_light_dark_narrow_and_paper() {
    if !browser::is_there() {
        return;
    }
    let folder = opened();
    let light = "--blink-settings=preferredColorScheme=1";
    let dark = "--blink-settings=preferredColorScheme=0";
    // The pictures and the document are for a person to look at.
    let look = |page: &str, name: &str, size: &str, scheme: &str| {
        let picture = format!("{name}.png");
        let to = format!("--screenshot={picture}");
        let paper = format!("--print-to-pdf={name}.pdf");
        let size = format!("--window-size={size}");
        let dom = browser::run(
            &folder,
            page,
            &[
                "--dump-dom",
                &to,
                &paper,
                "--no-pdf-header-footer",
                &size,
                scheme,
            ],
        );
        let bytes = fs::read(folder.join(&picture)).expect("there is a picture");
        assert!(bytes.starts_with(b"\x89PNG"), "{picture}");
        assert!(bytes.len() > 50_000, "{picture} is all but empty");
        let measures = browser::left_in(&dom, "data-measures");
        assert_eq!(measures["overflow"], 0, "{name}: {measures:#}");
        assert_eq!(measures["wide"], serde_json::json!([]), "{name}");
        assert_eq!(measures["torn"], serde_json::json!([]), "{name}");
        measures
    };
    let in_light = look("measured.html", "light", "1280,5200", light);
    let in_dark = look("measured.html", "dark", "1280,5200", dark);
    assert_ne!(in_light["background"], in_dark["background"]);
    assert_ne!(in_light["color"], in_dark["color"]);
    look("real.html", "real", "1280,5200", light);
    for page in ["measured.html", "real.html"] {
        let tablet = look(page, &format!("tablet-{page}"), "800,7000", light);
        assert_eq!(tablet["width"], 800);
    }
    for page in ["narrow.html", "real-narrow.html"] {
        let narrow = look(page, &format!("phone-{page}"), "500,9000", light);
        assert_eq!(narrow["width"], 360);
    }
    for paper in ["light.pdf", "dark.pdf"] {
        let bytes = fs::read(folder.join(paper)).expect("there is a document");
        assert!(bytes.starts_with(b"%PDF-"), "{paper}");
        assert!(bytes.len() > 20_000, "{paper} is all but empty");
    }
}
