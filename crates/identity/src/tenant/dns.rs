//! Looking up the DNS records that prove who owns a domain.

use async_trait::async_trait;
use kernel::Result;

/// Reads TXT records.
#[async_trait]
pub trait DnsResolver: Send + Sync {
    /// The TXT records of `name`, each with its parts joined; empty if there are none.
    ///
    /// # Errors
    /// UNAVAILABLE if no name server answers.
    async fn txt(&self, name: &str) -> Result<Vec<String>>;
}
