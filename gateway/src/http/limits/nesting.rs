//! How deep brackets are nested, found without a parser: the parser itself recurses and would exhaust its stack.

use async_graphql::Pos;

use crate::http::problem::{Code, Problem, says};

/// Deepest nesting of brackets. 32 levels of selections with arguments, lists and objects stay well below.
const MAX_BRACKETS: usize = 96;

/// Refuses documents whose brackets are nested too deep. Strings and comments are skipped as the GraphQL specification
/// (October 2021, section 2.1) writes them.
pub fn check_nesting(text: &str) -> Result<(), Problem> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > MAX_BRACKETS {
                    return Err(Problem::new(Code::TooComplex, says::TOO_NESTED).at(position(text, at)));
                }
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'#' => at = skip_comment(bytes, at),
            b'"' => at = skip_string(bytes, at),
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// The last byte of the comment that begins at `at`.
fn skip_comment(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at + 1).is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The last byte of the string or block string that begins at `at`. A string without an end stops at the line's, so that
/// nothing can hide behind it.
fn skip_string(bytes: &[u8], mut at: usize) -> usize {
    let rest = |at: usize| bytes.get(at..).unwrap_or_default();
    if rest(at).starts_with(b"\"\"\"") {
        at += 3;
        while at < bytes.len() {
            if rest(at).starts_with(b"\\\"\"\"") {
                at += 4;
            } else if rest(at).starts_with(b"\"\"\"") {
                return at + 2;
            } else {
                at += 1;
            }
        }
        return at;
    }
    loop {
        at += 1;
        match bytes.get(at) {
            Some(b'\\') => at += 1,
            Some(b'"' | b'\n' | b'\r') | None => return at,
            Some(_) => {}
        }
    }
}

fn position(text: &str, at: usize) -> Pos {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Pos { line, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_brackets_of_every_kind_are_refused() {
        for bracket in ["{", "[", "(", "{a(b:["] {
            assert!(check_nesting(&bracket.repeat(200)).is_err(), "{bracket}");
        }
        let problem = check_nesting(&format!("{{\n{}", "[".repeat(200))).unwrap_err();
        assert_eq!(problem.location.unwrap().line, 2);
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let many = "{[(".repeat(100);
        assert!(check_nesting(&format!("{{ a(b: \"{many}\\\"{many}\") }} # {many}\n")).is_ok());
        assert!(check_nesting(&format!("{{ a(b: \"\"\"{many}\n\\\"\"\"{many}\"\"\") }}")).is_ok());
    }

    #[test]
    fn nothing_hides_behind_a_string_without_an_end() {
        let many = "{".repeat(200);
        assert!(check_nesting(&format!("\"\n{many}")).is_err());
        assert!(check_nesting(&format!("\"\\\"\n{many}")).is_err());
        assert!(check_nesting(&format!("#\n{many}")).is_err());
        assert!(check_nesting(&format!("\"\"\"a\"\"\"{many}")).is_err());
    }
}
