//! The acts that change change requests: load, check, decide, write, record.

use kernel::{
    Fields, Result,
    act::{Act, Event},
    db::Db,
    id::{ChangeRequestId, TypedId},
    patch, text,
    viewer::Viewer,
};
use serde_json::json;

use super::{
    entity::{Entity, Model},
    line,
    mutation::{CreateChangeRequestInput, Decision, UpdateChangeRequestInput},
    rules::{self, Side, Step},
};
use crate::{
    policy::registers::{CHANGES_DECIDE, CHANGES_WRITE},
    project::{entity as project, rules::DESCRIPTION_MAX, rules::check_open},
    register::{self, TITLE_MAX, check_money},
    words::ChangeRequestStatus,
};

/// Writes a change request, as a draft.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a project that is archived or over, INVALID for wrong fields.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateChangeRequestInput) -> Result<Model> {
    viewer.require(CHANGES_WRITE)?;
    viewer
        .act(db, "projects.change_request.create", async |act| {
            let project = register::project_for(act, CHANGES_WRITE, input.project_id).await?;
            check_open(&project)?;
            if input.amount.is_some() {
                check_money(act, project.id).await?;
            }
            let change = new(act, &project, input)?;
            act.insert(change).await
        })
        .await
}

fn new(act: &Act, project: &project::Model, input: CreateChangeRequestInput) -> Result<Model> {
    let CreateChangeRequestInput { project_id, title, description, scope, notes, days, amount, billable } =
        input;
    let mut fields = Fields::new();
    let title = fields.take(text::line(&title, "title", TITLE_MAX)).unwrap_or_default();
    let mut markdown = |sent: Option<String>, path: &str| {
        let text = text::markdown(&sent.unwrap_or_default(), path, DESCRIPTION_MAX);
        fields.take(text).unwrap_or_default()
    };
    let description = markdown(description, "description");
    let scope = markdown(scope, "scope");
    let notes = markdown(notes, "notes");
    let days = days.unwrap_or_default();
    rules::check(days, amount, project, &mut fields);
    fields.check()?;
    Ok(Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id,
        title,
        description,
        scope,
        notes,
        days,
        amount_minor: amount.map(|amount| amount.amount.0),
        amount_currency: amount.map(|amount| amount.currency),
        billable: billable.unwrap_or_else(|| rules::is_billed(project)),
        status: ChangeRequestStatus::Draft.as_str().to_owned(),
        created_by: act.viewer().user_id(),
        submitted_by: None,
        submitted_at: None,
        staff_answer: None,
        staff_by: None,
        staff_at: None,
        staff_comment: None,
        client_answer: None,
        client_by: None,
        client_at: None,
        client_comment: None,
        applied_by: None,
        applied_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

/// Changes a draft.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, one that is no draft, or a project that is archived or over,
/// INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateChangeRequestInput) -> Result<Model> {
    viewer.require(CHANGES_WRITE)?;
    viewer
        .act(db, "projects.change_request.update", async |act| {
            let (before, project) =
                register::open::<Entity>(act, CHANGES_WRITE, input.id, input.expected_version).await?;
            check_open(&project)?;
            rules::check_draft(&before)?;
            if !input.amount.is_undefined() {
                check_money(act, project.id).await?;
            }
            let after = changed(&before, &project, input)?;
            act.update(&before, after).await
        })
        .await
}

fn changed(before: &Model, project: &project::Model, input: UpdateChangeRequestInput) -> Result<Model> {
    let UpdateChangeRequestInput {
        id: _,
        expected_version: _,
        title,
        description,
        scope,
        notes,
        days,
        amount,
        billable,
    } = input;
    let (mut after, mut fields) = (before.clone(), Fields::new());
    let line = |value: String, path: &str| text::line(&value, path, TITLE_MAX);
    if let Some(title) = patch::checked(title, "title", &mut fields, line) {
        after.title = title;
    }
    for (sent, path, place) in [
        (description, "description", &mut after.description),
        (scope, "scope", &mut after.scope),
        (notes, "notes", &mut after.notes),
    ] {
        if let Some(text) = patch::optional(sent) {
            let text = text::markdown(&text.unwrap_or_default(), path, DESCRIPTION_MAX);
            *place = fields.take(text).unwrap_or_default();
        }
    }
    if let Some(days) = patch::required(days, "days", &mut fields) {
        after.days = days;
    }
    let amount = patch::optional(amount);
    if let Some(amount) = amount {
        after.amount_minor = amount.map(|amount| amount.amount.0);
        after.amount_currency = amount.map(|amount| amount.currency);
    }
    if let Some(billable) = patch::required(billable, "billable", &mut fields) {
        after.billable = billable;
    }
    rules::check(after.days, amount.flatten(), project, &mut fields);
    fields.check()?;
    Ok(after)
}

/// Removes a draft.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or one that is no draft.
pub async fn delete(
    viewer: &Viewer,
    db: &Db,
    id: ChangeRequestId,
    expected_version: Option<i64>,
) -> Result<()> {
    viewer.require(CHANGES_WRITE)?;
    viewer
        .act(db, "projects.change_request.delete", async |act| {
            let (change, _) = register::open::<Entity>(act, CHANGES_WRITE, id, expected_version).await?;
            rules::check_draft(&change)?;
            act.delete(change).await
        })
        .await
}

/// Asks agency and client about a draft.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, one that is no draft, or a project that is archived or over.
pub async fn submit(
    viewer: &Viewer,
    db: &Db,
    id: ChangeRequestId,
    expected_version: Option<i64>,
) -> Result<Model> {
    viewer.require(CHANGES_WRITE)?;
    viewer
        .act(db, "projects.change_request.submit", async |act| {
            let (before, project) =
                register::open::<Entity>(act, CHANGES_WRITE, id, expected_version).await?;
            check_open(&project)?;
            let state = rules::next(rules::state(&before, project.account_id.is_some()), Step::Submit)?;
            let after = Model {
                status: state.status.as_str().to_owned(),
                submitted_by: act.viewer().user_id(),
                submitted_at: Some(act.now()),
                ..before.clone()
            };
            moved(act, &before, after).await
        })
        .await
}

/// Answers for the side that the viewer is of.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, one that is not submitted, or a side that answered already.
pub async fn decide(viewer: &Viewer, db: &Db, decision: Decision) -> Result<Model> {
    viewer.require(CHANGES_DECIDE)?;
    let Decision { act: name, id, expected_version, answer, comment } = decision;
    viewer
        .act(db, name, async |act| {
            let (before, project) =
                register::open::<Entity>(act, CHANGES_DECIDE, id, expected_version).await?;
            check_open(&project)?;
            let side = if viewer.is_client() { Side::Client } else { Side::Staff };
            let state = rules::state(&before, project.account_id.is_some());
            let state = rules::next(state, Step::Answer(side, answer))?;
            let mut after = Model { status: state.status.as_str().to_owned(), ..before.clone() };
            let (said, by, at) = (Some(answer.as_str().to_owned()), viewer.user_id(), Some(act.now()));
            match side {
                Side::Staff => {
                    (after.staff_answer, after.staff_by, after.staff_at) = (said, by, at);
                    after.staff_comment = comment;
                }
                Side::Client => {
                    (after.client_answer, after.client_by, after.client_at) = (said, by, at);
                    after.client_comment = comment;
                }
            }
            moved(act, &before, after).await
        })
        .await
}

/// Makes the project what was agreed, once: its budget and its end; and offers the amount for billing.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, also without the permission to set the budget, CONFLICT for a stale version, one that is not
/// approved or was applied already, or a project that it does not fit.
pub async fn apply(
    viewer: &Viewer,
    db: &Db,
    id: ChangeRequestId,
    expected_version: Option<i64>,
) -> Result<Model> {
    viewer.require(CHANGES_WRITE)?;
    viewer
        .act(db, "projects.change_request.apply", async |act| {
            let (before, project) =
                register::open::<Entity>(act, CHANGES_WRITE, id, expected_version).await?;
            check_open(&project)?;
            if before.amount_minor.is_some() {
                check_money(act, project.id).await?;
            }
            let state = rules::next(rules::state(&before, project.account_id.is_some()), Step::Apply)?;
            let changed = rules::applied(&project, &before)?;
            act.update(&project, changed).await?;
            offer(act, &before).await?;
            let after = Model {
                status: state.status.as_str().to_owned(),
                applied_by: act.viewer().user_id(),
                applied_at: Some(act.now()),
                ..before.clone()
            };
            moved(act, &before, after).await
        })
        .await
}

/// Keeps what is billed for a change, where something is.
async fn offer(act: &mut Act, change: &Model) -> Result<()> {
    let amount = change.amount_minor.zip(change.amount_currency).filter(|(minor, _)| *minor != 0);
    let Some((amount_minor, amount_currency)) = amount.filter(|_| change.billable) else { return Ok(()) };
    let line = line::entity::Model {
        id: act.new_id(),
        tenant_id: change.tenant_id,
        project_id: change.project_id,
        change_request_id: change.id,
        description: change.title.clone(),
        amount_minor,
        amount_currency,
        claim_id: None,
        claimed_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    };
    act.insert(line).await.map(drop)
}

/// Writes a change request that went to another status, or was answered.
async fn moved(act: &mut Act, before: &Model, after: Model) -> Result<Model> {
    let after = act.update(before, after).await?;
    if before.status != after.status {
        act.record(Event {
            kind: "projects.change_request.transitioned",
            subject_type: "ChangeRequest",
            subject_id: after.id.uuid(),
            payload: json!({ "from": before.status, "to": after.status }),
        });
    }
    Ok(after)
}
