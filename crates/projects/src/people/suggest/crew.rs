//! Who could be suggested, and what they can: active staff with those of their skills that are asked for.

use std::collections::{BTreeSet, HashMap};

use kernel::{
    Result,
    db::Db,
    graph::Graph,
    id::{SkillId, TypedId, UserId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use schedule::staffing::{Need, Skill};
use sea_orm::{ConnectionTrait, QueryFilter};

use crate::{
    people::{
        profile::skilled,
        skill::{entity as skills, graphql},
    },
    service::{Projects, Staff},
};

/// A skill and how well it is wanted, or had.
pub(super) type Level = (SkillId, i32);

/// People by name, with what they can.
pub(super) struct Crew {
    /// The people.
    pub(super) people: Vec<Staff>,
    /// What each of them can, as far as it is asked for.
    pub(super) skills: Vec<Vec<Skill>>,
    /// Skills that are asked for; the engine knows them by their places.
    wanted: Vec<SkillId>,
    names: HashMap<SkillId, skills::Model>,
}

/// All active staff by name, for who sees all allocations.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn staff(viewer: &Viewer, db: &Db, projects: &Projects) -> Result<Vec<Staff>> {
    let mut staff = projects.readers.staff(db, viewer).await?;
    staff.sort_by(|one, other| (&one.name, one.user).cmp(&(&other.name, other.user)));
    Ok(staff)
}

impl Crew {
    /// Reads what people can of these skills; in two statements.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn load(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        people: Vec<Staff>,
        wanted: BTreeSet<SkillId>,
    ) -> Result<Self> {
        let (mut able, mut names) = (HashMap::new(), HashMap::new());
        if !wanted.is_empty() {
            let backend = conn.get_database_backend();
            let ids = || wanted.iter().map(|skill| skill.uuid());
            let rows = skilled::of_tenant(viewer.tenant_id());
            let rows = rows.filter(one_of(backend, skilled::Column::SkillId, ids())).all(conn).await?;
            let place: HashMap<SkillId, usize> =
                wanted.iter().enumerate().map(|(place, skill)| (*skill, place)).collect();
            for row in rows {
                let of: &mut Vec<Skill> = able.entry(row.user_id).or_default();
                let level = u32::try_from(row.level).unwrap_or_default();
                of.extend(place.get(&row.skill_id).map(|skill| Skill { skill: *skill, level }));
            }
            let rows = skills::Entity::of_tenant(viewer.tenant_id());
            let rows = rows.filter(one_of(backend, skills::Column::Id, ids())).all(conn).await?;
            names = rows.into_iter().map(|row| (row.id, row)).collect();
        }
        let mut skills: Vec<Vec<Skill>> =
            people.iter().map(|one: &Staff| able.remove(&one.user).unwrap_or_default()).collect();
        // Reason: a token is made of them, and databases answer in any order.
        skills.iter_mut().for_each(|of| of.sort_unstable_by_key(|one| one.skill));
        Ok(Self { people, skills, wanted: wanted.into_iter().collect(), names })
    }

    /// Leaves out who can nothing of what is asked for.
    pub(super) fn keep_able(&mut self) {
        let able: Vec<bool> = self.skills.iter().map(|skills| !skills.is_empty()).collect();
        let (mut people, mut skills) = (able.iter(), able.iter());
        self.people.retain(|_| people.next().is_some_and(|able| *able));
        self.skills.retain(|_| skills.next().is_some_and(|able| *able));
    }

    /// Leaves out all but so many, by name.
    pub(super) fn keep_first(&mut self, most: usize) {
        self.people.truncate(most);
        self.skills.truncate(most);
    }

    /// What a task takes as the engine knows it.
    pub(super) fn need(&self, levels: &[Level], work: i64) -> Need {
        Need { skills: self.needed(levels), work }
    }

    /// The skills that a place takes as the engine knows them.
    pub(super) fn needed(&self, levels: &[Level]) -> Vec<Skill> {
        let skill = |(id, level): &Level| {
            let skill = self.wanted.binary_search(id).ok()?;
            Some(Skill { skill, level: u32::try_from(*level).unwrap_or_default() })
        };
        levels.iter().filter_map(skill).collect()
    }

    /// How well a person can do something; 0 for who cannot at all.
    pub(super) fn level(&self, person: usize, skill: SkillId) -> i32 {
        let place = self.wanted.binary_search(&skill).ok();
        let own = self.skills[person].iter().find(|one| Some(one.skill) == place);
        own.map_or(0, |own| i32::try_from(own.level).unwrap_or_default())
    }

    /// A skill that is asked for.
    pub(super) fn skill(&self, id: SkillId) -> Option<Graph<graphql::Skill>> {
        self.names.get(&id).map(|row| Graph(row.clone().into()))
    }

    /// The ids of the people.
    pub(super) fn ids(&self) -> Vec<UserId> {
        self.people.iter().map(|one| one.user).collect()
    }
}
