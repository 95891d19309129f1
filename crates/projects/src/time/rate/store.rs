//! Which rates hold for entries: everything that could is read in a handful of statements for any number of entries, and
//! the cascade chooses.

use std::collections::{HashMap, HashSet};

use async_graphql::dataloader::Loader;
use chrono::NaiveDate;
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{AccountId, ProjectId, TenantId, TimeEntryId, TypedId, UserId},
    money::{Currency, Money},
    policy::{Guarded, nothing},
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{bill, cost};
use crate::{
    member::entity as member,
    policy::time::TIME_READ,
    project::entity as project,
    time::{
        cascade::{Rate, Work, resolve},
        entry::entity as entry,
    },
    words::RateLevel,
};

/// The rates that hold, by entry; entries without any are left out.
pub type Found = HashMap<TimeEntryId, Rate>;

/// What an hour of each of these entries is billed at, as things are written now; in three statements.
///
/// # Errors
/// If the database does not answer.
pub async fn bills(conn: &impl ConnectionTrait, tenant: TenantId, entries: &[entry::Model]) -> Result<Found> {
    if entries.is_empty() {
        return Ok(Found::new());
    }
    let backend = conn.get_database_backend();
    let projects = ids(entries.iter().map(|entry| Some(entry.project_id)));
    let people = ids(entries.iter().map(|entry| entry.user_id));
    let accounts = accounts(conn, tenant, &projects).await?;
    let among = nothing()
        .add(bill::Column::Level.eq(RateLevel::Tenant.as_str()))
        .add(one_of(backend, bill::Column::ProjectId, projects.iter().copied()))
        .add(one_of(backend, bill::Column::TaskId, ids(entries.iter().map(|entry| entry.task_id))))
        .add(one_of(backend, bill::Column::ActivityId, ids(entries.iter().map(|entry| entry.activity_id))))
        .add(one_of(backend, bill::Column::UserId, people.iter().copied()))
        .add(one_of(backend, bill::Column::AccountId, ids(accounts.values().map(|account| Some(*account)))));
    let written = bill::Entity::of_tenant(tenant).filter(among).all(conn).await?;
    let mut rates: Vec<Rate> = written.iter().map(written_bill).collect();
    rates.extend(places(conn, tenant, &projects, &people).await?);
    Ok(chosen(entries, &accounts, &rates))
}

/// What an hour of each of these entries costs, as things are written now; in one statement.
///
/// # Errors
/// If the database does not answer.
pub async fn costs(conn: &impl ConnectionTrait, tenant: TenantId, entries: &[entry::Model]) -> Result<Found> {
    if entries.is_empty() {
        return Ok(Found::new());
    }
    let people = ids(entries.iter().map(|entry| entry.user_id));
    let among = nothing().add(cost::Column::Level.eq(RateLevel::Tenant.as_str())).add(one_of(
        conn.get_database_backend(),
        cost::Column::UserId,
        people,
    ));
    let written = cost::Entity::of_tenant(tenant).filter(among).all(conn).await?;
    let rates: Vec<Rate> = written.iter().map(written_cost).collect();
    let own_aside: Vec<entry::Model> =
        entries.iter().map(|entry| entry::Model { own_rate_minor: None, ..entry.clone() }).collect();
    Ok(chosen(&own_aside, &HashMap::new(), &rates))
}

/// The entries with what an hour of each is billed at and costs, as things are written now. What was fixed for them
/// before stays, but for an own rate.
///
/// # Errors
/// If the database does not answer.
pub async fn fixed(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    entries: &[entry::Model],
) -> Result<Vec<entry::Model>> {
    let (bills, costs) = (bills(conn, tenant, entries).await?, costs(conn, tenant, entries).await?);
    let fix = |entry: &entry::Model| {
        let mut fixed = entry.clone();
        if !entry.is_bill_fixed() {
            let bill = bills.get(&entry.id).filter(|_| entry.billable);
            fixed.bill_rate_minor = bill.map(|rate| rate.amount.amount);
            fixed.bill_rate_currency = bill.map(|rate| rate.amount.currency);
            fixed.bill_source = bill.map(|rate| rate.level.as_str().to_owned());
        }
        if entry.cost_rate_minor.is_none() {
            let cost = costs.get(&entry.id);
            fixed.cost_rate_minor = cost.map(|rate| rate.amount.amount);
            fixed.cost_rate_currency = cost.map(|rate| rate.amount.currency);
            fixed.cost_source = cost.map(|rate| rate.level.as_str().to_owned());
        }
        fixed
    };
    Ok(entries.iter().map(fix).collect())
}

fn ids<T: TypedId>(all: impl Iterator<Item = Option<T>>) -> HashSet<Uuid> {
    all.flatten().map(|id| id.uuid()).collect()
}

