//! The acts that change allocations: load, check, decide, write, record.

use kernel::{
    Error, Fields, Result, Text,
    act::{Act, expect_version},
    db::Db,
    id::{AllocationId, ProjectId, TypedId, UserId},
    patch,
    policy::Guarded,
    scalar::Date,
    text,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    entity::{Column, Entity, Model},
    mutation::{CreateAllocationInput, DeleteAllocationInput, UpdateAllocationInput},
    needed,
    over::{self, Change, OverAllocatedWeek},
};
use crate::{
    calendar::graphql::range,
    people::{forget, hold_staff, profile::mutation::SkillLevelInput, skill::levels::changes},
    policy::people::{ALLOCATIONS_READ, ALLOCATIONS_WRITE},
    project::{self, entity as projects},
    register::{OUT_OF_RANGE, check_range, comment},
    service::Projects,
};

/// Neither a person nor a role.
pub const NOBODY: Text = Text::new(
    "nobody_named",
    "Name a person, or say what the place is for.",
    "Indiquez une personne ou le rôle à pourvoir.",
);

/// Neither minutes nor a share, or both.
pub const ONE_AMOUNT: Text = Text::new(
    "one_amount",
    "Say either how many minutes a week or how many percent.",
    "Indiquez soit les minutes par semaine, soit le pourcentage.",
);

/// Longest role, in characters.
pub(in crate::people) const ROLE_MAX: usize = 100;

/// Longest allocation, in days: five years.
const DAYS_MAX: i64 = 1_830;

/// Minutes of a week.
const WEEK: i64 = 7 * 24 * 60;

type Written = (Model, Vec<OverAllocatedWeek>);

/// Plans a person or a place for a project.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, INVALID for wrong fields, for a project that is archived or over, and for more firm work than
/// the person has time, unless the agency wants to be warned only.
pub async fn create(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: CreateAllocationInput,
) -> Result<Written> {
    viewer.require(ALLOCATIONS_WRITE)?;
    let name = name_of(viewer, db, projects, input.user_id).await?;
    viewer
        .act(db, "projects.allocation.create", async |act| {
            open_project(act, input.project_id).await?;
            let skills = input.skills.clone().unwrap_or_default();
            let new = new(act, input)?;
            hold(act, projects, &new, None).await?;
            let over = judge(act, Change { before: None, after: &new }, &name).await?;
            let new = act.insert(new).await?;
            set_needs(act, new.id, &skills).await?;
            Ok((new, over))
        })
        .await
}

/// What a person is called in a refusal.
async fn name_of(viewer: &Viewer, db: &Db, projects: &Projects, person: Option<UserId>) -> Result<String> {
    let Some(person) = person else { return Ok(String::new()) };
    let names = projects.readers.names(db, viewer, &[person]).await?;
    Ok(names.get(&person).cloned().unwrap_or_else(|| person.to_string()))
}

/// Locks a project that is planned for.
pub(in crate::people) async fn open_project(act: &Act, id: ProjectId) -> Result<()> {
    project::lock(act, id).await?;
    let row = projects::Entity::fetch_to(act.conn(), act.viewer(), ALLOCATIONS_WRITE, id).await?;
    project::rules::check_open(&row).map_err(|error| match error {
        Error::Conflict { message, .. } => Error::field("projectId", message),
        other => other,
    })
}

/// Holds the person of an allocation, so that of two who plan them at once the later one sees the earlier; checks them
/// if they are new to it.
async fn hold(act: &Act, projects: &Projects, row: &Model, before: Option<UserId>) -> Result<()> {
    let Some(person) = row.user_id else { return Ok(()) };
    if before == Some(person) {
        return projects.clocks.hold(act, person).await.map(drop);
    }
    hold_staff(act, projects, person, "userId").await
}

/// The weeks in which the person would get too much firm work, unless that is refused.
async fn judge(act: &Act, change: Change<'_>, name: &str) -> Result<Vec<OverAllocatedWeek>> {
    let today = crate::today(act.viewer(), act.now());
    let over = over::check(act.conn(), act.viewer(), &[change], today).await?;
    if over.is_empty() || !over::is_refused(act.conn(), act.viewer()).await? {
        return Ok(over);
    }
    Err(over::refused(name, &over))
}

fn new(act: &Act, input: CreateAllocationInput) -> Result<Model> {
    let CreateAllocationInput {
        project_id,
        user_id,
        role,
        skills: _,
        weekly_minutes,
        percent,
        from,
        to,
        commitment,
        note,
    } = input;
    let mut fields = Fields::new();
    let role = fields.take(text::optional_line(role.as_deref(), "role", ROLE_MAX)).flatten();
    let note = fields.take(comment(note.as_deref(), "note")).flatten();
    let row = Model {
        id: act.new_id(),
        tenant_id: act.viewer().tenant_id(),
        project_id,
        user_id,
        role,
        weekly_minutes,
        percent,
        starts_on: from.naive(),
        ends_on: to.naive(),
        commitment: commitment.unwrap_or_default().as_str().to_owned(),
        note: note.unwrap_or_default(),
        created_at: act.now(),
        updated_at: act.now(),
        version: 1,
    };
    check(&row, fields)?;
    Ok(row)
}

