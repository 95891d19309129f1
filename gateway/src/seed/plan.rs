//! What is decided about a project before its rows are made: status, client, people, calendar.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use projects::words::{BillingType, ProjectStatus as Status};

use super::{
    agency::Agency,
    content::work::{KINDS, Kind},
    maker::{Maker, working},
    people::place,
    rows::Rows,
};

/// How often each occurs among twenty projects, in an order that mixes them.
const MIX: [Status; 20] = [
    Status::InProgress,
    Status::Completed,
    Status::Planning,
    Status::InProgress,
    Status::Review,
    Status::InProgress,
    Status::Intake,
    Status::Completed,
    Status::InProgress,
    Status::OnHold,
    Status::Planning,
    Status::InProgress,
    Status::Completed,
    Status::Review,
    Status::Intake,
    Status::InProgress,
    Status::Cancelled,
    Status::Planning,
    Status::Completed,
    Status::InProgress,
];

/// A believable health, where there is something to judge.
pub(super) fn health(status: Status, maker: &mut Maker) -> Option<i32> {
    let (low, high) = match status {
        Status::Intake | Status::Cancelled => return None,
        Status::Planning => (80, 100),
        Status::InProgress => (42, 98),
        Status::Review => (60, 98),
        Status::Completed => (70, 100),
        Status::OnHold => (20, 60),
    };
    i32::try_from(maker.between(low, high)).ok()
}

/// A project whose people and client are given; persons and accounts by their places.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    /// How far it has come.
    pub status: Status,
    /// For whom; internal without.
    pub account: Option<usize>,
    /// Who leads it.
    pub manager: Option<usize>,
    /// Who else works on it.
    pub team: &'static [usize],
}

/// The projects of the small agencies: the client's account has two; the project manager and the developer each work
/// on some that the other does not; of the last two neither.
pub const SMALL: &[Fixed] = &[
    Fixed {
        status: Status::InProgress,
        account: Some(0),
        manager: Some(place::MANAGER),
        team: &[place::DEVELOPER],
    },
    Fixed {
        status: Status::Completed,
        account: Some(0),
        manager: Some(place::ADMIN),
        team: &[place::DEVELOPER],
    },
    Fixed {
        status: Status::Planning,
        account: Some(1),
        manager: Some(place::MANAGER),
        team: &[place::EDITOR],
    },
    Fixed {
        status: Status::Review,
        account: Some(1),
        manager: Some(place::OWNER),
        team: &[place::DEVELOPER],
    },
    Fixed { status: Status::OnHold, account: Some(2), manager: Some(place::ADMIN), team: &[place::SALES] },
    Fixed { status: Status::Intake, account: None, manager: None, team: &[] },
];

/// Who owns the accounts of the small agencies: the sales person one of three.
pub const SMALL_OWNERS: &[usize] = &[place::OWNER, place::ADMIN, place::SALES];

/// A project before it has rows.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub status: Status,
    pub kind: &'static Kind,
    pub name: String,
    /// Place in [`Rows::accounts`].
    pub account: Option<usize>,
    /// Place in [`Rows::users`].
    pub manager: Option<usize>,
    /// Places in [`Rows::users`], the manager first.
    pub team: Vec<usize>,
    pub tasks: usize,
}

impl Plan {
    /// The plans of all projects of an agency.
    pub(super) fn all(agency: &Agency, maker: &mut Maker, rows: &Rows) -> Vec<Self> {
        let mut names: HashMap<String, usize> = HashMap::new();
        let mut tasks = task_counts(agency, maker);
        (0..agency.size.projects)
            .map(|number| {
                let fixed = match agency.fixed.get(number) {
                    Some(fixed) => (fixed.status, fixed.account, fixed.manager, fixed.team.to_vec()),
                    None => decide(maker, rows, number),
                };
                let (status, account, manager, others) = fixed;
                let kind = &KINDS[(number + maker.place(3)) % KINDS.len()];
                let client = account.map_or(agency.name, |place| rows.accounts[place].name.as_str());
                let plain = format!("{client}: {}", kind.name);
                let times = names.entry(plain.clone()).or_default();
                *times += 1;
                let name = if *times == 1 { plain } else { format!("{plain}, phase {times}") };
                let team = manager.into_iter().chain(others).collect();
                Self { status, kind, name, account, manager, team, tasks: tasks.pop().unwrap_or_default() }
            })
            .collect()
    }

    /// How it is paid for.
    pub(super) fn billing(&self) -> BillingType {
        match self.account {
            Some(_) => self.kind.billing,
            None => BillingType::NonBillable,
        }
    }
}

/// How many tasks each project has: around the mean, with the agency's total.
fn task_counts(agency: &Agency, maker: &mut Maker) -> Vec<usize> {
    let (projects, total) = (agency.size.projects.max(1), agency.size.tasks);
    let mean = total / projects;
    let mut counts = vec![mean; projects];
    for count in counts.iter_mut().take(total % projects) {
        *count += 1;
    }
    for pair in counts.chunks_exact_mut(2) {
        let shift = maker.place(mean * 2 / 5 + 1);
        pair[0] -= shift;
        pair[1] += shift;
    }
    counts
}

