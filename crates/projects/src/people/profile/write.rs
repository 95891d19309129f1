//! The act that changes a profile: load, check, decide, write, record.

use kernel::{
    Error, Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{TypedId, UserId},
    patch, text,
    viewer::{Reach, Viewer},
};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;

use super::{
    certified,
    entity::Model,
    mutation::{CertificationInput, SkillLevelInput, UpdateResourceProfileInput},
    skilled,
};
use crate::{
    calendar::{
        holidays, hours,
        write::{Changes, Owner, TOO_MANY, change_days, find as calendar},
    },
    people::{hold_staff, skill::levels::changes},
    policy::people::{PEOPLE_WRITE, may_of},
    register::{OUT_OF_RANGE, check_range},
    service::Projects,
};

/// It is over before it begins.
pub const ENDS_BEFORE: Text =
    Text::new("ends_before_start", "This ends before it begins.", "La fin précède le début.");

/// Longest line, and longest number of a certification, in characters.
const LINE_MAX: usize = 200;
const CREDENTIAL_MAX: usize = 100;

/// Most skills and certifications of a person.
pub(crate) const SKILLS_MAX: usize = 100;
const CERTIFICATIONS_MAX: usize = 50;

/// Minutes of a week.
const WEEK: i64 = 7 * 24 * 60;

/// Says something of a person; their profile is made with the first change.
///
/// # Errors
/// FORBIDDEN, INVALID for who is no active staff and for wrong fields, CONFLICT for a stale version.
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: UpdateResourceProfileInput,
) -> Result<Model> {
    viewer.require(PEOPLE_WRITE)?;
    let person = input.user_id;
    if !may_of(viewer, PEOPLE_WRITE, person)
        || is_for_managers(&input) && !viewer.reaches(PEOPLE_WRITE, Reach::Tenant)
    {
        return Err(Error::lacks(PEOPLE_WRITE.name));
    }
    viewer
        .act(db, "projects.profile.update", async |act| {
            hold_staff(act, projects, person, "userId").await?;
            let there = super::find(act.conn(), viewer.tenant_id(), person).await?;
            let before = there.clone().unwrap_or_else(|| super::untouched(viewer, person));
            expect_version("ResourceProfile", input.expected_version, before.version)?;
            let after = changed(act, &before, &input).await?;
            let parts = change_parts(act, person, &input).await?;
            match there {
                None => {
                    let new = Model { created_at: act.now(), updated_at: act.now(), version: 1, ..after };
                    act.insert(new).await
                }
                Some(before) if before == after && parts => act.touch(&before).await,
                Some(before) => act.update(&before, after).await,
            }
        })
        .await
}

/// Whether an input changes what people do not say of themselves.
fn is_for_managers(input: &UpdateResourceProfileInput) -> bool {
    !(input.country.is_undefined()
        && input.calendar_id.is_undefined()
        && input.weekly_hours.is_undefined()
        && input.weekly_minutes.is_undefined()
        && input.target_percent.is_undefined()
        && input.set_exceptions.is_none()
        && input.remove_exceptions.is_none())
}

async fn changed(act: &Act, before: &Model, input: &UpdateResourceProfileInput) -> Result<Model> {
    let (mut after, mut fields, input) = (before.clone(), Fields::new(), input.clone());
    let line = |value: String, path: &str| text::optional_line(Some(&value), path, LINE_MAX);
    for (sent, path, place) in [
        (input.job_title, "jobTitle", &mut after.job_title),
        (input.location, "location", &mut after.location),
    ] {
        if let Some(line) = patch::optional_checked(sent, path, &mut fields, line) {
            *place = line;
        }
    }
    let code = |code: String, path: &str| holidays::country(&code, path).map(Some);
    if let Some(country) = patch::optional_checked(input.country, "country", &mut fields, code) {
        after.country = country;
    }
    if let Some(minutes) = patch::optional(input.weekly_minutes) {
        let sound = minutes.is_none_or(|minutes| (0..=WEEK).contains(&minutes));
        fields.require(sound, "weeklyMinutes", OUT_OF_RANGE.with("min", 0).with("max", WEEK));
        after.weekly_minutes = minutes;
    }
    if let Some(percent) = patch::optional(input.target_percent) {
        check_range(percent.unwrap_or_default(), (0, 100), "targetPercent", &mut fields);
        after.target_percent = percent;
    }
    fields.check()?;
    if let Some(week) = patch::optional(input.weekly_hours) {
        let week = week.map(|week| hours::week(&week, "weeklyHours")).transpose()?;
        after.hours = week.as_ref().map_or_else(|| json!([]), hours::stored_week);
    }
    if let Some(chosen) = patch::optional(input.calendar_id) {
        if let Some(id) = chosen {
            calendar(act, id).await?;
        }
        after.calendar_id = chosen;
    }
    Ok(after)
}

