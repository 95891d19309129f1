//! How well projects went on the last days, as the nights recorded it. Without chance.

use chrono::Days;
use kernel::{db::Db, error::Result, id::HealthScoreId, viewer::TenantInfo};
use projects::{
    health::{record, score, settings},
    project::entity as project,
};

use super::{maker::Maker, registers::over, write::viewer_of};

/// Days on which it is known how well projects went.
const DAYS: u64 = 14;

/// Of how many points the score of a day goes up or down at most, long before today.
const SWING: i64 = 12;

/// How well a project that goes on went on each of the last days: up and down around where it stands.
pub(super) fn scores(maker: &Maker, project: &project::Model, place: usize) -> Vec<score::Model> {
    let Some(health) = project.health.filter(|_| !over(project)) else { return Vec::new() };
    let today = maker.now().date_naive();
    let score = |back: u64| {
        let around = |by: i64| {
            let part = (i64::from(health) + way(place, back) + by).clamp(0, 100);
            i32::try_from(part).unwrap_or_default()
        };
        score::Model {
            id: maker.id(),
            tenant_id: project.tenant_id,
            project_id: project.id,
            scored_on: today.checked_sub_days(Days::new(back)).unwrap_or(today),
            score: Some(around(0)),
            schedule: Some(around(5)),
            budget: Some(around(-6)),
            scope: None,
            risk: Some(around(3)),
            sentiment: None,
        }
    };
    (1..=DAYS).rev().map(score).collect()
}

/// Records for an agency that was just written how well its projects go at present, and days that lead there.
///
/// Reason: it is reckoned from what was written, as in any night, so that what the demo shows of the past goes on into
/// what it shows of now.
pub(super) async fn lead(db: &Db, maker: &Maker, info: TenantInfo) -> Result<()> {
    let viewer = viewer_of(maker, info);
    let present = record::present(db, &viewer, || maker.id::<HealthScoreId>()).await?;
    let Some(today) = present.first().map(|score| score.scored_on) else { return Ok(()) };
    let weights = settings::read(db, &viewer).await?;
    let days = |(place, present): (usize, &score::Model)| {
        let past = (1..DAYS).rev().map(|back| before(maker, &weights, present, (place, back)));
        past.chain([present.clone()]).collect::<Vec<_>>()
    };
    let scores: Vec<score::Model> = present.iter().enumerate().flat_map(days).collect();
    viewer
        .act(db, "projects.health.record", async |act| record::write(act, today, scores.clone()).await)
        .await
}

/// How well a project went so many days before its present score: each part a little otherwise, the score their mean.
fn before(
    maker: &Maker,
    weights: &settings::Model,
    present: &score::Model,
    (place, back): (usize, u64),
) -> score::Model {
    let was = |part: Option<i32>, turn: usize| {
        let was = i64::from(part?) + way(place + turn, back);
        i32::try_from(was.clamp(0, 100)).ok()
    };
    let (schedule, budget) = (was(present.schedule, 0), was(present.budget, 1));
    let (scope, risk) = (was(present.scope, 2), was(present.risk, 3));
    // Reason: what a client said once stays said.
    let sentiment = present.sentiment;
    let parts = [
        (schedule, weights.schedule_weight),
        (budget, weights.budget_weight),
        (scope, weights.scope_weight),
        (risk, weights.risk_weight),
        (sentiment, weights.sentiment_weight),
    ];
    let known = parts.iter().filter_map(|(part, weight)| Some((i64::from((*part)?), i64::from(*weight))));
    let (sum, all) = known.fold((0, 0), |(sum, all), (part, weight)| (sum + part * weight, all + weight));
    let score = (2 * sum + all).checked_div(2 * all).and_then(|mean| i32::try_from(mean).ok());
    let scored_on = present.scored_on.checked_sub_days(Days::new(back)).unwrap_or(present.scored_on);
    score::Model {
        id: maker.id(),
        scored_on,
        score,
        schedule,
        budget,
        scope,
        risk,
        sentiment,
        ..present.clone()
    }
}

/// By how many points a part was better, or worse, so many days ago: more and more the longer ago, and hardly of late.
fn way(place: usize, back: u64) -> i64 {
    let (place, back, days) = (place as i64, back as i64, DAYS as i64);
    SWING * back * back / (days * days) * ((place * 7) % 5 - 2) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_begin_apart_and_end_without_a_jump() {
        for place in 0..20 {
            assert_eq!((way(place, 0), way(place, 1)), (0, 0));
            for back in 0..DAYS {
                let step = way(place, back + 1) - way(place, back);
                assert!(step.abs() <= 2, "{step} at {back} of {place}");
            }
        }
        assert!((0..5).any(|place| way(place, DAYS) > 0) && (0..5).any(|place| way(place, DAYS) < 0));
    }
}
