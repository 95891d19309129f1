//! Reading: from texts with origins to the typed configuration, with every error that could be found.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::settings::{Config, Switch};
use super::sources::{Given, Origin, Sources, read};
use super::validate::validate;

/// The configuration and where its values come from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The origin of each setting that somebody set, by name.
    pub(super) origins: BTreeMap<&'static str, Origin>,
    /// The text of each setting that somebody set and that is no secret.
    pub(super) values: BTreeMap<&'static str, String>,
}

/// Everything that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is not valid:")?;
        self.0.iter().try_for_each(|error| write!(f, "\n  - {error}"))
    }
}

impl std::error::Error for ConfigErrors {}

/// Reads and validates the whole configuration.
///
/// # Errors
/// Everything that is wrong, not only the first thing. No value of a secret is ever in it.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let (given, mut errors) = read(sources);
    let mut tree = Value::Object(Map::new());
    let (mut origins, mut values) = (BTreeMap::new(), BTreeMap::new());
    for Given { key, value, origin } in given {
        match fitting(key.name, &value) {
            Ok(fitting) => {
                if key.secret {
                    values.remove(key.name);
                } else {
                    values.insert(key.name, shown(&value));
                }
                put(&mut tree, key.name, fitting);
                origins.insert(key.name, origin);
            }
            // Reason: serde's messages quote the value.
            Err(_) if key.secret => {
                errors.push(format!("{}: the value is not valid (from {origin})", key.name))
            }
            Err(error) => errors.push(format!("{}: {error} (from {origin})", key.name)),
        }
    }
    let config = Config::deserialize(&tree).map(|config| derived(config, &origins));
    match config {
        Ok(config) => {
            errors.extend(validate(&config));
            if errors.is_empty() { Ok(Loaded { config, origins, values }) } else { Err(ConfigErrors(errors)) }
        }
        Err(error) => {
            // Invariant: each value fits alone, so what is left is a setting that another one needs.
            errors.push(error.to_string());
            Err(ConfigErrors(errors))
        }
    }
}

/// Settings that follow others unless they are set themselves.
fn derived(mut config: Config, origins: &BTreeMap<&'static str, Origin>) -> Config {
    if !origins.contains_key("identity.public_url") {
        config.identity.public_url = match &config.server.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", config.server.listen),
        };
    }
    if !origins.contains_key("identity.rate_limits") {
        config.identity.rate_limits = config.limits.rates == Switch::On;
    }
    if config.database.url.expose_secret().is_empty() {
        let path = config.data_dir.join("atrium.db");
        config.database.url = SecretString::from(format!("sqlite:{}", path.display()));
    }
    config
}

/// The value as its setting wants it: texts of the environment become numbers, truth values and lists where needed.
fn fitting(name: &str, value: &Value) -> Result<Value, String> {
    let mut error = None;
    for candidate in candidates(value) {
        let mut alone = Value::Object(Map::new());
        if name.starts_with("redis.") {
            // Reason: the section exists only with its address; here one stands in so that the value is tried alone.
            put(&mut alone, "redis.url", Value::String("redis://localhost".to_owned()));
        }
        put(&mut alone, name, candidate.clone());
        match Config::deserialize(&alone) {
            Ok(_) => return Ok(candidate),
            Err(refused) => error = error.or(Some(refused.to_string())),
        }
    }
    Err(error.unwrap_or_default())
}

/// What a value may mean, the plainest first.
fn candidates(value: &Value) -> Vec<Value> {
    let mut meant = vec![value.clone()];
    if let Value::String(text) = value {
        if let Ok(truth) = text.parse() {
            meant.push(Value::Bool(truth));
        }
        if let Ok(number) = text.parse::<Number>() {
            meant.push(Value::Number(number));
        }
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        meant.push(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()));
    } else if let Value::Bool(truth) = value {
        // Reason: switches are words, but `rates = false` in a file says the same.
        meant.push(Value::String(if *truth { "on" } else { "off" }.to_owned()));
    }
    meant
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Sets the leaf at a dotted name.
fn put(tree: &mut Value, name: &str, value: Value) {
    let (parents, last) = name.rsplit_once('.').unwrap_or(("", name));
    let mut place = tree;
    for part in parents.split('.').filter(|part| !part.is_empty()) {
        if !place.get(part).is_some_and(Value::is_object) {
            place[part] = Value::Object(Map::new());
        }
        place = &mut place[part];
    }
    place[last] = value;
}
