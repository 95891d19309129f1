//! Working calendars in the graph: the object, its exceptions, and the root queries.

use std::collections::HashMap;

use async_graphql::{Context, Object, SimpleObject, dataloader::Loader};
use chrono::{Datelike, Days};
use kernel::{
    Error, Result, Text,
    ask::{Asking, FromAsk},
    db::Db,
    graph::{Graph, Node},
    id::{TypedId, UserId, WorkCalendarId},
    page::{Connection, Order, PageArgs, list},
    policy::Guarded,
    scalar::Date,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{QueryFilter, QueryOrder};

use super::{
    day::{self, Model as Day},
    entity::{Column, Entity, Model},
    holidays::{Holidays, UNKNOWN_COUNTRY},
    hours::{self, DayHours, TimeSpan},
    sources::{Sources, Whose, WorkingDayReason},
};
use crate::{
    policy::people::{PEOPLE_READ, sees_personal},
    service::Projects,
};

/// The range of days is too long, or none.
pub const BAD_RANGE: Text = Text::new(
    "bad_range",
    "This goes from one day to a later one, at most {max} days.",
    "Cela va d'un jour à un jour ultérieur, au plus {max} jours.",
);

/// Only one of both may be named.
pub const ONE_OF_BOTH: Text = Text::new(
    "one_of_both",
    "Name a calendar or a person, not both.",
    "Indiquez un calendrier ou une personne, pas les deux.",
);

/// No public holidays are known of the year.
pub const UNKNOWN_YEAR: Text = Text::new(
    "unknown_year",
    "Public holidays are known from {min} to {max}.",
    "Les jours fériés sont connus de {min} à {max}.",
);

/// Most days of `workingDays`.
const RANGE_MAX: i64 = 366;

/// Years of which public holidays are known.
const YEARS: (i32, i32) = (2000, 2076);

/// When people of an agency work.
#[derive(Clone, Debug)]
pub struct WorkCalendar(pub Model);

impl From<Model> for WorkCalendar {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for WorkCalendar {
    const TYPE: &'static str = "WorkCalendar";
}

/// When people of an agency work.
#[Object(name = "WorkCalendarFields")]
impl WorkCalendar {
    /// Its id.
    async fn id(&self) -> WorkCalendarId {
        self.0.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// For each day of the week, Monday first, the hours that are worked.
    async fn weekly_hours(&self) -> Vec<DayHours> {
        hours::read_week(&self.0.hours).as_ref().map(hours::week_spans).unwrap_or_default()
    }

    /// Minutes of a plain week.
    async fn weekly_minutes(&self) -> i64 {
        hours::read_week(&self.0.hours).as_ref().map(hours::week_minutes).unwrap_or_default()
    }

    /// ISO 3166-1 alpha-2 code of the country whose public holidays are free; null for none.
    async fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// Whether it is that of everybody who has no other.
    async fn is_default(&self) -> bool {
        self.0.is_default
    }

    /// Single days with other hours, by date; they go before public holidays. Who has a week of their own works on them
    /// when both say so. At most 1 000.
    async fn exceptions(&self, ctx: &Context<'_>) -> Result<Vec<CalendarException>> {
        let days = ctx.ask().load::<Exceptions, _>(self.0.id).await?;
        Ok(days.unwrap_or_default().iter().map(Into::into).collect())
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// A day with other hours than usual.
#[derive(Clone, Debug, SimpleObject)]
pub struct CalendarException {
    /// The day.
    pub date: Date,
    /// What it is called; null for none, and for who may not see what days of a person are called.
    pub name: Option<String>,
    /// The hours; none: it is free.
    pub hours: Vec<TimeSpan>,
}

impl From<&Day> for CalendarException {
    fn from(day: &Day) -> Self {
        let hours = hours::spans(&hours::read(&day.hours));
        Self { date: day.on_day.into(), name: day.name.clone(), hours }
    }
}

/// Loads the exceptions of calendars that the viewer was shown.
struct Exceptions {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Exceptions {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<WorkCalendarId> for Exceptions {
    type Value = Vec<Day>;
    type Error = Error;

    async fn load(&self, ids: &[WorkCalendarId]) -> Result<HashMap<WorkCalendarId, Vec<Day>>> {
        let of = one_of(self.db.backend(), day::Column::CalendarId, ids.iter().map(|id| id.uuid()));
        let rows = day::of_tenant(self.viewer.tenant_id()).filter(of).order_by_asc(day::Column::OnDay);
        let mut found: HashMap<WorkCalendarId, Vec<Day>> = HashMap::new();
        for row in rows.all(&self.db).await? {
            if let Some(calendar) = row.calendar_id {
                found.entry(calendar).or_default().push(row);
            }
        }
        Ok(found)
    }
}

/// A day of a calendar or of a person.
#[derive(Clone, Debug, SimpleObject)]
pub struct WorkingDay {
    /// The day.
    pub date: Date,
    /// How much is worked, in minutes by the clock on the wall.
    pub minutes: i64,
    /// When it is worked.
    pub hours: Vec<TimeSpan>,
    /// Why it has other hours than a plain working day; null if it has not.
    pub reason: Option<WorkingDayReason>,
    /// What an exception is called; null for all others. Public holidays are known by their dates alone. That of a
    /// person is for them and for who holds `projects.people.personal` or `projects.people.write` on the whole agency.
    pub name: Option<String>,
}

/// Root queries of calendars.
#[derive(Default)]
pub struct CalendarQuery;

#[Object]
impl CalendarQuery {
    /// A working calendar by its id. Needs `projects.people.read`.
    async fn work_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the calendar.")] id: WorkCalendarId,
    ) -> Result<Graph<WorkCalendar>> {
        ctx.viewer().require(PEOPLE_READ)?;
        let model = Entity::fetch(ctx.db(), ctx.viewer(), PEOPLE_READ, id).await?;
        Ok(Graph(model.into()))
    }

    /// The working calendars of the agency, by name. Until one is made everybody works the week of the agency's
    /// settings, from nine and with an hour of lunch at one. Needs `projects.people.read`.
    async fn work_calendars(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<WorkCalendar>> {
        ctx.viewer().require(PEOPLE_READ)?;
        let select = Entity::visible(ctx.viewer(), PEOPLE_READ);
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::asc(Column::Name), &args).await
    }

    /// The days of a calendar or a person, each with its hours and why they are so: of the agency's calendar without
    /// either. A day is that of the week, then a public holiday, then an exception of the calendar, then one of the
    /// person, then leave: what comes later goes before. Of a week of one's own, an exception of the calendar leaves what
    /// lies in both. Needs `projects.people.read`.
    async fn working_days(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this calendar.")] calendar_id: Option<WorkCalendarId>,
        #[graphql(desc = "Of this member of staff.")] user_id: Option<UserId>,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day, at most 366 days in all.")] to: Date,
    ) -> Result<Vec<WorkingDay>> {
        ctx.viewer().require(PEOPLE_READ)?;
        let projects = ctx.data_unchecked::<Projects>();
        working_days(ctx.viewer(), ctx.db(), projects, (calendar_id, user_id), (from, to)).await
    }

    /// The public holidays of a country in a year: those of the whole country, by date and without names. They are
    /// known of the years 2000 to 2076; of some countries, whose holidays follow the moon or are set each year, of fewer.
    /// Needs `projects.people.read`.
    async fn public_holidays(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "ISO 3166-1 alpha-2 code of the country.")] country: String,
        #[graphql(desc = "The year.")] year: i32,
    ) -> Result<Vec<Date>> {
        ctx.viewer().require(PEOPLE_READ)?;
        let code = country.trim().to_ascii_uppercase();
        let holidays = Holidays::of(&code).ok_or_else(|| Error::field("country", UNKNOWN_COUNTRY))?;
        if !(YEARS.0..=YEARS.1).contains(&year) {
            return Err(Error::field("year", UNKNOWN_YEAR.with("min", YEARS.0).with("max", YEARS.1)));
        }
        Ok(holidays.of_year(year).into_iter().map(Into::into).collect())
    }
}

/// Checks a range of days; answers both ends.
///
/// # Errors
/// INVALID at `to` if it ends before it begins or is longer than `most` days.
pub(crate) fn range((from, to): (Date, Date), most: i64) -> Result<(chrono::NaiveDate, chrono::NaiveDate)> {
    let (first, last) = (from.naive(), to.naive());
    let days = (last - first).num_days() + 1;
    // Reason: what is laid out around a range must be dates, too.
    let sound =
        (1..=most).contains(&days) && first.year() >= 1 && last.checked_add_days(Days::new(8)).is_some();
    if sound { Ok((first, last)) } else { Err(Error::field("to", BAD_RANGE.with("max", most))) }
}

async fn working_days(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    whose: (Option<WorkCalendarId>, Option<UserId>),
    ends: (Date, Date),
) -> Result<Vec<WorkingDay>> {
    let range = range(ends, RANGE_MAX)?;
    let (whose, people) = match whose {
        (Some(_), Some(_)) => return Err(Error::field("userId", ONE_OF_BOTH)),
        (Some(calendar), None) => {
            Entity::fetch(db, viewer, PEOPLE_READ, calendar).await?;
            (Whose::Calendar(calendar), Vec::new())
        }
        (None, Some(person)) => {
            crate::people::check_person(viewer, db, projects, person).await?;
            (Whose::Person(person), vec![person])
        }
        (None, None) => (Whose::Agency, Vec::new()),
    };
    let mut sources = Sources::load(db, viewer, &people, range).await?;
    if people.iter().any(|person| !sees_personal(viewer, *person)) {
        sources.forget_names();
    }
    let day = |(date, day): (chrono::NaiveDate, super::sources::Day)| WorkingDay {
        date: date.into(),
        minutes: day.hours.minutes(),
        hours: hours::spans(&day.hours),
        reason: day.reason,
        name: day.name,
    };
    Ok(sources.days(whose, range).into_iter().map(day).collect())
}
