//! Where settings come from: the file, the environment and flags, as one list of texts with their origins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::keys::{KEYS, Key};

/// What settings are read from. Tests fill it by hand; the program takes [`Sources::of_process`].
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The TOML file, if one was named.
    pub file: Option<PathBuf>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// Values of flags by key, such as `("server.listen", "0.0.0.0:80")`.
    pub flags: Vec<(&'static str, String)>,
}

impl Sources {
    /// The process's environment, with the file that `ATRIUM_CONFIG` names and no flags.
    #[must_use]
    pub fn of_process() -> Self {
        let env = environment();
        Self { file: env.get("ATRIUM_CONFIG").map(PathBuf::from), env, flags: Vec::new() }
    }

    /// With a flag's value, if it was given.
    #[must_use]
    pub fn flag(mut self, key: &'static str, value: Option<impl ToString>) -> Self {
        self.flags.extend(value.map(|value| (key, value.to_string())));
        self
    }
}

#[expect(clippy::disallowed_methods, reason = "the configuration is the only reader of the environment")]
fn environment() -> BTreeMap<String, String> {
    // Reason: a variable that is not UTF-8 can be none of ours; `vars` would panic at it.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// The file that an environment variable or a `…_file` setting names.
    Secret(PathBuf),
    /// A flag of the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Secret(path) => write!(f, "secret file {}", path.display()),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// A value that somebody set.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub key: &'static Key,
    pub value: Value,
    pub origin: Origin,
}

/// Everything given, later ones before earlier ones in force, and what could not be read.
pub(super) fn read(sources: &Sources) -> (Vec<Given>, Vec<String>) {
    let (mut given, mut errors) = (Vec::new(), Vec::new());
    if let Some(path) = &sources.file {
        read_file(path, &mut given, &mut errors);
    }
    read_env(&sources.env, &mut given, &mut errors);
    for (name, value) in &sources.flags {
        match Key::named(name) {
            Some(key) => given.push(Given { key, value: Value::String(value.clone()), origin: Origin::Flag }),
            None => errors.push(format!("{name}: no such setting")),
        }
    }
    (given, errors)
}

fn read_file(path: &Path, given: &mut Vec<Given>, errors: &mut Vec<String>) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return errors.push(format!("{}: {error}", path.display())),
    };
    let parsed = config::Config::builder()
        .add_source(config::File::from_str(&text, config::FileFormat::Toml))
        .build()
        .and_then(config::Config::try_deserialize::<Value>);
    match parsed {
        Ok(tree) => flatten("", &tree, &mut |name, value| {
            let origin = Origin::File(path.to_owned());
            if let Some(key) = Key::named(name) {
                given.push(Given { key, value, origin });
            } else if let Some(key) = name.strip_suffix("_file").and_then(Key::named) {
                match value.as_str() {
                    Some(file) => read_secret(key, Path::new(file), given, errors),
                    None => errors.push(format!("{name}: the path of a file is expected")),
                }
            } else {
                errors.push(format!("{name}: no such setting ({})", path.display()));
            }
        }),
        // Reason: the parser's message shows the line, which may hold a secret; its first line names the place alone.
        Err(error) => {
            let said = error.to_string();
            let place = said.lines().next().unwrap_or_default();
            errors.push(format!("{}: {place}", path.display()));
        }
    }
}

/// Calls `leaf` for each value that is no table, with its dotted name.
fn flatten(prefix: &str, tree: &Value, leaf: &mut impl FnMut(&str, Value)) {
    match tree {
        Value::Object(table) => {
            for (name, value) in table {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, value, leaf);
            }
        }
        value => leaf(prefix, value.clone()),
    }
}

fn read_env(env: &BTreeMap<String, String>, given: &mut Vec<Given>, errors: &mut Vec<String>) {
    for key in KEYS {
        let names = key.env_names();
        let mut found = names.iter().filter_map(|name| {
            let direct =
                env.get(name).filter(|value| !value.is_empty()).map(|value| (name.clone(), Ok(value)));
            direct.or_else(|| {
                let file_name = format!("{name}_FILE");
                // Reason: `ATRIUM_MAIL__SMTP__CA_FILE` is a setting of its own, not the secret of another.
                if KEYS.iter().any(|other| other.env_names().contains(&file_name)) {
                    return None;
                }
                env.get(&file_name).filter(|path| !path.is_empty()).map(|path| (file_name, Err(path)))
            })
        });
        // Reason: names are listed with the strongest first.
        match found.next() {
            Some((name, Ok(value))) => {
                given.push(Given { key, value: Value::String(value.clone()), origin: Origin::Env(name) });
            }
            Some((_, Err(path))) => read_secret(key, Path::new(path), given, errors),
            None => {}
        }
    }
}

/// Secrets of container platforms are mounted as files, often with a line break at the end.
fn read_secret(key: &'static Key, path: &Path, given: &mut Vec<Given>, errors: &mut Vec<String>) {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let value = Value::String(text.trim_end_matches(['\r', '\n']).to_owned());
            given.push(Given { key, value, origin: Origin::Secret(path.to_owned()) });
        }
        Err(error) => errors.push(format!("{}: {}: {error}", key.name, path.display())),
    }
}
