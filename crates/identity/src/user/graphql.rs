//! People in the API.

use async_graphql::Object;
use kernel::{graph::Node, id::UserId};

use super::entity;

/// A person of the tenant.
#[derive(Clone, Debug)]
pub struct User(pub entity::Model);

impl From<entity::Model> for User {
    fn from(model: entity::Model) -> Self {
        Self(model)
    }
}

impl Node for User {
    const TYPE: &'static str = "User";
}

/// A person of the tenant.
#[Object(name = "UserFields")]
impl User {
    /// Their id.
    async fn id(&self) -> UserId {
        self.0.id
    }
}

/// Questions about people.
#[derive(Default)]
pub struct UserQuery;

/// Questions about people.
#[Object]
impl UserQuery {
    /// Placeholder.
    async fn nothing(&self) -> bool {
        true
    }
}

/// Changes of people.
#[derive(Default)]
pub struct UserMutation;

/// Changes of people.
#[Object]
impl UserMutation {
    /// Placeholder.
    async fn nothing(&self) -> bool {
        true
    }
}
