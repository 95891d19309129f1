//! Time by the calendar: forgotten timers are flagged or stopped, and people are told of these and of weeks that they
//! have not handed in.

use std::collections::HashSet;

use async_trait::async_trait;
use identity::{
    mail::{self, Kind, Letter},
    membership::{MembershipStatus, entity as member},
    user::entity as user,
};
use kernel::{
    Error, Result,
    act::Act,
    id::{TenantId, TypedId, UserId},
    policy::Guarded as _,
    viewer::Viewer,
};
use platform::jobs::{Handler, JobError, Run};
use projects::{
    Clocks,
    time::{
        reminder,
        timer::{entity::Model as Timer, guard},
    },
    words::TimerAction,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _, QuerySelect as _};
use serde_json::json;

use super::agencies::{InEach, each, viewer};
use crate::{app::App, directory::Directory};

/// The job that looks for forgotten timers.
pub const GUARD: &str = "projects.timer.guard";

/// Looks for forgotten timers in all agencies.
pub(super) struct Guard(pub(super) App);

#[async_trait]
impl Handler for Guard {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        each(self, run).await
    }

    fn limit(&self) -> std::time::Duration {
        std::time::Duration::from_secs(60 * 60)
    }
}

#[async_trait]
impl InEach for Guard {
    fn app(&self) -> &App {
        &self.0
    }

    async fn find(&self, after: Option<TenantId>) -> Result<Vec<TenantId>> {
        guard::tenants(&self.0.db, self.0.clock.now(), after).await
    }

    async fn work(&self, viewer: &Viewer) -> Result<()> {
        look(&self.0, viewer).await
    }
}

/// Flags or stops the forgotten timers of an agency and tells their owners.
async fn look(app: &App, viewer: &Viewer) -> Result<()> {
    let (action, hours, timers) = guard::forgotten(&app.db, viewer).await?;
    let (mut left, mut failed) = (timers, None);
    if action == TimerAction::Stop {
        let directory = Directory::new(crate::app::catalogue());
        let mut running = Vec::new();
        for timer in left {
            // Reason: what cannot be written down (a closed project, a locked day) is for its owner to decide.
            match stop(app, viewer, &*directory, timer.clone(), hours).await {
                // Reason: its owner may have stopped it meanwhile.
                Ok(()) | Err(Error::NotFound(_)) => {}
                Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => failed = Some(error),
                Err(_) => running.push(timer),
            }
        }
        left = running;
    }
    if !left.is_empty() {
        viewer
            .act(&app.db, "projects.timer.flag", async |act| {
                let people = guard::flag(act, &left).await?;
                tell(app, act, people, Kind::TimerForgotten, json!({ "hours": hours })).await
            })
            .await?;
    }
    failed.map_or(Ok(()), Err)
}

async fn stop(app: &App, viewer: &Viewer, clocks: &dyn Clocks, timer: Timer, hours: i32) -> Result<()> {
    viewer
        .act(&app.db, "projects.timer.stop_forgotten", async |act| {
            let people = HashSet::from([timer.user_id]);
            guard::stop(act, clocks, timer, hours).await?;
            tell(app, act, people, Kind::TimerStopped, json!({ "hours": hours })).await
        })
        .await
}

/// Queues a letter to each of these people, as far as they are active members.
async fn tell(
    app: &App,
    act: &mut Act,
    people: HashSet<UserId>,
    kind: Kind,
    mut context: serde_json::Value,
) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let active = member::Entity::of_tenant(tenant)
        .filter(member::Column::UserId.is_in(people.iter().map(|user| user.uuid())))
        .filter(member::Column::Status.eq(MembershipStatus::Active.as_str()));
    let active: Vec<UserId> =
        active.select_only().column(member::Column::UserId).into_tuple().all(act.conn()).await?;
    let users = user::Entity::of_tenant(tenant).filter(user::Column::Id.is_in(active));
    let users = users.all(act.conn()).await?;
    let named = identity::tenant::fetch(act.conn(), tenant).await?;
    context["tenant"] = json!(named.name);
    context["link"] = json!(format!("{}/time", app.identity.config.public_url));
    // Invariant: a letter is a job of the act, written with all of them at its end.
    for user in &users {
        mail::enqueue(act, &app.identity, Letter::to_user(kind, user, context.clone()))?;
    }
    Ok(())
}

/// Reminds the people of the job's agency of last week.
pub(super) struct Remind(pub(super) App);

#[async_trait]
impl Handler for Remind {
    async fn run(&self, run: &Run) -> Result<(), JobError> {
        let app = &self.0;
        let Some(tenant) = run.tenant_id else { return Ok(()) };
        let Some(viewer) = viewer(app, tenant).await? else { return Ok(()) };
        let (monday, people) = reminder::owed(&app.db, &viewer).await?;
        viewer
            .act(&app.db, "projects.timesheet.remind", async |act| {
                let told = json!({ "week": [null, monday], "people": [null, people.len()] });
                act.note(
                    "TimeSettings",
                    Some(tenant.uuid()),
                    None,
                    told.as_object().cloned().unwrap_or_default(),
                );
                // Reason: letters and the end of the job commit together, so nobody is reminded twice.
                tell(app, act, people, Kind::TimesheetReminder, json!({ "week": monday })).await?;
                act.finish_job(run, None).await
            })
            .await?;
        Ok(())
    }
}
