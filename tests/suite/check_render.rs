//! `check` is green exactly when `render` writes: over sites that are made from what a site may say, and over the sites of the
//! matrix with some of their settings changed. `VMO_RA_SITES=5000` tries more of them.

use std::collections::BTreeSet;
use std::thread;

use proptest::strategy::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use vmo_ra::check::{Input, check};
use vmo_ra::diagnostic::{Severity, Source};
use vmo_ra::output::Tree;
use vmo_ra::render::Renderer;
use vmo_ra::revision::Role;
use vmo_ra::rules::Inspected;
use vmo_ra::site::Site;

use crate::common::matrix::{self, Known};
use crate::common::sites::{Tried, in_other_words, in_the_way, library, tried};
use crate::common::{add_profile, built_in, nothing_wrong};

/// What `render` says against a site, and what it writes.
fn rendered(
    renderer: &Renderer<'_>,
    text: &str,
) -> Result<Vec<vmo_ra::render::RenderedProfile>, Vec<String>> {
    let shown = |problems: Vec<vmo_ra::diagnostic::Diagnostic>| -> Vec<String> {
        problems
            .iter()
            .map(|problem| problem.message().to_owned())
            .collect()
    };
    let site = Site::parse(&Source::new("site.yaml", text), &Known).map_err(shown)?;
    let rendered = renderer.render(&site, &Role::ALL).map_err(shown)?;
    let tree = Tree::of_render(&rendered).map_err(|problem| vec![problem.message().to_owned()])?;
    for (path, _) in tree.files() {
        assert!(
            path.split('/').all(|name| name.len() <= 255),
            "no disk takes {path}"
        );
    }
    Ok(rendered.profiles)
}

/// What is wrong with a trial, and whether the site could be rendered.
fn trial(renderer: &Renderer<'_>, tried: &Tried) -> Result<bool, String> {
    let revision = built_in::revision(tried.revision);
    let library = library(tried.with_packs);
    let (site, problems) = Site::read(&Source::new("site.yaml", tried.text.clone()), &Known)
        .map_err(|problems| format!("{tried:?}: {problems:?}"))?;
    let unread: Vec<String> = site
        .unread_secrets
        .iter()
        .map(|one| one.message().to_owned())
        .collect();
    let input = Input {
        sites: vec![(site, problems)],
        ..Input::default()
    };
    let report = check(&input, revision, library).expect("it has layers");
    let errors: Vec<&str> = report
        .findings
        .iter()
        .filter(|item| item.severity == Severity::Error)
        .map(|item| item.message.as_str())
        .collect();
    let outcome = rendered(renderer, &tried.text);
    // Secrets are read by what writes them; `check` says of those that cannot be read that something else stands for them.
    let is_noted = |message: &String| {
        report
            .findings
            .iter()
            .any(|item| item.message == *message && item.severity == Severity::Note)
    };
    let is_green = errors.is_empty() && unread.is_empty();
    if is_green != outcome.is_ok() || !unread.iter().all(is_noted) {
        let refused = outcome.err();
        return Err(format!(
            "{tried:?}\n  check: {errors:?}, without {unread:?}\n  render: {refused:?}"
        ));
    }
    let Ok(profiles) = outcome else {
        return Ok(false);
    };
    // What was written has nothing that the site's own check did not say.
    let mut cluster = Inspected::default();
    for each in profiles {
        add_profile(&mut cluster, each.role.as_str(), each.profile);
    }
    let written = Input {
        cluster,
        ..Input::default()
    };
    let said: BTreeSet<&str> = report
        .findings
        .iter()
        .map(|item| item.id.as_str())
        .collect();
    let more = check(&written, revision, library)
        .expect("it has layers")
        .findings;
    match more.iter().find(|item| !said.contains(item.id.as_str())) {
        Some(item) => Err(format!(
            "{tried:?}\n  only of the output: {} {}",
            item.id, item.message
        )),
        None => Ok(true),
    }
}

/// What is wrong with trials, and how many of the sites could be rendered.
fn trials(all: &[Tried]) -> (Vec<String>, usize) {
    let outcomes: Vec<Result<bool, String>> = thread::scope(|scope| {
        let parts = all.chunks(all.len().div_ceil(2).max(1));
        let threads: Vec<_> = parts
            .map(|part| {
                scope.spawn(move || {
                    let renderers = ["1.7.0", "1.9.0"].map(|name| {
                        [false, true].map(|packs| {
                            Renderer::new(built_in::revision(name), library(packs))
                                .expect("it has layers")
                        })
                    });
                    part.iter()
                        .map(|tried| {
                            let of_revision = &renderers[usize::from(tried.revision == "1.9.0")];
                            trial(&of_revision[usize::from(tried.with_packs)], tried)
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    let green = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(true)))
        .count();
    let wrong: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    (wrong, green)
}

/// Sites of the matrix, rendered with the packs of storage providers, have no news for a check that has no packs at hand.
#[test]
fn output_has_no_news_for_a_check_without_its_packs() {
    let mut wrong = Vec::new();
    for case in matrix::cases().iter().filter(|case| !case.published) {
        let revision = built_in::revision(case.revision);
        let of_site = Input {
            sites: vec![(case.input.clone(), Vec::new())],
            ..Input::default()
        };
        let of_output = || Input {
            cluster: case.inspected(),
            ..Input::default()
        };
        let said = check(&of_site, revision, library(true))
            .expect("it has layers")
            .findings;
        for with_packs in [true, false] {
            let more = check(&of_output(), revision, library(with_packs))
                .expect("it has layers")
                .findings;
            for item in more {
                if !said.iter().any(|one| one.id == item.id) {
                    wrong.push(format!(
                        "{case}, {with_packs}: {} {}",
                        item.id, item.message
                    ));
                }
            }
        }
    }
    nothing_wrong(&wrong);
}

#[test]
fn check_is_green_exactly_when_render_writes() {
    let sites = std::env::var("VMO_RA_SITES")
        .ok()
        .and_then(|text| text.parse().ok());
    let sites: usize = sites.unwrap_or(120);
    let mut runner = TestRunner::deterministic();
    let all: Vec<Tried> = (0..sites)
        .map(|_| tried().new_tree(&mut runner).expect("a site").current())
        .collect();
    let (wrong, green) = trials(&all);
    println!("{sites} sites, {green} of them rendered");
    nothing_wrong(&wrong);
    assert!(
        green * 5 > sites && green * 10 < sites * 9,
        "{green} of {sites} are rendered: too one-sided"
    );
}

#[test]
fn check_is_green_exactly_when_render_writes_what_stands_in_the_way_of_something() {
    let all = in_the_way();
    let (wrong, green) = trials(&all);
    println!("{} sites, {green} of them rendered", all.len());
    nothing_wrong(&wrong);
    assert!(green > 0 && green < all.len());
}

#[test]
fn check_is_green_exactly_when_render_writes_macros_and_names() {
    let all = in_other_words();
    let (wrong, green) = trials(&all);
    println!("{} sites, {green} of them rendered", all.len());
    nothing_wrong(&wrong);
    assert!(green > 0 && green < all.len());
}
