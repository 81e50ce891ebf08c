//! Text for people, line by line.

use vmo_ra::visible::visible;

/// Lines that begin where this program lets them, and hold nothing that a terminal would obey or not show.
#[derive(Default)]
pub(super) struct Lines(String);

impl Lines {
    /// One line.
    pub(super) fn one(line: &str) -> Self {
        let mut lines = Self::default();
        lines.add(line);
        lines
    }

    /// Another line.
    pub(super) fn add(&mut self, line: &str) {
        self.0.push_str(visible(line).trim_end());
        self.0.push('\n');
    }

    /// Rows of cells, each column as wide as its widest cell.
    pub(super) fn add_table(&mut self, rows: &[Vec<String>], indent: usize) {
        let rows: Vec<Vec<_>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| visible(cell)).collect())
            .collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                rows.iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for row in &rows {
            let mut line = " ".repeat(indent);
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.chars().count() + 2));
            }
            self.add(&line);
        }
    }

    /// What they say so far.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
