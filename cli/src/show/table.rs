//! A plain table: columns as wide as their widest cell, two spaces between.

use std::collections::BTreeSet;
use std::fmt;

use super::style::{DIM, in_style};

/// A table with a header.
pub struct Table<const COLUMNS: usize> {
    header: [&'static str; COLUMNS],
    right: BTreeSet<usize>,
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table without rows.
    pub const fn new(header: [&'static str; COLUMNS]) -> Self {
        Self { header, right: BTreeSet::new(), rows: Vec::new() }
    }

    /// The same with these columns flush right.
    #[must_use]
    pub fn right(mut self, columns: impl IntoIterator<Item = usize>) -> Self {
        self.right.extend(columns);
        self
    }

    /// Adds a row. Cells may be coloured.
    pub fn row(&mut self, row: [String; COLUMNS]) {
        self.rows.push(row);
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().map(|row| shown_length(&row[column]));
        cells.chain([shown_length(self.header[column])]).max().unwrap_or(0)
    }

    fn write(
        &self,
        f: &mut fmt::Formatter<'_>,
        cells: &[impl AsRef<str>],
        style: anstyle::Style,
    ) -> fmt::Result {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            let cell = cell.as_ref();
            let gap = " ".repeat(self.width(column) - shown_length(cell));
            let (before, after) =
                if self.right.contains(&column) { (gap, String::new()) } else { (String::new(), gap) };
            line.push_str(&before);
            line.push_str(&in_style(style, cell));
            line.push_str(&after);
            line.push_str("  ");
        }
        writeln!(f, "{}", line.trim_end())
    }
}

/// How many characters of a coloured text are seen.
fn shown_length(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().chars().count()
}

impl<const COLUMNS: usize> fmt::Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &self.header, DIM)?;
        self.rows.iter().try_for_each(|row| self.write(f, row, anstyle::Style::new()))
    }
}
