//! People for the tasks of a project: in which order, in which days, for how much work, and who has time for it.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use chrono::{Days, NaiveDate};
use kernel::id::{ProjectId, TaskId, UserId};
use schedule::{
    calendar::{day_of, last_day_of},
    staffing::{self, Candidate, Person, Task},
};

use super::{
    busy,
    crew::Level,
    free::{Daily, Load},
    mark::{flagged, mark},
    tasks::{Question, TASKS_MAX, open},
};
use crate::{
    calendar::sources::Whose,
    people::workload::store::{by_person, demand, is_firm},
    plan::{analysis::Item, load::Source},
    words::Priority,
};

/// Most candidates of a task that are told.
const TOLD: usize = 3;

/// A task with who could do it.
pub(super) struct Decision {
    /// Its place in the plan.
    pub(super) place: usize,
    /// The days in which it is to be done, both included.
    pub(super) days: (NaiveDate, NaiveDate),
    /// How much of it is to be done, in minutes.
    pub(super) work: i64,
    /// What it takes.
    pub(super) skills: Vec<Level>,
    /// Who could do it, the best first; the first one is chosen.
    pub(super) candidates: Vec<Candidate>,
}

/// Who is to do which task.
pub(super) struct Outcome {
    pub(super) question: Question,
    /// In the order in which they were decided.
    pub(super) decisions: Vec<Decision>,
    pub(super) token: String,
}

impl Question {
    /// Chooses people for the tasks.
    pub(super) fn reckon(self) -> Outcome {
        let asked = format!("tasks {:?} {:?}", self.source().project.id, self.named);
        let mut mark = mark(&asked, &self.crew);
        let mut decisions = self.wanted();
        let first = self.weeks.mondays().first().copied().unwrap_or(self.today);
        let index = |day: NaiveDate| usize::try_from((day - first).num_days()).unwrap_or_default();
        let task = |one: &Decision| {
            mark.add(&(self.source().tasks[one.place].id, one.days, one.work, &one.skills));
            let need = self.crew.need(&one.skills, one.work);
            Task { need, days: index(one.days.0)..index(one.days.1) + 1 }
        };
        let tasks: Vec<Task> = decisions.iter().map(task).collect();
        let people = self.people(&index);
        people.iter().for_each(|person| mark.add(&(&person.capacity, &person.free)));
        let chosen = staffing::tasks(&tasks, &people, TOLD);
        decisions.iter_mut().zip(chosen).for_each(|(one, candidates)| one.candidates = candidates);
        let token = mark.token(self.as_of, flagged(false));
        Outcome { question: self, decisions, token }
    }

    /// What the plan is made of.
    pub(super) fn source(&self) -> &Source {
        &self.plan.source
    }

    /// The last day that people's time is known of.
    fn horizon(&self) -> NaiveDate {
        let last = self.weeks.mondays().last().copied().unwrap_or(self.today);
        last.checked_add_days(Days::new(6)).unwrap_or(last)
    }

    /// The tasks that somebody is looked for for, in the order in which they are decided: by their early start, then the
    /// more urgent, then by number.
    fn wanted(&self) -> Vec<Decision> {
        let source = self.source();
        let named: Option<HashSet<TaskId>> = self.named.as_ref().map(|ids| ids.iter().copied().collect());
        let open: HashSet<TaskId> = open(source).map(|task| task.id).collect();
        let asked = |id: TaskId| match &named {
            Some(named) => named.contains(&id),
            None => open.contains(&id) && source.doers(id).is_empty(),
        };
        let mut places: Vec<usize> =
            (0..source.tasks.len()).filter(|place| asked(source.tasks[*place].id)).collect();
        places.sort_by_key(|place| {
            let task = &source.tasks[*place];
            (self.plan.dates(Item::Task(*place)).early_start, Reverse(urgency(&task.priority)), task.number)
        });
        places.truncate(TASKS_MAX);
        let decision = |place: usize| {
            let task = &source.tasks[place];
            Decision {
                place,
                days: self.days(place),
                work: self.work(place),
                skills: self.takes.get(&task.id).cloned().unwrap_or_default(),
                candidates: Vec::new(),
            }
        };
        places.into_iter().map(decision).collect()
    }

    /// The days in which a task is to be done: from its early start, or today, to its late finish, or its early one if it
    /// has no float.
    fn days(&self, place: usize) -> (NaiveDate, NaiveDate) {
        let (dates, zone) = (self.plan.dates(Item::Task(place)), self.plan.laid.calendars[0].1.zone);
        let horizon = self.horizon();
        let first = day_of(zone, dates.early_start).max(self.today).min(horizon);
        let last = last_day_of(zone, dates.early_finish.max(dates.late_finish)).min(horizon);
        (first, last.max(first))
    }

