//! Rows of what tasks and projects consist of: milestones, dependencies, labels, comments, own fields, saved views.

use kernel::{
    id::{
        DependencyId, MilestoneId, ProjectFieldId, SavedViewId, TaskCommentId, TaskLabelId, TenantId, TypedId,
    },
    policy::{Guarded, Near, allowed, nothing},
    viewer::{Permission, Viewer},
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, Select, sea_query::ExprTrait};

use super::{INTERNAL_READ, MILESTONES_READ, PROJECTS_READ, TASKS_READ, as_project, value};
use crate::{
    comment::entity as comment,
    field::entity as field,
    label::entity as label,
    link::entity as link,
    milestone::entity as milestone,
    task::{assignee, entity as task},
    view::entity as view,
};

/// Rows that a client may see, and of the others those whose inner side the viewer reads.
pub(super) fn shared_or_internal<E: Guarded>(
    select: Select<E>,
    viewer: &Viewer,
    shared: Condition,
) -> Select<E> {
    // Reason: a client is never shown what is for the team, whatever a role of their own may say.
    match viewer.is_client() {
        true => select.filter(shared),
        false => select.filter(Condition::any().add(shared).add(allowed::<E>(viewer, INTERNAL_READ))),
    }
}

/// Every row of a tenant that meets the viewer's grant.
pub(super) fn reached<E: Guarded>(viewer: &Viewer, permission: Permission) -> Select<E> {
    E::of_tenant(viewer.tenant_id()).filter(allowed::<E>(viewer, permission))
}

/// No rows for a client, whatever a role of their own may say.
pub(super) fn staff_only<E: Guarded>(select: Select<E>, viewer: &Viewer) -> Select<E> {
    if viewer.is_client() { select.filter(nothing()) } else { select }
}

/// All rows or none.
fn everything() -> Condition {
    Condition::all()
}

impl Guarded for milestone::Entity {
    type Id = MilestoneId;

    const READ: Permission = MILESTONES_READ;

    fn id_column() -> milestone::Column {
        milestone::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(milestone::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let mut any = as_project(milestone::Column::ProjectId, viewer, near);
        if let (Near::Own, Some(user)) = (near, viewer.user_id()) {
            any = any.add(milestone::Column::AssigneeId.eq(user.uuid()));
        }
        any
    }

    /// A client sees the milestones that are marked for them.
    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        let shared = Condition::all().add(milestone::Column::ClientVisible.eq(true));
        shared_or_internal(reached(viewer, permission), viewer, shared)
    }
}

impl Guarded for link::Entity {
    type Id = DependencyId;

    // Reason: a dependency names work that a client may not see.
    const READ: Permission = INTERNAL_READ;

    fn id_column() -> link::Column {
        link::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(link::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        as_project(link::Column::ProjectId, viewer, near)
    }
}

impl Guarded for label::Entity {
    type Id = TaskLabelId;

    // Reason: what the team calls its work is not for the client.
    const READ: Permission = INTERNAL_READ;

    fn id_column() -> label::Column {
        label::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(label::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let any = as_project(label::Column::ProjectId, viewer, near);
        match viewer.is_client() {
            true => any,
            false => any.add(label::Column::ProjectId.is_null()),
        }
    }
}

impl Guarded for comment::Entity {
    type Id = TaskCommentId;

    const READ: Permission = TASKS_READ;

    fn id_column() -> comment::Column {
        comment::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(comment::Column::TenantId.eq(tenant))
    }

    /// As near as its task.
    fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
        let mut any = as_project(comment::Column::ProjectId, viewer, near);
        if let (Near::Own, Some(user)) = (near, viewer.user_id()) {
            any = any.add(value(comment::Column::TaskId).in_subquery(task::reported_by(viewer, user)));
            let does = assignee::tasks_of(viewer.tenant_id(), &[user]);
            any = any.add(value(comment::Column::TaskId).in_subquery(does));
        }
        any
    }

    /// A client sees the comments that are not internal.
    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        let shared = Condition::all().add(comment::Column::Internal.eq(false));
        shared_or_internal(reached(viewer, permission), viewer, shared)
    }
}

impl Guarded for field::Entity {
    type Id = ProjectFieldId;

    const READ: Permission = INTERNAL_READ;

    fn id_column() -> field::Column {
        field::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(field::Column::TenantId.eq(tenant))
    }

    /// The tenant's fields are as near to one member of staff as to another.
    fn within(viewer: &Viewer, _: Near<'_>) -> Condition {
        if viewer.is_client() { nothing() } else { everything() }
    }
}

impl Guarded for view::Entity {
    type Id = SavedViewId;

    const READ: Permission = PROJECTS_READ;

    fn id_column() -> view::Column {
        view::Column::Id
    }

    fn in_tenant(tenant: TenantId) -> Condition {
        Condition::all().add(view::Column::TenantId.eq(tenant))
    }

    fn within(viewer: &Viewer, _: Near<'_>) -> Condition {
        let mut any = nothing();
        if let Some(user) = viewer.user_id() {
            any = any.add(view::Column::OwnerId.eq(user.uuid()));
        }
        if viewer.is_client() { any } else { any.add(view::Column::Shared.eq(true)) }
    }

    /// Whoever reads everything in the tenant does not read the views that others keep for themselves.
    fn visible(viewer: &Viewer, permission: Permission) -> Select<Self> {
        reached::<Self>(viewer, permission).filter(Self::within(viewer, Near::Own))
    }
}
