//! Accounts: client companies. What changes them, and what other domains may ask of them.

pub mod entity;
pub mod graphql;
pub mod mutation;
pub mod rules;

use kernel::{
    Error, Fields, Result,
    act::{Act, expect_version},
    assignment::{NewAssignment, Source, Target, assign, hand_over, require_account, unassign},
    db::Db,
    id::{AccountId, TypedId, UserId},
    patch,
    people::check_staff,
    policy::Guarded,
    text,
    viewer::{Actor, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, sea_query::LockType};

use crate::{
    Crm,
    policy::{ACCOUNTS_ARCHIVE, ACCOUNTS_READ, ACCOUNTS_WRITE},
};
use entity::{Column, Entity, Model};
use mutation::{CreateAccountInput, UpdateAccountInput};

/// Makes an account; its owner is who was named, or the member of staff who made it.
///
/// # Errors
/// FORBIDDEN without a role in the tenant that may, INVALID for wrong fields and an owner who is no active staff.
pub async fn create(viewer: &Viewer, db: &Db, crm: &Crm, input: CreateAccountInput) -> Result<Model> {
    viewer.require(ACCOUNTS_WRITE)?;
    if viewer.grant(ACCOUNTS_WRITE).reach.is_none() {
        return Err(Error::lacks(ACCOUNTS_WRITE.name));
    }
    viewer
        .act(db, "crm.account.create", async |act| {
            let model = new(act, &input)?;
            check_owner(act, crm, input.owner_id).await?;
            let model = act.insert(model).await?;
            follow_owner(act, model.id, None, model.owner_id).await?;
            Ok(model)
        })
        .await
}

fn new(act: &Act, input: &CreateAccountInput) -> Result<Model> {
    let mut fields = Fields::new();
    let name = fields.take(text::name(&input.name, "name"));
    let legal_name =
        fields.take(text::optional_line(input.legal_name.as_deref(), "legalName", rules::LINE_MAX));
    let domain = fields.take(rules::domain(input.domain.as_deref().unwrap_or_default(), "domain"));
    let industry = fields.take(text::optional_line(input.industry.as_deref(), "industry", rules::LINE_MAX));
    fields.check()?;
    let viewer = act.viewer();
    Ok(Model {
        id: act.new_id(),
        tenant_id: viewer.tenant_id(),
        name: name.unwrap_or_default(),
        legal_name: legal_name.flatten(),
        domain: domain.flatten(),
        industry: industry.flatten(),
        currency: input.currency.unwrap_or(viewer.tenant.currency),
        locale: input.locale.clone().unwrap_or_else(|| viewer.tenant.locale.clone()),
        lifecycle: input.lifecycle.unwrap_or_default().as_str().to_owned(),
        owner_id: input.owner_id.or_else(|| maker(viewer)),
        created_by: viewer.user_id(),
        archived_at: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    })
}

/// The member of staff who acts in person; a key's owner does not become the owner of what the key makes.
fn maker(viewer: &Viewer) -> Option<UserId> {
    match viewer.actor {
        Actor::User(user) if !viewer.is_client() => Some(user),
        _ => None,
    }
}

async fn check_owner(act: &Act, crm: &Crm, owner: Option<UserId>) -> Result<()> {
    let wanted: Vec<_> = owner.into_iter().map(|owner| (owner, "ownerId".to_owned())).collect();
    check_staff(&*crm.people, act, &wanted).await
}

/// Keeps the assignment of the owner in step with the account.
async fn follow_owner(
    act: &mut Act,
    id: AccountId,
    before: Option<UserId>,
    after: Option<UserId>,
) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let target = Target::Account(id);
    if let Some(user) = before {
        unassign(act, user, target, Source::Manager).await?;
    }
    if let Some(user) = after {
        assign(act, NewAssignment { user, target, role: None, source: Source::Manager, expires_at: None })
            .await?;
    }
    Ok(())
}

/// Keeps an account from changing by others until the act ends, so that of changes made at once the later one builds on
/// the earlier, and no work is opened for an account that is being archived.
///
/// Race: PostgreSQL locks the row; on SQLite an act is alone with its database anyway.
pub(crate) async fn lock(act: &Act, id: AccountId) -> Result<()> {
    let row = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::Id.eq(id));
    let row = row.select_only().column(Column::Id).lock(LockType::NoKeyUpdate);
    let found: Option<AccountId> = row.into_tuple().one(act.conn()).await?;
    found.map(drop).ok_or_else(|| Error::not_found(AccountId::TYPE, id))
}

