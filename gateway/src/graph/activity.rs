//! Activity in the graph: its type with who acted, whose subjects a viewer sees, and what people and projects are
//! called.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_graphql::{
    Context, ContextSelectionSet, MergedObject, Object, OutputType as _, Positioned, SchemaBuilder,
    dataloader::Loader, parser::types::Field,
};
use async_trait::async_trait;
use audit::activity::{Activity, ActivityEntry, ItemColumn, Items, Near, Sight, Sights, Texts};
use identity::{membership::entity as membership, user::User};
use kernel::{
    act::Recorded,
    ask::{Ask, Asking, FromAsk},
    db::Db,
    error::{Error, Result},
    graph::{Assemble, Graph, Resolving},
    id::{ProjectId, TypedId as _, UserId},
    locale::Language,
    page::ById,
    policy::{Guarded, nothing},
    viewer::{Reach, Viewer},
};
use projects::Project;
use sea_orm::{
    ColumnTrait as _, Condition, QueryFilter as _, QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Expr, ExprTrait as _, SelectStatement},
};
use uuid::Uuid;

/// The sentences of every domain.
pub const TEXTS: Texts = Texts(&[
    identity::activity::ACCESS,
    identity::activity::PEOPLE,
    crm::activity::ACTIONS,
    projects::activity::ACTIONS,
    projects::time::activity::ACTIONS,
    projects::activity::WORK,
    projects::activity::REGISTERS,
    projects::activity::PEOPLE,
    projects::activity::MADE,
    audit::activity::ACTIONS,
    audit::privacy::activity::ACTIONS,
    crate::seed::ACTIONS,
]);

/// Projects or accounts that are looked for one by one; who sees more sees nearly everything.
const NEAR_MOST: u64 = 1_000;

/// What the domains know of activity's subjects.
#[derive(Clone, Copy, Debug, Default)]
pub struct Domains;

macro_rules! subjects {
    ($($name:literal: $entity:ty;)+) => {
        /// Activities about rows that the viewer may see now, and some about rows that are gone.
        fn seen_subjects(viewer: &Viewer) -> Condition {
            nothing()$(.add(of_type::<$entity>($name, viewer)))+
        }

        /// Whether a kind of thing is one of those.
        fn is_subject(kind: &str) -> bool {
            matches!(kind, $($name)|+)
        }

        /// What a row that the viewer may see now is called.
        async fn label_now(ask: &Ask, kind: &str, id: Uuid) -> Result<Option<String>> {
            match kind {
                $($name => {
                    let row = ask.load::<ById<$entity>, _>(id).await?;
                    Ok(row.and_then(|row| <$entity as Recorded>::label(&row)))
                })+
                _ => Ok(None),
            }
        }
    };
}

subjects! {
    "Account": crm::account::entity::Entity;
    "Contact": crm::contact::entity::Entity;
    "Project": projects::project::entity::Entity;
    "ProjectMember": projects::member::entity::Entity;
    "Task": projects::task::entity::Entity;
    "TaskColumn": projects::column::entity::Entity;
    "Milestone": projects::milestone::entity::Entity;
    "Dependency": projects::link::entity::Entity;
    "TaskLabel": projects::label::entity::Entity;
    "TaskComment": projects::comment::entity::Entity;
    "ProjectField": projects::field::entity::Entity;
    "Baseline": projects::plan::baseline::entity::Entity;
    "Risk": projects::risk::entity::Entity;
    "ChangeRequest": projects::change_request::entity::Entity;
    "Decision": projects::decision::entity::Entity;
    "StatusReport": projects::report::entity::Entity;
    "FeedbackRequest": projects::feedback::entity::Entity;
    "ProjectTemplate": projects::template::entity::Entity;
    "TaskImport": projects::import::entity::Entity;
}

/// Whether the viewer may read what is for the team alone.
fn reads_inner(viewer: &Viewer) -> bool {
    viewer.holds(projects::policy::INTERNAL_READ) && !viewer.is_client()
}

#[async_trait]
impl Sight for Domains {
    fn seen(&self, viewer: &Viewer) -> Condition {
        seen_subjects(viewer)
    }

    fn untold(&self, viewer: &Viewer) -> Vec<&'static str> {
        let for_team = TEXTS.all().filter(|text| text.is_for_team && !reads_inner(viewer));
        for_team.map(|text| text.kind).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn reads_old_names(&self, viewer: &Viewer, kind: &str) -> bool {
        !is_subject(kind) || reads_inner(viewer)
    }

    async fn label(&self, ask: &Ask, kind: &str, id: Uuid) -> Result<Option<String>> {
        label_now(ask, kind, id).await
    }

    async fn near(&self, ask: &Ask) -> Result<Option<Near>> {
        let viewer = &ask.viewer;
        let everywhere = viewer.reaches(projects::policy::PROJECTS_READ, Reach::Tenant)
            || viewer.reaches(crm::policy::ACCOUNTS_READ, Reach::Tenant);
        if everywhere && !viewer.is_client() {
            return Ok(None);
        }
        let projects = ids::<projects::project::entity::Entity>(ask).await?;
        let accounts = ids::<crm::account::entity::Entity>(ask).await?;
        let many = NEAR_MOST as usize;
        Ok((projects.len() < many && accounts.len() < many).then_some(Near { projects, accounts }))
    }

