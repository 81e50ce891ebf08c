//! Bad input gets the whole truth in one run, and nothing is written.
//!
//! Each tests/bad_input/NAME.yaml is rendered as a site; NAME.stderr beside it holds all of standard error. A first line
//! `# --revision 1.7.0` adds arguments. After a wanted change: `VMO_RA_ACCEPT=1 cargo test --test suite bad_input::`.

use std::fs;
use std::path::Path;

use crate::common::harness::{Scratch, all_golden, differs, files, root, vmo_ra, write};
use crate::common::{nothing_wrong, of_revisions};

#[test]
fn every_bad_site_is_explained_in_full() {
    let out = Scratch::new().join("out");
    let out = out.to_str().expect("a path of text");
    let mut wrong = Vec::new();
    let mut names: Vec<String> = fs::read_dir(root("tests/bad_input"))
        .expect("the cases can be read")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.ends_with(".yaml"))
        .collect();
    names.sort();
    assert!(names.len() >= 25, "only {} cases", names.len());
    for name in names {
        let text =
            fs::read_to_string(root("tests/bad_input").join(&name)).expect("the case can be read");
        let more = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# --"));
        let more: Vec<String> = more.map_or_else(Vec::new, |line| {
            format!("--{line}").split(' ').map(str::to_owned).collect()
        });
        let mut arguments = vec!["render", "--site", &name, "--out", out];
        arguments.extend(more.iter().map(String::as_str));
        let output = vmo_ra(&arguments)
            .within(&root("tests/bad_input"))
            .env("VMO_RA_TEST_IS_EMPTY", "")
            .run();
        // A file that the site names is not there.
        let is_unread = output.said().contains("error: cannot read ");
        output.ends(if is_unread { 3 } else { 2 });
        assert!(output.stdout.is_empty(), "{name} writes to standard output");
        assert!(!Path::new(out).exists(), "{name}: something was written");
        let golden = format!("tests/bad_input/{}", name.replace(".yaml", ".stderr"));
        wrong.extend(differs(&golden, &output.stderr));
    }
    all_golden(wrong);
}

#[test]
fn a_secret_never_shows() {
    let output = vmo_ra("render --site secrets.yaml --out out")
        .within(&root("tests/bad_input"))
        .env("VMO_RA_TEST_IS_EMPTY", "")
        .run();
    for secret in ["hunter2", "347eba54", "f694ab394a3b"] {
        assert!(!output.said().contains(secret), "{}", output.said());
    }
}

#[test]
fn a_huge_site_is_refused_before_it_is_read() {
    let folder = Scratch::new();
    let file = fs::File::create(folder.join("site.yaml")).expect("the file can be made");
    file.set_len(200_000_000).expect("the file can grow");
    folder.run("render --site site.yaml").says(
        2,
        "error: cannot read `site.yaml`: it is larger than the limit of 4 MiB\n  = help: split it, or remove what is not configuration\n\n",
    );
}

#[test]
fn a_site_that_is_not_text_is_refused() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", b"cluster: {name: \xff}");
    folder.run("render --site site.yaml").says(
        2,
        "error: cannot read `site.yaml`: it is not UTF-8 text, starting at byte 16\n  = help: give a site, a profile as Palette exports it, or the input that the command needs\n\n",
    );
}

#[test]
fn deep_nesting_is_refused() {
    let folder = Scratch::new();
    let text = format!("cluster: {}{}", "[".repeat(5000), "]".repeat(5000));
    write(&folder, "site.yaml", text);
    folder
        .run("render --site site.yaml")
        .ends(2)
        .begins("error: ");
}

#[test]
fn packs_that_are_not_there_are_named() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("empty")).expect("the folder can be made");
    fs::create_dir(folder.join("broken")).expect("the folder can be made");
    write(&folder, "broken/pack.json", "{\n  \"name\": \"x\",\n}");
    let output = folder.run("render --packs missing --packs empty --packs broken");
    // One of them could not be read.
    output.ends(3);
    assert_eq!(
        output.said(),
        "\
warning: this pack.json cannot be read
 --> broken/pack.json:3:1
  |
3 | }
  | ^
  |
  = note: the pack is ignored
  = help: trailing comma

error: cannot read `missing`: No such file or directory (os error 2)
  = help: name a folder that holds packs, each with its pack.json and values.yaml

error: `empty` holds no pack
  = help: a pack is a folder with a pack.json and a values.yaml

error: `broken` holds no pack
  = help: a pack is a folder with a pack.json and a values.yaml

3 errors; nothing was written
"
    );
    assert!(!folder.join("out").exists());
}

#[test]
fn an_occupied_folder_is_left_alone() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("out")).expect("the folder can be made");
    write(&folder, "out/notes.txt", "mine");
    folder.run("render").says(2, "\
error: `out` is not empty
  = help: choose another folder with `--out DIR`, or replace what an earlier run wrote with `--force`

");
    folder.run("render --force").says(
        2,
        "\
error: `out` holds files that no earlier run wrote: `notes.txt`
  = help: move them away, or choose another folder with `--out DIR`

",
    );
    let left: Vec<_> = fs::read_dir(folder.join("out"))
        .expect("it is there")
        .collect();
    assert_eq!(left.len(), 1);
    assert_eq!(
        fs::read_dir(&folder).expect("it is there").count(),
        1,
        "something was left behind"
    );
}

