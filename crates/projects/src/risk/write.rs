//! The acts that change risks: load, check, decide, write, record.

use chrono::{DateTime, Utc};
use kernel::{
    Fields, Result,
    act::Act,
    db::Db,
    id::{RiskId, UserId},
    patch,
    people::check_staff,
    text,
    viewer::Viewer,
};

use super::{
    SCALE,
    entity::{Entity, Model},
    mutation::{CreateRiskInput, UpdateRiskInput},
};
use crate::{
    policy::registers::RISKS_WRITE,
    project::rules::{DESCRIPTION_MAX, amount},
    register::{self, TITLE_MAX, check_money, check_range},
    service::Projects,
    words::RiskStatus,
};

/// Registers a risk.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for an archived project, INVALID for wrong fields.
pub async fn create(viewer: &Viewer, db: &Db, projects: &Projects, input: CreateRiskInput) -> Result<Model> {
    viewer.require(RISKS_WRITE)?;
    viewer
        .act(db, "projects.risk.create", async |act| {
            let project = register::project_for(act, RISKS_WRITE, input.project_id).await?;
            if input.exposure.is_some() {
                check_money(act, project.id).await?;
            }
            check_owner(act, projects, input.owner_id).await?;
            let risk = new(act, input)?;
            act.insert(risk).await
        })
        .await
}

fn new(act: &Act, input: CreateRiskInput) -> Result<Model> {
    let CreateRiskInput {
        project_id,
        title,
        description,
        category,
        probability,
        impact,
        owner_id,
        response,
        mitigation,
        exposure,
    } = input;
    let mut fields = Fields::new();
    let title = fields.take(text::line(&title, "title", TITLE_MAX));
    let description = text::markdown(&description.unwrap_or_default(), "description", DESCRIPTION_MAX);
    let description = fields.take(description);
    let mitigation = text::markdown(&mitigation.unwrap_or_default(), "mitigation", DESCRIPTION_MAX);
    let mitigation = fields.take(mitigation);
    check_range(probability, SCALE, "probability", &mut fields);
    check_range(impact, SCALE, "impact", &mut fields);
    let (exposure_minor, exposure_currency) = amount(exposure, "exposure", &mut fields);
    fields.check()?;
    Ok(Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id,
        title: title.unwrap_or_default(),
        description: description.unwrap_or_default(),
        category: category.unwrap_or_default().as_str().to_owned(),
        probability,
        impact,
        score: probability * impact,
        owner_id,
        response: response.unwrap_or_default().as_str().to_owned(),
        mitigation: mitigation.unwrap_or_default(),
        status: RiskStatus::Open.as_str().to_owned(),
        exposure_minor,
        exposure_currency,
        closed_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

async fn check_owner(act: &Act, projects: &Projects, owner: Option<UserId>) -> Result<()> {
    let wanted: Vec<_> = owner.into_iter().map(|user| (user, "ownerId".to_owned())).collect();
    check_staff(&*projects.people, act, &wanted).await
}

/// Changes a risk.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or an archived project, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, projects: &Projects, input: UpdateRiskInput) -> Result<Model> {
    viewer.require(RISKS_WRITE)?;
    viewer
        .act(db, "projects.risk.update", async |act| {
            let (before, project) =
                register::open::<Entity>(act, RISKS_WRITE, input.id, input.expected_version).await?;
            if !input.exposure.is_undefined() {
                check_money(act, project.id).await?;
            }
            let after = changed(&before, input, act.now())?;
            let owner = after.owner_id.filter(|owner| before.owner_id != Some(*owner));
            check_owner(act, projects, owner).await?;
            act.update(&before, after).await
        })
        .await
}

/// The risk as an input changes it: its score follows, and closing it is dated.
fn changed(before: &Model, input: UpdateRiskInput, now: DateTime<Utc>) -> Result<Model> {
    let UpdateRiskInput {
        id: _,
        expected_version: _,
        title,
        description,
        category,
        probability,
        impact,
        owner_id,
        response,
        mitigation,
        status,
        exposure,
    } = input;
    let (mut after, mut fields) = (before.clone(), Fields::new());
    let line = |value: String, path: &str| text::line(&value, path, TITLE_MAX);
    if let Some(title) = patch::checked(title, "title", &mut fields, line) {
        after.title = title;
    }
    for (sent, path, place) in [
        (description, "description", &mut after.description),
        (mitigation, "mitigation", &mut after.mitigation),
    ] {
        if let Some(text) = patch::optional(sent) {
            let text = text::markdown(&text.unwrap_or_default(), path, DESCRIPTION_MAX);
            *place = fields.take(text).unwrap_or_default();
        }
    }
    if let Some(category) = patch::required(category, "category", &mut fields) {
        after.category = category.as_str().to_owned();
    }
    if let Some(response) = patch::required(response, "response", &mut fields) {
        after.response = response.as_str().to_owned();
    }
    for (sent, path, place) in
        [(probability, "probability", &mut after.probability), (impact, "impact", &mut after.impact)]
    {
        if let Some(value) = patch::required(sent, path, &mut fields) {
            check_range(value, SCALE, path, &mut fields);
            *place = value;
        }
    }
    after.owner_id = patch::optional(owner_id).unwrap_or(after.owner_id);
    if let Some(status) = patch::required(status, "status", &mut fields) {
        after.status = status.as_str().to_owned();
        after.closed_at = (status == RiskStatus::Closed).then(|| before.closed_at.unwrap_or(now));
    }
    if let Some(exposure) = patch::optional(exposure) {
        (after.exposure_minor, after.exposure_currency) = amount(exposure, "exposure", &mut fields);
    }
    fields.check()?;
    after.score = after.probability * after.impact;
    Ok(after)
}

/// Takes a risk out of the register.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version or an archived project.
pub async fn delete(viewer: &Viewer, db: &Db, id: RiskId, expected_version: Option<i64>) -> Result<()> {
    viewer.require(RISKS_WRITE)?;
    viewer
        .act(db, "projects.risk.delete", async |act| {
            let (risk, _) = register::open::<Entity>(act, RISKS_WRITE, id, expected_version).await?;
            act.delete(risk).await
        })
        .await
}
