//! Activity in the graph: groups, what is in them, and the lists of them.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use kernel::{
    act::audit_entry,
    activity::{ActionText, Category},
    ask::{Ask, Asking},
    error::{Error, Result},
    graph::{Graph, Node},
    id::{AccountId, AnyId, IdKind, ProjectId, TaskId, TypedId as _, UserId},
    page::{ById, ChildPage, Connection, Order, PageArgs, children, list},
    scalar::DateTime,
};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{
    Texts,
    filter::ActivityFilter,
    group, item,
    load::{Key, Labels, Loading, Seen, Subject, Wanted},
    sentence::{Names, nobody, sentence, unnamed},
    sight::{Sights, first_items, groups, items},
};
use crate::entry::{AuditActorKind, AuditEntry};

/// One actor doing one kind of thing within a while.
#[derive(Clone, Debug)]
pub struct Activity {
    key: Key,
    in_project: bool,
}

impl From<group::Model> for Activity {
    fn from(group: group::Model) -> Self {
        Self { key: Key { group: group.id.uuid(), subject: None }, in_project: false }
    }
}

/// What of a group is about one thing.
impl From<item::Model> for Activity {
    fn from(item: item::Model) -> Self {
        Self { key: Key { group: item.group_id.uuid(), subject: item.subject_id }, in_project: true }
    }
}

impl Node for Activity {
    const TYPE: &'static str = "Activity";
}

/// A thing that something was done to.
#[derive(Clone, Debug, SimpleObject)]
pub struct ActivitySubject {
    /// Its type.
    pub subject_type: String,
    /// Its id, for `node`; null for what has no id of its own.
    pub id: Option<ID>,
    /// What it was called then, or the person's name now; null for what has no name. Who may not read what is for the
    /// team alone is told what it is called now.
    pub label: Option<String>,
}

impl Activity {
    /// The person who acted, by hand or through an API key.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn person(&self, ctx: &Context<'_>) -> Result<Option<UserId>> {
        Ok(self.seen(ctx).await?.group.person_id.map(UserId::from_uuid))
    }

    /// The project it was done in.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn project(&self, ctx: &Context<'_>) -> Result<Option<ProjectId>> {
        Ok(self.seen(ctx).await?.group.project_id)
    }

    async fn seen(&self, ctx: &Context<'_>) -> Result<Arc<Seen>> {
        let wanted = Wanted { key: self.key, sights: sights(ctx).clone() };
        let seen = ctx.ask().load::<Loading, _>(wanted).await?;
        // Race: what was seen a moment ago may be seen no more.
        seen.ok_or_else(|| Error::not_found(Self::TYPE, self.key.group))
    }

    fn text(ctx: &Context<'_>, seen: &Seen) -> Option<&'static ActionText> {
        ctx.data_unchecked::<Texts>().of(&seen.group.kind)
    }

    async fn actor_name(ctx: &Context<'_>, seen: &Seen) -> Result<String> {
        match seen.group.person_id {
            Some(person) => sights(ctx).0.person(ctx.ask(), UserId::from_uuid(person)).await,
            None => Ok(nobody(&seen.group.actor_kind, ctx.viewer().language()).to_owned()),
        }
    }
}

fn sights<'a>(ctx: &Context<'a>) -> &'a Sights {
    ctx.data_unchecked::<Sights>()
}

/// What a thing is called: people by their name now, other things by their label then, unless that was perhaps not for
/// the viewer.
async fn name_of(ctx: &Context<'_>, subject: &Subject) -> Result<Option<String>> {
    match (subject.kind.as_str(), subject.id, subject.about) {
        ("User", Some(id), _) | ("Membership" | "ProjectMember", _, Some(id)) => {
            sights(ctx).0.person(ctx.ask(), UserId::from_uuid(id)).await.map(Some)
        }
        (kind, id, _) if !sights(ctx).0.reads_old_names(ctx.viewer(), kind) => match id {
            Some(id) => sights(ctx).0.label(ctx.ask(), kind, id).await,
            None => Ok(None),
        },
        _ => Ok(subject.label.clone()),
    }
}

fn id_of(kind: &str, id: Option<Uuid>) -> Option<ID> {
    let kind = IdKind::from_type_name(kind)?;
    Some(AnyId { kind, uuid: id? }.to_string().into())
}

