//! Which skills are asked for that nobody has time for.

use std::collections::{BTreeMap, HashMap};

use async_graphql::SimpleObject;
use chrono::NaiveDate;
use kernel::{
    Result,
    db::Db,
    graph::Graph,
    id::{AllocationId, SkillId, TypedId, UserId},
    policy::Guarded,
    scalar::Date,
    sql::one_of,
    viewer::Viewer,
};
use sea_orm::QueryFilter;

use super::{
    people_of,
    store::{Among, Weeks, allocations, by_person, demand, is_firm, open_places},
};
use crate::{
    calendar::{graphql::range, sources::Whose},
    people::{
        allocation::{entity::Model, needed},
        profile::skilled,
        skill::{entity as skill, graphql::Skill},
        workload::figures::{Demand, Week},
    },
    service::Projects,
};

/// Most gaps that are told.
const GAPS_MAX: usize = 200;

/// A skill that is asked for, and how much of it there is.
#[derive(Clone, Debug, SimpleObject)]
pub struct SkillGap {
    /// Id of the skill.
    pub skill_id: SkillId,
    /// The skill.
    pub skill: Option<Graph<Skill>>,
    /// The level that is asked for, or a better one.
    pub level: i32,
    /// What places that nobody has taken, or whose people were deactivated, ask for at this level or a better one, in
    /// minutes; a place that takes several skills asks for each of them.
    pub demanded_minutes: i64,
    /// What active staff who have the skill at that level have left after their firm allocations, in minutes, week by
    /// week. People with several skills count for each of them.
    pub available_minutes: i64,
    /// How much of what is asked for nobody has time for, in minutes: of each week what is demanded − what is available,
    /// not below zero; the sum over the weeks. Time that somebody has later makes up for no week that is full.
    pub gap_minutes: i64,
    /// How many of active staff have the skill at that level.
    pub people: i32,
}

/// Reads the gaps of a range of days, in nine statements.
///
/// # Errors
/// INVALID at `to` for a wrong range.
pub(super) async fn read(
    viewer: &Viewer,
    db: &Db,
    projects: &Projects,
    ends: (Date, Date),
) -> Result<Vec<SkillGap>> {
    let range = range(ends, 371)?;
    let people: Vec<UserId> =
        people_of(viewer, db, projects, None).await?.into_iter().map(|one| one.user).collect();
    let weeks = Weeks::load(db, viewer, &people, range).await?;
    let rows = allocations(db, viewer, Among::Everybody, range).await?;
    let within = |row: &Model| {
        let demand = demand(row);
        Demand { first: demand.first.max(range.0), last: demand.last.min(range.1), ..demand }
    };
    let agency = weeks.of(Whose::Agency);
    let wanted = |demand: Demand| agency.iter().map(|week| week.taken(&demand)).collect();
    let open: HashMap<AllocationId, Vec<i64>> =
        open_places(&rows, &people).into_iter().map(|row| (row.id, wanted(within(row)))).collect();
    let asked = demanded(viewer, db, &open).await?;
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let of = by_person(&rows);
    let left: HashMap<UserId, Vec<i64>> = people
        .iter()
        .map(|person| {
            let rows = of.get(person).map_or(&[][..], Vec::as_slice);
            let firm: Vec<Demand> = rows.iter().filter(|row| is_firm(row)).map(|row| within(row)).collect();
            (*person, left_of(&weeks.of(Whose::Person(*person)), &firm, range))
        })
        .collect();
    told(viewer, db, &asked, &left).await
}

/// What a person has left of the days after firm work, of each week: too much work in one is no less time in another.
fn left_of(weeks: &[Week], firm: &[Demand], (first, last): (NaiveDate, NaiveDate)) -> Vec<i64> {
    let all = Demand { first, last, amount: super::figures::Amount::Percent(100) };
    let left = |week: &Week| {
        let taken: i64 = firm.iter().map(|demand| week.taken(demand)).sum();
        (week.taken(&all) - taken).max(0)
    };
    weeks.iter().map(left).collect()
}

/// Minutes of each week.
type Minutes = Vec<i64>;

fn add(sum: &mut Minutes, more: &[i64]) {
    sum.resize(sum.len().max(more.len()), 0);
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

/// What is asked for of each skill at each level, week by week.
async fn demanded(
    viewer: &Viewer,
    db: &Db,
    open: &HashMap<AllocationId, Minutes>,
) -> Result<BTreeMap<(SkillId, i32), Minutes>> {
    let mut asked: BTreeMap<(SkillId, i32), Minutes> = BTreeMap::new();
    if open.is_empty() {
        return Ok(asked);
    }
    let of = one_of(db.backend(), needed::Column::AllocationId, open.keys().map(|id| id.uuid()));
    for need in needed::of_tenant(viewer.tenant_id()).filter(of).all(db).await? {
        let minutes = open.get(&need.allocation_id).map_or(&[][..], Vec::as_slice);
        add(asked.entry((need.skill_id, need.level)).or_default(), minutes);
    }
    Ok(asked)
}

/// The gaps, the greatest first.
async fn told(
    viewer: &Viewer,
    db: &Db,
    asked: &BTreeMap<(SkillId, i32), Minutes>,
    left: &HashMap<UserId, Minutes>,
) -> Result<Vec<SkillGap>> {
    let ids = || asked.keys().map(|(skill, _)| skill.uuid());
    let able = skilled::of_tenant(viewer.tenant_id());
    let able = able.filter(one_of(db.backend(), skilled::Column::SkillId, ids())).all(db).await?;
    let names = skill::Entity::of_tenant(viewer.tenant_id());
    let names = names.filter(one_of(db.backend(), skill::Column::Id, ids())).all(db).await?;
    let names: HashMap<SkillId, skill::Model> = names.into_iter().map(|row| (row.id, row)).collect();
    let gap = |&(skill, level): &(SkillId, i32)| {
        let (mut demanded, mut available) = (Minutes::new(), Minutes::new());
        // Reason: who can do it better does it as well, so those who are asked for at better levels want the same people.
        asked.range((skill, level)..=(skill, i32::MAX)).for_each(|(_, minutes)| add(&mut demanded, minutes));
        let holds = able.iter().filter(|row| row.skill_id == skill && row.level >= level);
        let free: Vec<&Minutes> = holds.filter_map(|row| left.get(&row.user_id)).collect();
        free.iter().for_each(|minutes| add(&mut available, minutes));
        available.resize(demanded.len().max(available.len()), 0);
        let missing = demanded.iter().zip(&available).map(|(wanted, there)| (wanted - there).max(0));
        SkillGap {
            skill_id: skill,
            skill: names.get(&skill).map(|row| Graph(row.clone().into())),
            level,
            demanded_minutes: demanded.iter().sum(),
            available_minutes: available.iter().sum(),
            gap_minutes: missing.sum(),
            people: i32::try_from(free.len()).unwrap_or(i32::MAX),
        }
    };
    let mut gaps: Vec<SkillGap> = asked.keys().map(gap).collect();
    gaps.sort_by_key(|gap| (std::cmp::Reverse(gap.gap_minutes), gap.skill_id, gap.level));
    gaps.truncate(GAPS_MAX);
    Ok(gaps)
}
