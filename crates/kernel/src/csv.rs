//! Rows of text as CSV (RFC 4180), for spreadsheets: what begins like a formula is written as text.

/// Writes a row with its line end.
pub fn write_row<S: AsRef<str>>(to: &mut Vec<u8>, cells: impl IntoIterator<Item = S>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            to.push(b',');
        }
        write_cell(to, cell.as_ref());
    }
    to.extend_from_slice(b"\r\n");
}

/// A cell, quoted where it must be. Spreadsheets take what begins with one of a few characters for a formula; an
/// apostrophe before it makes it text.
fn write_cell(to: &mut Vec<u8>, text: &str) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = text.contains([',', '"', '\n', '\r']);
    if quoted {
        to.push(b'"');
    }
    if formula {
        to.push(b'\'');
    }
    for byte in text.bytes() {
        if byte == b'"' {
            to.push(b'"');
        }
        to.push(byte);
    }
    if quoted {
        to.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::{write_cell, write_row};

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        for (text, cell) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
        ] {
            let mut to = Vec::new();
            write_cell(&mut to, text);
            assert_eq!(String::from_utf8(to).unwrap(), cell);
        }
    }

    #[test]
    fn rows_end_as_the_standard_says() {
        let mut to = Vec::new();
        write_row(&mut to, ["a", "b;c"]);
        assert_eq!(to, b"a,b;c\r\n");
    }
}
