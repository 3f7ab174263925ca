//! Where the output goes: text with colour on a terminal and without anywhere else, or one JSON document.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::args::Output;
use crate::exit::Failure;

/// The standard output, for people or for machines.
pub struct Out {
    stream: anstream::AutoStream<io::Stdout>,
    output: Output,
}

impl Out {
    /// The standard output of this process.
    pub fn standard(output: Output) -> Self {
        Self { stream: anstream::stdout(), output }
    }

    /// Whether machines read it.
    pub fn is_json(&self) -> bool {
        self.output == Output::Json
    }

    /// Whether it may be redrawn: a person looks at it on a terminal.
    pub fn is_live(&self) -> bool {
        !self.is_json() && io::stdout().is_terminal()
    }

    /// Writes a text for people, who see it at once; machines do not get it.
    pub fn say(&mut self, text: &str) -> Result<(), Failure> {
        if !self.is_json() {
            self.stream.write_all(harmless(text).as_bytes())?;
            self.stream.flush()?;
        }
        Ok(())
    }

    /// Clears the terminal of a person who looks on.
    pub fn clear(&mut self) -> Result<(), Failure> {
        self.print("\x1b[2J")
    }

    /// Draws a text over what was drawn before: from the upper left corner, each line and then the screen cleared behind it.
    pub fn redraw(&mut self, text: &str) -> Result<(), Failure> {
        self.print(&format!("\x1b[H{}\x1b[J", harmless(text).replace('\n', "\x1b[K\n")))
    }

    /// Writes a document for machines; people do not get it.
    pub fn give(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        if self.is_json() {
            self.print_json(document)?;
        }
        Ok(())
    }

    /// Writes a document, whoever reads it.
    pub fn print_json(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(document).map_err(io::Error::from)?;
        self.stream.write_all(escaped(&text).as_bytes())?;
        self.stream.write_all(b"\n")?;
        Ok(self.stream.flush()?)
    }

    /// Writes a text as it is, whoever reads it.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.stream.write_all(text.as_bytes())?;
        Ok(self.stream.flush()?)
    }
}

/// A text in which nothing steers a terminal but our own colours: what others wrote is in it too.
pub fn harmless(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = if c == '\u{1b}' { colour(rest) } else { None };
        let (part, after) = rest.split_at(end.unwrap_or(c.len_utf8()));
        if end.is_some() || c == '\n' || !c.is_control() {
            plain.push_str(part);
        } else {
            plain.extend(c.escape_default());
        }
        rest = after;
    }
    plain
}

/// Where a colour ends that begins here: `ESC [ 1 ; 31 m`.
fn colour(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\x1b[")?;
    let end = numbers.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
    numbers[end..].starts_with('m').then_some(text.len() - numbers.len() + end + 1)
}

/// JSON in which what JSON allows and terminals obey is written as an escape.
fn escaped(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}' => write!(plain, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_colours_at_most() {
        let styled = "\x1b[1;31mred\x1b[0m\n";
        assert_eq!(harmless(styled), styled);
        assert_eq!(
            harmless("\x1b[2J\x1b]52;c;eA==\x07\x1b[1\r\u{9b}2J\x1b"),
            "\\u{1b}[2J\\u{1b}]52;c;eA==\\u{7}\\u{1b}[1\\r\\u{9b}2J\\u{1b}"
        );
    }

    #[test]
    fn json_holds_no_control_character_and_says_the_same() {
        let value = serde_json::json!({ "why": "\u{9b}2J\u{7f}\x1b é" });
        let text = escaped(&value.to_string());
        assert!(!text.contains(char::is_control), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }
}
