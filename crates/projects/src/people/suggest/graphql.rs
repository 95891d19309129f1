//! Suggestions of teams in the graph.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{AllocationId, ProjectId, SkillId, UserId},
    scalar::Date,
    viewer::Viewer,
};

use super::{apply, team::Team};
use crate::{
    people::{
        allocation::{graphql::Allocation, over::OverAllocatedWeek},
        profile::mutation::SkillLevelInput,
        skill::graphql::Skill,
    },
    service::Projects,
};

/// A place on a team as somebody thinks of it.
#[derive(Clone, Debug, InputObject)]
pub struct TeamPlaceInput {
    /// What the place is for, at most 100 characters.
    pub role: String,
    /// What it takes, at most 100 skills.
    pub skills: Option<Vec<SkillLevelInput>>,
    /// So many minutes of each week, 1 to 10 080; either this or `percent`.
    pub weekly_minutes: Option<i64>,
    /// Such a share of a week, 1 to 100 percent; either this or `weeklyMinutes`.
    pub percent: Option<i32>,
    /// The first day.
    pub from: Date,
    /// The last day: not past, within ten years, and at most 1 830 days in all.
    pub to: Date,
}

/// Why somebody is chosen or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SuggestionReason {
    /// They are chosen.
    Chosen,
    /// They are chosen for another place; no team has more points. Whether they fit this one less than who is chosen for it is
    /// told by the message.
    Elsewhere,
    /// Who is chosen has more points.
    Points,
    /// Who is chosen has as many points, and less to do.
    Load,
    /// Who is chosen has as many points and as much to do, and comes first in the list of people by name.
    Order,
}

/// A skill that is wanted, and how well somebody has it.
#[derive(Clone, Debug, SimpleObject)]
pub struct SkillFit {
    /// Id of the skill.
    pub skill_id: SkillId,
    /// The skill.
    pub skill: Option<Graph<Skill>>,
    /// The level that is wanted, or a better one, 1 to 5.
    pub wanted: i32,
    /// The level that the person has, 1 to 5.
    pub has: i32,
}

/// Somebody who could take a place or do a task, and how well they fit.
#[derive(Clone, Debug, SimpleObject)]
pub struct SuggestedPerson {
    /// Id of the person.
    pub user_id: UserId,
    /// What they are called.
    pub name: String,
    /// `skillPoints` + `timePoints`, at most 1 000.
    pub points: i32,
    /// Points for skills, at most 700: 700 × the mean over the skills wanted of `has` ÷ `wanted`, at most 1 for each,
    /// rounded down for each; 700 where no skill is wanted. Who lacks one wholly is no candidate.
    pub skill_points: i32,
    /// Points for free time, at most 300: 300 × `freeMinutes` ÷ the minutes wanted, at most 1, rounded down; 300 where no
    /// time is wanted. A place wants of each person what it would take by their own hours if they were not on leave: a
    /// share is one of what they have. Who is not free for a minute is no candidate.
    pub time_points: i32,
    /// Whether they have every skill at the level that is wanted.
    pub able: bool,
    /// Of a place, the minutes of it that they are free for: the sum over its weeks of the less of what it takes of them
    /// and what they have left. Of a task, the minutes that they have left on its days, without what is suggested for them
    /// before it.
    pub free_minutes: i64,
    /// How much of what they have in its days, after public holidays and leave, is taken already, in percent, rounded
    /// down.
    pub load_percent: i32,
    /// The skills wanted, at most 100, and how well they have them.
    pub skill_fits: Vec<SkillFit>,
    /// Why they are chosen or not.
    pub reason: SuggestionReason,
    /// The index of the other place that they are chosen for, from 0; null for none, and for tasks.
    pub chosen_for_place: Option<i32>,
    /// All of that in words, in the language of the request.
    pub message: String,
}

/// A place, who is suggested for it, and who else could take it.
#[derive(Clone, Debug, SimpleObject)]
pub struct SuggestedPlace {
    /// Id of the place; null for one that is thought of only.
    pub allocation_id: Option<AllocationId>,
    /// What it is for.
    pub role: Option<String>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Minutes that it asks for from today on, by the hours of the agency.
    pub wanted_minutes: i64,
    /// Id of the person who is suggested; null where nobody is.
    pub user_id: Option<UserId>,
    /// How they fit; null where nobody is suggested.
    pub fit: Option<SuggestedPerson>,
    /// Why, or why nobody, in words, in the language of the request.
    pub message: String,
    /// Who could take it: most points first, then less to do, then by name; at most 5. Whoever is suggested may be none
    /// of them, if those are suggested for other places.
    pub candidates: Vec<SuggestedPerson>,
}

