//! Pure rules of grants: which set is within which, what remains of two, whom a role fits.

use std::collections::{BTreeMap, HashMap};

use kernel::{
    Text,
    catalogue::{Catalogue, SystemRole},
    error::FieldError,
    id::RoleId,
    viewer::{Grant, Grants, Permission, Reach},
};

/// The role is none of the tenant's own.
pub const SYSTEM_ROLE: Text = Text::new(
    "system_role",
    "{role} is a role of the platform and cannot be changed.",
    "{role} est un rôle de la plateforme et ne peut pas être modifié.",
);

/// The key is no key.
pub const BAD_KEY: Text = Text::new(
    "bad_key",
    "Use 2 to 60 lower-case letters, digits and single underscores, starting with a letter.",
    "Utilisez 2 à 60 lettres minuscules, chiffres et tirets bas simples, en commençant par une lettre.",
);

/// The key is another role's.
pub const KEY_TAKEN: Text = Text::new(
    "key_taken",
    "There is a role with the key {key} already.",
    "Il existe déjà un rôle avec la clé {key}.",
);

/// No such permission.
pub const UNKNOWN_PERMISSION: Text = Text::new(
    "unknown_permission",
    "There is no permission {permission}.",
    "La permission {permission} n'existe pas.",
);

/// The same permission twice.
pub const PERMISSION_TWICE: Text = Text::new(
    "permission_twice",
    "{permission} is listed more than once.",
    "{permission} figure plusieurs fois dans la liste.",
);

/// Somebody would give away what they do not have.
pub const BEYOND_OWN: Text = Text::new(
    "beyond_own_grants",
    "You cannot give what you do not hold yourself: {permission} ({reach}).",
    "Vous ne pouvez pas accorder ce que vous ne détenez pas : {permission} ({reach}).",
);

/// Only owners make owners.
pub const OWNERS_ONLY: Text = Text::new(
    "owners_only",
    "Only an owner, in person, can make or unmake an owner.",
    "Seul un propriétaire, en personne, peut nommer ou révoquer un propriétaire.",
);

/// Somebody must remain.
pub const LAST_OWNER: Text = Text::new(
    "last_owner",
    "The last owner stays: make somebody else an owner first, without an end date.",
    "Le dernier propriétaire reste : nommez d'abord un autre propriétaire, sans date de fin.",
);

/// A client role for staff.
pub const CLIENTS_ONLY: Text = Text::new(
    "role_for_clients",
    "{role} is for people of a client account.",
    "{role} est réservé aux personnes d'un compte client.",
);

/// A staff role for a client.
pub const STAFF_ONLY: Text = Text::new(
    "role_for_staff",
    "{role} is for staff: people of a client account cannot hold it.",
    "{role} est réservé au personnel : une personne d'un compte client ne peut pas le détenir.",
);

/// A set of permissions, each with a reach: what a role or an API key allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix(BTreeMap<&'static str, Reach>);

impl Matrix {
    /// What a system role allows.
    pub fn of_system(catalogue: &Catalogue, role: SystemRole) -> Self {
        catalogue.grants_of(role).collect()
    }

