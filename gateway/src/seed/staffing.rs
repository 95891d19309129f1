//! People of a generated agency as those who work: a calendar, profiles with skills, leave, and what they are planned for.
//! Made after everything else and without chance, so that it changes nothing of what is there.

use std::collections::HashMap;

use chrono::{Days, NaiveDate, TimeDelta};
use kernel::{
    catalogue::SystemRole,
    error::Result,
    id::{ProjectId, UserId},
};
use projects::{
    calendar::{day, entity as calendar},
    people::{
        allocation::{entity as allocation, needed},
        leave::entity as leave,
        profile::{certified, entity as profile, id_of, skilled},
        skill::{entity as skill, on_task},
        workload::figures::monday,
    },
    project::entity as project,
    task::entity as task,
    words::ProjectStatus as Status,
};
use serde_json::json;

use super::{agency::Agency, maker::Maker, rows::Rows};

/// Skills and what they belong to.
const SKILLS: [(&str, &str); 8] = [
    ("Rust", "Engineering"),
    ("TypeScript", "Engineering"),
    ("PostgreSQL", "Engineering"),
    ("Interface design", "Design"),
    ("Illustration", "Design"),
    ("Copywriting", "Content"),
    ("Project management", "Leading"),
    ("Accessibility", "Engineering"),
];

/// What people do.
const TITLES: [&str; 5] = ["Developer", "Designer", "Consultant", "Project lead", "Editor"];

/// How a year of leave looks: why, in how many days from today it begins, how many days it lasts, where it stands.
const LEAVE: [(&str, i64, i64, &str); 4] = [
    ("vacation", 21, 11, "approved"),
    ("training", 10, 1, "approved"),
    ("vacation", 60, 4, "requested"),
    ("sick", -9, 2, "approved"),
];

/// Everything that an agency plans its people with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Staffing {
    /// Its calendar.
    pub calendars: Vec<calendar::Model>,
    /// Days of the calendar and of people.
    pub days: Vec<day::Model>,
    /// What people can do.
    pub skills: Vec<skill::Model>,
    /// Profiles of staff.
    pub profiles: Vec<profile::Model>,
    /// Who can do what.
    pub skilled: Vec<skilled::Model>,
    /// Certifications.
    pub certified: Vec<certified::Model>,
    /// When people are away.
    pub leave: Vec<leave::Model>,
    /// What they are planned for, and places that nobody has taken.
    pub allocations: Vec<allocation::Model>,
    /// What those places take.
    pub needed: Vec<needed::Model>,
    /// What tasks take.
    pub taken: Vec<on_task::Model>,
}

/// Adds how a generated agency plans its people, if it keeps time at all.
pub(super) fn add(agency: &Agency, maker: &Maker, rows: &mut Rows) {
    if agency.size.weeks == 0 {
        return;
    }
    let mut made = Staffing { calendars: vec![calendar(agency, maker)], ..Staffing::default() };
    made.skills = SKILLS.iter().map(|(name, area)| new_skill(maker, name, area)).collect();
    let staff: Vec<UserId> = rows
        .memberships
        .iter()
        .filter(|membership| membership.account_id.is_none())
        .map(|membership| membership.user_id)
        .collect();
    made.days.push(closed(maker, made.calendars[0].id));
    for (place, person) in staff.iter().enumerate() {
        made.person(maker, place, *person);
    }
    made.plan(maker, rows);
    made.tasks(maker, rows);
    rows.staffing = made;
}

fn calendar(agency: &Agency, maker: &Maker) -> calendar::Model {
    let day = json!([[540, 780], [840, 1_080]]);
    calendar::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        name: "Office hours".to_owned(),
        hours: json!([day, day, day, day, day, [], []]),
        country: Some(if agency.time_zone.starts_with("America/") { "US" } else { "DE" }.to_owned()),
        is_default: true,
        created_at: maker.now(),
        updated_at: maker.now(),
        version: 1,
    }
}