/// A team for places.
#[derive(Clone, Debug, SimpleObject)]
pub struct TeamSuggestion {
    /// By this the team that is applied is the one that was looked at; null for places that are thought of only.
    pub token: Option<String>,
    /// For how many of the places somebody is suggested.
    pub filled: i32,
    /// The sum of the points of those who are suggested: as great as it can be.
    pub points: i32,
    /// The places, at most 50, as they were asked for; those of the project by their first day.
    pub places: Vec<SuggestedPlace>,
}

impl TeamSuggestion {
    pub(super) fn new(team: &Team, viewer: &Viewer) -> Self {
        let stored = team.question.places.iter().all(|place| place.stored);
        let places = team.question.places.iter().enumerate();
        let places = places.map(|(index, place)| {
            let (fit, message, candidates) = team.told(index, viewer.language());
            SuggestedPlace {
                allocation_id: place.stored.then_some(place.row.id),
                role: place.row.role.clone(),
                from: place.row.starts_on.into(),
                to: place.row.ends_on.into(),
                wanted_minutes: team.filled[index].wanted,
                user_id: fit.as_ref().map(|fit| fit.user_id),
                fit,
                message,
                candidates,
            }
        });
        let places: Vec<SuggestedPlace> = places.collect();
        let chosen = || places.iter().filter_map(|place| place.fit.as_ref());
        Self {
            token: stored.then(|| team.token.clone()),
            filled: i32::try_from(chosen().count()).unwrap_or(i32::MAX),
            points: chosen().map(|fit| fit.points).sum(),
            places,
        }
    }
}

/// A team to be applied.
#[derive(Clone, Debug, InputObject)]
pub struct ApplyTeamSuggestionInput {
    /// The project.
    pub project_id: ProjectId,
    /// What `teamSuggestion` answered: if the same is not suggested any more, nothing is changed and CONFLICT
    /// `suggestion_changed` answered. It holds for a day.
    pub token: String,
    /// The places that are given to whom they were suggested for, at most 50.
    pub allocation_ids: Vec<AllocationId>,
}

/// What `applyTeamSuggestion` gave to people.
#[derive(SimpleObject)]
pub struct ApplyTeamSuggestionPayload {
    /// The places as they are now, at most 50, in the order of the input.
    pub filled_places: Vec<Graph<Allocation>>,
    /// Weeks of them, from the present one on, in which their person has more firm work than time, if the agency wants to
    /// be warned only.
    pub over_allocations: Vec<OverAllocatedWeek>,
}

/// Root query of suggestions of teams.
#[derive(Default)]
pub struct SuggestionQuery;

#[Object]
impl SuggestionQuery {
    /// A team for the places of a project that nobody has taken, that are not over and end within ten years, the first
    /// 50 of them, or for places that somebody thinks of. Who is active staff, has all skills that a place takes at some
    /// level and a minute of its time is a candidate for it; each gets one place at most, also of places that do not
    /// overlap. The team is the one with most points together; of those with as many the one with the most free time (the
    /// sum over its people of 1 − their load), then the one whose people have the least sum of places in the list by name,
    /// then the one that leaves the last places empty, then the one that gives earlier places to people who are earlier in
    /// that list; at most 1 000 people are looked at, by name. Firm allocations and leave take time. Where too much firm work
    /// is refused, whoever would have it is no candidate for a firm place of the project. Nothing is changed. Needs `projects.allocation.write` on the project, and `projects.allocation.read` and `projects.people.read` on the
    /// whole agency.
    async fn team_suggestion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] project_id: ProjectId,
        #[graphql(desc = "Places that somebody thinks of, at most 50, instead of those of the project.")]
        places: Option<Vec<TeamPlaceInput>>,
        #[graphql(desc = "Whether tentative allocations take time, too.", default)] count_tentative: bool,
    ) -> Result<TeamSuggestion> {
        let projects = ctx.data_unchecked::<Projects>();
        apply::look(ctx.viewer(), ctx.db(), projects, (project_id, places, count_tentative)).await
    }
}

/// Root mutations of suggestions of teams.
#[derive(Default)]
pub struct SuggestionMutation;

#[Object]
impl SuggestionMutation {
    /// Gives places to those whom `teamSuggestion` told for them, from today on, all in one act; each is checked as in
    /// `updateAllocation`: too much firm work is refused or told, as the settings of planning say. Needs what
    /// `teamSuggestion` needs.
    async fn apply_team_suggestion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was looked at.")] input: ApplyTeamSuggestionInput,
    ) -> Result<ApplyTeamSuggestionPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let (rows, over_allocations) = apply::apply(ctx.viewer(), ctx.db(), projects, input).await?;
        let filled_places = rows.into_iter().map(|row| Graph(row.into())).collect();
        Ok(ApplyTeamSuggestionPayload { filled_places, over_allocations })
    }
}
