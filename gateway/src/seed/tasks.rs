//! Boards and tasks of one project, in states that fit the project's.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use kernel::id::{TaskColumnId, UserId};
use projects::{
    column::entity as column,
    project::entity as project,
    rank,
    task::{assignee, entity as task},
    words::{Methodology, Priority, ProjectStatus as Status, Scheduling, TaskStatus as State},
};
use serde_json::json;

use super::{
    baselines,
    content::work::{BLOCKERS, NOTES},
    maker::{Maker, working},
    plan::{Calendar, Plan},
};

/// The rows below one project.
pub(super) struct Board {
    pub columns: Vec<column::Model>,
    pub tasks: Vec<task::Model>,
    pub assignees: Vec<assignee::Model>,
    /// Sum of the tasks' estimates.
    pub estimate_minutes: i64,
    /// When something last happened on the board.
    pub last_change: DateTime<Utc>,
}

/// Columns of a board that is worked from left to right.
const SIMPLE: &[(&str, State)] =
    &[("To do", State::Todo), ("In progress", State::Doing), ("Done", State::Done)];

/// Columns of agile teams.
const AGILE: &[(&str, State)] = &[
    ("Backlog", State::Todo),
    ("Next", State::Todo),
    ("In progress", State::Doing),
    ("Review", State::Doing),
    ("Done", State::Done),
];

