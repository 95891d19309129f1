//! Tests of the sources themselves: arrows between crates, the map in ARCHITECTURE.md, sizes, headings, banned words,
//! and the list of what is kept. They need no server; each failure says what to edit.
#![expect(clippy::expect_used, reason = "a test fails where it stands")]

mod architecture;
mod arrows;
mod features;
mod files;
mod sources;
