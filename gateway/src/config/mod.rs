//! Configuration: one typed struct for each concern, read once at start from defaults, a file, the environment and
//! flags, each of which overrides the one before.

mod explain;
mod keys;
mod load;
mod settings;
mod sources;
mod validate;

pub use explain::{Line, explain};
pub use keys::{KEYS, Key};
pub use load::{ConfigErrors, Loaded, load};
pub use settings::{
    BackgroundSettings, Config, DocumentMode, DocumentSettings, EventSettings, GraphqlSettings, LogFormat,
    LogSettings, Mode, RateSettings, ServerSettings, SinkLimits, Switch, Toggle,
};
pub use sources::{Origin, Sources};

#[cfg(test)]
mod tests;