#[test]
fn an_earlier_run_is_replaced_with_force_only() {
    let folder = Scratch::new();
    folder.run("render --revision 1.7.0").ends(0);
    folder.run("render").ends(2);
    let old = fs::read(folder.join("out/SHA256SUMS")).expect("it was written");
    folder.run("render --force").ends(0);
    let new = fs::read(folder.join("out/SHA256SUMS")).expect("it was written");
    assert_ne!(old, new);
    assert_eq!(
        fs::read_dir(&folder).expect("it is there").count(),
        1,
        "something was left behind"
    );
}

#[test]
fn what_cannot_be_written_ends_with_3() {
    let folder = Scratch::new();
    write(&folder, "file", "");
    folder
        .run("render --out file/out")
        .ends(3)
        .begins("error: cannot ");
    folder.run("render --out file").says(
        2,
        "error: `file` is not a folder\n  = help: choose another one with `--out DIR`\n\n",
    );
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("elsewhere")).expect("the folder can be made");
    std::os::unix::fs::symlink("elsewhere", folder.join("out")).expect("the link can be made");
    folder.run("render").says(
        2,
        "error: `out` is a link, which is not followed\n  = help: name the folder itself\n\n",
    );
    assert_eq!(
        fs::read_dir(folder.join("elsewhere"))
            .expect("it is there")
            .count(),
        0
    );
}

/// Profiles can be right for such hosts; what cannot be written is refused where it is asked for.
#[test]
fn host_networks_that_cannot_be_written_are_refused() {
    let folder = Scratch::new();
    for (site, arguments, message) in [
        (
            "network: {layout: one-bond, data: {vlan: native, cidr: 10.20.0.0/16, gateway: 10.20.30.1, interface: bond0}}",
            &["--format", "terraform"][..],
            "`bond0` is a port of `br0` and cannot have an address",
        ),
        (
            "network: {pxe: {interface: eno9}}",
            &["--format", "maas-cli"],
            "`eno9` is not an interface of the layout `two-bonds`",
        ),
        (
            "network: {management: {interface: br0}}",
            &["--format", "maas-cli"],
            "`br0` is untagged and cannot be VLAN 10",
        ),
        (
            "network: {layout: one-bond, data: {interface: bond0.10}}",
            &["--format", "maas-cli"],
            "`bond0.10` for VLAN 20 and `bond0.10` for VLAN 10 on `bond0` cannot both be there",
        ),
        (
            "network: {management: {interface: mgmt}}",
            &["--format", "terraform"],
            "the Terraform provider cannot name a VLAN interface: MAAS would call `mgmt` `bond_mgmt.10`",
        ),
        (
            "network: {management: {vlan: native}}",
            &["--format", "terraform"],
            "the Terraform provider gives an interface only one address, but `bond_mgmt` has several",
        ),
        (
            "nodes: {machines: [{name: a, addresses: {pxe: 192.168.0.9}}]}",
            &["--format", "netplan", "--node", "a"],
            "`a` has no address in `network.management` and `network.data`",
        ),
    ] {
        write(&folder, "site.yaml", site);
        let all = [&["network", "--site", "site.yaml"], arguments].concat();
        let output = vmo_ra(&all).within(&folder).run();
        output.ends(2);
        let said = output.said();
        assert!(
            said.starts_with(&format!("error: {message}\n --> site.yaml:")),
            "{said}"
        );
        assert!(said.contains("  = help: "), "{said}");
        assert!(output.stdout.is_empty(), "{site}");
    }
}

#[test]
fn wrong_words_on_the_command_line_end_with_2() {
    let folder = Scratch::new();
    for (arguments, message) in [
        (
            "render --revision 1.9",
            "error: there is no revision `1.9`\n  = note: did you mean `1.9.0`?\n  = help: revisions: REVISIONS\n\n",
        ),
        (
            "render --revision docs-2024",
            "error: `docs-2024` has only tables and no layers to render\n  = help: render NEWEST, or look at it with `vmo-ra revisions docs-2024`\n\n",
        ),
        (
            "render --out -",
            "error: standard output takes only one profile\n  = help: name it, such as `--profile infra --out -`\n\n",
        ),
        (
            "nad --vlans 30 --prefix VLAN-",
            "error: `VLAN-30` is not a DNS-1123 name: `V` is not allowed; use a to z, 0 to 9 and `-`\n\n",
        ),
        (
            "network --format netplan --node worker-01",
            "error: the site has no machine `worker-01`\n  = help: name it in `nodes.machines`, with its addresses\n\n",
        ),
    ] {
        folder.run(arguments).says(2, of_revisions(message));
    }
    for arguments in ["nad --vlans 0", "nad a b", "render --profile x", "rendr"] {
        folder.run(arguments).ends(2);
    }
    folder.run("render --site missing.yaml").ends(3);
}

