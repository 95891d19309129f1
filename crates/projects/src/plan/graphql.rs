//! The schedule of a project in the graph.

use async_graphql::{Context, Enum, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    graph::Graph,
    id::{BaselineId, DependencyId, MilestoneId, ProjectId, TaskId, UserId},
    scalar::{Date, DateTime},
};

use super::fields::TaskPlan;
use crate::{
    gantt::GanttLink,
    project::graphql::Project,
    words::{MilestoneStatus, TaskStatus},
};

/// When everything of a project is done, and what that follows from.
#[derive(SimpleObject)]
pub struct ProjectSchedule {
    /// The project.
    pub project: Graph<Project>,
    /// The instant that it was reckoned as of: what is not done is not done before it.
    pub as_of: DateTime,
    /// The baseline whose dates the tasks have beside their own: the one that was asked for, else the newest one. Null
    /// without any, and as `start`.
    pub baseline_id: Option<BaselineId>,
    /// When the first task or milestone starts; null without any, for clients and without `projects.internal.read` or
    /// `projects.milestone.read`.
    pub start: Option<DateTime>,
    /// When the last one is finished; null as `start`.
    pub finish: Option<DateTime>,
    /// One longest path: what drives the finish, in its order. Empty for clients and without `projects.internal.read` or
    /// `projects.milestone.read`.
    pub critical_path: Vec<PlanItem>,
    /// Its tasks that are not archived, at most 10 000, in the order of the board. Needs `projects.task.read`.
    pub bars: Vec<ScheduleBar>,
    /// Its milestones that the viewer may see, as they are arranged. Empty without `projects.milestone.read`.
    pub marks: Vec<ScheduleMark>,
    /// Which of these wait for which, at most 20 000. Empty for clients and without `projects.internal.read` or
    /// `projects.milestone.read`.
    pub links: Vec<GanttLink>,
    /// The calendars that it is reckoned by, the agency's first, then those of people; of others than the viewer only with
    /// `projects.people.read` for the whole agency. Empty as `links`.
    pub calendars: Vec<ScheduleCalendar>,
    /// Wishes that cannot be kept; nothing is moved for them. Dependencies that are left out come first, then what is
    /// missed by the most working time, at most 100. Empty as `links`.
    pub conflicts: Vec<ScheduleConflict>,
    /// How many wishes cannot be kept in all; zero where `conflicts` is empty.
    pub conflict_count: i32,
}

/// A task or a milestone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct PlanItem {
    /// Id of the task, if it is one.
    pub task_id: Option<TaskId>,
    /// Id of the milestone, if it is one.
    pub milestone_id: Option<MilestoneId>,
}

/// A task in a schedule.
#[derive(SimpleObject)]
pub struct ScheduleBar {
    /// Id of the task.
    pub id: TaskId,
    /// Its number in the project.
    pub number: i64,
    /// What is to be done, in a line.
    pub title: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// The task that it is part of, if that is in the schedule.
    pub parent_id: Option<TaskId>,
    /// The milestone that it is part of, if that is in the schedule.
    pub milestone_id: Option<MilestoneId>,
    /// When work on it is to begin, as somebody planned it.
    pub start_on: Option<Date>,
    /// When it has to be done, as somebody planned it.
    pub due_on: Option<Date>,
    /// How it is scheduled; null for clients and without `projects.internal.read` or
    /// `projects.milestone.read`.
    pub plan: Option<TaskPlan>,
    /// How long it takes as a whole, in working minutes: what `plan.durationMinutes` says, else the working time from
    /// its start to its due date, else its estimate shared by its assignees, else a working day; of what `plan` does not
    /// say, no less than its best and no more than its worst case. Null for tasks with parts, and as `plan`.
    pub duration_minutes: Option<i64>,
    /// The person by whose calendar it is done; null where that is the agency's, as it is for every task that nobody does,
    /// where more than one person does it, and as `plan`.
    pub calendar_user_id: Option<UserId>,
    /// Whether it consists of other tasks: its dates are those of the first and the last of them.
    pub has_parts: bool,
    /// When it is done; null as `plan`.
    pub dates: Option<ScheduledDates>,
    /// When it was to be done by the baseline; null for tasks that it does not know, and as `plan`.
    pub baseline: Option<BaselineDates>,
}

/// The dates of a task by a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct BaselineDates {
    /// Its earliest start by the schedule then.
    pub start: DateTime,
    /// Its earliest finish by the schedule then.
    pub finish: DateTime,
}

/// A milestone in a schedule.
#[derive(SimpleObject)]
pub struct ScheduleMark {
    /// Id of the milestone.
    pub id: MilestoneId,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub status: MilestoneStatus,
    /// How much of it is done, 0 to 100.
    pub percentage: i32,
    /// When it is to be reached; that is a deadline.
    pub due_on: Option<Date>,
    /// When it is reached; null if it is waived, for clients and without `projects.internal.read` or
    /// `projects.milestone.read`.
    pub dates: Option<ScheduledDates>,
}