/// One actor doing one kind of thing in one place within a while, as far as the viewer may see it.
#[Object(name = "ActivityFields")]
impl Activity {
    /// The same for as long as it is kept; not for `node`.
    async fn id(&self) -> ID {
        let group = self.key.group.simple();
        self.key
            .subject
            .map_or_else(|| format!("{group}"), |subject| format!("{group}-{}", subject.simple()))
            .into()
    }

    /// What happened, in the viewer's language. Names in it are between U+2068 and U+2069, so that they keep their
    /// writing direction.
    async fn sentence(&self, ctx: &Context<'_>) -> Result<String> {
        let seen = self.seen(ctx).await?;
        let (text, language) = (Self::text(ctx, &seen), ctx.viewer().language());
        let mut names = Names { actor: Self::actor_name(ctx, &seen).await?, ..Names::default() };
        if let Some(first) = seen.subjects.first().filter(|_| seen.things <= 1) {
            names.subject = name_of(ctx, first).await?.unwrap_or_else(|| unnamed(language).to_owned());
            names.person = match first.about {
                Some(person) => sights(ctx).0.person(ctx.ask(), UserId::from_uuid(person)).await?,
                None => nobody("", language).to_lowercase(),
            };
        }
        let of_project = seen.subjects.first().is_some_and(|first| first.kind == "Project");
        if let Some(project) = seen.group.project_id.filter(|_| !self.in_project && !of_project) {
            names.place = sights(ctx).0.project(ctx.ask(), project).await?;
        }
        Ok(sentence(text, &seen.group.kind, language, seen.things, &names))
    }

    /// What kind of actor it was.
    async fn actor_kind(&self, ctx: &Context<'_>) -> Result<AuditActorKind> {
        Ok(AuditActorKind::parse(&self.seen(ctx).await?.group.actor_kind))
    }

    /// What the actor is called: a former person has no name any more.
    #[graphql(name = "actorName")]
    async fn actor_name_text(&self, ctx: &Context<'_>) -> Result<String> {
        Self::actor_name(ctx, &*self.seen(ctx).await?).await
    }

    /// What was done, as a name that stays.
    async fn kind(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.seen(ctx).await?.group.kind.clone())
    }

    /// What it is about.
    async fn category(&self, ctx: &Context<'_>) -> Result<Category> {
        let seen = self.seen(ctx).await?;
        let found = Category::ALL.into_iter().find(|category| category.as_str() == seen.group.category);
        Ok(found.unwrap_or(Category::Settings))
    }

    /// Name of an icon for it.
    async fn icon(&self, ctx: &Context<'_>) -> Result<&str> {
        let seen = self.seen(ctx).await?;
        Ok(Self::text(ctx, &seen).map_or("dot", |text| text.icon))
    }

    /// When it began.
    async fn started_at(&self, ctx: &Context<'_>) -> Result<DateTime> {
        Ok(self.seen(ctx).await?.started_at.into())
    }

    /// When it was last done.
    async fn ended_at(&self, ctx: &Context<'_>) -> Result<DateTime> {
        Ok(self.seen(ctx).await?.ended_at.into())
    }

    /// How many things it was done to.
    async fn count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(self.seen(ctx).await?.things)
    }

    /// How often it was done.
    async fn entry_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(self.seen(ctx).await?.entries)
    }

    /// The last of these things, at most five.
    async fn subjects(&self, ctx: &Context<'_>) -> Result<Vec<ActivitySubject>> {
        let seen = self.seen(ctx).await?;
        let subjects = seen.subjects.iter().map(async |subject| {
            let label = name_of(ctx, subject).await?;
            let id = id_of(&subject.kind, subject.id);
            Ok(ActivitySubject { subject_type: subject.kind.clone(), id, label })
        });
        futures::future::try_join_all(subjects).await
    }

    /// Each time it was done, newest first.
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the newest, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<ActivityEntry>> {
        let (sights, subject) = (sights(ctx).clone(), self.key.subject);
        let page = ChildPage {
            parent: item::Column::GroupId,
            order: Order::desc(item::Column::Seq),
            args: PageArgs::new(first, after, last, before),
            fingerprint: format!("{subject:?}"),
            select: Box::new(move |viewer| {
                let seen = items(&sights, viewer);
                match subject {
                    Some(subject) => seen.filter(item::Column::SubjectId.eq(subject)),
                    None => seen,
                }
            }),
        };
        children(ctx.ask(), self.key.group, page).await
    }
}

