//! How well projects go: how an agency weighs the parts of it, and the score of each project on each day.

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::Cascade;
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0018_health",
    source: include_str!("m0018_health.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![settings(), scores()]
}

/// One row a tenant; none until somebody weighs otherwise.
fn settings() -> Table {
    let weighs =
        |table: Table, column: &'static str, rule: &'static str| table.int(column).check(column, rule);
    let table = Table::tenant("projects_health_settings");
    let table = weighs(table, "schedule_weight", "schedule_weight BETWEEN 0 AND 100");
    let table = weighs(table, "budget_weight", "budget_weight BETWEEN 0 AND 100");
    let table = weighs(table, "scope_weight", "scope_weight BETWEEN 0 AND 100");
    let table = weighs(table, "risk_weight", "risk_weight BETWEEN 0 AND 100");
    let table = weighs(table, "sentiment_weight", "sentiment_weight BETWEEN 0 AND 100");
    table
        .std()
        .check(
            "weights",
            "schedule_weight + budget_weight + scope_weight + risk_weight + sentiment_weight > 0",
        )
        .unique(&["tenant_id"])
}

/// A part that nothing was known of is null, and so is a score of no part.
fn scores() -> Table {
    let part =
        |table: Table, column: &'static str, rule: &'static str| table.int_opt(column).check(column, rule);
    let table = Table::tenant("projects_health_scores").uuid("project_id").date("scored_on");
    let table = part(table, "score", "score BETWEEN 0 AND 100");
    let table = part(table, "schedule", "schedule BETWEEN 0 AND 100");
    let table = part(table, "budget", "budget BETWEEN 0 AND 100");
    let table = part(table, "scope", "scope BETWEEN 0 AND 100");
    let table = part(table, "risk", "risk BETWEEN 0 AND 100");
    let table = part(table, "sentiment", "sentiment BETWEEN 0 AND 100");
    table
        .belongs_to("project_id", "projects_projects", Cascade)
        .unique(&["tenant_id", "project_id", "scored_on"])
        .index(&["tenant_id", "scored_on"])
}