/// Makes a project's board.
pub(super) fn board(
    maker: &mut Maker,
    plan: &Plan,
    project: &project::Model,
    calendar: &Calendar,
    team: &[(UserId, &'static str)],
) -> Board {
    let (columns, states) = columns(maker, project);
    let mut board = Board {
        columns,
        tasks: Vec::with_capacity(plan.tasks),
        assignees: Vec::new(),
        estimate_minutes: 0,
        last_change: project.created_at,
    };
    for (place, rank) in ranks(plan.tasks).into_iter().enumerate() {
        let days = days(maker, plan, calendar, place);
        let state = state(maker, plan.status, place, plan.tasks, days, maker.today);
        let column = column(maker, &states, state, &board.columns);
        let mut task = task(maker, plan, project, calendar, place, days, state);
        task.column_id = column;
        task.rank = rank;
        if !team.is_empty()
            && project.status == Status::InProgress.as_str()
            && state != State::Done
            && maker.chance(8)
        {
            task.blocked_reason = Some(maker.pick(BLOCKERS).to_owned());
        }
        task.reporter_id =
            team.first().map(|(user, _)| *user).filter(|_| maker.chance(85)).or(project.created_by);
        task.created_by = task.reporter_id;
        let people =
            if state == State::Todo && maker.chance(35) { 0 } else { 1 + usize::from(maker.chance(20)) };
        for (user, _) in maker.sample(team, people) {
            board.assignees.push(assignee::Model {
                id: maker.id(),
                tenant_id: maker.tenant,
                task_id: task.id,
                user_id: user,
            });
        }
        board.estimate_minutes += task.estimate_minutes.unwrap_or(0);
        board.last_change = board.last_change.max(task.updated_at);
        board.tasks.push(task);
    }
    board
}

/// One of the urgencies; most are ordinary.
pub(super) fn priority(maker: &mut Maker) -> Priority {
    match maker.place(20) {
        0..3 => Priority::Low,
        3..14 => Priority::Normal,
        14..19 => Priority::High,
        _ => Priority::Urgent,
    }
}

/// Ranks in order; between all of them there is room.
fn ranks(count: usize) -> Vec<String> {
    // Invariant: the open line has room for any count that memory has.
    rank::spread(None, None, count).unwrap_or_default()
}

fn columns(maker: &mut Maker, project: &project::Model) -> (Vec<column::Model>, Vec<State>) {
    let names = if project.methodology == Methodology::Agile.as_str() { AGILE } else { SIMPLE };
    let columns = names
        .iter()
        .zip(ranks(names.len()))
        .map(|((name, state), rank)| column::Model {
            id: maker.id(),
            tenant_id: maker.tenant,
            project_id: project.id,
            name: (*name).to_owned(),
            category: state.as_str().to_owned(),
            rank,
            created_at: project.created_at,
            updated_at: project.created_at,
            version: 1,
        })
        .collect();
    (columns, names.iter().map(|(_, state)| *state).collect())
}

/// A column whose category is the task's state.
fn column(maker: &mut Maker, states: &[State], state: State, columns: &[column::Model]) -> TaskColumnId {
    let fitting: Vec<usize> = (0..states.len()).filter(|place| states[*place] == state).collect();
    columns[fitting[maker.place(fitting.len())]].id
}

/// Start and due day of the task at `place`: spread over the project, ending within it.
fn days(maker: &mut Maker, plan: &Plan, calendar: &Calendar, place: usize) -> (NaiveDate, NaiveDate) {
    let start = calendar.at(place, plan.tasks + 1);
    let due = working(start + TimeDelta::days(maker.between(2, 14))).min(calendar.end.max(start));
    (start, due)
}

/// How far the task at `place` of `count` is, given the project's status and the task's days.
fn state(
    maker: &mut Maker,
    status: Status,
    place: usize,
    count: usize,
    (start, due): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> State {
    let begun = |maker: &mut Maker, day: NaiveDate| {
        if due < day {
            if maker.chance(88) { State::Done } else { State::Doing }
        } else if start < day {
            if maker.chance(65) { State::Doing } else { State::Todo }
        } else {
            State::Todo
        }
    };
    match status {
        Status::Intake => State::Todo,
        Status::Planning if place == 0 && start < today => State::Doing,
        Status::Planning => State::Todo,
        Status::InProgress => begun(maker, today),
        Status::OnHold => begun(maker, today - Days::new(30)),
        Status::Review if place + 2 < count => State::Done,
        Status::Review => State::Doing,
        Status::Completed => State::Done,
        // Reason: nobody works on what was given up.
        Status::Cancelled if place * 3 < count => State::Done,
        Status::Cancelled => State::Todo,
    }
}

fn task(
    maker: &mut Maker,
    plan: &Plan,
    project: &project::Model,
    calendar: &Calendar,
    place: usize,
    (start, due): (NaiveDate, NaiveDate),
    state: State,
) -> task::Model {
    let estimate = 30 * maker.between(2, 40);
    let remaining = match state {
        State::Todo => estimate,
        State::Doing => estimate * maker.between(1, 9) / 10,
        State::Done => 0,
    };
    let ended = (state == State::Done).then(|| completion(maker, calendar, start, due, project.created_at));
    let touched = match state {
        State::Done => ended,
        State::Doing => Some(maker.hour(start.max(calendar.created).min(calendar.last))),
        State::Todo => None,
    };
    let mut task = task::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        project_id: project.id,
        number: i64::try_from(place).unwrap_or(0) + 1,
        column_id: maker.id(),
        status: state.as_str().to_owned(),
        title: title(plan, place),
        description: if maker.chance(40) { maker.pick(NOTES).to_owned() } else { String::new() },
        priority: priority(maker).as_str().to_owned(),
        reporter_id: None,
        estimate_minutes: Some(estimate),
        remaining_minutes: Some(remaining),
        start_on: Some(start),
        due_on: (plan.status != Status::Intake || maker.chance(30)).then_some(due),
        milestone_id: None,
        parent_id: None,
        checklist: json!([]),
        recurrence: None,
        recurs_from: None,
        rank: String::new(),
        blocked_reason: None,
        completed_at: ended,
        scheduling: Scheduling::default().as_str().to_owned(),
        duration_minutes: None,
        constraint_kind: None,
        constraint_on: None,
        deadline_on: None,
        optimistic_minutes: None,
        pessimistic_minutes: None,
        created_by: None,
        archived_at: None,
        created_at: project.created_at,
        updated_at: touched.unwrap_or(project.created_at).max(project.created_at),
        version: 1,
    };
    baselines::schedule(&mut task, place, state);
    task
}

/// When a task was done: around its due day, not before the project was there nor after its last day.
fn completion(
    maker: &mut Maker,
    calendar: &Calendar,
    start: NaiveDate,
    due: NaiveDate,
    created: DateTime<Utc>,
) -> DateTime<Utc> {
    let day = (due + TimeDelta::days(maker.between(-2, 3))).max(start).min(calendar.last);
    maker.hour(day).max(created)
}

/// The tasks of the kind in their order, some left out in a short project, several rounds in a long one.
fn title(plan: &Plan, place: usize) -> String {
    let all = plan.kind.tasks;
    if plan.tasks <= all.len() {
        return all[place * all.len() / plan.tasks.max(1)].to_owned();
    }
    match place / all.len() {
        0 => all[place].to_owned(),
        round => format!("{}, round {}", all[place % all.len()], round + 1),
    }
}
