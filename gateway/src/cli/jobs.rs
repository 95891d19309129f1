//! `atrium jobs`: the queue, as whoever runs the installation sees it: jobs of every agency and the installation's own.
//! What a job works on is not shown.

use clap::{Args, Subcommand, ValueEnum};
use kernel::{
    act::job::{Column, Entity, Model, Status},
    id::{JobId, TypedId as _},
    viewer::Viewer,
};
use platform::jobs::{self, Scope};
use sea_orm::{EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use serde_json::{Map, Value, json};

use super::{Failure, Options, ask, show, tenant, with_app};
use crate::app::App;

/// The queue of background jobs.
#[derive(Debug, Subcommand)]
pub(super) enum Jobs {
    /// List jobs, the newest first
    List {
        #[command(flatten)]
        which: Which,
        /// In this status
        #[arg(long)]
        status: Option<Word>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_name = "COUNT")]
        limit: u64,
    },
    /// Let jobs begin anew that failed or were cancelled, and begin those at once that wait
    Retry {
        /// Their ids; without any, every failed job that --kind and --tenant name
        ids: Vec<JobId>,
        #[command(flatten)]
        which: Which,
        /// In this status, in place of failed
        #[arg(long, conflicts_with = "ids")]
        status: Option<Word>,
    },
    /// Remove jobs that failed or were cancelled
    Discard {
        /// Their ids; without any, every failed job that --kind and --tenant name
        ids: Vec<JobId>,
        #[command(flatten)]
        which: Which,
        /// In this status, in place of failed
        #[arg(long, conflicts_with = "ids")]
        status: Option<Word>,
    },
    /// Cancel jobs: at once if they wait; those that run are told to end
    Cancel {
        /// Their ids; without any, every waiting job that --kind and --tenant name
        ids: Vec<JobId>,
        #[command(flatten)]
        which: Which,
        /// In this status, in place of waiting
        #[arg(long, conflicts_with = "ids")]
        status: Option<Word>,
    },
}

/// Which jobs.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Of this agency, by slug or id; `-` for the installation's own
    #[arg(long, value_name = "AGENCY", allow_hyphen_values = true)]
    tenant: Option<String>,
}

/// A status on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Word {
    Waiting,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl From<Word> for Status {
    fn from(word: Word) -> Self {
        match word {
            Word::Waiting => Self::Waiting,
            Word::Running => Self::Running,
            Word::Done => Self::Done,
            Word::Failed => Self::Failed,
            Word::Cancelled => Self::Cancelled,
        }
    }
}

/// What is done with jobs.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Retry,
    Discard,
    Cancel,
}

pub(super) fn run(options: &Options, command: Jobs) -> Result<(), Failure> {
    with_app(options, async |app| match command {
        Jobs::List { which, status, limit } => {
            let scope = which.scope(app, Vec::new(), status.map(Status::from)).await?;
            list(options, app, &scope, limit).await
        }
        Jobs::Retry { ids, which, status } => {
            let scope = which.chosen(app, ids, status, Status::Failed).await?;
            change(options, app, Verb::Retry, &scope).await
        }
        Jobs::Discard { ids, which, status } => {
            let scope = which.chosen(app, ids, status, Status::Failed).await?;
            change(options, app, Verb::Discard, &scope).await
        }
        Jobs::Cancel { ids, which, status } => {
            let scope = which.chosen(app, ids, status, Status::Waiting).await?;
            change(options, app, Verb::Cancel, &scope).await
        }
    })
}

impl Which {
    async fn scope(self, app: &App, ids: Vec<JobId>, status: Option<Status>) -> Result<Scope, Failure> {
        let Self { kind, tenant } = self;
        let tenant = match tenant.as_deref() {
            None => None,
            Some("-") => Some(None),
            Some(name) => Some(Some(tenant::named(app, name).await?.id)),
        };
        Ok(Scope { tenant, ids: (!ids.is_empty()).then_some(ids), kind, status })
    }

