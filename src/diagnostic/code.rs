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
                    Code::Input => ("input", "the input is wrong", "do what the message says"),
                }
            }
        }
    };
}

codes! {
    Yaml = "yaml": "a text is not YAML", "check the indentation, and quote texts that contain `: ` or begin with `{`";
    Json = "json": "a text is not JSON", "export it again, or correct the place that is shown";
    Limit = "limit": "the input exceeds a limit", "split it, or remove what is not configuration";
    KeyTwice = "key-twice": "a map has the same key twice", "keep one of the two; the other would be lost silently";
    UnknownKey = "unknown-key": "a key is unknown", "look it up in docs/site.md, or remove it";
    MissingKey = "missing-key": "a required key is missing", "write it; `vmo-ra init` writes a site with every key";
    WrongShape = "wrong-shape": "a value has the wrong shape: a map, a list or a single value", "write the expected form";
    WrongValue = "wrong-value": "a value is invalid, or conflicts with another", "write what the message says; docs/site.md lists the values of each setting";
    OpenSecret = "open-secret": "a secret is written into the site", "name the environment variable or the file that holds it";
    NoSecret = "no-secret": "the variable or the file of a secret is missing or empty", "set the variable, or write the secret into the file";
    Unreadable = "unreadable": "a file or a folder cannot be read", "check that it exists and that you may read it";
    Unreachable = "unreachable": "Palette does not answer", "check the address, and that it can be reached from here";
    Refused = "refused": "Palette refuses a request", "correct what Palette names, and try again";
    Unwritable = "unwritable": "a file or a folder cannot be written", "check that there is space, and that you may write there";
    NotFollowed = "not-followed": "a link leads out of a folder, or is in place of a file", "put the file itself there";
    WrongKind = "wrong-kind": "a file, a folder or a revision is of the wrong kind", "give a site, a profile as Palette exports it, or the input that the command needs";
    UnknownName = "unknown-name": "a name is unknown", "use one of those that the message lists";
    PackMissing = "pack-missing": "a required pack was not found", "name a folder that holds it with `--packs DIR`";
    BrokenPack = "broken-pack": "a pack cannot be used", "correct its files, or download it from the registry again";
    FolderContent = "folder-content": "the files of a split profile do not match its profile.yaml", "name the file there, or remove it";
    CannotMerge = "cannot-merge": "values cannot be changed without changing their meaning", "write them without anchors, aliases and flow collections around the changed keys";
    NotReplaced = "not-replaced": "the output would replace an existing file or folder", "choose another place with `--out`";
    Unsupported = "unsupported": "the target tool cannot do what the site asks for", "change the site, or use another format";
    Internal = "internal": "this program has a bug", "report it with the message";
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
