//! Projects: their course from intake to completion, the team, the task board and the tasks on it.
//!
//! Who may see and do what is in [`policy`]; what the domain asks of other domains goes through [`Projects`].

#[macro_use]
mod payload;

pub mod activity;
pub mod board;
pub mod calendar;
pub mod change;
pub mod change_request;
pub mod clone;
pub mod column;
pub mod comment;
pub mod control;
pub mod decision;
pub mod erasure;
mod events;
pub mod export;
pub mod family;
pub mod feedback;
pub mod field;
pub mod gantt;
pub mod health;
pub mod import;
pub mod label;
pub mod link;
pub mod member;
pub mod milestone;
pub mod people;
pub mod performance;
pub mod plan;
pub mod policy;
pub mod portfolio;
pub mod privacy;
pub mod project;
pub mod rank;
mod register;
pub mod report;
pub mod risk;
pub mod service;
pub mod sight;
pub mod task;
pub mod template;
pub mod time;
pub mod view;
mod whole;
pub mod words;
pub mod workdays;

use async_graphql::{MergedObject, MergedSubscription};

pub use change::ProjectChange;
pub use change_request::graphql::ChangeRequest;
pub use column::graphql::TaskColumn;
pub use comment::graphql::TaskComment;
pub use control::graphql::ProjectControls;
pub use decision::graphql::Decision;
pub use events::{EVENTS, REGISTER_EVENTS};
pub use feedback::graphql::FeedbackRequest;
pub use field::graphql::ProjectField;
pub use import::graphql::TaskImport;
pub use label::graphql::TaskLabel;
pub use link::graphql::Dependency;
pub use member::graphql::ProjectMember;
pub use milestone::graphql::Milestone;
pub use people::EVENTS as PEOPLE_EVENTS;
pub use plan::baseline::graphql::Baseline;
pub use policy::{
    PERMISSIONS, people::PERMISSIONS as PEOPLE_PERMISSIONS, registers::PERMISSIONS as REGISTER_PERMISSIONS,
    time::PERMISSIONS as TIME_PERMISSIONS,
};
pub use portfolio::ProjectRegisters;
pub use project::graphql::Project;
pub use report::graphql::StatusReport;
pub use risk::graphql::Risk;
pub use service::{AccountDirectory, Clocks, Event, EventSource, Heard, Projects, Readers, Staff};
pub use task::graphql::Task;
pub use template::graphql::ProjectTemplate;
pub use view::graphql::SavedView;

/// The root queries of projects.
#[derive(MergedObject, Default)]
pub struct ProjectsQuery(
    project::graphql::ProjectQuery,
    milestone::graphql::MilestoneQuery,
    task::graphql::TaskQuery,
    label::graphql::LabelQuery,
    task::mywork::WorkQuery,
    field::graphql::FieldQuery,
    view::graphql::ViewQuery,
    template::graphql::TemplateQuery,
    import::graphql::ImportQuery,
    time::TimeQuery,
    people::PeopleQuery,
    RegisterQuery,
);

/// The root mutations of projects.
#[derive(MergedObject, Default)]
pub struct ProjectsMutation(
    project::mutation::ProjectMutation,
    member::mutation::MemberMutation,
    column::mutation::ColumnMutation,
    task::mutation::TaskMutation,
    time::TimeMutation,
    people::PeopleMutation,
    milestone::mutation::MilestoneMutation,
    link::mutation::DependencyMutation,
    label::mutation::LabelMutation,
    comment::mutation::CommentMutation,
    field::mutation::FieldMutation,
    view::mutation::ViewMutation,
    template::mutation::TemplateMutation,
    clone::graphql::CloneMutation,
    import::graphql::ImportMutation,
    export::graphql::ListExportMutation,
    RegisterMutation,
);

/// The root queries of the registers of projects.
#[derive(MergedObject, Default)]
pub struct RegisterQuery(
    risk::graphql::RiskQuery,
    change_request::graphql::ChangeRequestQuery,
    decision::graphql::DecisionQuery,
    report::graphql::ReportQuery,
    feedback::graphql::FeedbackQuery,
    gantt::GanttQuery,
    plan::PlansQuery,
    health::HealthQuery,
    control::portfolio::PortfolioQuery,
    performance::PerformanceQuery,
);

/// The root mutations of the registers of projects.
#[derive(MergedObject, Default)]
pub struct RegisterMutation(
    risk::mutation::RiskMutation,
    change_request::mutation::ChangeRequestMutation,
    decision::mutation::DecisionMutation,
    report::mutation::ReportMutation,
    feedback::mutation::FeedbackMutation,
    plan::PlansMutation,
    health::HealthMutation,
);

/// The root subscriptions of projects.
#[derive(MergedSubscription, Default)]
pub struct ProjectsSubscription(
    change::ChangeSubscription,
    board::BoardSubscription,
    time::timer::live::TimerSubscription,
);

/// The calendar day in the viewer's tenant at an instant.
pub(crate) fn today(
    viewer: &kernel::viewer::Viewer,
    now: chrono::DateTime<chrono::Utc>,
) -> chrono::NaiveDate {
    now.with_timezone(&viewer.tenant.time_zone).date_naive()
}

/// Gives everything that a person who leaves has in hand to somebody else, or to nobody: projects they manage, tasks
/// assigned to or reported by them, milestones. They leave their teams.
pub async fn reassign_user(
    act: &mut kernel::act::Act,
    from: kernel::id::UserId,
    to: Option<kernel::id::UserId>,
) -> kernel::Result<()> {
    time::people::forget_user(act, from).await?;
    people::forget::user(act, from).await?;
    project::reassign_user(act, from, to).await?;
    member::forget_user(act, from).await?;
    milestone::reassign_user(act, from, to).await?;
    comment::mention::forget_user(act, from).await?;
    view::forget_user(act, from).await?;
    risk::reassign_user(act, from, to).await?;
    task::reassign_user(act, from, to).await
}
