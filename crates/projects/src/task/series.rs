//! What comes after a task that recurs: when it is done, the rule goes on to the next one.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use kernel::{
    Result,
    act::Act,
    id::{ProjectId, TaskId, TypedId, UserId},
    policy::Guarded,
};
use sea_orm::{
    ColumnTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Func},
};
use uuid::Uuid;

use super::{
    assignee, checklist,
    entity::{Column, Entity, Model},
    people::{self, Staffing},
    place, recur, rules,
};
use crate::{
    column,
    label::on_task::{self, Labelling},
    people::skill::on_task::{self as taken, Skilling},
    rank,
    words::TaskStatus,
};

/// The task that follows one that was done, as far as its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    done: Model,
    start_on: Option<NaiveDate>,
    due_on: Option<NaiveDate>,
    constraint_on: Option<NaiveDate>,
    deadline_on: Option<NaiveDate>,
}

/// Takes the rule out of a task that is done with this change, and says what follows; nothing for what does not recur or
/// is put away, and at the end of a series. Of two changes that finish a task only the first has a rule to take.
///
/// The next day is the first of the series that comes after the task's own and is not past: what was missed is not made
/// up for. Start, due date, deadline and the day of a constraint keep their distances.
pub fn due(before: &Model, after: &mut Model, today: NaiveDate) -> Option<Next> {
    let finished = rules::status(after) == TaskStatus::Done && rules::status(before) != TaskStatus::Done;
    if !finished || after.recurrence.is_none() || after.archived_at.is_some() {
        return None;
    }
    let done = after.clone();
    (after.recurrence, after.recurs_from) = (None, None);
    // Invariant: a rule is read before it is stored, and comes with the first day of its series.
    let rule = recur::Rule::parse(done.recurrence.as_deref()?).ok()?;
    let first = done.recurs_from?;
    let own = done.due_on.or(done.start_on).unwrap_or(first);
    let shift = rule.next(first, own, today)? - own;
    let moved = |day: Option<NaiveDate>| day.and_then(|day| day.checked_add_signed(shift));
    Some(Next {
        start_on: moved(done.start_on),
        due_on: moved(done.due_on),
        constraint_on: moved(done.constraint_on),
        deadline_on: moved(done.deadline_on),
        done,
    })
}

/// What tasks to come are put beside: the last of their projects, the columns they begin in, the people, labels
/// and skills of those before them.
struct Around {
    last: HashMap<ProjectId, (i64, Option<String>)>,
    columns: HashMap<ProjectId, column::entity::Model>,
    people: HashMap<TaskId, Vec<UserId>>,
    labels: HashMap<TaskId, Vec<on_task::Model>>,
    skills: HashMap<TaskId, Vec<taken::Model>>,
}

/// Makes what follows, at the end of each project: the same task, not begun, with its people, labels and skills. A handful
/// of statements for any number.
///
/// Invariant: the projects are locked, so nobody else takes the numbers.
pub(crate) async fn go_on(act: &mut Act, following: Vec<Next>) -> Result<()> {
    if following.is_empty() {
        return Ok(());
    }
    let mut around = Around::load(act, &following).await?;
    let (mut tasks, mut staffings) = (Vec::new(), Vec::new());
    let (mut labellings, mut skillings) = (Vec::new(), Vec::new());
    for next in following {
        let Some(task) = around.task(act, &next) else { continue };
        let people = around.people.remove(&next.done.id).unwrap_or_default();
        staffings.push(Staffing::new(act, &task, &[], people));
        let labels = around.labels.remove(&next.done.id).unwrap_or_default();
        let labels = labels.into_iter().map(|row| row.label_id).collect();
        labellings.push(Labelling::new(act, &task, &[], labels));
        let skills = around.skills.remove(&next.done.id).unwrap_or_default();
        let skills = skills.into_iter().map(|row| (row.skill_id, row.level)).collect();
        skillings.push(Skilling::new(act, &task, &[], skills));
        tasks.push(task);
    }
    let new: HashSet<TaskId> = act.insert_all(tasks).await?.into_iter().map(|task| task.id).collect();
    people::write(act, staffings, &new).await?;
    on_task::write(act, labellings, &new).await?;
    taken::write(act, skillings, &new).await.map(drop)
}

