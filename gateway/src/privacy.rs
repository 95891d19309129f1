//! Personal data across domains: who holds some, who people are to each other, the job that makes an export, and its
//! download.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use audit::privacy::{
    Privacy, PrivacyRequestStatus as Status,
    access::{Known, People},
    entity::Model,
    export::{self, KEPT_DAYS, Made},
    mutation::file_name,
    ticket::{self, Ticket},
};
use futures::StreamExt as _;
use identity::{
    Identity,
    mail::{Kind, Letter},
    membership, tenant, user,
};
use kernel::{
    act::Act,
    db::Db,
    error::{Error, Result},
    id::{TenantId, TypedId as _, UserId},
    policy::Guarded as _,
    privacy::Holders,
    sql::one_of,
    viewer::{RequestInfo, Viewer},
};
use platform::{
    jobs::{Handler, JobError, Run},
    storage::Key,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QuerySelect as _};
use serde_json::json;
use uuid::Uuid;

use crate::{app::App, http::Download};

/// Every domain that holds personal data; one that points to the rows of another comes after it.
pub fn holders(identity: &Identity) -> Holders {
    Holders::default()
        .with(Arc::new(identity::privacy::IdentityData(identity.clone())))
        .with(Arc::new(crm::privacy::CrmData))
        .with(Arc::new(projects::privacy::ProjectsData))
        .with(Arc::new(audit::privacy::AuditData))
        .with(Arc::new(crate::traces::Answers))
}

/// Who people are, as identity knows them.
pub struct Members;

#[async_trait]
impl People for Members {
    async fn known(&self, db: &Db, tenant: TenantId, ids: &[Uuid]) -> Result<HashMap<Uuid, Known>> {
        use membership::entity::{Column, Entity};
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let members =
            Entity::of_tenant(tenant).filter(one_of(db.backend(), Column::UserId, ids.iter().copied()));
        let members = members.select_only().columns([Column::UserId, Column::AccountId]);
        let members: Vec<(UserId, Option<Uuid>)> = members.into_tuple().all(db).await?;
        let names = user::names(db, &members.iter().map(|(user, _)| *user).collect::<Vec<_>>()).await?;
        let known = members.into_iter().filter_map(|(user, account)| {
            let name = names.get(&user)?.clone();
            Some((user.uuid(), Known { name, staff: account.is_none() }))
        });
        Ok(known.collect())
    }
}

/// Makes the file of an export.
pub struct MakeExport(pub App);

#[async_trait]
impl Handler for MakeExport {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let (app, Some(id)) = (&self.0, run.tenant_id) else { return Ok(()) };
        let Some(tenant) = tenant::find(&app.db, id).await? else { return Ok(()) };
        let system = Viewer::system(tenant::info(&tenant), app.clock.clone(), app.ids.clone());
        let Some(request) = app.privacy.begin(&system, &app.db, run).await? else { return Ok(()) };
        let done = make(app, &system, &tenant, run, &request).await;
        let Err(error) = done else { return Ok(()) };
        if run.is_cancelled() {
            // Reason: a worker that stops gives the job to another; only who was asked to end it ends the request.
            if is_unwanted(app, run).await? {
                app.privacy.give_up(&system, &app.db, &request, Status::Cancelled).await?;
            }
            return Err(JobError::Cancelled);
        }
        if run.attempts >= run.max_attempts {
            app.privacy.give_up(&system, &app.db, &request, Status::Failed).await?;
        }
        Err(error.into())
    }

    fn limit(&self) -> std::time::Duration {
        // Reason: years of somebody's acts take a while.
        std::time::Duration::from_secs(60 * 60)
    }
}

/// Whether somebody asked for the end of a job; a worker that stops gives its jobs to another one.
pub(crate) async fn is_unwanted(app: &App, run: &Run) -> Result<bool> {
    use kernel::act::job::{Column, Entity};
    let job = Entity::of_tenant(run.tenant_id.unwrap_or(TenantId::from_uuid(Uuid::nil())));
    let job = job.filter(Column::Id.eq(run.id)).one(&app.db).await?;
    Ok(job.is_none_or(|job| job.cancel_requested_at.is_some()))
}

