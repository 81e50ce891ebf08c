//! Marks that are put into a site to see where they come out. Reading the site tells which marks a setting accepts.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::Given;
use super::draft::Draft;
use crate::site::{Kind, Setting};

/// A mark that is a word.
pub(super) fn word(number: usize) -> String {
    format!("probe-{}", 11 + number)
}

/// A mark of each form; those with the same number and form are equal.
pub(super) fn all(number: usize) -> Vec<String> {
    let low = 11 + number;
    let high = 217 + number;
    vec![
        word(number),
        format!("10.213.{low}.0/24"),
        format!("10.213.{low}.9"),
        format!("10.213.{low}.10-10.213.{low}.19"),
        format!("{high}"),
        format!("{low}Gi"),
        format!("1{high}"),
        format!("{low}"),
        format!("1.213.{low}"),
        format!("https://probe-{low}.example.com/disk"),
        format!("docker://probe-{low}.example.com/disk"),
        format!("probe/probe-{low}"),
        "3".to_owned(),
        "1".to_owned(),
    ]
}

/// Marks of each form that a kind does not refuse by itself.
pub(super) fn for_kind(kind: &Kind, number: usize) -> impl Iterator<Item = String> {
    let marks = all(number).into_iter();
    marks.filter(|mark| !kind.refuses(mark))
}

/// The form of the marks that a setting takes, by its place in [`all`], or none if it cannot stand alone.
pub(super) fn form_of(setting: &Setting, kind: &Kind) -> Option<usize> {
    static FORMS: LazyLock<Mutex<HashMap<String, Option<usize>>>> = LazyLock::new(Mutex::default);
    let known = || FORMS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(form) = known().get(&setting.path) {
        return *form;
    }
    let form = all(0).iter().position(|mark| {
        let draft = || Draft::default().with(&setting.path, kind.value(mark));
        !kind.refuses(mark) && draft().site(&Given::default()).is_some()
    });
    known().insert(setting.path.clone(), form);
    form
}

/// Rows of so many marks of one form.
pub(super) fn rows(kind: &Kind, length: usize) -> impl Iterator<Item = Vec<String>> {
    let columns: Vec<Vec<String>> = (0..length)
        .map(|number| for_kind(kind, number).collect())
        .collect();
    let forms = columns.iter().map(Vec::len).min().unwrap_or_default();
    (0..forms).map(move |form| columns.iter().map(|column| column[form].clone()).collect())
}

/// Names and values for maps.
pub(super) fn pairs(kind: &Kind) -> impl Iterator<Item = (String, String)> {
    for_kind(kind, 1).map(|value| ("probe.name".to_owned(), value))
}
