//! Reading and writing files, with the file's name in what goes wrong.

use std::fs;
use std::path::Path;

use crate::exit::Failure;

/// The text of a file.
pub fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|source| Failure::File { what: "read", path: path.to_owned(), source })
}

/// Writes a file over what was there.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|source| Failure::File { what: "write", path: path.to_owned(), source })
}