/// A day in three weeks on which the office is closed.
fn closed(maker: &Maker, calendar: kernel::id::WorkCalendarId) -> day::Model {
    day::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        calendar_id: Some(calendar),
        user_id: None,
        on_day: maker.day(18),
        name: Some("Company outing".to_owned()),
        hours: json!([]),
    }
}

fn new_skill(maker: &Maker, name: &str, area: &str) -> skill::Model {
    skill::Model {
        id: maker.id(),
        tenant_id: maker.tenant,
        name: name.to_owned(),
        area: Some(area.to_owned()),
        archived_at: None,
        created_at: maker.now(),
        updated_at: maker.now(),
        version: 1,
    }
}

impl Staffing {
    /// What is known of a person.
    fn person(&mut self, maker: &Maker, place: usize, person: UserId) {
        let part_time = place % 7 == 3;
        self.profiles.push(profile::Model {
            id: id_of(maker.tenant, person),
            tenant_id: maker.tenant,
            user_id: person,
            job_title: Some(TITLES[place % TITLES.len()].to_owned()),
            location: Some(if place.is_multiple_of(4) { "At home" } else { "Office" }.to_owned()),
            country: None,
            calendar_id: None,
            hours: json!([]),
            weekly_minutes: part_time.then_some(1_200),
            target_percent: Some(if place.is_multiple_of(3) { 60 } else { 75 }),
            created_at: maker.now(),
            updated_at: maker.now(),
            version: 1,
        });
        for step in 0..3 {
            let level = i32::try_from((place + step * 2) % 5 + 1).unwrap_or(1);
            let skill_id = self.skills[(place + step * 3) % SKILLS.len()].id;
            self.skilled.push(skilled::Model {
                id: maker.id(),
                tenant_id: maker.tenant,
                user_id: person,
                skill_id,
                level,
            });
        }
        if place % 5 == 1 {
            self.certified.push(certified::Model {
                id: maker.id(),
                tenant_id: maker.tenant,
                user_id: person,
                name: "Certified Professional in Accessibility".to_owned(),
                issuer: Some("IAAP".to_owned()),
                issued_on: Some(maker.day(-400)),
                expires_on: Some(maker.day(if place.is_multiple_of(2) { -10 } else { 700 })),
                credential: Some(format!("CPACC-{:04}", 1_000 + place)),
            });
        }
        self.away(maker, place, person);
    }

    fn away(&mut self, maker: &Maker, place: usize, person: UserId) {
        let (kind, begins, days, status) = LEAVE[place % LEAVE.len()];
        let starts_on = maker.day(begins + i64::try_from(place).unwrap_or_default() % 9);
        self.leave.push(leave::Model {
            id: maker.id(),
            tenant_id: maker.tenant,
            user_id: person,
            kind: kind.to_owned(),
            starts_on,
            ends_on: starts_on + TimeDelta::days(days - 1),
            minutes: None,
            note: String::new(),
            status: status.to_owned(),
            decided_by: None,
            decided_at: (status == "approved").then(|| maker.now()),
            reason: None,
            created_at: maker.now(),
            updated_at: maker.now(),
            version: 1,
        });
    }

    /// Plans the teams of projects that go on: everybody for as large a part of each as they have projects.
    fn plan(&mut self, maker: &Maker, rows: &Rows) {
        let open: HashMap<ProjectId, &project::Model> = rows
            .projects
            .iter()
            .filter(|project| goes_on(project))
            .map(|project| (project.id, project))
            .collect();
        let mut of: HashMap<UserId, Vec<ProjectId>> = HashMap::new();
        for member in rows.members.iter().filter(|member| open.contains_key(&member.project_id)) {
            of.entry(member.user_id).or_default().push(member.project_id);
        }
        let first = monday(maker.today);
        for user in rows.users.iter().map(|user| user.id) {
            let Some(projects) = of.get(&user) else { continue };
            let some = &projects[..projects.len().min(4)];
            let percent = 90 / i32::try_from(some.len()).unwrap_or(1).max(1);
            for (place, project) in some.iter().enumerate() {
                let firm = !matches!(status(open[project]), Status::Intake | Status::Planning);
                let last = first + Days::new(7 * (6 + 4 * place as u64) - 1);
                let amount = (None, Some(percent));
                self.allocate(maker, *project, Some(user), amount, (first, last), firm);
            }
        }
        self.open_places(maker, rows, first);
    }

