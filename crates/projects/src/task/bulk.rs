//! Changes of many tasks at once, which a change of one task is too: everything is loaded together, decided task by
//! task, and written together, in a number of statements that does not grow with the tasks.

use std::collections::{HashMap, HashSet};

use async_graphql::MaybeUndefined;
use kernel::{
    Error, Fields, Result,
    act::{Act, expect_version},
    bulk::DUPLICATE_ITEM,
    id::{MilestoneId, TaskColumnId, TaskId, TypedId},
    patch,
    people::{not_active, not_staff},
};

use super::{
    entity::Model,
    known::{Known, OTHER_MILESTONE, OTHER_PARENT, check_labels},
    mutation::UpdateTaskInput,
    people::{self, Staffing},
    rules,
    series::{self, Next},
};
use crate::{
    column,
    label::on_task::{self, Labelling},
    link,
    people::skill::on_task::{self as taken, Skilling},
    policy::TASKS_WRITE,
    project,
    service::Projects,
};

/// What is to be written for one task.
struct Change {
    before: Model,
    after: Model,
    staffing: Option<Staffing>,
    labelling: Option<Labelling>,
    skilling: Option<Skilling>,
    next: Option<Next>,
}

/// Changes tasks, each as far as its own rules allow; answers in the order of the items. Items that err change nothing.
///
/// # Errors
/// CONFLICT for all if another act changed one of the tasks since this one read it.
pub async fn update(
    act: &mut Act,
    projects: &Projects,
    items: Vec<UpdateTaskInput>,
) -> Result<Vec<Result<Model>>> {
    let mut known = Known::load(act, projects, &items).await?;
    let mut seen = HashSet::new();
    let mut outcomes: Vec<Result<Change>> = Vec::with_capacity(items.len());
    for item in items {
        let first = seen.insert(item.id);
        outcomes.push(if first { known.decide(act, item) } else { Err(Error::field("id", DUPLICATE_ITEM)) });
    }
    let changes = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    let pairs = changes.map(|change| (change.before.clone(), change.after.clone())).collect();
    let mut written = act.update_pairs(pairs).await?.into_iter();
    let mut results = Vec::with_capacity(outcomes.len());
    let (mut staffings, mut labellings) = (Vec::new(), Vec::new());
    let (mut skillings, mut following) = (Vec::new(), Vec::new());
    let mut counted = HashSet::new();
    for outcome in outcomes {
        results.push(match outcome {
            Ok(change) => {
                let task = written.next().unwrap_or(change.after);
                if task.version > change.before.version {
                    counted.insert(task.id);
                }
                staffings.extend(change.staffing);
                labellings.extend(change.labelling);
                skillings.extend(change.skilling);
                following.extend(change.next);
                Ok(task)
            }
            Err(error) => Err(error),
        });
    }
    let mut touched = people::write(act, staffings, &counted).await?;
    counted.extend(touched.iter().map(|task| task.id));
    touched.extend(on_task::write(act, labellings, &counted).await?);
    counted.extend(touched.iter().map(|task| task.id));
    touched.extend(taken::write(act, skillings, &counted).await?);
    let mut touched: HashMap<TaskId, Model> = touched.into_iter().map(|task| (task.id, task)).collect();
    for task in results.iter_mut().flatten() {
        if let Some(now) = touched.remove(&task.id) {
            *task = now;
        }
    }
    series::go_on(act, following).await?;
    Ok(results)
}

impl Known {
    fn decide(&mut self, act: &Act, item: UpdateTaskInput) -> Result<Change> {
        let before = self.tasks.get(&item.id).cloned();
        let before = before.ok_or_else(|| Error::not_found(TaskId::TYPE, item.id))?;
        if !self.writable.contains(&item.id) {
            return Err(Error::lacks(TASKS_WRITE.name));
        }
        expect_version("Task", item.expected_version, before.version)?;
        rules::check_not_archived(&before)?;
        if let Some(project) = self.projects.get(&before.project_id) {
            project::rules::check_open(project)?;
        }
        let mut fields = Fields::new();
        let column = self.column(&before, &item.column_id, &mut fields).cloned();
        let staffing = self.staffing(act, &before, &item, &mut fields);
        let labelling = self.labelling(act, &before, &item, &mut fields);
        let skilling = self.skilling(act, &before, &item, &mut fields);
        let reporter =
            item.reporter_id.value().copied().filter(|reporter| before.reporter_id != Some(*reporter));
        if let Some(reason) = reporter.and_then(|reporter| not_active(self.people.get(&reporter))) {
            fields.add("reporterId", reason);
        }
        let belongs = self.belonging(&before, &item, &mut fields);
        let mut after = rules::changed(&before, item, &mut fields);
        (after.milestone_id, after.parent_id) = belongs;
        if let Some(column) = column {
            rules::enter(&mut after, &column, act.now());
        }
        fields.check()?;
        let next = series::due(&before, &mut after, crate::today(act.viewer(), act.now()));
        // Invariant: all checks are behind us, so what comes later in this act builds on it.
        if after.parent_id != before.parent_id {
            self.check_apart(after.id, after.parent_id)?;
            self.family
                .adopt(after.id, after.parent_id)
                .map_err(|reason| Error::field("parentId", reason))?;
        }
        Ok(Change { before, after, staffing, labelling, skilling, next })
    }

