//! Wraps lines. They break between words, and within backquotes only if a line has no room for the quoted text, since people
//! copy it.

use crate::visible::visible;

/// The least that a column is squeezed to.
const NARROWEST: usize = 8;
/// A longer word in front of a colon is not a label.
const LONGEST_LABEL: usize = 10;

/// Breaks a text into lines of at most `width` characters. A longer word has a line of its own.
pub(crate) fn words(text: &str, width: usize) -> Vec<String> {
    let text = visible(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    filled(&words, width)
}

/// The rows of a table as lines, with two blanks between columns that are no wider than `widest`. Where all together are
/// wider than `width`, the cells of the widest columns go on in the next line.
pub fn table(rows: &[Vec<String>], width: usize, widest: usize) -> Vec<String> {
    let widths = widths(rows, width, widest);
    let mut lines = Vec::new();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let cells: Vec<Vec<String>> = cells.map(|(cell, width)| words(cell, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..height {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(&widths) {
                let part = cell.get(at).map_or("", String::as_str);
                line.push_str(part);
                line.push_str(&" ".repeat(width.saturating_sub(length(part)) + 2));
            }
            lines.push(line.trim_end().to_owned());
        }
    }
    lines
}

fn widths(rows: &[Vec<String>], width: usize, widest: usize) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let of_columns = |most: usize| -> Vec<usize> {
        let of_column = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let lines = cells.flat_map(|cell| words(cell, most));
            lines.map(|line| length(&line)).max().unwrap_or(0)
        };
        (0..columns).map(of_column).collect()
    };
    let mut widths = of_columns(widest);
    let least = of_columns(NARROWEST);
    while widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1) > width {
        let can_go = (0..columns).filter(|column| widths[*column] > least[*column]);
        let Some(widest) = can_go.max_by_key(|column| widths[*column]) else {
            break;
        };
        widths[widest] -= 1;
    }
    widths
}

/// Folds the lines of a report at `width` characters. A line goes on below its text: below what is after
/// `error: ` or `= help: `, else two blanks further in. Lines of a source, which a bar marks, stand as they are. Codes that
/// switch colours have no width.
pub fn report(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        if length(line) <= width || is_of_source(line) {
            out.push_str(line);
        } else {
            out.push_str(&hanging(line, width));
        }
        out.push_str(end);
    }
    out
}

fn hanging(line: &str, width: usize) -> String {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let label = label(text);
    let margin = match label.is_empty() {
        true => indent + 2,
        false => indent + length(label),
    };
    let words: Vec<&str> = text[label.len()..].split(' ').collect();
    let mut out = format!("{}{label}", " ".repeat(indent));
    let room = width.saturating_sub(margin);
    for (at, line) in filled(&words, room).into_iter().enumerate() {
        if at > 0 {
            out.push('\n');
            out.push_str(&" ".repeat(margin));
        }
        out.push_str(&line);
    }
    out
}

/// What a line begins with that the rest is said about, with the blanks after it: `error: `, `= help: `, `why:     `.
fn label(text: &str) -> &str {
    let Some(colon) = text.find(": ") else {
        return "";
    };
    let word = plain(&text[..colon]);
    let word = word.strip_prefix("= ").unwrap_or(&word);
    let is_label = word.len() <= LONGEST_LABEL && word.bytes().all(|b| b.is_ascii_lowercase());
    if !is_label {
        return "";
    }
    let behind = text[colon + 1..].trim_start_matches(' ');
    &text[..text.len() - behind.len()]
}

/// Whether a line shows a line of a source, marks a place in it, or says where it is.
fn is_of_source(line: &str) -> bool {
    let line = plain(line);
    let line = line
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with(" |") || line.starts_with("|") || line.starts_with("--> ")
}

/// Fills lines of at most `width` characters with words, and keeps those within backquotes together if a line has room.
fn filled(words: &[&str], width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut taken = 0;
    let mut rest = words;
    while let Some(count) = together(rest) {
        let whole = rest[..count].join(" ");
        let (piece, count) = match length(&whole) > width {
            true => (rest[0].to_owned(), 1),
            false => (whole, count),
        };
        rest = &rest[count..];
        let long = length(&piece);
        if taken > 0 && taken + 1 + long > width {
            lines.push(String::new());
            taken = 0;
        }
        if let Some(line) = lines.last_mut() {
            if taken > 0 {
                line.push(' ');
                taken += 1;
            }
            line.push_str(&piece);
            taken += long;
        }
    }
    lines
}

/// How many of the next words are within one pair of backquotes; one of those that are in none.
fn together(words: &[&str]) -> Option<usize> {
    let is_odd = |word: &&str| word.matches('`').count() % 2 == 1;
    let first = words.first()?;
    let closing = words[1..].iter().position(is_odd);
    match is_odd(first) {
        true => Some(closing.map_or(1, |at| at + 2)),
        false => Some(1),
    }
}

/// The characters of a text that a terminal shows.
fn length(text: &str) -> usize {
    plain(text).chars().count()
}

/// A text without the codes that switch colours.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, behind)| behind));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_goes_on_below_its_text() {
        let text = "\
error: a message that is long enough
 --> a-file-with-a-long-name-of-its-own.yaml:1:1
  |
1 | a line of the source that stays as it is
  |
  = help: write `a command with words`, or not
a plain line that is longer than that
";
        assert_eq!(
            report(text, 34),
            "\
error: a message that is long
       enough
 --> a-file-with-a-long-name-of-its-own.yaml:1:1
  |
1 | a line of the source that stays as it is
  |
  = help: write
          `a command with words`,
          or not
a plain line that is longer than
  that
"
        );
        // Without room for them, words in backquotes are folded too.
        assert_eq!(
            report("  = help: write `a command with words`\n", 24),
            "  = help: write `a\n          command with\n          words`\n"
        );
        assert_eq!(report("short\n\n", 24), "short\n\n");
    }

    #[test]
    fn colours_have_no_width() {
        let text = "\u{1b}[1;31merror\u{1b}[0m: one two\n";
        assert_eq!(report(text, 14), text);
        assert_eq!(
            report(text, 12),
            "\u{1b}[1;31merror\u{1b}[0m: one\n       two\n"
        );
    }

    #[test]
    fn the_widest_columns_of_a_table_give_way() {
        let rows = [["name", "a text of some words"], ["n", "short"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            table(&rows, 18, 60),
            ["name  a text of", "      some words", "n     short"]
        );
        assert_eq!(
            table(&rows, 80, 60),
            ["name  a text of some words", "n     short"]
        );
    }
}
