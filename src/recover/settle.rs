//! Values for settings that profiles do not show, so that the site breaks no rule.
//!
//! A default is only one of the values that such a setting may have had. The pools of MetalLB show, for example, while the data
//! network that they lie in does not.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::draft::Draft;
use super::search::Search;
use crate::diagnostic::Severity;
use crate::rules;
use crate::site::{AddressRange, Cidr, Form, Preset, Setting};

/// Where networks are looked for that overlap no other.
const PRIVATE: [&str; 4] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
];
/// How many places are tried in each.
const PLACES: usize = 8;
/// How often a number is doubled.
const DOUBLINGS: u32 = 8;

impl Search<'_> {
    /// Gives settings without a trace values that no rule objects to, as far as there are some. Says which.
    pub(super) fn settle(&mut self) -> Vec<String> {
        let mut chosen = Vec::new();
        let mut errors = self.errors(&self.draft);
        while errors > 0 {
            let mut choices = self.choices().into_iter();
            let better = choices.find_map(|(path, value)| {
                let draft = self.draft.with(path, value);
                let left = self.errors(&draft);
                let is_better = left < errors && self.gives_no_less(&draft);
                is_better.then(|| (path.to_owned(), draft, left))
            });
            let Some((path, draft, left)) = better else {
                break;
            };
            (self.draft, errors) = (draft, left);
            chosen.push(path);
        }
        chosen
    }

    /// For how much rules refuse a draft; one that is not a site is worst.
    fn errors(&self, draft: &Draft) -> usize {
        let Some(site) = draft.site(&self.given) else {
            return usize::MAX;
        };
        let findings = rules::check(&site, self.request.revision).into_iter();
        findings
            .filter(|one| one.severity == Severity::Error)
            .count()
    }

    /// Other values of settings whose values no profile shows, as far as it was seen.
    fn choices(&self) -> Vec<(&str, Value)> {
        let spans: Vec<(Ipv4Addr, Ipv4Addr)> = (self.draft.places().iter())
            .filter_map(|place| span(self.draft.get(&place.join("."))?))
            .collect();
        let mut choices = Vec::new();
        for setting in self.settings {
            let path = setting.path.as_str();
            if path.contains(['[', '*']) || self.traced.contains(path) {
                continue;
            }
            let (Preset::Fixed(default) | Preset::Follows(default)) = &setting.default else {
                continue;
            };
            choices.extend(
                values(setting, default, &spans)
                    .into_iter()
                    .map(|value| (path, value)),
            );
        }
        choices
    }
}

/// The first and the last of the addresses that are at a place.
fn span(value: &Value) -> Option<(Ipv4Addr, Ipv4Addr)> {
    match value {
        Value::String(text) => {
            let range: AddressRange = text.parse().ok()?;
            Some((range.first(), range.last()))
        }
        Value::Array(items) => {
            let spans = items.iter().filter_map(span);
            spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
        }
        _ => None,
    }
}

/// Values that a setting may have in its default's stead, the likeliest first.
fn values(setting: &Setting, default: &Value, spans: &[(Ipv4Addr, Ipv4Addr)]) -> Vec<Value> {
    let text = match default {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (Form::Value(kind) | Form::ValueOrMap(kind)) = &setting.form else {
        return Vec::new();
    };
    let mut texts: Vec<String> = Vec::new();
    if let Ok(usual) = text.parse::<Cidr>() {
        texts.extend(
            networks(usual.network(), spans)
                .iter()
                .map(Ipv4Net::to_string),
        );
    } else if text.parse::<Ipv4Addr>().is_ok() {
        texts.extend(spans.iter().filter_map(|(first, last)| {
            let own = u32::from(*first).checked_add(1)?;
            (first < last).then(|| Ipv4Addr::from(own).to_string())
        }));
    } else {
        texts.extend(multiples(&text));
    }
    texts.extend(kind.words.iter().map(|(word, _)| (*word).to_owned()));
    if kind.types == ["boolean"] {
        return vec![json!(true), json!(false)];
    }
    texts.iter().map(|text| kind.value(text)).collect()
}

/// Networks that hold all addresses of a place; then wider ones than usual, and some elsewhere.
fn networks(usual: Ipv4Net, spans: &[(Ipv4Addr, Ipv4Addr)]) -> Vec<Ipv4Net> {
    let of_prefix =
        |address: Ipv4Addr, prefix: u8| Some(Ipv4Net::new(address, prefix).ok()?.trunc());
    let holding = spans.iter().flat_map(|(first, last)| {
        let common = (u32::from(*first) ^ u32::from(*last)).leading_zeros() as u8;
        [usual.prefix_len().min(common), common.min(24), common]
            .map(|prefix| of_prefix(*first, prefix))
    });
    let wider = (8..usual.prefix_len())
        .rev()
        .map(|prefix| of_prefix(usual.addr(), prefix));
    let elsewhere = PRIVATE.iter().filter_map(|block| {
        let block: Ipv4Net = block.parse().ok()?;
        let prefix = usual.prefix_len().max(block.prefix_len());
        let all = 1_usize << (prefix - block.prefix_len()).min(16);
        Some(block.subnets(prefix).ok()?.step_by(all.div_ceil(PLACES)))
    });
    let mut networks: Vec<Ipv4Net> = holding.chain(wider).flatten().collect();
    networks.extend(elsewhere.flatten());
    networks
}

/// A number, with its unit, doubled and halved.
fn multiples(text: &str) -> Vec<String> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let Ok(number) = number.parse::<u64>() else {
        return Vec::new();
    };
    let more = (1..=DOUBLINGS).filter_map(|times| number.checked_mul(1 << times));
    let less = (1..=DOUBLINGS).map(|times| number >> times);
    more.chain(less)
        .map(|number| format!("{number}{unit}"))
        .collect()
}
