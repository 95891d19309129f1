//! The acts that write rates: one of a place and a day is there once, and writing it again changes its amount.

use kernel::{
    Error, FieldError, Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{ActivityTypeId, BillRateId, CostRateId, ProjectId, TypedId, UserId},
    money::MoneyInput,
    people::check_staff,
    policy::Guarded,
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    bill, cost,
    mutation::{SetBillRateInput, SetCostRateInput},
};
use crate::{
    policy::{
        RATES_READ, TASKS_READ,
        time::{COSTS_READ, COSTS_WRITE, RATES_WRITE},
    },
    project::{entity as projects, rules::rate},
    service::Projects,
    task::entity as tasks,
    time::activity_type::entity as activity_type,
    words::RateLevel,
};

/// What is named does not make one place.
pub const BAD_PLACE: Text = Text::new(
    "bad_place",
    "A rate is of a task, of a project (alone, for a person or for a kind of work), of a person, of a kind of work, of a client, or of the agency.",
    "Un taux est celui d'une tâche, d'un projet (seul, pour une personne ou pour un type d'activité), d'une personne, d'un type d'activité, d'un client ou de l'agence.",
);

/// Somebody else wrote the same rate at this moment.
pub const AT_ONCE: Text = Text::new(
    "rate_at_once",
    "Somebody else set this rate at this moment. Try again.",
    "Quelqu'un d'autre vient de fixer ce taux. Réessayez.",
);

/// The level that an input names.
fn level(input: &SetBillRateInput) -> Result<RateLevel, FieldError> {
    let SetBillRateInput { task_id, project_id, user_id, activity_type_id, account_id, .. } = input;
    let named = (
        task_id.is_some(),
        project_id.is_some(),
        user_id.is_some(),
        activity_type_id.is_some(),
        account_id.is_some(),
    );
    match named {
        (false, false, false, false, false) => Ok(RateLevel::Tenant),
        (true, false, false, false, false) => Ok(RateLevel::Task),
        (false, true, true, false, false) => Ok(RateLevel::Member),
        (false, true, false, true, false) => Ok(RateLevel::ProjectActivity),
        (false, true, false, false, false) => Ok(RateLevel::Project),
        (false, false, false, true, false) => Ok(RateLevel::Activity),
        (false, false, true, false, false) => Ok(RateLevel::Person),
        (false, false, false, false, true) => Ok(RateLevel::Account),
        (true, ..) => Err(FieldError::new("taskId", BAD_PLACE)),
        (_, _, _, _, true) => Err(FieldError::new("accountId", BAD_PLACE)),
        _ => Err(FieldError::new("activityTypeId", BAD_PLACE)),
    }
}

/// The columns that make a place unique beside the tenant and the day.
fn key(level: RateLevel) -> &'static [&'static str] {
    match level {
        RateLevel::Task => &["tenant_id", "task_id", "since"],
        RateLevel::Member => &["tenant_id", "project_id", "user_id", "since"],
        RateLevel::ProjectActivity => &["tenant_id", "project_id", "activity_id", "since"],
        RateLevel::Project => &["tenant_id", "project_id", "since"],
        RateLevel::Activity => &["tenant_id", "activity_id", "since"],
        RateLevel::Person => &["tenant_id", "user_id", "since"],
        RateLevel::Account => &["tenant_id", "account_id", "since"],
        RateLevel::Entry | RateLevel::Tenant => &["tenant_id", "level", "since"],
    }
}

/// NOT_FOUND or FORBIDDEN unless the viewer may write rates of the project; for what is of none, of the whole agency.
async fn check_right(act: &Act, project: Option<ProjectId>, needed: Permission) -> Result<()> {
    match project {
        Some(project) => {
            projects::Entity::fetch_to(act.conn(), act.viewer(), needed, project).await.map(drop)
        }
        None => act.viewer().require_tenant(needed),
    }
}

async fn check_activity(act: &Act, id: Option<ActivityTypeId>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    let there = activity_type::Entity::of_tenant(act.viewer().tenant_id());
    let there = there.filter(activity_type::Column::Id.eq(id.uuid())).one(act.conn()).await?;
    there.map(drop).ok_or_else(|| Error::not_found(ActivityTypeId::TYPE, id))
}

async fn check_person(act: &Act, projects: &Projects, user: Option<UserId>) -> Result<()> {
    let wanted: Vec<(UserId, String)> = user.map(|user| (user, "userId".to_owned())).into_iter().collect();
    check_staff(&*projects.people, act, &wanted).await
}