async fn make(
    app: &App,
    system: &Viewer,
    tenant: &tenant::entity::Model,
    run: &Run,
    request: &Model,
) -> Result<()> {
    let subject = app.privacy.subject(&app.db, request).await?;
    let principal = match subject.user {
        Some(user) => app.identity.principal(&app.db, system.tenant_id(), user).await?,
        None => None,
    };
    let eyes = principal.filter(|person| person.is_active());
    let eyes = eyes.map(|person| person.viewer(&app.identity, None, RequestInfo::default()));
    let made = app.privacy.make(system, &app.db, run, request, &subject, eyes.as_ref()).await?;
    let finished = system.act(&app.db, "audit.privacy.export", async |act| {
        let done = export::finish(act, run, request, &made).await?;
        letter(act, app, tenant, &done).await
    });
    if let Err(error) = finished.await {
        let Made { key, .. } = made;
        app.storage.delete([key]).await?;
        return Err(error);
    }
    Ok(())
}

/// Tells who asked that the file is there; in the act that ends the job, so that there is one letter however often the job
/// is tried.
async fn letter(act: &mut Act, app: &App, tenant: &tenant::entity::Model, request: &Model) -> Result<()> {
    let Some(user) = request.requested_by else { return Ok(()) };
    let Some(member) = membership::find(act.conn(), tenant.id, user).await? else { return Ok(()) };
    let Some(person) = user::find(act.conn(), user).await?.filter(|_| member.is_active()) else {
        return Ok(());
    };
    let link = format!("{}/login", app.identity.config.public_url.trim_end_matches('/'));
    let context = json!({ "tenant": tenant.name, "link": link, "days": KEPT_DAYS, "request": request.id });
    identity::mail::enqueue(act, &app.identity, Letter::to_user(Kind::PersonalDataExport, &person, context))
}

/// The file that a ticket is for; that it is handed out is recorded first.
///
/// # Errors
/// FORBIDDEN if the ticket is not valid, or its person may not have the file any more.
pub async fn download(app: &App, db: &Db, info: RequestInfo, text: &str) -> Result<Download> {
    let Ticket { tenant, request, user, .. } = Ticket::open(&app.keyring, text, app.clock.now())?;
    let person = app.identity.principal(db, tenant, user).await?.filter(|person| person.is_active());
    let viewer = person.ok_or_else(ticket::refused)?.viewer(&app.identity, None, info);
    let (row, _) = ticket::available(&viewer, db, request).await.map_err(|error| match error {
        Error::Internal(_) | Error::Unavailable(_) => error,
        _ => ticket::refused(),
    })?;
    let key = Key::new(row.file_key.clone().unwrap_or_default())?;
    let object = app.storage.get(&key, None).await?.ok_or_else(ticket::refused)?;
    ticket::record(&viewer, db, "audit.privacy.download", &row).await?;
    Ok(Download {
        file_name: file_name(row.id),
        media_type: "application/zip",
        head: None,
        body: object.body.map(|piece| piece.map_err(Error::from)).boxed(),
    })
}

/// Removes files whose time is over, tenant by tenant.
///
/// # Errors
/// If the database or the storage does not answer.
pub async fn tidy(app: &App) -> Result<()> {
    for id in export::untidy(&app.db, app.clock.now()).await? {
        let Some(tenant) = tenant::find(&app.db, id).await? else { continue };
        let system = Viewer::system(tenant::info(&tenant), app.clock.clone(), app.ids.clone());
        while export::tidy(&system, &app.db, &app.storage).await? > 0 {}
    }
    Ok(())
}

/// What privacy needs, put together.
pub fn privacy(parts: &crate::app::Parts, identity: &Identity) -> Privacy {
    Privacy {
        holders: holders(identity),
        people: Arc::new(Members),
        storage: parts.storage.clone(),
        keyring: Arc::clone(&parts.keyring),
    }
}
