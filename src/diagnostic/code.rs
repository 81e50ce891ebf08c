//! The kinds of mistakes in the input, so that programs can tell them apart.

use std::io;

/// Declares the kinds: the id of each, what it says, and the way out.
macro_rules! codes {
    ($($code:ident = $id:literal: $title:literal, $way_out:literal;)+) => {
        /// The kind of a mistake in what was given. No rule has such an id.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $code,)+
            /// nothing closer is known
            #[default]
            Input,
        }

        impl Code {
            /// All kinds.
            pub const ALL: &[Code] = &[$(Code::$code,)+ Code::Input];

            /// Its id, what it says, and the way out where a message knows no better one.
            fn about(self) -> (&'static str, &'static str, &'static str) {
                match self {
                    $(Code::$code => ($id, $title, $way_out),)+
                    Code::Input => ("input", "nothing closer is known", "do what the message says"),
                }
            }
        }
    };
}

codes! {
    Yaml = "yaml": "a text is no YAML", "mind the indentation, and quotes around what holds `: ` or begins with `{`";
    Json = "json": "a text is no JSON", "export it again, or look at the place that is shown";
    Limit = "limit": "there is more than is read", "split it up, or take out what is no configuration";
    KeyTwice = "key-twice": "a key stands twice in a map", "keep one of the two; the other would be lost silently";
    UnknownKey = "unknown-key": "a key is unknown", "look for it in docs/site.md, or leave it out";
    MissingKey = "missing-key": "a key has to be there and is not", "write it; `vmo-ra init` writes a site with every key";
    WrongShape = "wrong-shape": "a map, a list or a single value stands in another's place", "write what is expected there";
    WrongValue = "wrong-value": "a value does not have its form, or cannot stand beside others", "write what the message names; docs/site.md lists what each setting takes";
    OpenSecret = "open-secret": "a secret stands where it is not to be written", "name the environment variable or the file that holds it";
    NoSecret = "no-secret": "the variable or the file of a secret is missing or empty", "set the variable, or write the secret into the file";
    Unreadable = "unreadable": "a file or a folder cannot be read", "see that it is there and may be read";
    Unreachable = "unreachable": "Palette does not answer", "see that the address is right, and that it can be reached from here";
    Refused = "refused": "Palette says no to a request", "mend what Palette names, then try again";
    Unwritable = "unwritable": "a file or a folder cannot be written", "see that there is room, and that it may be written";
    NotFollowed = "not-followed": "a link leads out of a folder, or stands where a file must", "put the file itself there";
    WrongKind = "wrong-kind": "a file, a folder or a revision is not of the kind that is wanted", "give a site, a profile as Palette exports it, or what the command asks for";
    UnknownName = "unknown-name": "nothing has the name that is given", "take one of those that the message lists";
    PackMissing = "pack-missing": "a pack is needed and was not found", "name a folder that holds it with `--packs DIR`";
    BrokenPack = "broken-pack": "a pack cannot be used", "mend its files, or take it from the registry again";
    FolderContent = "folder-content": "the files of a split profile are not those that its profile.yaml names", "name the file there, or take it away";
    CannotMerge = "cannot-merge": "values cannot be changed without changing what they mean", "write them without anchors, aliases and flow collections around the changed keys";
    NotReplaced = "not-replaced": "a file or folder that exists is in the way of the output", "choose another place with `--out`";
    Unsupported = "unsupported": "the target tool cannot do what the site asks for", "change the site, or take another format";
    Internal = "internal": "this program is wrong, and not what was given", "report it with the message";
}

impl Code {
    /// What a system's error means that came up while something was read.
    pub(crate) fn of_reading(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::FileTooLarge => Code::Limit,
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::IsADirectory => Code::WrongKind,
            _ => Code::Unreadable,
        }
    }

    /// As reports give it.
    pub fn as_str(self) -> &'static str {
        self.about().0
    }

    /// What it says, in a few words.
    pub fn title(self) -> &'static str {
        self.about().1
    }

    /// The way out, where a message knows no better one.
    pub fn way_out(self) -> &'static str {
        self.about().2
    }

    /// The kind of an id.
    pub fn find(id: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == id)
    }
}
