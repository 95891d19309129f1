//! DNS records that a test sets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use identity::tenant::dns::DnsResolver;
use kernel::Error;

/// A resolver that knows what a test told it. Clones share the records.
#[derive(Clone, Debug, Default)]
pub struct Dns(Arc<Mutex<Records>>);

#[derive(Debug, Default)]
struct Records {
    txt: HashMap<String, Vec<String>>,
    down: bool,
}

impl Dns {
    /// Sets the TXT records of a name.
    pub fn set_txt(&self, name: &str, records: &[&str]) {
        let records = records.iter().map(ToString::to_string).collect();
        self.with(|known| known.txt.insert(key(name), records));
    }

    /// Lets every look-up fail, or work again.
    pub fn set_down(&self, down: bool) {
        self.with(|known| known.down = down);
    }

    fn with<T>(&self, act: impl FnOnce(&mut Records) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl DnsResolver for Dns {
    async fn txt(&self, name: &str) -> kernel::Result<Vec<String>> {
        self.with(|known| {
            if known.down {
                return Err(Error::unavailable("no name server answers"));
            }
            Ok(known.txt.get(&key(name)).cloned().unwrap_or_default())
        })
    }
}

fn key(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