    /// A place that nobody has taken, and a week in which the developer has too much to do.
    fn open_places(&mut self, maker: &Maker, rows: &Rows, first: NaiveDate) {
        let going = || rows.projects.iter().filter(|project| goes_on(project));
        for (place, project) in going().take(3).enumerate() {
            let range = (first + Days::new(14), first + Days::new(69));
            let id = self.allocate(maker, project.id, None, (Some(1_200), None), range, place == 0);
            let skill_id = self.skills[place].id;
            self.needed.push(needed::Model {
                id: maker.id(),
                tenant_id: maker.tenant,
                allocation_id: id,
                skill_id,
                level: 4,
            });
        }
        let developer = rows.person(SystemRole::TeamMember).id;
        if let Some(project) = going().next_back() {
            let week = (first + Days::new(7), first + Days::new(13));
            self.allocate(maker, project.id, Some(developer), (Some(1_800), None), week, true);
            self.allocate(maker, project.id, Some(developer), (Some(1_200), None), week, true);
        }
    }

    /// What the open tasks of the projects with open places take.
    fn tasks(&mut self, maker: &Maker, rows: &Rows) {
        let going = rows.projects.iter().filter(|project| goes_on(project)).take(3);
        let going: Vec<ProjectId> = going.map(|project| project.id).collect();
        let open = |task: &&task::Model| going.contains(&task.project_id) && task.status != "done";
        for (place, task) in rows.tasks.iter().filter(open).enumerate() {
            self.taken.push(on_task::Model {
                id: maker.id(),
                tenant_id: maker.tenant,
                task_id: task.id,
                skill_id: self.skills[place % SKILLS.len()].id,
                level: if place % 3 == 0 { 4 } else { 2 },
            });
        }
    }

    fn allocate(
        &mut self,
        maker: &Maker,
        project_id: ProjectId,
        user_id: Option<UserId>,
        (weekly_minutes, percent): (Option<i64>, Option<i32>),
        (starts_on, ends_on): (NaiveDate, NaiveDate),
        firm: bool,
    ) -> kernel::id::AllocationId {
        let id = maker.id();
        self.allocations.push(allocation::Model {
            id,
            tenant_id: maker.tenant,
            project_id,
            user_id,
            role: user_id.is_none().then(|| "Developer".to_owned()),
            weekly_minutes,
            percent,
            starts_on,
            ends_on,
            commitment: if firm { "firm" } else { "tentative" }.to_owned(),
            note: String::new(),
            created_at: maker.now(),
            updated_at: maker.now(),
            version: 1,
        });
        id
    }

    /// Writes it all.
    ///
    /// # Errors
    /// If the database refuses.
    pub(super) async fn write(self, act: &mut kernel::act::Act) -> Result<()> {
        let Self { calendars, days, skills, profiles, skilled, certified, leave, allocations, needed, taken } =
            self;
        act.insert_all(calendars).await?;
        act.insert_all(days).await?;
        act.insert_all(skills).await?;
        act.insert_all(profiles).await?;
        act.insert_all(skilled).await?;
        act.insert_all(certified).await?;
        act.insert_all(leave).await?;
        act.insert_all(allocations).await?;
        act.insert_all(needed).await?;
        act.insert_all(taken).await.map(drop)
    }
}

fn status(project: &project::Model) -> Status {
    Status::parse(&project.status).unwrap_or_default()
}

fn goes_on(project: &project::Model) -> bool {
    project.archived_at.is_none() && !matches!(status(project), Status::Completed | Status::Cancelled)
}
