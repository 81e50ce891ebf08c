//! Which texts of a node's user-data are safe: cloud-init renders all of it as a Jinja template first.

/// Where a text holds Jinja syntax that is not a macro of Palette, which is gone before cloud-init reads it.
pub(crate) fn jinja(text: &str) -> Option<usize> {
    text.match_indices('{').map(|(at, _)| at).find(|at| {
        let rest = &text[at + 1..];
        match rest.chars().next() {
            Some('{') => !rest[1..].trim_start_matches(' ').starts_with(".spectro."),
            Some('%' | '#') => true,
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::jinja;

    #[test]
    fn only_macros_of_palette_may_stand_in_user_data() {
        assert_eq!(
            jinja("a {{ .spectro.var.X }} {{.spectro.system.cluster.uid}} ${x} {"),
            None
        );
        assert_eq!(jinja("n=${#a}"), Some(3));
        assert_eq!(jinja("x {{ .Names }}"), Some(2));
        assert_eq!(jinja("x {% if %}"), Some(2));
    }
}
