//! Applying what follows from a plan and was looked at: reckoned anew behind the project's lock, and written only if it is
//! what the token stands for.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Error, Result, act::Act, id::ProjectId, policy::Guarded};

use super::{
    analysis::Analysis,
    effort::Turn,
    load::Source,
    moves::{self, Placed},
    reach::{self, Short},
    read::PLAN_READ,
    token::{self, PLAN_CHANGED},
};
use crate::{
    clone::source::open,
    policy::{PROJECTS_READ, TASKS_WRITE},
    project::{self, entity as project_rows},
};

/// What follows from a plan.
pub(crate) trait Reckoned: Send + 'static {
    /// What stands for the plan and what was wanted of it.
    fn token(&self) -> &str;
    /// The plan whose tasks are placed.
    fn plan(&self) -> &Analysis;
    /// Where tasks go that move.
    fn placed(&self) -> Vec<Placed>;
}

/// Reckons what follows from the plan of a project, as it did when the token was given, and moves the tasks. `wanted` are
/// the days that it is about beside those of the plan.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, whatever the reckoning errs with, CONFLICT for a project that is archived or over, and if the plan
/// is not the one of the token any more.
pub(crate) async fn apply<T: Reckoned>(
    act: &mut Act,
    id: ProjectId,
    token: &str,
    wanted: &[NaiveDate],
    reckon: impl Fn(Source, DateTime<Utc>) -> Result<T, Short> + Send + Sync + 'static,
) -> Result<(project_rows::Model, T)> {
    let project = writable(act, id).await?;
    // Reason: tasks of others are refused as such, whatever the token says.
    let looked_at = token::as_of(token, act.now());
    let as_of = looked_at.as_ref().map_or_else(|_| token::to_the_minute(act.now()), |at| *at);
    let source = Source::load_around(act.conn(), act.viewer(), project.clone(), as_of, wanted).await?;
    let work = move |source| reckon(source, as_of);
    let reckoned = reach::reckoned(act.conn(), act.viewer(), source, Turn::Now, work).await?;
    looked_at?;
    if reckoned.token() != token {
        return Err(Error::conflict(PLAN_CHANGED));
    }
    moves::write(act, reckoned.plan(), &reckoned.placed()).await?;
    Ok((project, reckoned))
}

/// The project of a plan that is applied, locked.
pub(crate) async fn writable(act: &Act, id: ProjectId) -> Result<project_rows::Model> {
    let viewer = act.viewer();
    project_rows::Entity::fetch_in(act.conn(), viewer, PROJECTS_READ, id).await?;
    project::lock(act, id).await?;
    let mut wanted = PLAN_READ.to_vec();
    wanted.push(TASKS_WRITE);
    let project = open(act.conn(), viewer, id, &wanted).await?;
    project::rules::check_open(&project)?;
    Ok(project)
}