    /// The jobs with these ids, or all in a status.
    async fn chosen(
        self,
        app: &App,
        ids: Vec<JobId>,
        status: Option<Word>,
        usual: Status,
    ) -> Result<Scope, Failure> {
        let status = ids.is_empty().then(|| status.map_or(usual, Status::from));
        self.scope(app, ids, status).await
    }
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the installation sees jobs of every agency")]
async fn list(options: &Options, app: &App, scope: &Scope, limit: u64) -> Result<(), Failure> {
    let jobs = Entity::find().filter(scope.condition()).order_by_desc(Column::Id).limit(limit);
    let jobs = jobs.all(&app.db).await?;
    let values: Vec<Value> = jobs.iter().map(value).collect();
    let lines: Vec<Vec<String>> = jobs
        .iter()
        .map(|job| {
            vec![
                job.id.to_string(),
                job.kind.clone(),
                job.status.clone(),
                format!("{}/{}", job.attempts, job.max_attempts),
                job.run_at.format("%Y-%m-%d %H:%M:%S").to_string(),
                job.last_error.clone().unwrap_or_default().lines().next().unwrap_or_default().to_owned(),
            ]
        })
        .collect();
    show::result(
        options,
        &json!(values),
        &show::table(&["ID", "KIND", "STATUS", "TRIES", "DUE", "ERROR"], &lines),
    )
}

async fn change(options: &Options, app: &App, verb: Verb, scope: &Scope) -> Result<(), Failure> {
    if scope.ids.is_none() && matches!(verb, Verb::Discard) {
        ask::confirm(options, "Remove all these jobs for good?")?;
    }
    let changed = changed(app, verb, scope).await?;
    if let Some(ids) = &scope.ids
        && let Some(missing) = ids.iter().find(|id| !changed.iter().any(|job| job.id == **id))
    {
        return Err(Failure::NotFound(format!(
            "{missing} is not there, or in no status in which this can be done; {} of {} changed",
            changed.len(),
            ids.len()
        )));
    }
    let done = match verb {
        Verb::Retry => "begin anew",
        Verb::Discard => "are removed",
        Verb::Cancel => "are cancelled, or end within seconds",
    };
    let values: Vec<Value> = changed.iter().map(value).collect();
    show::result(options, &json!(values), &format!("{} jobs {done}.", changed.len()))
}

/// Changes the jobs, in one act for each agency, so that its trail tells of it.
async fn changed(app: &App, verb: Verb, scope: &Scope) -> Result<Vec<Model>, Failure> {
    let now = app.clock.now();
    let mut all = Vec::new();
    let own = Scope { tenant: Some(None), ..scope.clone() };
    if !matches!(scope.tenant, Some(Some(_))) {
        let changed = apply(&app.db.writer(), verb, &own, now).await?;
        if !changed.is_empty() {
            tracing::info!(?verb, jobs = changed.len(), "jobs of the installation were changed by hand");
        }
        all.extend(changed);
    }
    for tenant in tenants(app, scope).await? {
        let scope = Scope { tenant: Some(Some(tenant.id)), ..scope.clone() };
        let info = identity::tenant::info(&tenant);
        let viewer = Viewer::system(info, app.clock.clone(), app.ids.clone());
        let name = match verb {
            Verb::Retry => "audit.job.retry",
            Verb::Discard => "audit.job.discard",
            Verb::Cancel => "audit.job.cancel",
        };
        let done = viewer.act(&app.db, name, async |act| {
            let changed = apply(act.conn(), verb, &scope, act.now()).await?;
            for job in &changed {
                let details = Map::from_iter([("status".to_owned(), json!(job.status))]);
                act.note("Job", Some(job.id.uuid()), Some(job.kind.clone()), details);
            }
            Ok(changed)
        });
        all.extend(done.await?);
    }
    Ok(all)
}

async fn apply(
    db: &impl sea_orm::ConnectionTrait,
    verb: Verb,
    scope: &Scope,
    now: chrono::DateTime<chrono::Utc>,
) -> kernel::Result<Vec<Model>> {
    match verb {
        Verb::Retry => jobs::retry(db, scope, now).await,
        Verb::Discard => jobs::discard(db, scope).await,
        Verb::Cancel => jobs::cancel(db, scope, now).await,
    }
}

/// The agencies with jobs in the scope.
#[expect(clippy::disallowed_methods, reason = "whoever runs the installation sees jobs of every agency")]
async fn tenants(app: &App, scope: &Scope) -> Result<Vec<identity::tenant::entity::Model>, Failure> {
    use sea_orm::ColumnTrait as _;
    let of = Entity::find().filter(scope.condition()).filter(Column::TenantId.is_not_null());
    let of = sea_orm::QueryTrait::into_query(of.select_only().column(Column::TenantId));
    let tenants = identity::tenant::rows().filter(identity::tenant::entity::Column::Id.in_subquery(of));
    Ok(tenants.all(&app.db).await?)
}

fn value(job: &Model) -> Value {
    json!({
        "id": job.id.to_string(),
        "tenant": job.tenant_id.map(|tenant| tenant.to_string()),
        "kind": job.kind,
        "status": job.status,
        "priority": job.priority,
        "attempts": job.attempts,
        "maxAttempts": job.max_attempts,
        "runAt": job.run_at,
        "startedAt": job.started_at,
        "finishedAt": job.finished_at,
        "lastError": job.last_error,
        "progress": job.progress_done.map(|done| json!({
            "done": done,
            "total": job.progress_total,
            "message": job.progress_message,
        })),
        "createdBy": job.created_by.map(|person| person.to_string()),
        "createdAt": job.created_at,
    })
}
