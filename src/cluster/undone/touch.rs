//! What a command takes away or writes, by its name and its words.

use super::super::commands::plain::{behind_prefixes, is_one_of, name_of, operands};
use super::super::node_text::udev::fits;
use super::written::said;

/// Commands that remove the named paths with everything below them.
const REMOVERS: &str = "rm unlink rmdir shred truncate";
/// Commands that write their last operand.
pub(super) const COPIERS: &str = "cp install ln rsync mv";
/// Commands that write each file that they name.
const WRITERS: &str = "tee ed ex patch crudini curl wget";
/// Commands that write the files that they name if they have `-i`.
const EDITORS: &str = "sed perl yq gawk awk ruby";
/// All that change files.
pub(super) const CHANGERS: [&str; 4] = [REMOVERS, COPIERS, WRITERS, EDITORS];

/// What a command does to a path.
pub(super) enum Touch {
    /// Removes it, with everything below it. The path may be a pattern.
    Tree(String),
    /// Writes it, or a file of one of these names in it.
    At(String, Vec<String>),
}

impl Touch {
    pub(super) fn path(&self) -> &str {
        match self {
            Touch::Tree(path) | Touch::At(path, _) => path,
        }
    }
}

/// Whether a mode takes the right to run a file away: `-x`, `a-x`, or a number that is even.
fn keeps_from_running(mode: &str) -> bool {
    let is_number = mode.len() >= 3 && mode.bytes().all(|byte| byte.is_ascii_digit());
    let owner = mode.bytes().rev().nth(2).unwrap_or(b'7');
    let minus = mode.split(',').any(|part| {
        let rights = part.split_once('-').map_or("", |(_, rights)| rights);
        rights.contains('x') && rights.len() <= 3
    });
    is_number && (owner - b'0').is_multiple_of(2) || minus
}

/// What a command touches, by its name; `path` is the file that is asked about.
pub(super) fn touches(name: &str, arguments: &[&str], path: &str) -> Vec<Touch> {
    let tree = |path: &str| Touch::Tree(path.to_owned());
    let at = |path: &str| Touch::At(path.to_owned(), Vec::new());
    let operands = operands(arguments);
    let each = |touch: &dyn Fn(&str) -> Touch| operands.iter().map(|path| touch(path)).collect();
    let edits = |word: &&str| {
        word.starts_with("--in")
            || word.starts_with('-') && !word.starts_with("--") && word.contains('i')
    };
    if is_one_of(REMOVERS, name) {
        each(&tree)
    } else if is_one_of(WRITERS, name) || is_one_of(EDITORS, name) && arguments.iter().any(edits) {
        each(&at)
    } else if is_one_of(COPIERS, name)
        && let Some((to, from)) = operands.split_last()
    {
        let names = from.iter().map(|from| name_of(from).to_owned());
        let mut all = vec![Touch::At((*to).to_owned(), names.collect())];
        all.extend(from.iter().filter(|_| name == "mv").map(|from| tree(from)));
        all
    } else if name == "chmod"
        && path.ends_with(".sh")
        && arguments.iter().any(|word| keeps_from_running(word))
    {
        each(&at)
    } else if name == "dd" {
        let to = operands.iter().filter_map(|word| word.strip_prefix("of="));
        to.map(at).collect()
    } else if name == "find" {
        let runs = behind(arguments, "-exec")
            .or(behind(arguments, "-execdir"))
            .is_some_and(|word| CHANGERS.iter().any(|names| is_one_of(names, name_of(word))));
        match runs || arguments.contains(&"-delete") {
            true => found(arguments, path),
            false => Vec::new(),
        }
    } else {
        Vec::new()
    }
}

/// The word after an option.
fn behind<'w>(arguments: &[&'w str], option: &str) -> Option<&'w str> {
    let at = arguments.iter().position(|word| *word == option)?;
    arguments.get(at + 1).copied()
}

/// Where `find` looks, if the file has a name that it looks for.
fn found(arguments: &[&str], path: &str) -> Vec<Touch> {
    let is_named = behind(arguments, "-name").is_none_or(|name| fits(name, name_of(path), false));
    let starts = arguments.iter().take_while(|word| !word.starts_with('-'));
    let starts = starts.filter(|_| is_named);
    starts.map(|word| Touch::Tree((*word).to_owned())).collect()
}

/// What `xargs` hands on of what the commands before it say, or none if that is not known.
pub(super) fn named_before(upstream: &[Vec<String>], path: &str) -> Option<Vec<Touch>> {
    let (first, filters) = upstream.split_first()?;
    let words: Vec<&str> = first.iter().map(String::as_str).collect();
    let (name, arguments) = behind_prefixes(&words).split_first()?;
    // What goes through others may be anything that the first one says, or less.
    let is_filter = |words: &Vec<String>| {
        words
            .first()
            .is_some_and(|name| is_one_of("grep egrep sort uniq head tail tac", name_of(name)))
    };
    if !filters.iter().all(is_filter) {
        return None;
    }
    match name_of(name) {
        "find" => Some(found(arguments, path)),
        name @ ("ls" | "echo" | "printf") => {
            let text = match name {
                "ls" => operands(arguments).join(" "),
                _ => said(name, &operands(arguments)),
            };
            let known = |path: &str| {
                let is_known = path.starts_with('/') && !path.contains(['$', '`']);
                is_known.then(|| Touch::Tree(path.to_owned()))
            };
            let paths: Option<Vec<Touch>> = text.split_whitespace().map(known).collect();
            paths.filter(|paths| !paths.is_empty())
        }
        _ => None,
    }
}
