//! A generated agency as rows, before anything is written.

use identity::{membership::entity as membership, tenant::entity as tenant, user::entity as user};
use kernel::{
    assignment,
    catalogue::SystemRole,
    error::Result,
    id::{AccountId, MembershipId, TenantId, UserId},
    viewer::TenantInfo,
};
use projects::{
    column::entity as column,
    comment::entity as comment,
    field::entity as field,
    label::{entity as label, on_task},
    link::entity as link,
    member::entity as member,
    milestone::entity as milestone,
    project::entity as project,
    task::{assignee, entity as task},
    template::{entity as template, stored},
    view::entity as view,
};

use super::{
    agency::Agency,
    extras,
    hours::{self, Hours},
    maker::Maker,
    people,
    registers::{self, Registers},
    staffing::{self, Staffing},
    templates, work,
};

/// Everything of a generated agency. Rows of a kind are in the order in which they were made.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// The agency.
    pub tenant: tenant::Model,
    /// Its people; the first ten are those of the system roles, in their order.
    pub users: Vec<user::Model>,
    /// Their memberships, in the same order.
    pub memberships: Vec<membership::Model>,
    /// Who holds which role.
    pub roles: Vec<(MembershipId, SystemRole)>,
    /// Client companies; the client users belong to the first.
    pub accounts: Vec<crm::account::entity::Model>,
    /// People at the client companies.
    pub contacts: Vec<crm::contact::entity::Model>,
    /// Projects by number.
    pub projects: Vec<project::Model>,
    /// Teams.
    pub members: Vec<member::Model>,
    /// Boards.
    pub columns: Vec<column::Model>,
    /// Tasks by project and number.
    pub tasks: Vec<task::Model>,
    /// Who does what.
    pub assignees: Vec<assignee::Model>,
    /// Who reaches what by being assigned.
    pub assignments: Vec<assignment::Model>,
    /// Milestones by project.
    pub milestones: Vec<milestone::Model>,
    /// Dependencies by project.
    pub links: Vec<link::Model>,
    /// Labels of the agency.
    pub labels: Vec<label::Model>,
    /// Which tasks have them, in the order of the tasks.
    pub task_labels: Vec<on_task::Model>,
    /// Comments in the order of the tasks.
    pub comments: Vec<comment::Model>,
    /// Own fields of projects.
    pub fields: Vec<field::Model>,
    /// Saved views.
    pub views: Vec<view::Model>,
    /// Time; none in small agencies.
    pub hours: Hours,
    /// Registers by project.
    pub registers: Vec<Registers>,
    /// How people are planned; nothing in small agencies.
    pub staffing: Staffing,
    /// Templates of projects.
    pub templates: Vec<template::Model>,
    /// What they consist of.
    pub plans: Vec<stored::Model>,
}

impl Rows {
    /// The agency without anything.
    pub(super) fn of(tenant: tenant::Model) -> Self {
        Self {
            tenant,
            users: Vec::new(),
            memberships: Vec::new(),
            roles: Vec::new(),
            accounts: Vec::new(),
            contacts: Vec::new(),
            projects: Vec::new(),
            members: Vec::new(),
            columns: Vec::new(),
            tasks: Vec::new(),
            assignees: Vec::new(),
            assignments: Vec::new(),
            milestones: Vec::new(),
            links: Vec::new(),
            labels: Vec::new(),
            task_labels: Vec::new(),
            comments: Vec::new(),
            fields: Vec::new(),
            views: Vec::new(),
            hours: Hours::default(),
            registers: Vec::new(),
            staffing: Staffing::default(),
            templates: Vec::new(),
            plans: Vec::new(),
        }
    }

    /// Generates an agency. `password_hash` is everybody's.
    ///
    /// # Errors
    /// Never: the literal lists hold nothing that cannot be read, which a test checks.
    pub fn generate(agency: &Agency, maker: &mut Maker, password_hash: &str) -> Result<Self> {
        let mut rows = people::staff(agency, maker, password_hash)?;
        people::clients(agency, maker, &mut rows)?;
        work::projects(agency, maker, &mut rows);
        extras::add(maker, &mut rows);
        hours::add(agency, maker, &mut rows);
        registers::add(maker, &mut rows);
        templates::add(maker, &mut rows);
        staffing::add(agency, maker, &mut rows);
        Ok(rows)
    }

    /// The agency, as viewers carry it.
    pub fn info(&self) -> TenantInfo {
        identity::tenant::info(&self.tenant)
    }

    /// The agency's id.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant.id
    }

    /// The first person with a role.
    ///
    /// # Panics
    /// Never for a generated agency: each of the ten roles has somebody.
    pub fn person(&self, role: SystemRole) -> &user::Model {
        let place = SystemRole::ALL.iter().position(|known| *known == role).unwrap_or_default();
        &self.users[place]
    }

    /// The account that the client users belong to.
    pub fn client_account(&self) -> AccountId {
        self.accounts[0].id
    }

    /// The people in a project's team.
    pub fn team<'a>(&'a self, project: &'a project::Model) -> impl Iterator<Item = UserId> + 'a {
        self.members.iter().filter(|member| member.project_id == project.id).map(|member| member.user_id)
    }
}