impl Around {
    async fn load(act: &Act, following: &[Next]) -> Result<Self> {
        let tenant = act.viewer().tenant_id();
        let projects: HashSet<Uuid> = following.iter().map(|next| next.done.project_id.uuid()).collect();
        let tasks: Vec<Uuid> = following.iter().map(|next| next.done.id.uuid()).collect();
        let last: Vec<(ProjectId, i64, String)> = Entity::of_tenant(tenant)
            .filter(Column::ProjectId.is_in(projects.iter().copied()))
            .select_only()
            .column(Column::ProjectId)
            .expr_as(Func::max(Expr::col(Column::Number)), "number")
            .expr_as(Func::max(Expr::col(Column::Rank)), "rank")
            .group_by(Column::ProjectId)
            .into_tuple()
            .all(act.conn())
            .await?;
        use column::entity::{Column as Of, Entity as Columns};
        let boards = Columns::of_tenant(tenant).filter(Of::ProjectId.is_in(projects.iter().copied()));
        let boards = boards.order_by_asc(Of::Rank).order_by_asc(Of::Id).all(act.conn()).await?;
        let mut columns: HashMap<ProjectId, column::entity::Model> = HashMap::new();
        // Reason: a board without a column for what is not begun has its first one for it, as for other new tasks.
        for todo in [true, false] {
            for column in boards.iter().filter(|row| !todo || column::category(row) == TaskStatus::Todo) {
                columns.entry(column.project_id).or_insert_with(|| column.clone());
            }
        }
        let rows = assignee::of_tenant(tenant).filter(assignee::Column::TaskId.is_in(tasks.iter().copied()));
        let mut people: HashMap<TaskId, Vec<UserId>> = HashMap::new();
        for row in rows.order_by_asc(assignee::Column::Id).all(act.conn()).await? {
            people.entry(row.task_id).or_default().push(row.user_id);
        }
        let last = last.into_iter().map(|(project, number, rank)| (project, (number, Some(rank))));
        let skills = taken::of_tasks(act.conn(), tenant, tasks.clone()).await?;
        let labels = on_task::of_tasks(act, tasks).await?;
        Ok(Self { last: last.collect(), columns, people, labels, skills })
    }

    /// The task that follows, behind all others of its project.
    fn task(&mut self, act: &Act, next: &Next) -> Option<Model> {
        let done = &next.done;
        let (number, last) = self.last.get_mut(&done.project_id)?;
        let column = self.columns.get(&done.project_id)?;
        let rank = rank::between(last.as_deref(), None, place::entropy(act))?;
        *number += 1;
        *last = Some(rank.clone());
        let mut task = Model {
            id: act.new_id(),
            number: *number,
            start_on: next.start_on,
            due_on: next.due_on,
            remaining_minutes: done.estimate_minutes,
            checklist: checklist::fresh(&done.checklist),
            rank,
            blocked_reason: None,
            // Reason: a constraint and its day are there together.
            constraint_kind: done.constraint_kind.clone().filter(|_| next.constraint_on.is_some()),
            constraint_on: next.constraint_on,
            deadline_on: next.deadline_on,
            completed_at: None,
            created_by: act.viewer().user_id(),
            archived_at: None,
            created_at: act.now(),
            updated_at: act.now(),
            version: 1,
            ..done.clone()
        };
        rules::enter(&mut task, column, act.now());
        if rules::status(&task) == TaskStatus::Done {
            // Reason: on a board where everything is done, what follows would be done at once, and so on for ever.
            return None;
        }
        Some(task)
    }
}
