//! The team of a project: who joins, what they do there, who leaves.

pub mod entity;
pub mod graphql;
pub mod mutation;
pub mod roles;
pub mod rules;

use kernel::{
    Error, Fields, Result,
    act::{Act, expect_version},
    ask::Ask,
    assignment::{self, NewAssignment, Source, Target, assign, unassign},
    db::Db,
    id::{ProjectId, TypedId, UserId},
    page::{ChildPage, Connection, Order, PageArgs, children},
    people::check_staff,
    policy::{Guarded, can_in},
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter};

use crate::{
    policy::{RATES_READ, TEAM_READ, TEAM_WRITE},
    project::{self, rules::check_not_archived},
    service::Projects,
};
use entity::{Column, Entity, Model};
use graphql::{MemberFilter, ProjectMember};
use mutation::{AddProjectMemberInput, RemoveProjectMemberInput, UpdateProjectMemberInput};

/// A page of a project's team in the order people joined, in one statement with those of other projects.
///
/// # Errors
/// FORBIDDEN without the permission to read teams, INVALID for a wrong page.
pub async fn of_project(
    ask: &Ask,
    project: ProjectId,
    filter: MemberFilter,
    args: PageArgs,
) -> Result<Connection<ProjectMember>> {
    ask.viewer.require(TEAM_READ)?;
    let page = ChildPage {
        parent: Column::ProjectId,
        order: Order::asc(Column::JoinedOn),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer)),
    };
    children(ask, project.uuid(), page).await
}

fn today(act: &Act) -> chrono::NaiveDate {
    act.now().with_timezone(&act.viewer().tenant.time_zone).date_naive()
}

/// Puts a person on the team of a project.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN (also for a rate without `projects.rate.read`, and for a role that grants more than the viewer
/// has), CONFLICT if the person is on the team or the project is archived, INVALID for wrong fields and people who are
/// no active staff.
pub async fn add(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: AddProjectMemberInput,
) -> Result<Model> {
    viewer.require(TEAM_WRITE)?;
    viewer
        .act(db, "projects.member.add", async |act| {
            // Race: the lock keeps the account that the new assignment names from changing until it is written.
            project::lock(act, input.project_id).await?;
            let project =
                project::entity::Entity::fetch_to(act.conn(), viewer, TEAM_WRITE, input.project_id).await?;
            check_not_archived(&project)?;
            let user = input.user_id;
            let model = new(act, input)?;
            if model.bill_rate_minor.is_some() {
                check_rates(act, project.id).await?;
            }
            check_staff(&*projects.people, act, &[(user, "userId".to_owned())]).await?;
            if let Some(role) = model.role_id {
                projects.people.check_role(act, role).await?;
            }
            let taken = || Error::conflict(rules::ALREADY_MEMBER);
            let model = act.insert_unique(model, &["tenant_id", "project_id", "user_id"], taken).await?;
            let target = Target::Project(project.id, project.account_id);
            let new =
                NewAssignment { user, target, role: model.role_id, source: Source::Team, expires_at: None };
            assign(act, new).await?;
            Ok(model)
        })
        .await
}

