//! What an entity says of itself so that its changes can be recorded.

use sea_orm::EntityTrait;
use serde_json::{Map, Value as Json};

use super::About;

/// An entity whose changes are recorded.
pub trait Recorded: EntityTrait {
    /// GraphQL type name of a row; also the subject of audit entries.
    const SUBJECT: &'static str;
    /// `<domain>.<thing>`: events are `<EVENT>.created`, `.updated`, `.deleted`. Empty: rows make no events of their own
    /// (join rows, secrets); an audit entry they make always.
    const EVENT: &'static str = "";
    /// Columns that hold personal data.
    const PERSONAL: &'static [&'static str] = &[];
    /// Columns that are never written into the trail.
    const SECRET: &'static [&'static str] = &[];

    /// What people call the row; never personal data, for labels stay when a person is erased.
    fn label(_: &Self::Model) -> Option<String> {
        None
    }

    /// The person, project and account the row is or belongs to. A row with personal data that says of nobody else is
    /// about the person whose id is the row's.
    fn about(_: &Self::Model) -> About {
        About::default()
    }

    /// Ids that consumers of the row's events need and cannot look up once the row is gone; `refs` in the payload.
    fn refs(_: &Self::Model) -> Map<String, Json> {
        Map::new()
    }
}
