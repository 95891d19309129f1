//! The things that events are about, with the entity that says who sees each: what `events` shows to whom.

use async_graphql::{ContextSelectionSet, OutputType as _, Positioned, SchemaBuilder, parser::types::Field};
use async_trait::async_trait;
use audit::event::{Event, Guards, Subjects};
use kernel::{
    act::outbox::log::{Column, EVENTS_READ, Entity},
    ask::Ask,
    error::{Error, Result},
    field::may_beyond,
    graph::{Assemble, Resolving},
    policy::{Guarded, nothing},
    viewer::{Permission, Reach, Viewer},
};
use sea_orm::{
    ColumnTrait, Condition, QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Expr, ExprTrait, SelectStatement},
};
use std::sync::Arc;
use uuid::Uuid;

/// Every type of subject that has rows of its own to be seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllSubjects;

macro_rules! subjects {
    ($($of:ident $name:literal: $entity:ty;)+) => {
        /// Names of the types whose rows decide who sees their events.
        pub const SUBJECT_TYPES: &[&str] = &[$($name),+];

        impl Subjects for AllSubjects {
            fn seen(&self, viewer: &Viewer) -> Condition {
                let inner = viewer.reaches(EVENTS_READ, Reach::Tenant) && !viewer.is_client();
                let mut any = nothing();
                $(
                    if For::$of == For::Work || inner {
                        any = any.add(of_type::<$entity>($name, viewer));
                    }
                )+
                if inner {
                    // Reason: things without rows of their own (a role held by a member) have nobody else to see them.
                    any = any.add(Column::SubjectType.is_not_in(SUBJECT_TYPES.iter().copied()));
                }
                any
            }
        }
    };
}

/// What a type of subjects is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// The work itself: whoever sees a thing may hear what happens to it.
    Work,
    /// Who is who, and what they may do. When somebody was last there or got another password is not for all who see
    /// their name: it is for staff who read events tenant-wide.
    Inner,
}

subjects! {
    Work "Allocation": projects::people::allocation::entity::Entity;
    Inner "Leave": projects::people::leave::entity::Entity;
    Inner "ResourceProfile": projects::people::profile::entity::Entity;
    Work "Skill": projects::people::skill::entity::Entity;
    Work "WorkCalendar": projects::calendar::entity::Entity;
    Work "ActivityType": projects::time::activity_type::entity::Entity;
    Work "BillRate": projects::time::rate::bill::Entity;
    Work "CostRate": projects::time::rate::cost::Entity;
    Work "TimeEntry": projects::time::entry::entity::Entity;
    Work "Timer": projects::time::timer::entity::Entity;
    Work "Timesheet": projects::time::sheet::entity::Entity;
    Work "Account": crm::account::entity::Entity;
    Inner "ApiKey": identity::api_key::entity::Entity;
    Inner "Assignment": kernel::assignment::Entity;
    Work "Contact": crm::contact::entity::Entity;
    Inner "AuditSink": audit::siem::Entity;
    Inner "EventDelivery": kernel::act::outbox::delivery::Entity;
    Inner "Invitation": identity::invitation::entity::Entity;
    Inner "Membership": identity::membership::entity::Entity;
    Inner "PrivacyRequest": audit::privacy::entity::Entity;
    Work "Baseline": projects::plan::baseline::entity::Entity;
    Work "Dependency": projects::link::entity::Entity;
    Work "ChangeRequest": projects::change_request::entity::Entity;
    Work "Decision": projects::decision::entity::Entity;
    Work "FeedbackRequest": projects::feedback::entity::Entity;
    Work "Milestone": projects::milestone::entity::Entity;
    Work "Project": projects::project::entity::Entity;
    Work "ProjectMember": projects::member::entity::Entity;
    Work "ProjectField": projects::field::entity::Entity;
    Work "Risk": projects::risk::entity::Entity;
    Work "ProjectTemplate": projects::template::entity::Entity;
    Inner "Role": identity::role::entity::Entity;
    Work "SavedView": projects::view::entity::Entity;
    Inner "Session": identity::session::entity::Entity;
    Work "StatusReport": projects::report::entity::Entity;
    Work "Task": projects::task::entity::Entity;
    Work "TaskColumn": projects::column::entity::Entity;
    Work "TaskComment": projects::comment::entity::Entity;
    Work "TaskImport": projects::import::entity::Entity;
    Work "TaskLabel": projects::label::entity::Entity;
    Inner "Tenant": identity::tenant::entity::Entity;
    Inner "TenantDomain": identity::tenant::domain::Entity;
    Inner "User": identity::user::entity::Entity;
}

#[async_trait]
impl Guards for AllSubjects {
    async fn may(&self, ask: &Ask, needs: Permission, project: Option<Uuid>) -> Result<bool> {
        // Reason: a client is never shown what is for the team, whatever a role of their own may say.
        if ask.viewer.is_client() || !ask.viewer.holds(needs) {
            return Ok(false);
        }
        if ask.viewer.reaches(needs, Reach::Tenant) {
            return Ok(true);
        }
        let Some(project) = project else { return Ok(false) };
        match may_beyond::<projects::project::entity::Entity>(ask, needs, project).await {
            Ok(()) => Ok(true),
            Err(Error::Forbidden(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Events about rows of `E` that the viewer may see now; and about rows that are gone, for who reads all of `E`.
fn of_type<E: Guarded>(name: &'static str, viewer: &Viewer) -> Condition {
    let is_there = |rows: Select<E>| -> SelectStatement {
        let mut row = rows.select_only().expr_as(Expr::val(1), "one").into_query();
        let id = (E::default(), E::id_column());
        row.and_where(Expr::col(id).equals((Entity, Column::SubjectId)));
        row
    };
    let visible = E::visible(viewer, E::READ);
    let mut shown = match viewer.reaches(E::READ, Reach::Tenant) {
        true => Condition::any().add(Expr::exists(is_there(visible))),
        // Reason: who sees little would have a long log probed row by row; the little is looked up once.
        false => {
            let mut ids = visible.select_only().into_query();
            ids.expr(Expr::col((E::default(), E::id_column())));
            Condition::any().add(Column::SubjectId.in_subquery(ids))
        }
    };
    if viewer.reaches(E::READ, Reach::Tenant) && !viewer.is_client() {
        shown = shown.add(Expr::exists(is_there(E::of_tenant(viewer.tenant_id()))).not());
    }
    Condition::all().add(Column::SubjectType.eq(name)).add(shown)
}

/// Events are no nodes, for which of them somebody sees is up to their subjects; they have no fields but their own.
struct Plain;

impl Assemble<Event> for Plain {
    fn resolve<'a>(
        &'a self,
        event: &'a Event,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Field>,
    ) -> Resolving<'a> {
        Resolving::Later(Box::pin(event.resolve(ctx, field)))
    }
}

/// Registers the type of events.
pub fn register<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S> {
    builder.register_output_type::<Event>().data(Arc::new(Plain) as Arc<dyn Assemble<Event>>)
}
