//! Changes of projects: each field by its rule. No database, no clock.

use async_graphql::MaybeUndefined;
use chrono::NaiveDate;
use kernel::{
    Fields, Result, Text,
    money::MoneyInput,
    patch,
    scalar::Date,
    text::{self, REQUIRED},
};
use serde_json::json;

use super::{entity::Model, mutation::UpdateProjectInput, rules};
use crate::words::{
    BillingType, Methodology, Priority,
    ProjectStatus::{Cancelled, Completed, InProgress, Review},
};

/// Work that goes on has no end yet.
pub const NOT_OVER: Text = Text::new(
    "project_not_over",
    "This project is not over yet: complete or cancel it first.",
    "Ce projet n'est pas terminé : clôturez-le ou annulez-le d'abord.",
);

/// The day has not come.
pub const IN_FUTURE: Text =
    Text::new("in_future", "This day has not come yet.", "Ce jour n'est pas encore venu.");

/// The project as an input changes it.
///
/// # Errors
/// INVALID for wrong fields.
pub(super) fn changed(before: &Model, input: UpdateProjectInput, today: NaiveDate) -> Result<Model> {
    let UpdateProjectInput {
        id: _,
        expected_version: _,
        name,
        description,
        account_id,
        manager_id,
        priority,
        estimated_start,
        estimated_end,
        actual_start,
        actual_end,
        expected_delivery,
        budget,
        budget_minutes,
        billing_type,
        methodology,
        tags,
        parent_id,
        custom_fields: _,
    } = input;
    let mut after = before.clone();
    let mut fields = Fields::new();
    if let Some(name) = patch::checked(name, "name", &mut fields, |value, path| text::name(&value, path)) {
        after.name = name;
    }
    if let Some(text) = patch::optional(description) {
        let text = text::markdown(&text.unwrap_or_default(), "description", rules::DESCRIPTION_MAX);
        after.description = fields.take(text).unwrap_or_default();
    }
    after.account_id = patch::optional(account_id).unwrap_or(after.account_id);
    after.manager_id = patch::optional(manager_id).unwrap_or(after.manager_id);
    after.parent_id = patch::optional(parent_id).unwrap_or(after.parent_id);
    let priority = patch::required(priority, "priority", &mut fields);
    let billing_type = patch::required(billing_type, "billingType", &mut fields);
    let methodology = patch::required(methodology, "methodology", &mut fields);
    set(&mut after.priority, priority.map(Priority::as_str));
    set(&mut after.billing_type, billing_type.map(BillingType::as_str));
    set(&mut after.methodology, methodology.map(Methodology::as_str));
    allot(&mut after, budget, budget_minutes, &mut fields);
    if let Some(tags) = patch::optional(tags) {
        let tags = fields.take(text::tags(&tags.unwrap_or_default(), "tags"));
        after.tags = json!(tags.unwrap_or_default());
    }
    for (field, sent) in [
        (&mut after.estimated_start, estimated_start),
        (&mut after.estimated_end, estimated_end),
        (&mut after.expected_delivery, expected_delivery),
        (&mut after.actual_start, actual_start),
        (&mut after.actual_end, actual_end),
    ] {
        *field = patch::optional(sent).map_or(*field, |date| date.map(Date::naive));
    }
    rules::check_dates(after.estimated_start, after.estimated_end, "estimatedEnd", &mut fields);
    check_actual(before, &after, today, &mut fields);
    fields.check()?;
    Ok(after)
}

/// What it may cost, in money and in work.
fn allot(
    after: &mut Model,
    budget: MaybeUndefined<MoneyInput>,
    minutes: MaybeUndefined<i64>,
    fields: &mut Fields,
) {
    if let Some(budget) = patch::optional(budget) {
        (after.budget_minor, after.budget_currency) = rules::amount(budget, "budget", fields);
    }
    after.budget_minutes = patch::optional(minutes).unwrap_or(after.budget_minutes);
    rules::check_minutes(after.budget_minutes, "budgetMinutes", fields);
}

fn set(field: &mut String, word: Option<&'static str>) {
    if let Some(word) = word {
        word.clone_into(field);
    }
}

/// Days on which work began and ended, as they are put right: they are past, what goes on or is over began, and only what
/// is over ended.
fn check_actual(before: &Model, after: &Model, today: NaiveDate, fields: &mut Fields) {
    if (before.actual_start, before.actual_end) == (after.actual_start, after.actual_end) {
        return;
    }
    let status = rules::status(before);
    let past = |day: Option<NaiveDate>| day.is_none_or(|day| day <= today);
    fields.require(past(after.actual_start), "actualStart", IN_FUTURE);
    fields.require(past(after.actual_end), "actualEnd", IN_FUTURE);
    let begun = matches!(status, InProgress | Review | Completed) || after.actual_end.is_some();
    fields.require(!begun || after.actual_start.is_some(), "actualStart", REQUIRED);
    fields.require(status != Completed || after.actual_end.is_some(), "actualEnd", REQUIRED);
    let over = matches!(status, Completed | Cancelled);
    fields.require(over || after.actual_end.is_none(), "actualEnd", NOT_OVER);
    rules::check_dates(after.actual_start, after.actual_end, "actualEnd", fields);
}
