//! What of a project its client was shown or asked: while there is some, the project stays theirs.

use kernel::{
    Error, Result, Text,
    act::Act,
    id::{ProjectId, TenantId, TypedId},
    policy::Guarded,
};
use sea_orm::{
    ColumnTrait, Condition, QueryFilter, QuerySelect,
    sea_query::{Expr, Query, SelectStatement},
};

use super::entity::{Column, Entity, Model};
use crate::{
    change_request::entity as change_request, comment::entity as comment, decision::entity as decision,
    feedback::entity as feedback, milestone::entity as milestone, report::entity as report,
    words::ChangeRequestStatus,
};

/// The client of a project cannot be another one any more.
pub const ACCOUNT_FIXED: Text = Text::new(
    "account_fixed",
    "The client of this project has been shown or asked something in it, which nobody else may read. Clone the project for another client instead.",
    "Le client de ce projet y a déjà lu ou reçu des éléments que personne d'autre ne doit lire. Clonez plutôt le projet pour un autre client.",
);

/// # Errors
/// INVALID at `accountId` if the project's client was shown or asked anything in it: another one would read it, and they would not.
pub(super) async fn check_account_free(act: &Act, project: &Model) -> Result<()> {
    if project.account_id.is_none() {
        return Ok(());
    }
    let shared = shared(act.viewer().tenant_id(), project.id);
    let any = shared.into_iter().fold(Condition::any(), |any, rows| any.add(Expr::exists(rows)));
    let found = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::Id.eq(project.id.uuid()));
    let found = found.filter(any).select_only().column(Column::Id);
    let found: Option<ProjectId> = found.into_tuple().one(act.conn()).await?;
    if found.is_some() { Err(Error::field("accountId", ACCOUNT_FIXED)) } else { Ok(()) }
}

/// Everything of a project that a client reads or was asked, beside its plain facts: one select for each kind.
fn shared(tenant: TenantId, project: ProjectId) -> [SelectStatement; 6] {
    macro_rules! of_project {
        ($rows:ident: $column:ident => $shown:expr) => {{
            use $rows::{Column as $column, Entity};
            let mut select = Query::select();
            select.expr(Expr::val(1)).from(Entity).and_where($column::TenantId.eq(tenant));
            select.and_where($column::ProjectId.eq(project.uuid())).and_where($shown).take()
        }};
    }
    [
        of_project!(comment: Of => Of::Internal.eq(false)),
        of_project!(milestone: Of => Of::ApprovalRequestedAt.is_not_null()),
        of_project!(report: Of => Of::PublishedAt.is_not_null()),
        of_project!(decision: Of => Of::ClientVisible.eq(true)),
        of_project!(feedback: Of => Of::Id.is_not_null()),
        of_project!(change_request: Of => Of::Status.ne(ChangeRequestStatus::Draft.as_str())),
    ]
}
