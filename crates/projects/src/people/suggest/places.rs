//! Places that people are suggested for: those of a project that nobody has taken, or such as somebody thinks of.

use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{
    Error, Fields, Result, Text,
    id::{AllocationId, ProjectId, TypedId},
    policy::Guarded,
    scalar::Date,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{crew::Level, free::Range, graphql::TeamPlaceInput};
use crate::{
    calendar::write::TOO_MANY,
    people::{
        allocation::{
            ROLE_MAX, check,
            entity::{Column, Entity, Model},
            needed,
        },
        profile::write::SKILLS_MAX,
        skill::levels::Catalogue,
    },
    words::Commitment,
};

/// The place is past.
pub const OVER: Text =
    Text::new("place_over", "This is over before today.", "Cette période est déjà terminée.");

/// The place is too far away.
pub const TOO_FAR: Text = Text::new(
    "place_too_far",
    "This ends later than {last}, and nobody plans so far.",
    "La fin est après le {last} : personne ne planifie aussi loin.",
);

/// How far ahead people are suggested, in days: ten years.
const AHEAD: u64 = 3_660;

/// Most places that people are suggested for at once.
pub(super) const PLACES_MAX: usize = 50;

/// A place.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The place; as an allocation of nobody, also if it is thought of only.
    pub(super) row: Model,
    /// Whether it is stored.
    pub(super) stored: bool,
    /// What it takes.
    pub(super) skills: Vec<Level>,
    /// Its days from today on.
    pub(super) days: Range,
}

/// The last day that people are suggested for.
fn horizon(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(Days::new(AHEAD)).unwrap_or(today)
}

/// The places of a project that nobody has taken, that are not over and end within ten years, the earliest first and at
/// most 50; in two statements.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn open(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    project: ProjectId,
    today: NaiveDate,
) -> Result<Vec<Place>> {
    let rows = Entity::of_tenant(viewer.tenant_id())
        .filter(Column::ProjectId.eq(project.uuid()))
        .filter(Column::UserId.is_null())
        .filter(Column::EndsOn.between(today, horizon(today)))
        .order_by_asc(Column::StartsOn)
        .order_by_asc(Column::Id)
        .limit(PLACES_MAX as u64);
    let rows = rows.all(conn).await?;
    let needs = needed::of_places(conn, viewer.tenant_id(), rows.iter().map(|row| row.id)).await?;
    let skills = |place: AllocationId| {
        let needs = needs.get(&place).into_iter().flatten();
        needs.map(|row| (row.skill_id, row.level)).collect()
    };
    let place = |row: Model| Place {
        skills: skills(row.id),
        days: (row.starts_on.max(today), row.ends_on),
        stored: true,
        row,
    };
    Ok(rows.into_iter().map(place).collect())
}

/// Places as somebody thinks of them, checked as allocations are; in one statement.
///
/// # Errors
/// INVALID below `places` with everything that is wrong.
pub(super) async fn thought_of(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    project: ProjectId,
    inputs: Vec<TeamPlaceInput>,
    now: DateTime<Utc>,
) -> Result<Vec<Place>> {
    if inputs.len() > PLACES_MAX {
        return Err(Error::field("places", TOO_MANY.with("max", PLACES_MAX)));
    }
    let named = inputs.iter().flat_map(|place| place.skills.iter().flatten().take(SKILLS_MAX));
    let known = Catalogue::load(conn, viewer, named.map(|one| one.skill_id).collect()).await?;
    let today = crate::today(viewer, now);
    let (mut fields, mut places) = (Fields::new(), Vec::with_capacity(inputs.len()));
    for (index, input) in inputs.into_iter().enumerate() {
        let at = format!("places.{index}");
        let skills = input.skills.clone().unwrap_or_default();
        let none = std::collections::HashSet::new();
        let mut skills = known.levels(&skills, &none, (&format!("{at}.skills"), SKILLS_MAX), &mut fields);
        skills.sort_unstable();
        let row = new(viewer, project, input, now);
        let row = row.and_then(|row| match row.ends_on {
            last if last < today => Err(Error::field("to", OVER)),
            last if last > horizon(today) => Err(Error::field("to", TOO_FAR.with("last", horizon(today)))),
            _ => Ok(row),
        });
        match row.map_err(|error| error.under(&at)) {
            Ok(row) => {
                let days = (row.starts_on.max(today), row.ends_on);
                places.push(Place { row, stored: false, skills, days });
            }
            Err(Error::Invalid(wrong)) => {
                wrong.into_iter().for_each(|field| fields.add(field.path, field.message));
            }
            Err(other) => return Err(other),
        }
    }
    fields.check()?;
    Ok(places)
}

fn new(viewer: &Viewer, project_id: ProjectId, input: TeamPlaceInput, now: DateTime<Utc>) -> Result<Model> {
    let TeamPlaceInput { role, skills: _, weekly_minutes, percent, from, to } = input;
    let mut fields = Fields::new();
    let role = fields.take(text::optional_line(Some(&role), "role", ROLE_MAX)).flatten();
    let row = Model {
        id: viewer.ids.generate(),
        tenant_id: viewer.tenant_id(),
        project_id,
        user_id: None,
        role,
        weekly_minutes,
        percent,
        starts_on: Date::naive(from),
        ends_on: Date::naive(to),
        commitment: Commitment::default().as_str().to_owned(),
        note: String::new(),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    check(&row, fields)?;
    Ok(row)
}
