//! A table from comma-separated text with a header. It knows nothing of what the columns mean.

use super::Found;

/// A table. Every row has as many cells as the header.
#[derive(Debug)]
pub struct Table {
    header: Vec<String>,
    /// The rows, each with its line in the file, from 1.
    pub rows: Vec<(usize, Vec<String>)>,
}

impl Table {
    /// Reads a table; a row with more or fewer cells than the header is a fault and is left out.
    pub fn read(text: &str, found: &mut Found) -> Option<Self> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let Some((_, header)) = lines.next() else {
            return found.fault("line 1", "nothing here; expected JSON, or CSV with a header");
        };
        let header: Vec<String> = cells(header).iter().map(|name| name.to_lowercase()).collect();
        for (index, name) in header.iter().enumerate() {
            if header[..index].contains(name) {
                found.fault::<()>("line 1", format!("two columns are called {name:?}; names are unique"));
            }
        }
        let mut rows = Vec::new();
        for (index, line) in lines {
            let row = cells(line);
            if row.len() == header.len() {
                rows.push((index + 1, row));
            } else {
                let (got, wanted) = (row.len(), header.len());
                found.fault::<()>(
                    format!("line {}", index + 1),
                    format!("{got} cells; the header has {wanted}: {}", header.join(",")),
                );
            }
        }
        Some(Self { header, rows })
    }

    /// The names of the columns, in lower case.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The column that has one of these names.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        self.header.iter().position(|name| names.contains(&name.as_str()))
    }
}

/// The cells of a line: between commas, or in double quotes, in which a doubled quote stands for one.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            c => cell.push(c),
        }
    }
    cells.push(cell.trim().to_owned());
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_trimmed_and_may_be_quoted() {
        assert_eq!(cells(r#" a ,"b, ""c""",, 1"#), ["a", "b, \"c\"", "", "1"]);
    }

    #[test]
    fn ragged_rows_are_told_with_their_line_and_left_out() {
        let mut found = Found::default();
        let table = Table::read("A,b\n1,2\n\n3\n4,5,6\n", &mut found).expect("a table");
        assert_eq!((table.header(), table.rows.len()), (&["a".to_owned(), "b".to_owned()][..], 1));
        assert_eq!(
            found.words(),
            ["line 4: 1 cells; the header has 2: a,b", "line 5: 3 cells; the header has 2: a,b"]
        );
    }
}
