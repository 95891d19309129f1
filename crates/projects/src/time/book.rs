//! A person's time while an act writes it: their weeks and entries, held against other acts, and the rules that every
//! change of them keeps.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    id::{TimeEntryId, TimesheetId, TypedId, UserId},
    locale::TimeZone,
    policy::Guarded,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    entry::entity::{self as entry, Model},
    settings,
    sheet::entity as sheet,
    split::{day_minutes, overlap},
    week,
};
use crate::{service::Clocks, words::TimesheetStatus};

/// The day is to come.
pub const FUTURE: Text = Text::new(
    "in_future",
    "Time cannot be written down before it was worked.",
    "Le temps ne peut pas être saisi avant d'avoir été travaillé.",
);

/// The day is locked.
pub const LOCKED: Text =
    Text::new("locked", "Time up to {through} is locked.", "Le temps est verrouillé jusqu'au {through}.");

/// The week is handed in.
pub const WEEK_CLOSED: Text = Text::new(
    "week_closed",
    "The week of {monday} is handed in. It changes again when somebody sends it back.",
    "La semaine du {monday} a été remise. Elle pourra changer si quelqu'un la renvoie.",
);

/// The day has fewer minutes.
pub const DAY_FULL: Text = Text::new(
    "day_full",
    "{date} has {most} minutes; with this it would be {total}.",
    "Le {date} compte {most} minutes ; avec ceci il y en aurait {total}.",
);

/// One change of somebody's time, with the path of the input that asks for it.
pub struct Change {
    /// Where the minutes stand in the input.
    pub path: String,
    /// The entry as it is; none for a new one.
    pub before: Option<Model>,
    /// The entry as it shall be; none for one that goes.
    pub after: Option<Model>,
}

/// A person's time, held until the act ends.
pub struct Book {
    /// Whose.
    pub user: UserId,
    /// On which clocks.
    pub zone: TimeZone,
    /// The present day there.
    pub today: NaiveDate,
    settings: settings::entity::Model,
    weeks: BTreeMap<NaiveDate, sheet::Model>,
    entries: Vec<Model>,
}

impl Book {
    /// Holds a person's time.
    ///
    /// # Errors
    /// NOT_FOUND for who is no member of the tenant.
    pub async fn open(act: &Act, clocks: &dyn Clocks, user: UserId) -> Result<Self> {
        let zone = clocks.hold(act, user).await?;
        let settings = settings::read(act.conn(), act.viewer()).await?;
        let today = zone.date_at(act.now());
        Ok(Self { user, zone, today, settings, weeks: BTreeMap::new(), entries: Vec::new() })
    }

