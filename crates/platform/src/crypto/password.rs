//! Passwords: Argon2id hashes (RFC 9106) in PHC strings, computed away from the async runtime.

use super::password_pool::{Full, Pool};
use super::token;
use crate::settings::PasswordSettings;
use argon2::password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Hashes and verifies passwords on its own threads. Clones share the threads.
#[derive(Clone, Debug)]
pub struct PasswordHasher {
    pool: Arc<Pool>,
    params: Params,
}

/// Outcome of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The password is the right one.
    pub ok: bool,
    /// The hash was made with other parameters than today's: store a new one. Only said when `ok`.
    pub needs_rehash: bool,
}

impl PasswordHasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`PasswordError::Settings`] if Argon2 does not accept the costs,
    /// [`PasswordError::Failed`] if no thread can be started.
    pub fn new(settings: &PasswordSettings) -> Result<Self, PasswordError> {
        let params =
            Params::new(settings.memory_kib, settings.iterations, settings.parallelism, Some(OUTPUT_LEN))
                .map_err(|error| PasswordError::Settings(error.to_string()))?;
        let threads = match settings.threads {
            0 => std::thread::available_parallelism().map_or(1, |n| n.get() / 2),
            n => n,
        };
        let pool =
            Pool::start(threads, settings.queue).map_err(|error| PasswordError::Failed(error.to_string()))?;
        Ok(Self { pool: Arc::new(pool), params })
    }

    /// Hashes a password under a fresh random salt; gives a PHC string
    /// (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`).
    ///
    /// # Errors
    /// [`PasswordError::Busy`] if too many wait already.
    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        let params = self.params.clone();
        self.run(move |memory| {
            let salt = Salt::generate();
            let mut output = [0; OUTPUT_LEN];
            argon2id(params.clone(), Version::V0x13).fill(
                memory,
                password.expose_secret(),
                &salt,
                &mut output,
            )?;
            let phc = PasswordHash {
                algorithm: Ident::new(Algorithm::Argon2id.as_str()).map_err(failed)?,
                version: Some(Version::V0x13.into()),
                params: ParamsString::try_from(&params).map_err(failed)?,
                salt: Some(salt),
                hash: Some(Output::new(&output).map_err(failed)?),
            };
            Ok(phc.to_string())
        })
        .await
    }

    /// Compares a password with a stored PHC string.
    ///
    /// `None` stands for a user that does not exist (or has no password): the answer is "not ok" and
    /// costs the same time as a real comparison under today's parameters.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] if too many wait already, [`PasswordError::Failed`] if the stored text
    /// is not an Argon2id hash of bearable cost.
    pub async fn verify(
        &self,
        password: SecretString,
        phc: Option<String>,
    ) -> Result<Verified, PasswordError> {
        let today = self.params.clone();
        self.run(move |memory| {
            let Some(phc) = phc else {
                let mut output = [0; OUTPUT_LEN];
                argon2id(today, Version::V0x13).fill(
                    memory,
                    password.expose_secret(),
                    &[0; 16],
                    &mut output,
                )?;
                return Ok(Verified { ok: false, needs_rehash: false });
            };
            let stored = Stored::parse(&phc)?;
            let mut output = vec![0; stored.output.len()];
            argon2id(stored.params.clone(), stored.version).fill(
                memory,
                password.expose_secret(),
                &stored.salt,
                &mut output,
            )?;
            let ok = token::equal(&output, stored.output.as_bytes());
            Ok(Verified { ok, needs_rehash: ok && !stored.is_made_with(&today) })
        })
        .await
    }

    async fn run<T, F>(&self, work: F) -> Result<T, PasswordError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Vec<Block>) -> Result<T, PasswordError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job = move |memory: &mut Vec<Block>| {
            // Reason: nobody waits any more (the client went away), so the work would be wasted.
            if !sender.is_closed() {
                let _ = sender.send(work(memory));
            }
        };
        self.pool.submit(Box::new(job)).map_err(|Full| PasswordError::Busy)?;
        receiver.await.unwrap_or_else(|_| Err(PasswordError::Failed("the thread gave up".into())))
    }
}

/// Why a password could not be hashed or compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordError {
    /// The queue is full; try again later.
    Busy,
    /// The configured costs are not acceptable to Argon2.
    Settings(String),
    /// Anything else, such as a stored text that is not a hash.
    Failed(String),
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too many passwords are being checked"),
            Self::Settings(why) => write!(f, "password costs are not acceptable: {why}"),
            Self::Failed(why) => write!(f, "password hashing failed: {why}"),
        }
    }
}

impl std::error::Error for PasswordError {}

impl From<PasswordError> for kernel::Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}

const OUTPUT_LEN: usize = 32;

/// The most memory a stored hash may ask for, in KiB: 1 GiB.
const MEMORY_LIMIT_KIB: u32 = 1 << 20;

fn failed(error: impl fmt::Display) -> PasswordError {
    PasswordError::Failed(error.to_string())
}

/// Argon2id with costs, ready to fill memory that is reused from hash to hash.
struct Hash(Argon2<'static>);

fn argon2id(params: Params, version: Version) -> Hash {
    Hash(Argon2::new(Algorithm::Argon2id, version, params))
}

impl Hash {
    /// Reason: memory kept by the thread saves the page faults of fresh memory at each hash.
    fn fill(
        &self,
        memory: &mut Vec<Block>,
        password: &str,
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), PasswordError> {
        let blocks = self.0.params().block_count();
        if memory.len() < blocks {
            memory.resize(blocks, Block::default());
        }
        self.0
            .hash_password_into_with_memory(password.as_bytes(), salt, output, &mut memory[..blocks])
            .map_err(failed)
    }
}

/// A PHC string taken apart and found bearable.
struct Stored {
    params: Params,
    version: Version,
    salt: Salt,
    output: Output,
}

impl Stored {
    fn parse(phc: &str) -> Result<Self, PasswordError> {
        let parsed = PasswordHash::new(phc).map_err(failed)?;
        if parsed.algorithm.as_str() != Algorithm::Argon2id.as_str() {
            return Err(failed("not an Argon2id hash"));
        }
        let params = Params::try_from(&parsed).map_err(failed)?;
        if params.m_cost() > MEMORY_LIMIT_KIB {
            return Err(failed("the stored hash asks for too much memory"));
        }
        let version = parsed.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(failed)?;
        match (parsed.salt, parsed.hash) {
            (Some(salt), Some(output)) => Ok(Self { params, version, salt, output }),
            _ => Err(failed("the stored hash has no salt or no output")),
        }
    }

    fn is_made_with(&self, today: &Params) -> bool {
        self.version == Version::V0x13
            && self.output.len() == OUTPUT_LEN
            && self.params.m_cost() == today.m_cost()
            && self.params.t_cost() == today.t_cost()
            && self.params.p_cost() == today.p_cost()
    }
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod tests;
