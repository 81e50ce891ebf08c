//! Everything the reference architecture says about its layers holds in what is rendered.

use crate::common::{Shared, built_in};
use vmo_ra::check::claims::{Miss, Subject};
use vmo_ra::pack::Library;
use vmo_ra::profile::Profile;
use vmo_ra::render::{Request, render};
use vmo_ra::revision::{Claim, Expectation, Revision, Role, Statement};
use vmo_ra::site::Site;

pub(crate) fn profiles(
    revision: &Revision,
    library: &Library,
    published: bool,
) -> Vec<(Role, Profile)> {
    let rendered = render(&Request {
        site: &Site::example(),
        revision,
        library,
        profiles: &Role::ALL,
        published,
    });
    match rendered {
        Ok(rendered) => rendered
            .profiles
            .into_iter()
            .map(|profile| (profile.role, profile.profile))
            .collect(),
        Err(problems) => panic!("{problems:?}"),
    }
}

fn rendered_revisions() -> impl Iterator<Item = &'static Revision> {
    let all = Revision::names().into_iter().map(built_in::revision);
    all.filter(|revision| revision.is_rendered())
}

/// The claims that do not hold, each with its reason, and how many were looked at.
fn broken<'c>(
    revision: &Revision,
    library: &Library,
    claims: &'c [Claim],
    published: bool,
    expected: impl Fn(&'c Claim) -> Option<Result<Statement<'c>, String>>,
) -> (Vec<String>, usize) {
    let profiles = profiles(revision, library, published);
    let subjects: Vec<(Role, Subject<'_>)> = profiles
        .iter()
        .map(|(role, profile)| {
            (
                *role,
                Subject::new(profile).expect("what was rendered is YAML"),
            )
        })
        .collect();
    let mut broken = Vec::new();
    let mut tested = 0;
    for claim in claims {
        let Some(statement) = expected(claim) else {
            continue;
        };
        let subject = subjects
            .iter()
            .find(|(role, _)| *role == claim.profile)
            .map(|(_, subject)| subject)
            .expect("all three profiles were rendered");
        if !subject.concerns(claim) {
            continue;
        }
        tested += 1;
        let statement = statement.expect("a place and a test");
        if let Err(Miss { expected, found }) = subject.hold(claim, &statement) {
            let (id, section) = (&claim.id, &claim.section);
            broken.push(format!(
                "{id} ({section}): expected {expected}, found {found}"
            ));
        }
    }
    (broken, tested)
}

pub(crate) fn hold_every_claim(revision: &Revision, library: &Library, least: usize) {
    let name = &revision.name;
    let claims = revision.claims().expect("the claims are built in");
    assert!(
        claims.len() >= least,
        "only {} claims for {name}",
        claims.len()
    );

    let (failed, tested) = broken(revision, library, &claims, false, |claim| {
        Some(claim.expected())
    });
    assert!(
        failed.is_empty(),
        "{name}: {} of {tested} do not hold:\n{}",
        failed.len(),
        failed.join("\n")
    );

    let (failed, tested) = broken(revision, library, &claims, true, |claim| {
        claim.published.then(|| claim.printed())
    });
    assert!(
        failed.is_empty(),
        "{name} as published: {} of {tested} do not hold:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn every_claim_holds() {
    for revision in rendered_revisions() {
        hold_every_claim(revision, built_in::library(), 350);
    }
}

/// Cilium's and Portworx's claims among them, over the vendor's own values.
#[test]
fn every_claim_of_1_7_0_holds_with_the_real_packs() {
    let Some(shared) = Shared::find() else { return };
    let library = Library::with_folders(&vmo_ra::disk::local(), &[shared.path("packs")])
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let revision = built_in::revision("1.7.0");
    hold_every_claim(revision, &library, 300);
    for layer in ["cni-cilium-oss", "csi-portworx-generic"] {
        let claims = revision.claims().expect("the claims are built in");
        let count = claims
            .iter()
            .filter(|claim| claim.layer.as_deref() == Some(layer))
            .count();
        assert!(count >= 20, "only {count} claims about {layer}");
    }
}

#[test]
fn claims_are_whole_and_name_errata_that_exist() {
    for revision in rendered_revisions() {
        let name = &revision.name;
        let errata = revision.errata().expect("the errata are built in");
        let mut ids = std::collections::BTreeSet::new();
        for claim in revision.claims().expect("the claims are built in") {
            let printed = claim.printed().expect("a place and a test");
            let corrected = claim.corrected().expect("a place and a test");
            claim.given().expect("a place and a test");
            claim.unless().expect("a place and a test");
            assert!(
                ids.insert(claim.id.clone()),
                "{name}: two claims `{}`",
                claim.id
            );
            assert_eq!(
                claim.erratum.is_some(),
                corrected.is_some(),
                "{name}: `{}` has two forms where there is an erratum, and only there",
                claim.id
            );
            assert_ne!(Some(printed), corrected, "{name}: `{}`", claim.id);
            if let Some(id) = &claim.erratum {
                assert!(
                    errata.iter().any(|erratum| erratum.id == *id),
                    "{name}: no erratum `{id}`"
                );
            }
        }
        let mut ids = std::collections::BTreeSet::new();
        for erratum in errata {
            assert!(
                ids.insert(erratum.id.clone()),
                "{name}: two errata `{}`",
                erratum.id
            );
        }
    }
}

/// A check that cannot fail is none: each claim must fail on a profile that has nothing of what it asks for.
#[test]
fn a_claim_fails_on_a_profile_without_what_it_asks_for() {
    let revision = built_in::revision(Revision::newest());
    let profiles = profiles(revision, built_in::library(), false);
    for claim in revision.claims().expect("the claims are built in") {
        let statement = claim.expected().expect("a place and a test");
        if claim.optional || statement.expectation == Expectation::Absent {
            continue;
        }
        let mut empty = profiles
            .iter()
            .find(|(role, _)| *role == claim.profile)
            .map(|(_, profile)| profile.clone())
            .expect("all three profiles were rendered");
        empty.metadata.name = "other".to_owned();
        empty.spec.version = "0.0.0".to_owned();
        empty.spec.template.kind = "cluster".to_owned();
        empty.spec.template.cloud_type = "aws".to_owned();
        empty.spec.variables.clear();
        empty.spec.template.packs.clear();
        let subject = Subject::new(&empty).expect("nothing to parse");
        assert!(
            subject.hold(&claim, &statement).is_err(),
            "`{}` holds without its layer",
            claim.id
        );
    }
}

/// The infra profile of the newest revision, and the claims about all of it.
fn infra_of_newest() -> (Profile, Vec<Claim>) {
    let revision = built_in::revision(Revision::newest());
    let (_, infra) = (profiles(revision, built_in::library(), false).into_iter())
        .find(|(role, _)| *role == Role::Infra)
        .expect("it was rendered");
    (infra, revision.claims().expect("the claims are built in"))
}

#[test]
fn a_command_that_is_missed_is_told_with_those_that_are_near() {
    let (infra, claims) = infra_of_newest();
    let told = |id: &str, was: &str, is: &str| {
        let mut profile = infra.clone();
        let layers = &mut profile.spec.template.packs;
        let ubuntu = layers.iter_mut().find(|layer| layer.name == "ubuntu-maas");
        let values = &mut ubuntu.expect("it has the layer").values;
        assert!(values.contains(was), "{values}");
        *values = values.replace(was, is);
        let claim = claims.iter().find(|claim| claim.id == id);
        let subject = Subject::new(&profile).expect("it can be read");
        let miss = subject.form(claim.expect("it is one")).unwrap_err();
        (miss.expected, miss.found)
    };
    assert_eq!(
        told("ubuntu-daemon-reload", "systemctl daemon-reload", "true"),
        (
            "a command like `systemctl daemon-reload` before one like `systemctl (\\S+-)?restart .*`"
                .to_owned(),
            "`systemctl reload-or-restart multipathd.service` where `/usr/local/sbin/vmo-san-boot.sh`; \
             `systemctl restart containerd.service kubelet.service`"
                .to_owned()
        )
    );
    assert_eq!(
        told("ubuntu-update-ca", "update-ca-certificates", "true"),
        (
            "a command like `update-ca-certificates( (-f|--fresh|-v|--verbose))*`".to_owned(),
            "no such command".to_owned()
        )
    );
}

#[test]
fn a_command_that_undoes_a_file_is_told_without_its_other_words() {
    let (infra, claims) = infra_of_newest();
    let (before, behind) = (
        "\n  postKubeadmCommands:\n",
        "  files:\n    - targetPath: /etc/vmo",
    );
    let with = |place: &str, command: &str| {
        let mut profile = infra.clone();
        let layers = &mut profile.spec.template.packs;
        let ubuntu = layers.iter_mut().find(|layer| layer.name == "ubuntu-maas");
        let values = &mut ubuntu.expect("it has the layer").values;
        assert!(values.contains(place), "{values}");
        let more = format!(
            "    - |\n      {command}\n{}",
            place.trim_start_matches('\n')
        );
        let start = if place.starts_with('\n') { "\n" } else { "" };
        *values = values.replacen(place, &format!("{start}{more}"), 1);
        let subject = Subject::new(&profile).expect("it can be read");
        let about = claims.iter().filter(|claim| claim.profile == Role::Infra);
        let missed: Vec<Miss> = about
            .filter_map(|claim| subject.form(claim).err())
            .filter(|miss| miss.found.contains("undoes"))
            .collect();
        let found = missed.first().map(|miss| miss.found.clone());
        (missed.len(), found.unwrap_or_default())
    };
    for (place, command, least, told) in [
        (
            before,
            "echo hunter2 >/etc/multipath.conf",
            20,
            "`echo … >/etc/multipath.conf`, which undoes `/etc/multipath.conf`",
        ),
        (
            behind,
            "systemctl disable --now multipathd",
            20,
            "`systemctl disable multipathd`, which undoes `/etc/multipath.conf`",
        ),
        (
            behind,
            "systemctl stop multipathd.service",
            20,
            "`systemctl stop multipathd.service`, which undoes `/etc/multipath.conf`",
        ),
        (
            behind,
            "rm -rf /etc/kubernetes/kubelet.conf.d",
            10,
            "`rm … /etc/kubernetes/kubelet.conf.d`, which undoes \
             `/etc/vmo/tuning/etc/kubernetes/kubelet.conf.d/20-vmo-tuning.conf`",
        ),
        (before, "cat /etc/multipath.conf >/var/log/multipath", 0, ""),
        (before, "systemctl restart multipathd", 0, ""),
    ] {
        let (count, found) = with(place, command);
        assert!(count >= least, "{command}: {count} claims");
        assert_eq!(found, told, "{command}");
    }
}

#[test]
fn a_claim_is_still_counted_when_what_it_is_about_is_gone() {
    type Change<'c> = (Role, &'c str, &'c dyn Fn(&mut Profile), usize);
    let revision = built_in::revision(Revision::newest());
    let profiles = profiles(revision, built_in::library(), false);
    let claims = revision.claims().expect("the claims are built in");
    let counted = |role: Role, profile: &Profile| {
        let subject = Subject::new(profile).expect("it can be read");
        let mut about = claims.iter().filter(|claim| claim.profile == role);
        let about = about.by_ref().filter(|claim| subject.concerns(claim));
        let held: Vec<bool> = about.map(|claim| subject.form(claim).is_ok()).collect();
        (held.len(), held.iter().filter(|held| !**held).count())
    };
    let renamed = |pack: &str, was: &str, is: &str, profile: &mut Profile| {
        let mut layers = profile.spec.template.packs.iter_mut();
        let layer = layers.find(|layer| layer.name == pack).expect("its layer");
        assert!(layer.values.contains(was), "{}", layer.values);
        layer.values = layer.values.replace(was, is);
    };
    let without_nginx = |profile: &mut Profile| {
        let packs = &mut profile.spec.template.packs;
        packs.retain(|layer| layer.name != "nginx");
    };
    let class_of = |class: &'static str| {
        move |profile: &mut Profile| {
            let (was, is) = (
                "ingressClassName: nginx",
                format!("ingressClassName: {class}"),
            );
            renamed("prometheus-operator", was, &is, profile);
        }
    };
    let two_of_a_name = |profile: &mut Profile| {
        let (was, is) = ("name: px-vm-state", "name: spectro-storage-class");
        renamed("csi-portworx-generic", was, is, profile);
    };
    let (haproxy, none) = (class_of("haproxy"), class_of("\"\""));
    let other_licence = |profile: &mut Profile| {
        let (was, is) = ("type: enterprise", "type: other");
        renamed("csi-portworx-generic", was, is, profile);
    };
    let changes: [Change<'_>; 5] = [
        (Role::Core, "no Nginx", &without_nginx, 8),
        (Role::Core, "another class", &haproxy, 1),
        (Role::Core, "no class", &none, 1),
        (Role::Infra, "two of a name", &two_of_a_name, 1),
        (Role::Infra, "another licence", &other_licence, 1),
    ];
    for (role, what, change, least) in changes {
        let (_, profile) = profiles
            .iter()
            .find(|(known, _)| *known == role)
            .expect("it");
        let (all, failed) = counted(role, profile);
        assert_eq!(failed, 0, "{what}");
        let mut profile = profile.clone();
        change(&mut profile);
        let (still, failed) = counted(role, &profile);
        assert_eq!(still, all, "{what}");
        assert!(failed >= least, "{what}: {failed}");
    }
}

#[test]
fn claims_about_nginx_step_back_for_traefik() {
    let revision = built_in::revision(Revision::newest());
    let site = crate::common::site("ingress: {controller: traefik}\n");
    let rendered = render(&Request {
        site: &site,
        revision,
        library: built_in::library(),
        profiles: &Role::ALL,
        published: false,
    });
    let rendered = rendered.unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut profiles = rendered.profiles.iter();
    let core = profiles.find(|one| one.role == Role::Core).expect("it");
    let subject = Subject::new(&core.profile).expect("it can be read");
    for claim in revision.claims().expect("the claims are built in") {
        let is_about_nginx = claim.layer.as_deref() == Some("nginx");
        assert!(!is_about_nginx || !subject.concerns(&claim), "{}", claim.id);
    }
}
