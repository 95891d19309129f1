//! People and when they work: calendars, profiles with skills and certifications, leave, allocations, what tasks take,
//! how an agency plans.

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::{Cascade, NoAction};
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0019_people",
    source: include_str!("m0019_people.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![
        calendars(),
        calendar_days(),
        profiles(),
        skills(),
        profile_skills(),
        certifications(),
        leave(),
        allocations(),
        allocation_skills(),
        task_skills(),
        plan_settings(),
    ]
}

/// `hours`: for each day of the week, Monday first, intervals in minutes after midnight.
fn calendars() -> Table {
    Table::tenant("projects_calendars")
        .text("name")
        .json("hours")
        .text_opt("country")
        .boolean("is_default")
        .std()
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "name"])
        .unique_where(&["tenant_id"], "is_default")
}

/// Days on which a calendar or a person has other hours than usual.
fn calendar_days() -> Table {
    Table::tenant("projects_calendar_days")
        .uuid_opt("calendar_id")
        .uuid_opt("user_id")
        .date("on_day")
        .text_opt("name")
        .json("hours")
        .check("owner", "calendar_id IS NOT NULL OR user_id IS NOT NULL")
        .belongs_to("calendar_id", "projects_calendars", Cascade)
        .member("user_id", NoAction)
        .unique(&["tenant_id", "calendar_id", "on_day"])
        .unique(&["tenant_id", "user_id", "on_day"])
}

/// One a person, with an id made from theirs; none until something is said of them. No `hours` is those of the calendar.
fn profiles() -> Table {
    Table::tenant("projects_profiles")
        .uuid("user_id")
        .text_opt("job_title")
        .text_opt("location")
        .text_opt("country")
        .uuid_opt("calendar_id")
        .json("hours")
        .bigint_opt("weekly_minutes")
        .int_opt("target_percent")
        .std()
        .check("weekly_minutes", "weekly_minutes BETWEEN 0 AND 10080")
        .check("target_percent", "target_percent BETWEEN 0 AND 100")
        .member("user_id", NoAction)
        .belongs_to("calendar_id", "projects_calendars", NoAction)
        .unique(&["tenant_id", "user_id"])
        .index(&["tenant_id", "calendar_id"])
}

fn skills() -> Table {
    Table::tenant("projects_skills")
        .text("name")
        .text_opt("area")
        .timestamp_opt("archived_at")
        .std()
        .unique(&["tenant_id", "id"])
        .unique_where(&["tenant_id", "name"], "archived_at IS NULL")
        .index(&["tenant_id", "name", "id"])
}

fn profile_skills() -> Table {
    Table::tenant("projects_profile_skills")
        .uuid("user_id")
        .uuid("skill_id")
        .int("level")
        .check("level", "level BETWEEN 1 AND 5")
        .member("user_id", NoAction)
        .belongs_to("skill_id", "projects_skills", NoAction)
        .unique(&["tenant_id", "user_id", "skill_id"])
        .index(&["tenant_id", "skill_id"])
}

fn certifications() -> Table {
    Table::tenant("projects_certifications")
        .uuid("user_id")
        .text("name")
        .text_opt("issuer")
        .date_opt("issued_on")
        .date_opt("expires_on")
        .text_opt("credential")
        .member("user_id", NoAction)
        .index(&["tenant_id", "user_id"])
}

/// `minutes`: of each day; none: whole days.
fn leave() -> Table {
    Table::tenant("projects_leave")
        .uuid("user_id")
        .choice("kind", &["vacation", "sick", "training", "parental", "unpaid", "other"])
        .date("starts_on")
        .date("ends_on")
        .bigint_opt("minutes")
        .text("note")
        .choice("status", &["requested", "approved", "rejected", "cancelled"])
        .uuid_opt("decided_by")
        .timestamp_opt("decided_at")
        .text_opt("reason")
        .std()
        .check("ends_on", "ends_on >= starts_on")
        .check("minutes", "minutes BETWEEN 1 AND 1440")
        .member("user_id", NoAction)
        .index(&["tenant_id", "user_id", "ends_on"])
        .index(&["tenant_id", "starts_on", "id"])
        .index(&["tenant_id", "status", "starts_on"])
}

/// Of a person, or of a role that somebody is still to take; so much a week, or a share of what the person has.
fn allocations() -> Table {
    Table::tenant("projects_allocations")
        .uuid("project_id")
        .uuid_opt("user_id")
        .text_opt("role")
        .bigint_opt("weekly_minutes")
        .int_opt("percent")
        .date("starts_on")
        .date("ends_on")
        .choice("commitment", &["tentative", "firm"])
        .text("note")
        .std()
        .check("ends_on", "ends_on >= starts_on")
        .check("amount", "weekly_minutes IS NOT NULL OR percent IS NOT NULL")
        .check("weekly_minutes", "weekly_minutes BETWEEN 1 AND 10080")
        .check("percent", "percent BETWEEN 1 AND 100")
        .check("who", "user_id IS NOT NULL OR role IS NOT NULL")
        .belongs_to("project_id", "projects_projects", NoAction)
        .member("user_id", NoAction)
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "project_id", "starts_on"])
        .index(&["tenant_id", "user_id", "ends_on"])
        .index(&["tenant_id", "starts_on", "id"])
}

/// What a place on a project takes.
fn allocation_skills() -> Table {
    Table::tenant("projects_allocation_skills")
        .uuid("allocation_id")
        .uuid("skill_id")
        .int("level")
        .check("level", "level BETWEEN 1 AND 5")
        .belongs_to("allocation_id", "projects_allocations", Cascade)
        .belongs_to("skill_id", "projects_skills", NoAction)
        .unique(&["tenant_id", "allocation_id", "skill_id"])
        .index(&["tenant_id", "skill_id"])
}

/// What a task takes.
fn task_skills() -> Table {
    Table::tenant("projects_task_skills")
        .uuid("task_id")
        .uuid("skill_id")
        .int("level")
        .check("level", "level BETWEEN 1 AND 5")
        .belongs_to("task_id", "projects_tasks", Cascade)
        .belongs_to("skill_id", "projects_skills", NoAction)
        .unique(&["tenant_id", "task_id", "skill_id"])
        .index(&["tenant_id", "skill_id"])
}

fn plan_settings() -> Table {
    Table::tenant("projects_plan_settings")
        .choice("over_allocation", &["refuse", "warn"])
        .std()
        .unique(&["tenant_id"])
}
