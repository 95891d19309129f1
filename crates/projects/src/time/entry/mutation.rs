//! Entries in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{
    Result, Text,
    ask::Asking,
    graph::Graph,
    id::{ActivityTypeId, ProjectId, TaskId, TimeEntryId},
    locale::Language,
    money::MoneyInput,
    patch,
    scalar::{Date, DateTime},
};

use super::{Written, entity::Model, graphql::TimeEntry, rules::Said};
use crate::{
    service::Projects,
    time::timer::{entity as timer, graphql::Timer},
};

/// Other time of the same person at the same moment.
const OVERLAPS: Text = Text::new(
    "overlaps",
    "This overlaps with other time of the same person.",
    "Ceci chevauche un autre temps de la même personne.",
);

/// The person's timer runs since before the end.
const OVERLAPS_TIMER: Text = Text::new(
    "overlaps_timer",
    "Your running timer measures a part of this time as well.",
    "Votre minuteur en marche mesure aussi une partie de ce temps.",
);

/// Time that the viewer worked: minutes of a day, or from when to when.
#[derive(Clone, Debug, InputObject)]
pub struct CreateTimeEntryInput {
    /// The project; that of the task without one.
    pub project_id: Option<ProjectId>,
    /// The task.
    pub task_id: Option<TaskId>,
    /// The kind of work.
    pub activity_type_id: Option<ActivityTypeId>,
    /// The day, in the person's time zone; today without one. Only with `minutes`.
    pub spent_on: Option<Date>,
    /// How many minutes, from 1 to 2 880 and no more than the day has.
    pub minutes: Option<i64>,
    /// When it began; what goes across midnight becomes an entry for each day.
    pub started_at: Option<DateTime>,
    /// When it ended, at most 72 hours later.
    pub ended_at: Option<DateTime>,
    /// What was done, in Markdown, at most 2 000 bytes.
    pub description: Option<String>,
    /// Whether it is billed; without a word it is where the project is billed by time and materials, unless the kind of
    /// work says otherwise: a fixed price or a retainer pays for its time by itself. INVALID to say so in a project that
    /// is not billed.
    pub billable: Option<bool>,
}

impl CreateTimeEntryInput {
    pub(super) fn said(&self) -> Said {
        Said {
            spent_on: self.spent_on.map(Date::naive),
            minutes: self.minutes,
            started_at: self.started_at.map(DateTime::utc),
            ended_at: self.ended_at.map(DateTime::utc),
        }
    }
}

/// Changes of time that the viewer worked: what is left out stays. Time that was sent back is a draft again.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTimeEntryInput {
    /// The entry.
    pub id: TimeEntryId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// The project; the task stays behind if another is named and no task is.
    pub project_id: MaybeUndefined<ProjectId>,
    /// The task; null: none.
    pub task_id: MaybeUndefined<TaskId>,
    /// The kind of work; null: none.
    pub activity_type_id: MaybeUndefined<ActivityTypeId>,
    /// The day; the entry loses its beginning and end.
    pub spent_on: MaybeUndefined<Date>,
    /// How many minutes; the entry loses its beginning and end.
    pub minutes: MaybeUndefined<i64>,
    /// When it began.
    pub started_at: MaybeUndefined<DateTime>,
    /// When it ended, on the same day.
    pub ended_at: MaybeUndefined<DateTime>,
    /// What was done, in Markdown, at most 2 000 bytes.
    pub description: MaybeUndefined<String>,
    /// Whether it is billed; not in a project that is not.
    pub billable: MaybeUndefined<bool>,
}

impl UpdateTimeEntryInput {
    /// What the input and the entry together say of how long it took; none if the input says nothing of it.
    pub(super) fn said(&self, before: &Model) -> Option<Said> {
        let (day, minutes) = (self.spent_on.value().copied(), self.minutes.value().copied());
        let started = patch::optional(self.started_at).flatten().map(DateTime::utc);
        let ended = patch::optional(self.ended_at).flatten().map(DateTime::utc);
        match (day.is_some() || minutes.is_some(), started.is_some() || ended.is_some()) {
            (false, false) => None,
            (true, false) => Some(Said {
                spent_on: Some(day.map_or(before.spent_on, Date::naive)),
                minutes: Some(minutes.unwrap_or(before.minutes)),
                ..Said::default()
            }),
            (_, true) => Some(Said {
                spent_on: None,
                minutes,
                started_at: started.or(before.started_at),
                ended_at: ended.or(before.ended_at),
            }),
        }
    }
}

/// Time to be taken back.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteTimeEntryInput {
    /// The entry.
    pub id: TimeEntryId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// What an hour of one entry is billed at.
#[derive(Clone, Debug, InputObject)]
pub struct SetTimeEntryRateInput {
    /// The entry.
    pub id: TimeEntryId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What an hour of it is billed at, not negative; null: as usual.
    pub rate: Option<MoneyInput>,
}