    /// Reads the weeks of these days, with all their entries.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn read(&mut self, act: &Act, days: impl IntoIterator<Item = NaiveDate>) -> Result<()> {
        let mondays: BTreeSet<NaiveDate> = days.into_iter().map(week::start).collect();
        let tenant = act.viewer().tenant_id();
        let weeks = sheet::Entity::of_tenant(tenant)
            .filter(sheet::Column::UserId.eq(self.user.uuid()))
            .filter(sheet::Column::WeekStart.is_in(mondays.iter().copied()));
        let weeks = weeks.all(act.conn()).await?;
        self.weeks = weeks.into_iter().map(|week| (week.week_start, week)).collect();
        let days = mondays.into_iter().flat_map(week::days);
        let entries = entry::Entity::of_tenant(tenant)
            .filter(entry::Column::UserId.eq(self.user.uuid()))
            .filter(entry::Column::SpentOn.is_in(days));
        self.entries = entries.all(act.conn()).await?;
        Ok(())
    }

    /// The entries of the weeks that were read.
    #[must_use]
    pub fn entries(&self) -> &[Model] {
        &self.entries
    }

    /// A week that was read; none if nothing was ever written into it.
    #[must_use]
    pub fn week(&self, monday: NaiveDate) -> Option<&sheet::Model> {
        self.weeks.get(&monday)
    }

    /// Checks that what a timer measures from now on can be written down.
    ///
    /// # Errors
    /// CONFLICT if the present week was handed in.
    pub async fn check_present(&self, act: &Act) -> Result<()> {
        let monday = week::start(self.today);
        let present = sheet::Entity::of_tenant(act.viewer().tenant_id())
            .filter(sheet::Column::UserId.eq(self.user.uuid()))
            .filter(sheet::Column::WeekStart.eq(monday));
        match present.one(act.conn()).await? {
            Some(week) if is_closed(&week.status) => Err(Error::conflict(WEEK_CLOSED.with("monday", monday))),
            _ => Ok(()),
        }
    }

    /// Adds an error at `path` unless time of this day may change.
    pub fn check_day(&self, date: NaiveDate, path: &str, fields: &mut Fields) {
        fields.require(date <= self.today, path, FUTURE);
        if let Some(through) = self.settings.locked_through.filter(|through| date <= *through) {
            fields.add(path, LOCKED.with("through", through));
        }
        let monday = week::start(date);
        if self.week(monday).is_some_and(|week| is_closed(&week.status)) {
            fields.add(path, WEEK_CLOSED.with("monday", monday));
        }
    }

    /// Other entries with a moment in common with this stretch of time.
    #[must_use]
    pub fn overlapping(
        &self,
        own: Option<TimeEntryId>,
        stretch: (DateTime<Utc>, DateTime<Utc>),
    ) -> Vec<Model> {
        let others = self.entries.iter().filter(|entry| Some(entry.id) != own);
        let shared = others.filter(|entry| {
            entry.started_at.zip(entry.ended_at).is_some_and(|other| overlap(stretch, other))
        });
        shared.cloned().collect()
    }

    /// Adds an error for each change that gives a day more minutes than it has.
    pub fn check_sums(&self, changes: &[Change], fields: &mut Fields) {
        let mut totals: HashMap<NaiveDate, i64> = HashMap::new();
        let mut add = |date, minutes: i64| {
            let total = totals.entry(date).or_default();
            *total = total.saturating_add(minutes);
        };
        for entry in &self.entries {
            add(entry.spent_on, entry.minutes);
        }
        for change in changes {
            if let Some(before) = &change.before {
                add(before.spent_on, -before.minutes);
            }
            if let Some(after) = &change.after {
                add(after.spent_on, after.minutes);
            }
        }
        for Change { path, before, after } in changes {
            let Some(after) = after else { continue };
            let date = after.spent_on;
            let grows = before
                .as_ref()
                .is_none_or(|before| before.spent_on != date || before.minutes < after.minutes);
            let (most, total) =
                (day_minutes(date, self.zone), totals.get(&date).copied().unwrap_or_default());
            let said = DAY_FULL.with("date", date).with("most", most).with("total", total);
            fields.require(!grows || total <= most, path, said);
        }
    }

    /// Writes changes that were checked, in few statements for any number; answers the entries that are there after,
    /// in the order of the changes.
    ///
    /// # Errors
    /// CONFLICT if another act changed one of the entries.
    pub async fn write(&mut self, act: &mut Act, changes: Vec<Change>) -> Result<Vec<Model>> {
        let days = changes.iter().filter_map(|change| change.after.as_ref()).map(|after| after.spent_on);
        self.begin_weeks(act, days.collect()).await?;
        let (mut new, mut pairs, mut gone, mut order) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for Change { before, after, .. } in changes {
            match (before, after) {
                (None, Some(after)) => {
                    order.push(after.id);
                    new.push(self.placed(after));
                }
                (Some(before), Some(after)) => {
                    order.push(after.id);
                    pairs.push((before, self.placed(after)));
                }
                (Some(before), None) => gone.push(before),
                (None, None) => {}
            }
        }
        act.delete_all(gone).await?;
        let mut written: HashMap<TimeEntryId, Model> = HashMap::with_capacity(order.len());
        let updated = act.update_pairs(pairs).await?;
        let inserted = act.insert_all(new).await?;
        written.extend(updated.into_iter().chain(inserted).map(|entry| (entry.id, entry)));
        Ok(order.into_iter().filter_map(|id| written.remove(&id)).collect())
    }

    /// The entry in the week of its day.
    fn placed(&self, entry: Model) -> Model {
        let week = self.week(week::start(entry.spent_on)).map(|week| week.id);
        Model { timesheet_id: week.unwrap_or(entry.timesheet_id), ..entry }
    }

    async fn begin_weeks(&mut self, act: &mut Act, days: BTreeSet<NaiveDate>) -> Result<()> {
        let mondays: BTreeSet<NaiveDate> = days.into_iter().map(week::start).collect();
        let missing = mondays.into_iter().filter(|monday| !self.weeks.contains_key(monday));
        let new = missing.map(|monday| begun(act, self.user, monday)).collect();
        let new = act.insert_all(new).await?;
        self.weeks.extend(new.into_iter().map(|week| (week.week_start, week)));
        Ok(())
    }
}

/// A week into which nothing was written before.
fn begun(act: &Act, user: UserId, week_start: NaiveDate) -> sheet::Model {
    sheet::Model {
        id: act.new_id::<TimesheetId>(),
        tenant_id: act.viewer().tenant_id(),
        user_id: Some(user),
        week_start,
        status: TimesheetStatus::Open.as_str().to_owned(),
        submitted_at: None,
        decided_by: None,
        decided_at: None,
        reason: None,
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    }
}

/// Whether the owner of a week in this state may change nothing in it.
#[must_use]
pub fn is_closed(status: &str) -> bool {
    [TimesheetStatus::Submitted, TimesheetStatus::Approved].iter().any(|closed| closed.as_str() == status)
}
