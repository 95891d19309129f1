//! From facts to an explanation: a tree whose leaves are the rules that were asked, each with its answer. Pure.

use chrono::{DateTime, Utc};
use kernel::{
    Said, Text,
    id::{AnyId, AssignmentId, RoleId},
    viewer::Reach,
};

/// What a part of an explanation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "AccessReasonKind")]
pub enum Kind {
    /// The person's membership must be active.
    Membership,
    /// The tenant must not be suspended.
    Tenant,
    /// A role that the person holds in the tenant.
    Role,
    /// A role that the person held until it ended by itself.
    ExpiredRole,
    /// A role that the person has on assignments alone.
    AssignmentRole,
    /// No role of the person has the permission.
    NoRole,
    /// Whether the row is the person's own.
    Own,
    /// Whether the row belongs to a project or account that the person is assigned to.
    Assigned,
    /// Whether the row belongs to the account of the client, or to one that the staff member works for.
    Account,
    /// The permission reaches every row of the tenant.
    Everywhere,
    /// Whether the row belongs to a project or account that the person is assigned to with this very role.
    AssignedAs,
    /// An assignment of the person.
    Assignment,
    /// An assignment of the person that ended by itself.
    ExpiredAssignment,
    /// A rule of this kind of row that differs from what the roles say.
    RowRule,
    /// API keys add nothing: what a key may do is a part of what its maker may do.
    ApiKeys,
}

/// A part of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What it is about.
    pub kind: Kind,
    /// Whether it is so: for a role, whether it allows what was asked.
    pub holds: bool,
    /// A sentence for people.
    pub said: Said,
    /// The role it is about.
    pub role: Option<RoleId>,
    /// How far the role's permission goes.
    pub reach: Option<Reach>,
    /// The assignment it is about.
    pub assignment: Option<AssignmentId>,
    /// The project or account of the assignment.
    pub resource: Option<AnyId>,
    /// When the role or the assignment ends or ended.
    pub expires_at: Option<DateTime<Utc>>,
    /// What it follows from.
    pub reasons: Vec<Reason>,
}

/// Everything that an explanation is made of.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The permission asked about.
    pub permission: &'static str,
    /// Status of the membership.
    pub membership_status: String,
    /// Status of the tenant.
    pub tenant_status: String,
    /// Whether the person belongs to a client.
    pub client: bool,
    /// Roles in the tenant.
    pub roles: Vec<RoleFact>,
    /// Roles on assignments that are not held in the tenant.
    pub on_assignments: Vec<RoleFact>,
    /// What is near.
    pub near: Nearness,
    /// Assignments that concern the row itself, for rows that are projects or accounts.
    pub assignments: Vec<AssignmentFact>,
    /// Whether the row's policy allows it to an active person with these grants.
    pub allowed: bool,
}

/// A role of the person.
#[derive(Clone, Debug)]
pub struct RoleFact {
    /// Which.
    pub id: RoleId,
    /// What people call it.
    pub name: String,
    /// How far it has the permission.
    pub reach: Option<Reach>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it has ended.
    pub expired: bool,
    /// For a role on assignments: whether one of those is near the row.
    pub near: bool,
    /// For a role on assignments: which.
    pub assignments: Vec<AssignmentFact>,
}

/// An assignment of the person.
#[derive(Clone, Debug)]
pub struct AssignmentFact {
    /// Which.
    pub id: AssignmentId,
    /// The project or account.
    pub resource: AnyId,
    /// `manager`, `team` or `direct`.
    pub source: String,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it has ended.
    pub expired: bool,
}

/// In which ways the row is near.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nearness {
    /// The person's own.
    pub own: bool,
    /// Of an assigned project or account.
    pub assigned: bool,
    /// Of the person's account.
    pub account: bool,
}

impl Nearness {
    /// Whether a permission that goes this far covers the row: the same containment as in `kernel::policy::allowed`.
    pub fn covers(self, reach: Reach, client: bool) -> bool {
        match reach {
            Reach::Own => self.own,
            Reach::Assigned => self.own || self.assigned,
            Reach::Account if client => self.account,
            Reach::Account => self.own || self.assigned || self.account,
            Reach::Tenant => true,
        }
    }
}

const MEMBERSHIP: Text =
    Text::new("membership", "The membership is {status}.", "L'adhésion est à l'état {status}.");
