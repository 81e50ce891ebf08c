//! The words by which secrets are known: those of `words.txt`, which says what each list is for.

use std::sync::LazyLock;

/// The lists, by their names.
#[derive(Default)]
pub(super) struct Words {
    pub(super) secret: Endings,
    pub(super) likely: Endings,
    pub(super) weak: Endings,
    pub(super) meant: Vec<&'static str>,
    pub(super) about: Endings,
    pub(super) rest: Endings,
    pub(super) object: Endings,
    pub(super) prefix: Vec<&'static str>,
    pub(super) command: Endings,
    pub(super) setting: Endings,
    pub(super) between: Endings,
}

pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words::default();
    for line in include_str!("words.txt").lines() {
        let mut line = line.split(' ');
        match line.next() {
            Some("secret") => words.secret.extend(line),
            Some("likely") => words.likely.extend(line),
            Some("weak") => words.weak.extend(line),
            Some("meant") => words.meant.extend(line),
            Some("about") => words.about.extend(line),
            Some("rest") => words.rest.extend(line),
            Some("object") => words.object.extend(line),
            Some("prefix") => words.prefix.extend(line),
            Some("command") => words.command.extend(line),
            Some("setting") => words.setting.extend(line),
            Some("between") => words.between.extend(line),
            _ => {}
        }
    }
    words
});

/// Whether a list has a word.
pub(super) fn has(words: &Endings, word: &str) -> bool {
    words.0[Endings::letter(word)].contains(&word)
}

/// Words, or what a name may end in, by the last letter: every word that is read is looked up.
#[derive(Default)]
pub(super) struct Endings([Vec<&'static str>; 32]);

impl Endings {
    fn extend(&mut self, words: impl Iterator<Item = &'static str>) {
        for word in words {
            self.0[Self::letter(word)].push(word);
        }
    }

    fn letter(word: &str) -> usize {
        usize::from(word.bytes().next_back().unwrap_or_default() % 32)
    }

    /// Whether a name ends in one of these, or in more than one of it.
    pub(super) fn has(&self, name: &str) -> bool {
        let ends = |name: &str| {
            let words = &self.0[Self::letter(name)];
            words.iter().any(|word| name.ends_with(word))
        };
        ends(name) || name.strip_suffix('s').is_some_and(ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_words_and_finds_them() {
        let words = &*WORDS;
        for list in [
            &words.weak,
            &words.about,
            &words.rest,
            &words.object,
            &words.command,
            &words.setting,
            &words.between,
        ] {
            assert!(list.0.iter().any(|words| !words.is_empty()));
            for word in list.0.iter().flatten() {
                assert!(has(list, word) && !has(list, &format!("{word}x")), "{word}");
            }
        }
        assert!(words.secret.has("apitokens") && words.likely.has("joinkey"));
        assert!(words.meant.contains(&"token") && words.prefix.contains(&"ghp_"));
    }
}
