//! The acts that change calendars and single days: load, check, decide, write, record.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kernel::{
    Error, Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{TypedId, UserId, WorkCalendarId},
    patch,
    people::not_staff,
    policy::Guarded,
    scalar::Date,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::LockType};

use super::{
    day,
    entity::{Column, Entity, Model},
    holidays, hours,
    mutation::{
        CalendarExceptionInput, CreateWorkCalendarInput, SetCalendarExceptionsInput, UpdateWorkCalendarInput,
    },
};
use crate::{people::profile::entity as profile, policy::people::PEOPLE_WRITE, service::Projects};

/// There is one of this name.
pub const NAME_TAKEN: Text =
    Text::new("name_taken", "There is a calendar of this name already.", "Un calendrier porte déjà ce nom.");

/// It is everybody's.
pub const IS_DEFAULT: Text = Text::new(
    "calendar_default",
    "This calendar is that of everybody who has no other. Make another one so first.",
    "Ce calendrier est celui de tous ceux qui n'en ont pas d'autre. Désignez-en un autre d'abord.",
);

/// Somebody has it.
pub const IN_USE: Text = Text::new(
    "calendar_in_use",
    "{count} people have this calendar. Give them another one first.",
    "{count} personnes ont ce calendrier. Donnez-leur-en un autre d'abord.",
);

/// A day is named twice.
pub const DAY_TWICE: Text =
    Text::new("day_twice", "This day is named twice.", "Ce jour est indiqué deux fois.");

/// Too many at once, or in all.
pub const TOO_MANY: Text = Text::new("too_many", "At most {max}.", "Au plus {max}.");

/// Longest name of a calendar, and of a day, in characters.
const NAME_MAX: usize = 60;
const DAY_NAME_MAX: usize = 100;

/// Most days that are set or removed at once.
const DAYS_AT_ONCE: usize = 366;

/// Most exceptions that a calendar or a person has.
const DAYS_MAX: usize = 1_000;

/// Most calendars of an agency.
const CALENDARS_MAX: usize = 200;

fn taken() -> Error {
    Error::field("name", NAME_TAKEN)
}

/// The calendars of the act's tenant, locked in an order: whoever makes or chooses one waits for who does the same.
async fn locked(act: &Act) -> Result<Vec<Model>> {
    let all = Entity::of_tenant(act.viewer().tenant_id()).order_by_asc(Column::Id);
    Ok(all.lock(LockType::NoKeyUpdate).all(act.conn()).await?)
}

/// Makes a calendar; the first one is that of everybody who has no other.
///
/// # Errors
/// FORBIDDEN, INVALID for wrong fields or a taken name.
pub async fn create(viewer: &Viewer, db: &Db, input: CreateWorkCalendarInput) -> Result<Model> {
    viewer.require_tenant(PEOPLE_WRITE)?;
    let CreateWorkCalendarInput { name, weekly_hours, country, is_default } = input;
    let mut fields = Fields::new();
    let name = fields.take(text::line(&name, "name", NAME_MAX));
    let country = country.and_then(|code| fields.take(holidays::country(&code, "country")));
    fields.check()?;
    let week = hours::week(&weekly_hours, "weeklyHours")?;
    viewer
        .act(db, "projects.calendar.create", async |act| {
            let others = locked(act).await?;
            if others.len() >= CALENDARS_MAX {
                return Err(Error::field("name", TOO_MANY.with("max", CALENDARS_MAX)));
            }
            let is_default = is_default.unwrap_or(false) || others.is_empty();
            if is_default {
                dethrone(act, others).await?;
            }
            let new = Model {
                id: act.new_id(),
                tenant_id: viewer.tenant_id(),
                name: name.unwrap_or_default(),
                hours: hours::stored_week(&week),
                country,
                is_default,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            };
            // Race: of two first calendars made at once both are everybody's; the later one is told to try again.
            act.insert_unique(new, &["tenant_id", "name"], taken).await
        })
        .await
}

/// Makes the calendar that is everybody's one like others.
async fn dethrone(act: &mut Act, calendars: Vec<Model>) -> Result<()> {
    let kings: Vec<Model> = calendars.into_iter().filter(|calendar| calendar.is_default).collect();
    act.update_all(kings, |calendar| calendar.is_default = false).await
}

