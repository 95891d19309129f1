//! Names of objects.

use std::fmt;

use super::StorageError;

/// The most bytes of a key; S3 takes 1024, of which a prefix of the installation may need some.
const MOST: usize = 512;

/// The name of an object: parts of letters, digits, `.`, `_` and `-`, divided by `/`. No part is empty, `.` or `..`, so
/// that a key can neither leave its folder nor be written in two ways.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// A key of this text.
    ///
    /// # Errors
    /// [`StorageError::Key`] if it is not of the form of keys, or longer than 512 bytes.
    pub fn new(text: impl Into<String>) -> Result<Self, StorageError> {
        let text = text.into();
        let fits = |part: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
            !part.is_empty() && part != "." && part != ".." && part.bytes().all(known)
        };
        if text.len() <= MOST && text.split('/').all(fits) {
            Ok(Self(text))
        } else {
            Err(StorageError::Key(text))
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn path(&self) -> object_store::path::Path {
        object_store::path::Path::from(self.0.as_str())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
