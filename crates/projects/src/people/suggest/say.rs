//! What suggestions say in words and data of those who could be chosen.

use std::cmp::{Ordering, Reverse};

use kernel::{Text, error::Said, id::UserId, locale::Language};
use schedule::staffing::{self, Fit};

use super::{
    crew::{Crew, Level},
    graphql::{SkillFit, SuggestedPerson, SuggestionReason},
    team::{Candidate, Team},
};
use crate::plan::say::span;

const FITS: Text = Text::new(
    "fits",
    "{name} has {able} of {skills} skills at the level wanted and {free} of {wanted} free.",
    "{name} a {able} des {skills} compétences au niveau voulu et {free} libres sur {wanted}.",
);
const IS_FREE: Text =
    Text::new("is_free", "{name} has {free} of {wanted} free.", "{name} a {free} libres sur {wanted}.");
const ELSEWHERE: Text = Text::new(
    "suggested_elsewhere",
    "{name} is suggested as {role}; no team has more points.",
    "{name} est suggéré comme {role} ; aucune équipe n'a plus de points.",
);
const LESS_FIT: Text = Text::new("less_fit", "{other} fits better.", "{other} convient mieux.");
const MORE_LOAD: Text = Text::new(
    "more_load",
    "{other} fits as well and has less to do.",
    "{other} convient aussi bien et est moins pris.",
);
const LATER: Text = Text::new(
    "later_in_list",
    "{other} fits as well, is as busy and comes first in the list.",
    "{other} convient aussi bien, est autant pris et vient d'abord dans la liste.",
);
const NOBODY: Text = Text::new(
    "nobody_fits",
    "Nobody has all the skills that this takes, and free time for it.",
    "Personne n'a toutes les compétences requises et du temps libre.",
);
const TOO_MUCH: Text = Text::new(
    "nobody_has_room",
    "Nobody has all the skills that this takes, and time for all of it; too much firm work is refused.",
    "Personne n'a toutes les compétences requises et assez de temps libre ; trop de travail ferme est refusé.",
);
const NOBODY_LEFT: Text = Text::new(
    "nobody_left",
    "Whoever could do this is suggested for another place; no team has more points.",
    "Les personnes possibles sont suggérées pour d'autres postes ; aucune équipe n'a plus de points.",
);
const A_PLACE: Text = Text::new("another_place", "another place", "un autre poste");

/// Most candidates of a place that are told.
const TOLD: usize = 5;

/// What somebody is looked at for.
pub(super) struct Asked<'a> {
    pub(super) crew: &'a Crew,
    pub(super) skills: &'a [Level],
    pub(super) language: Language,
}

/// How somebody stands to what they are looked at for.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    /// Their place in the crew.
    pub(super) person: usize,
    pub(super) fit: Fit,
    /// Minutes that it takes of them.
    pub(super) work: i64,
    pub(super) free: i64,
    /// In thousandths.
    pub(super) load: u32,
}

impl From<Candidate> for Standing {
    fn from(Candidate { person, fit, has }: Candidate) -> Self {
        Self { person, fit, work: has.work, free: has.free, load: has.load }
    }
}

impl Standing {
    /// Of somebody who could do a task of so many minutes.
    pub(super) fn to_task(work: i64, one: staffing::Candidate) -> Self {
        let staffing::Candidate { person, fit, free, load } = one;
        Self { person, fit, work, free, load }
    }
}

/// That nobody fits.
pub(super) fn nobody(language: Language) -> String {
    Said::from(NOBODY).render(language)
}

