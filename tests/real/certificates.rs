//! Authorities that a site gives, made by OpenSSL: as they land on the nodes, they are the same certificates.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::common::built_in;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vmo_ra::diagnostic::{Severity, Source};
use vmo_ra::rules::check;
use vmo_ra::site::{Inputs, Site};

use super::common::programs::program;
use super::node::{self, Node, REVISIONS};
use crate::common::harness::Scratch;

const FOLDER: &str = "/usr/local/share/ca-certificates";

/// The files of a folder.
struct Folder(PathBuf);

impl Inputs for Folder {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        fs::read_to_string(self.0.join(path))
    }
}

/// OpenSSL, and a folder of a test's own.
struct Forge {
    openssl: PathBuf,
    folder: Scratch,
}

impl Forge {
    /// None where OpenSSL is not here.
    fn new() -> Option<Forge> {
        Some(Forge {
            openssl: program("openssl")?,
            folder: Scratch::new(),
        })
    }

    fn path(&self, name: &str) -> String {
        let path = self.folder.join(name);
        path.to_str().expect("a path of text").to_owned()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).expect("it is there")
    }

    fn openssl(&self, arguments: &[&str], input: &str) -> String {
        let output = node::run(&self.openssl, arguments, input);
        let (stdout, stderr) = node::said(&output);
        assert!(output.status.success(), "{arguments:?}: {stderr}");
        stdout
    }

    /// Makes an authority: its certificate as PEM.
    fn authority(&self, name: &str, key: &[&str]) -> String {
        let (config, out, secret) = (
            node::data("certificates/authority.cnf"),
            self.path(&format!("{name}.pem")),
            self.path(&format!("{name}.key")),
        );
        let config = config.to_str().expect("a path of text");
        let subject = format!("/CN={name}");
        let mut arguments = vec![
            "req", "-x509", "-batch", "-nodes", "-days", "3650", "-config", config,
        ];
        arguments.extend([
            "-subj", &subject, "-keyout", &secret, "-out", &out, "-newkey",
        ]);
        arguments.extend(key);
        self.openssl(&arguments, "");
        self.text(&format!("{name}.pem"))
    }

    fn fingerprint(&self, pem: &str) -> String {
        self.openssl(&["x509", "-noout", "-fingerprint", "-sha256"], pem)
    }

    /// The node of a site with one file of authorities.
    fn node(&self, file: &str, text: &str) -> Node {
        node::write(&self.folder.join(file), text);
        Node::with(
            &site(file),
            REVISIONS[1],
            &Folder(self.folder.to_path_buf()),
        )
    }

    /// What is said of a file that is no authority.
    fn refusal(&self, file: &str, text: &str) -> String {
        node::write(&self.folder.join(file), text);
        let source = Source::new("site.yaml", site(file));
        match Site::parse(&source, &Folder(self.folder.to_path_buf())) {
            Ok(_) => panic!("{file} is taken:\n{text}"),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }
}

fn site(file: &str) -> String {
    format!("nodes:\n  caCertificates:\n    - {{name: company, file: {file}}}\n")
}

/// The certificates of a file, each with its lines.
fn certificates(text: &str) -> Vec<String> {
    const END: &str = "-----END CERTIFICATE-----\n";
    let parts = text.split_inclusive(END);
    parts.map(str::to_owned).collect()
}

fn landed(node: &Node) -> &str {
    node.file(&format!("{FOLDER}/company.crt"))
        .expect("it lands on the nodes")
}

const RSA: &[&str] = &["rsa:2048"];
const EC: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
/// The smallest that there is: its length fits into one byte.
const SMALL: &[&str] = &["ed25519", "-extensions", "nothing"];

#[test]
fn an_authority_lands_as_it_is() {
    let Some(forge) = Forge::new() else {
        return;
    };
    for (name, key) in [("rsa", RSA), ("ec", EC), ("small", SMALL)] {
        let pem = forge.authority(name, key);
        let file = forge.path(&format!("{name}.pem"));
        let described = forge.openssl(&["x509", "-text", "-in", &file], "");
        assert!(described.starts_with("Certificate:"), "{described}");
        let one_line: String = pem.replace('\n', "\r\n");
        for (form, text) in [
            ("pem", &pem),
            ("described", &described),
            ("windows", &one_line),
        ] {
            let node = forge.node(&format!("{name}-{form}.crt"), text);
            assert_eq!(landed(&node), pem, "{name}, {form}");
            assert_eq!(
                forge.fingerprint(landed(&node)),
                forge.fingerprint(&pem),
                "{name}, {form}"
            );
        }
    }
}