/// Every error that the files of this and other tests hold says what to do.
#[test]
fn every_error_has_a_way_out() {
    let (mut seen, mut lost) = (0, Vec::new());
    for folder in [
        "tests/bad_input",
        "tests/bad_packs",
        "tests/split_join",
        "tests/check",
        "golden/check",
    ] {
        for (file, bytes) in files(&root(folder)) {
            let is_said = [".stderr", ".stdout", ".txt"]
                .iter()
                .any(|end| file.ends_with(end));
            let said = String::from_utf8_lossy(&bytes).into_owned();
            let errors = said
                .split("\n\n")
                .filter(|block| is_said && block.starts_with("error"));
            for error in errors {
                seen += 1;
                if !error.contains("= help: ") {
                    lost.push(format!("{folder}/{file}: {error}"));
                }
            }
        }
    }
    assert!(seen > 250, "only {seen} errors");
    nothing_wrong(&lost);
}

/// The likeliest mistakes of a newcomer, each with the line that mends it.
#[test]
fn the_likeliest_mistakes_show_what_is_meant() {
    let folder = Scratch::new();
    for (site, help) in [
        ("ingress: traefik", "write `ingress: {controller: traefik}`"),
        ("storage: longhorn", "write `storage: {provider: longhorn}`"),
        ("cluster: berlin", "write `cluster: {name: berlin}`"),
        ("nads: 30-40", "write `nads: [{vlan: 30-40}]`"),
        ("nads: [30-40]", "write `nads: [{vlan: 30-40}]`"),
        ("nads: {vlan: 30}", "write `nads: [{vlan: 30}]`"),
        (
            "network: {management: 10.1.0.0/22}",
            "write `management: {cidr: 10.1.0.0/22}`",
        ),
        (
            "network: {metallb: 10.20.30.100-10.20.30.120}",
            "write `metallb: {addresses: [10.20.30.100-10.20.30.120]}`",
        ),
        (
            "network: {nics: [eno1, eno2]}",
            "name the key they belong to, such as `nics: {management: [eno1, eno2]}`",
        ),
        (
            "network: {podCidr: [10.0.0.0/16]}",
            "write `podCidr: 10.0.0.0/16`",
        ),
        (
            "network: {layout: [one-bond, two-bonds]}",
            "name one, such as `layout: one-bond`",
        ),
        ("network: {vmVlans: 100..200}", "write `100-200`"),
        (
            "network: {metallb: {mode: BGP, bgp: {peerAsn: 1, peerAddress: 10.0.0.1}}}",
            "use `l2` or `bgp`; did you mean `bgp`?",
        ),
        (
            "storage: {deviceSizes: [1Ti]}",
            "the unit is GiB: write `1024`",
        ),
        (
            "storage: {flashArrays: [10.1.2.3]}",
            "write `flashArrays: [{endpoint: 10.1.2.3}]`",
        ),
        (
            "nodes: {sysctl: [vm.swappiness]}",
            "write it like `sysctl: {vm.swappiness: 5}`",
        ),
        (
            "nodes: {sysctl: {vm.swappiness: [1]}}",
            "write `vm.swappiness: 1`",
        ),
        ("nodes: {maxPods: many}", "write it like `maxPods: 250`"),
        (
            "K8sPodCIDR: 10.0.0.0/16",
            "`K8sPodCIDR` is `network.podCidr` here",
        ),
        (
            "network: {MetalLBAddresses: 10.0.0.1-10.0.0.2}",
            "`MetalLBAddresses` is `network.metallb.addresses` here",
        ),
        (
            "network: {xmit_hash_policy: layer2}",
            "`xmit_hash_policy` is `network.hashPolicy` here",
        ),
        (
            "packVersions: {kubernetes: latest}",
            "write it like `4.9.46`, or `4.9.x` for the newest of 4.9",
        ),
        (
            "packVersions: {ubuntu-maas: LTS__jammy}",
            "write it like `4.9.46`, or `4.9.x` for the newest of 4.9",
        ),
        ("workers: 5", "`workers` belongs at `cluster.workers`"),
        (
            "revision: 1.9.0",
            "name it on the command line, with `--revision NAME`",
        ),
    ] {
        write(&folder, "site.yaml", format!("{site}\n"));
        let run = folder.run("plan site.yaml");
        let said = run.ends(2).said();
        let helps: Vec<&str> = said
            .lines()
            .filter_map(|line| line.trim().strip_prefix("= help: "))
            .collect();
        assert_eq!(helps, [help], "{site}: {said}");
        assert_eq!(said.matches("error: ").count(), 1, "{said}");
    }
    for mode in ["lacp", "LACP", "4", "mode4", "802.3ad"] {
        write(
            &folder,
            "site.yaml",
            format!("network: {{bondMode: {mode}}}\n"),
        );
        folder.run("plan site.yaml").well();
    }
    write(
        &folder,
        "site.yaml",
        "network: {vmVlans: [100-200, 300], metallb: {addresses: 10.20.30.1-10.20.30.9}}\nnads: [{vlan: [100, 300]}]\n\
         vmo: {namespaces: prod}\nnodes: {reservedCpus: [0, 1, 2, 3, 4, 5, 6, 7]}\n",
    );
    folder.run("plan site.yaml").well();
}
