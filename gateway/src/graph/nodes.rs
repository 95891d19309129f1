//! The types of the graph, each put together from its domain's fields and the bridges of others, and `node(id)`.

use std::sync::Arc;

use async_graphql::{
    Context, ContextSelectionSet, ID, Interface, MergedObject, Object, ObjectType, OutputType, Positioned,
    SchemaBuilder, ServerResult, SubscriptionType, Value, parser::types::Field,
    resolver_utils::ContainerType,
};
use futures::future::try_join_all;
use kernel::{
    ask::{Ask, Asking},
    error::{Error, FieldError, Result, Text},
    graph::{Assemble, Resolving},
    id::{AnyId, IdKind, TypedId},
    page::ById,
};

use super::fields::{self, Leaves, Parts};
use super::lenient::{Lenient, soften};
use crate::bridges::{
    AccountBridges, AllocationBridges, ApiKeyBridges, AuditEntryBridges, BaselineBridges, BillRateBridges,
    ChangeRequestBridges, CommentBridges, ContactBridges, CostRateBridges, DecisionBridges, FeedbackBridges,
    InvitationBridges, JobBridges, LeaveBridges, MemberBridges, MilestoneBridges, PrivacyRequestBridges,
    ProfileBridges, ProjectBridges, ReportBridges, RiskBridges, SavedViewBridges, TaskBridges,
    TimeEntryBridges, TimerBridges, TimesheetBridges, Trail, UserBridges,
};

const NO_NODE: Text = Text::new(
    "no_node",
    "Things of the type {type} are not read by id.",
    "Les éléments de type {type} ne se lisent pas par identifiant.",
);
const BAD_ID: Text = Text::new("bad_id", "This is not an id.", "Ce n'est pas un identifiant.");
const TOO_MANY_IDS: Text =
    Text::new("too_many", "At most {max} ids at once.", "Au plus {max} identifiants à la fois.");

/// Most ids that `nodes` takes.
const MAX_NODES: usize = 100;

/// Puts a type together.
#[derive(Default)]
struct Stitch(Leaves);

/// A node with the fields of its domain and of its bridges.
struct Whole<'a, T>(&'a T);

macro_rules! nodes {
    ($( $(#[$doc:meta])* $name:literal: $domain:ty, $entity:ty, $kind:ident, $node:ident($($bridge:ty),*); )+) => {
        $(
            $(#[$doc])*
            #[derive(MergedObject)]
            #[graphql(name = $name)]
            pub struct $node($domain $(, $bridge)*);

            impl From<$domain> for $node {
                fn from(node: $domain) -> Self {
                    Self(node.clone() $(, <$bridge>::from(&node))*)
                }
            }

            impl Lenient<$node> {
                async fn id(&self, _: &Context<'_>) -> async_graphql::Result<ID> {
                    Ok(self.0.0.0.id.to_string().into())
                }
            }

            impl Assemble<$domain> for Stitch {
                fn resolve<'a>(
                    &'a self,
                    node: &'a $domain,
                    ctx: &'a ContextSelectionSet<'a>,
                    field: &'a Positioned<Field>,
                ) -> Resolving<'a> {
                    fields::resolve(Whole(node), &self.0, ctx, field)
                }
            }

            impl Parts for Whole<'_, $domain> {
                const TYPE: &'static str = $name;

                async fn field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
                    let found = async {
                        if let Some(value) = self.0.resolve_field(ctx).await? {
                            return Ok(Some(value));
                        }
                        $(
                            if let Some(value) = <$bridge>::from(self.0).resolve_field(ctx).await? {
                                return Ok(Some(value));
                            }
                        )*
                        Ok(None)
                    };
                    soften(ctx, $name, found.await)
                }

                async fn all(
                    &self,
                    ctx: &ContextSelectionSet<'_>,
                    field: &Positioned<Field>,
                ) -> ServerResult<Value> {
                    Lenient($node::from(self.0.clone())).resolve(ctx, field).await
                }
            }

            impl From<&$domain> for Trail {
                fn from(node: &$domain) -> Self {
                    Self(node.0.id.uuid())
                }
            }
        )+

        /// Anything with an id.
        #[derive(Interface)]
        #[graphql(field(name = "id", ty = "ID", desc = "Its id, unique in the whole graph."))]
        pub enum Node {
            $( #[doc = $name] $node(Lenient<$node>), )+
        }

        async fn load(ask: &Ask, id: AnyId) -> Result<Option<Node>> {
            match id.kind {
                $(
                    IdKind::$kind => {
                        let row = ask.load::<ById<$entity>, _>(id.uuid).await?;
                        Ok(row.map(|row| Node::$node(Lenient(<$domain>::from(row).into()))))
                    }
                )+
                other => Err(Error::field("id", NO_NODE.with("type", other.type_name()))),
            }
        }

        /// Registers every type of the graph.
        pub fn register<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S>
        where
            Q: ObjectType + 'static,
            M: ObjectType + 'static,
            S: SubscriptionType + 'static,
        {
            builder
                $( .register_output_type::<$node>().data(Arc::new(Stitch::default()) as Arc<dyn Assemble<$domain>>) )+
        }

        /// Names of the node types.
        pub const NODE_TYPES: &[&str] = &[$($name),+];
    };
}

