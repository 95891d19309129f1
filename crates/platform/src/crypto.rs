//! Cryptography: secrets at rest, tokens given to people, passwords.

pub mod keyfile;
pub mod keyring;
pub mod password;
mod password_pool;
pub mod token;
mod vault;

pub use keyring::Keyring;
pub use password::PasswordHasher;
pub use token::Token;
pub use vault::SubjectVault;