/// Checks what the fields of an allocation are to each other.
pub(in crate::people) fn check(row: &Model, mut fields: Fields) -> Result<()> {
    fields.require(row.user_id.is_some() || row.role.is_some(), "role", NOBODY);
    let one = row.weekly_minutes.is_some() != row.percent.is_some();
    fields.require(one, "weeklyMinutes", ONE_AMOUNT);
    if let Some(minutes) = row.weekly_minutes.filter(|_| one) {
        let sound = (1..=WEEK).contains(&minutes);
        fields.require(sound, "weeklyMinutes", OUT_OF_RANGE.with("min", 1).with("max", WEEK));
    }
    if let Some(percent) = row.percent.filter(|_| one) {
        check_range(percent, (1, 100), "percent", &mut fields);
    }
    if let Err(Error::Invalid(wrong)) = range((Date::from(row.starts_on), Date::from(row.ends_on)), DAYS_MAX)
    {
        wrong.into_iter().for_each(|field| fields.add(field.path, field.message));
    }
    fields.check()
}

/// Sets what a place takes.
async fn set_needs(act: &mut Act, id: AllocationId, wanted: &[SkillLevelInput]) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let there = needed::of_tenant(tenant).filter(needed::Column::AllocationId.eq(id.uuid()));
    let there = there.all(act.conn()).await?;
    let (gone, come) = changes(act, there, |row| (row.skill_id, row.level), wanted).await?;
    act.delete_all(gone).await?;
    let new = come.into_iter().map(|(skill_id, level)| needed::Model {
        id: act.new_id(),
        tenant_id: tenant,
        allocation_id: id,
        skill_id,
        level,
    });
    let new: Vec<_> = new.collect();
    act.insert_all(new).await.map(drop)
}

/// An allocation with its project locked.
async fn open(act: &Act, id: AllocationId, expected: Option<i64>) -> Result<Model> {
    let viewer = act.viewer();
    let seen = Entity::fetch_in(act.conn(), viewer, ALLOCATIONS_READ, id).await?;
    project::lock(act, seen.project_id).await?;
    // Race: read again behind the lock, so that of changes made at once the later one builds on the earlier.
    let row = Entity::fetch_in(act.conn(), viewer, ALLOCATIONS_READ, id).await?;
    expect_version("Allocation", expected, row.version)?;
    let may = kernel::policy::can_in::<projects::Entity, _>(
        act.conn(),
        viewer,
        ALLOCATIONS_WRITE,
        row.project_id.uuid(),
    );
    if may.await? { Ok(row) } else { Err(Error::lacks(ALLOCATIONS_WRITE.name)) }
}

/// Changes an allocation.
///
/// # Errors
/// As [`create`], and CONFLICT for a stale version.
pub async fn update(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    input: UpdateAllocationInput,
) -> Result<Written> {
    viewer.require(ALLOCATIONS_WRITE)?;
    let known =
        Entity::visible(viewer, ALLOCATIONS_READ).filter(Column::Id.eq(input.id.uuid())).one(db).await?;
    let person = known.and_then(|row| patch::optional(input.user_id).unwrap_or(row.user_id));
    let name = name_of(viewer, db, projects, person).await?;
    viewer
        .act(db, "projects.allocation.update", async |act| {
            let before = open(act, input.id, input.expected_version).await?;
            open_project(act, before.project_id).await?;
            let skills = input.skills.clone();
            let after = changed(&before, input)?;
            hold(act, projects, &after, before.user_id).await?;
            let change = Change { before: Some(&before), after: &after };
            let over = judge(act, change, &name).await?;
            if let Some(skills) = &skills {
                set_needs(act, before.id, skills).await?;
            }
            let row = match before == after && skills.is_some() {
                true => act.touch(&before).await?,
                false => act.update(&before, after).await?,
            };
            Ok((row, over))
        })
        .await
}

fn changed(before: &Model, input: UpdateAllocationInput) -> Result<Model> {
    let UpdateAllocationInput {
        id: _,
        expected_version: _,
        user_id,
        role,
        skills: _,
        weekly_minutes,
        percent,
        from,
        to,
        commitment,
        note,
    } = input;
    let (mut after, mut fields) = (before.clone(), Fields::new());
    after.user_id = patch::optional(user_id).unwrap_or(after.user_id);
    let line = |value: String, path: &str| text::optional_line(Some(&value), path, ROLE_MAX);
    if let Some(role) = patch::optional_checked(role, "role", &mut fields, line) {
        after.role = role;
    }
    let said = |value: String, path: &str| comment(Some(&value), path);
    if let Some(note) = patch::optional_checked(note, "note", &mut fields, said) {
        after.note = note.unwrap_or_default();
    }
    if weekly_minutes.is_some() || percent.is_some() {
        (after.weekly_minutes, after.percent) = (weekly_minutes, percent);
    }
    after.starts_on = from.map_or(after.starts_on, Date::naive);
    after.ends_on = to.map_or(after.ends_on, Date::naive);
    if let Some(commitment) = commitment {
        after.commitment = commitment.as_str().to_owned();
    }
    check(&after, fields)?;
    Ok(after)
}

/// Removes an allocation.
///
/// # Errors
/// NOT_FOUND, FORBIDDEN, CONFLICT for a stale version.
pub async fn delete(viewer: &Viewer, db: &Db, input: DeleteAllocationInput) -> Result<()> {
    viewer.require(ALLOCATIONS_WRITE)?;
    viewer
        .act(db, "projects.allocation.delete", async |act| {
            let row = open(act, input.id, input.expected_version).await?;
            forget::remove(act, vec![row]).await
        })
        .await
}
