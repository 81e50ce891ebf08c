//! A plan for the terminal.

use super::super::{Plan, Table, sections};
use crate::visible::visible;

/// The longest cell; longer ones go on in the next line.
const WIDEST: usize = 60;
/// The least that a column is squeezed to.
const NARROWEST: usize = 8;

/// Titles, sentences and tables in lines of so many characters.
pub fn text(plan: &Plan, width: usize) -> String {
    let mut text = format!(
        "Plan of {}, RA {}\n",
        visible(&plan.cluster),
        visible(&plan.revision)
    );
    for section in sections(plan) {
        text.push_str(&format!("\n{}\n", section.title));
        for sentence in &section.sentences {
            for line in wrapped(sentence, width.saturating_sub(2)) {
                text.push_str(&format!("  {line}\n"));
            }
        }
        for table in &section.tables {
            if !table.title.is_empty() {
                text.push_str(&format!("\n  {}\n", table.title));
            }
            lines(table, width, &mut text);
        }
    }
    text
}

fn lines(table: &Table, width: usize, text: &mut String) {
    let head: Vec<String> = table
        .columns
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let rows: Vec<&Vec<String>> = std::iter::once(&head).chain(&table.rows).collect();
    let widths = widths(&rows, table.columns.len(), width.saturating_sub(2));
    let rows: Vec<Vec<Vec<String>>> = rows
        .into_iter()
        .map(|row| {
            let cells = row.iter().zip(&widths);
            cells.map(|(cell, width)| wrapped(cell, *width)).collect()
        })
        .collect();
    for row in &rows {
        let height = row.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..height {
            let mut line = "  ".to_owned();
            for (cell, width) in row.iter().zip(&widths) {
                let part = cell.get(at).map_or("", String::as_str);
                line.push_str(part);
                line.push_str(&" ".repeat(width.saturating_sub(part.chars().count()) + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
}

/// The widths of columns with two blanks between them: as wide as their cells, and the widest of them narrower where all
/// together are too wide. No word is broken for it.
fn widths(rows: &[&Vec<String>], columns: usize, width: usize) -> Vec<usize> {
    let of_column = |column: usize, least: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let lines = cells.flat_map(|cell| wrapped(cell, least));
        lines.map(|line| line.chars().count()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns)
        .map(|column| of_column(column, WIDEST))
        .collect();
    let least: Vec<usize> = (0..columns)
        .map(|column| of_column(column, NARROWEST))
        .collect();
    while widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1) > width {
        let can_go = (0..columns).filter(|column| widths[*column] > least[*column]);
        let Some(widest) = can_go.max_by_key(|column| widths[*column]) else {
            break;
        };
        widths[widest] -= 1;
    }
    widths
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
