//! Where the output goes: text with colour on a terminal and without anywhere else, or one JSON document.

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
            self.stream.write_all(text.as_bytes())?;
            self.stream.flush()?;
        }
        Ok(())
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
        serde_json::to_writer_pretty(&mut self.stream, document).map_err(io::Error::from)?;
        self.stream.write_all(b"\n")?;
        Ok(self.stream.flush()?)
    }

    /// Writes a text as it is, whoever reads it.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.stream.write_all(text.as_bytes())?;
        Ok(self.stream.flush()?)
    }
}
