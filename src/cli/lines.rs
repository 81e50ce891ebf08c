//! Text for people, line by line.

use vmo_ra::visible::visible;
use vmo_ra::wrap;

/// A wider cell overflows its column. Padding every row to it would make a long table grow quadratically.
const WIDEST: usize = 200;

/// Lines without control characters or invisible characters.
#[derive(Default)]
pub(super) struct Lines(Vec<Part>);

enum Part {
    Line(String),
    Table {
        rows: Vec<Vec<String>>,
        indent: usize,
    },
}

impl Lines {
    /// One line.
    pub(super) fn one(line: &str) -> Self {
        let mut lines = Self::default();
        lines.add(line);
        lines
    }

    /// Another line.
    pub(super) fn add(&mut self, line: &str) {
        self.0.push(Part::Line(visible(line).trim_end().to_owned()));
    }

    /// The lines of another text.
    pub(super) fn append(&mut self, mut other: Lines) {
        self.0.append(&mut other.0);
    }

    /// Rows of cells in columns.
    pub(super) fn add_table(&mut self, rows: &[Vec<String>], indent: usize) {
        let rows = rows.iter().map(|row| {
            let cells = row.iter().map(|cell| visible(cell).into_owned());
            cells.collect()
        });
        self.0.push(Part::Table {
            rows: rows.collect(),
            indent,
        });
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text so far, wrapped to the width of a terminal.
    pub(super) fn text(&self, width: Option<usize>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            let lines = match (part, width) {
                (Part::Line(line), None) => vec![line.clone()],
                (Part::Line(line), Some(width)) => vec![wrap::report(line, width)],
                (Part::Table { rows, indent }, None) => unfolded(rows, *indent),
                (Part::Table { rows, indent }, Some(width)) => {
                    let blanks = " ".repeat(*indent);
                    let lines = wrap::table(rows, width.saturating_sub(*indent), usize::MAX);
                    lines.iter().map(|line| format!("{blanks}{line}")).collect()
                }
            };
            for line in lines {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text
    }
}

/// The rows of a table, each on one line, each column as wide as its widest cell that is no wider than [`WIDEST`].
fn unfolded(rows: &[Vec<String>], indent: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .filter(|width| *width <= WIDEST)
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |row: &Vec<String>| {
        let mut line = " ".repeat(indent);
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.chars().count()) + 2));
        }
        line
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Lines, WIDEST};

    #[test]
    fn one_very_wide_cell_does_not_widen_the_other_rows() {
        let second_column = |width: usize| {
            let rows = ["a".repeat(width), "b".to_owned()].map(|name| vec![name, "c".to_owned()]);
            let mut lines = Lines::default();
            lines.add_table(&rows, 0);
            let text = lines.text(None);
            let column = text.lines().map(|line| line.find('c'));
            column
                .map(|at| at.expect("it has the cell"))
                .collect::<Vec<_>>()
        };
        assert_eq!(second_column(WIDEST), vec![WIDEST + 2; 2]);
        assert_eq!(second_column(WIDEST + 1), vec![WIDEST + 3, 3]);
    }
}
