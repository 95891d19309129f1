//! What was kept and asked for in an agency of the demo: an archive of what is over, a legal hold, a copy of somebody's
//! data, an erasure. Done by the program itself rather than written as rows, so that what hangs on it is there, too: files,
//! signed heads, a certificate.

use audit::{
    keep::{
        archive::Keeper,
        hold::{self, graphql::PlaceLegalHoldInput},
    },
    privacy::{erasure, export},
};
use chrono::TimeDelta;
use crm::contact::mutation::CreateContactInput;
use identity::{tenant, user};
use kernel::{
    clock::Clock,
    error::{Error, Result},
    id::IdGen,
    policy::Guarded as _,
    scalar::EmailAddress,
    viewer::{RequestInfo, Viewer},
};
use sea_orm::QueryOrder as _;
use serde_json::{Map, json};

use crate::{
    app::{App, catalogue},
    directory::Directory,
    worker,
};

/// Old entries of an agency.
const OLD: i64 = 24;

/// Adds it to an agency that was just made.
///
/// # Errors
/// If the database or the storage does not answer.
pub(crate) async fn tell(app: &App, slug: &str) -> Result<()> {
    let Some(agency) = tenant::find_by_slug(&app.db, slug).await? else { return Ok(()) };
    archive(app, &agency).await?;
    let (owner, admin) = (person(app, &agency, "owner").await?, person(app, &agency, "admin").await?);
    let directory = Directory::new(catalogue());
    let projects = projects::project::entity::Entity::of_tenant(agency.id);
    let project = projects.order_by_asc(projects::project::entity::Column::Number).one(&app.db).await?;
    let held = PlaceLegalHoldInput {
        person: None,
        project: project.map(|project| project.id),
        account: None,
        reason: "A dispute about what was delivered.".to_owned(),
    };
    hold::place(&app.db, &owner, &*directory, held).await?;
    let manager = person(app, &agency, "pm").await?;
    if let Some(me) = manager.user_id() {
        export::request(&manager, &app.db, &app.privacy, me.into()).await?;
    }
    erase(app, &agency, &owner, &admin, &crm::Crm { people: directory.clone() }).await?;
    let runner = worker::runner(app);
    while runner.work().await? > 0 {}
    Ok(())
}

/// Archives what happened three years ago.
async fn archive(app: &App, agency: &tenant::entity::Model) -> Result<()> {
    let clock = Clock::manual(app.clock.now() - TimeDelta::days(3 * 365));
    let then = Viewer::system(tenant::info(agency), clock.clone(), IdGen::new(clock));
    let noted = then.act(&app.db, "projects.project.archive", async |act| {
        for number in 1..=OLD {
            let details = Map::from_iter([("tasks".to_owned(), json!(7 + number % 5))]);
            act.note("Project", None, Some(format!("Project {number} of before")), details);
        }
        Ok(())
    });
    noted.await?;
    app.sealer.seal_all().await?;
    let now = Viewer::system(tenant::info(agency), app.clock.clone(), app.ids.clone());
    let mut keeper = Keeper::new(app.db.clone(), &app.sealer, app.storage.clone());
    while keeper.step(&now).await? {}
    Ok(())
}

/// Erases a contact whom two people agreed to erase.
async fn erase(
    app: &App,
    agency: &tenant::entity::Model,
    owner: &Viewer,
    admin: &Viewer,
    crm: &crm::Crm,
) -> Result<()> {
    let accounts = crm::account::entity::Entity::of_tenant(agency.id);
    let account = accounts.order_by_desc(crm::account::entity::Column::Id).one(&app.db).await?;
    let Some(account) = account else { return Ok(()) };
    let contact = CreateContactInput {
        account_id: account.id,
        given_name: "Robin".to_owned(),
        family_name: "Passing".to_owned(),
        email: None,
        phone: Some("+442079460018".to_owned()),
        job_title: Some("Assistant".to_owned()),
        user_id: None,
    };
    let contact = crm::contact::create(owner, &app.db, crm, contact).await?;
    let holders = &app.privacy.holders;
    let asked = erasure::request(owner, &app.db, holders, contact.id.into(), "Asked for by letter.");
    let asked = asked.await?;
    erasure::approve(admin, &app.db, holders, &app.sealer, asked.id, None).await.map(drop)
}

/// Somebody of the agency, in person.
pub(super) async fn person(app: &App, agency: &tenant::entity::Model, name: &str) -> Result<Viewer> {
    let missing = || Error::internal(format!("{} has nobody called {name}", agency.slug));
    let email = format!("{name}@{}.test", agency.slug).parse::<EmailAddress>().map_err(|_| missing())?;
    let user = user::find_by_email(&app.db, &email).await?.ok_or_else(missing)?;
    let principal = app.identity.principal(&app.db, agency.id, user.id).await?.ok_or_else(missing)?;
    Ok(principal.viewer(&app.identity, None, RequestInfo::default()))
}
