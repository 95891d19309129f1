//! Looking at a team that is suggested, and giving it the places, as one act.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    bulk::DUPLICATE_ITEM,
    db::Db,
    id::{AllocationId, ProjectId, UserId},
    people::check_staff,
    policy::Guarded,
    viewer::Viewer,
};

use super::{
    crew::staff,
    graphql::{ApplyTeamSuggestionInput, TeamPlaceInput, TeamSuggestion},
    mark::{SUGGESTION_CHANGED, flag, looked_at},
    places::{self, PLACES_MAX, Place},
    team::{Question, Team},
};
use crate::{
    calendar::write::TOO_MANY,
    people::allocation::{
        entity::Model as Allocation,
        open_project,
        over::{self, Change, OverAllocatedWeek},
    },
    plan::{effort, token::to_the_minute},
    policy::people::{ALLOCATIONS_READ, ALLOCATIONS_WRITE, PEOPLE_READ},
    project::entity as projects_rows,
    service::{Projects, Staff},
};

/// The place is none of the project that nobody has taken.
pub const NO_PLACE: Text = Text::new(
    "no_open_place",
    "This is no place of the project that is still to be filled.",
    "Ce n'est pas une place du projet encore à pourvoir.",
);

/// Nobody is suggested for the place.
pub const NOBODY_SUGGESTED: Text = Text::new(
    "nobody_suggested",
    "Nobody is suggested for this place.",
    "Personne n'est suggéré pour cette place.",
);

type Applied = (Vec<Allocation>, Vec<OverAllocatedWeek>);

/// The team that is suggested for a project.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, INVALID below `places` for wrong ones.
pub(super) async fn look(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    (project, thought_of, tentative): (ProjectId, Option<Vec<TeamPlaceInput>>, bool),
) -> Result<TeamSuggestion> {
    require(viewer)?;
    projects_rows::Entity::fetch_to(db, viewer, ALLOCATIONS_WRITE, project).await?;
    let staff = staff(viewer, db, projects).await?;
    let as_of = to_the_minute(viewer.now);
    let places = match thought_of {
        Some(inputs) => places::thought_of(db, viewer, project, inputs, as_of).await?,
        None => places::open(db, viewer, project, crate::today(viewer, as_of)).await?,
    };
    let question = Question::load(db, viewer, staff, (project, places), (tentative, as_of)).await?;
    let team = effort::reckon(move || Ok(question.reckon())).await?;
    Ok(TeamSuggestion::new(&team, viewer))
}

/// Clients, and who plans nobody, are told nothing.
fn require(viewer: &Viewer) -> Result<()> {
    viewer.require(ALLOCATIONS_WRITE)?;
    viewer.require_tenant(ALLOCATIONS_READ)?;
    viewer.require_tenant(PEOPLE_READ)?;
    if viewer.is_client() { Err(Error::lacks(ALLOCATIONS_WRITE.name)) } else { Ok(()) }
}

/// Gives places to those who are suggested for them; in a number of statements that does not grow with the places.
///
/// # Errors
/// As [`look`], INVALID at `allocationIds.<n>` for places that are not open, for which nobody is suggested, or whose
/// person would have too much firm work, CONFLICT if the same is not suggested any more.
pub(super) async fn apply(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: ApplyTeamSuggestionInput,
) -> Result<Applied> {
    require(viewer)?;
    let staff = staff(viewer, db, projects).await?;
    viewer
        .act(db, "projects.allocation.suggest", async |act| {
            open_project(act, input.project_id).await?;
            // Reason: places of others are refused as such, whatever the token says.
            let looked_at = looked_at(&input.token, act.now());
            let at = looked_at.as_ref().map_or_else(|_| to_the_minute(act.now()), |at| *at);
            let places = places::open(act.conn(), viewer, input.project_id, crate::today(viewer, at)).await?;
            check(&input.allocation_ids, &places, crate::today(viewer, act.now()))?;
            looked_at?;
            let team = fresh(act, &staff, &input, places.clone(), at).await?;
            let wanted = wanted(&team, &input.allocation_ids)?;
            // Race: of two who give places to the same person at once, the later one sees what the earlier one gave.
            let mut people: Vec<UserId> = wanted.iter().map(|one| one.user).collect();
            people.sort_unstable();
            projects.clocks.hold_all(act, &people).await?;
            fresh(act, &staff, &input, places, at).await?;
            let paths = wanted.iter().map(|one| (one.user, path(one.index)));
            check_staff(&*projects.people, act, &paths.collect::<Vec<_>>()).await?;
            give(act, wanted).await
        })
        .await
}

