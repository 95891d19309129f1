//! What the hours of people are made of: the agency's calendars, their profiles, single days, leave; read together, and
//! put together day by day.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use async_graphql::Enum;
use chrono::{Datelike, NaiveDate};
use kernel::{
    Result,
    id::{TypedId, UserId, WorkCalendarId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use schedule::{Hours, Pattern};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use super::{
    agency_week, day as days,
    entity::{self as calendars, Model as Calendar},
    holidays::Holidays,
    hours,
};
use crate::{
    people::{
        leave::entity as leave,
        profile::entity::{self as profiles, Model as Profile},
    },
    words::LeaveStatus,
};

/// Why a day has other hours than a plain working day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum WorkingDayReason {
    /// No work is done on this day of the week.
    Weekend,
    /// It is a public holiday.
    Holiday,
    /// It is an exception of the calendar or of the person.
    Exception,
    /// The person is away, or not there all day.
    Leave,
}

/// A day of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The hours without leave.
    pub planned: Hours,
    /// The hours with it.
    pub hours: Hours,
    /// Why they are not those of a plain working day.
    pub reason: Option<WorkingDayReason>,
    /// What the day is called, if somebody named it.
    pub name: Option<String>,
}

/// Other hours of a single day.
#[derive(Clone, Debug)]
struct Exception {
    hours: Hours,
    name: Option<String>,
}

type Exceptions = BTreeMap<NaiveDate, Exception>;

/// Leave of a person that counts.
#[derive(Clone, Copy, Debug)]
struct Away {
    first: NaiveDate,
    last: NaiveDate,
    /// How much of each day; all of it without a number.
    minutes: Option<i64>,
}

/// What hours are made of, in a range of days.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The week of the agency's settings.
    agency: Pattern,
    first: NaiveDate,
    last: NaiveDate,
    calendars: HashMap<WorkCalendarId, Calendar>,
    of_calendars: HashMap<WorkCalendarId, Exceptions>,
    of_people: HashMap<UserId, Exceptions>,
    profiles: HashMap<UserId, Profile>,
    leave: HashMap<UserId, Vec<Away>>,
}

/// Whose hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of the agency.
    Agency,
    /// Those of a calendar.
    Calendar(WorkCalendarId),
    /// Those of a person.
    Person(UserId),
}

/// What the days of somebody follow from.
struct Base<'s> {
    week: [Hours; 7],
    /// Whether the week is a person's own: exceptions of the calendar make it shorter, never longer.
    own_week: bool,
    holidays: Option<Holidays>,
    of_calendar: Option<&'s Exceptions>,
    of_person: Option<&'s Exceptions>,
    away: &'s [Away],
}

