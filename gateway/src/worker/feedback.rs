//! Letters to people of clients who were asked how satisfied they are, and reminders of these.

use std::collections::HashMap;

use async_trait::async_trait;
use identity::{
    mail::{self, Kind, Letter},
    membership::{MembershipStatus, entity as member},
    user::entity as user,
};
use kernel::{
    Result,
    act::Act,
    id::{ProjectId, TypedId, UserId},
    policy::Guarded as _,
};
use platform::jobs::{Handler, JobError, Run};
use projects::{
    feedback::{
        entity::Model as Request,
        tell::{self, Errand},
    },
    project::entity as project,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QuerySelect as _};
use serde_json::json;

use crate::app::App;

/// Writes to the people of an errand whose questions are still open.
pub(super) struct Tell(pub(super) App);

#[async_trait]
impl Handler for Tell {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let app = &self.0;
        let Some(tenant) = run.tenant_id else { return Ok(()) };
        let Some(viewer) = super::agencies::viewer(app, tenant).await? else { return Ok(()) };
        let errand = Errand::read(&run.payload);
        let open = tell::open(&app.db, &viewer, &errand).await?;
        if open.is_empty() {
            return Ok(());
        }
        viewer
            .act(&app.db, "projects.feedback.tell", async |act| {
                let open = tell::hold(act, &errand, &open).await?;
                write(app, act, &open, errand.reminder).await?;
                tell::told(act, open, errand.reminder).await?;
                // Reason: letters and the end of the job commit together, so nobody hears of it twice.
                act.finish_job(run, None).await
            })
            .await?;
        Ok(())
    }
}

/// Queues a letter for each question, as far as its person is an active member.
async fn write(app: &App, act: &mut Act, requests: &[Request], reminder: bool) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let people = requests.iter().filter_map(|request| request.user_id).map(|user| user.uuid());
    let active = member::Entity::of_tenant(tenant)
        .filter(member::Column::UserId.is_in(people))
        .filter(member::Column::Status.eq(MembershipStatus::Active.as_str()));
    let active: Vec<UserId> =
        active.select_only().column(member::Column::UserId).into_tuple().all(act.conn()).await?;
    let users = user::Entity::of_tenant(tenant).filter(user::Column::Id.is_in(active));
    let users: HashMap<UserId, user::Model> =
        users.all(act.conn()).await?.into_iter().map(|user| (user.id, user)).collect();
    let about = requests.iter().map(|request| request.project_id.uuid());
    let names = project::Entity::of_tenant(tenant).filter(project::Column::Id.is_in(about)).select_only();
    let names = names.columns([project::Column::Id, project::Column::Name]).into_tuple();
    let names: HashMap<ProjectId, String> = names.all(act.conn()).await?.into_iter().collect();
    let agency = identity::tenant::fetch(act.conn(), tenant).await?;
    let kind = if reminder { Kind::FeedbackReminder } else { Kind::FeedbackRequested };
    // Invariant: a letter is a job of the act, written with all of them at its end.
    for request in requests {
        let Some(user) = request.user_id.and_then(|id| users.get(&id)) else { continue };
        let context = json!({
            "tenant": agency.name, "project": names.get(&request.project_id),
            "link": format!("{}/feedback/{}", app.identity.config.public_url, request.id),
        });
        mail::enqueue(act, &app.identity, Letter::to_user(kind, user, context))?;
    }
    Ok(())
}