fn path(index: usize) -> String {
    format!("allocationIds.{index}")
}

/// Checks that these are open places, each named once. What was open when it was looked at may be over today.
fn check(ids: &[AllocationId], places: &[Place], today: NaiveDate) -> Result<()> {
    if ids.len() > PLACES_MAX {
        return Err(Error::field("allocationIds", TOO_MANY.with("max", PLACES_MAX)));
    }
    let open = places.iter().filter(|place| place.row.ends_on >= today);
    let open: HashSet<AllocationId> = open.map(|place| place.row.id).collect();
    let (mut fields, mut seen) = (Fields::new(), HashSet::new());
    for (index, id) in ids.iter().enumerate() {
        fields.require(open.contains(id), &path(index), NO_PLACE);
        fields.require(seen.insert(id), &path(index), DUPLICATE_ITEM);
    }
    fields.check()
}

/// The team as it is suggested now, if that is still the one of the token.
async fn fresh(
    act: &Act,
    staff: &[Staff],
    input: &ApplyTeamSuggestionInput,
    places: Vec<Place>,
    at: DateTime<Utc>,
) -> Result<Team> {
    let (of, how) = ((input.project_id, places), (flag(&input.token), at));
    let question = Question::load(act.conn(), act.viewer(), staff.to_vec(), of, how).await?;
    let team = effort::reckon_now(move || Ok(question.reckon())).await?;
    if team.token == input.token { Ok(team) } else { Err(Error::conflict(SUGGESTION_CHANGED)) }
}

/// A place with whom it is given to.
struct Given {
    /// Its place in the input.
    index: usize,
    user: UserId,
    name: String,
    before: Allocation,
}

fn wanted(team: &Team, ids: &[AllocationId]) -> Result<Vec<Given>> {
    let mut fields = Fields::new();
    let places = &team.question.places;
    let index: HashMap<AllocationId, usize> =
        places.iter().enumerate().map(|(index, place)| (place.row.id, index)).collect();
    let mut given = Vec::with_capacity(ids.len());
    for (at, id) in ids.iter().enumerate() {
        let place = index.get(id).copied();
        match place.and_then(|place| Some((place, team.user(place)?))) {
            Some((place, user)) => {
                let staff = team.question.crew.people.iter().find(|one| one.user == user);
                let name = staff.map(|one| one.name.clone()).unwrap_or_default();
                given.push(Given { index: at, user, name, before: places[place].row.clone() });
            }
            None => fields.add(path(at), NOBODY_SUGGESTED),
        }
    }
    fields.check()?;
    Ok(given)
}

/// Writes whom places are given to from today on, unless somebody would get too much firm work and that is refused.
async fn give(act: &mut Act, given: Vec<Given>) -> Result<Applied> {
    let today = crate::today(act.viewer(), act.now());
    let pair = |one: &Given| {
        let starts_on = one.before.starts_on.max(today);
        let after = Allocation { user_id: Some(one.user), starts_on, ..one.before.clone() };
        (one.before.clone(), after)
    };
    let pairs: Vec<(Allocation, Allocation)> = given.iter().map(pair).collect();
    let changes = pairs.iter().map(|(before, after)| Change { before: Some(before), after });
    let changes: Vec<Change<'_>> = changes.collect();
    let weeks = over::check(act.conn(), act.viewer(), &changes, today).await?;
    if !weeks.is_empty() && over::is_refused(act.conn(), act.viewer()).await? {
        let said = |one: &Given| {
            let of: Vec<OverAllocatedWeek> =
                weeks.iter().filter(|week| week.user_id == one.user).copied().collect();
            over::said(&path(one.index), &one.name, &of)
        };
        return Err(Error::Invalid(given.iter().flat_map(said).collect()));
    }
    let rows = act.update_pairs(pairs).await?;
    Ok((rows, weeks))
}