const TENANT: Text = Text::new("tenant", "The agency is {status}.", "L'agence est à l'état {status}.");
const ROLE: Text = Text::new(
    "role",
    "The role {role} has {permission} with the reach {reach}.",
    "Le rôle {role} a {permission} avec la portée {reach}.",
);
const ROLE_THERE: Text = Text::new(
    "role_there",
    "The role {role}, held on assignments alone, has {permission} there.",
    "Le rôle {role}, détenu sur des affectations seulement, y a {permission}.",
);
const ROLE_WITHOUT: Text = Text::new(
    "role_without",
    "The role {role} does not have {permission}.",
    "Le rôle {role} n'a pas {permission}.",
);
const EXPIRED_ROLE: Text = Text::new(
    "expired_role",
    "The role {role} has ended and allows nothing any more.",
    "Le rôle {role} a pris fin et n'autorise plus rien.",
);
const NO_ROLE: Text = Text::new("no_role", "No role has {permission}.", "Aucun rôle n'a {permission}.");
const ROLE_OWN_ONLY: Text = Text::new(
    "role_own_only",
    "The role {role} has {permission} on own rows only, which an assignment does not give.",
    "Le rôle {role} n'a {permission} que sur ses propres éléments, ce qu'une affectation ne donne pas.",
);
const OWN: Text = Text::new("own", "It is the person's own.", "C'est un élément de la personne.");
const NOT_OWN: Text =
    Text::new("not_own", "It is not the person's own.", "Ce n'est pas un élément de la personne.");
const ASSIGNED: Text = Text::new(
    "assigned",
    "It belongs to a project or account that the person is assigned to.",
    "Il dépend d'un projet ou d'un compte auquel la personne est affectée.",
);
const NOT_ASSIGNED: Text = Text::new(
    "not_assigned",
    "It belongs to no project or account that the person is assigned to.",
    "Il ne dépend d'aucun projet ni compte auquel la personne est affectée.",
);
const ACCOUNT: Text =
    Text::new("account", "It belongs to an account of the person.", "Il dépend d'un compte de la personne.");
const NOT_ACCOUNT: Text = Text::new(
    "not_account",
    "It belongs to no account of the person.",
    "Il ne dépend d'aucun compte de la personne.",
);
const EVERYWHERE: Text = Text::new(
    "everywhere",
    "The reach covers every row of the agency.",
    "La portée couvre tous les éléments de l'agence.",
);
const ASSIGNED_AS: Text = Text::new(
    "assigned_as",
    "It belongs to a project or account that the person is assigned to as {role}.",
    "Il dépend d'un projet ou d'un compte auquel la personne est affectée comme {role}.",
);
const NOT_ASSIGNED_AS: Text = Text::new(
    "not_assigned_as",
    "It belongs to no project or account that the person is assigned to as {role}.",
    "Il ne dépend d'aucun projet ni compte auquel la personne est affectée comme {role}.",
);
const ASSIGNMENT: Text =
    Text::new("assignment", "Assigned to {resource} ({source}).", "Affectation à {resource} ({source}).");
const EXPIRED_ASSIGNMENT: Text = Text::new(
    "expired_assignment",
    "The assignment to {resource} ({source}) has ended.",
    "L'affectation à {resource} ({source}) a pris fin.",
);
const RULE_ALLOWS: Text = Text::new(
    "rule_allows",
    "A rule of this kind of row allows it without a role.",
    "Une règle propre à ce type d'élément l'autorise sans rôle.",
);
const RULE_DENIES: Text = Text::new(
    "rule_denies",
    "A rule of this kind of row limits it beyond what the roles allow.",
    "Une règle propre à ce type d'élément le limite au-delà de ce que les rôles autorisent.",
);
const API_KEYS: Text = Text::new(
    "api_keys",
    "API keys add nothing: what a key may do is a part of what its maker may do.",
    "Les clés d'API n'ajoutent rien : une clé ne peut qu'une partie de ce que peut son auteur.",
);

/// Whether the person may do it, and why: the membership and the tenant, every role with the ways in which the row
/// could be near, then what stands beside the roles.
pub fn explain(facts: &Facts) -> (bool, Vec<Reason>) {
    let member = facts.membership_status == "active";
    let open = facts.tenant_status != "suspended";
    let mut reasons = vec![
        Reason::leaf(Kind::Membership, member, MEMBERSHIP.with("status", &facts.membership_status)),
        Reason::leaf(Kind::Tenant, open, TENANT.with("status", &facts.tenant_status)),
    ];
    let everywhere = facts.roles.iter().map(|role| of_role(facts, role));
    let on_assignments = facts.on_assignments.iter().map(|role| on_assignment(facts, role));
    let roles: Vec<Reason> = everywhere.chain(on_assignments).collect();
    let by_role = roles.iter().any(|reason| reason.holds);
    let none_has =
        !facts.roles.iter().chain(&facts.on_assignments).any(|role| role.reach.is_some() && !role.expired);
    reasons.extend(roles);
    if none_has {
        reasons.push(Reason::leaf(Kind::NoRole, false, NO_ROLE.with("permission", facts.permission)));
    }
    if by_role != facts.allowed {
        let said = if facts.allowed { RULE_ALLOWS } else { RULE_DENIES };
        reasons.push(Reason::leaf(Kind::RowRule, facts.allowed, said));
    }
    reasons.push(Reason::leaf(Kind::ApiKeys, false, API_KEYS));
    (member && open && facts.allowed, reasons)
}

