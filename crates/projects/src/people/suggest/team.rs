//! A team for the places of a project: what it is chosen from, and who is chosen for what. The matching is that of the
//! crate `schedule`.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
};

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Result,
    id::{ProjectId, UserId},
    viewer::Viewer,
};
use schedule::staffing::{self, Fit, Offer, Skill};
use sea_orm::ConnectionTrait;

use super::{
    crew::Crew,
    free::{ForPlace, PersonWeeks, clipped, wanted},
    mark::{flagged, mark},
    places::Place,
};
use crate::{
    calendar::sources::Whose,
    people::{
        allocation::entity::Model as Allocation,
        settings,
        workload::{
            figures::{Demand, Week, mondays},
            store::{Among, Weeks, allocations, by_person, demand, is_firm},
        },
    },
    service::Staff,
    words::OverAllocation as Policy,
};

/// Most people that a team is chosen from.
const PEOPLE_MAX: usize = 1_000;

/// What a team is chosen from.
pub(super) struct Question {
    pub(super) project: ProjectId,
    pub(super) places: Vec<Place>,
    pub(super) crew: Crew,
    /// Whether tentative allocations take time, too.
    tentative: bool,
    /// What happens when somebody would get too much firm work.
    policy: Policy,
    as_of: DateTime<Utc>,
    weeks: Option<Weeks>,
    rows: Vec<Allocation>,
}

/// Somebody who could take a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Their place in the crew.
    pub(super) person: usize,
    pub(super) fit: Fit,
    pub(super) has: ForPlace,
}

/// A place with who could take it.
pub(super) struct Filled {
    /// Minutes that it asks for, by the hours of the agency.
    pub(super) wanted: i64,
    /// Who could take it, the best first.
    pub(super) candidates: Vec<Candidate>,
    /// Whether others are none because that would be refused as too much firm work.
    pub(super) refused: bool,
    /// Who is chosen for it.
    pub(super) chosen: Option<Candidate>,
}

/// A team.
pub(super) struct Team {
    pub(super) question: Question,
    /// By place.
    pub(super) filled: Vec<Filled>,
    pub(super) token: String,
}

