//! A table of people as some system wrote it, with the place of each cell's bytes, so that one can be written and no other is touched.

use std::ops::Range;

use csv_core::{ReadFieldResult, ReaderBuilder};

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 32 << 20;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The file.
    pub(super) bytes: Vec<u8>,
    /// Its rows, the header first. Not all need have the same length.
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// What it says.
    pub(super) text: String,
    /// Its bytes, quotes included.
    pub(super) place: Range<usize>,
    /// It is in quotes.
    pub(super) quoted: bool,
}

/// Why a table cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Too long.
    #[error("it is larger than 32 MiB")]
    Huge,
    /// Not a text in which bytes are letters.
    #[error("it is no CSV text in UTF-8: save it as \"CSV UTF-8\"")]
    NotText,
    /// No header and one row.
    #[error("it has no rows")]
    Empty,
    /// A cell that begins with a quote and does not end in one: where it ends is a guess, and so is all behind it.
    #[error("line {line}: a cell begins with a quote and does not end in one")]
    Quote {
        /// Where it begins, from 1.
        line: usize,
    },
}

impl Table {
    /// Reads CSV, with commas, semicolons or tabs, with or without a byte order mark.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn read(bytes: Vec<u8>) -> Result<Self, TableError> {
        if bytes.len() > LARGEST {
            return Err(TableError::Huge);
        }
        // UTF-16 has zeros, and a spreadsheet's own format too.
        if bytes.contains(&0) || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"PK\x03") {
            return Err(TableError::NotText);
        }
        let rows = rows(&bytes, delimiter(&bytes), usize::MAX);
        let is_broken = |cell: &&Cell| cell.quoted && !ends_in_a_quote(&bytes, cell);
        if let Some(cell) = rows.iter().flatten().find(is_broken) {
            let line = 1 + ends(&bytes, 0..cell.place.start);
            return Err(TableError::Quote { line });
        }
        if rows.len() < 2 {
            return Err(TableError::Empty);
        }
        Ok(Self { bytes, rows })
    }

    /// The line in which each row begins, from 1. A row is not a line: cells have line breaks too.
    pub(super) fn lines(&self) -> Vec<usize> {
        let (mut at, mut seen) = (1, 0);
        let starts = self.rows.iter().map(|cells| cells.first());
        starts
            .map(|cell| {
                let start = cell.map_or(seen, |cell| cell.place.start);
                at += ends(&self.bytes, seen..start);
                seen = start;
                at
            })
            .collect()
    }

    /// The header's cells.
    pub(super) fn header(&self) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .take(1)
            .flatten()
            .map(|cell| cell.text.trim())
    }

    /// The rows behind the header, with their place.
    pub(super) fn body(&self) -> impl Iterator<Item = (usize, &Vec<Cell>)> {
        self.rows.iter().enumerate().skip(1)
    }
}

/// How many lines end there, whichever ends they have.
fn ends(bytes: &[u8], within: Range<usize>) -> usize {
    let is_end = |at: &usize| match bytes.get(*at) {
        Some(b'\n') => true,
        Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
        Some(_) | None => false,
    };
    within.filter(is_end).count()
}

/// Whether a quoted cell is closed, and only at its end: quotes within are doubled.
fn ends_in_a_quote(bytes: &[u8], cell: &Cell) -> bool {
    let cell = bytes.get(cell.place.clone()).unwrap_or_default();
    let within = cell
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    within.is_some_and(|within| {
        within
            .split(|byte| *byte != b'"')
            .all(|quotes| quotes.len() % 2 == 0)
    })
}

/// What splits the header into the most cells.
fn delimiter(bytes: &[u8]) -> u8 {
    let cells = |delimiter| rows(bytes, delimiter, 1).first().map_or(0, Vec::len);
    // The last of equals wins: the comma.
    let kinds = [b'\t', b';', b','];
    kinds
        .into_iter()
        .max_by_key(|one| cells(*one))
        .unwrap_or(b',')
}

/// At most so many rows.
fn rows(bytes: &[u8], delimiter: u8, most: usize) -> Vec<Vec<Cell>> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut text = vec![0; 1024];
    let (mut start, mut read, mut written) = (0, 0, 0);
    loop {
        let input = bytes.get(read..).unwrap_or_default();
        let output = text.get_mut(written..).unwrap_or_default();
        let (result, more_read, more_written) = reader.read_field(input, output);
        read += more_read;
        written += more_written;
        match result {
            // With no input left the next turn ends the last cell.
            ReadFieldResult::InputEmpty => {}
            ReadFieldResult::OutputFull => text.resize(text.len() * 2, 0),
            ReadFieldResult::Field { record_end } => {
                let behind = if record_end { None } else { Some(delimiter) };
                let place = trimmed(bytes, start..read, row.is_empty(), behind);
                row.push(Cell {
                    text: String::from_utf8_lossy(text.get(..written).unwrap_or_default())
                        .into_owned(),
                    quoted: bytes.get(place.start) == Some(&b'"'),
                    place,
                });
                (start, written) = (read, 0);
                if record_end {
                    rows.push(std::mem::take(&mut row));
                    if rows.len() >= most {
                        return rows;
                    }
                }
            }
            ReadFieldResult::End => return rows,
        }
    }
}