impl Asked<'_> {
    /// Why another than this one was chosen, as far as it follows from the two alone; nothing for who comes before the one
    /// that was chosen, for that follows from the rest of the team.
    pub(super) fn rank(one: Standing, chosen: Standing) -> Option<SuggestionReason> {
        let key = |of: Standing| (Reverse(of.fit.points), of.load, of.person);
        match key(one).cmp(&key(chosen)) {
            Ordering::Equal => Some(SuggestionReason::Chosen),
            Ordering::Less => None,
            Ordering::Greater if one.fit.points < chosen.fit.points => Some(SuggestionReason::Points),
            Ordering::Greater if one.load > chosen.load => Some(SuggestionReason::Load),
            Ordering::Greater => Some(SuggestionReason::Order),
        }
    }

    fn name(&self, person: usize) -> &str {
        &self.crew.people[person].name
    }

    /// How somebody fits, in a sentence.
    fn fits(&self, one: Standing) -> String {
        let able = self.skills.iter().filter(|(skill, level)| self.crew.level(one.person, *skill) >= *level);
        let text = if self.skills.is_empty() { IS_FREE } else { FITS };
        let said = text.with("able", able.count()).with("skills", self.skills.len());
        let said = said.with("free", span(one.free.clamp(0, one.work))).with("wanted", span(one.work));
        // Invariant: names come last, for whatever they hold is not read as a placeholder then.
        said.with("name", self.name(one.person)).render(self.language)
    }

    /// What is told of somebody, as one who is `chosen` for the same; `elsewhere` says for which other place they are
    /// chosen themselves, and what that is for.
    pub(super) fn told(
        &self,
        one: Standing,
        chosen: Option<Standing>,
        elsewhere: Option<(usize, String)>,
    ) -> SuggestedPerson {
        let rank = chosen.and_then(|chosen| Asked::rank(one, chosen));
        let text = match rank {
            Some(SuggestionReason::Points) => Some(LESS_FIT),
            Some(SuggestionReason::Load) => Some(MORE_LOAD),
            Some(SuggestionReason::Order) => Some(LATER),
            Some(SuggestionReason::Chosen | SuggestionReason::Elsewhere) | None => None,
        };
        let other = text.zip(chosen);
        let why =
            other.map(|(text, other)| text.with("other", self.name(other.person)).render(self.language));
        let there = |(_, role): &(usize, String)| {
            ELSEWHERE.with("role", role).with("name", self.name(one.person)).render(self.language)
        };
        let there = elsewhere.as_ref().map(there);
        // Invariant: whoever comes before the one that is chosen is chosen elsewhere, for else the team would be better
        // with them.
        let reason = rank.filter(|_| elsewhere.is_none()).unwrap_or(SuggestionReason::Elsewhere);
        let skill = |(id, wanted): &Level| SkillFit {
            skill_id: *id,
            skill: self.crew.skill(*id),
            wanted: *wanted,
            has: self.crew.level(one.person, *id),
        };
        let points = |points: u32| i32::try_from(points).unwrap_or(i32::MAX);
        SuggestedPerson {
            user_id: self.user(one.person),
            name: self.name(one.person).to_owned(),
            points: points(one.fit.points),
            skill_points: points(one.fit.skills),
            time_points: points(one.fit.time),
            able: one.fit.able,
            free_minutes: one.free,
            load_percent: points(one.load / 10),
            skill_fits: self.skills.iter().map(skill).collect(),
            reason,
            chosen_for_place: elsewhere.map(|(place, _)| i32::try_from(place).unwrap_or(i32::MAX)),
            message: [Some(self.fits(one)), there, why].into_iter().flatten().collect::<Vec<_>>().join(" "),
        }
    }

    fn user(&self, person: usize) -> UserId {
        self.crew.people[person].user
    }
}

impl Team {
    /// Who is chosen for a place, what that follows from in a sentence, and who could take it.
    pub(super) fn told(
        &self,
        place: usize,
        language: Language,
    ) -> (Option<SuggestedPerson>, String, Vec<SuggestedPerson>) {
        let filled = &self.filled[place];
        let skills = &self.question.places[place].skills;
        let asked = Asked { crew: &self.question.crew, skills, language };
        let places = self.places();
        let chosen = filled.chosen.map(Standing::from);
        let tell = |one: &Candidate| {
            let one = Standing::from(*one);
            let other = places.get(&one.person).filter(|other| **other != place);
            let elsewhere = other.map(|other| (*other, self.role(*other, language)));
            asked.told(one, chosen, elsewhere)
        };
        let fit = filled.chosen.as_ref().map(tell);
        let empty = match (filled.candidates.is_empty(), filled.refused) {
            (true, false) => NOBODY,
            (true, true) => TOO_MUCH,
            (false, _) => NOBODY_LEFT,
        };
        let message = fit.as_ref().map(|fit| fit.message.clone());
        let message = message.unwrap_or_else(|| Said::from(empty).render(language));
        (fit, message, filled.candidates.iter().take(TOLD).map(tell).collect())
    }

    /// What a place is for.
    fn role(&self, place: usize, language: Language) -> String {
        let role = self.question.places[place].row.role.clone();
        role.unwrap_or_else(|| Said::from(A_PLACE).render(language))
    }
}