/// Status, account, manager and the rest of the team.
fn decide(
    maker: &mut Maker,
    rows: &Rows,
    number: usize,
) -> (Status, Option<usize>, Option<usize>, Vec<usize>) {
    let status = MIX[number % MIX.len()];
    let account = match number {
        // Reason: the client users' company has an eighth of the work, one project in twenty is internal.
        number if number.is_multiple_of(8) => Some(0),
        number if number % 20 == 19 => None,
        _ => Some(account_for(maker, rows, status)),
    };
    let others: Vec<usize> = (place::OTHERS..rows.users.len()).collect();
    let manager = match maker.place(10) {
        0 if status == Status::Intake => None,
        0 | 1 => Some(place::OWNER),
        2 | 3 => Some(place::ADMIN),
        // Reason: in a large agency most work is led by others than the one project manager everybody signs in as.
        _ if others.len() > 5 && maker.chance(80) => {
            let leads: Vec<usize> =
                others.iter().copied().filter(|person| person.is_multiple_of(6)).collect();
            leads.get(maker.place(leads.len())).copied()
        }
        _ => Some(place::MANAGER),
    };
    let mut team = Vec::new();
    for (person, percent) in
        [(place::DEVELOPER, 65), (place::EDITOR, 35), (place::SALES, 15), (place::ADMIN, 10)]
    {
        let percent = if others.is_empty() { percent } else { percent / 3 };
        if manager != Some(person) && maker.chance(percent) {
            team.push(person);
        }
    }
    let helpers: Vec<usize> = others.into_iter().filter(|person| manager != Some(*person)).collect();
    let wanted = usize::try_from(maker.between(2, 4)).unwrap_or(2);
    team.extend(maker.sample(&helpers, wanted));
    if team.is_empty() && manager.is_some() {
        team.push(if manager == Some(place::ADMIN) { place::DEVELOPER } else { place::ADMIN });
    }
    (status, account, manager, team)
}

/// A client company whose state fits: who only might become a client has nothing finished, who left has nothing open.
fn account_for(maker: &mut Maker, rows: &Rows, status: Status) -> usize {
    let fits = |lifecycle: &str| match status {
        Status::Intake | Status::Planning => lifecycle != "former",
        Status::Completed | Status::Cancelled => lifecycle != "prospect",
        _ => lifecycle == "client",
    };
    let places: Vec<usize> =
        (0..rows.accounts.len()).filter(|place| fits(&rows.accounts[*place].lifecycle)).collect();
    places.get(maker.place(places.len())).copied().unwrap_or_default()
}

/// The days of a project. None but `start`, `end` and those of its tasks lie in the future.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar {
    pub created: NaiveDate,
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub actual_start: Option<NaiveDate>,
    pub actual_end: Option<NaiveDate>,
    /// After this day nothing happened any more.
    pub last: NaiveDate,
}

impl Calendar {
    /// Believable days for a project that is as far as `status`.
    pub(super) fn of(status: Status, maker: &mut Maker) -> Self {
        let (start, length) = match status {
            Status::Intake => (maker.between(14, 45), maker.between(40, 140)),
            Status::Planning => (maker.between(-3, 21), maker.between(50, 150)),
            Status::InProgress => (maker.between(-110, -15), maker.between(80, 190)),
            Status::Review => (maker.between(-150, -70), 0),
            Status::Completed => (maker.between(-230, -120), maker.between(50, 100)),
            Status::OnHold => (maker.between(-140, -60), maker.between(90, 180)),
            Status::Cancelled => (maker.between(-220, -80), maker.between(60, 150)),
        };
        let length = if status == Status::Review { maker.between(-4, 14) - start } else { length };
        let (start_on, end) = (maker.day(start), maker.day(start + length));
        let lead = match status {
            Status::Intake => -maker.between(1, 20),
            Status::Planning => -maker.between(8, 40),
            _ => start - maker.between(10, 35),
        };
        let yesterday = maker.today - TimeDelta::days(1);
        let over = match status {
            Status::Completed => Some(start + length + maker.between(-6, 12)),
            Status::Cancelled => Some(start + maker.between(12, 40)),
            _ => None,
        };
        let actual_end = over.map(|days| maker.day(days));
        let halted = (status == Status::OnHold).then(|| maker.today - TimeDelta::days(maker.between(8, 35)));
        let begun = !matches!(status, Status::Intake | Status::Planning);
        Self {
            created: maker.day(lead).min(yesterday),
            start: start_on,
            end,
            actual_start: begun.then_some(start_on),
            actual_end,
            last: actual_end.or(halted).unwrap_or(yesterday).min(yesterday),
        }
    }

    /// The day that lies `part` of `parts` between start and end.
    pub(super) fn at(&self, part: usize, parts: usize) -> NaiveDate {
        let days = (self.end - self.start).num_days();
        let (part, parts) = (i64::try_from(part).unwrap_or(0), i64::try_from(parts.max(1)).unwrap_or(1));
        working(self.start + TimeDelta::days(days * part / parts))
    }
}
