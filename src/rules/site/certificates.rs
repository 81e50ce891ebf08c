//! The authorities that nodes trust.

use crate::rules::{Finding, SiteRule, rule};
use crate::site::Site;

pub(super) const RULES: &[SiteRule] = &[names];

/// The names become those of files, of which the last one written stays.
fn names(site: &Site, findings: &mut Vec<Finding>) {
    let certificates = &site.nodes.ca_certificates;
    for (index, certificate) in certificates.iter().enumerate() {
        let name = &certificate.name;
        if certificates[..index]
            .iter()
            .any(|other| other.name == *name)
        {
            findings.push(rule::CERTIFICATE_TWICE.error(
                format!("nodes.caCertificates[{index}].name"),
                format!("a second certificate is named `{name}`, and would replace the first one"),
            ));
        }
    }
}