fn new(act: &Act, input: AddProjectMemberInput) -> Result<Model> {
    let AddProjectMemberInput { project_id, user_id, role_id, title, bill_rate, allocation, joined_on } =
        input;
    let mut fields = Fields::new();
    let title = rules::title(title.as_deref(), &mut fields);
    let (bill_rate_minor, rate_currency) = project::rules::rate(bill_rate, "billRate", &mut fields);
    rules::check_allocation(allocation, &mut fields);
    fields.check()?;
    Ok(Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id,
        user_id,
        role_id,
        title,
        bill_rate_minor,
        rate_currency,
        allocation_bp: allocation,
        joined_on: joined_on.map_or_else(|| today(act), |date| date.naive()),
        left_on: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

/// Puts whoever makes a project on its team, with the permissions of their roles in the tenant.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn join(act: &mut Act, project: &project::entity::Model, user: UserId) -> Result<()> {
    let model = place(act, project, user);
    act.insert(model).await?;
    let target = Target::Project(project.id, project.account_id);
    assign(act, NewAssignment { user, target, role: None, source: Source::Team, expires_at: None }).await?;
    Ok(())
}

/// A new place on a team with nothing said about it.
pub(crate) fn place(act: &Act, project: &project::entity::Model, user: UserId) -> Model {
    Model {
        id: act.new_id(),
        tenant_id: project.tenant_id,
        project_id: project.id,
        user_id: user,
        role_id: None,
        title: None,
        bill_rate_minor: None,
        rate_currency: None,
        allocation_bp: None,
        joined_on: today(act),
        left_on: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

async fn check_rates(act: &Act, project: ProjectId) -> Result<()> {
    let may =
        can_in::<project::entity::Entity, _>(act.conn(), act.viewer(), RATES_READ, project.uuid()).await?;
    if may { Ok(()) } else { Err(Error::lacks(RATES_READ.name)) }
}

/// A place on a team that may change, with its project.
async fn open(act: &Act, id: kernel::id::ProjectMemberId) -> Result<(Model, project::entity::Model)> {
    let viewer = act.viewer();
    let seen = Entity::fetch_in(act.conn(), viewer, TEAM_READ, id).await?;
    // Race: read again behind the lock, so that of changes made at once the later one builds on the earlier.
    project::lock(act, seen.project_id).await?;
    let member = Entity::fetch_in(act.conn(), viewer, TEAM_READ, id).await?;
    // Reason: one's own place on a team is near, but only a hold on the project allows to change it.
    let project =
        project::entity::Entity::fetch_to(act.conn(), viewer, TEAM_WRITE, member.project_id).await?;
    check_not_archived(&project)?;
    if member.left_on.is_some() {
        return Err(Error::conflict(rules::HAS_LEFT));
    }
    Ok((member, project))
}

/// Changes a person's place on a team.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN (see [`add`]), CONFLICT for a stale version, an archived project or a person who has left,
/// INVALID for wrong fields.
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: UpdateProjectMemberInput,
) -> Result<Model> {
    viewer.require(TEAM_WRITE)?;
    viewer
        .act(db, "projects.member.update", async |act| {
            let (before, project) = open(act, input.id).await?;
            expect_version("ProjectMember", input.expected_version, before.version)?;
            let sets_rate = !input.bill_rate.is_undefined();
            let after = rules::changed(&before, input)?;
            // Reason: also where it stays the same, or who may not see it could find it by trying.
            if sets_rate {
                check_rates(act, project.id).await?;
            }
            if let Some(role) = after.role_id.filter(|role| before.role_id != Some(*role)) {
                projects.people.check_role(act, role).await?;
            }
            let after = act.update(&before, after).await?;
            if after.role_id != before.role_id {
                follow_role(act, &after).await?;
            }
            Ok(after)
        })
        .await
}

/// Gives the assignment of a member the member's role.
async fn follow_role(act: &mut Act, member: &Model) -> Result<()> {
    use assignment::Column as On;
    let rows = assignment::of_target(member.tenant_id, Target::Project(member.project_id, None))
        .filter(On::UserId.eq(member.user_id.uuid()))
        .filter(On::Source.eq(Source::Team.as_str()));
    let rows = rows.all(act.conn()).await?;
    let role = member.role_id;
    act.update_all(rows, |row| row.role_id = role).await
}

/// Takes a person off a team; their place stays as history, their tasks stay theirs.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, an archived project or a person who has left, INVALID for a last
/// day that is to come or before the first.
pub async fn remove(viewer: &Viewer, db: &Db, input: RemoveProjectMemberInput) -> Result<Model> {
    viewer.require(TEAM_WRITE)?;
    viewer
        .act(db, "projects.member.remove", async |act| {
            let (before, project) = open(act, input.id).await?;
            expect_version("ProjectMember", input.expected_version, before.version)?;
            let left_on =
                rules::left_on(before.joined_on, input.left_on.map(|date| date.naive()), today(act))?;
            let after = act.update(&before, Model { left_on: Some(left_on), ..before.clone() }).await?;
            unassign(act, after.user_id, Target::Project(project.id, project.account_id), Source::Team)
                .await?;
            Ok(after)
        })
        .await
}

/// Takes a person out of every team, also of those they have left: for somebody who is removed. The trail keeps who it
/// was.
pub async fn forget_user(act: &mut Act, user: UserId) -> Result<()> {
    let places = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::UserId.eq(user.uuid()));
    let places = places.all(act.conn()).await?;
    act.delete_all(places).await?;
    assignment::hand_over(act, user, None, false, Source::Team).await
}
