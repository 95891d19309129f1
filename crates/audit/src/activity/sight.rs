//! What a viewer may see of activity, and what things and people are called: asked of the gateway, which knows them.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    act::audit_entry::ENTRIES_READ,
    ask::Ask,
    error::Result,
    id::{ProjectId, TypedId as _, UserId},
    policy::{Guarded as _, allowed},
    viewer::{Reach, Viewer},
};
use sea_orm::{
    ColumnTrait as _, Condition, QueryFilter as _, QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Expr, ExprTrait as _, IntoCondition as _},
};
use uuid::Uuid;

use super::{group, item};

/// What a viewer is near to: where to look for activity that they see.
#[derive(Clone, Debug, Default)]
pub struct Near {
    /// Projects that they see.
    pub projects: Vec<Uuid>,
    /// Accounts that they see.
    pub accounts: Vec<Uuid>,
}

/// Answered by the gateway from all domains.
#[async_trait]
pub trait Sight: Send + Sync + 'static {
    /// The rows of [`item::Entity`] whose subject the viewer may see now.
    fn seen(&self, viewer: &Viewer) -> Condition;

    /// Where the viewer's activity is to be looked for; none if nearly everywhere.
    async fn near(&self, ask: &Ask) -> Result<Option<Near>>;

    /// Kinds of activity that the viewer is not told, though they see what it was done to.
    fn untold(&self, viewer: &Viewer) -> Vec<&'static str>;

    /// Whether the viewer may read what things of a kind were called before: a thing that is shown later may have had a
    /// name for the team alone.
    fn reads_old_names(&self, viewer: &Viewer, kind: &str) -> bool;

    /// What a thing is called now, if the viewer may see it and it has a name; batched.
    async fn label(&self, ask: &Ask, kind: &str, id: Uuid) -> Result<Option<String>>;

    /// What a person is called; batched.
    async fn person(&self, ask: &Ask, id: UserId) -> Result<String>;

    /// What a project is called, if the viewer may see it; batched.
    async fn project(&self, ask: &Ask, id: ProjectId) -> Result<Option<String>>;
}

/// The same as schema data.
#[derive(Clone)]
pub struct Sights(pub Arc<dyn Sight>);

/// Whether the viewer reads the whole trail, and so all of the activity.
pub(super) fn sees_all(viewer: &Viewer) -> bool {
    viewer.reaches(ENTRIES_READ, Reach::Tenant) && !viewer.is_client()
}

/// The groups of which the viewer sees something. With `near`, only those in reach of an index.
pub(super) fn groups(sights: &Sights, viewer: &Viewer, near: Option<&Near>) -> Select<group::Entity> {
    let all = group::Entity::of_tenant(viewer.tenant_id());
    if sees_all(viewer) {
        return all;
    }
    let mut open = Condition::all().add(group::Column::InnerOnly.eq(false)).add(told(sights, viewer));
    let inner = Condition::all().add(group::Column::InnerOnly.eq(true)).add(readable(viewer));
    if let Some(Near { projects, accounts }) = near {
        // Reason: where nothing is to be found, an index leads to the rest at once.
        if projects.is_empty() && accounts.is_empty() {
            return all.filter(inner);
        }
        let places = Condition::any()
            .add(group::Column::ProjectId.is_in(projects.iter().copied()))
            .add(group::Column::AccountId.is_in(accounts.iter().copied()));
        open = open.add(places);
    }
    let mut some =
        item::Entity::of_tenant(viewer.tenant_id()).select_only().expr_as(Expr::val(1), "one").into_query();
    some.and_where(
        Expr::col((item::Entity, item::Column::GroupId)).equals((group::Entity, group::Column::Id)),
    );
    some.cond_where(sights.0.seen(viewer));
    let open = open.add(Expr::exists(some));
    all.filter(Condition::any().add(open).add(inner))
}

/// The groups of kinds that the viewer is told.
fn told(sights: &Sights, viewer: &Viewer) -> Condition {
    let untold = sights.0.untold(viewer);
    let told = Condition::all();
    if untold.is_empty() { told } else { told.add(group::Column::Kind.is_not_in(untold)) }
}

/// The groups whose entries the viewer may read. What somebody did themselves is said so that an index finds it.
fn readable(viewer: &Viewer) -> Condition {
    let grant = viewer.grant(ENTRIES_READ);
    match (grant.reach, viewer.user_id()) {
        (Some(Reach::Own), Some(user)) if grant.scoped_roles.is_empty() => {
            group::Column::PersonId.eq(user.uuid()).into_condition()
        }
        _ => allowed::<group::Entity>(viewer, ENTRIES_READ),
    }
}

/// The activities of groups the viewer sees something of that they see themselves.
pub(super) fn items(sights: &Sights, viewer: &Viewer) -> Select<item::Entity> {
    let all = item::Entity::of_tenant(viewer.tenant_id());
    if sees_all(viewer) {
        return all;
    }
    let mut inner = group::Entity::of_tenant(viewer.tenant_id())
        .filter(group::Column::InnerOnly.eq(true))
        .filter(allowed::<group::Entity>(viewer, ENTRIES_READ))
        .select_only()
        .expr_as(Expr::val(1), "one")
        .into_query();
    inner.and_where(
        Expr::col((group::Entity, group::Column::Id)).equals((item::Entity, item::Column::GroupId)),
    );
    // Reason: of an inner group whose subjects happen to be seen, nothing is shown to who is not to read it.
    let mut open = group::Entity::of_tenant(viewer.tenant_id())
        .filter(group::Column::InnerOnly.eq(false))
        .filter(told(sights, viewer))
        .select_only()
        .expr_as(Expr::val(1), "one")
        .into_query();
    open.and_where(
        Expr::col((group::Entity, group::Column::Id)).equals((item::Entity, item::Column::GroupId)),
    );
    let open = Condition::all().add(Expr::exists(open)).add(sights.0.seen(viewer));
    all.filter(Condition::any().add(Expr::exists(inner)).add(open))
}

/// As [`items`], one of each group and subject: what a thing's own activity lists.
pub(super) fn first_items(sights: &Sights, viewer: &Viewer) -> Select<item::Entity> {
    items(sights, viewer).filter(item::Column::IsFirst.eq(true))
}
