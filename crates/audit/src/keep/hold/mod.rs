//! Legal holds: while one is in force on a person, a project or an account, nothing the trail says of it is removed, and
//! nobody erases the person.

pub mod entity;
pub mod graphql;

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    act::{Act, Outcome, Severity, expect_version},
    db::Db,
    error::{Error, Fields, Result, Text},
    id::{AnyId, IdKind, LegalHoldId, TenantId, TypedId as _},
    policy::Guarded as _,
    privacy::DataSubject,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbBackend, QueryFilter as _, QueryOrder as _};

use crate::{policy::HOLDS_MANAGE, seal::store::statement};

pub use entity::Model;
pub use graphql::LegalHold;

use entity::{Column, Entity};
use graphql::PlaceLegalHoldInput;

/// The longest reason, in characters.
const REASON_MAX: usize = 500;

const ONE_SUBJECT: Text = Text::new(
    "one_subject",
    "Name exactly one person, project or account.",
    "Indiquez exactement une personne, un projet ou un compte.",
);
const NO_PERSON: Text = Text::new(
    "no_person",
    "A person is a user or a contact.",
    "Une personne est un utilisateur ou un contact.",
);
const HELD: Text = Text::new(
    "already_held",
    "A legal hold is in force on it already.",
    "Une obligation de conservation est déjà en vigueur.",
);
const RELEASED: Text = Text::new(
    "already_released",
    "This legal hold was released before.",
    "Cette obligation de conservation a déjà été levée.",
);

/// Says whether what is to be held is there for the act's viewer; answered by the gateway from the other domains.
#[async_trait]
pub trait Targets: Send + Sync + 'static {
    /// NOT_FOUND unless the act's viewer sees the thing.
    async fn check(&self, act: &Act, id: AnyId) -> Result<()>;
}

/// What can be held; in the schema's data.
#[derive(Clone)]
pub struct Holdable(pub Arc<dyn Targets>);

/// The condition, in SQL, that no hold in force is on the entry `e`.
pub(crate) const FREE: &str = "NOT EXISTS (SELECT 1 FROM audit_holds h WHERE h.tenant_id = e.tenant_id \
     AND h.released_at IS NULL AND h.subject_id IN \
     (e.person_id, e.project_id, e.account_id, e.actor_id, e.on_behalf_of, e.subject_id))";

/// The holds in force on a person, under any of their ids, oldest first: while there is one, nobody erases them.
///
/// # Errors
/// If the database does not answer.
pub async fn holds_on(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    subject: &DataSubject,
) -> Result<Vec<Model>> {
    let ids = subject.ids.iter().copied().chain(subject.contacts.iter().map(|contact| contact.uuid()));
    let ids = ids.chain(subject.user.map(|user| user.uuid()));
    let found = Entity::of_tenant(tenant)
        .filter(Column::ReleasedAt.is_null())
        .filter(Column::SubjectId.is_in(ids))
        .order_by_asc(Column::Id);
    Ok(found.all(db).await?)
}

/// Lets holds and removals of one tenant wait for one another until the transaction ends; on SQLite the write lock does.
pub(crate) async fn take_turn(tx: &impl ConnectionTrait, tenant: TenantId) -> Result<()> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let key = tenant.uuid().as_u64_pair().1.cast_signed();
        let sql = "SELECT pg_advisory_xact_lock($1)";
        tx.execute_raw(statement(tx, sql, vec![key.into()])).await?;
    }
    Ok(())
}

/// Places a hold.
///
/// # Errors
/// NOT_FOUND if the viewer does not see what is to be held, CONFLICT if it is held already.
pub async fn place(
    db: &Db,
    viewer: &Viewer,
    targets: &dyn Targets,
    input: PlaceLegalHoldInput,
) -> Result<Model> {
    viewer.require_tenant(HOLDS_MANAGE)?;
    let PlaceLegalHoldInput { person, project, account, reason } = input;
    let mut fields = Fields::new();
    let named: Vec<AnyId> =
        [person, project.map(Into::into), account.map(Into::into)].into_iter().flatten().collect();
    fields.require(named.len() == 1, "person", ONE_SUBJECT);
    if let Some(person) = person {
        fields.require(matches!(person.kind, IdKind::UserId | IdKind::ContactId), "person", NO_PERSON);
    }
    let reason = fields.take(text::line(&reason, "reason", REASON_MAX)).unwrap_or_default();
    fields.check()?;
    let Some(subject) = named.into_iter().next() else { return Err(Error::field("person", ONE_SUBJECT)) };
    let placed = viewer.act(db, "audit.hold.place", async |act| {
        take_turn(act.conn(), viewer.tenant_id()).await?;
        targets.check(act, subject).await?;
        act.mark(Outcome::Success, Severity::Critical);
        let hold = Model {
            id: act.new_id(),
            tenant_id: viewer.tenant_id(),
            subject_type: subject.kind.type_name().to_owned(),
            subject_id: subject.uuid,
            reason,
            placed_by: viewer.user_id(),
            released_by: None,
            released_at: None,
            created_at: act.now(),
            updated_at: act.now(),
            version: 1,
        };
        act.insert_unique(hold, &["tenant_id", "subject_id"], || conflict(HELD)).await
    });
    placed.await
}

/// Releases a hold.
///
/// # Errors
/// NOT_FOUND if there is none, CONFLICT if it was released before.
pub async fn release(db: &Db, viewer: &Viewer, id: LegalHoldId, expected: Option<i64>) -> Result<Model> {
    viewer.require_tenant(HOLDS_MANAGE)?;
    viewer
        .act(db, "audit.hold.release", async |act| {
            take_turn(act.conn(), viewer.tenant_id()).await?;
            let before = Entity::fetch_to(act.conn(), viewer, HOLDS_MANAGE, id).await?;
            expect_version("LegalHold", expected, before.version)?;
            if before.released_at.is_some() {
                return Err(conflict(RELEASED));
            }
            act.mark(Outcome::Success, Severity::Warning);
            let after =
                Model { released_at: Some(act.now()), released_by: viewer.user_id(), ..before.clone() };
            act.update(&before, after).await
        })
        .await
}

fn conflict(text: Text) -> Error {
    Error::Conflict { message: text.into(), current_version: None }
}

/// The id of what is held, with its kind.
pub(crate) fn subject(hold: &Model) -> Option<AnyId> {
    let kind = IdKind::from_type_name(&hold.subject_type)?;
    Some(AnyId { kind, uuid: hold.subject_id })
}
