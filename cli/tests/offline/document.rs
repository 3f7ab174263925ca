//! What docs/backtest.md tells people to type does what it says there.

use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = include_str!("../../../docs/backtest.md");

/// The commands of a document, each with the output that stands below it.
fn commands() -> Vec<(String, String)> {
    let blocks = DOCUMENT.split("```console\n").skip(1);
    let command = |block: &str| {
        let block = block.split("```").next().unwrap_or_default();
        let block = block.strip_prefix("$ ").expect("a command begins with $").replace("\\\n", "");
        let (command, output) = block.split_once('\n').expect("output stands below it");
        (command.to_owned(), output.to_owned())
    };
    blocks.map(command).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli/ stands in the repository")
}

#[test]
fn every_command_of_the_document_prints_what_stands_below_it() {
    let commands = commands();
    assert_eq!(commands.len(), 3);
    for (command, output) in commands {
        let command = command.replace("tidegate ", &format!("{} ", env!("CARGO_BIN_EXE_tidegate")));
        let called =
            Command::new("sh").args(["-c", &command]).current_dir(root()).env("NO_COLOR", "1").output();
        let called = called.expect("there is a shell");
        assert_eq!(String::from_utf8_lossy(&called.stderr), "", "{command}");
        assert_eq!(String::from_utf8_lossy(&called.stdout), output, "{command}");
    }
}

#[test]
fn every_file_that_the_document_names_is_there() {
    let names = DOCUMENT.split(|c: char| c.is_whitespace() || "`'".contains(c));
    let names =
        names.map(|name| name.trim_start_matches("file://")).filter(|name| name.starts_with("events/"));
    let names: Vec<_> = names.collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        assert!(root().join(name).is_file(), "{name} is not there");
    }
}