/// Sets what an hour is billed at somewhere from a day on.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, INVALID for what makes no place and for amounts out of bounds, CONFLICT if somebody else sets the
/// same rate at this moment.
pub async fn set_bill(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: SetBillRateInput,
) -> Result<bill::Model> {
    viewer.require(RATES_WRITE)?;
    let level = level(&input)?;
    viewer
        .act(db, "projects.bill_rate.set", async |act| {
            let project = match input.task_id {
                Some(task) => {
                    Some(tasks::Entity::fetch_in(act.conn(), viewer, TASKS_READ, task).await?.project_id)
                }
                None => input.project_id,
            };
            check_right(act, project, RATES_WRITE).await?;
            check_activity(act, input.activity_type_id).await?;
            check_person(act, projects, input.user_id).await?;
            if let Some(account) = input.account_id {
                projects.accounts.account(act, viewer, account).await?;
            }
            check_amount(input.amount)?;
            let wanted = new_bill(act, level, project, &input);
            let there = bill::Entity::of_tenant(viewer.tenant_id())
                .filter(bill::Column::Level.eq(level.as_str()))
                .filter(bill::Column::Since.eq(wanted.since))
                .filter(same(bill::Column::TaskId, wanted.task_id))
                .filter(same(bill::Column::ProjectId, wanted.project_id))
                .filter(same(bill::Column::ActivityId, wanted.activity_id))
                .filter(same(bill::Column::UserId, wanted.user_id))
                .filter(same(bill::Column::AccountId, wanted.account_id));
            match there.one(act.conn()).await? {
                Some(there) => {
                    let (amount_minor, currency) = (wanted.amount_minor, wanted.currency);
                    act.update(&there, bill::Model { amount_minor, currency, ..there.clone() }).await
                }
                None => act.insert_unique(wanted, key(level), || Error::conflict(AT_ONCE)).await,
            }
        })
        .await
}

fn same<T: TypedId>(column: impl ColumnTrait, id: Option<T>) -> sea_orm::sea_query::Expr {
    match id {
        Some(id) => column.eq(id.uuid()),
        None => column.is_null(),
    }
}

fn check_amount(amount: MoneyInput) -> Result<()> {
    let mut fields = Fields::new();
    rate(Some(amount), "amount", &mut fields);
    fields.check()
}

fn new_bill(
    act: &Act,
    level: RateLevel,
    project: Option<ProjectId>,
    input: &SetBillRateInput,
) -> bill::Model {
    bill::Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        level: level.as_str().to_owned(),
        task_id: input.task_id,
        project_id: project,
        activity_id: input.activity_type_id,
        user_id: input.user_id,
        account_id: input.account_id,
        since: input.valid_from.naive(),
        amount_minor: input.amount.amount.0,
        currency: input.amount.currency,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

/// Sets what an hour costs from a day on: of a person, of a person on a project, or of anybody.
///
/// # Errors
/// As [`set_bill`].
pub async fn set_cost(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: SetCostRateInput,
) -> Result<cost::Model> {
    viewer.require(COSTS_WRITE)?;
    let level = match (input.project_id, input.user_id) {
        (None, None) => RateLevel::Tenant,
        (Some(_), Some(_)) => RateLevel::Member,
        (None, Some(_)) => RateLevel::Person,
        (Some(_), None) => return Err(Error::field("userId", BAD_PLACE)),
    };
    viewer
        .act(db, "projects.cost_rate.set", async |act| {
            check_right(act, input.project_id, COSTS_WRITE).await?;
            check_person(act, projects, input.user_id).await?;
            check_amount(input.amount)?;
            let (amount_minor, currency) = (input.amount.amount.0, input.amount.currency);
            let since = input.valid_from.naive();
            let there = cost::Entity::of_tenant(viewer.tenant_id())
                .filter(cost::Column::Since.eq(since))
                .filter(same(cost::Column::ProjectId, input.project_id))
                .filter(same(cost::Column::UserId, input.user_id));
            if let Some(there) = there.one(act.conn()).await? {
                return act.update(&there, cost::Model { amount_minor, currency, ..there.clone() }).await;
            }
            let new = cost::Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                level: level.as_str().to_owned(),
                project_id: input.project_id,
                user_id: input.user_id,
                since,
                amount_minor,
                currency,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            act.insert_unique(new, key(level), || Error::conflict(AT_ONCE)).await
        })
        .await
}

/// Removes a billing rate; approved time keeps what it was approved with.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version.
pub async fn delete_bill(viewer: &Viewer, db: &Db, id: BillRateId, expected: Option<i64>) -> Result<()> {
    viewer.require(RATES_WRITE)?;
    viewer
        .act(db, "projects.bill_rate.delete", async |act| {
            let rate = bill::Entity::fetch_in(act.conn(), viewer, RATES_READ, id).await?;
            check_right(act, rate.project_id, RATES_WRITE).await?;
            expect_version("BillRate", expected, rate.version)?;
            act.delete(rate).await
        })
        .await
}

/// Removes a cost rate; approved time keeps what it was approved with.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version.
pub async fn delete_cost(viewer: &Viewer, db: &Db, id: CostRateId, expected: Option<i64>) -> Result<()> {
    viewer.require(COSTS_WRITE)?;
    viewer
        .act(db, "projects.cost_rate.delete", async |act| {
            let rate = cost::Entity::fetch_in(act.conn(), viewer, COSTS_READ, id).await?;
            check_right(act, rate.project_id, COSTS_WRITE).await?;
            expect_version("CostRate", expected, rate.version)?;
            act.delete(rate).await
        })
        .await
}
