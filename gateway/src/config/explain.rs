//! What `atrium config check` shows: every setting, its value and where the value comes from.

use super::keys::KEYS;
use super::load::Loaded;
use super::sources::Origin;

/// One setting as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Dotted name.
    pub name: &'static str,
    /// Its value; secrets show only whether they are set.
    pub value: String,
    /// Where the value comes from.
    pub origin: Origin,
    /// Names in the environment that set it, the strongest first.
    pub env: Vec<String>,
    /// What it is for.
    pub about: &'static str,
}

/// Every setting in the order of the table.
#[must_use]
pub fn explain(loaded: &Loaded) -> Vec<Line> {
    let line = |key: &'static super::Key| {
        let origin = loaded.origins.get(key.name).cloned().unwrap_or(Origin::Default);
        let value = match (key.secret, &origin) {
            (true, Origin::Default) => "(not set)".to_owned(),
            (true, _) => "(set, not shown)".to_owned(),
            (false, _) => match loaded.values.get(key.name) {
                Some(value) => value.clone(),
                None => followed(loaded, key.name)
                    .or_else(|| key.default.map(str::to_owned))
                    .unwrap_or_else(|| "(not set)".to_owned()),
            },
        };
        Line { name: key.name, value, origin, env: key.env_names(), about: key.about }
    };
    KEYS.iter().map(line).collect()
}

/// Values that follow other settings where nobody set them.
fn followed(loaded: &Loaded, name: &str) -> Option<String> {
    let identity = &loaded.config.identity;
    match name {
        "identity.public_url" => Some(identity.public_url.clone()),
        "identity.rate_limits" => Some(identity.rate_limits.to_string()),
        _ => None,
    }
}