/// Changes a calendar.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, INVALID for wrong fields or a taken name.
pub async fn update(viewer: &Viewer, db: &Db, input: UpdateWorkCalendarInput) -> Result<Model> {
    viewer.require_tenant(PEOPLE_WRITE)?;
    viewer
        .act(db, "projects.calendar.update", async |act| {
            let mut all = locked(act).await?;
            let place = all.iter().position(|calendar| calendar.id == input.id);
            let place = place.ok_or_else(|| Error::not_found(WorkCalendarId::TYPE, input.id))?;
            let before = all.swap_remove(place);
            expect_version("WorkCalendar", input.expected_version, before.version)?;
            let after = changed(&before, input)?;
            if after.is_default && !before.is_default {
                dethrone(act, all).await?;
            }
            act.update_unique(&before, after, &["tenant_id", "name"], taken).await
        })
        .await
}

fn changed(before: &Model, input: UpdateWorkCalendarInput) -> Result<Model> {
    let UpdateWorkCalendarInput { id: _, expected_version: _, name, weekly_hours, country, is_default } =
        input;
    let (mut after, mut fields) = (before.clone(), Fields::new());
    let line = |value: String, path: &str| text::line(&value, path, NAME_MAX);
    if let Some(name) = patch::checked(name, "name", &mut fields, line) {
        after.name = name;
    }
    let code = |code: String, path: &str| holidays::country(&code, path).map(Some);
    if let Some(country) = patch::optional_checked(country, "country", &mut fields, code) {
        after.country = country;
    }
    if let Some(default) = patch::required(is_default, "isDefault", &mut fields) {
        fields.require(default || !before.is_default, "isDefault", IS_DEFAULT);
        after.is_default = default;
    }
    let week = patch::required(weekly_hours, "weeklyHours", &mut fields);
    fields.check()?;
    if let Some(week) = week {
        after.hours = hours::stored_week(&hours::week(&week, "weeklyHours")?);
    }
    Ok(after)
}

/// Removes a calendar with its days. Who takes part no more and has it loses it: nobody could give them another one.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, for the calendar of everybody, and while active staff have it.
pub async fn delete(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    id: WorkCalendarId,
    expected: Option<i64>,
) -> Result<()> {
    viewer.require_tenant(PEOPLE_WRITE)?;
    viewer
        .act(db, "projects.calendar.delete", async |act| {
            let calendar = find(act, id).await?;
            expect_version("WorkCalendar", expected, calendar.version)?;
            if calendar.is_default {
                return Err(Error::conflict(IS_DEFAULT));
            }
            // Race: whoever chooses the calendar locks it as well, and finds it gone or is counted here.
            let users = profile::Entity::of_tenant(viewer.tenant_id());
            let users = users.filter(profile::Column::CalendarId.eq(id.uuid())).all(act.conn()).await?;
            let people: Vec<UserId> = users.iter().map(|user| user.user_id).collect();
            let known = projects.people.people(act, &people).await?;
            let active = people.iter().filter(|person| not_staff(known.get(person)).is_none()).count();
            if active > 0 {
                return Err(Error::conflict(IN_USE.with("count", active)));
            }
            act.update_all(users, |user| user.calendar_id = None).await?;
            let days = day::of_tenant(viewer.tenant_id()).filter(day::Column::CalendarId.eq(id.uuid()));
            let days = days.all(act.conn()).await?;
            act.delete_all(days).await?;
            act.delete(calendar).await
        })
        .await
}

/// A calendar of the act's tenant, locked.
///
/// # Errors
/// NOT_FOUND.
pub(crate) async fn find(act: &Act, id: WorkCalendarId) -> Result<Model> {
    let row = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::Id.eq(id.uuid()));
    let row = row.lock(LockType::NoKeyUpdate).one(act.conn()).await?;
    row.ok_or_else(|| Error::not_found(WorkCalendarId::TYPE, id))
}

