//! What the score of projects is made from, read for many projects at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use chrono::{Days, NaiveDate, TimeDelta};
use kernel::{
    Error, Result,
    ask::{Ask, FromAsk},
    db::Db,
    id::{ProjectId, TypedId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use schedule::health::{Health, Measures, Weights};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    measures::{Facts, answer},
    score, settings,
};
use crate::{
    control::{self, Subject},
    feedback::entity as feedback,
    project::entity::Model as Project,
    risk::entity as risks,
    words::{FeedbackKind, RiskStatus},
};

/// For how many days an answer of a client counts.
const ANSWERS_DAYS: i64 = 180;

/// How well a project goes, and why.
#[derive(Clone, Debug)]
pub(crate) struct Rated {
    /// The score and its parts.
    pub(crate) health: Health,
    /// What it was made of.
    pub(crate) measures: Measures,
    /// What counted how much.
    pub(crate) weights: Weights,
}

/// How well a project goes at the moment of the request, in a handful of statements with all projects of the request;
/// none for one that is over or archived.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn of_project(ask: &Ask, project: &Subject) -> Result<Option<Rated>> {
    if !project.open {
        return Ok(None);
    }
    let id = project.id;
    let (value, risks, answers, weights) = futures::try_join!(
        control::of_project(ask, project),
        ask.load::<Parts, _>(OfRisks(id)),
        ask.load::<Parts, _>(OfAnswers(id)),
        ask.load::<Parts, _>(OfWeights),
    )?;
    let facts = Facts {
        planned: value.planned,
        minutes: value.work.actual,
        money: value.spent,
        budget_minutes: project.budget_minutes,
        start: project.start,
        end: project.end,
        today: crate::today(&ask.viewer, ask.viewer.now),
        risks,
        answers: answers.unwrap_or_default(),
    };
    let (measures, weights) = (facts.measures(), weights.unwrap_or_default());
    Ok(Some(Rated { health: Health::of(&measures, weights), measures, weights }))
}

/// How well these projects go, those left out that are over or archived.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn of_many(
    viewer: &Viewer,
    db: &Db,
    projects: &[Project],
) -> Result<Vec<(ProjectId, Rated)>> {
    let ask = Ask::new(viewer.clone(), db.clone());
    let rated = projects.iter().map(async |project| {
        let rated = of_project(&ask, &Subject::from(project)).await?;
        Ok::<_, Error>(rated.map(|rated| (project.id, rated)))
    });
    Ok(futures::future::try_join_all(rated).await?.into_iter().flatten().collect())
}

/// How well a project went on the last `days` days before today, the oldest first.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn trend(ask: &Ask, project: ProjectId, days: u64) -> Result<Vec<score::Model>> {
    Ok(ask.load::<Parts, _>(OfTrend(project, days)).await?.unwrap_or_default())
}

struct Parts {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Parts {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfRisks(ProjectId);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfAnswers(ProjectId);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfTrend(ProjectId, u64);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct OfWeights;

// Reason: the score of a project is one, whoever looks; what of it they may see is decided where it is shown.
impl Loader<OfRisks> for Parts {
    type Value = Vec<u32>;
    type Error = Error;

    async fn load(&self, projects: &[OfRisks]) -> Result<HashMap<OfRisks, Vec<u32>>> {
        use risks::Column as Of;
        let ids = projects.iter().map(|OfRisks(project)| project.uuid());
        let rows: Vec<(ProjectId, i32, String)> = risks::Entity::of_tenant(self.viewer.tenant_id())
            .filter(one_of(self.db.backend(), Of::ProjectId, ids))
            .select_only()
            .columns([Of::ProjectId, Of::Score, Of::Status])
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut found: HashMap<OfRisks, Vec<u32>> = HashMap::with_capacity(projects.len());
        for (project, score, status) in rows {
            let open = found.entry(OfRisks(project)).or_default();
            if status != RiskStatus::Closed.as_str() {
                open.push(u32::try_from(score).unwrap_or_default());
            }
        }
        Ok(found)
    }
}

impl Loader<OfAnswers> for Parts {
    type Value = Vec<u32>;
    type Error = Error;

    async fn load(&self, projects: &[OfAnswers]) -> Result<HashMap<OfAnswers, Vec<u32>>> {
        use feedback::Column as Of;
        let ids = projects.iter().map(|OfAnswers(project)| project.uuid());
        let rows: Vec<(ProjectId, String, Option<i32>)> =
            feedback::Entity::of_tenant(self.viewer.tenant_id())
                .filter(one_of(self.db.backend(), Of::ProjectId, ids))
                .filter(Of::AnsweredAt.gte(self.viewer.now - TimeDelta::days(ANSWERS_DAYS)))
                .select_only()
                .columns([Of::ProjectId, Of::Kind, Of::Score])
                .into_tuple()
                .all(&self.db)
                .await?;
        let mut found: HashMap<OfAnswers, Vec<u32>> = HashMap::with_capacity(projects.len());
        for (project, kind, score) in rows {
            let kind = FeedbackKind::parse(&kind).unwrap_or_default();
            found.entry(OfAnswers(project)).or_default().extend(score.map(|score| answer(kind, score)));
        }
        Ok(found)
    }
}

impl Loader<OfWeights> for Parts {
    type Value = Weights;
    type Error = Error;

    async fn load(&self, _: &[OfWeights]) -> Result<HashMap<OfWeights, Weights>> {
        let settings = settings::read(&self.db, &self.viewer).await?;
        Ok(HashMap::from([(OfWeights, settings::weights(&settings))]))
    }
}

impl Loader<OfTrend> for Parts {
    type Value = Vec<score::Model>;
    type Error = Error;

    async fn load(&self, asked: &[OfTrend]) -> Result<HashMap<OfTrend, Vec<score::Model>>> {
        let today = crate::today(&self.viewer, self.viewer.now);
        let first = |days: u64| today.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN);
        let longest = asked.iter().map(|OfTrend(_, days)| *days).max().unwrap_or_default();
        let ids = asked.iter().map(|OfTrend(project, _)| project.uuid());
        let rows = of_tenant(&self.viewer)
            .filter(one_of(self.db.backend(), score::Column::ProjectId, ids))
            .filter(score::Column::ScoredOn.gte(first(longest)))
            .filter(score::Column::ScoredOn.lt(today))
            .order_by_asc(score::Column::ScoredOn);
        let mut by_project: HashMap<ProjectId, Vec<score::Model>> = HashMap::new();
        for row in rows.all(&self.db).await? {
            by_project.entry(row.project_id).or_default().push(row);
        }
        let of = |asked: &OfTrend| {
            let rows = by_project.get(&asked.0)?;
            let recent = rows.iter().filter(|row| row.scored_on >= first(asked.1));
            Some((*asked, recent.cloned().collect()))
        };
        Ok(asked.iter().filter_map(of).collect())
    }
}

/// Scores of the viewer's tenant.
#[expect(clippy::disallowed_methods, reason = "limited to the tenant right here")]
pub(super) fn of_tenant(viewer: &Viewer) -> sea_orm::Select<score::Entity> {
    use sea_orm::EntityTrait;
    score::Entity::find().filter(score::Column::TenantId.eq(viewer.tenant_id().uuid()))
}
