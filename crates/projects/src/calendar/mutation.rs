//! Working calendars in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use kernel::{Result, ask::Asking, id::WorkCalendarId, scalar::Date};

use super::{
    graphql::WorkCalendar,
    hours::{DayHoursInput, TimeSpanInput},
};
use crate::service::Projects;

/// A new working calendar.
#[derive(Clone, Debug, InputObject)]
pub struct CreateWorkCalendarInput {
    /// What people call it, at most 60 characters; unique.
    pub name: String,
    /// For each day of the week, Monday first, the hours that are worked.
    pub weekly_hours: Vec<DayHoursInput>,
    /// ISO 3166-1 alpha-2 code of the country whose public holidays are free.
    pub country: Option<String>,
    /// Whether it becomes that of everybody who has no other; the first one does.
    pub is_default: Option<bool>,
}

/// Changes of a working calendar: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateWorkCalendarInput {
    /// The calendar.
    pub id: WorkCalendarId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it, at most 60 characters; unique.
    pub name: MaybeUndefined<String>,
    /// For each day of the week, Monday first, the hours that are worked.
    pub weekly_hours: MaybeUndefined<Vec<DayHoursInput>>,
    /// ISO 3166-1 alpha-2 code of the country whose public holidays are free.
    pub country: MaybeUndefined<String>,
    /// True makes it that of everybody who has no other, instead of the one that is so far.
    pub is_default: MaybeUndefined<bool>,
}

/// A calendar to be removed.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteWorkCalendarInput {
    /// The calendar.
    pub id: WorkCalendarId,
    /// The version that the decision was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
}

/// A day with other hours than usual.
#[derive(Clone, Debug, InputObject)]
pub struct CalendarExceptionInput {
    /// The day.
    pub date: Date,
    /// What it is called, at most 100 characters.
    pub name: Option<String>,
    /// The hours; none: it is free.
    pub hours: Option<Vec<TimeSpanInput>>,
}

/// Days of a calendar that get other hours, or lose them.
#[derive(Clone, Debug, InputObject)]
pub struct SetCalendarExceptionsInput {
    /// The calendar.
    pub id: WorkCalendarId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// Days with their hours, at most 366, each once; they replace what was said of them.
    pub set: Option<Vec<CalendarExceptionInput>>,
    /// Days that become usual ones again, at most 366.
    pub remove: Option<Vec<Date>>,
}

payloads! {
    /// What `createWorkCalendar` made.
    CreateWorkCalendarPayload {
        /// The new calendar.
        work_calendar: WorkCalendar
    }
    /// What `updateWorkCalendar` changed.
    UpdateWorkCalendarPayload {
        /// The calendar as it is now.
        work_calendar: WorkCalendar
    }
    /// What `setCalendarExceptions` changed.
    SetCalendarExceptionsPayload {
        /// The calendar as it is now.
        work_calendar: WorkCalendar
    }
}

/// What `deleteWorkCalendar` removed.
#[derive(SimpleObject)]
pub struct DeleteWorkCalendarPayload {
    /// Id of the calendar that is gone.
    pub id: WorkCalendarId,
}

/// Root mutations of calendars.
#[derive(Default)]
pub struct CalendarMutation;

#[Object]
impl CalendarMutation {
    /// Makes a working calendar. Needs `projects.people.write` on the whole agency.
    async fn create_work_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new calendar.")] input: CreateWorkCalendarInput,
    ) -> Result<CreateWorkCalendarPayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Changes a working calendar. Needs `projects.people.write` on the whole agency.
    async fn update_work_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateWorkCalendarInput,
    ) -> Result<UpdateWorkCalendarPayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Gives days of a calendar other hours, or takes them back, all at once. Needs `projects.people.write` on the whole
    /// agency.
    async fn set_calendar_exceptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which days.")] input: SetCalendarExceptionsInput,
    ) -> Result<SetCalendarExceptionsPayload> {
        super::set_days(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Removes a working calendar that none of active staff has; not that of everybody. Who was deactivated and has it
    /// gets that of the agency. Needs `projects.people.write` on the whole agency.
    async fn delete_work_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which calendar.")] input: DeleteWorkCalendarInput,
    ) -> Result<DeleteWorkCalendarPayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::delete(ctx.viewer(), ctx.db(), projects, input.id, input.expected_version).await?;
        Ok(DeleteWorkCalendarPayload { id: input.id })
    }
}
