//! Assignments in the API.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use kernel::{
    Text,
    ask::{Ask, Asking},
    assignment::{self, Column, Entity, Model},
    error::{Error, Result},
    graph::{Graph, Node},
    id::{AccountId, AnyId, AssignmentId, ProjectId, RoleId, TypedId, UserId},
    page::{ById, ChildPage, Connection, Order, PageArgs, children, list},
    policy::Guarded,
    scalar::DateTime,
    viewer::Viewer,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter};

use super::Wanted;
use crate::{
    IdentityContext,
    policy::ASSIGNMENT_READ,
    role::{self, Role},
    user::{self, User},
};

/// Neither or both of project and account.
pub const ONE_RESOURCE: Text = Text::new(
    "one_resource",
    "Name either a project or an account.",
    "Indiquez soit un projet, soit un compte.",
);

/// A person on a project or an account.
#[derive(Clone, Debug)]
pub struct Assignment(pub Model);

impl From<Model> for Assignment {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Assignment {
    const TYPE: &'static str = "Assignment";
}

/// What put a person on something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AssignmentSource {
    /// Being the manager of the project or the owner of the account.
    Manager,
    /// Being a member of the project's team.
    Team,
    /// An administrator's decision: `assignResource`.
    Direct,
}

impl AssignmentSource {
    fn of(source: &str) -> Self {
        match source {
            "manager" => Self::Manager,
            "team" => Self::Team,
            _ => Self::Direct,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Manager => assignment::Source::Manager.as_str(),
            Self::Team => assignment::Source::Team.as_str(),
            Self::Direct => assignment::Source::Direct.as_str(),
        }
    }
}

/// A person on a project or an account: what the reach `ASSIGNED` looks at.
#[Object(name = "AssignmentFields")]
impl Assignment {
    /// Its id.
    async fn id(&self) -> AssignmentId {
        self.0.id
    }

    /// Who; null if the viewer may not see that person.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        let person = ctx.ask().load::<ById<user::entity::Entity>, _>(self.0.user_id.uuid()).await?;
        Ok(person.map(|person| Graph(User::from(person))))
    }

    /// The role they have there; null if their roles in the tenant decide, or if the viewer may not see roles.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<Graph<Role>>> {
        let Some(role) = self.0.role_id else { return Ok(None) };
        let row = ctx.ask().load::<ById<role::entity::Entity>, _>(role.uuid()).await?;
        Ok(row.map(|row| Graph(Role(row))))
    }

    /// What put them there.
    async fn source(&self) -> AssignmentSource {
        AssignmentSource::of(&self.0.source)
    }

    /// When it ends by itself; null if it does not.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(Into::into)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// Which assignments.
#[derive(Default, InputObject)]
pub struct AssignmentFilter {
    /// Those of this person.
    user_id: Option<UserId>,
    /// Those to this project.
    project_id: Option<ProjectId>,
    /// Those to this account as such, not those to its projects.
    account_id: Option<AccountId>,
    /// Those with this role.
    role_id: Option<RoleId>,
    /// Those that were made by one of these.
    source: Option<Vec<AssignmentSource>>,
    /// Whether those that ended by themselves are among them.
    #[graphql(default)]
    include_expired: bool,
}

impl AssignmentFilter {
    fn condition(&self, viewer: &Viewer) -> Condition {
        let of_account = |account: AccountId| {
            Condition::all().add(Column::Kind.eq("account")).add(Column::AccountId.eq(account))
        };
        let sources = self.source.as_ref().map(|sources| sources.iter().map(|source| source.word()));
        Condition::all()
            .add_option(self.user_id.map(|user| Column::UserId.eq(user)))
            .add_option(self.project_id.map(|project| Column::ProjectId.eq(project)))
            .add_option(self.account_id.map(of_account))
            .add_option(self.role_id.map(|role| Column::RoleId.eq(role)))
            .add_option(sources.map(|sources| Column::Source.is_in(sources)))
            .add_option((!self.include_expired).then(|| lasting(viewer)))
    }
}

fn lasting(viewer: &Viewer) -> Condition {
    Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(viewer.now))
}

/// A person's assignments that the viewer may see, newest first, in one batch with those of others: the field
/// `assignments` of a person.
///
/// # Errors
/// FORBIDDEN without `identity.assignment.read`; INVALID as every page.
pub async fn of_user(ask: &Ask, user: UserId, args: PageArgs) -> Result<Connection<Assignment>> {
    ask.viewer.require(ASSIGNMENT_READ)?;
    let page = ChildPage {
        parent: Column::UserId,
        order: Order::desc(Column::CreatedAt),
        args,
        fingerprint: String::new(),
        select: Box::new(|viewer| Entity::visible(viewer, ASSIGNMENT_READ).filter(lasting(viewer))),
    };
    children(ask, user.uuid(), page).await
}