fn of_role(facts: &Facts, role: &RoleFact) -> Reason {
    if role.expired {
        return Reason::of_role(Kind::ExpiredRole, false, EXPIRED_ROLE.with("role", &role.name), role);
    }
    let Some(reach) = role.reach else {
        let said = ROLE_WITHOUT.with("role", &role.name).with("permission", facts.permission);
        return Reason::of_role(Kind::Role, false, said, role);
    };
    let said =
        ROLE.with("role", &role.name).with("permission", facts.permission).with("reach", reach.as_str());
    let holds = facts.near.covers(reach, facts.client);
    Reason { reasons: nearness(facts, reach), ..Reason::of_role(Kind::Role, holds, said, role) }
}

/// The ways in which a row can be near that a reach asks about.
fn nearness(facts: &Facts, reach: Reach) -> Vec<Reason> {
    let Nearness { own, assigned, account } = facts.near;
    let leaf = |kind, holds, yes: Text, no: Text| Reason::leaf(kind, holds, if holds { yes } else { no });
    let own = leaf(Kind::Own, own, OWN, NOT_OWN);
    let assigned = Reason {
        reasons: facts.assignments.iter().map(assignment).collect(),
        ..leaf(Kind::Assigned, assigned, ASSIGNED, NOT_ASSIGNED)
    };
    let account = leaf(Kind::Account, account, ACCOUNT, NOT_ACCOUNT);
    match reach {
        Reach::Own => vec![own],
        Reach::Assigned => vec![own, assigned],
        Reach::Account if facts.client => vec![account],
        Reach::Account => vec![own, assigned, account],
        Reach::Tenant => vec![Reason::leaf(Kind::Everywhere, true, EVERYWHERE)],
    }
}

fn on_assignment(facts: &Facts, role: &RoleFact) -> Reason {
    let with = |said: Text| said.with("role", &role.name).with("permission", facts.permission);
    let assignments = || role.assignments.iter().map(assignment).collect();
    match role.reach {
        None => Reason::of_role(Kind::AssignmentRole, false, with(ROLE_WITHOUT), role),
        Some(Reach::Own) => Reason::of_role(Kind::AssignmentRole, false, with(ROLE_OWN_ONLY), role),
        Some(_) => {
            let near = if role.near { ASSIGNED_AS } else { NOT_ASSIGNED_AS };
            let near = Reason {
                reasons: assignments(),
                ..Reason::of_role(Kind::AssignedAs, role.near, near.with("role", &role.name), role)
            };
            Reason {
                reasons: vec![near],
                ..Reason::of_role(Kind::AssignmentRole, role.near && !role.expired, with(ROLE_THERE), role)
            }
        }
    }
}

fn assignment(fact: &AssignmentFact) -> Reason {
    let (kind, said) = match fact.expired {
        true => (Kind::ExpiredAssignment, EXPIRED_ASSIGNMENT),
        false => (Kind::Assignment, ASSIGNMENT),
    };
    let said = said.with("resource", fact.resource).with("source", &fact.source);
    Reason {
        assignment: Some(fact.id),
        resource: Some(fact.resource),
        expires_at: fact.expires_at,
        ..Reason::leaf(kind, !fact.expired, said)
    }
}

impl Reason {
    fn leaf(kind: Kind, holds: bool, said: impl Into<Said>) -> Self {
        Self {
            kind,
            holds,
            said: said.into(),
            role: None,
            reach: None,
            assignment: None,
            resource: None,
            expires_at: None,
            reasons: Vec::new(),
        }
    }

    fn of_role(kind: Kind, holds: bool, said: Said, role: &RoleFact) -> Self {
        Self {
            role: Some(role.id),
            reach: role.reach,
            expires_at: role.expires_at,
            ..Self::leaf(kind, holds, said)
        }
    }
}

#[cfg(test)]
mod tests;
