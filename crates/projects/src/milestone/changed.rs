//! Changes of milestones: each field by its rule, and what a client agreed to stays. No database, no clock.

use kernel::{Error, Fields, Result, Text, patch, scalar::Date, text};
use serde_json::json;

use super::{
    entity::Model,
    mutation::UpdateMilestoneInput,
    rules::{APPROVED, approval, check_percentage, deliverables, status},
};
use crate::{
    project::rules::{DESCRIPTION_MAX, amount},
    words::{ApprovalStatus, MilestoneStatus::Completed},
};

/// The client is looking at the milestone.
pub const UNDER_APPROVAL: Text = Text::new(
    "milestone_under_approval",
    "The client is asked to approve this milestone as it is. Wait for their answer, or waive it and take it up again.",
    "Le client doit approuver ce jalon tel quel. Attendez sa réponse, ou abandonnez le jalon puis reprenez-le.",
);

/// A completed milestone is done as a whole.
pub const COMPLETED_IS_WHOLE: Text = Text::new(
    "milestone_completed",
    "A completed milestone is done by 100 per cent. Take it up again first.",
    "Un jalon atteint est fait à 100 %. Reprenez-le d'abord.",
);

/// The milestone as an input changes it.
///
/// # Errors
/// INVALID for wrong fields; CONFLICT for what the client approved or is asked to approve.
pub fn changed(before: &Model, input: UpdateMilestoneInput) -> Result<Model> {
    let UpdateMilestoneInput {
        id: _,
        expected_version: _,
        name,
        notes,
        deliverables: sent,
        due_on,
        priority,
        assignee_id,
        percentage,
        billing,
        client_visible,
    } = input;
    let (mut after, mut fields) = (before.clone(), Fields::new());
    if let Some(name) = patch::checked(name, "name", &mut fields, |value, path| text::name(&value, path)) {
        after.name = name;
    }
    if let Some(notes) = patch::optional(notes) {
        let notes = text::markdown(&notes.unwrap_or_default(), "notes", DESCRIPTION_MAX);
        after.notes = fields.take(notes).unwrap_or_default();
    }
    if let Some(lines) = patch::optional(sent) {
        let lines = deliverables(&lines.unwrap_or_default(), "deliverables");
        after.deliverables = json!(fields.take(lines).unwrap_or_default());
    }
    let date = patch::optional(due_on).map(|date: Option<Date>| date.map(Date::naive));
    after.due_on = date.unwrap_or(after.due_on);
    if let Some(priority) = patch::required(priority, "priority", &mut fields) {
        after.priority = priority.as_str().to_owned();
    }
    after.assignee_id = patch::optional(assignee_id).unwrap_or(after.assignee_id);
    if let Some(percentage) = patch::required(percentage, "percentage", &mut fields) {
        check_percentage(percentage, &mut fields);
        let whole = status(before) != Completed || percentage == 100;
        fields.require(whole, "percentage", COMPLETED_IS_WHOLE);
        after.percentage = percentage;
    }
    if let Some(billing) = patch::optional(billing) {
        (after.billing_minor, after.billing_currency) = amount(billing, "billing", &mut fields);
    }
    if let Some(shown) = patch::required(client_visible, "clientVisible", &mut fields) {
        after.client_visible = shown;
    }
    fields.check()?;
    check_agreed(before, &after)?;
    Ok(after)
}

/// What a client agrees to stays as they saw it: name, deliverables, date, amount, and that they see it.
fn check_agreed(before: &Model, after: &Model) -> Result<()> {
    let agreed = |row: &Model| {
        let Model { name, deliverables, due_on, billing_minor, billing_currency, client_visible, .. } =
            row.clone();
        (name, deliverables, due_on, billing_minor, billing_currency, client_visible)
    };
    let reason = match approval(before) {
        Some(ApprovalStatus::Approved) => APPROVED,
        Some(ApprovalStatus::Requested) => UNDER_APPROVAL,
        Some(ApprovalStatus::Rejected) | None => return Ok(()),
    };
    if agreed(before) == agreed(after) { Ok(()) } else { Err(Error::conflict(reason)) }
}
