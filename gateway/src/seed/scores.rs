//! How well projects went on the last days, as the nights recorded it. Without chance.

use chrono::Days;
use projects::{health::score, project::entity as project};

use super::{maker::Maker, registers::over};

/// Days on which it is known how well projects went.
const DAYS: u64 = 14;

/// How well a project that goes on went on each of the last days: up and down around where it stands.
pub(super) fn scores(maker: &Maker, project: &project::Model, place: usize) -> Vec<score::Model> {
    let Some(health) = project.health.filter(|_| !over(project)) else { return Vec::new() };
    let today = maker.now().date_naive();
    let wave = |back: u64| ((back as i64 * 7 + place as i64 * 3) % 9 - 4) * i64::from(back > 1);
    let score = |back: u64| {
        let around = |by: i64| {
            let part = (i64::from(health) + wave(back) + by).clamp(0, 100);
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