/// Changes an account.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN (also for another owner by somebody who is on a project of the account only), CONFLICT for a
/// stale version or an archived account, INVALID for wrong fields.
pub async fn update(viewer: &Viewer, db: &Db, crm: &Crm, input: UpdateAccountInput) -> Result<Model> {
    viewer.require(ACCOUNTS_WRITE)?;
    viewer
        .act(db, "crm.account.update", async |act| {
            lock(act, input.id).await?;
            let before = Entity::fetch_to(act.conn(), viewer, ACCOUNTS_WRITE, input.id).await?;
            expect_version("Account", input.expected_version, before.version)?;
            check_open(&before)?;
            let after = changed(&before, input)?;
            if after.owner_id != before.owner_id {
                require_account(act, ACCOUNTS_WRITE, before.id).await?;
                check_owner(act, crm, after.owner_id).await?;
            }
            let after = act.update(&before, after).await?;
            follow_owner(act, after.id, before.owner_id, after.owner_id).await?;
            Ok(after)
        })
        .await
}

fn changed(before: &Model, input: UpdateAccountInput) -> Result<Model> {
    let UpdateAccountInput {
        id: _,
        expected_version: _,
        name,
        legal_name,
        domain,
        industry,
        currency,
        locale,
        lifecycle,
        owner_id,
    } = input;
    let mut after = before.clone();
    let mut fields = Fields::new();
    let line = |value: String, path: &str| text::optional_line(Some(&value), path, rules::LINE_MAX);
    if let Some(name) = patch::checked(name, "name", &mut fields, |value, path| text::name(&value, path)) {
        after.name = name;
    }
    if let Some(value) = patch::optional_checked(legal_name, "legalName", &mut fields, line) {
        after.legal_name = value;
    }
    if let Some(value) =
        patch::optional_checked(domain, "domain", &mut fields, |value, path| rules::domain(&value, path))
    {
        after.domain = value;
    }
    if let Some(value) = patch::optional_checked(industry, "industry", &mut fields, line) {
        after.industry = value;
    }
    after.currency = patch::required(currency, "currency", &mut fields).unwrap_or(after.currency);
    after.locale = patch::required(locale, "locale", &mut fields).unwrap_or(after.locale);
    if let Some(lifecycle) = patch::required(lifecycle, "lifecycle", &mut fields) {
        after.lifecycle = lifecycle.as_str().to_owned();
    }
    after.owner_id = patch::optional(owner_id).unwrap_or(after.owner_id);
    fields.check()?;
    Ok(after)
}

fn check_open(account: &Model) -> Result<()> {
    if account.archived_at.is_some() { Err(Error::conflict(rules::ARCHIVED)) } else { Ok(()) }
}

/// Puts an account away; what is away stays away.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version.
pub async fn archive(
    viewer: &Viewer,
    db: &Db,
    id: AccountId,
    expected_version: Option<i64>,
) -> Result<Model> {
    set_archived(viewer, db, "crm.account.archive", id, expected_version, true).await
}

/// Brings an archived account back.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version.
pub async fn restore(
    viewer: &Viewer,
    db: &Db,
    id: AccountId,
    expected_version: Option<i64>,
) -> Result<Model> {
    set_archived(viewer, db, "crm.account.restore", id, expected_version, false).await
}

async fn set_archived(
    viewer: &Viewer,
    db: &Db,
    name: &'static str,
    id: AccountId,
    expected_version: Option<i64>,
    archived: bool,
) -> Result<Model> {
    viewer.require(ACCOUNTS_ARCHIVE)?;
    viewer
        .act(db, name, async |act| {
            lock(act, id).await?;
            let before = Entity::fetch_to(act.conn(), viewer, ACCOUNTS_ARCHIVE, id).await?;
            expect_version("Account", expected_version, before.version)?;
            let archived_at = archived.then(|| before.archived_at.unwrap_or(act.now()));
            let after = Model { archived_at, ..before.clone() };
            act.update(&before, after).await
        })
        .await
}

/// Checks that work may be opened for an account: it is there for the viewer, and not archived.
///
/// # Errors
/// NOT_FOUND if the viewer may not see it, INVALID at `accountId` if it is archived.
pub async fn check_usable(act: &Act, viewer: &Viewer, id: AccountId) -> Result<()> {
    lock(act, id).await?;
    let account = Entity::fetch_in(act.conn(), viewer, ACCOUNTS_READ, id).await?;
    if account.archived_at.is_some() { Err(Error::field("accountId", rules::ARCHIVED)) } else { Ok(()) }
}

/// Gives everything that `from` owns to `to`, or to nobody: for people who leave.
pub async fn reassign_user(act: &mut Act, from: UserId, to: Option<UserId>) -> Result<()> {
    let owned = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::OwnerId.eq(from));
    let owned = owned.all(act.conn()).await?;
    hand_over(act, from, to, true, Source::Manager).await?;
    act.update_all(owned, |account| account.owner_id = to).await
}