/// Something that is allowed and perhaps not meant.
#[derive(SimpleObject)]
pub struct TimeWarning {
    /// The machine's word for it: `overlaps`, or `overlaps_timer` for one's running timer.
    pub code: String,
    /// What it is, in the request's language.
    pub message: String,
    /// The other entry that it is about; null if it is about the timer.
    pub time_entry: Option<Graph<TimeEntry>>,
    /// The timer that it is about; null if it is about an entry.
    pub timer: Option<Graph<Timer>>,
}

/// What `createTimeEntry` made.
#[derive(SimpleObject)]
pub struct CreateTimeEntryPayload {
    /// The new entries, at most one a day.
    pub time_entries: Vec<Graph<TimeEntry>>,
    /// What is allowed and perhaps not meant, at most 20.
    pub warnings: Vec<TimeWarning>,
}

/// What `updateTimeEntry` changed.
#[derive(SimpleObject)]
pub struct UpdateTimeEntryPayload {
    /// The entry as it is now.
    pub time_entry: Graph<TimeEntry>,
    /// What is allowed and perhaps not meant, at most 20.
    pub warnings: Vec<TimeWarning>,
}

/// What `deleteTimeEntry` took back.
#[derive(SimpleObject)]
pub struct DeleteTimeEntryPayload {
    /// Id of the entry that is gone.
    pub id: TimeEntryId,
}

/// What `setTimeEntryRate` changed.
#[derive(SimpleObject)]
pub struct SetTimeEntryRatePayload {
    /// The entry as it is now.
    pub time_entry: Graph<TimeEntry>,
}

/// Entries as the graph shows them.
pub(crate) fn shown(entries: Vec<Model>) -> Vec<Graph<TimeEntry>> {
    entries.into_iter().map(|entry| Graph(entry.into())).collect()
}

/// Most warnings of an answer.
const MAX_WARNINGS: usize = 20;

/// What whoever wrote time should know about it.
pub(crate) fn warnings(
    overlapping: Vec<Model>,
    timer: Option<timer::Model>,
    language: Language,
) -> Vec<TimeWarning> {
    let warning = |said: Text, time_entry, timer| TimeWarning {
        code: said.code.to_owned(),
        message: kernel::Said::from(said).render(language),
        time_entry,
        timer,
    };
    let timer = timer.map(|timer| warning(OVERLAPS_TIMER, None, Some(Graph(timer.into()))));
    let entries = overlapping.into_iter().map(|entry| warning(OVERLAPS, Some(Graph(entry.into())), None));
    timer.into_iter().chain(entries).take(MAX_WARNINGS).collect()
}

/// Root mutations of entries.
#[derive(Default)]
pub struct TimeEntryMutation;

#[Object]
impl TimeEntryMutation {
    /// Writes down time that the viewer worked. Needs `projects.time.log` on the project or the task.
    async fn create_time_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was worked.")] input: CreateTimeEntryInput,
    ) -> Result<CreateTimeEntryPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let Written { entries, overlapping, timer } =
            super::create(ctx.viewer(), ctx.db(), projects, input).await?;
        let warnings = warnings(overlapping, timer, ctx.viewer().language());
        Ok(CreateTimeEntryPayload { time_entries: shown(entries), warnings })
    }

    /// Changes time that the viewer worked and has not handed in. Needs `projects.time.log` on the project or the task.
    async fn update_time_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateTimeEntryInput,
    ) -> Result<UpdateTimeEntryPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        let Written { entries, overlapping, timer } =
            super::update(ctx.viewer(), ctx.db(), projects, input).await?;
        let entry = entries.into_iter().next();
        let entry = entry.ok_or_else(|| kernel::Error::internal("a changed entry is there"))?;
        let warnings = warnings(overlapping, timer, ctx.viewer().language());
        Ok(UpdateTimeEntryPayload { time_entry: Graph(entry.into()), warnings })
    }

    /// Takes back time that the viewer wrote down and has not handed in. Needs `projects.time.log`.
    async fn delete_time_entry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entry.")] input: DeleteTimeEntryInput,
    ) -> Result<DeleteTimeEntryPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::delete(ctx.viewer(), ctx.db(), projects, input.id, input.expected_version).await?;
        Ok(DeleteTimeEntryPayload { id: input.id })
    }

    /// Sets what an hour of this very entry is billed at, until it is approved; billable time that was approved without
    /// any rate, and would never be offered for billing, gets its rate so as well. Needs `projects.rate.write` on its
    /// project.
    async fn set_time_entry_rate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The entry and its rate.")] input: SetTimeEntryRateInput,
    ) -> Result<SetTimeEntryRatePayload> {
        let entry = super::set_rate(ctx.viewer(), ctx.db(), input).await?;
        Ok(SetTimeEntryRatePayload { time_entry: Graph(entry.into()) })
    }
}
