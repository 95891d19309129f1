//! Looking up the DNS records that prove who owns a domain.

use async_trait::async_trait;
use hickory_resolver::{TokioResolver, proto::rr::RData};
use kernel::{Error, Result};

/// Reads TXT records.
#[async_trait]
pub trait DnsResolver: Send + Sync {
    /// The TXT records of `name`, each with its parts joined; empty if there are none.
    ///
    /// # Errors
    /// UNAVAILABLE if no name server answers.
    async fn txt(&self, name: &str) -> Result<Vec<String>>;
}

/// Asks the name servers that the machine is configured with.
pub struct SystemResolver(TokioResolver);

impl SystemResolver {
    /// Reads the machine's configuration. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// UNAVAILABLE if the machine has no usable configuration.
    pub fn new() -> Result<Self> {
        let mut builder = TokioResolver::builder_tokio().map_err(Error::unavailable)?;
        // Reason: whoever just wrote the record wants it seen; an answer of a minute ago is too old.
        builder.options_mut().cache_size = 0;
        Ok(Self(builder.build().map_err(Error::unavailable)?))
    }
}

#[async_trait]
impl DnsResolver for SystemResolver {
    async fn txt(&self, name: &str) -> Result<Vec<String>> {
        // Reason: a name that ends in a dot is not looked up below the machine's own search domains.
        let found = match self.0.txt_lookup(format!("{name}.")).await {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => return Ok(Vec::new()),
            Err(error) => return Err(Error::unavailable(error)),
        };
        let texts = found.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(txt) => {
                Some(txt.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect::<String>())
            }
            _ => None,
        });
        Ok(texts.collect())
    }
}

/// Where there are no name servers to ask: every lookup is UNAVAILABLE.
pub struct NoResolver;

#[async_trait]
impl DnsResolver for NoResolver {
    async fn txt(&self, _: &str) -> Result<Vec<String>> {
        Err(Error::unavailable("no name server is configured"))
    }
}
