//! Profiles in the graph: inputs, payloads and mutations.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use kernel::{
    Result,
    ask::Asking,
    id::{SkillId, UserId, WorkCalendarId},
    scalar::Date,
};

use super::graphql::ResourceProfile;
use crate::{
    calendar::{hours::DayHoursInput, mutation::CalendarExceptionInput},
    service::Projects,
};

/// A skill with a level.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct SkillLevelInput {
    /// The skill.
    pub skill_id: SkillId,
    /// How well, 1 (knows of it) to 5 (teaches it).
    pub level: i32,
}

/// A certification.
#[derive(Clone, Debug, InputObject)]
pub struct CertificationInput {
    /// What it is called, at most 200 characters.
    pub name: String,
    /// Who gave it, at most 200 characters.
    pub issuer: Option<String>,
    /// Since when they have it.
    pub issued_on: Option<Date>,
    /// The last day on which it holds; for ever without one.
    pub expires_on: Option<Date>,
    /// Its number, at most 100 characters.
    pub credential: Option<String>,
}

/// Changes of a profile: what is left out stays. Everybody may change their own job title, location, skills and
/// certifications; all else is for who holds `projects.people.write` on the whole agency.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateResourceProfileInput {
    /// The member of staff.
    pub user_id: UserId,
    /// The version that the change was made on; a stale one is CONFLICT.
    pub expected_version: Option<i64>,
    /// What they do, at most 200 characters.
    pub job_title: MaybeUndefined<String>,
    /// Where they work, at most 200 characters.
    pub location: MaybeUndefined<String>,
    /// ISO 3166-1 alpha-2 code of the country whose public holidays they have; null: those of their calendar.
    pub country: MaybeUndefined<String>,
    /// Their calendar; null: that of the agency.
    pub calendar_id: MaybeUndefined<WorkCalendarId>,
    /// Their own week: for each day, Monday first, the hours; null: that of their calendar.
    pub weekly_hours: MaybeUndefined<Vec<DayHoursInput>>,
    /// What they can do in a plain week, in minutes, 0 to 10 080; null: as much as their hours have.
    pub weekly_minutes: MaybeUndefined<i64>,
    /// Which share of their capacity should be billable, in percent, 0 to 100.
    pub target_percent: MaybeUndefined<i32>,
    /// What they can do: all of it, at most 100 skills.
    pub skills: Option<Vec<SkillLevelInput>>,
    /// Their certifications: all of them, at most 50.
    pub certifications: Option<Vec<CertificationInput>>,
    /// Days on which they have other hours, such as a worked Saturday or a free Friday; at most 366, each once. They
    /// replace what was said of these days.
    pub set_exceptions: Option<Vec<CalendarExceptionInput>>,
    /// Days that become usual ones again, at most 366.
    pub remove_exceptions: Option<Vec<Date>>,
}

payloads! {
    /// What `updateResourceProfile` changed.
    UpdateResourceProfilePayload {
        /// The profile as it is now.
        resource_profile: ResourceProfile
    }
}

/// Root mutations of profiles.
#[derive(Default)]
pub struct ProfileMutation;

#[Object]
impl ProfileMutation {
    /// Says something of a member of staff as one who works. Needs `projects.people.write` for the person.
    async fn update_resource_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateResourceProfileInput,
    ) -> Result<UpdateResourceProfilePayload> {
        let projects = ctx.data_unchecked::<Projects>();
        super::update(ctx.viewer(), ctx.db(), projects, input).await.map(Into::into)
    }
}
