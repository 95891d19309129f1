//! Skills with levels as inputs name them: which skills there are, and what is wrong with what is wanted.

use std::collections::{HashMap, HashSet};

use kernel::{
    Fields, Result,
    act::Act,
    id::{SkillId, TypedId},
    policy::Guarded,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::{ConnectionTrait, QueryFilter, QuerySelect};

use super::{
    ARCHIVED, UNKNOWN,
    entity::{Column, Entity},
};
use crate::{
    calendar::write::TOO_MANY,
    people::{
        TWICE,
        profile::{matrix::LEVELS, mutation::SkillLevelInput, write::SKILLS_MAX},
    },
    register::check_range,
};

/// What is known of the skills that an input names, and whether each is put away.
#[derive(Default)]
pub(crate) struct Catalogue(HashMap<SkillId, bool>);

impl Catalogue {
    /// Reads the skills with these ids in one statement; asks nothing if there is none.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn load(
        conn: &impl ConnectionTrait,
        viewer: &Viewer,
        ids: Vec<SkillId>,
    ) -> Result<Self> {
        let ids: HashSet<_> = ids.into_iter().map(|skill| skill.uuid()).collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let rows = Entity::of_tenant(viewer.tenant_id());
        let rows = rows.filter(one_of(conn.get_database_backend(), Column::Id, ids)).select_only();
        let rows: Vec<(SkillId, Option<chrono::DateTime<chrono::Utc>>)> =
            rows.columns([Column::Id, Column::ArchivedAt]).into_tuple().all(conn).await?;
        Ok(Self(rows.into_iter().map(|(id, archived)| (id, archived.is_some())).collect()))
    }

    /// The levels that are wanted at a path, at most so many; adds what is wrong with them: skills are known, in use or
    /// among `before`, and each is named once.
    pub(crate) fn levels(
        &self,
        wanted: &[SkillLevelInput],
        before: &HashSet<SkillId>,
        (path, most): (&str, usize),
        fields: &mut Fields,
    ) -> Vec<(SkillId, i32)> {
        if wanted.len() > most {
            fields.add(path, TOO_MANY.with("max", most));
            return Vec::new();
        }
        let mut seen = HashSet::new();
        for (place, one) in wanted.iter().enumerate() {
            let at = format!("{path}.{place}.skillId");
            match self.0.get(&one.skill_id) {
                None => fields.add(at.clone(), UNKNOWN),
                Some(true) if !before.contains(&one.skill_id) => fields.add(at.clone(), ARCHIVED),
                Some(_) => {}
            }
            check_range(one.level, LEVELS, &format!("{path}.{place}.level"), fields);
            fields.require(seen.insert(one.skill_id), &at, TWICE);
        }
        wanted.iter().map(|one| (one.skill_id, one.level)).collect()
    }
}

/// What is to be changed where rows shall say what an input wants at `skills`: the rows that go, and the levels that come.
///
/// # Errors
/// INVALID with everything that is wrong.
pub(crate) async fn changes<M>(
    act: &Act,
    there: Vec<M>,
    of: impl Fn(&M) -> (SkillId, i32),
    wanted: &[SkillLevelInput],
) -> Result<(Vec<M>, Vec<(SkillId, i32)>)> {
    let ids = wanted.iter().take(SKILLS_MAX).map(|one| one.skill_id).collect();
    let known = Catalogue::load(act.conn(), act.viewer(), ids).await?;
    let before = there.iter().map(|row| of(row).0).collect();
    let mut fields = Fields::new();
    let levels = known.levels(wanted, &before, ("skills", SKILLS_MAX), &mut fields);
    fields.check()?;
    Ok(difference(there, of, &levels))
}

/// The rows that say nothing of what is wanted, and what is wanted that no row says. A skill with another level is both:
/// its row goes before the new one comes.
pub(super) fn difference<M>(
    there: Vec<M>,
    of: impl Fn(&M) -> (SkillId, i32),
    wanted: &[(SkillId, i32)],
) -> (Vec<M>, Vec<(SkillId, i32)>) {
    let said: HashSet<(SkillId, i32)> = there.iter().map(&of).collect();
    let come = wanted.iter().filter(|one| !said.contains(one)).copied().collect();
    let gone = there.into_iter().filter(|row| !wanted.contains(&of(row))).collect();
    (gone, come)
}
