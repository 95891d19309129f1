//! The table of what plans said: one document a baseline, apart from it, so that lists of baselines stay light. It is
//! never changed.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use chrono::NaiveDate;
use kernel::{
    Error, Result,
    act::Recorded,
    ask::{Ask, FromAsk},
    db::Db,
    id::{BaselineId, TaskId, TenantId, TypedId},
    sql::one_of,
    viewer::Viewer,
};
use schedule::{Instant, Work};
use sea_orm::{
    ConnectionTrait, QueryFilter, QuerySelect, Select,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};

/// What a plan said.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_baseline_plans")]
pub struct Model {
    /// The baseline's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BaselineId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// An array of [`Kept`].
    #[sea_orm(column_type = "JsonBinary")]
    pub plan: Json,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "BaselinePlan";
    // Reason: a document of up to ten thousand tasks has no place in the trail; the baseline tells its numbers.
    const SECRET: &'static [&'static str] = &["plan"];
}

/// What a plan said about a task. Names are short, for there are ten thousand of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The task.
    #[serde(rename = "t")]
    pub task: TaskId,
    /// Its number.
    #[serde(rename = "n")]
    pub number: i64,
    /// Its title then.
    #[serde(rename = "l")]
    pub title: String,
    /// When it started at the earliest.
    #[serde(rename = "s")]
    pub start: Instant,
    /// When it was finished at the earliest.
    #[serde(rename = "f")]
    pub finish: Instant,
    /// How long it took, in working minutes.
    #[serde(rename = "d")]
    pub duration: Option<Work>,
    /// How long it was thought to take, in minutes.
    #[serde(rename = "e")]
    pub estimate: Option<i64>,
    /// When it was to begin, as somebody planned it.
    #[serde(rename = "b")]
    pub start_on: Option<NaiveDate>,
    /// When it was due, as somebody planned it.
    #[serde(rename = "u")]
    pub due_on: Option<NaiveDate>,
}

/// Documents of a tenant, whoever asks; who may read them is decided by their baselines.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
fn of_tenant(tenant: TenantId) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant))
}

/// What a baseline that the viewer may see says about each task, in the order of the board then.
///
/// # Errors
/// INTERNAL for a document that is none.
pub(crate) async fn read(conn: &impl ConnectionTrait, tenant: TenantId, id: BaselineId) -> Result<Vec<Kept>> {
    let row = of_tenant(tenant).filter(Column::Id.eq(id)).one(conn).await?;
    let row = row.ok_or_else(|| Error::internal("a baseline has a document"))?;
    serde_json::from_value(row.plan).map_err(Error::internal)
}

/// Documents that are read at once: each may tell of ten thousand tasks, and little of it is kept.
const AT_ONCE: usize = 25;

/// A page of what a baseline says, in the order of the board then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Page {
    id: BaselineId,
    skip: u32,
    first: u32,
}

struct Pages {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Pages {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

/// As [`read`], but a page of it, read together with those of the other baselines of an answer.
///
/// # Errors
/// INTERNAL for a document that is none.
pub(crate) async fn page(ask: &Ask, id: BaselineId, skip: u32, first: u32) -> Result<Arc<[Kept]>> {
    let page = ask.load::<Pages, _>(Page { id, skip, first }).await?;
    page.ok_or_else(|| Error::internal("a baseline has a document"))
}

impl Loader<Page> for Pages {
    type Value = Arc<[Kept]>;
    type Error = Error;

    async fn load(&self, pages: &[Page]) -> Result<HashMap<Page, Arc<[Kept]>>> {
        let mut wanted: HashMap<BaselineId, Vec<Page>> = HashMap::new();
        for page in pages {
            wanted.entry(page.id).or_default().push(*page);
        }
        let ids: Vec<BaselineId> = wanted.keys().copied().collect();
        let mut found = HashMap::with_capacity(pages.len());
        each(&self.db, self.viewer.tenant_id(), &ids, |id, plan| {
            let kept: Vec<Kept> = serde_json::from_str(plan).map_err(Error::internal)?;
            for page in wanted.remove(&id).unwrap_or_default() {
                let (skip, first) = (page.skip as usize, page.first as usize);
                found.insert(page, kept.iter().skip(skip).take(first).cloned().collect());
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }
}

/// Reads documents, some at once, and gives each with its baseline's id to `take`.
///
/// # Errors
/// If the database does not answer, and those of `take`.
pub(crate) async fn each(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    ids: &[BaselineId],
    mut take: impl FnMut(BaselineId, &str) -> Result<()>,
) -> Result<()> {
    for ids in ids.chunks(AT_ONCE) {
        // Reason: as text, for a tree of values is several times as large as what it is read into.
        let rows: Vec<(BaselineId, String)> = of_tenant(tenant)
            .filter(one_of(conn.get_database_backend(), Column::Id, ids.iter().map(|id| id.uuid())))
            .select_only()
            .column(Column::Id)
            .expr_as(Expr::col(Column::Plan).cast_as("text"), "plan")
            .into_tuple()
            .all(conn)
            .await?;
        rows.iter().try_for_each(|(id, plan)| take(*id, plan))?;
    }
    Ok(())
}

/// What was kept, by task.
pub(crate) fn by_task(kept: &[Kept]) -> HashMap<TaskId, &Kept> {
    kept.iter().map(|one| (one.task, one)).collect()
}
