//! A plan for the terminal.

use super::super::{Plan, Table, sections};
use crate::visible::visible;

/// The longest cell; longer ones go on in the next line.
const WIDEST: usize = 60;

/// Titles, sentences and tables.
pub fn text(plan: &Plan) -> String {
    let mut text = format!(
        "Plan of {}, RA {}\n",
        visible(&plan.cluster),
        visible(&plan.revision)
    );
    for section in sections(plan) {
        text.push_str(&format!("\n{}\n", section.title));
        for sentence in &section.sentences {
            for line in wrapped(sentence, 110) {
                text.push_str(&format!("  {line}\n"));
            }
        }
        for table in &section.tables {
            if !table.title.is_empty() {
                text.push_str(&format!("\n  {}\n", table.title));
            }
            lines(table, &mut text);
        }
    }
    text
}

fn lines(table: &Table, text: &mut String) {
    let head: Vec<String> = table
        .columns
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let rows: Vec<Vec<Vec<String>>> = std::iter::once(&head)
        .chain(&table.rows)
        .map(|row| row.iter().map(|cell| wrapped(cell, WIDEST)).collect())
        .collect();
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .flatten()
                .map(|line| line.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for row in &rows {
        let height = row.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..height {
            let mut line = "  ".to_owned();
            for (cell, width) in row.iter().zip(&widths) {
                let part = cell.get(at).map_or("", String::as_str);
                line.push_str(part);
                line.push_str(&" ".repeat(width - part.chars().count() + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
}

/// A text in lines of at most so many characters, broken between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in visible(text).split_whitespace() {
        let last = lines.last_mut().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
