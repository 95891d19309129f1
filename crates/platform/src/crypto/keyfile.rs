//! The file that holds the installation's master keys.
//!
//! JSON: `{"active": "k1", "keys": {"k1": "<base64url of 32 bytes>"}}`, readable by its owner alone.
//! Losing it loses every sealed secret; backups must hold it apart from the database.

use super::keyring::{Keyring, KeyringError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Reads the key file, or makes one with a fresh key if there is none.
///
/// Race: several processes may start at once on an empty folder. The file appears complete or not at
/// all, and whoever comes second reads the first one's.
///
/// # Errors
/// [`KeyFileError`] if the file cannot be read, made or understood.
pub fn load_or_create<R: CryptoRng>(path: &Path, rng: &mut R) -> Result<Keyring, KeyFileError> {
    match read(path) {
        Err(KeyFileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            let mut fresh = KeyFile { active: String::new(), keys: BTreeMap::new() };
            fresh.add_key(rng);
            let draft = write_draft(path, &fresh, rng.next_u64())?;
            let linked = fs::hard_link(&draft, path);
            fs::remove_file(&draft)?;
            match linked {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
                _ => {
                    sync_folder(path)?;
                    read(path)?.into_ring()
                }
            }
        }
        other => other?.into_ring(),
    }
}

/// Reads the key file.
///
/// # Errors
/// [`KeyFileError`] if it is missing or not understood.
pub fn load(path: &Path) -> Result<Keyring, KeyFileError> {
    read(path)?.into_ring()
}

/// Adds a fresh key and makes it the active one; the older keys still open. Running processes seal
/// with the new key once they read the file again.
///
/// # Errors
/// [`KeyFileError`] if the file cannot be read or replaced; it is then unchanged.
pub fn rotate<R: CryptoRng>(path: &Path, rng: &mut R) -> Result<Keyring, KeyFileError> {
    // Race: of two rotations at once, the second must see the key of the first, or what was sealed with it
    // is lost. The lock is on the folder, because the file itself is replaced; it ends with the handle.
    let lock = fs::File::open(folder_of(path))?;
    lock.lock()?;
    let mut file = read(path)?;
    file.add_key(rng);
    let draft = write_draft(path, &file, rng.next_u64())?;
    fs::rename(&draft, path)?;
    sync_folder(path)?;
    file.into_ring()
}

/// Why the key file could not be used.
#[derive(Debug)]
pub enum KeyFileError {
    /// The file system refused.
    Io(io::Error),
    /// The content is not a key file.
    Malformed,
    /// The keys do not make a ring.
    Keys(KeyringError),
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the key file cannot be used: {error}"),
            Self::Malformed => f.write_str("the key file is not understood"),
            Self::Keys(error) => write!(f, "the key file is inconsistent: {error}"),
        }
    }
}

impl std::error::Error for KeyFileError {}

impl From<io::Error> for KeyFileError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    active: String,
    keys: BTreeMap<String, String>,
}

impl KeyFile {
    fn add_key<R: CryptoRng>(&mut self, rng: &mut R) {
        let number =
            self.keys.keys().filter_map(|id| id.strip_prefix('k')?.parse::<u32>().ok()).max().unwrap_or(0);
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        self.active = format!("k{}", number.saturating_add(1));
        self.keys.insert(self.active.clone(), URL_SAFE_NO_PAD.encode(bytes));
    }

    fn into_ring(self) -> Result<Keyring, KeyFileError> {
        let decode = |(id, text): (String, String)| {
            let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyFileError::Malformed)?;
            let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| KeyFileError::Malformed)?;
            Ok((id, bytes))
        };
        let keys = self.keys.into_iter().map(decode).collect::<Result<Vec<_>, KeyFileError>>()?;
        Keyring::from_keys(keys, &self.active).map_err(KeyFileError::Keys)
    }
}

fn read(path: &Path) -> Result<KeyFile, KeyFileError> {
    let text = fs::read(path)?;
    warn_if_exposed(path)?;
    serde_json::from_slice(&text).map_err(|_| KeyFileError::Malformed)
}

/// Reason: a warning, not a refusal, because mounted secrets of container platforms are often
/// readable by the group and cannot be changed.
fn warn_if_exposed(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            tracing::warn!(path = %path.display(), "the key file is readable by others than its owner");
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Writes the file beside its place under a name that nobody else uses, synced to disk.
fn write_draft(path: &Path, file: &KeyFile, nonce: u64) -> Result<PathBuf, KeyFileError> {
    let mut name = path.file_name().ok_or(KeyFileError::Malformed)?.to_owned();
    name.push(format!(".{nonce:016x}.tmp"));
    let draft = path.with_file_name(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let text = serde_json::to_vec_pretty(file).map_err(|_| KeyFileError::Malformed)?;
    let mut handle = options.open(&draft)?;
    handle.write_all(&text)?;
    handle.sync_all()?;
    Ok(draft)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let sealed = load_or_create(&path, &mut rand::rng()).unwrap().seal(b"x", b"a").unwrap();
        let again = load_or_create(&path, &mut rand::rng()).unwrap();
        assert_eq!(again.open(&sealed, b"a").unwrap(), b"x");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft may be left behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn key_file_made_by_many_at_once_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let sealed: Vec<String> = std::thread::scope(|scope| {
            let make = || load_or_create(&path, &mut rand::rng()).unwrap().seal(b"x", b"").unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let ring = load(&path).unwrap();
        assert!(sealed.iter().all(|text| ring.open(text, b"").is_ok()));
    }

    #[test]
    fn rotation_keeps_old_keys_and_seals_with_the_new() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let first = load_or_create(&path, &mut rand::rng()).unwrap();
        let sealed = first.seal(b"x", b"a").unwrap();
        let second = rotate(&path, &mut rand::rng()).unwrap();
        assert_ne!(first.active(), second.active());
        assert!(second.needs_reseal(&sealed));
        assert_eq!(load(&path).unwrap().open(&sealed, b"a").unwrap(), b"x");
    }

    #[test]
    fn rotations_at_once_lose_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        load_or_create(&path, &mut rand::rng()).unwrap();
        let sealed: Vec<String> = std::thread::scope(|scope| {
            let turn = || rotate(&path, &mut rand::rng()).unwrap().seal(b"x", b"").unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(turn)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let ring = load(&path).unwrap();
        assert_eq!(ring.active(), "k9");
        assert!(sealed.iter().all(|text| ring.open(text, b"").is_ok()));
    }

    #[test]
    fn damaged_key_file_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        fs::write(&path, "{").unwrap();
        assert!(matches!(load_or_create(&path, &mut rand::rng()), Err(KeyFileError::Malformed)));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{");
    }

    #[test]
    fn missing_key_file_is_not_loaded_as_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(load(&folder.path().join("none")), Err(KeyFileError::Io(_))));
    }
}