/// One entry of a group.
#[derive(Clone, Debug)]
pub struct ActivityEntry(item::Model);

impl From<item::Model> for ActivityEntry {
    fn from(item: item::Model) -> Self {
        Self(item)
    }
}

impl Node for ActivityEntry {
    const TYPE: &'static str = "ActivityEntry";
}

/// One time that something was done.
#[Object(name = "ActivityEntryFields")]
impl ActivityEntry {
    /// When.
    async fn occurred_at(&self) -> DateTime {
        self.0.occurred_at.into()
    }

    /// What it was done to.
    async fn subject(&self, ctx: &Context<'_>) -> Result<ActivitySubject> {
        let item::Model { subject_type, subject_id, about_id, id, .. } = &self.0;
        let label = ctx.ask().load::<Labels, _>(id.uuid()).await?;
        let subject = Subject { kind: subject_type.clone(), id: *subject_id, about: *about_id, label };
        let label = name_of(ctx, &subject).await?;
        let id = id_of(&subject.kind, subject.id);
        Ok(ActivitySubject { subject_type: subject.kind, id, label })
    }

    /// The entry of the trail; null without `audit.entry.read`.
    async fn entry(&self, ctx: &Context<'_>) -> Result<Option<Graph<AuditEntry>>> {
        let found = ctx.ask().load::<ById<audit_entry::Entity>, _>(self.0.id.uuid()).await?;
        Ok(found.map(|entry| Graph(entry.into())))
    }
}

/// Queries about activity.
#[derive(Default)]
pub(super) struct ActivityRoot;

#[Object]
impl ActivityRoot {
    /// What happened in the agency, as far as the viewer may see it now, newest first: what one actor did of one kind
    /// within a while is one group. Groups keep their place, so that paging neither splits nor repeats one. Sealed
    /// entries show within seconds.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which activity")] filter: Option<ActivityFilter>,
        #[graphql(desc = "How many from the start, at most 100")] first: Option<i32>,
        #[graphql(desc = "Cursor before the first row")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100")] last: Option<i32>,
        #[graphql(desc = "Cursor behind the last row")] before: Option<String>,
    ) -> Result<Connection<Activity>> {
        ctx.viewer().signed_in()?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let near = sights(ctx).0.near(ctx.ask()).await?;
        let select = filter.apply(groups(sights(ctx), ctx.viewer(), near.as_ref()));
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::desc(group::Column::Seq), &args).await
    }
}

/// The activity in a project, batched with that of others.
///
/// # Errors
/// INVALID for a page out of bounds.
pub async fn of_project(
    ask: &Ask,
    sights: &Sights,
    id: ProjectId,
    args: PageArgs,
) -> Result<Connection<Activity>> {
    of(ask, sights, group::Column::ProjectId, id.uuid(), args).await
}

/// The activity of an account, its contacts and its projects themselves, batched with that of others.
///
/// # Errors
/// INVALID for a page out of bounds.
pub async fn of_account(
    ask: &Ask,
    sights: &Sights,
    id: AccountId,
    args: PageArgs,
) -> Result<Connection<Activity>> {
    of(ask, sights, group::Column::AccountId, id.uuid(), args).await
}

async fn of(
    ask: &Ask,
    sights: &Sights,
    parent: group::Column,
    id: Uuid,
    args: PageArgs,
) -> Result<Connection<Activity>> {
    let sights = sights.clone();
    let page = ChildPage {
        parent,
        order: Order::desc(group::Column::Seq),
        args,
        fingerprint: String::new(),
        select: Box::new(move |viewer| groups(&sights, viewer, None)),
    };
    children(ask, id, page).await
}

/// The activity about a task, batched with that of others.
///
/// # Errors
/// INVALID for a page out of bounds.
pub async fn of_task(ask: &Ask, sights: &Sights, id: TaskId, args: PageArgs) -> Result<Connection<Activity>> {
    let sights = sights.clone();
    let page = ChildPage {
        parent: item::Column::SubjectId,
        order: Order::desc(item::Column::Seq),
        args,
        fingerprint: String::new(),
        select: Box::new(move |viewer| first_items(&sights, viewer)),
    };
    children(ask, id.uuid(), page).await
}
