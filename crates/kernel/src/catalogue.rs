//! The catalogue of permissions: every domain lists its own with the system roles that hold them; the gateway joins the
//! lists. Which system role may do what stands there and nowhere else.

use std::{collections::HashMap, sync::Arc};

use crate::viewer::{Permission, Reach};

/// The roles that every tenant has and nobody can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SystemRole {
    /// Everything, including the tenant's billing, its deletion and the transfer of ownership.
    Owner,
    /// Everything but that.
    Admin,
    /// Assigned projects and their accounts; creates projects.
    ProjectManager,
    /// Assigned projects: tasks, own time and expenses.
    TeamMember,
    /// All of finance; reads projects, time and accounts.
    Accountant,
    /// Own and assigned leads, deals and accounts.
    Sales,
    /// Content: portals, pages, menus, themes.
    Editor,
    /// The own account's projects and documents.
    Client,
    /// A client who may also invite and remove people of the same account.
    ClientAdmin,
    /// Reads tenant-wide, without money and personal data.
    Viewer,
}

impl SystemRole {
    /// All of them, in the order in which people list them.
    pub const ALL: [Self; 10] = [
        Self::Owner,
        Self::Admin,
        Self::ProjectManager,
        Self::TeamMember,
        Self::Accountant,
        Self::Sales,
        Self::Editor,
        Self::Client,
        Self::ClientAdmin,
        Self::Viewer,
    ];

    /// The role's key in the database and in the API.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::ProjectManager => "project_manager",
            Self::TeamMember => "team_member",
            Self::Accountant => "accountant",
            Self::Sales => "sales",
            Self::Editor => "editor",
            Self::Client => "client",
            Self::ClientAdmin => "client_admin",
            Self::Viewer => "viewer",
        }
    }

    /// The role with this key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }

    /// Whether people of a client company hold it: their memberships name an account.
    pub const fn is_for_clients(self) -> bool {
        matches!(self, Self::Client | Self::ClientAdmin)
    }
}

/// A permission and the system roles that hold it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The permission.
    pub permission: Permission,
    /// Who holds it, and how far. Owner and admin need not be listed where they hold it tenant-wide: see
    /// [`Rule::owner_only`].
    pub held_by: &'static [(SystemRole, Reach)],
    /// Whether only the owner holds it, and not the admin.
    pub owner_only: bool,
}

impl Rule {
    /// A permission that owner and admin hold tenant-wide, and `held_by` as listed.
    pub const fn new(permission: Permission, held_by: &'static [(SystemRole, Reach)]) -> Self {
        Self { permission, held_by, owner_only: false }
    }

    /// A permission that the owner alone holds.
    pub const fn owner_only(permission: Permission) -> Self {
        Self { permission, held_by: &[], owner_only: true }
    }

    /// How far `role` holds it.
    pub fn reach_of(&self, role: SystemRole) -> Option<Reach> {
        match role {
            SystemRole::Owner => Some(Reach::Tenant),
            SystemRole::Admin if !self.owner_only => Some(Reach::Tenant),
            _ => self.held_by.iter().find(|(holder, _)| *holder == role).map(|(_, reach)| *reach),
        }
    }
}

/// All permissions of all domains. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Catalogue {
    rules: Arc<Vec<Rule>>,
    by_name: Arc<HashMap<&'static str, Permission>>,
}

impl Catalogue {
    /// The catalogue of the given lists.
    pub fn new(domains: &[&[Rule]]) -> Self {
        let rules: Vec<Rule> = domains.iter().flat_map(|rules| rules.iter().copied()).collect();
        let by_name = rules.iter().map(|rule| (rule.permission.name, rule.permission)).collect();
        Self { rules: Arc::new(rules), by_name: Arc::new(by_name) }
    }

    /// Every rule, in the order of the domains.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The permission with this name.
    pub fn get(&self, name: &str) -> Option<Permission> {
        self.by_name.get(name).copied()
    }

    /// What a system role holds.
    pub fn grants_of(&self, role: SystemRole) -> impl Iterator<Item = (Permission, Reach)> + '_ {
        self.rules.iter().filter_map(move |rule| Some((rule.permission, rule.reach_of(role)?)))
    }
}
