//! Removing for good what belongs to tenants whose time is over.

use kernel::{
    Result,
    act::{NewJob, job},
    db::Db,
    id::{TenantId, TypedId},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, Expr, ExprTrait, IntoCondition, Query, SelectStatement},
};

use super::{entity::Column, rows, rules::TenantStatus};
use crate::service::Identity;

/// Every table with rows of a tenant, those that point to others before those they point to.
pub const TABLES: &[&str] = &[
    "idempotency_keys",
    "jobs",
    "job_schedules",
    "outbox",
    "event_deliveries",
    "events",
    "audit_sinks",
    "audit_activities",
    "audit_activity_groups",
    "audit_activity_readers",
    "audit_texts",
    "audit_unsealed",
    "audit_leaves",
    "audit_nodes",
    "audit_heads",
    "audit_keys",
    "audit_trees",
    "audit_entries",
    "audit_removed",
    "audit_subject_keys",
    "audit_retention",
    "audit_holds",
    "audit_archives",
    "audit_privacy_requests",
    "assignments",
    "projects_timers",
    "projects_time_entries",
    "projects_time_claims",
    "projects_timesheets",
    "projects_bill_rates",
    "projects_cost_rates",
    "projects_activity_types",
    "projects_time_settings",
    "projects_allocation_skills",
    "projects_task_skills",
    "projects_allocations",
    "projects_leave",
    "projects_certifications",
    "projects_profile_skills",
    "projects_skills",
    "projects_profiles",
    "projects_calendar_days",
    "projects_calendars",
    "projects_plan_settings",
    "projects_baseline_plans",
    "projects_baselines",
    "projects_health_scores",
    "projects_health_settings",
    "projects_feedback",
    "projects_reports",
    "projects_decisions",
    "projects_change_lines",
    "projects_change_requests",
    "projects_risks",
    "projects_import_files",
    "projects_imports",
    "projects_views",
    "projects_fields",
    "projects_mentions",
    "projects_comments",
    "projects_task_labels",
    "projects_labels",
    "projects_links",
    "projects_task_assignees",
    "projects_tasks",
    "projects_milestones",
    "projects_columns",
    "projects_members",
    "projects_projects",
    "projects_template_plans",
    "projects_templates",
    "projects_counters",
    "identity_api_key_scopes",
    "identity_api_keys",
    "identity_invitation_roles",
    "identity_invitations",
    "identity_tokens",
    "identity_refresh_tokens",
    "identity_sessions",
    "identity_membership_roles",
    "identity_role_permissions",
    "identity_roles",
    "identity_domains",
    "crm_contacts",
    "crm_accounts",
    "identity_memberships",
];

/// The job that removes what the object storage has of purged tenants; its payload is a JSON list of their ids.
pub const JOB: &str = "identity.tenant.forget";

/// Tenants removed in one transaction.
const AT_ONCE: u64 = 10;

/// Removes tenants whose deletion is due, with everything of theirs and the people who belong nowhere else; a job of the
/// installation removes their files, archives of the trail included. Answers which; call it again until it answers none.
/// A tenant waits as long as a legal hold is in force in it: what must be kept for a court is not its owner's to remove.
///
/// This is no act: the trail of the tenants goes with them, so it is told to the log.
pub async fn purge_due(db: &Db, identity: &Identity) -> Result<Vec<TenantId>> {
    let due = || {
        rows()
            .filter(Column::Status.eq(TenantStatus::DeletionScheduled.as_str()))
            .filter(Column::DeletionAt.lte(identity.clock.now()))
            .filter(Expr::col(Column::Id).in_subquery(held()).not())
            .order_by_asc(Column::DeletionAt)
            .limit(AT_ONCE)
    };
    if due().one(db).await?.is_none() {
        return Ok(Vec::new());
    }
    let tx = db.begin().await?;
    // Race: an owner who cancels at this moment is waited for, and keeps the agency; one who comes later finds it gone.
    let due: Vec<TenantId> =
        due().lock_exclusive().all(&tx).await?.into_iter().map(|tenant| tenant.id).collect();
    if due.is_empty() {
        return Ok(due);
    }
    // Reason: the trail lets go of its entries for tenants in this state alone; nobody sees it from outside.
    let mut purging = Query::update();
    purging.table(Alias::new("identity_tenants")).value(Column::Status, "purging").cond_where(of(&due, "id"));
    tx.execute(&purging).await?;
    let mut leaving = Query::select();
    leaving.distinct().column(Alias::new("user_id")).from(Alias::new("identity_memberships"));
    leaving.cond_where(of(&due, "tenant_id"));
    let leaving = tx.query_all(&leaving).await?;
    let leaving: Vec<uuid::Uuid> =
        leaving.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, sea_orm::DbErr>>()?;
    // Reason: memberships point to accounts and accounts to their owners' memberships; one side lets go first.
    let mut untie = Query::update();
    untie
        .table(Alias::new("identity_memberships"))
        .value(Alias::new("account_id"), Option::<uuid::Uuid>::None);
    untie.cond_where(of(&due, "tenant_id"));
    tx.execute(&untie).await?;
    for table in TABLES {
        let mut delete = Query::delete();
        delete.from_table(Alias::new(*table)).cond_where(of(&due, "tenant_id"));
        tx.execute(&delete).await?;
    }
    let mut tenants = Query::delete();
    tenants.from_table(Alias::new("identity_tenants")).cond_where(of(&due, "id"));
    tx.execute(&tenants).await?;
    // Reason: who belongs to nobody else goes too; people who never belonged to these agencies are not looked at.
    for people in leaving.chunks(PEOPLE_AT_ONCE) {
        let mut members = Query::select();
        members.column(Alias::new("user_id")).from(Alias::new("identity_memberships"));
        let mut delete = Query::delete();
        delete.from_table(Alias::new("identity_users"));
        delete.and_where(Expr::col(Alias::new("id")).is_in(people.iter().copied()));
        delete.and_where(Expr::col(Alias::new("id")).in_subquery(members).not());
        tx.execute(&delete).await?;
    }
    // Reason: committed with the removal, so that a crash leaves no files behind.
    job::insert_unless_there(&tx, &[forgetting(identity, &due)?]).await?;
    tx.commit().await?;
    db.jobs.ring();
    tracing::warn!(tenants = ?due, "tenants were purged");
    Ok(due)
}

/// Tenants with a legal hold in force.
fn held() -> SelectStatement {
    let mut held = Query::select();
    held.column(Alias::new("tenant_id"))
        .from(Alias::new("audit_holds"))
        .and_where(Expr::col(Alias::new("released_at")).is_null());
    held
}

fn forgetting(identity: &Identity, tenants: &[TenantId]) -> Result<job::Model> {
    let tenants: Vec<uuid::Uuid> = tenants.iter().map(TypedId::uuid).collect();
    let job = NewJob::new(JOB, serde_json::to_string(&tenants)?);
    Ok(job.into_row(identity.ids.generate(), None, None, identity.clock.now()))
}

/// People that one statement removes, below the variables that both databases allow.
const PEOPLE_AT_ONCE: usize = 5_000;

fn of(tenants: &[TenantId], column: &str) -> sea_orm::Condition {
    Expr::col(Alias::new(column)).is_in(tenants.iter().map(TypedId::uuid)).into_condition()
}
