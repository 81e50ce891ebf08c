//! The paths that a template of values may set, in all of its branches.

/// A path that a template may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlined {
    /// Its keys, from the root.
    pub keys: Vec<String>,
    /// Whether the keys below it come from the site, so that all of them are the template's.
    pub is_open: bool,
}

/// The paths that a template of values may set, in their order: those of texts, numbers, lists, and of maps whose keys the
/// site names. Lists count as a whole, since a list replaces a list.
///
/// Branches repeat keys, so the text is not YAML yet; its lines are enough, since templates of values are in block style.
pub fn outline(template: &str) -> Vec<Outlined> {
    let mut found: Vec<Outlined> = Vec::new();
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut list: Option<usize> = None;
    let mut add = |keys: Vec<String>, is_open: bool| {
        let known = found.iter_mut().find(|one| one.keys == keys);
        match known {
            Some(known) => known.is_open |= is_open,
            None if keys.is_empty() => {}
            None => found.push(Outlined { keys, is_open }),
        }
    };
    for line in template.lines() {
        let text = line.trim_start();
        if text.is_empty() || text.starts_with('#') || text.starts_with("<%") {
            continue;
        }
        let indent = line.len() - text.len();
        if list.is_some_and(|dash| indent > dash) {
            continue;
        }
        list = None;
        open.retain(|(depth, _)| *depth < indent);
        let keys = || open.iter().map(|(_, key)| key.clone()).collect();
        if text.starts_with("- ") {
            add(keys(), false);
            list = Some(indent);
            continue;
        }
        if text.starts_with("<{") {
            add(keys(), true);
            continue;
        }
        let Some((key, value)) = entry(text) else {
            continue;
        };
        open.push((indent, key));
        if !value.is_empty() {
            add(open.iter().map(|(_, key)| key.clone()).collect(), false);
        }
    }
    found
}

/// The key and the value of a line.
fn entry(line: &str) -> Option<(String, &str)> {
    let quoted = line.strip_prefix('"').and_then(|rest| {
        let (key, rest) = rest.split_once('"')?;
        Some((key, rest.strip_prefix(':')?))
    });
    let (key, value) = quoted.or_else(|| {
        line.split_once(": ")
            .or_else(|| Some((line.strip_suffix(':')?, "")))
    })?;
    Some((key.to_owned(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_branches_and_whole_lists_are_in_the_outline() {
        let template = "\
charts:
  a:
<%- if x %>
    # It is: so.
    only.here: <{ value }>
    l2:
      default: null
<%- else %>
    l2:
      default:
        list:
          - name: <{ x }>
            value: 1
<%- if y %>
          - name: y
<%- endif %>
        after: ~
<%- endif %>
    \"6443\": a/b:443
    params: {}
    more:
<%- for name, value in x %>
      <{ name }>: <{ value }>
<%- endfor %>
";
        let found: Vec<String> = outline(template)
            .into_iter()
            .map(|one| one.keys.join("/") + if one.is_open { "/*" } else { "" })
            .collect();
        assert_eq!(
            found,
            [
                "charts/a/only.here",
                "charts/a/l2/default",
                "charts/a/l2/default/list",
                "charts/a/l2/default/after",
                "charts/a/6443",
                "charts/a/params",
                "charts/a/more/*",
            ]
        );
    }
}
