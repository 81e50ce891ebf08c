//! Lists, and maps of free keys.

use std::ops::RangeInclusive;

use super::{ANY, ANY_ENTRY, Fields, Reader};
use crate::diagnostic::Diagnostic;
use crate::site::mend::{self, Wanted};
use crate::site::setting::{Described, Form, Kind, Preset, Scalar};
use crate::yaml::{Entry, Node};

impl Reader<'_> {
    /// A list, each item read by `item`, or none if the key is absent.
    pub(in crate::site) fn list<T>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: impl FnOnce() -> Preset,
        item: impl FnMut(&mut Self, &Node, String) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.list_of(fields, key, usize::MAX, default, item)
    }

    /// As [`Reader::list`], of so many items at the most.
    pub(in crate::site) fn list_of<T>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        most: usize,
        default: impl FnOnce() -> Preset,
        mut item: impl FnMut(&mut Self, &Node, String) -> Option<T>,
    ) -> Option<Vec<T>> {
        let path = fields.path_of(key);
        if self.record(fields, key, || (Form::List, default())) {
            item(self, &ANY, format!("{path}[]"));
            return None;
        }
        let node = self.node(fields, key)?;
        let items = match node.items() {
            Some(items) => items,
            // One value stands for a list of one.
            None if node.text().is_some() && mend::is_list_of_values(&path) => {
                std::slice::from_ref(node)
            }
            None => {
                self.expected(Wanted::List, node);
                return None;
            }
        };
        if items.len() > most {
            let problem = Diagnostic::error(format!(
                "`{path}` has {} items, more than the limit of {most}",
                items.len()
            ))
            .help("is this the right list?");
            self.problem_at(node, problem);
            return None;
        }
        let mut list = Vec::with_capacity(items.len());
        for (index, node) in items.iter().enumerate() {
            let place = format!("{path}[{index}]");
            self.spans.insert(place.clone(), node.span());
            self.asked.clone_from(&place);
            let read = item(self, node, place.clone());
            if read.is_none() || list.len() < index {
                // What could not be read is left out, and what follows takes its number.
                let to = read.is_some().then(|| format!("{path}[{}]", list.len()));
                self.renumber(&place, to.as_deref());
            }
            list.extend(read);
        }
        Some(list)
    }

    /// Has the places of a list's item be those of another number, or of nothing.
    fn renumber(&mut self, from: &str, to: Option<&str>) {
        let behind = self.spans.range(from.to_owned()..);
        let inside = behind.take_while(|(path, _)| path.starts_with(from));
        let paths: Vec<String> = inside.map(|(path, _)| path.clone()).collect();
        for path in paths {
            let span = self.spans.remove(&path);
            if let (Some(to), Some(span)) = (to, span) {
                self.spans
                    .insert(format!("{to}{}", &path[from.len()..]), span);
            }
        }
    }

    /// Records that a list is never empty, which a rule says to its writer.
    pub(in crate::site) fn never_empty(&mut self, fields: &Fields<'_>, key: &str) {
        let path = fields.path_of(key);
        let recorded = self.settings.iter_mut().flatten();
        for list in recorded.filter(|setting| setting.path == path) {
            list.least = 1;
        }
    }

    /// A list of values that parse on their own.
    pub(in crate::site) fn values<T: Scalar>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        default: impl FnOnce() -> Preset,
    ) -> Option<Vec<T>> {
        self.list(fields, key, default, Self::scalar)
    }

    /// A list of whole numbers.
    pub(in crate::site) fn numbers(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        range: RangeInclusive<u32>,
        default: &[u32],
    ) -> Vec<u32> {
        let item = |reader: &mut Self, node: &Node, path| {
            let form = || (Form::Value(Kind::whole(range.clone())), Preset::None);
            if reader.record_at(path, ("", ""), form) {
                return None;
            }
            reader.whole_number(node, range.clone())
        };
        let given = self.list(fields, key, || Preset::fixed(&default), item);
        given.unwrap_or_else(|| default.to_vec())
    }

    /// An item of a list or map that parses on its own.
    pub(in crate::site) fn scalar<T: Scalar>(&mut self, node: &Node, path: String) -> Option<T> {
        self.scalar_of(node, path, Kind::of::<T>)
    }

    /// As [`Reader::scalar`], of what is checked by more than its type.
    pub(in crate::site) fn scalar_of<T: Scalar>(
        &mut self,
        node: &Node,
        path: String,
        kind: impl FnOnce() -> Kind,
    ) -> Option<T> {
        if self.settings.is_some() {
            self.record_at(path, ("", ""), || (Form::Value(kind()), Preset::None));
            return None;
        }
        self.parse(node)
    }

    /// The fields of a list's item.
    pub(in crate::site) fn item<'n, T: Described>(
        &mut self,
        node: &'n Node,
        path: String,
    ) -> Fields<'n> {
        if self.settings.is_some() {
            self.record_at(path.clone(), ("", T::ABOUT.section), || {
                (Form::Map, Preset::None)
            });
        }
        self.fields::<T>(Some(node), path)
    }

    /// A map of free keys, each value read by `item`, in the order of the site; `item` refuses keys that are not of the kind.
    pub(in crate::site) fn by_name<T, M: FromIterator<(String, T)>>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
        keys: impl FnOnce() -> Kind,
        mut item: impl FnMut(&mut Self, &Entry, String) -> Option<T>,
    ) -> M {
        let path = fields.path_of(key);
        let mut entries: &[Entry] = &[];
        if self.record(fields, key, || (Form::Named(keys()), Preset::None)) {
            entries = &ANY_ENTRY;
        } else if let Some(node) = self.node(fields, key) {
            match node.entries() {
                Some(given) => entries = given,
                None => self.expected(Wanted::Map, node),
            }
        }
        entries
            .iter()
            .filter_map(|entry| {
                let path = match self.settings {
                    Some(_) => format!("{path}.*"),
                    None => format!("{path}.{}", entry.name()),
                };
                self.spans.insert(path.clone(), entry.value.span());
                self.asked.clone_from(&path);
                Some((entry.name().to_owned(), item(self, entry, path)?))
            })
            .collect()
    }

    /// A map of free keys to values that parse on their own.
    pub(in crate::site) fn values_by_name<T: Scalar, M: FromIterator<(String, T)>>(
        &mut self,
        fields: &mut Fields<'_>,
        key: &'static str,
    ) -> M {
        self.by_name(fields, key, Kind::any, |reader, entry, path| {
            reader.scalar(&entry.value, path)
        })
    }
}