    /// The set of stored rows. Permissions that the program does not know (any more) and words that are no reach allow
    /// nothing.
    pub fn of_rows<'a>(catalogue: &Catalogue, rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        rows.into_iter()
            .filter_map(|(permission, reach)| Some((catalogue.get(permission)?, Reach::parse(reach)?)))
            .collect()
    }

    /// The set of a client's input, which names every permission once.
    ///
    /// # Errors
    /// One field error for each entry that is unknown or named twice, at `<path>.<index>.permission`.
    pub fn of_input(
        catalogue: &Catalogue,
        path: &str,
        input: impl IntoIterator<Item = (String, Reach)>,
    ) -> Result<Self, Vec<FieldError>> {
        let (mut set, mut wrong) = (Self::default(), Vec::new());
        for (index, (name, reach)) in input.into_iter().enumerate() {
            let said = match catalogue.get(&name) {
                None => UNKNOWN_PERMISSION.with("permission", shortened(&name)),
                Some(known) if set.0.contains_key(known.name) => {
                    PERMISSION_TWICE.with("permission", known.name)
                }
                Some(known) => {
                    set.allow(known.name, reach);
                    continue;
                }
            };
            wrong.push(FieldError::new(format!("{path}.{index}.permission"), said));
        }
        if wrong.is_empty() { Ok(set) } else { Err(wrong) }
    }

    /// Adds a permission; of two reaches the further one counts.
    pub fn allow(&mut self, permission: &'static str, reach: Reach) {
        let held = self.0.entry(permission).or_insert(reach);
        *held = reach.max(*held);
    }

    /// How far a permission goes.
    pub fn reach(&self, permission: &str) -> Option<Reach> {
        self.0.get(permission).copied()
    }

    /// Every permission with its reach, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Reach)> + '_ {
        self.0.iter().map(|(permission, reach)| (*permission, *reach))
    }

    /// How many permissions there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it allows nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Both sets: every permission with the further reach.
    #[must_use]
    pub fn join(mut self, other: &Self) -> Self {
        for (permission, reach) in other.iter() {
            self.allow(permission, reach);
        }
        self
    }

    /// What both sets allow: every common permission with the shorter reach.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        self.iter()
            .filter_map(|(permission, reach)| Some((permission, reach.min(other.reach(permission)?))))
            .collect()
    }

    /// Whether `other` allows all of it: a partial order.
    pub fn is_within(&self, other: &Self) -> bool {
        self.iter().all(|(permission, reach)| other.reach(permission).is_some_and(|held| held >= reach))
    }

    /// What it allows beyond `before`: permissions that are new, or that go further.
    #[must_use]
    pub fn beyond(&self, before: &Self) -> Self {
        self.iter()
            .filter(|(permission, reach)| before.reach(permission).is_none_or(|held| held < *reach))
            .collect()
    }

    /// The first of its permissions that `holder` does not hold tenant-wide, by account or by assignment as far as it
    /// goes. What is held only through a role on an assignment does not count: it cannot be given away.
    pub fn first_beyond(&self, holder: &Grants) -> Option<(&'static str, Reach)> {
        self.iter()
            .find(|(permission, reach)| held_reach(holder, permission).is_none_or(|held| held < *reach))
    }
}

impl FromIterator<(&'static str, Reach)> for Matrix {
    fn from_iter<I: IntoIterator<Item = (&'static str, Reach)>>(entries: I) -> Self {
        let mut set = Self::default();
        for (permission, reach) in entries {
            set.allow(permission, reach);
        }
        set
    }
}

impl FromIterator<(Permission, Reach)> for Matrix {
    fn from_iter<I: IntoIterator<Item = (Permission, Reach)>>(entries: I) -> Self {
        entries.into_iter().map(|(permission, reach)| (permission.name, reach)).collect()
    }
}

fn held_reach(holder: &Grants, permission: &str) -> Option<Reach> {
    match holder {
        Grants::None => None,
        Grants::All => Some(Reach::Tenant),
        Grants::Some(grants) => grants.get(permission)?.reach,
    }
}

/// What somebody may do who holds `everywhere` by roles in the tenant, and on their assignments the roles
/// `on_assignments`.
///
/// A role on an assignment gives what it allows on assigned rows or further, there; what it allows on own rows alone
/// gives nothing, because an assignment makes no row one's own.
pub fn grants<'a>(
    everywhere: &Matrix,
    on_assignments: impl IntoIterator<Item = (RoleId, &'a Matrix)>,
) -> Grants {
    let mut grants: HashMap<&'static str, Grant> = HashMap::with_capacity(everywhere.len());
    for (permission, reach) in everywhere.iter() {
        grants.insert(permission, Grant { reach: Some(reach), ..Grant::default() });
    }
    for (role, set) in on_assignments {
        for (permission, _) in set.iter().filter(|(_, reach)| *reach >= Reach::Assigned) {
            let grant = grants.entry(permission).or_default();
            // Reason: who reaches all assigned rows anyway needs no list of roles.
            if grant.reach < Some(Reach::Assigned) && !grant.scoped_roles.contains(&role) {
                grant.scoped_roles.push(role);
            }
        }
    }
    if grants.is_empty() { Grants::None } else { Grants::Some(grants) }
}