    /// How much of a task one of those who do it has to do.
    fn work(&self, place: usize) -> i64 {
        let task = &self.source().tasks[place];
        let tracked = self.tracked.get(&task.id).copied();
        let doers = i64::try_from(self.source().doers(task.id).len().max(1)).unwrap_or(1);
        // Reason: a duration is how long each of them is at it.
        match busy::left(task.remaining_minutes, task.estimate_minutes, tracked) {
            Some(left) => (left + doers - 1) / doers,
            None => self.plan.laid.durations[place].unwrap_or_default(),
        }
    }

    /// The people day by day, without what they are planned for elsewhere and have to do already.
    fn people(&self, index: &impl Fn(NaiveDate) -> usize) -> Vec<Person> {
        let project = self.source().project.id;
        let of = by_person(&self.rows);
        let (own, elsewhere) = (self.own(), self.elsewhere());
        let person = |(place, user): (usize, UserId)| {
            let rows = of.get(&user).map_or(&[][..], Vec::as_slice);
            let mut loads: HashMap<ProjectId, Load> = HashMap::new();
            for row in rows.iter().filter(|row| is_firm(row) && row.project_id != project) {
                loads.entry(row.project_id).or_default().planned.push(demand(row));
            }
            let own = own.get(&user).into_iter().flatten();
            for (of, days, work) in elsewhere.get(&user).into_iter().flatten().chain(own) {
                loads.entry(*of).or_default().tasks.push(((index(days.0), index(days.1)), *work));
            }
            let Daily { capacity, free } = Daily::new(&self.weeks.of(Whose::Person(user)), loads.values());
            Person { skills: self.crew.skills[place].clone(), capacity, free }
        };
        self.crew.ids().into_iter().enumerate().map(person).collect()
    }

    /// What people have to do in this project already: days by the plan, and minutes.
    fn own(&self) -> HashMap<UserId, Vec<Chore>> {
        let mut own: HashMap<UserId, Vec<_>> = HashMap::new();
        let open: HashSet<TaskId> = open(self.source()).map(|task| task.id).collect();
        for (place, task) in self.source().tasks.iter().enumerate() {
            let doers = self.source().doers(task.id);
            if doers.is_empty() || !open.contains(&task.id) {
                continue;
            }
            let (first, last) = self.plan.days(Item::Task(place));
            let days = self.clipped(first, last);
            let work = self.work(place);
            for user in doers {
                own.entry(*user).or_default().push((self.source().project.id, days, work));
            }
        }
        own
    }

    /// What people have to do in other projects: of which, on which days, and minutes.
    fn elsewhere(&self) -> HashMap<UserId, Vec<Chore>> {
        let mut all: HashMap<UserId, Vec<_>> = HashMap::new();
        for one in &self.busy {
            let tracked = self.tracked.get(&one.task).copied();
            let Some(left) = busy::left(one.remaining, one.estimate, tracked) else { continue };
            let doers = i64::try_from(one.doers.len().max(1)).unwrap_or(1);
            let (first, last) = (one.start_on.unwrap_or(self.today).max(self.today), one.due_on);
            let days = self.clipped(first, last);
            let Some(work) = within((left + doers - 1) / doers, (first, last), days) else { continue };
            for user in &one.doers {
                all.entry(*user).or_default().push((one.project, days, work));
            }
        }
        all
    }

    /// Days from today on: what is late is done today.
    fn clipped(&self, first: NaiveDate, last: NaiveDate) -> (NaiveDate, NaiveDate) {
        let first = first.clamp(self.today, self.horizon());
        (first, last.clamp(first, self.horizon()))
    }
}

/// How much of work that lies evenly on the days of a range is in those of them that are known of; nothing if it begins
/// after them.
fn within(work: i64, (first, last): (NaiveDate, NaiveDate), known: (NaiveDate, NaiveDate)) -> Option<i64> {
    let days = |(first, last): (NaiveDate, NaiveDate)| (last - first).num_days() + 1;
    match (first > known.1, last > known.1) {
        (true, _) => None,
        (false, true) => Some(work * days((first, known.1)) / days((first, last))),
        (false, false) => Some(work),
    }
}

/// Work that somebody has to do: of which project, on which days, and minutes.
type Chore = (ProjectId, (NaiveDate, NaiveDate), i64);

fn urgency(word: &str) -> u8 {
    match Priority::parse(word).unwrap_or_default() {
        Priority::Low => 0,
        Priority::Normal => 1,
        Priority::High => 2,
        Priority::Urgent => 3,
    }
}
