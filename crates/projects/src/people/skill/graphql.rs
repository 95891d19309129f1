//! Skills in the graph.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use kernel::{
    Result,
    ask::Asking,
    graph::Node,
    id::SkillId,
    page::{Connection, Order, PageArgs, list},
    policy::Guarded,
    scalar::DateTime,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::entity::{Column, Entity, Model};
use crate::policy::people::PEOPLE_READ;

/// Something that people of the agency can do.
#[derive(Clone, Debug)]
pub struct Skill(pub Model);

impl From<Model> for Skill {
    fn from(model: Model) -> Self {
        Self(model)
    }
}

impl Node for Skill {
    const TYPE: &'static str = "Skill";
}

/// Something that people of the agency can do.
#[Object(name = "SkillFields")]
impl Skill {
    /// Its id.
    async fn id(&self) -> SkillId {
        self.0.id
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it belongs to, in the agency's own word.
    async fn category(&self) -> Option<&str> {
        self.0.area.as_deref()
    }

    /// When it was put away; null while it is in use.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.archived_at.map(Into::into)
    }

    /// Counts the changes; sent back as `expectedVersion`, it keeps one change from undoing another.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// A new skill.
#[derive(Clone, Debug, InputObject)]
pub struct CreateSkillInput {
    /// What people call it, at most 60 characters; unique among those in use.
    pub name: String,
    /// What it belongs to, at most 60 characters.
    pub category: Option<String>,
}

/// Changes of a skill: what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateSkillInput {
    /// The skill.
    pub id: SkillId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What people call it, at most 60 characters; unique among those in use.
    pub name: MaybeUndefined<String>,
    /// What it belongs to, at most 60 characters.
    pub category: MaybeUndefined<String>,
    /// True puts it away: nobody gets it any more, and whoever has it keeps it. False brings it back.
    pub archived: MaybeUndefined<bool>,
}

payloads! {
    /// What `createSkill` made.
    CreateSkillPayload {
        /// The new skill.
        skill: Skill
    }
    /// What `updateSkill` changed.
    UpdateSkillPayload {
        /// The skill as it is now.
        skill: Skill
    }
}

/// Root queries of skills.
#[derive(Default)]
pub struct SkillQuery;

#[Object]
impl SkillQuery {
    /// What people of the agency can do, by name. Needs `projects.people.read`.
    async fn skills(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "True: those that are put away; false: those in use; both without it.")]
        archived: Option<bool>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Cursor: only what follows it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor: only what precedes it.")] before: Option<String>,
    ) -> Result<Connection<Skill>> {
        ctx.viewer().require(PEOPLE_READ)?;
        let mut select = Entity::visible(ctx.viewer(), PEOPLE_READ);
        if let Some(archived) = archived {
            let column = Column::ArchivedAt;
            select = select.filter(if archived { column.is_not_null() } else { column.is_null() });
        }
        let args = PageArgs::new(first, after, last, before);
        list(ctx.db(), select, Order::asc(Column::Name), &args).await
    }
}

/// Root mutations of skills.
#[derive(Default)]
pub struct SkillMutation;

#[Object]
impl SkillMutation {
    /// Adds a skill. Needs `projects.people.write` on the whole agency.
    async fn create_skill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new skill.")] input: CreateSkillInput,
    ) -> Result<CreateSkillPayload> {
        super::create(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }

    /// Renames a skill, puts it away or brings it back. Needs `projects.people.write` on the whole agency.
    async fn update_skill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateSkillInput,
    ) -> Result<UpdateSkillPayload> {
        super::update(ctx.viewer(), ctx.db(), input).await.map(Into::into)
    }
}
