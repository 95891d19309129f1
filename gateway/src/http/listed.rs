//! Documents that were agreed on beforehand, for installations that run no other.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use async_graphql::parser::parse_query;

use super::documents::{Hash, read_hash, sha256};
use super::params::Params;

/// The documents that are run where only listed ones are.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    by_id: HashMap<String, Arc<str>>,
    by_hash: HashMap<Hash, Arc<str>>,
}

impl Listed {
    /// Reads a folder of `.graphql` files, one document each and known by file name as well, or a JSON file that maps
    /// ids to documents.
    ///
    /// # Errors
    /// If something cannot be read, or is no document.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut listed = Self::default();
        if path.is_dir() {
            for entry in std::fs::read_dir(path)? {
                let file = entry?.path();
                if file.extension().is_some_and(|extension| extension == "graphql") {
                    let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    listed.add(id, std::fs::read_to_string(&file)?)?;
                }
            }
        } else {
            let documents: HashMap<String, String> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
            for (id, text) in documents {
                listed.add(id, text)?;
            }
        }
        Ok(listed)
    }

    fn add(&mut self, id: String, text: String) -> io::Result<()> {
        parse_query(&text).map_err(|error| io::Error::other(format!("the document {id}: {error}")))?;
        let text: Arc<str> = text.into();
        self.by_hash.insert(sha256(&text), Arc::clone(&text));
        self.by_id.insert(id, text);
        Ok(())
    }

    /// The text of the document that a request names, by hash or id.
    pub fn find(&self, params: &Params) -> Option<&str> {
        if let Some(text) = &params.query {
            return self.by_hash.get(&sha256(text)).map(AsRef::as_ref);
        }
        let sent = params.hash()?;
        let found = self.by_id.get(&sent.sha256_hash).or_else(|| self.by_hash.get(&read_hash(sent).ok()?));
        found.map(AsRef::as_ref)
    }
}
