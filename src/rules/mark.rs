//! The places of findings.

use std::ops::Range;

use super::Finding;
use crate::cluster::Document;
use crate::cluster::machines::Machine;
use crate::cluster::values::Values;

impl Document {
    /// A finding at a path of this document.
    pub(super) fn mark(&self, finding: Finding) -> Finding {
        let span = self.span(&finding.path);
        self.mark_bytes(finding, span)
    }

    /// A finding about a path whose text must not be shown: the line of another path is, such as a name's.
    pub(super) fn mark_beside(&self, finding: Finding, shown: &str) -> Finding {
        self.mark_bytes(finding, self.span(shown))
    }

    /// A finding at bytes of this document's text.
    pub(super) fn mark_bytes(&self, finding: Finding, span: Range<usize>) -> Finding {
        finding.at(self.source(), span)
    }
}

impl Values<'_> {
    /// A finding at a path below the root.
    pub(super) fn mark(&self, finding: Finding) -> Finding {
        let path = self.at(&finding.path);
        self.checked.values.mark(finding.on(path))
    }
}

impl Machine<'_> {
    /// A finding at a path of the guest.
    pub(super) fn mark(&self, finding: Finding) -> Finding {
        let path = self.at(&finding.path);
        self.document.mark(finding.on(path))
    }
}