/// A bundle stays one file, and all of it is trusted: `update-ca-certificates` puts it into the file that programs read.
#[test]
fn every_authority_of_a_bundle_is_trusted() {
    let Some(forge) = Forge::new() else {
        return;
    };
    let Some(update) = program("update-ca-certificates") else {
        return;
    };
    let made =
        [("one", RSA), ("two", EC), ("three", SMALL)].map(|(name, key)| forge.authority(name, key));
    let bundle = format!("# Ours\n{}\n# Theirs\n{}{}", made[0], made[1], made[2]);
    let node = forge.node("bundle.pem", &bundle);
    assert_eq!(certificates(landed(&node)), made);

    let local = forge.folder.join("local");
    node::write(&local.join("company.crt"), landed(&node));
    let empty = forge.folder.join("empty");
    let trusted = forge.folder.join("trusted");
    for folder in [&empty, &trusted] {
        fs::create_dir_all(folder).expect("it can be made");
    }
    let none = forge.path("none.conf");
    node::write(Path::new(&none), "");
    let text = |path: &Path| path.to_str().expect("a path of text").to_owned();
    let (local, empty, trusted) = (text(&local), text(&empty), text(&trusted));
    let arguments = [
        ("--certsdir", &empty),
        ("--certsconf", &none),
        ("--localcertsdir", &local),
        ("--etccertsdir", &trusted),
        ("--hooksdir", &empty),
    ];
    let arguments: Vec<&str> = arguments
        .iter()
        .flat_map(|(key, value)| [*key, value.as_str()])
        .collect();
    let output = node::run(&update, &arguments, "");
    let (_, stderr) = node::said(&output);
    assert!(output.status.success(), "{stderr}");
    let all =
        fs::read_to_string(Path::new(&trusted).join("ca-certificates.crt")).expect("it is there");
    let prints = |texts: &[String]| -> Vec<String> {
        texts.iter().map(|pem| forge.fingerprint(pem)).collect()
    };
    assert_eq!(prints(&certificates(&all)), prints(&made));
}

#[test]
fn what_openssl_refuses_is_refused_with_its_place() {
    let Some(forge) = Forge::new() else {
        return;
    };
    let pem = forge.authority("good", RSA);
    let lines: Vec<&str> = pem.lines().collect();
    let without = |from: usize, to: usize| {
        let kept = lines[..from].iter().chain(&lines[to..]);
        kept.map(|line| format!("{line}\n")).collect::<String>()
    };
    let last = lines.len() - 1;
    let mut der = STANDARD
        .decode(lines[1..last].concat())
        .expect("it is base64");
    der.push(0);
    let longer = format!("{}\n{}\n{}\n", lines[0], STANDARD.encode(der), lines[last]);
    let file = forge.path("good.pem");
    let key = forge.openssl(&["x509", "-in", &file, "-pubkey", "-noout"], "");
    let request = forge.openssl(
        &[
            "x509",
            "-in",
            &file,
            "-x509toreq",
            "-signkey",
            &forge.path("good.key"),
        ],
        "",
    );
    for (name, text, says) in [
        (
            "empty.pem",
            String::new(),
            "there is no `-----BEGIN CERTIFICATE-----` line",
        ),
        (
            "key.pem",
            key,
            "there is no `-----BEGIN CERTIFICATE-----` line",
        ),
        (
            "request.pem",
            request,
            "there is no `-----BEGIN CERTIFICATE-----` line",
        ),
        (
            "no-end.pem",
            without(last, last + 1),
            "a certificate has no end line",
        ),
        (
            "cut.pem",
            without(4, last),
            "its content is not a complete certificate",
        ),
        (
            "hole.pem",
            without(4, 6),
            "its content is not a complete certificate",
        ),
        (
            "longer.pem",
            longer,
            "its content is not a complete certificate",
        ),
        (
            "second.pem",
            format!("{pem}{}", without(4, 6)),
            "its content is not a complete certificate",
        ),
        (
            "letters.pem",
            pem.replacen('M', "!", 1),
            "its content is not base64",
        ),
        (
            "private.pem",
            format!("{pem}{}", forge.text("good.key")),
            "it holds a private key",
        ),
    ] {
        let message = forge.refusal(name, &text);
        let place = format!("`{name}` is not a PEM certificate: {says}");
        assert!(message.contains(&place), "{message}");
        assert!(message.contains("--> site.yaml:3:29"), "{message}");
        // Of a key, nothing is shown.
        assert!(!message.contains(lines[2]), "{message}");
    }
}

/// Two files of one name would be one on the nodes.
#[test]
fn authorities_of_one_name_are_refused() {
    let Some(forge) = Forge::new() else {
        return;
    };
    for name in ["one", "two"] {
        forge.authority(name, EC);
    }
    let site = |second: &str| {
        let list = format!("[{{name: one, file: one.pem}}, {{name: {second}, file: two.pem}}]");
        let source = Source::new("site.yaml", format!("nodes: {{caCertificates: {list}}}"));
        Site::parse(&source, &Folder(forge.folder.to_path_buf())).expect("a site")
    };
    let revision = built_in::revision(REVISIONS[1]);
    let found = |second: &str| -> Vec<String> {
        check(&site(second), revision)
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| format!("{}: {}", finding.rule.id, finding.path))
            .collect()
    };
    assert_eq!(found("two"), Vec::<String>::new());
    assert_eq!(
        found("one"),
        ["certificate-twice: nodes.caCertificates[1].name"]
    );
}