/// Questions about assignments.
#[derive(Default)]
pub struct AssignmentQuery;

/// Questions about assignments.
#[Object]
impl AssignmentQuery {
    /// Who works on what, as far as the viewer may see it, newest first. Needs `identity.assignment.read`.
    async fn assignments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all that have not ended if left out.", default)]
        filter: AssignmentFilter,
        #[graphql(desc = "How many from the start, up to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, up to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Assignment>> {
        let viewer = ctx.viewer();
        viewer.require(ASSIGNMENT_READ)?;
        let select = Entity::visible(viewer, ASSIGNMENT_READ).filter(filter.condition(viewer));
        list(ctx.db(), select, Order::desc(Column::CreatedAt), &PageArgs::new(first, after, last, before))
            .await
    }
}

/// Put somebody on a project or an account.
#[derive(InputObject)]
pub struct AssignResourceInput {
    /// Who; staff only.
    user_id: UserId,
    /// The project; either this or `accountId`.
    project_id: Option<ProjectId>,
    /// The account, with all its projects; either this or `projectId`.
    account_id: Option<AccountId>,
    /// Their role there, which must be for staff and allow nothing that the viewer does not hold. Without one, their
    /// roles in the tenant decide what being assigned means.
    role_id: Option<RoleId>,
    /// When it ends by itself; never if left out.
    expires_at: Option<DateTime>,
}

/// Take somebody off a project or an account.
#[derive(InputObject)]
pub struct UnassignResourceInput {
    /// Who.
    user_id: UserId,
    /// The project; either this or `accountId`.
    project_id: Option<ProjectId>,
    /// The account; either this or `projectId`.
    account_id: Option<AccountId>,
}

/// A person who was put on a project or an account.
#[derive(SimpleObject)]
pub struct AssignResourcePayload {
    /// The assignment.
    assignment: Graph<Assignment>,
}

/// A person who was taken off a project or an account.
#[derive(SimpleObject)]
pub struct UnassignResourcePayload {
    /// Id of the removed assignment.
    deleted_assignment_id: AssignmentId,
}

/// Changes of assignments.
#[derive(Default)]
pub struct AssignmentMutation;

/// Changes of assignments.
#[Object]
impl AssignmentMutation {
    /// Puts somebody on a project or an account, or gives them another role or end there. Needs
    /// `identity.assignment.write` on the project or account.
    async fn assign_resource(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, to what, and in which role.")] input: AssignResourceInput,
    ) -> Result<AssignResourcePayload> {
        let AssignResourceInput { user_id, project_id, account_id, role_id, expires_at } = input;
        let resource = either(project_id, account_id)?;
        let expires_at = expires_at.map(DateTime::utc);
        let wanted = Wanted { user: user_id, resource, role: role_id, expires_at };
        let assignment = super::assign(ctx.identity(), ctx.db(), ctx.viewer(), wanted).await?;
        Ok(AssignResourcePayload { assignment: Graph(Assignment(assignment)) })
    }

    /// Takes somebody off a project or an account, as far as `assignResource` put them there. Needs
    /// `identity.assignment.write` on the project or account.
    async fn unassign_resource(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which assignment ends.")] input: UnassignResourceInput,
    ) -> Result<UnassignResourcePayload> {
        let UnassignResourceInput { user_id, project_id, account_id } = input;
        let resource = either(project_id, account_id)?;
        let id = super::unassign(ctx.identity(), ctx.db(), ctx.viewer(), user_id, resource).await?;
        Ok(UnassignResourcePayload { deleted_assignment_id: id })
    }
}

fn either(project: Option<ProjectId>, account: Option<AccountId>) -> Result<AnyId> {
    match (project, account) {
        (Some(project), None) => Ok(project.into()),
        (None, Some(account)) => Ok(account.into()),
        (None, None) => Err(Error::field("projectId", ONE_RESOURCE)),
        (Some(_), Some(_)) => Err(Error::field("accountId", ONE_RESOURCE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ids;

    #[test]
    fn exactly_one_resource_is_named() {
        let (project, account) = (ids().generate::<ProjectId>(), ids().generate::<AccountId>());
        assert_eq!(either(Some(project), None).unwrap(), AnyId::from(project));
        assert_eq!(either(None, Some(account)).unwrap(), AnyId::from(account));
        for (project, account) in [(None, None), (Some(project), Some(account))] {
            assert_eq!(either(project, account).unwrap_err().code(), "INVALID");
        }
    }

    #[test]
    fn sources_are_the_words_of_the_database() {
        for source in [AssignmentSource::Manager, AssignmentSource::Team, AssignmentSource::Direct] {
            assert_eq!(AssignmentSource::of(source.word()), source);
        }
    }
}