/// Changes what belongs to a profile; answers whether anything was to be changed.
async fn change_parts(act: &mut Act, person: UserId, input: &UpdateResourceProfileInput) -> Result<bool> {
    let set = input.set_exceptions.as_deref().unwrap_or_default();
    let remove = input.remove_exceptions.as_deref().unwrap_or_default();
    if !set.is_empty() || !remove.is_empty() {
        let changes = Changes::read(set, remove, ("setExceptions", "removeExceptions"))?;
        change_days(act, Owner::Person(person), changes, "setExceptions").await?;
    }
    if let Some(wanted) = &input.skills {
        set_skills(act, person, wanted).await?;
    }
    if let Some(wanted) = &input.certifications {
        set_certifications(act, person, wanted).await?;
    }
    let more = input.skills.is_some() || input.certifications.is_some();
    Ok(more || !set.is_empty() || !remove.is_empty())
}

async fn set_skills(act: &mut Act, person: UserId, wanted: &[SkillLevelInput]) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let there = skilled::of_tenant(tenant).filter(skilled::Column::UserId.eq(person.uuid()));
    let there = there.all(act.conn()).await?;
    let (gone, come) = changes(act, there, |row| (row.skill_id, row.level), wanted).await?;
    act.delete_all(gone).await?;
    let new = come.into_iter().map(|(skill_id, level)| skilled::Model {
        id: act.new_id(),
        tenant_id: tenant,
        user_id: person,
        skill_id,
        level,
    });
    let new: Vec<_> = new.collect();
    act.insert_all(new).await.map(drop)
}

async fn set_certifications(act: &mut Act, person: UserId, wanted: &[CertificationInput]) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    if wanted.len() > CERTIFICATIONS_MAX {
        return Err(Error::field("certifications", TOO_MANY.with("max", CERTIFICATIONS_MAX)));
    }
    let mut fields = Fields::new();
    let read = wanted.iter().enumerate();
    let new = read.filter_map(|(place, one)| certification(act, person, one, place, &mut fields));
    let mut new: Vec<certified::Model> = new.collect();
    fields.check()?;
    let there = certified::of_tenant(tenant).filter(certified::Column::UserId.eq(person.uuid()));
    let there = there.all(act.conn()).await?;
    let same = |one: &certified::Model, other: &certified::Model| {
        certified::Model { id: other.id, ..one.clone() } == *other
    };
    let (stay, gone): (Vec<_>, Vec<_>) =
        there.into_iter().partition(|row| new.iter().any(|one| same(one, row)));
    new.retain(|one| !stay.iter().any(|row| same(one, row)));
    act.delete_all(gone).await?;
    act.insert_all(new).await.map(drop)
}

fn certification(
    act: &Act,
    person: UserId,
    one: &CertificationInput,
    place: usize,
    fields: &mut Fields,
) -> Option<certified::Model> {
    let path = |name: &str| format!("certifications.{place}.{name}");
    let name = fields.take(text::line(&one.name, &path("name"), LINE_MAX));
    let issuer = fields.take(text::optional_line(one.issuer.as_deref(), &path("issuer"), LINE_MAX));
    let credential = text::optional_line(one.credential.as_deref(), &path("credential"), CREDENTIAL_MAX);
    let credential = fields.take(credential);
    let ordered = one.issued_on.zip(one.expires_on).is_none_or(|(from, to)| from <= to);
    fields.require(ordered, &path("expiresOn"), ENDS_BEFORE);
    Some(certified::Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        user_id: person,
        name: name?,
        issuer: issuer?,
        issued_on: one.issued_on.map(|day| day.naive()),
        expires_on: one.expires_on.map(|day| day.naive()),
        credential: credential?,
    })
}