    /// Milestone and task that a task is part of after the change.
    fn belonging(
        &self,
        task: &Model,
        item: &UpdateTaskInput,
        fields: &mut Fields,
    ) -> (Option<MilestoneId>, Option<TaskId>) {
        let milestone = patch::optional(item.milestone_id).unwrap_or(task.milestone_id);
        if let Some(id) = milestone.filter(|id| task.milestone_id != Some(*id)) {
            let fits = self.milestones.get(&id) == Some(&task.project_id);
            fields.require(fits, "milestoneId", OTHER_MILESTONE);
        }
        let parent = patch::optional(item.parent_id).unwrap_or(task.parent_id);
        if let Some(id) = parent.filter(|id| task.parent_id != Some(*id)) {
            fields.require(self.parents.get(&id) == Some(&task.project_id), "parentId", OTHER_PARENT);
        }
        (milestone, parent)
    }

    /// Checks that what a task becomes a part of has no dependency with it or its parts.
    fn check_apart(&self, task: TaskId, parent: Option<TaskId>) -> Result<()> {
        // Reason: what would be within itself is told so.
        let parent = parent.filter(|parent| !self.family.is_within(*parent, task));
        let above = parent.into_iter().flat_map(|parent| self.family.line(parent));
        let mut neighbours = above.filter_map(|above| self.neighbours.get(&above)).flatten();
        match neighbours.any(|neighbour| self.family.is_within(*neighbour, task)) {
            true => Err(Error::field("parentId", link::WITHIN)),
            false => Ok(()),
        }
    }

    /// Which labels come to a task and which go.
    fn labelling(
        &self,
        act: &Act,
        task: &Model,
        item: &UpdateTaskInput,
        fields: &mut Fields,
    ) -> Option<Labelling> {
        let wanted = patch::optional(item.label_ids.clone())?.unwrap_or_default();
        let wanted = fields.take(on_task::labels(wanted, "labelIds"))?;
        check_labels(&self.labels, &wanted, task.project_id, fields);
        let before = self.labelled.get(&task.id).map(Vec::as_slice).unwrap_or_default();
        Some(Labelling::new(act, task, before, wanted))
    }

    /// Which skills come to a task and which go.
    fn skilling(
        &self,
        act: &Act,
        task: &Model,
        item: &UpdateTaskInput,
        fields: &mut Fields,
    ) -> Option<Skilling> {
        let wanted = item.skills.as_ref()?;
        let there = self.taken.get(&task.id).map(Vec::as_slice).unwrap_or_default();
        let before = there.iter().map(|row| row.skill_id).collect();
        let wanted = self.skills.levels(wanted, &before, ("skills", taken::MAX_ON_TASK), fields);
        Some(Skilling::new(act, task, there, wanted))
    }

    /// The column that a task goes to.
    fn column(
        &self,
        task: &Model,
        sent: &MaybeUndefined<TaskColumnId>,
        fields: &mut Fields,
    ) -> Option<&column::entity::Model> {
        let id = patch::required(*sent, "columnId", fields)?;
        let found = self.columns.get(&id).filter(|column| column.project_id == task.project_id);
        fields.require(found.is_some(), "columnId", column::OTHER_BOARD);
        found
    }

    /// Who comes to a task and who goes.
    fn staffing(
        &self,
        act: &Act,
        task: &Model,
        item: &UpdateTaskInput,
        fields: &mut Fields,
    ) -> Option<Staffing> {
        let wanted = patch::optional(item.assignee_ids.clone())?.unwrap_or_default();
        let wanted = fields.take(rules::assignees(wanted, "assigneeIds"))?;
        let before = self.assignees.get(&task.id).map(Vec::as_slice).unwrap_or_default();
        for (index, user) in wanted.iter().enumerate() {
            // Reason: who is on the task already may stay, even if they could not be put on it any more.
            let stays = before.iter().any(|row| row.user_id == *user);
            if let Some(reason) = not_staff(self.people.get(user)).filter(|_| !stays) {
                fields.add(format!("assigneeIds.{index}"), reason);
            }
        }
        Some(Staffing::new(act, task, before, wanted))
    }
}