async fn accounts(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    projects: &HashSet<Uuid>,
) -> Result<HashMap<ProjectId, AccountId>> {
    use project::Column as Of;
    let rows = project::Entity::of_tenant(tenant)
        .filter(one_of(conn.get_database_backend(), Of::Id, projects.iter().copied()))
        .filter(Of::AccountId.is_not_null());
    Ok(rows
        .select_only()
        .columns([Of::Id, Of::AccountId])
        .into_tuple::<(ProjectId, AccountId)>()
        .all(conn)
        .await?
        .into_iter()
        .collect())
}

/// The rates at people's places on teams: they hold where no dated one is written for the place, until its person left
/// it. Of several places of a person on one project the first holds for earlier work as well.
async fn places(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    projects: &HashSet<Uuid>,
    people: &HashSet<Uuid>,
) -> Result<Vec<Rate>> {
    use member::Column as Of;
    let backend = conn.get_database_backend();
    let rows = member::Entity::of_tenant(tenant)
        .filter(one_of(backend, Of::ProjectId, projects.iter().copied()))
        .filter(one_of(backend, Of::UserId, people.iter().copied()))
        .filter(Of::BillRateMinor.is_not_null())
        .order_by_asc(Of::JoinedOn)
        .order_by_asc(Of::Id)
        .select_only()
        .columns([Of::ProjectId, Of::UserId, Of::BillRateMinor, Of::RateCurrency, Of::LeftOn]);
    let rows: Vec<(ProjectId, UserId, i64, Currency, Option<NaiveDate>)> =
        rows.into_tuple().all(conn).await?;
    let mut rates: Vec<Rate> = Vec::with_capacity(rows.len());
    // Invariant: one's places on a project follow one another; of those that hold on a day the first is chosen.
    for (project, person, minor, currency, until) in rows {
        let level = Rate::bare(RateLevel::Member, Money::new(minor, currency));
        rates.push(Rate { project: Some(project), person: Some(person), until, ..level });
    }
    Ok(rates)
}

/// A rate as the cascade takes it.
pub fn written_bill(row: &bill::Model) -> Rate {
    Rate {
        level: RateLevel::parse(&row.level).unwrap_or_default(),
        task: row.task_id,
        project: row.project_id,
        activity: row.activity_id,
        person: row.user_id,
        account: row.account_id,
        since: Some(row.since),
        until: None,
        amount: Money::new(row.amount_minor, row.currency),
    }
}

/// What an hour costs, as the cascade takes it.
pub fn written_cost(row: &cost::Model) -> Rate {
    Rate {
        project: row.project_id,
        person: row.user_id,
        since: Some(row.since),
        ..Rate::bare(
            RateLevel::parse(&row.level).unwrap_or_default(),
            Money::new(row.amount_minor, row.currency),
        )
    }
}

fn chosen(entries: &[entry::Model], accounts: &HashMap<ProjectId, AccountId>, rates: &[Rate]) -> Found {
    let choose = |entry: &entry::Model| {
        let own = entry.own_rate_minor.zip(entry.own_rate_currency);
        let own = own.map(|(minor, currency)| Rate::bare(RateLevel::Entry, Money::new(minor, currency)));
        let work = Work {
            project: entry.project_id,
            task: entry.task_id,
            activity: entry.activity_id,
            person: entry.user_id,
            account: accounts.get(&entry.project_id).copied(),
            on: entry.spent_on,
        };
        Some((entry.id, resolve(&work, own.iter().chain(rates))?))
    };
    entries.iter().filter_map(choose).collect()
}

/// What an hour of an entry that the viewer was shown is billed at; one round for all entries of a request.
///
/// # Errors
/// If the database does not answer.
pub async fn bill_of(ask: &Ask, entry: TimeEntryId) -> Result<Option<Rate>> {
    ask.load::<Bills, _>(entry).await
}

/// What an hour of an entry that the viewer was shown costs; one round for all entries of a request.
///
/// # Errors
/// If the database does not answer.
pub async fn cost_of(ask: &Ask, entry: TimeEntryId) -> Result<Option<Rate>> {
    ask.load::<Costs, _>(entry).await
}

async fn shown(viewer: &Viewer, db: &Db, ids: &[TimeEntryId]) -> Result<Vec<entry::Model>> {
    let ids = one_of(db.backend(), entry::Column::Id, ids.iter().map(|id| id.uuid()));
    Ok(entry::Entity::visible(viewer, TIME_READ).filter(ids).all(db).await?)
}

macro_rules! loader {
    ($name:ident, $found:ident, $doc:literal) => {
        #[doc = $doc]
        struct $name {
            viewer: Viewer,
            db: Db,
        }

        impl FromAsk for $name {
            fn from_ask(viewer: Viewer, db: Db) -> Self {
                Self { viewer, db }
            }
        }

        impl Loader<TimeEntryId> for $name {
            type Value = Rate;
            type Error = Error;

            async fn load(&self, ids: &[TimeEntryId]) -> Result<Found> {
                let entries = shown(&self.viewer, &self.db, ids).await?;
                $found(&self.db, self.viewer.tenant_id(), &entries).await
            }
        }
    };
}

loader!(Bills, bills, "Loads what hours of entries are billed at.");
loader!(Costs, costs, "Loads what hours of entries cost.");
