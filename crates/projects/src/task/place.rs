//! Places of tasks in their project: ranks between neighbours, and room where there is none.

use kernel::{
    Error, Result, Text,
    act::Act,
    id::{ProjectId, TaskId, TypedId},
    policy::Guarded,
};
use sea_orm::{ColumnTrait, Condition, Order, QueryFilter, QueryOrder, QuerySelect, Select};

use super::entity::{Column, Entity, Model};
use crate::rank;

/// Rows to each side of a place without room that are set anew; see [`crate::rank`].
const WINDOW: usize = 100;

/// The neighbour is of another project.
pub const OTHER_PROJECT: Text = Text::new(
    "other_project",
    "This task is not of the same project.",
    "Cette tâche n'appartient pas au même projet.",
);

/// A task cannot be its own neighbour.
pub const SAME_TASK: Text = Text::new("same_task", "Name another task.", "Indiquez une autre tâche.");

/// Where a task goes in its project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Behind all others.
    End,
    /// Right after this one.
    After(TaskId),
    /// Right before this one.
    Before(TaskId),
}

impl Spot {
    /// The spot of an input; where both neighbours are named, the one before it counts, because the other may have
    /// moved meanwhile.
    pub fn new(after: Option<TaskId>, before: Option<TaskId>) -> Self {
        match (after, before) {
            (Some(after), _) => Self::After(after),
            (None, Some(before)) => Self::Before(before),
            (None, None) => Self::End,
        }
    }
}

/// Chance to draw a rank with: the random bits of a new id, so that generated data is the same in every run.
pub(crate) fn entropy(act: &Act) -> u64 {
    let id: TaskId = act.new_id();
    let (_, low) = id.uuid().as_u64_pair();
    // Invariant: the two highest bits are the variant, the same in every UUIDv7.
    low & (u64::MAX >> 2)
}

/// The tasks of a project but the one that moves.
struct Row {
    project: ProjectId,
    moved: Option<TaskId>,
}

impl Row {
    fn select(&self, act: &Act) -> Select<Entity> {
        let select =
            Entity::of_tenant(act.viewer().tenant_id()).filter(Column::ProjectId.eq(self.project.uuid()));
        match self.moved {
            Some(moved) => select.filter(Column::Id.ne(moved.uuid())),
            None => select,
        }
    }

    async fn named(&self, act: &Act, id: TaskId, path: &str) -> Result<Model> {
        if self.moved == Some(id) {
            return Err(Error::field(path, SAME_TASK));
        }
        let named = self.select(act).filter(Column::Id.eq(id.uuid())).one(act.conn()).await?;
        named.ok_or_else(|| Error::field(path, OTHER_PROJECT))
    }

    async fn last(&self, act: &Act) -> Result<Option<Model>> {
        let ordered = self.select(act).order_by_desc(Column::Rank).order_by_desc(Column::Id);
        Ok(ordered.one(act.conn()).await?)
    }

    /// The tasks behind (or, descending, before) one, nearest first.
    async fn beyond(&self, act: &Act, from: &Model, descending: bool, count: usize) -> Result<Vec<Model>> {
        let (further, order) = if descending {
            (Column::Rank.lt(from.rank.as_str()), Order::Desc)
        } else {
            (Column::Rank.gt(from.rank.as_str()), Order::Asc)
        };
        let id = from.id.uuid();
        let id = if descending { Column::Id.lt(id) } else { Column::Id.gt(id) };
        let same = Condition::all().add(Column::Rank.eq(from.rank.as_str())).add(id);
        let rows = self.select(act).filter(Condition::any().add(further).add(same));
        let rows = rows.order_by(Column::Rank, order.clone()).order_by(Column::Id, order);
        Ok(rows.limit(u64::try_from(count).unwrap_or(1)).all(act.conn()).await?)
    }
}

/// The rank for a task at a spot of its project; `moved` is the task, if it is in the project already.
///
/// # Errors
/// INVALID at `after` or `before` for a task that is not another one of the project.
pub async fn rank_at(act: &mut Act, project: ProjectId, moved: Option<TaskId>, spot: Spot) -> Result<String> {
    let row = Row { project, moved };
    let (low, high) = match spot {
        Spot::End => (row.last(act).await?, None),
        Spot::After(id) => {
            let low = row.named(act, id, "after").await?;
            let high = row.beyond(act, &low, false, 1).await?.pop();
            (Some(low), high)
        }
        Spot::Before(id) => {
            let high = row.named(act, id, "before").await?;
            (row.beyond(act, &high, true, 1).await?.pop(), Some(high))
        }
    };
    let rank_of = |task: &Option<Model>| task.as_ref().map(|task| task.rank.clone());
    let room = rank::between(rank_of(&low).as_deref(), rank_of(&high).as_deref(), entropy(act));
    match room.filter(|rank| rank.len() <= rank::MAX_DIGITS) {
        Some(rank) => Ok(rank),
        None => make_room(act, &row, low, high).await,
    }
}

/// The rank of the last task of a project.
pub(crate) async fn last_rank(act: &Act, project: ProjectId) -> Result<Option<String>> {
    Ok(Row { project, moved: None }.last(act).await?.map(|task| task.rank))
}

/// Spreads the tasks around the place between `low` and `high` evenly over the room they have together, and gives the
/// rank of the place.
async fn make_room(act: &mut Act, row: &Row, low: Option<Model>, high: Option<Model>) -> Result<String> {
    let (mut below, mut above) = (Vec::new(), Vec::new());
    if let Some(low) = low {
        below = row.beyond(act, &low, true, WINDOW).await?;
        below.insert(0, low);
    }
    if let Some(high) = high {
        above = row.beyond(act, &high, false, WINDOW).await?;
        above.insert(0, high);
    }
    // Invariant: what is beyond the window stays where it is and bounds the room.
    let bound =
        |rows: &mut Vec<Model>| if rows.len() > WINDOW { rows.pop().map(|task| task.rank) } else { None };
    let (low_bound, high_bound) = (bound(&mut below), bound(&mut above));
    below.reverse();
    let place = below.len();
    let count = place + 1 + above.len();
    let ranks = rank::spread(low_bound.as_deref(), high_bound.as_deref(), count);
    // Invariant: two hundred ranks drawn by chance are not all the same, so their ends leave room.
    let mut ranks = ranks.ok_or_else(|| Error::internal("tasks around a place have no room"))?;
    let rank = ranks.remove(place);
    let tasks = below.into_iter().chain(above).zip(ranks);
    let pairs = tasks.map(|(task, rank)| (task.clone(), Model { rank, ..task })).collect();
    act.update_pairs(pairs).await?;
    Ok(rank)
}
