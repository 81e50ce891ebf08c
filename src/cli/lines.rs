//! Text for people, line by line.

use vmo_ra::visible::visible;

/// A wider cell stands out of its column. Were every row as wide, one long name would make a long table grow with the square.
const WIDEST: usize = 200;

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

    /// The lines of another text.
    pub(super) fn append(&mut self, other: Lines) {
        self.0.push_str(&other.0);
    }

    /// Rows of cells, each column as wide as its widest cell that is no wider than [`WIDEST`].
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
                    .filter(|width| *width <= WIDEST)
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for row in &rows {
            let mut line = " ".repeat(indent);
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.chars().count()) + 2));
            }
            self.add(&line);
        }
    }

    /// What they say so far.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
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
            let column = lines.as_str().lines().map(|line| line.find('c'));
            column
                .map(|at| at.expect("it has the cell"))
                .collect::<Vec<_>>()
        };
        assert_eq!(second_column(WIDEST), vec![WIDEST + 2; 2]);
        assert_eq!(second_column(WIDEST + 1), vec![WIDEST + 3, 3]);
    }
}