/// What remains of a reach that is held, for a key whose scope goes as far as `scope`.
///
/// A client's reach `account` cannot be cut: rows that are the person's own may lie outside of the account, so `own`
/// is not a part of it.
pub fn narrowed(held: Reach, scope: Reach, client: bool) -> Option<Reach> {
    match held.min(scope) {
        cut if client && held == Reach::Account && cut < Reach::Account => None,
        cut => Some(cut),
    }
}

/// What a key with `scopes` allows whose maker holds `held` now: never more than either.
pub fn key_grants(scopes: &Matrix, held: &Grants, client: bool) -> Grants {
    let mut left: HashMap<&'static str, Grant> = HashMap::with_capacity(scopes.len());
    for (permission, scope) in scopes.iter() {
        let grant = match held {
            Grants::None => continue,
            Grants::All => Grant { reach: Some(Reach::Tenant), ..Grant::default() },
            Grants::Some(grants) => grants.get(permission).cloned().unwrap_or_default(),
        };
        let reach = grant.reach.and_then(|held| narrowed(held, scope, client));
        let mut cut = Grant { reach, ..Grant::default() };
        if scope >= Reach::Assigned {
            cut.scoped_roles = grant.scoped_roles;
        }
        if cut != Grant::default() {
            left.insert(permission, cut);
        }
    }
    if left.is_empty() { Grants::None } else { Grants::Some(left) }
}

/// Whether a role may be held by people of a client account, or by staff: those of the platform are for one or the
/// other; the tenant's own are for staff, and for clients too if the client roles allow everything they do.
pub fn fits(system: Option<SystemRole>, allows: &Matrix, client_roles: &Matrix, client: bool) -> bool {
    match system {
        Some(role) => role.is_for_clients() == client,
        None => !client || allows.is_within(client_roles),
    }
}

/// The most that people of a client account can be allowed.
pub fn client_ceiling(catalogue: &Catalogue) -> Matrix {
    SystemRole::ALL
        .into_iter()
        .filter(|role| role.is_for_clients())
        .fold(Matrix::default(), |all, role| all.join(&Matrix::of_system(catalogue, role)))
}

/// A key as a client wrote it.
///
/// # Errors
/// [`BAD_KEY`] at `path`.
pub fn key(text: &str, path: &str) -> Result<String, FieldError> {
    let key = text.trim();
    let shape = (2..=60).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && !key.ends_with('_')
        && !key.contains("__");
    if shape { Ok(key.to_owned()) } else { Err(FieldError::new(path, BAD_KEY)) }
}

/// The key of a role whose maker gave none, from its name: `Senior Designer` is `senior_designer`.
pub fn key_from_name(name: &str) -> String {
    let mut made = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        if made.len() >= 50 {
            break;
        }
        if character.is_ascii_alphanumeric() {
            made.push(character);
        } else if !made.is_empty() && !made.ends_with('_') {
            made.push('_');
        }
    }
    let made = made.trim_end_matches('_');
    match made.chars().next() {
        Some(first) if first.is_ascii_lowercase() && made.len() >= 2 => made.to_owned(),
        Some(_) => format!("role_{made}"),
        None => "role".to_owned(),
    }
}

/// The first of `wanted`, `wanted_2`, `wanted_3` … that is not taken.
pub fn free_key(wanted: &str, taken: &[String]) -> String {
    let is_free = |key: &String| !taken.contains(key);
    std::iter::once(wanted.to_owned())
        .chain((2..).map(|number| format!("{wanted}_{number}")))
        .find(is_free)
        .unwrap_or_default()
}

/// At most 80 characters of what a client sent, to be said back.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