impl Question {
    /// Reads what a team for these places is chosen from, as of an instant; in eight statements.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn load(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        staff: Vec<Staff>,
        (project, places): (ProjectId, Vec<Place>),
        (tentative, as_of): (bool, DateTime<Utc>),
    ) -> Result<Self> {
        let asked: BTreeSet<_> =
            places.iter().flat_map(|place| &place.skills).map(|(skill, _)| *skill).collect();
        let mut crew = Crew::load(conn, viewer, staff, asked).await?;
        // Reason: who can do nothing of what every place asks for is a candidate for none.
        if places.iter().all(|place| !place.skills.is_empty()) {
            crew.keep_able();
        }
        crew.keep_first(PEOPLE_MAX);
        let first = places.iter().map(|place| place.days.0).min();
        let last = places.iter().map(|place| place.days.1).max();
        let (mut weeks, mut rows) = (None, Vec::new());
        if let Some(range) = first.zip(last) {
            let people = crew.ids();
            let mut there = Weeks::load(conn, viewer, &people, range).await?;
            let covered = covered(&places);
            there.keep(|monday| covered.contains(monday));
            weeks = Some(there);
            rows = allocations(conn, viewer, Among::People(&people), range).await?;
            rows.retain(|row| tentative || is_firm(row));
        }
        let policy = settings::read(conn, viewer).await?.over_allocation;
        let policy = Policy::parse(&policy).unwrap_or_default();
        Ok(Self { project, places, crew, tentative, policy, as_of, weeks, rows })
    }

    /// Chooses the team.
    pub(super) fn reckon(self) -> Team {
        let asked = format!("team {:?} {} {:?}", self.project, self.tentative, self.policy);
        let mut mark = mark(&asked, &self.crew);
        let (people, agency) = self.weeks();
        let mut has: Vec<(i64, Vec<ForPlace>)> = Vec::with_capacity(self.places.len());
        for place in &self.places {
            let asked = clipped(&demand(&place.row), place.days);
            let wanted = wanted(&agency, &asked);
            let of: Vec<ForPlace> = people.iter().map(|person| person.for_place(&asked, wanted)).collect();
            let stored = place.stored.then_some((place.row.id, place.row.version));
            mark.add(&(stored, place.days, &place.skills, wanted, &of));
            has.push((wanted, of));
        }
        let filled = self.fill(&has);
        Team { token: mark.token(self.as_of, flagged(self.tentative)), filled, question: self }
    }

    /// The weeks of the people and of the agency.
    fn weeks(&self) -> (Vec<PersonWeeks>, Vec<Week>) {
        let Some(weeks) = &self.weeks else { return (Vec::new(), Vec::new()) };
        let of = by_person(&self.rows);
        let person = |user: UserId| {
            let rows = of.get(&user).map_or(&[][..], Vec::as_slice);
            let taken: Vec<Demand> = rows.iter().map(|row| demand(row)).collect();
            let firm: Vec<Demand> = rows.iter().filter(|row| is_firm(row)).map(|row| demand(row)).collect();
            PersonWeeks::new(weeks.of(Whose::Person(user)), taken, &firm)
        };
        (self.crew.ids().into_iter().map(person).collect(), weeks.of(Whose::Agency))
    }

    /// Whether who would have too much firm work with a place is refused for it.
    fn refuses(&self, place: usize) -> bool {
        let place = &self.places[place];
        self.policy == Policy::Refuse && place.stored && is_firm(&place.row)
    }

    /// Chooses among what each place asks for of the agency, and what people have for it.
    fn fill(&self, has: &[(i64, Vec<ForPlace>)]) -> Vec<Filled> {
        let needs: Vec<Vec<Skill>> =
            self.places.iter().map(|place| self.crew.needed(&place.skills)).collect();
        // Invariant: who would have too much work with a place does some for it, and with no minute free is no candidate.
        let free = |place: usize, has: &ForPlace| if has.over && self.refuses(place) { 0 } else { has.free };
        let offer = |place: usize, (person, has): (usize, &ForPlace)| Offer {
            skills: &self.crew.skills[person],
            work: has.work,
            free: free(place, has),
            load: has.load,
        };
        let offers = |(place, (_, people)): (usize, &(i64, Vec<ForPlace>))| {
            people.iter().enumerate().map(|one| offer(place, one)).collect()
        };
        let offers: Vec<Vec<Offer<'_>>> = has.iter().enumerate().map(offers).collect();
        let team = staffing::team(&needs, &offers);
        let place = |(place, chosen): (usize, Option<(usize, Fit)>)| {
            let (wanted, has) = &has[place];
            let candidate = |(person, has): (usize, &ForPlace)| {
                let fit = Fit::of(&needs[place], &self.crew.skills[person], (has.work, has.free))?;
                Some(Candidate { person, fit, has: *has })
            };
            let mut candidates: Vec<Candidate> = has.iter().enumerate().filter_map(candidate).collect();
            let all = candidates.len();
            candidates.retain(|one| !(one.has.over && self.refuses(place)));
            let refused = candidates.len() < all;
            candidates.sort_by_key(|one| (Reverse(one.fit.points), one.has.load, one.person));
            let chosen = chosen.and_then(|(person, _)| candidates.iter().find(|one| one.person == person));
            Filled { wanted: *wanted, chosen: chosen.copied(), candidates, refused }
        };
        team.into_iter().enumerate().map(place).collect()
    }
}

/// The Mondays of the weeks that places cover.
fn covered(places: &[Place]) -> HashSet<NaiveDate> {
    places.iter().flat_map(|place| mondays(place.days.0, place.days.1)).collect()
}

impl Team {
    /// For which place each person is chosen.
    pub(super) fn places(&self) -> HashMap<usize, usize> {
        let chosen = self.filled.iter().enumerate();
        chosen.filter_map(|(place, filled)| Some((filled.chosen?.person, place))).collect()
    }

    /// Who is chosen for a place.
    pub(super) fn user(&self, place: usize) -> Option<UserId> {
        let chosen = self.filled.get(place)?.chosen?;
        Some(self.question.crew.people[chosen.person].user)
    }
}
