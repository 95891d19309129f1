//! Projects: their course from intake to completion, the team, the task board and the tasks on it.
//!
//! Who may see and do what is in [`policy`]; what the domain asks of other domains goes through [`Projects`].

pub mod activity;
pub mod change;
pub mod column;
pub mod erasure;
mod events;
pub mod member;
pub mod policy;
pub mod privacy;
pub mod project;
pub mod rank;
pub mod service;
pub mod sight;
pub mod task;
pub mod time;
pub mod words;

use async_graphql::{MergedObject, MergedSubscription};

pub use change::ProjectChange;
pub use column::graphql::TaskColumn;
pub use events::EVENTS;
pub use member::graphql::ProjectMember;
pub use policy::{PERMISSIONS, time::PERMISSIONS as TIME_PERMISSIONS};
pub use project::graphql::Project;
pub use service::{AccountDirectory, Clocks, Event, EventSource, Heard, Projects};
pub use task::graphql::Task;

/// The root queries of projects.
#[derive(MergedObject, Default)]
pub struct ProjectsQuery(project::graphql::ProjectQuery, task::graphql::TaskQuery, time::TimeQuery);

/// The root mutations of projects.
#[derive(MergedObject, Default)]
pub struct ProjectsMutation(
    project::mutation::ProjectMutation,
    member::mutation::MemberMutation,
    column::mutation::ColumnMutation,
    task::mutation::TaskMutation,
    time::TimeMutation,
);

/// The root subscriptions of projects.
#[derive(MergedSubscription, Default)]
pub struct ProjectsSubscription(change::ChangeSubscription, time::timer::live::TimerSubscription);

/// Gives everything that a person who leaves has in hand to somebody else, or to nobody: projects they manage, tasks
/// assigned to or reported by them. They leave their teams.
pub async fn reassign_user(
    act: &mut kernel::act::Act,
    from: kernel::id::UserId,
    to: Option<kernel::id::UserId>,
) -> kernel::Result<()> {
    time::people::forget_user(act, from).await?;
    project::reassign_user(act, from, to).await?;
    member::forget_user(act, from).await?;
    task::reassign_user(act, from, to).await
}
