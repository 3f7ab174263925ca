//! AWS's state words as enums. The sets are open: AWS adds words, and a new one must not stop a reader.

/// Defines an enum of AWS words with `Unknown` for one that is not listed, and its `Display`.
macro_rules! open_words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A word that is not known here; it stands as AWS sent it.
            Unknown(String),
        }

        impl $name {
            pub(in crate::aws) fn from_word(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Unknown(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $word,)+
                    Self::Unknown(word) => word,
                })
            }
        }
    };
}

pub(super) use open_words;