/// Gives days of a calendar other hours, or takes them back.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version, INVALID for wrong days.
pub async fn set_days(viewer: &Viewer, db: &Db, input: SetCalendarExceptionsInput) -> Result<Model> {
    viewer.require_tenant(PEOPLE_WRITE)?;
    let SetCalendarExceptionsInput { id, expected_version, set, remove } = input;
    let (set, remove) = (set.unwrap_or_default(), remove.unwrap_or_default());
    let changes = Changes::read(&set, &remove, ("set", "remove"))?;
    viewer
        .act(db, "projects.calendar.set_days", async |act| {
            let calendar = find(act, id).await?;
            expect_version("WorkCalendar", expected_version, calendar.version)?;
            change_days(act, Owner::Calendar(id), changes, "set").await?;
            act.touch(&calendar).await
        })
        .await
}

/// Whose days are changed.
#[derive(Clone, Copy)]
pub(crate) enum Owner {
    /// Those of a calendar.
    Calendar(WorkCalendarId),
    /// Those of a person.
    Person(UserId),
}

/// Days that get other hours, with their names, and days that lose them.
pub(crate) struct Changes {
    set: BTreeMap<NaiveDate, (Option<String>, schedule::Hours)>,
    remove: BTreeSet<NaiveDate>,
}

impl Changes {
    /// The changes that somebody wrote, at these paths.
    ///
    /// # Errors
    /// INVALID with everything that is wrong.
    pub(crate) fn read(
        set: &[CalendarExceptionInput],
        remove: &[Date],
        (set_path, remove_path): (&str, &str),
    ) -> Result<Self> {
        let mut fields = Fields::new();
        for (many, path) in [(set.len(), set_path), (remove.len(), remove_path)] {
            fields.require(many <= DAYS_AT_ONCE, path, TOO_MANY.with("max", DAYS_AT_ONCE));
        }
        fields.check()?;
        let (mut fields, mut days) = (Fields::new(), BTreeMap::new());
        for (place, one) in set.iter().enumerate() {
            let path = format!("{set_path}.{place}");
            let name = text::optional_line(one.name.as_deref(), &format!("{path}.name"), DAY_NAME_MAX);
            let name = fields.take(name).flatten();
            let hours = hours::day(one.hours.as_deref().unwrap_or_default(), &format!("{path}.hours"));
            let hours = fields.take(hours).unwrap_or_default();
            let date = one.date.naive();
            if days.insert(date, (name, hours)).is_some() {
                fields.add(format!("{path}.date"), DAY_TWICE);
            }
        }
        for (place, day) in remove.iter().enumerate() {
            let both = days.contains_key(&day.naive());
            fields.require(!both, &format!("{remove_path}.{place}"), DAY_TWICE);
        }
        fields.check()?;
        Ok(Self { set: days, remove: remove.iter().map(|day| day.naive()).collect() })
    }
}

/// Writes changes of days; the owner is locked by the caller.
///
/// # Errors
/// INVALID at `path` if there were too many.
pub(crate) async fn change_days(act: &mut Act, owner: Owner, changes: Changes, path: &str) -> Result<()> {
    let of = match owner {
        Owner::Calendar(id) => day::Column::CalendarId.eq(id.uuid()),
        Owner::Person(user) => day::Column::UserId.eq(user.uuid()),
    };
    let there = day::of_tenant(act.viewer().tenant_id()).filter(of).all(act.conn()).await?;
    let changes_day =
        |row: &day::Model| changes.set.contains_key(&row.on_day) || changes.remove.contains(&row.on_day);
    let (gone, stay): (Vec<_>, Vec<_>) = there.into_iter().partition(changes_day);
    if stay.len() + changes.set.len() > DAYS_MAX {
        return Err(Error::field(path, TOO_MANY.with("max", DAYS_MAX)));
    }
    act.delete_all(gone).await?;
    let (calendar_id, user_id) = match owner {
        Owner::Calendar(id) => (Some(id), None),
        Owner::Person(user) => (None, Some(user)),
    };
    let new = changes.set.into_iter().map(|(on_day, (name, hours))| day::Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        calendar_id,
        user_id,
        on_day,
        name,
        hours: hours::stored(&hours),
    });
    let new: Vec<_> = new.collect();
    act.insert_all(new).await.map(drop)
}
