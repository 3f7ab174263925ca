//! Text that comes from outside, as it goes into documents, logs, messages and terminals: of bounded length, and unable to pass for
//! anything but text.

use std::fmt::Write as _;

/// The longest name of a person, a role or an event.
pub const LONGEST_NAME: usize = 256;
/// The longest words that anybody says of anything.
pub const LONGEST_WORDS: usize = 2_000;

/// How words end of which only the beginning is kept.
const CUT: &str = "…";

/// Text of several lines, of at most so many characters. What would steer a terminal, or turn the direction of reading, is spelled out.
///
/// ```
/// use tidegate_domain::foreign::words;
///
/// assert_eq!(words("a\u{1b}[2J\r\nb", 100), "a\\u{1b}[2J\\r\nb");
/// assert_eq!(words("abcdef", 4), "abc…");
/// ```
pub fn words(text: &str, longest: usize) -> String {
    let mut plain = String::with_capacity(text.len().min(longest));
    let mut length = 0;
    for c in text.chars() {
        let before = plain.len();
        if c != '\n' && (c.is_control() || is_unseen(c)) {
            write!(plain, "{}", c.escape_default()).unwrap_or_default();
        } else {
            plain.push(c);
        }
        length += plain[before..].chars().count();
        if length > longest {
            let end = plain.char_indices().nth(longest.saturating_sub(1)).map_or(0, |(end, _)| end);
            plain.truncate(end);
            plain.push_str(CUT);
            break;
        }
    }
    plain
}

/// The same in one line.
pub fn line(text: &str, longest: usize) -> String {
    words(text, longest).replace('\n', " ")
}

/// A character that shows nothing and changes how others are shown: marks and overrides of direction, and the byte order mark.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Serde's reader of a name or a line that somebody says of himself.
pub fn said<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    Ok(line(&text, LONGEST_NAME))
}

/// Serde's reader of a reason that somebody gives, or none.
pub fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = serde::Deserialize::deserialize(deserializer)?;
    Ok(text.map(|text| line(&text, LONGEST_WORDS)))
}

/// Serde's reader of a name by which something is looked up: what is too long for one names nothing, and would be refused as a key.
pub fn sought<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    match text.chars().count() {
        0..=LONGEST_NAME => Ok(text),
        length => {
            Err(serde::de::Error::custom(format!("a name of {length} characters; at most {LONGEST_NAME}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_terminals_and_readers_is_spelled_out() {
        assert_eq!(
            line("a\u{1b}]0;x\u{7}\u{9b}2J\n\u{202e}b", 100),
            "a\\u{1b}]0;x\\u{7}\\u{9b}2J \\u{202e}b"
        );
        assert_eq!(words("é→日", 3), "é→日");
    }

    proptest! {
        #[test]
        fn it_is_no_longer_than_allowed_and_stays_as_it_is_when_read_again(text: String, longest in 1_usize..40) {
            let once = words(&text, longest);
            prop_assert!(once.chars().count() <= longest);
            prop_assert!(!once.contains(|c: char| c != '\n' && c.is_control()));
            prop_assert_eq!(words(&once, longest), once);
        }
    }
}
