//! What an event is about, as it stands when the event is told: read once on a node for everybody who listens, and
//! judged for each of them in memory.
//!
//! Invariant: `Sight::shows` answers what `Guarded::visible` answers on the same rows; a test listens as every role
//! and compares.

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{
    Result, assignment,
    db::Db,
    id::{ProjectId, RoleId, TaskId, TenantId, TypedId, UserId},
    policy::Guarded,
    viewer::{Permission, Reach, Viewer},
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect, sea_query::ExprTrait};
use serde_json::{Value as Json, json};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{
    comment::entity as comment,
    member::entity as member,
    milestone::entity as milestone,
    policy::{INTERNAL_READ, MILESTONES_READ, TASKS_READ, TEAM_READ},
    project::entity as project,
    service::Event,
    task::{assignee, entity as task},
};

/// How long what was read for an event is shown to those who are slow to hear of it, in milliseconds.
const FRESH_MS: i64 = 1_000;

/// Events that are kept at once.
const MAX_EVENTS: usize = 256;

/// What was read lately, one a process. Cheap to clone; clones share it.
#[derive(Clone, Default)]
pub struct Sights(Arc<Mutex<HashMap<(TenantId, Uuid), Slot>>>);

struct Slot {
    made: DateTime<Utc>,
    cell: Arc<OnceCell<Option<Arc<Sight>>>>,
}

impl Sights {
    /// What an event of the viewer's tenant is about; none if it is gone, or nothing of a project. Whoever asks first
    /// reads it, in at most five statements, and all others wait for that.
    ///
    /// # Errors
    /// Only those of the database; whoever asks next tries again.
    pub(crate) async fn of(&self, db: &Db, viewer: &Viewer, event: &Event) -> Result<Option<Arc<Sight>>> {
        let cell = self.cell((viewer.tenant_id(), event.id), viewer.now);
        let read = async || Ok(Sight::read(db, viewer.tenant_id(), event).await?.map(Arc::new));
        cell.get_or_try_init(read).await.cloned()
    }

    fn cell(&self, key: (TenantId, Uuid), now: DateTime<Utc>) -> Arc<OnceCell<Option<Arc<Sight>>>> {
        // Reason: the map stays whole whatever panicked while it was held.
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |slot: &Slot| now - slot.made < TimeDelta::milliseconds(FRESH_MS);
        if let Some(slot) = slots.get(&key).filter(|slot| fresh(slot)) {
            return Arc::clone(&slot.cell);
        }
        slots.retain(|_, slot| fresh(slot));
        if slots.len() >= MAX_EVENTS
            && let Some(oldest) = slots.iter().min_by_key(|(_, slot)| slot.made).map(|(key, _)| *key)
        {
            slots.remove(&oldest);
        }
        let cell = Arc::default();
        slots.insert(key, Slot { made: now, cell: Arc::clone(&cell) });
        cell
    }
}

/// A project with everything that decides who sees it, and what else an event is about.
pub(crate) struct Sight {
    /// The project.
    pub(crate) project: project::Model,
    /// The task, if it is about one or about something of one.
    pub(crate) task: Option<TaskId>,
    /// What a viewer must hold on the subject beside the permission to read projects.
    needs: Vec<Permission>,
    /// Whose own the subject is: people on a task, the member of a team.
    people: Vec<UserId>,
    /// Everybody on the project or on its account.
    places: Vec<Place>,
    /// Everybody on any project of the account, or on the account; read when somebody needs it.
    works_for_account: OnceCell<Vec<Place>>,
}

/// A person's assignment.
struct Place {
    user: UserId,
    role: Option<RoleId>,
    expires_at: Option<DateTime<Utc>>,
}

impl Place {
    fn is_of(&self, viewer: &Viewer) -> bool {
        viewer.user_id() == Some(self.user) && self.expires_at.is_none_or(|end| end > viewer.now)
    }
}