impl Sources {
    /// Reads what the hours of these people and of all calendars are made of from `first` to `last`, both included; in
    /// four statements.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn load(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        people: &[UserId],
        (first, last): (NaiveDate, NaiveDate),
    ) -> Result<Self> {
        let tenant = viewer.tenant_id();
        let backend = conn.get_database_backend();
        let among = |column| one_of(backend, column, people.iter().map(|user| user.uuid()));
        let calendars = calendars::Entity::of_tenant(tenant).all(conn).await?;
        let mut sources = Self {
            agency: Pattern {
                zone: viewer.tenant.time_zone,
                week: agency_week(viewer.tenant.working_week),
                days: BTreeMap::new(),
            },
            first,
            last,
            calendars: calendars.into_iter().map(|calendar| (calendar.id, calendar)).collect(),
            of_calendars: HashMap::new(),
            of_people: HashMap::new(),
            profiles: HashMap::new(),
            leave: HashMap::new(),
        };
        let mut owners = Condition::any().add(days::Column::CalendarId.is_not_null());
        if !people.is_empty() {
            let backend_days = one_of(backend, days::Column::UserId, people.iter().map(|user| user.uuid()));
            owners = owners.add(backend_days);
        }
        let rows = days::of_tenant(tenant).filter(days::Column::OnDay.between(first, last)).filter(owners);
        sources.take_days(rows.all(conn).await?);
        if people.is_empty() {
            return Ok(sources);
        }
        let rows = profiles::Entity::of_tenant(tenant).filter(among(profiles::Column::UserId));
        sources.profiles = rows.all(conn).await?.into_iter().map(|row| (row.user_id, row)).collect();
        let rows = leave::Entity::of_tenant(tenant)
            .filter(one_of(backend, leave::Column::UserId, people.iter().map(|user| user.uuid())))
            .filter(leave::Column::Status.eq(LeaveStatus::Approved.as_str()))
            .filter(leave::Column::StartsOn.lte(last))
            .filter(leave::Column::EndsOn.gte(first));
        for row in rows.all(conn).await? {
            sources.take_leave(&row);
        }
        Ok(sources)
    }

    fn take_days(&mut self, rows: Vec<days::Model>) {
        for row in rows {
            let of = match (row.calendar_id, row.user_id) {
                (Some(calendar), _) => self.of_calendars.entry(calendar).or_default(),
                (_, Some(user)) => self.of_people.entry(user).or_default(),
                (None, None) => continue,
            };
            of.insert(row.on_day, Exception { hours: hours::read(&row.hours), name: row.name });
        }
    }

    /// Counts a leave as approved, whatever it is.
    pub fn take_leave(&mut self, row: &leave::Model) {
        let away = Away { first: row.starts_on, last: row.ends_on, minutes: row.minutes };
        self.leave.entry(row.user_id).or_default().push(away);
    }

    /// Leaves out what people's own single days are called.
    pub fn forget_names(&mut self) {
        let days = self.of_people.values_mut().flat_map(BTreeMap::values_mut);
        days.for_each(|day| day.name = None);
    }

    /// The profile of a person, if something was said of them.
    #[must_use]
    pub fn profile(&self, person: UserId) -> Option<&Profile> {
        self.profiles.get(&person)
    }

    /// The calendar of everybody who has no other; none until one is made.
    #[must_use]
    pub fn default_calendar(&self) -> Option<&Calendar> {
        self.calendars.values().find(|calendar| calendar.is_default)
    }

    /// Minutes of a plain week of somebody.
    #[must_use]
    pub fn plain_week(&self, whose: Whose) -> i64 {
        hours::week_minutes(&self.base(whose).week)
    }

    fn base(&self, whose: Whose) -> Base<'_> {
        let profile = match whose {
            Whose::Person(person) => self.profiles.get(&person),
            _ => None,
        };
        let chosen = match whose {
            Whose::Calendar(id) => self.calendars.get(&id),
            _ => profile.and_then(|profile| self.calendars.get(&profile.calendar_id?)),
        };
        let calendar = chosen.or_else(|| self.default_calendar());
        let own = profile.and_then(|profile| hours::read_week(&profile.hours));
        let written = calendar.and_then(|calendar| hours::read_week(&calendar.hours));
        let country = profile.and_then(|profile| profile.country.as_deref());
        let country = country.or_else(|| calendar.and_then(|calendar| calendar.country.as_deref()));
        let person = match whose {
            Whose::Person(person) => Some(person),
            _ => None,
        };
        Base {
            own_week: own.is_some(),
            week: own.or(written).unwrap_or_else(|| self.agency.week.clone()),
            holidays: country.and_then(Holidays::of),
            of_calendar: calendar.and_then(|calendar| self.of_calendars.get(&calendar.id)),
            of_person: person.and_then(|person| self.of_people.get(&person)),
            away: person.and_then(|person| self.leave.get(&person)).map_or(&[], Vec::as_slice),
        }
    }

    /// The days of somebody from one to another, both included.
    #[must_use]
    pub fn days(&self, whose: Whose, (first, last): (NaiveDate, NaiveDate)) -> Vec<(NaiveDate, Day)> {
        let base = self.base(whose);
        let holidays: HashSet<NaiveDate> = match base.holidays {
            Some(holidays) => holidays.between(first, last).into_iter().collect(),
            None => HashSet::new(),
        };
        let days = first.iter_days().take_while(|day| *day <= last);
        days.map(|day| (day, base.day(day, holidays.contains(&day)))).collect()
    }

    /// When somebody works, in the range of days that was read.
    #[must_use]
    pub fn pattern(&self, whose: Whose) -> Pattern {
        let base = self.base(whose);
        let within = |day: &NaiveDate| (self.first..=self.last).contains(day);
        let holidays = base.holidays.map(|holidays| holidays.between(self.first, self.last));
        let holidays: BTreeSet<NaiveDate> = holidays.unwrap_or_default().into_iter().collect();
        let mut special = holidays.clone();
        special.extend(base.of_calendar.iter().chain(&base.of_person).flat_map(|days| days.keys().copied()));
        for away in base.away {
            let last = away.last.min(self.last);
            special.extend(away.first.max(self.first).iter_days().take_while(|day| *day <= last));
        }
        let special = special.into_iter().filter(within);
        let days = special.map(|day| (day, base.day(day, holidays.contains(&day)).hours)).collect();
        Pattern { zone: self.agency.zone, week: base.week, days }
    }
}

impl Base<'_> {
    /// A day: that of the week, a holiday, an exception of the calendar (of a week of one's own, what of it lies in
    /// that), one of the person, and leave, each over what comes before it.
    fn day(&self, date: NaiveDate, holiday: bool) -> Day {
        use WorkingDayReason::{Exception as Special, Holiday, Leave, Weekend};
        let mut hours = self.week[date.weekday().num_days_from_monday() as usize].clone();
        let (mut reason, mut name) = ((hours.minutes() == 0).then_some(Weekend), None);
        if holiday && reason.is_none() {
            (hours, reason) = (Hours::free(), Some(Holiday));
        }
        let of_calendar = self.of_calendar.and_then(|days| days.get(&date));
        if let Some(day) = of_calendar {
            // Reason: a Saturday that the agency works is none of somebody's who arranged a week of their own.
            let left = if self.own_week { hours.within(&day.hours) } else { day.hours.clone() };
            if !self.own_week || left != hours {
                (hours, reason, name) = (left, Some(Special), day.name.clone());
            }
        }
        if let Some(day) = self.of_person.and_then(|days| days.get(&date)) {
            (hours, reason, name) = (day.hours.clone(), Some(Special), day.name.clone());
        }
        let planned = hours.clone();
        for away in self.away.iter().filter(|away| (away.first..=away.last).contains(&date)) {
            let left = hours::without_last(&hours, away.minutes.unwrap_or(i64::from(u16::MAX)));
            if left != hours {
                (hours, reason, name) = (left, Some(Leave), None);
            }
        }
        Day { planned, hours, reason, name }
    }
}
