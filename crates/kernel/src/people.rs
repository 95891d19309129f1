//! People as other domains than identity need to know them: who is in the tenant, and who may be given work.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::{
    act::Act,
    error::{Fields, Result, Text},
    id::{AccountId, RoleId, UserId},
};

/// The person is no member of the tenant.
pub const NOT_IN_TENANT: Text = Text::new(
    "not_in_tenant",
    "This person is not a member of your organisation.",
    "Cette personne n'est pas membre de votre organisation.",
);

/// The person belongs to a client.
pub const NOT_STAFF: Text = Text::new(
    "not_staff",
    "This person belongs to a client; only staff can take this place.",
    "Cette personne appartient à un client ; seul le personnel peut occuper cette place.",
);

/// The person does not take part at present.
pub const NOT_ACTIVE: Text = Text::new(
    "not_active",
    "This person's membership is not active.",
    "L'adhésion de cette personne n'est pas active.",
);

/// A member of the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The client company the person belongs to; none for staff.
    pub account: Option<AccountId>,
    /// Whether the membership is active, not deactivated.
    pub active: bool,
}

/// What other domains ask about people and roles; answered by the gateway from identity.
#[async_trait]
pub trait PeopleDirectory: Send + Sync + 'static {
    /// The members of the act's tenant among `ids`, in one statement. Who has yet to confirm to be one is none.
    async fn people(&self, act: &Act, ids: &[UserId]) -> Result<HashMap<UserId, Person>>;

    /// Errs with the field `roleId` unless the role is of the act's tenant, for staff, and grants nothing that the
    /// act's viewer does not hold: nobody gives away more than they have.
    async fn check_role(&self, act: &Act, role: RoleId) -> Result<()>;
}

/// Checks that each of `wanted` (a person and the path of the field that names them) is active staff of the act's
/// tenant; asks nothing if there is none.
///
/// # Errors
/// INVALID with every person who is not.
pub async fn check_staff(people: &dyn PeopleDirectory, act: &Act, wanted: &[(UserId, String)]) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let ids: Vec<UserId> = wanted.iter().map(|(user, _)| *user).collect();
    let known = people.people(act, &ids).await?;
    let mut fields = Fields::new();
    for (user, path) in wanted {
        if let Some(reason) = not_staff(known.get(user)) {
            fields.add(path, reason);
        }
    }
    fields.check()
}

/// Why a person cannot be named in something new; none if they take part in the tenant at present, as staff or as a
/// client's. Whoever was named before stays so.
pub fn not_active(person: Option<&Person>) -> Option<Text> {
    match person {
        None => Some(NOT_IN_TENANT),
        Some(Person { active: false, .. }) => Some(NOT_ACTIVE),
        Some(_) => None,
    }
}

/// Why a person cannot be given work; none if they are active staff.
pub fn not_staff(person: Option<&Person>) -> Option<Text> {
    match person {
        None => Some(NOT_IN_TENANT),
        Some(Person { account: Some(_), .. }) => Some(NOT_STAFF),
        Some(Person { active: false, .. }) => Some(NOT_ACTIVE),
        Some(_) => None,
    }
}