nodes! {
    /// One agency: everything belongs to exactly one.
    "Tenant": identity::tenant::Tenant, identity::tenant::entity::Entity, TenantId, TenantNode(Trail);
    /// A domain name that a tenant may serve its portal on.
    "TenantDomain": identity::tenant::TenantDomain, identity::tenant::domain::Entity, DomainId, TenantDomainNode(Trail);
    /// A person, as a member of the tenant.
    "User": identity::user::User, identity::user::entity::Entity, UserId, UserNode(UserBridges, Trail);
    /// A set of permissions, each with a reach.
    "Role": identity::role::Role, identity::role::entity::Entity, RoleId, RoleNode(Trail);
    /// A signed-in device of a person.
    "Session": identity::session::Session, identity::session::entity::Entity, SessionId, SessionNode(Trail);
    /// An invitation to join the tenant.
    "Invitation": identity::invitation::Invitation, identity::invitation::entity::Entity, InvitationId, InvitationNode(InvitationBridges, Trail);
    /// A key with which a machine acts for a person.
    "ApiKey": identity::api_key::ApiKey, identity::api_key::entity::Entity, ApiKeyId, ApiKeyNode(ApiKeyBridges, Trail);
    /// Who works on what, and with which role there.
    "Assignment": identity::assigning::Assignment, kernel::assignment::Entity, AssignmentId, AssignmentNode(Trail);
    /// A client company of the agency.
    "Account": crm::Account, crm::account::entity::Entity, AccountId, AccountNode(AccountBridges, Trail);
    /// A person at a client company.
    "Contact": crm::Contact, crm::contact::entity::Entity, ContactId, ContactNode(ContactBridges, Trail);
    /// A piece of client work.
    "Project": projects::Project, projects::project::entity::Entity, ProjectId, ProjectNode(ProjectBridges, projects::ProjectRegisters, projects::ProjectControls, Trail);
    /// A person on the team of a project.
    "ProjectMember": projects::ProjectMember, projects::member::entity::Entity, ProjectMemberId, ProjectMemberNode(MemberBridges, Trail);
    /// A column of a project's task board.
    "TaskColumn": projects::TaskColumn, projects::column::entity::Entity, TaskColumnId, TaskColumnNode(Trail);
    /// Something to be done in a project.
    "Task": projects::Task, projects::task::entity::Entity, TaskId, TaskNode(TaskBridges, Trail);
    /// Time that somebody worked on one day.
    "TimeEntry": projects::time::entry::graphql::TimeEntry, projects::time::entry::entity::Entity, TimeEntryId, TimeEntryNode(TimeEntryBridges, Trail);
    /// A person's week.
    "Timesheet": projects::time::sheet::graphql::Timesheet, projects::time::sheet::entity::Entity, TimesheetId, TimesheetNode(TimesheetBridges, Trail);
    /// A timer that runs.
    "Timer": projects::time::timer::graphql::Timer, projects::time::timer::entity::Entity, TimerId, TimerNode(TimerBridges, Trail);
    /// A kind of work that time is spent on.
    "ActivityType": projects::time::activity_type::graphql::ActivityType, projects::time::activity_type::entity::Entity, ActivityTypeId, ActivityTypeNode(Trail);
    /// What an hour is billed at somewhere, from a day on.
    "BillRate": projects::time::rate::graphql::BillRate, projects::time::rate::bill::Entity, BillRateId, BillRateNode(BillRateBridges, Trail);
    /// What an hour costs somewhere, from a day on.
    "CostRate": projects::time::rate::graphql::CostRate, projects::time::rate::cost::Entity, CostRateId, CostRateNode(CostRateBridges, Trail);
    /// A point that a project reaches.
    "Milestone": projects::Milestone, projects::milestone::entity::Entity, MilestoneId, MilestoneNode(MilestoneBridges, Trail);
    /// One piece of work that waits for another.
    "Dependency": projects::Dependency, projects::link::entity::Entity, DependencyId, DependencyNode(Trail);
    /// A coloured word for tasks.
    "TaskLabel": projects::TaskLabel, projects::label::entity::Entity, TaskLabelId, TaskLabelNode(Trail);
    /// What somebody said about a task.
    "TaskComment": projects::TaskComment, projects::comment::entity::Entity, TaskCommentId, TaskCommentNode(CommentBridges, Trail);
    /// Something that the agency wants to know of each project.
    "ProjectField": projects::ProjectField, projects::field::entity::Entity, ProjectFieldId, ProjectFieldNode(Trail);
    /// Filter and order of a list, as somebody saved them.
    "SavedView": projects::SavedView, projects::view::entity::Entity, SavedViewId, SavedViewNode(SavedViewBridges, Trail);
    /// Something that may go wrong in a project.
    "Risk": projects::Risk, projects::risk::entity::Entity, RiskId, RiskNode(RiskBridges, Trail);
    /// What the plan of a project said once.
    "Baseline": projects::Baseline, projects::plan::baseline::entity::Entity, BaselineId, BaselineNode(BaselineBridges, Trail);
    /// A wish to change what a project delivers, when, or for how much.
    "ChangeRequest": projects::ChangeRequest, projects::change_request::entity::Entity, ChangeRequestId, ChangeRequestNode(ChangeRequestBridges, Trail);
    /// Something that was decided in a project.
    "Decision": projects::Decision, projects::decision::entity::Entity, DecisionId, DecisionNode(DecisionBridges, Trail);
    /// What happened in a project in a week.
    "StatusReport": projects::StatusReport, projects::report::entity::Entity, StatusReportId, StatusReportNode(ReportBridges, Trail);
    /// A question to a person of a client how satisfied they are.
    "FeedbackRequest": projects::FeedbackRequest, projects::feedback::entity::Entity, FeedbackRequestId, FeedbackRequestNode(FeedbackBridges, Trail);
    /// A project as it is done again and again.
    "ProjectTemplate": projects::ProjectTemplate, projects::template::entity::Entity, ProjectTemplateId, ProjectTemplateNode(Trail);
    /// Tasks of a file that come into a project.
    "TaskImport": projects::TaskImport, projects::import::entity::Entity, TaskImportId, TaskImportNode(Trail);
    /// When people of the agency work.
    "WorkCalendar": projects::calendar::graphql::WorkCalendar, projects::calendar::entity::Entity, WorkCalendarId, WorkCalendarNode(Trail);
    /// A member of staff as one who works.
    "ResourceProfile": projects::people::profile::graphql::ResourceProfile, projects::people::profile::entity::Entity, ResourceProfileId, ResourceProfileNode(ProfileBridges, Trail);
    /// Days on which a person does not work, or not all day.
    "Leave": projects::people::leave::graphql::Leave, projects::people::leave::entity::Entity, LeaveId, LeaveNode(LeaveBridges, Trail);
    /// How much of a person, or of a role that somebody is still to take, a project has.
    "Allocation": projects::people::allocation::graphql::Allocation, projects::people::allocation::entity::Entity, AllocationId, AllocationNode(AllocationBridges, Trail);
    /// Something that people of the agency can do.
    "Skill": projects::people::skill::graphql::Skill, projects::people::skill::entity::Entity, SkillId, SkillNode(Trail);
    /// One recorded change, login or refusal.
    "AuditEntry": audit::AuditEntry, kernel::act::audit_entry::Entity, AuditEntryId, AuditEntryNode(AuditEntryBridges);
    /// A legal hold.
    "LegalHold": audit::keep::hold::LegalHold, audit::keep::hold::entity::Entity, LegalHoldId, LegalHoldNode(Trail);
    /// An archive of the audit trail.
    "AuditArchive": audit::keep::archive::graphql::AuditArchive, audit::keep::archive::entity::Entity, AuditArchiveId, AuditArchiveNode(Trail);
    /// Another system that entries of the trail are forwarded to.
    "AuditSink": audit::siem::AuditSink, audit::siem::Entity, AuditSinkId, AuditSinkNode(Trail);
    /// Work that the platform does after the change that asked for it.
    "Job": audit::job::Job, kernel::act::job::Entity, JobId, JobNode(JobBridges, Trail);
    /// A request about somebody's personal data.
    "PrivacyRequest": audit::privacy::PrivacyRequest, audit::privacy::entity::Entity, PrivacyRequestId, PrivacyRequestNode(PrivacyRequestBridges, Trail);
    /// An event that a consumer failed on.
    "EventDelivery": audit::event::EventDelivery, kernel::act::outbox::delivery::Entity, EventDeliveryId, EventDeliveryNode(Trail);
}

/// Reading anything by its id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The thing with this id; null if there is none that the viewer may see.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Its id")] id: ID) -> Result<Option<Node>> {
        ctx.viewer().signed_in()?;
        load(ctx.ask(), parse("id", &id)?).await
    }

    /// The things with these ids, in their order; null in place of those that the viewer may not see.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their ids, at most 100")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        ctx.viewer().signed_in()?;
        if ids.len() > MAX_NODES {
            return Err(Error::field("ids", TOO_MANY_IDS.with("max", MAX_NODES)));
        }
        let parsed = ids.iter().enumerate().map(|(index, id)| parse(&format!("ids.{index}"), id));
        let parsed: Vec<AnyId> = parsed.collect::<Result<_>>()?;
        try_join_all(parsed.into_iter().map(|id| load(ctx.ask(), id))).await
    }
}

fn parse(path: &str, id: &ID) -> Result<AnyId> {
    id.parse().map_err(|_| FieldError::new(path, BAD_ID).into())
}
