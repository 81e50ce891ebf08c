//! A plan for the terminal.

use super::super::{Plan, Table, sections};
use crate::visible::visible;
use crate::wrap;

/// The longest cell; longer ones go on in the next line.
const WIDEST: usize = 60;

/// Titles, sentences and tables in lines of so many characters.
pub fn text(plan: &Plan, width: usize) -> String {
    let width = width.saturating_sub(2);
    let mut text = format!(
        "Plan of {}, RA {}\n",
        visible(&plan.cluster),
        visible(&plan.revision)
    );
    for section in sections(plan) {
        text.push_str(&format!("\n{}\n", section.title));
        for sentence in &section.sentences {
            add(&wrap::words(sentence, width), &mut text);
        }
        for table in &section.tables {
            if !table.title.is_empty() {
                text.push_str(&format!("\n  {}\n", table.title));
            }
            add(&lines(table, width), &mut text);
        }
    }
    text
}

fn lines(table: &Table, width: usize) -> Vec<String> {
    let head = table.columns.iter().map(|name| (*name).to_owned());
    let rows = std::iter::once(head.collect()).chain(table.rows.iter().cloned());
    wrap::table(&rows.collect::<Vec<_>>(), width, WIDEST)
}

fn add(lines: &[String], text: &mut String) {
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
}
