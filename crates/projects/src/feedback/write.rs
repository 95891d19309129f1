//! The acts that ask clients, and take their answers: load, check, decide, write, record.

use std::collections::HashSet;

use chrono::TimeDelta;
use kernel::{
    Error, Fields, Result, Text,
    act::{Act, Event},
    db::Db,
    id::{FeedbackRequestId, MilestoneId, TypedId, UserId},
    policy::Guarded,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;

use super::{
    entity::{Column, Entity, Model},
    mutation::{AnswerFeedbackInput, RequestFeedbackInput},
    rules,
    tell::Errand,
};
use crate::{
    milestone::entity as milestone,
    policy::registers::{FEEDBACK_ANSWER, FEEDBACK_ASK},
    project::entity as project,
    register,
    service::Projects,
};

/// The person is not one who can be asked.
pub const NOT_OF_CLIENT: Text = Text::new(
    "not_of_client",
    "This is no active person of the project's client.",
    "Il ne s'agit pas d'une personne active du client du projet.",
);

/// The person was asked the same and has not answered.
pub const ASKED: Text = Text::new(
    "already_asked",
    "They were asked the same already and can still answer.",
    "La même question leur a déjà été posée et attend une réponse.",
);

/// The milestone is not one that the client sees.
pub const NOT_SHOWN: Text = Text::new(
    "milestone_not_shown",
    "This is no milestone of the project that the client sees.",
    "Ce n'est pas un jalon du projet visible par le client.",
);

/// Too few or too many people.
pub const HOW_MANY: Text =
    Text::new("how_many", "Ask 1 to {max} people at once.", "Sollicitez de 1 à {max} personnes à la fois.");

/// Only clients answer.
pub const FOR_CLIENTS: Text = Text::new(
    "only_the_client",
    "Only the person who was asked can answer this.",
    "Seule la personne sollicitée peut répondre.",
);

/// Most people asked at once.
const MAX_PEOPLE: usize = 20;

/// Asks people of the project's client.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for an archived project, INVALID for wrong fields, people who are not of the client,
/// and people who were asked the same and can still answer.
pub async fn request(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: RequestFeedbackInput,
) -> Result<Vec<Model>> {
    viewer.require(FEEDBACK_ASK)?;
    let mut seen = HashSet::new();
    let people: Vec<UserId> = input.user_ids.iter().copied().filter(|user| seen.insert(*user)).collect();
    let days = input.days.unwrap_or(rules::USUAL_DAYS);
    viewer
        .act(db, "projects.feedback.request", async |act| {
            let project = register::project_for(act, FEEDBACK_ASK, input.project_id).await?;
            let mut fields = Fields::new();
            let fits = (1..=MAX_PEOPLE).contains(&people.len());
            fields.require(fits, "userIds", HOW_MANY.with("max", MAX_PEOPLE));
            register::check_range(days, rules::DAYS, "days", &mut fields);
            fields.check()?;
            check_milestone(act, &project, input.milestone_id).await?;
            check_people(act, projects, &project, &people).await?;
            check_not_asked(act, &input, &people).await?;
            let rows = people.iter().map(|user| new(act, &input, *user, days)).collect();
            let rows = act.insert_all(rows).await?;
            let ids: Vec<FeedbackRequestId> = rows.iter().map(|row: &Model| row.id).collect();
            Errand { requests: ids.clone(), reminder: false, by_hand: false }.queue(act, TimeDelta::zero());
            Errand { requests: ids, reminder: true, by_hand: false }.queue(act, rules::reminder_after(days));
            Ok(rows)
        })
        .await
}

fn new(act: &Act, input: &RequestFeedbackInput, user: UserId, days: i32) -> Model {
    Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id: input.project_id,
        milestone_id: input.milestone_id,
        kind: input.kind.as_str().to_owned(),
        user_id: Some(user),
        asked_by: act.viewer().user_id(),
        expires_at: act.now() + TimeDelta::days(days.into()),
        told_at: None,
        reminded_at: None,
        answered_at: None,
        score: None,
        comment: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

async fn check_milestone(act: &Act, project: &project::Model, wanted: Option<MilestoneId>) -> Result<()> {
    let Some(id) = wanted else { return Ok(()) };
    let found = milestone::Entity::of_tenant(project.tenant_id)
        .filter(milestone::Column::Id.eq(id.uuid()))
        .filter(milestone::Column::ProjectId.eq(project.id.uuid()))
        .filter(milestone::Column::ClientVisible.eq(true));
    match found.one(act.conn()).await? {
        Some(_) => Ok(()),
        None => Err(Error::field("milestoneId", NOT_SHOWN)),
    }
}

async fn check_people(
    act: &Act,
    projects: &Projects,
    project: &project::Model,
    people: &[UserId],
) -> Result<()> {
    let known = projects.people.people(act, people).await?;
    let mut fields = Fields::new();
    for (index, user) in people.iter().enumerate() {
        let fits = known.get(user).is_some_and(|person| {
            person.active && person.account.is_some() && person.account == project.account_id
        });
        fields.require(fits, &format!("userIds.{index}"), NOT_OF_CLIENT);
    }
    fields.check()
}

/// Race: the project is locked, so nobody asks the same at the same moment.
async fn check_not_asked(act: &Act, input: &RequestFeedbackInput, people: &[UserId]) -> Result<()> {
    let mut open = Entity::of_tenant(act.viewer().tenant_id())
        .filter(Column::ProjectId.eq(input.project_id.uuid()))
        .filter(Column::Kind.eq(input.kind.as_str()))
        .filter(Column::UserId.is_in(people.iter().map(|user| user.uuid())))
        .filter(Column::AnsweredAt.is_null())
        .filter(Column::ExpiresAt.gt(act.now()));
    open = match input.milestone_id {
        Some(milestone) => open.filter(Column::MilestoneId.eq(milestone.uuid())),
        None => open.filter(Column::MilestoneId.is_null()),
    };
    let open = open.all(act.conn()).await?;
    let mut fields = Fields::new();
    for (index, user) in people.iter().enumerate() {
        let asked = open.iter().any(|request| request.user_id == Some(*user));
        fields.require(!asked, &format!("userIds.{index}"), ASKED);
    }
    fields.check()
}

/// Answers the viewer's own question.
///
/// # Errors
/// NOT_FOUND for a question to somebody else, FORBIDDEN for staff, CONFLICT if it was answered or its time is over,
/// INVALID for an answer that is none of the kind's.
pub async fn answer(viewer: &Viewer, db: &Db, input: AnswerFeedbackInput) -> Result<Model> {
    viewer.require(FEEDBACK_ANSWER)?;
    viewer
        .act(db, "projects.feedback.answer", async |act| {
            // Reason: a question outlives the work that it is about; what it is about is no longer changed by an answer.
            let (before, _) = register::held::<Entity>(act, FEEDBACK_ANSWER, input.id, None).await?;
            if !viewer.is_client() {
                return Err(Error::Forbidden(FOR_CLIENTS.into()));
            }
            rules::check_open(&before, act.now())?;
            let mut fields = Fields::new();
            rules::check_score(rules::kind(&before), input.score, &mut fields);
            let comment = fields.take(register::comment(input.comment.as_deref(), "comment")).flatten();
            fields.check()?;
            let (answered_at, score) = (Some(act.now()), Some(input.score));
            let after = act.update(&before, Model { answered_at, score, comment, ..before.clone() }).await?;
            act.record(Event {
                kind: "projects.feedback.answered",
                subject_type: "FeedbackRequest",
                subject_id: after.id.uuid(),
                payload: json!({ "kind": after.kind }),
            });
            Ok(after)
        })
        .await
}

/// Reminds the person of an open question.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT if it is not open, or they heard of it within a day.
pub async fn remind(viewer: &Viewer, db: &Db, id: FeedbackRequestId) -> Result<Model> {
    viewer.require(FEEDBACK_ASK)?;
    viewer
        .act(db, "projects.feedback.remind", async |act| {
            let (before, _) = register::open::<Entity>(act, FEEDBACK_ASK, id, None).await?;
            rules::check_remindable(&before, act.now())?;
            let reminded_at = Some(act.now());
            let after = act.update(&before, Model { reminded_at, ..before.clone() }).await?;
            Errand { requests: vec![after.id], reminder: true, by_hand: true }.queue(act, TimeDelta::zero());
            Ok(after)
        })
        .await
}

/// Takes back a question that was not answered.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT if it was answered.
pub async fn withdraw(viewer: &Viewer, db: &Db, id: FeedbackRequestId) -> Result<()> {
    viewer.require(FEEDBACK_ASK)?;
    viewer
        .act(db, "projects.feedback.withdraw", async |act| {
            let (request, _) = register::open::<Entity>(act, FEEDBACK_ASK, id, None).await?;
            if request.answered_at.is_some() {
                return Err(Error::conflict(rules::ANSWERED));
            }
            act.delete(request).await
        })
        .await
}