/// A cell's own bytes among those that were read for it: without the mark at the file's beginning, the ends of the lines
/// before a row's first cell and behind its last, and the delimiter.
fn trimmed(
    bytes: &[u8],
    read: Range<usize>,
    is_first: bool,
    delimiter: Option<u8>,
) -> Range<usize> {
    let Range { mut start, mut end } = read;
    let is_end = |place: usize| matches!(bytes.get(place), Some(b'\r' | b'\n'));
    if start == 0 && bytes.starts_with(BOM) {
        start = BOM.len();
    }
    while is_first && start < end && is_end(start) {
        start += 1;
    }
    if delimiter.is_some() && end > start && bytes.get(end - 1).copied() == delimiter {
        end -= 1;
    } else {
        while end > start && is_end(end - 1) {
            end -= 1;
        }
    }
    start..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Table {
        Table::read(text.as_bytes().to_vec()).unwrap()
    }

    fn cells(table: &Table) -> Vec<Vec<(&str, &str)>> {
        let mut rows = Vec::new();
        for row in &table.rows {
            let raw = |cell: &Cell| std::str::from_utf8(&table.bytes[cell.place.clone()]).unwrap();
            rows.push(
                row.iter()
                    .map(|cell| (cell.text.as_str(), raw(cell)))
                    .collect(),
            );
        }
        rows
    }

    #[test]
    fn each_cell_knows_its_bytes() {
        let table = read("\u{feff}a;\"b;c\";d\r\n1;;\"x\"\"y\"\r\n\r\n2;3;4");
        assert_eq!(
            cells(&table),
            [
                vec![("a", "a"), ("b;c", "\"b;c\""), ("d", "d")],
                vec![("1", "1"), ("", ""), ("x\"y", "\"x\"\"y\"")],
                vec![("2", "2"), ("3", "3"), ("4", "4")],
            ]
        );
    }

    #[test]
    fn an_empty_cell_at_a_rows_end_is_before_the_lines_end() {
        for end in ["\n", "\r\n"] {
            let table = read(&format!("a,b{end}1,{end}2,{end}"));
            for (row, start) in [(1, 3 + end.len() + 2), (2, 3 + 2 * (end.len() + 2))] {
                assert_eq!(table.rows[row][1].place, start..start, "{end:?}");
            }
        }
    }

    #[test]
    fn a_line_break_in_quotes_belongs_to_the_cell() {
        let table = read("a,b\n\"one\r\ntwo\",\"\n\"\n");
        assert_eq!(
            cells(&table)[1],
            [("one\r\ntwo", "\"one\r\ntwo\""), ("\n", "\"\n\"")]
        );
    }

    #[test]
    fn what_is_no_table_is_named() {
        assert_eq!(Table::read(b"a,b\n".to_vec()), Err(TableError::Empty));
        assert_eq!(Table::read(vec![]), Err(TableError::Empty));
        assert_eq!(
            Table::read(b"\xff\xfea\0".to_vec()),
            Err(TableError::NotText)
        );
        assert_eq!(
            Table::read(b"PK\x03\x04".to_vec()),
            Err(TableError::NotText)
        );
        assert_eq!(Table::read(vec![b'a'; LARGEST + 1]), Err(TableError::Huge));
    }

    #[test]
    fn a_quote_that_is_not_closed_is_named_with_its_line() {
        for (text, line) in [
            ("name,id,G\n\"a\nb\",1,\nc,2,\"\nd,3,\n", 4),
            ("name,id\r\n\"a\"\"\r\nb,2\r\n", 2),
            ("name,id\na,\"b\"c\n", 2),
            ("name,id\na,\"b\" \n", 2),
            ("name,id\ra,1\rb,\"", 3),
            ("name,\"id\na,1\n", 1),
        ] {
            let error = Table::read(text.as_bytes().to_vec());
            assert_eq!(error, Err(TableError::Quote { line }), "{text:?}");
        }
        let good = "a,b\n\"\",\"\"\"\"\n\"\"\"x\"\"\",' \"\n";
        assert!(Table::read(good.as_bytes().to_vec()).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(table) = Table::read(bytes) {
                let mut last = 0;
                for cell in table.rows.iter().flatten() {
                    prop_assert!(last <= cell.place.start && cell.place.start <= cell.place.end);
                    last = cell.place.end;
                }
                prop_assert!(last <= table.bytes.len());
            }
        }

        #[test]
        fn the_cells_are_those_that_were_written(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z,;\"\r\n é=]{0,6}", 3), 2..6),
            crlf in any::<bool>(),
        ) {
            // A comma must be what splits the header.
            let mut rows = rows;
            rows[0] = vec!["a".into(), "b".into(), "c".into()];
            let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let table = Table::read(writer.into_inner().unwrap()).unwrap();
            let texts: Vec<Vec<String>> = table.rows.iter()
                .map(|row| row.iter().map(|cell| cell.text.clone()).collect())
                .collect();
            prop_assert_eq!(texts, rows);
        }
    }
}
