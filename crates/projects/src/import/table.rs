//! Files of rows as text: separators, quotes, byte-order marks, bounds. No database.

use kernel::{FieldError, Text};

/// The file is too large.
pub const TOO_LARGE: Text = Text::new(
    "file_too_large",
    "A file is at most {max} bytes. Split it into several.",
    "Un fichier fait {max} octets au plus. Divisez-le en plusieurs.",
);

/// The file has too many rows.
pub const TOO_MANY_ROWS: Text = Text::new(
    "too_many_rows",
    "A file has at most {max} rows. Split it into several.",
    "Un fichier compte {max} lignes au plus. Divisez-le en plusieurs.",
);

/// The file has no rows, or no headings.
pub const NO_ROWS: Text = Text::new(
    "no_rows",
    "The file needs a line of headings and at least one row.",
    "Le fichier doit avoir une ligne de titres et au moins une ligne.",
);

/// The file cannot be read.
pub const UNREADABLE: Text = Text::new(
    "unreadable_file",
    "This file cannot be read as rows from line {line} on.",
    "Ce fichier ne peut pas être lu à partir de la ligne {line}.",
);

/// Largest file, in bytes: what one request can carry.
pub const MAX_BYTES: usize = 900_000;
/// Most rows of a file.
pub const MAX_ROWS: usize = 5_000;
/// Most columns of a file.
const MAX_COLUMNS: usize = 200;

/// A file of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The headings, trimmed; several columns may have the same one.
    pub headings: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its cells; a short row has fewer than there are headings.
    pub cells: Vec<String>,
}

/// The rows of a file. Without a separator it is the one of comma, semicolon and tab that stands most often in the line of
/// headings. Rows without anything in them are left out.
///
/// # Errors
/// Too large, too many rows, none, or no text of rows at all; at `content`.
pub fn read(content: &str, separator: Option<u8>) -> Result<Table, FieldError> {
    let wrong = |said: kernel::Said| FieldError::new("content", said);
    if content.len() > MAX_BYTES {
        return Err(wrong(TOO_LARGE.with("max", MAX_BYTES)));
    }
    let content = content.trim_start_matches('\u{feff}');
    let separator = separator.unwrap_or_else(|| found_out(content));
    let mut reader = csv::ReaderBuilder::new();
    reader.delimiter(separator).has_headers(false).flexible(true);
    let mut lines = Vec::new();
    for record in reader.from_reader(content.as_bytes()).into_records() {
        let last: u64 = lines.last().map_or(1, |row: &Row| row.line);
        let record = record.map_err(|_| wrong(UNREADABLE.with("line", last)))?;
        let line = record.position().map_or(last, |at| at.line() + blank_lines(content, at.byte()));
        let cells: Vec<String> = record.iter().take(MAX_COLUMNS).map(plain).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            lines.push(Row { line, cells });
        }
        if lines.len() > MAX_ROWS + 1 {
            return Err(wrong(TOO_MANY_ROWS.with("max", MAX_ROWS)));
        }
    }
    let mut lines = lines.into_iter();
    let headings = lines.next().map(|row| row.cells).unwrap_or_default();
    let rows: Vec<Row> = lines.collect();
    match rows.is_empty() {
        true => Err(wrong(NO_ROWS.into())),
        false => Ok(Table { headings, rows }),
    }
}

/// How many empty lines stand at a place of the file: the reader counts them to the row behind them.
fn blank_lines(content: &str, place: u64) -> u64 {
    let rest = usize::try_from(place).ok().and_then(|place| content.as_bytes().get(place..));
    let ends = rest.unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    ends.filter(|byte| **byte == b'\n').count() as u64
}

/// The separator that stands most often outside of quotes in the first line.
fn found_out(content: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in content.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ => {
                let count = counts.iter_mut().find(|(separator, _)| *separator == byte && !quoted);
                if let Some((_, count)) = count {
                    *count += 1;
                }
            }
        }
    }
    // Invariant: of equal ones the last is the largest, so the comma comes last.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| *separator)
}

/// A cell, trimmed. What a spreadsheet was kept from taking for a formula by an apostrophe loses it again.
fn plain(cell: &str) -> String {
    let cell = cell.trim();
    let guarded = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    guarded.unwrap_or(cell).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(content: &str) -> Vec<Vec<String>> {
        let table = read(content, None).unwrap();
        std::iter::once(table.headings).chain(table.rows.into_iter().map(|row| row.cells)).collect()
    }

    #[test]
    fn files_of_every_make_are_read() {
        let expected = vec![vec!["a", "b"], vec!["1", "2, 3"]];
        for file in [
            "a,b\n1,\"2, 3\"\n",
            "\u{feff}a;b\r\n1;2, 3\r\n",
            "a\tb\n1\t2, 3",
            "a,b\r\n\r\n1,\"2, 3\"\r\n,\r\n",
        ] {
            assert_eq!(cells(file), expected, "{file:?}");
        }
        assert_eq!(cells("x\n\"two\nlines \"\"so\"\"\"\n")[1], ["two\nlines \"so\""]);
        assert_eq!(cells("\"a;b\",c\n1,2")[0], ["a;b", "c"], "a separator within quotes is none");
        assert_eq!(cells("عنوان,b\nمهمة,x")[1], ["مهمة", "x"]);
    }

    #[test]
    fn rows_know_the_line_they_begin_on() {
        let table = read("t\n\"one\ntwo\"\n\nthree\n", None).unwrap();
        assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5]);
    }

    #[test]
    fn formulas_stay_text_and_lose_the_guard_of_an_export() {
        assert_eq!(cells("a\n'=1+1\n=2\n'quoted'\n")[1..], [["=1+1"], ["=2"], ["'quoted'"]]);
    }

    #[test]
    fn bounds_are_told() {
        let code = |content: &str| read(content, None).unwrap_err().code();
        assert_eq!(code(""), "no_rows");
        assert_eq!(code("a,b\n"), "no_rows");
        assert_eq!(code(&"x".repeat(MAX_BYTES + 1)), "file_too_large");
        assert_eq!(code(&"x\n".repeat(MAX_ROWS + 2)), "too_many_rows");
        assert!(read(&"x\n".repeat(MAX_ROWS + 1), None).is_ok());
    }
}
