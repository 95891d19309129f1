//! Decisions: what was decided in a project, why, by whom and when.

pub mod entity;
pub mod filter;
pub mod graphql;
pub mod mutation;

use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    ask::Ask,
    db::Db,
    id::{DecisionId, ProjectId, TypedId, UserId},
    page::{ChildPage, Connection, PageArgs, children},
    patch,
    scalar::Date,
    text,
    viewer::Viewer,
};

use crate::{
    policy::registers::{DECISIONS_READ, DECISIONS_WRITE},
    project::{entity as project, rules::DESCRIPTION_MAX},
    register::{self, TITLE_MAX},
    service::Projects,
};
use entity::{Column, Entity, Model};
use filter::{DecisionFilter, DecisionOrder};
use graphql::Decision;
use mutation::{RecordDecisionInput, UpdateDecisionInput};

/// The person is not one who could decide.
pub const NO_PART: Text = Text::new(
    "no_part",
    "This is no active person of the agency or of the project's client.",
    "Il ne s'agit pas d'une personne active de l'agence ou du client du projet.",
);

/// The day has yet to come.
pub const IN_FUTURE: Text = Text::new(
    "in_future",
    "What is yet to come has not been decided.",
    "Ce qui est à venir n'a pas encore été décidé.",
);

/// A page of a project's decisions, in one statement with those of other projects; without an order, the newest first.
///
/// # Errors
/// FORBIDDEN without the permission to read decisions, INVALID for a wrong filter or page.
pub async fn of_project(
    ask: &Ask,
    project: ProjectId,
    filter: DecisionFilter,
    order: Option<DecisionOrder>,
    args: PageArgs,
) -> Result<Connection<Decision>> {
    ask.viewer.require(DECISIONS_READ)?;
    filter.check()?;
    let page = ChildPage {
        parent: Column::ProjectId,
        order: order.unwrap_or_default().into(),
        args,
        fingerprint: format!("{filter:?}"),
        select: Box::new(move |viewer| filter.select(viewer)),
    };
    children(ask, project.uuid(), page).await
}

/// Writes a decision down.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for an archived project, INVALID for wrong fields.
pub async fn record(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: RecordDecisionInput,
) -> Result<Model> {
    viewer.require(DECISIONS_WRITE)?;
    viewer
        .act(db, "projects.decision.record", async |act| {
            let project = register::project_for(act, DECISIONS_WRITE, input.project_id).await?;
            check_person(act, projects, &project, input.decided_by).await?;
            let decision = new(act, input)?;
            act.insert(decision).await
        })
        .await
}

fn new(act: &Act, input: RecordDecisionInput) -> Result<Model> {
    let RecordDecisionInput { project_id, title, body, rationale, decided_by, decided_on, client_visible } =
        input;
    let mut fields = Fields::new();
    let title = fields.take(text::line(&title, "title", TITLE_MAX)).unwrap_or_default();
    let body = fields.take(text::markdown(&body.unwrap_or_default(), "body", DESCRIPTION_MAX));
    let rationale = text::markdown(&rationale.unwrap_or_default(), "rationale", DESCRIPTION_MAX);
    let rationale = fields.take(rationale);
    let today = crate::today(act.viewer(), act.now());
    let decided_on = decided_on.map_or(today, Date::naive);
    fields.require(decided_on <= today, "decidedOn", IN_FUTURE);
    fields.check()?;
    let viewer = act.viewer();
    Ok(Model {
        id: act.new_id(),
        tenant_id: viewer.tenant_id(),
        project_id,
        title,
        body: body.unwrap_or_default(),
        rationale: rationale.unwrap_or_default(),
        decided_by: decided_by.or(viewer.user_id()),
        decided_on,
        client_visible: client_visible.unwrap_or_default(),
        created_by: viewer.user_id(),
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

/// Whoever decided is staff, or of the client that the project is for.
async fn check_person(
    act: &Act,
    projects: &Projects,
    project: &project::Model,
    person: Option<UserId>,
) -> Result<()> {
    let Some(id) = person else { return Ok(()) };
    let known = projects.people.people(act, &[id]).await?;
    let takes_part = known.get(&id).is_some_and(|person| {
        person.active && (person.account.is_none() || person.account == project.account_id)
    });
    if takes_part { Ok(()) } else { Err(Error::field("decidedBy", NO_PART)) }
}

/// Changes a decision.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or an archived project, INVALID for wrong fields.
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: UpdateDecisionInput,
) -> Result<Model> {
    viewer.require(DECISIONS_WRITE)?;
    viewer
        .act(db, "projects.decision.update", async |act| {
            let (before, project) =
                register::open::<Entity>(act, DECISIONS_WRITE, input.id, input.expected_version).await?;
            let after = changed(act, &before, input)?;
            let person = after.decided_by.filter(|person| before.decided_by != Some(*person));
            check_person(act, projects, &project, person).await?;
            act.update(&before, after).await
        })
        .await
}

fn changed(act: &Act, before: &Model, input: UpdateDecisionInput) -> Result<Model> {
    let UpdateDecisionInput {
        id: _,
        expected_version: _,
        title,
        body,
        rationale,
        decided_by,
        decided_on,
        client_visible,
    } = input;
    let (mut after, mut fields) = (before.clone(), Fields::new());
    let line = |value: String, path: &str| text::line(&value, path, TITLE_MAX);
    if let Some(title) = patch::checked(title, "title", &mut fields, line) {
        after.title = title;
    }
    for (sent, path, place) in
        [(body, "body", &mut after.body), (rationale, "rationale", &mut after.rationale)]
    {
        if let Some(text) = patch::optional(sent) {
            let text = text::markdown(&text.unwrap_or_default(), path, DESCRIPTION_MAX);
            *place = fields.take(text).unwrap_or_default();
        }
    }
    after.decided_by = patch::optional(decided_by).unwrap_or(after.decided_by);
    if let Some(day) = patch::required(decided_on, "decidedOn", &mut fields) {
        after.decided_on = Date::naive(day);
        fields.require(after.decided_on <= crate::today(act.viewer(), act.now()), "decidedOn", IN_FUTURE);
    }
    if let Some(shown) = patch::required(client_visible, "clientVisible", &mut fields) {
        after.client_visible = shown;
    }
    fields.check()?;
    Ok(after)
}

/// Removes a decision.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or an archived project.
pub async fn delete(viewer: &Viewer, db: &Db, id: DecisionId, expected_version: Option<i64>) -> Result<()> {
    viewer.require(DECISIONS_WRITE)?;
    viewer
        .act(db, "projects.decision.delete", async |act| {
            let (decision, _) = register::open::<Entity>(act, DECISIONS_WRITE, id, expected_version).await?;
            act.delete(decision).await
        })
        .await
}
