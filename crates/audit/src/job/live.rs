//! The subscription to one job: how far it is, until it is over.

use std::time::Duration;

use async_graphql::{Context, Subscription};
use futures::{Stream, stream};
use kernel::{
    act::job::{Column, Entity, Model},
    ask::{Ask, Asking},
    error::Result,
    graph::Graph,
    id::{JobId, TypedId as _},
    policy::Guarded as _,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::graphql::Job;
use crate::policy::JOBS_READ;

/// How often a job is looked at; workers write as often.
const LOOK: Duration = Duration::from_secs(1);

/// Jobs as they go on.
#[derive(Default)]
pub(super) struct JobLive;

#[Subscription]
impl JobLive {
    /// A background job as it is now, and whenever it is further; ends when it is over, or the viewer may not see it any
    /// more, which is asked before each message. Needs `audit.job.read`; with reach `OWN` only for one that one started
    /// oneself.
    async fn job_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job's id.")] id: JobId,
    ) -> Result<impl Stream<Item = Result<Graph<Job>>> + 'static> {
        let ask = ctx.ask().clone();
        ask.viewer.require(JOBS_READ)?;
        Entity::fetch(&ask.db, &ask.viewer, JOBS_READ, id).await?;
        let watch = Watch { ask, id, told: None };
        Ok(stream::unfold(watch, async |mut watch| {
            let job = watch.next().await?;
            Some((Ok(Graph(Job(job))), watch))
        }))
    }
}

/// One job, as one subscriber sees it.
struct Watch {
    ask: Ask,
    id: JobId,
    told: Option<Model>,
}

impl Watch {
    /// The job when it is not as it was told; none when there is nothing more to tell.
    async fn next(&mut self) -> Option<Model> {
        loop {
            if let Some(told) = &self.told {
                if told.status().is_over() {
                    return None;
                }
                tokio::time::sleep(LOOK).await;
            }
            let viewer = self.ask.viewer.at_present();
            let job = Entity::visible(&viewer, JOBS_READ).filter(Column::Id.eq(self.id.uuid()));
            let job = match job.one(&self.ask.db).await {
                Ok(job) => shown(job?),
                // Reason: a database that does not answer for a moment ends no subscription.
                Err(error) => {
                    tracing::warn!(%error, "a job could not be looked at");
                    tokio::time::sleep(LOOK).await;
                    continue;
                }
            };
            if self.told.as_ref() != Some(&job) {
                // Reason: what the message's fields load must be as it is now, not as for the message before.
                self.ask.forget();
                self.told = Some(job.clone());
                return Some(job);
            }
        }
    }
}

/// The job without what nobody is shown: a sign of life is no news.
fn shown(job: Model) -> Model {
    Model { payload: String::new(), locked_until: None, result: None, ..job }
}