/// What decides when something starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ScheduleDriver {
    /// The start of the project or, if that is past or work on it has begun, now.
    Project,
    /// Its own constraint, or that it was put there by hand.
    Constraint,
    /// A dependency.
    Link,
    /// Of a milestone, the last of its tasks.
    Work,
    /// It is past.
    Actual,
}

/// The dates of a task or milestone, by the critical path method: the earliest that links, constraints and calendars
/// allow, and the latest that do not make the project later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct ScheduledDates {
    /// The earliest start; of what has begun, when it did.
    pub early_start: DateTime,
    /// The earliest finish.
    pub early_finish: DateTime,
    /// The latest start with which neither the project is later nor a deadline or a fixed start is missed.
    pub late_start: DateTime,
    /// The finish of that.
    pub late_finish: DateTime,
    /// How much later it can start, in working minutes of its calendar: late start − early start; of what has begun, how
    /// much later the rest of it can be done, and of a task with parts, the least of theirs. Below zero it is too late
    /// already; zero for what is done.
    pub total_float_minutes: i64,
    /// How much later it can start without making anything else later, in working minutes.
    pub free_float_minutes: i64,
    /// Whether it is not done and has no total float.
    pub critical: bool,
    /// What decides its earliest start.
    pub driver: ScheduleDriver,
    /// The dependency that does, if one does.
    pub driver_dependency_id: Option<DependencyId>,
    /// What it waits for by that, or the last task of a milestone.
    pub driven_by: Option<PlanItem>,
}

/// When the agency or a person works.
#[derive(SimpleObject)]
pub struct ScheduleCalendar {
    /// The person; null for the agency.
    pub user_id: Option<UserId>,
    /// The time zone of its hours.
    pub time_zone: String,
    /// The hours of the seven days of a week, from Monday.
    pub week: Vec<ScheduleDay>,
    /// Days with other hours, as far as the schedule goes.
    pub exceptions: Vec<ScheduleException>,
}

/// The hours of a day.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct ScheduleDay {
    /// Working minutes.
    pub minutes: i64,
    /// From when to when work is done, such as `09:00–13:00`; empty for a free day.
    pub hours: Vec<String>,
}

/// A day with other hours than its day of the week.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct ScheduleException {
    /// The day.
    pub on: Date,
    /// Working minutes.
    pub minutes: i64,
    /// From when to when work is done; empty for a free day.
    pub hours: Vec<String>,
}

/// What a wish that cannot be kept is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ScheduleWish {
    /// A task must start on a day, or was put on one by hand that is over now, and starts later.
    MustStart,
    /// A task was put by hand where a dependency does not let it be.
    Link,
    /// A task or milestone ought to be finished by a day, and is finished later.
    Deadline,
    /// A dependency is left out, for with it a task would wait for what it is part of.
    Loop,
}

/// A wish that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct ScheduleConflict {
    /// Whose wish it is.
    pub item: PlanItem,
    /// What was wished.
    pub wish: ScheduleWish,
    /// The day of the constraint or the deadline.
    pub wished_on: Option<Date>,
    /// The dependency that is not kept.
    pub dependency_id: Option<DependencyId>,
    /// By how many working minutes it is missed.
    pub by_minutes: i64,
    /// What drives it there, from the first to itself; of a loop, what would wait for each other. At most 20: of a
    /// longer path its end, of a longer loop its beginning.
    pub path: Vec<PlanItem>,
    /// How many tasks and milestones are on the whole path.
    pub path_count: i32,
    /// All of that in a sentence, in the language of the request.
    pub message: String,
}

/// Root query of schedules.
#[derive(Default)]
pub struct ScheduleQuery;

#[Object]
impl ScheduleQuery {
    /// When everything of a project is done, reckoned now by the critical path method: everything that a Gantt chart
    /// needs, in a number of statements that does not grow with the project. A task is done by the calendar of the one
    /// person who does it, others by the agency's, where several people do one without the days on which one of them does
    /// not work at all; what is not done is not done before now. What waits for a task with parts waits for the last of
    /// them, and what such a task waits for is waited for by each of them. Clients get their tasks and milestones as they
    /// are planned, and so does who lacks `projects.internal.read` or `projects.milestone.read` on the project. Needs
    /// `projects.task.read`.
    async fn schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] project_id: ProjectId,
        #[graphql(desc = "A baseline of the project to show beside it; its newest one without this.")]
        baseline_id: Option<BaselineId>,
    ) -> Result<ProjectSchedule> {
        let asked = ctx.look_ahead();
        let wanted = asked.field("baselineId").exists() || asked.field("bars").field("baseline").exists();
        let wanted = (wanted || baseline_id.is_some()).then_some(baseline_id);
        super::read::schedule(ctx.ask(), project_id, wanted).await
    }
}
