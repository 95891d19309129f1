//! What plans say in words.

use kernel::{Text, locale::Language};
use schedule::{Instant, Work, calendar::day_of};

use super::analysis::{Analysis, Conflict, Wished, label};

/// Tasks wait for each other.
pub const CYCLE: Text = Text::new(
    "plan_cycle",
    "These wait for each other, so there is no plan: {members}.",
    "Ces éléments s'attendent mutuellement, il n'y a donc pas de plan : {members}.",
);

/// The plan is not done in a year that can be written.
pub const TOO_LONG: Text = Text::new(
    "plan_too_long",
    "This plan is not finished by {day}. Shorten its tasks, or let less of them wait for each other.",
    "Ce plan n'est pas terminé le {day}. Raccourcissez ses tâches, ou reliez-en moins les unes aux autres.",
);

const MUST_START: Text = Text::new(
    "must_start_missed",
    "{item} must start on {day}, and starts {by} of working time later: {path}.",
    "{item} doit commencer le {day} et commence {by} de travail plus tard : {path}.",
);

const BEGUN: Text = Text::new(
    "start_missed",
    "{item} was put on {day} by hand and has not begun, so it starts {by} of working time later.",
    "{item} a été placé à la main le {day} et n'a pas commencé : il commence {by} de travail plus tard.",
);

const DEADLINE: Text = Text::new(
    "deadline_missed",
    "{item} ought to be finished by {day}, and is finished {by} of working time later: {path}.",
    "{item} devrait être terminé le {day} et l'est {by} de travail plus tard : {path}.",
);

const LINK: Text = Text::new(
    "link_broken",
    "{item} was put where it is by hand, {by} of working time too early for what it waits for: {path}.",
    "{item} a été placé à la main {by} de travail trop tôt pour ce qu'il attend : {path}.",
);

const LOOP: Text = Text::new(
    "link_left_out",
    "A dependency is left out, for with it {path} would wait for each other: a task and its parts wait for themselves.",
    "Une dépendance est ignorée, car avec elle {path} s'attendraient : une tâche et ses parties s'attendent elles-mêmes.",
);

const LOOPS: Text = Text::new(
    "links_left_out",
    "A dependency is left out, for with it {path} would wait for each other: a task and its parts wait for themselves. \
     {more} more dependencies are left out alike.",
    "Une dépendance est ignorée, car avec elle {path} s'attendraient : une tâche et ses parties s'attendent \
     elles-mêmes. {more} autres dépendances sont ignorées de même.",
);

/// What a list that was cut ends or begins with.
pub(crate) const MORE: Text = Text::new("and_more", "{more} more", "{more} autres");

/// A conflict in a sentence.
pub(crate) fn conflict(plan: &Analysis, conflict: &Conflict, language: Language) -> String {
    let zone = plan.laid.calendars[0].1.zone;
    let (text, day) = match conflict.wish {
        Wished::MustStart(at) => (MUST_START, Some(day_of(zone, at))),
        Wished::Begun(at) => (BEGUN, Some(day_of(zone, at))),
        // Reason: a deadline is the end of its day.
        Wished::Deadline(at) => (DEADLINE, Some(day_of(zone, at - 1))),
        Wished::Link(_) => (LINK, None),
        Wished::Loop(place) if plan.ends_loops(place) => (LOOPS, None),
        Wished::Loop(_) => (LOOP, None),
    };
    let mut path: Vec<String> = conflict.path.iter().map(|item| label(&plan.source, *item)).collect();
    if conflict.more > 0 {
        // Reason: of a path the end is told, and of a loop the beginning.
        let place = if matches!(conflict.wish, Wished::Loop(_)) { path.len() } else { 0 };
        path.insert(place, MORE.with("more", conflict.more).render(language));
    }
    let said = text.with("item", label(&plan.source, conflict.item)).with("by", span(conflict.by));
    let said = said.with("path", path.join(" → ")).with("more", plan.laid.more_loops);
    match day {
        Some(day) => said.with("day", day).render(language),
        None => said.render(language),
    }
}

/// A length of work as hours and minutes.
pub(crate) fn span(work: Work) -> String {
    let (hours, minutes) = (work.abs() / 60, work.abs() % 60);
    match (hours, minutes) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// The first and the last minute that instants are written in: those of the years 1 and 9999, in UTC.
pub(crate) const WRITTEN: (Instant, Instant) = (-1_035_593_280, 4_223_371_679);

/// An instant in the graph; beyond [`WRITTEN`] its nearest end.
pub(crate) fn time(at: Instant) -> kernel::scalar::DateTime {
    let at = at.clamp(WRITTEN.0, WRITTEN.1);
    let time = chrono::DateTime::<chrono::Utc>::from_timestamp(at.saturating_mul(60), 0);
    time.unwrap_or_default().into()
}
