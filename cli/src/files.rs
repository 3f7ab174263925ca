//! Reading and writing files, with the file's name in what goes wrong.

use std::fs;
use std::path::Path;

use crate::exit::Failure;

/// The text of a file.
pub fn read(path: &Path) -> Result<String, Failure> {
    let read = fs::read(path);
    decoded(path, read.map_err(|source| Failure::File { what: "read", path: path.to_owned(), source })?)
}

/// A text from its bytes, without the mark that some editors and spreadsheets begin it with. What is no text is faulty data.
pub fn decoded(path: &Path, bytes: Vec<u8>) -> Result<String, Failure> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        Failure::Data(format!(
            "{}: byte {at} (0x{byte:02X}) is no UTF-8; save the file as UTF-8",
            path.display()
        ))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text))
}

/// Writes a file over what was there.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|source| Failure::File { what: "write", path: path.to_owned(), source })
}
