//! Where the text of a scalar is in its document.

use std::cell::OnceCell;
use std::ops::Range;

use super::Document;
use crate::yaml::{Kind, Node};

/// The places of a scalar's text, as far as it is written line by line.
pub(crate) struct Places<'d> {
    document: &'d Document,
    node: &'d Node,
    /// For each line of a block where it begins in the text and in the document, worked out when it is asked for: a text
    /// may have as many findings as lines.
    lines: OnceCell<Vec<(usize, Range<usize>)>>,
}

impl<'d> Places<'d> {
    /// The places of this scalar.
    pub(crate) fn new(document: &'d Document, node: &'d Node) -> Self {
        Places {
            document,
            node,
            lines: OnceCell::new(),
        }
    }

    /// Where bytes of its text stand; all of it where that cannot be told.
    pub(crate) fn find(&self, span: Range<usize>) -> Range<usize> {
        let Kind::Scalar(scalar) = &self.node.kind else {
            return self.node.span();
        };
        let (text, whole) = (&scalar.text, self.document.text());
        if !scalar.block {
            let shift = usize::from(!scalar.plain);
            let at = self.node.span().start + shift + span.start;
            let piece = text.get(span.clone());
            let is_as_written = piece.is_some() && whole.get(at..at + span.len()) == piece;
            return if is_as_written {
                at..at + span.len()
            } else {
                self.node.span()
            };
        }
        let start = text.floor_char_boundary(span.start);
        let lines = self.lines.get_or_init(|| self.lines(text));
        let line = lines.partition_point(|(begin, _)| *begin <= start);
        let Some((begin, written)) = line.checked_sub(1).and_then(|line| lines.get(line)) else {
            return self.node.span();
        };
        let line = text[*begin..].split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let column = start - begin;
        let indent = written.len().checked_sub(line.len());
        match indent.map(|indent| written.start + indent) {
            Some(at) if column <= line.len() + 1 && whole.get(at..written.end) == Some(line) => {
                // The line break itself counts as the end of its line.
                let column = column.min(line.len());
                at + column..at + column + span.len().min(line.len() - column)
            }
            _ => self.node.span(),
        }
    }

    /// The lines of a block. Its header is the first that is written; folded blocks have other lines and are not found.
    fn lines(&self, text: &str) -> Vec<(usize, Range<usize>)> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let written = &self.document.text()[self.node.span()];
        let mut at = self.node.span().start;
        let lines = written.split_inclusive('\n').map(|line| {
            let start = at;
            at += line.len();
            start..start + line.trim_end_matches(['\n', '\r']).len()
        });
        starts.zip(lines.skip(1)).collect()
    }
}
