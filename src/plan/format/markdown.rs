//! A plan for a repository or a ticket.

use super::super::{Plan, Section, sections};
use crate::visible::visible;

/// Titles, sentences and tables as GitHub writes them.
pub fn markdown(plan: &Plan) -> String {
    let about = format!("Reference architecture {}", escaped(&plan.revision));
    let text = markdown_of(&format!("Plan of {}", plan.cluster), &sections(plan));
    match text.split_once('\n') {
        Some((title, rest)) => format!("{title}\n\n{about}\n{rest}"),
        None => text,
    }
}

/// A title, then sections with their sentences and tables.
pub(crate) fn markdown_of(title: &str, sections: &[Section]) -> String {
    let mut text = format!("# {}\n", escaped(title));
    for section in sections {
        text.push_str(&format!("\n## {}\n", escaped(&section.title)));
        for sentence in &section.sentences {
            text.push_str(&format!("\n{}\n", escaped(sentence)));
        }
        for table in &section.tables {
            if !table.title.is_empty() {
                text.push_str(&format!("\n### {}\n", escaped(&table.title)));
            }
            text.push('\n');
            row(&mut text, table.columns.iter().copied());
            row(&mut text, table.columns.iter().map(|_| "---"));
            for cells in &table.rows {
                let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
                row(&mut text, cells.iter().map(String::as_str));
            }
        }
    }
    text
}

fn row<'c>(text: &mut String, cells: impl Iterator<Item = &'c str>) {
    text.push('|');
    for cell in cells {
        text.push_str(&format!(" {cell} |"));
    }
    text.push('\n');
}

/// A text on one line in which nothing is taken for markup; `code` stays code.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for c in visible(text).chars() {
        match c {
            '`' => {
                is_code = !is_code;
                out.push(c);
            }
            // Also inside code, a bar ends a cell.
            '|' => out.push_str("\\|"),
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' if !is_code => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