    async fn person(&self, ask: &Ask, id: UserId) -> Result<String> {
        if let Some(user) = ask.load::<ById<identity::user::entity::Entity>, _>(id.uuid()).await? {
            let name = format!("{} {}", user.given_name, user.family_name);
            let name = name.trim();
            if !name.is_empty() {
                return Ok(name.to_owned());
            }
        }
        let known = ask.load::<Members, _>(id.uuid()).await?.is_some();
        let said = match (known, ask.viewer.language()) {
            (true, Language::En) => "A member of the agency",
            (true, Language::Fr) => "Un membre de l'agence",
            (false, Language::En) => "Former user",
            (false, Language::Fr) => "Ancien utilisateur",
        };
        Ok(said.to_owned())
    }

    async fn project(&self, ask: &Ask, id: ProjectId) -> Result<Option<String>> {
        let found = ask.load::<ById<projects::project::entity::Entity>, _>(id.uuid()).await?;
        Ok(found.map(|project| project.name))
    }
}

/// Activities about rows of `E` that the viewer may see now; and about rows that are gone, for who reads all of `E`.
fn of_type<E: Guarded>(name: &'static str, viewer: &Viewer) -> Condition {
    let is_there = |rows: Select<E>| -> SelectStatement {
        let mut row = rows.select_only().expr_as(Expr::val(1), "one").into_query();
        let id = (E::default(), E::id_column());
        row.and_where(Expr::col(id).equals((Items, ItemColumn::SubjectId)));
        row
    };
    let mut shown = Condition::any().add(Expr::exists(is_there(E::visible(viewer, E::READ))));
    if viewer.reaches(E::READ, Reach::Tenant) && !viewer.is_client() {
        shown = shown.add(Expr::exists(is_there(E::of_tenant(viewer.tenant_id()))).not());
    }
    Condition::all().add(ItemColumn::SubjectType.eq(name)).add(shown)
}

async fn ids<E: Guarded>(ask: &Ask) -> Result<Vec<Uuid>> {
    let rows = E::visible(&ask.viewer, E::READ).select_only().column(E::id_column()).limit(NEAR_MOST);
    Ok(rows.into_tuple().all(&ask.db).await?)
}

/// Loads who is a member of the tenant, whether the viewer sees them or not.
struct Members {
    viewer: Viewer,
    db: Db,
}

impl FromAsk for Members {
    fn from_ask(viewer: Viewer, db: Db) -> Self {
        Self { viewer, db }
    }
}

impl Loader<Uuid> for Members {
    type Value = ();
    type Error = Error;

    async fn load(&self, people: &[Uuid]) -> Result<HashMap<Uuid, ()>> {
        let members = membership::Entity::of_tenant(self.viewer.tenant_id())
            .filter(membership::Column::UserId.is_in(people.iter().copied()))
            .select_only()
            .column(membership::Column::UserId);
        let members: Vec<Uuid> = members.into_tuple().all(&self.db).await?;
        Ok(members.into_iter().map(|member| (member, ())).collect())
    }
}

/// Who acted, and where.
pub struct ActivityBridges(Activity);

#[Object(name = "ActivityBridgeFields")]
impl ActivityBridges {
    /// The person who acted, by hand or through an API key; null for the platform, for nobody known, and for people the
    /// viewer may not see.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        crate::bridges::user(ctx.ask(), self.0.person(ctx).await?).await
    }

    /// The project it was done in; null if in none, or in one the viewer may not see.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Graph<Project>>> {
        let Some(id) = self.0.project(ctx).await? else { return Ok(None) };
        let row = ctx.ask().load::<ById<projects::project::entity::Entity>, _>(id.uuid()).await?;
        Ok(row.map(|row| Graph(Project::from(row))))
    }
}

/// One actor doing one kind of thing in one place within a while, as far as the viewer may see it.
#[derive(MergedObject)]
#[graphql(name = "Activity")]
struct ActivityNode(Activity, ActivityBridges);

/// One time that something was done.
#[derive(MergedObject)]
#[graphql(name = "ActivityEntry")]
struct ActivityEntryNode(ActivityEntry);

/// Puts both types together. They are no nodes: which of a group somebody sees is up to its subjects.
struct Plain;

impl Assemble<Activity> for Plain {
    fn resolve<'a>(
        &'a self,
        activity: &'a Activity,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Field>,
    ) -> Resolving<'a> {
        let whole = ActivityNode(activity.clone(), ActivityBridges(activity.clone()));
        Resolving::Later(Box::pin(async move { whole.resolve(ctx, field).await }))
    }
}

impl Assemble<ActivityEntry> for Plain {
    fn resolve<'a>(
        &'a self,
        entry: &'a ActivityEntry,
        ctx: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Field>,
    ) -> Resolving<'a> {
        let whole = ActivityEntryNode(entry.clone());
        Resolving::Later(Box::pin(async move { whole.resolve(ctx, field).await }))
    }
}

/// Registers the types of activity.
pub fn register<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S> {
    builder
        .register_output_type::<ActivityNode>()
        .register_output_type::<ActivityEntryNode>()
        .data(Arc::new(Plain) as Arc<dyn Assemble<Activity>>)
        .data(Arc::new(Plain) as Arc<dyn Assemble<ActivityEntry>>)
        .data(Sights(Arc::new(Domains)))
        .data(TEXTS)
}
