//! Calling the built command.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a call of the command came to.
pub struct Called {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Called {
    /// The one document that it printed.
    #[track_caller]
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

/// Calls the command from the repository's root with this on its standard input.
pub fn tidegate(line: &[&str], input: &str) -> Called {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli/ stands in the repository");
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(line)
        .current_dir(root)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built for this test");
    // A command line that is refused reads nothing, and may have ended before this.
    match child.stdin.take().expect("a pipe").write_all(input.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
        Ok(()) | Err(_) => {}
    }
    let output = child.wait_with_output().expect("it ends by itself");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    Called {
        exit: output.status.code().expect("it ends by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// A file of this test run.
pub fn written(name: &str, text: &str) -> String {
    let file: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, text).expect("the target directory is writable");
    file.to_str().expect("the target directory is UTF-8").to_owned()
}
