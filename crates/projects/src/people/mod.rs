//! People as those who work: what they can do, when they are away, which projects they are planned for, and how much
//! that is.

pub mod allocation;
pub mod forget;
pub mod leave;
pub mod privacy;
pub mod profile;
pub mod settings;
pub mod skill;
pub mod suggest;
pub mod workload;

use async_graphql::MergedObject;
use kernel::{
    Error, Result, Text,
    act::Act,
    db::Db,
    event::Declared,
    id::{TypedId, UserId},
    people::check_staff,
    viewer::Viewer,
};

use crate::service::Projects;

/// The same thing is named twice.
pub const TWICE: Text = Text::new("named_twice", "This is named twice.", "Ceci est indiqué deux fois.");

/// Events of calendars, profiles, leave and allocations.
pub const EVENTS: &[Declared] = &[
    Declared::rows::<crate::calendar::entity::Entity>("A working calendar"),
    Declared::rows::<skill::entity::Entity>("A skill"),
    Declared::rows::<profile::entity::Entity>("A profile of a member of staff"),
    Declared::rows::<leave::entity::Entity>("A leave"),
    Declared::rows_with::<allocation::entity::Entity>("An allocation", &["project"]),
    Declared::rows::<settings::entity::Entity>("How the agency plans"),
];

/// The root queries of people.
#[derive(MergedObject, Default)]
pub struct PeopleQuery(
    crate::calendar::graphql::CalendarQuery,
    profile::graphql::ProfileQuery,
    skill::graphql::SkillQuery,
    leave::graphql::LeaveQuery,
    allocation::graphql::AllocationQuery,
    settings::graphql::PlanSettingsQuery,
    workload::graphql::WorkloadQuery,
    suggest::graphql::SuggestionQuery,
    suggest::assign_graphql::AutoAssignQuery,
);

/// The root mutations of people.
#[derive(MergedObject, Default)]
pub struct PeopleMutation(
    crate::calendar::mutation::CalendarMutation,
    profile::mutation::ProfileMutation,
    skill::graphql::SkillMutation,
    leave::mutation::LeaveMutation,
    allocation::mutation::AllocationMutation,
    settings::graphql::PlanSettingsMutation,
    suggest::graphql::SuggestionMutation,
    suggest::assign_graphql::AutoAssignMutation,
);

/// Holds somebody until the act ends, and checks that they are active staff of its tenant.
///
/// # Errors
/// INVALID at `path` for everybody else.
pub(crate) async fn hold_staff(act: &Act, projects: &Projects, person: UserId, path: &str) -> Result<()> {
    let held = projects.clocks.hold(act, person).await;
    // Race: checked behind the lock, so that nobody is planned with who was deactivated or removed meanwhile.
    if matches!(held, Ok(_) | Err(Error::NotFound(_))) {
        check_staff(&*projects.people, act, &[(person, path.to_owned())]).await?;
    }
    held.map(drop)
}

/// Checks that a person is active staff of the viewer's agency.
///
/// # Errors
/// NOT_FOUND for everybody else.
pub(crate) async fn check_person(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    person: UserId,
) -> Result<()> {
    let staff = projects.readers.staff(db, viewer).await?;
    let known = staff.iter().any(|one| one.user == person);
    if known { Ok(()) } else { Err(Error::not_found(UserId::TYPE, person)) }
}
