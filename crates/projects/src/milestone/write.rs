//! The acts that change milestones: load, check, decide, write, record.

use kernel::{
    Error, Fields, Result, Text,
    act::{Act, Event, expect_version},
    db::Db,
    id::{MilestoneId, ProjectId, TypedId, UserId},
    people::check_staff,
    policy::{Guarded, can_in},
    scalar::Date,
    text,
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;

use super::{
    all_of,
    changed::changed,
    entity::{Column, Entity, Model},
    mutation::{
        CreateMilestoneInput, DecideMilestone, MoveMilestoneInput, TransitionMilestoneInput,
        UpdateMilestoneInput,
    },
    rules,
};
use crate::{
    feedback, link,
    policy::{BUDGETS_WRITE, MILESTONES_APPROVE, MILESTONES_WRITE},
    project,
    rank::{self, Slot},
    service::Projects,
    task,
    words::{MilestoneStatus, Priority},
};

/// The project has as many milestones as it can.
pub const TOO_MANY: Text = Text::new(
    "too_many_milestones",
    "A project has at most {max} milestones.",
    "Un projet compte {max} jalons au plus.",
);

/// The milestone is of another project.
pub const OTHER_PROJECT: Text = Text::new(
    "other_project",
    "This milestone is not another one of the same project.",
    "Ce jalon n'est pas un autre jalon du même projet.",
);

/// Only the client approves.
pub const FOR_CLIENTS: Text = Text::new(
    "only_the_client",
    "Only the client that the project is for can answer this.",
    "Seul le client du projet peut répondre.",
);

/// Most milestones of a project.
const MAX_MILESTONES: usize = 500;

/// Makes a milestone at the end of its project, or where it was told.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a project that is archived, over or full, INVALID for wrong fields.
pub async fn create(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: CreateMilestoneInput,
) -> Result<Model> {
    viewer.require(MILESTONES_WRITE)?;
    viewer
        .act(db, "projects.milestone.create", async |act| {
            project::lock(act, input.project_id).await?;
            let project =
                project::entity::Entity::fetch_to(act.conn(), viewer, MILESTONES_WRITE, input.project_id)
                    .await?;
            project::rules::check_open(&project)?;
            if input.billing.is_some() {
                check_billing(act, project.id).await?;
            }
            check_assignee(act, projects, input.assignee_id).await?;
            let others = all_of(act, project.id).await?;
            if others.len() >= MAX_MILESTONES {
                return Err(Error::conflict(TOO_MANY.with("max", MAX_MILESTONES)));
            }
            let (after, before) = (input.after, input.before);
            let mut milestone = new(act, input)?;
            milestone.rank = place(act, others, after, before).await?;
            act.insert(milestone).await
        })
        .await
}

fn new(act: &Act, input: CreateMilestoneInput) -> Result<Model> {
    let CreateMilestoneInput {
        project_id,
        name,
        notes,
        deliverables,
        due_on,
        priority,
        assignee_id,
        billing,
        client_visible,
        after: _,
        before: _,
    } = input;
    let mut fields = Fields::new();
    let name = fields.take(text::name(&name, "name"));
    let notes = text::markdown(&notes.unwrap_or_default(), "notes", project::rules::DESCRIPTION_MAX);
    let notes = fields.take(notes);
    let deliverables = fields.take(rules::deliverables(&deliverables.unwrap_or_default(), "deliverables"));
    let (billing_minor, billing_currency) = project::rules::amount(billing, "billing", &mut fields);
    fields.check()?;
    Ok(Model {
        name: name.unwrap_or_default(),
        notes: notes.unwrap_or_default(),
        deliverables: json!(deliverables.unwrap_or_default()),
        due_on: due_on.map(Date::naive),
        priority: priority.unwrap_or_default().as_str().to_owned(),
        assignee_id,
        billing_minor,
        billing_currency,
        client_visible: client_visible.unwrap_or_default(),
        ..blank(act, project_id)
    })
}

/// A new milestone with nothing said about it.
pub(crate) fn blank(act: &Act, project_id: ProjectId) -> Model {
    Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id,
        name: String::new(),
        notes: String::new(),
        deliverables: json!([]),
        due_on: None,
        status: MilestoneStatus::Pending.as_str().to_owned(),
        priority: Priority::default().as_str().to_owned(),
        assignee_id: None,
        percentage: 0,
        billing_minor: None,
        billing_currency: None,
        client_visible: false,
        approval: None,
        approval_requested_by: None,
        approval_requested_at: None,
        approval_decided_by: None,
        approval_decided_at: None,
        approval_comment: None,
        completed_at: None,
        rank: String::new(),
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

/// Reason: asked for also where the amount stays the same, or who may not see it could find it by trying.
async fn check_billing(act: &Act, project: ProjectId) -> Result<()> {
    let may =
        can_in::<project::entity::Entity, _>(act.conn(), act.viewer(), BUDGETS_WRITE, project.uuid()).await?;
    if may { Ok(()) } else { Err(Error::lacks(BUDGETS_WRITE.name)) }
}

async fn check_assignee(act: &Act, projects: &Projects, assignee: Option<UserId>) -> Result<()> {
    let wanted: Vec<_> = assignee.into_iter().map(|user| (user, "assigneeId".to_owned())).collect();
    check_staff(&*projects.people, act, &wanted).await
}

/// A rank right after one milestone or right before another; for neither, behind all. Moves the others if there is no
/// room.
async fn place(
    act: &mut Act,
    others: Vec<Model>,
    after: Option<MilestoneId>,
    before: Option<MilestoneId>,
) -> Result<String> {
    let find = |id: MilestoneId, path: &str| {
        let found = others.iter().position(|other| other.id == id);
        found.ok_or_else(|| Error::field(path, OTHER_PROJECT))
    };
    let place = match (after, before) {
        (Some(after), _) => find(after, "after")? + 1,
        (None, Some(before)) => find(before, "before")?,
        (None, None) => others.len(),
    };
    let ranks: Vec<&str> = others.iter().map(|other| other.rank.as_str()).collect();
    match rank::slot(&ranks, place, task::place::entropy(act)) {
        Slot::Free(rank) => Ok(rank),
        Slot::Spread(rank, ranks) => {
            let pairs = others.into_iter().zip(ranks);
            let pairs = pairs.map(|(other, rank)| (other.clone(), Model { rank, ..other })).collect();
            act.update_pairs(pairs).await?;
            Ok(rank)
        }
    }
}

/// A milestone on which the viewer holds `permission`, with its project locked and open.
async fn open(
    act: &Act,
    permission: Permission,
    id: MilestoneId,
    expected_version: Option<i64>,
) -> Result<(Model, project::entity::Model)> {
    let viewer = act.viewer();
    let seen = Entity::fetch_to(act.conn(), viewer, permission, id).await?;
    project::lock(act, seen.project_id).await?;
    // Race: read again behind the lock, so that of changes made at once the later one builds on the earlier.
    let milestone = Entity::fetch_in(act.conn(), viewer, permission, id).await?;
    expect_version("Milestone", expected_version, milestone.version)?;
    use project::entity::{Column as Of, Entity as Rows};
    let project = Rows::of_tenant(viewer.tenant_id()).filter(Of::Id.eq(milestone.project_id.uuid()));
    let project = project.one(act.conn()).await?;
    let project = project.ok_or_else(|| Error::not_found(ProjectId::TYPE, milestone.project_id))?;
    project::rules::check_open(&project)?;
    Ok((milestone, project))
}

/// Changes a milestone.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, what the client approved or is asked about, or a project that is
/// archived or over, INVALID for wrong fields.
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: UpdateMilestoneInput,
) -> Result<Model> {
    viewer.require(MILESTONES_WRITE)?;
    viewer
        .act(db, "projects.milestone.update", async |act| {
            let (before, project) = open(act, MILESTONES_WRITE, input.id, input.expected_version).await?;
            if !input.billing.is_undefined() {
                check_billing(act, project.id).await?;
            }
            let after = changed(&before, input)?;
            let assignee = after.assignee_id.filter(|assignee| before.assignee_id != Some(*assignee));
            check_assignee(act, projects, assignee).await?;
            act.update(&before, after).await
        })
        .await
}

/// Moves a milestone to another status.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, a milestone that is there already or was approved, or a project
/// that is archived or over.
pub async fn transition(viewer: &Viewer, db: &Db, input: TransitionMilestoneInput) -> Result<Model> {
    viewer.require(MILESTONES_WRITE)?;
    viewer
        .act(db, "projects.milestone.transition", async |act| {
            let (before, _) = open(act, MILESTONES_WRITE, input.id, input.expected_version).await?;
            let after = rules::transition(&before, input.to, act.now())?;
            let after = act.update(&before, after).await?;
            act.record(Event {
                kind: "projects.milestone.transitioned",
                subject_type: "Milestone",
                subject_id: after.id.uuid(),
                payload: json!({ "from": before.status, "to": after.status }),
            });
            Ok(after)
        })
        .await
}

/// Moves a milestone to another place of its project.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT as for [`update`], INVALID for neighbours of another project.
pub async fn relocate(viewer: &Viewer, db: &Db, input: MoveMilestoneInput) -> Result<Model> {
    viewer.require(MILESTONES_WRITE)?;
    viewer
        .act(db, "projects.milestone.move", async |act| {
            let (before, project) = open(act, MILESTONES_WRITE, input.id, input.expected_version).await?;
            let mut others = all_of(act, project.id).await?;
            others.retain(|other| other.id != before.id);
            let rank = place(act, others, input.after, input.before).await?;
            act.update(&before, Model { rank, ..before.clone() }).await
        })
        .await
}

/// Removes a milestone; its tasks stay, in no milestone, and dependencies on it go.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, one that the client approved, or a project that is archived or
/// over.
pub async fn delete(viewer: &Viewer, db: &Db, id: MilestoneId, expected_version: Option<i64>) -> Result<()> {
    viewer.require(MILESTONES_WRITE)?;
    viewer
        .act(db, "projects.milestone.delete", async |act| {
            let (milestone, _) = open(act, MILESTONES_WRITE, id, expected_version).await?;
            if rules::approval(&milestone) == Some(crate::words::ApprovalStatus::Approved) {
                return Err(Error::conflict(rules::APPROVED));
            }
            task::leave_milestone(act, milestone.id).await?;
            feedback::leave_milestone(act, milestone.id).await?;
            link::leave_milestone(act, milestone.id).await?;
            act.delete(milestone).await
        })
        .await
}

/// Asks the client to approve a milestone.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT if the client does not see it, was asked already or approved it.
pub async fn request(
    viewer: &Viewer,
    db: &Db,
    id: MilestoneId,
    expected_version: Option<i64>,
) -> Result<Model> {
    viewer.require(MILESTONES_WRITE)?;
    viewer
        .act(db, "projects.milestone.request_approval", async |act| {
            let (before, project) = open(act, MILESTONES_WRITE, id, expected_version).await?;
            let after = rules::request(&before, project.account_id.is_some(), viewer.user_id(), act.now())?;
            act.update(&before, after).await
        })
        .await
}

/// Answers for the client.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN for everybody who is not of the client, CONFLICT if nobody asked.
pub async fn decide(viewer: &Viewer, db: &Db, decision: DecideMilestone) -> Result<Model> {
    viewer.require(MILESTONES_APPROVE)?;
    let DecideMilestone { act: name, id, expected_version, answer, comment } = decision;
    viewer
        .act(db, name, async |act| {
            let (before, _) = open(act, MILESTONES_APPROVE, id, expected_version).await?;
            if !viewer.is_client() {
                return Err(Error::Forbidden(FOR_CLIENTS.into()));
            }
            let after = rules::decide(&before, answer, comment, viewer.user_id(), act.now())?;
            let after = act.update(&before, after).await?;
            act.record(Event {
                kind: "projects.milestone.answered",
                subject_type: "Milestone",
                subject_id: after.id.uuid(),
                payload: json!({ "approval": after.approval }),
            });
            Ok(after)
        })
        .await
}

/// Milestones with these ids, whoever asks.
pub(crate) fn by_ids(act: &Act, ids: impl IntoIterator<Item = MilestoneId>) -> sea_orm::Select<Entity> {
    let ids: Vec<_> = ids.into_iter().map(|id| id.uuid()).collect();
    Entity::of_tenant(act.viewer().tenant_id()).filter(Column::Id.is_in(ids))
}