impl Sight {
    async fn read(db: &Db, tenant: TenantId, event: &Event) -> Result<Option<Self>> {
        let Some(Subject { project, task, needs, people }) = subject(db, tenant, event).await? else {
            return Ok(None);
        };
        let project = project::Entity::of_tenant(tenant).filter(project::Column::Id.eq(project.uuid()));
        let Some(project) = project.one(db).await? else { return Ok(None) };
        use assignment::Column as On;
        let on_project = On::Kind.eq("project").and(On::ProjectId.eq(project.id.uuid()));
        let mut on_either = Condition::any().add(on_project);
        if let Some(account) = project.account_id {
            on_either = on_either.add(On::Kind.eq("account").and(On::AccountId.eq(account.uuid())));
        }
        let places = places(db, tenant, on_either).await?;
        Ok(Some(Self { project, task, needs, people, places, works_for_account: OnceCell::new() }))
    }

    /// Whether a viewer may see the project and the subject.
    pub(crate) async fn is_shown(&self, db: &Db, viewer: &Viewer, read: Permission) -> Result<bool> {
        if !self.shows(db, viewer, read, &[]).await? {
            return Ok(false);
        }
        for needed in &self.needs {
            // Reason: what is for the team is never told to a client, whatever a role of their own may say.
            let hidden = *needed == INTERNAL_READ && viewer.is_client();
            if hidden || !self.shows_subject(db, viewer, *needed).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a viewer holds a permission on the project.
    pub(crate) async fn shows_project(
        &self,
        db: &Db,
        viewer: &Viewer,
        permission: Permission,
    ) -> Result<bool> {
        self.shows(db, viewer, permission, &[]).await
    }

    /// Whether a viewer holds a permission on the subject.
    pub(crate) async fn shows_subject(
        &self,
        db: &Db,
        viewer: &Viewer,
        permission: Permission,
    ) -> Result<bool> {
        self.shows(db, viewer, permission, &self.people).await
    }

    /// Whether a viewer holds a permission on something that is as near as the project, and these people's own.
    async fn shows(&self, db: &Db, viewer: &Viewer, needed: Permission, own: &[UserId]) -> Result<bool> {
        let grant = viewer.grant(needed);
        let near = || self.is_own(viewer, own) || self.places.iter().any(|place| place.is_of(viewer));
        let by_reach = match grant.reach {
            None => false,
            Some(Reach::Tenant) => true,
            Some(Reach::Own) => self.is_own(viewer, own),
            Some(Reach::Assigned) => near(),
            Some(Reach::Account) => match viewer.account {
                Some(account) => self.project.account_id == Some(account),
                None => near() || self.is_for_account_of(db, viewer).await?,
            },
        };
        let as_role = |place: &Place| {
            place.is_of(viewer) && place.role.is_some_and(|role| grant.scoped_roles.contains(&role))
        };
        Ok(by_reach || self.places.iter().any(as_role))
    }

    fn is_own(&self, viewer: &Viewer, own: &[UserId]) -> bool {
        let Some(user) = viewer.user_id() else { return false };
        self.project.manager_id == Some(user) || own.contains(&user)
    }

    /// Whether the viewer works for the project's account, on whichever of its projects.
    async fn is_for_account_of(&self, db: &Db, viewer: &Viewer) -> Result<bool> {
        let Some(account) = self.project.account_id else { return Ok(false) };
        let of_account = || assignment::Column::AccountId.eq(account.uuid());
        let read = async || places(db, self.project.tenant_id, Condition::all().add(of_account())).await;
        let people = self.works_for_account.get_or_try_init(read).await?;
        Ok(people.iter().any(|place| place.is_of(viewer)))
    }
}

async fn places(db: &Db, tenant: TenantId, condition: Condition) -> Result<Vec<Place>> {
    use assignment::Column as On;
    let rows = assignment::Entity::of_tenant(tenant).filter(condition).select_only();
    let rows = rows.columns([On::UserId, On::RoleId, On::ExpiresAt]);
    let rows: Vec<(UserId, Option<RoleId>, Option<DateTime<Utc>>)> = rows.into_tuple().all(db).await?;
    Ok(rows.into_iter().map(|(user, role, expires_at)| Place { user, role, expires_at }).collect())
}

/// What an event is about.
struct Subject {
    project: ProjectId,
    task: Option<TaskId>,
    needs: Vec<Permission>,
    /// Whose own it is.
    people: Vec<UserId>,
}

impl Subject {
    fn of(project: ProjectId, needs: Vec<Permission>) -> Self {
        Self { project, task: None, needs, people: Vec::new() }
    }
}

/// Who a thing is for, as its events say it: once it is gone they alone still know.
pub(crate) fn audience(shown_to_client: bool) -> (String, Json) {
    ("audience".to_owned(), json!(if shown_to_client { CLIENT } else { "team" }))
}

const CLIENT: &str = "client";

/// What an event says that its subject belonged to.
fn named<I: FromStr>(event: &Event, what: &str) -> Option<I> {
    event.payload["refs"][what].as_str().and_then(|id| id.parse().ok())
}

/// What was removed, as its last event tells it; none for everything of which people hear by other events.
async fn removed(db: &Db, tenant: TenantId, event: &Event) -> Result<Option<Subject>> {
    let inner = (event.payload["refs"]["audience"] != CLIENT).then_some(INTERNAL_READ);
    match event.kind.as_str() {
        "projects.milestone.deleted" => {
            let needs = inner.into_iter().chain([MILESTONES_READ]).collect();
            Ok(named(event, "project").map(|project| Subject::of(project, needs)))
        }
        "projects.comment.deleted" => {
            let Some(task) = named::<TaskId>(event, "task") else { return Ok(None) };
            let Some(mut subject) = of_task(db, tenant, task.uuid()).await? else { return Ok(None) };
            subject.needs.extend(inner);
            Ok(Some(subject))
        }
        _ => Ok(None),
    }
}

/// The subject of an event, as it is now; none if it is gone, or nothing of a project.
async fn subject(db: &Db, tenant: TenantId, event: &Event) -> Result<Option<Subject>> {
    let id = event.subject_id;
    match event.subject_type.as_str() {
        "Project" => Ok(Some(Subject::of(ProjectId::from_uuid(id), Vec::new()))),
        "Task" => of_task(db, tenant, id).await,
        "ProjectMember" => {
            let member = member::Entity::of_tenant(tenant).filter(member::Column::Id.eq(id));
            let member = member.one(db).await?;
            Ok(member.map(|member| Subject {
                people: vec![member.user_id],
                ..Subject::of(member.project_id, vec![TEAM_READ])
            }))
        }
        "TaskColumn" => Ok(named(event, "project").map(|project| Subject::of(project, vec![TASKS_READ]))),
        "Dependency" => Ok(named(event, "project").map(|project| Subject::of(project, vec![INTERNAL_READ]))),
        "Milestone" => {
            let row = milestone::Entity::of_tenant(tenant).filter(milestone::Column::Id.eq(id));
            let Some(row) = row.one(db).await? else { return removed(db, tenant, event).await };
            let inner = (!row.client_visible).then_some(INTERNAL_READ);
            let needs = inner.into_iter().chain([MILESTONES_READ]).collect();
            let people = row.assignee_id.into_iter().collect();
            Ok(Some(Subject { people, ..Subject::of(row.project_id, needs) }))
        }
        "TaskComment" => {
            let row = comment::Entity::of_tenant(tenant).filter(comment::Column::Id.eq(id));
            let Some(row) = row.one(db).await? else { return removed(db, tenant, event).await };
            let Some(mut subject) = of_task(db, tenant, row.task_id.uuid()).await? else { return Ok(None) };
            subject.needs.extend(row.internal.then_some(INTERNAL_READ));
            Ok(Some(subject))
        }
        _ => Ok(None),
    }
}

/// A task with the people it is near to.
async fn of_task(db: &Db, tenant: TenantId, id: Uuid) -> Result<Option<Subject>> {
    let task = task::Entity::of_tenant(tenant).filter(task::Column::Id.eq(id));
    let Some(task) = task.one(db).await? else { return Ok(None) };
    let people = assignee::of_tenant(tenant).filter(assignee::Column::TaskId.eq(id)).select_only();
    let people: Vec<UserId> = people.column(assignee::Column::UserId).into_tuple().all(db).await?;
    let people = task.reporter_id.into_iter().chain(people).collect();
    Ok(Some(Subject { task: Some(task.id), people, ..Subject::of(task.project_id, vec![TASKS_READ]) }))
}
