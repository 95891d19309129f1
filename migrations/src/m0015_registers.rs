//! Registers of projects: risks, change requests, decisions, status reports, feedback of clients.

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::{Cascade, NoAction};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0015_registers",
    source: include_str!("m0015_registers.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![risks(), change_requests(), change_lines(), decisions(), reports(), feedback()]
}

/// The score is kept, so that a list can be ordered by it.
fn risks() -> Table {
    Table::tenant("projects_risks")
        .uuid("project_id")
        .text("title")
        .text("description")
        .choice(
            "category",
            &["other", "schedule", "budget", "scope", "technical", "people", "client", "legal"],
        )
        .int("probability")
        .int("impact")
        .int("score")
        .uuid_opt("owner_id")
        .choice("response", &["mitigate", "avoid", "transfer", "accept"])
        .text("mitigation")
        .choice("status", &["open", "occurred", "closed"])
        .bigint_opt("exposure_minor")
        .currency_opt("exposure_currency")
        .timestamp_opt("closed_at")
        .std()
        .check("probability", "probability BETWEEN 1 AND 5")
        .check("impact", "impact BETWEEN 1 AND 5")
        .check("score", "score = probability * impact")
        .check("exposure_minor", "exposure_minor >= 0")
        .belongs_to("project_id", "projects_projects", NoAction)
        .member("owner_id", NoAction)
        .index(&["tenant_id", "project_id", "score", "id"])
        .index(&["tenant_id", "score", "id"])
        .index(&["tenant_id", "owner_id"])
}

/// No key to people: what was agreed outlives their place in the agency or at the client.
fn change_requests() -> Table {
    let answers = &["approved", "rejected"];
    Table::tenant("projects_change_requests")
        .uuid("project_id")
        .text("title")
        .text("description")
        .text("scope")
        .text("notes")
        .int("days")
        .bigint_opt("amount_minor")
        .currency_opt("amount_currency")
        .boolean("billable")
        .choice("status", &["draft", "submitted", "approved", "rejected", "applied"])
        .uuid_opt("created_by")
        .uuid_opt("submitted_by")
        .timestamp_opt("submitted_at")
        .choice_opt("staff_answer", answers)
        .uuid_opt("staff_by")
        .timestamp_opt("staff_at")
        .text_opt("staff_comment")
        .choice_opt("client_answer", answers)
        .uuid_opt("client_by")
        .timestamp_opt("client_at")
        .text_opt("client_comment")
        .uuid_opt("applied_by")
        .timestamp_opt("applied_at")
        .std()
        .check("applied_at", "status <> 'applied' OR applied_at IS NOT NULL")
        .belongs_to("project_id", "projects_projects", NoAction)
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "project_id", "created_at", "id"])
        .index(&["tenant_id", "created_at", "id"])
}

/// What is billed for a change that was applied: one line a change, whoever applies it at the same moment.
fn change_lines() -> Table {
    Table::tenant("projects_change_lines")
        .uuid("project_id")
        .uuid("change_request_id")
        .text("description")
        .bigint("amount_minor")
        .currency("amount_currency")
        .uuid_opt("claim_id")
        .timestamp_opt("claimed_at")
        .std()
        .check("claimed_at", "(claim_id IS NULL) = (claimed_at IS NULL)")
        .belongs_to("project_id", "projects_projects", NoAction)
        .belongs_to("change_request_id", "projects_change_requests", Cascade)
        .unique(&["tenant_id", "change_request_id"])
        .index(&["tenant_id", "project_id", "claimed_at"])
        .index(&["tenant_id", "claim_id"])
}

fn decisions() -> Table {
    Table::tenant("projects_decisions")
        .uuid("project_id")
        .text("title")
        .text("body")
        .text("rationale")
        .uuid_opt("decided_by")
        .date("decided_on")
        .boolean("client_visible")
        .uuid_opt("created_by")
        .std()
        .belongs_to("project_id", "projects_projects", NoAction)
        .index(&["tenant_id", "project_id", "decided_on", "id"])
        .index(&["tenant_id", "decided_on", "id"])
}

/// A week has one draft at most, and as many published revisions as were needed.
fn reports() -> Table {
    Table::tenant("projects_reports")
        .uuid("project_id")
        .date("week_start")
        .int("revision")
        .choice("status", &["draft", "published"])
        .text("summary")
        .text("achievements")
        .text("next_steps")
        .text("notes")
        .json("figures")
        .uuid_opt("created_by")
        .uuid_opt("published_by")
        .timestamp_opt("published_at")
        .std()
        .check("revision", "revision >= 1")
        .belongs_to("project_id", "projects_projects", NoAction)
        .unique(&["tenant_id", "project_id", "week_start", "revision"])
        .unique_where(&["tenant_id", "project_id", "week_start"], "status = 'draft'")
        .index(&["tenant_id", "week_start", "id"])
}

/// No key to people: what they said of a project outlives their place at the client.
fn feedback() -> Table {
    Table::tenant("projects_feedback")
        .uuid("project_id")
        .uuid_opt("milestone_id")
        .choice("kind", &["csat", "nps"])
        .uuid_opt("user_id")
        .uuid_opt("asked_by")
        .timestamp("expires_at")
        .timestamp_opt("told_at")
        .timestamp_opt("reminded_at")
        .timestamp_opt("answered_at")
        .int_opt("score")
        .text_opt("comment")
        .std()
        .check(
            "score",
            "score IS NULL OR (kind = 'csat' AND score BETWEEN 1 AND 5) OR (kind = 'nps' AND score BETWEEN 0 AND 10)",
        )
        .belongs_to("project_id", "projects_projects", NoAction)
        .key(
            &["tenant_id", "project_id", "milestone_id"],
            "projects_milestones",
            &["tenant_id", "project_id", "id"],
            NoAction,
        )
        .index(&["tenant_id", "project_id", "created_at", "id"])
        .index(&["tenant_id", "milestone_id", "project_id"])
        .index(&["tenant_id", "user_id", "id"])
        .index(&["tenant_id", "created_at", "id"])
}
