//! Erasing a person: what projects hold of them, what must be settled first, and how it goes.

use kernel::{
    Error, Result, Text,
    act::Act,
    id::{TenantId, UserId},
    policy::Guarded,
    privacy::{DataSubject, Fate, Holding, Obstacle},
};
use sea_orm::{ColumnTrait, ConnectionTrait, PaginatorTrait, QueryFilter, Select};

use crate::{
    change_request,
    comment::{entity as comment, mention},
    feedback::{self, entity as asked},
    import,
    member::entity as member,
    milestone,
    people::forget,
    project::{entity as project, under_way},
    risk::entity as risk,
    task::{assignee, entity as task},
    template::entity as template,
    time::people::{self, Kept},
    view::entity as view,
};

/// The person manages projects that are not over.
pub const MANAGES: Text = Text::new(
    "erasure_manages_projects",
    "They manage projects that are not over. Give these to somebody else first.",
    "Cette personne dirige des projets en cours. Confiez-les d'abord à quelqu'un d'autre.",
);

/// Tasks that are not done are the person's.
pub const HAS_TASKS: Text = Text::new(
    "erasure_has_tasks",
    "They have tasks that are not done. Give these to somebody else first.",
    "Cette personne a des tâches en cours. Confiez-les d'abord à quelqu'un d'autre.",
);

const MANAGED: Text = Text::new("projects_managed", "Projects they managed", "Projets dirigés");
const PLACES: Text = Text::new("projects_places", "Places on teams", "Places dans des équipes");
const DONE_BY: Text = Text::new("projects_assigned", "Tasks they did", "Tâches attribuées");
const WORKED: Text = Text::new("projects_time", "Hours and weeks of work", "Heures et semaines de travail");
const TIMERS: Text = Text::new("projects_timers", "Running timers", "Minuteurs en marche");
const RATES: Text =
    Text::new("projects_rates", "What their hours cost and are billed at", "Taux et coûts horaires");
const PROFILE: Text = Text::new(
    "projects_profile",
    "What they can do and when they work",
    "Compétences et horaires de travail",
);
const LEAVE: Text = Text::new("projects_leave", "When they were away", "Absences");
const PLANNED: Text = Text::new("projects_allocations", "What they were planned for", "Affectations prévues");
const COMMENTS: Text = Text::new("projects_comments", "Comments they wrote", "Commentaires rédigés");
const MENTIONED: Text =
    Text::new("projects_mentions", "Comments that mention them", "Commentaires qui les mentionnent");
const MILESTONES: Text = Text::new(
    "projects_milestones",
    "Milestones they answered for or about",
    "Jalons sous leur responsabilité ou tranchés",
);
const RISKS: Text = Text::new("projects_risks", "Risks they watched", "Risques suivis");
const CHANGES: Text = Text::new(
    "projects_change_requests",
    "Change requests they wrote or answered",
    "Demandes de changement rédigées ou tranchées",
);
const FEEDBACK: Text =
    Text::new("projects_feedback", "What they were asked and answered", "Avis sollicités et donnés");
const MADE: Text = Text::new(
    "projects_made",
    "Templates they made and files they imported",
    "Modèles créés et fichiers importés",
);
const VIEWS: Text = Text::new("projects_views", "Views they saved", "Vues enregistrées");
const REPORTED: Text = Text::new("projects_reported", "Tasks they reported", "Tâches signalées");

/// Counts what projects hold of a person.
///
/// # Errors
/// If the database does not answer.
pub async fn holdings(conn: &impl ConnectionTrait, subject: &DataSubject) -> Result<Vec<Holding>> {
    let Some(user) = subject.user else { return Ok(Vec::new()) };
    let places = member::Entity::of_tenant(subject.tenant).filter(member::Column::UserId.eq(user));
    let does = assignee::of_tenant(subject.tenant).filter(assignee::Column::UserId.eq(user));
    let reported = task::Entity::of_tenant(subject.tenant).filter(task::Column::ReporterId.eq(user));
    let Kept { worked, timers, rates } = people::kept(conn, subject.tenant, user).await?;
    let wrote = comment::Entity::of_tenant(subject.tenant).filter(comment::Column::AuthorId.eq(user));
    let mentioned = mention::of_tenant(subject.tenant).filter(mention::Column::UserId.eq(user));
    let views = view::Entity::of_tenant(subject.tenant).filter(view::Column::OwnerId.eq(user));
    let milestones = milestone::of_person(subject.tenant, user);
    let risks = risk::Entity::of_tenant(subject.tenant).filter(risk::Column::OwnerId.eq(user));
    let asked = asked::Entity::of_tenant(subject.tenant).filter(asked::Column::UserId.eq(user));
    let changes = change_request::of_person(subject.tenant, user);
    let working = forget::kept(conn, subject.tenant, user).await?;
    let made = template::Entity::of_tenant(subject.tenant).filter(template::Column::CreatedBy.eq(user));
    let made = made.count(conn).await? + import::forget::of_person(subject.tenant, user).count(conn).await?;
    let found = [
        ("projects.made", MADE, made, Fate::Anonymised),
        ("projects.change_requests", CHANGES, changes.count(conn).await?, Fate::Anonymised),
        ("projects.risks", RISKS, risks.count(conn).await?, Fate::Anonymised),
        ("projects.feedback", FEEDBACK, asked.count(conn).await?, Fate::Anonymised),
        ("projects.profile", PROFILE, working.profile, Fate::Erased),
        ("projects.leave", LEAVE, working.leave, Fate::Erased),
        ("projects.allocations", PLANNED, working.allocations, Fate::Anonymised),
        ("projects.time", WORKED, worked, Fate::Anonymised),
        ("projects.timers", TIMERS, timers, Fate::Erased),
        ("projects.rates", RATES, rates, Fate::Erased),
        ("projects.comments", COMMENTS, wrote.count(conn).await?, Fate::Anonymised),
        ("projects.mentions", MENTIONED, mentioned.count(conn).await?, Fate::Erased),
        ("projects.views", VIEWS, views.count(conn).await?, Fate::Erased),
        ("projects.milestones", MILESTONES, milestones.count(conn).await?, Fate::Anonymised),
        ("projects.managed", MANAGED, managed(subject.tenant, user).count(conn).await?, Fate::Anonymised),
        ("projects.teams", PLACES, places.count(conn).await?, Fate::Erased),
        ("projects.assigned_tasks", DONE_BY, does.count(conn).await?, Fate::Erased),
        ("projects.reported_tasks", REPORTED, reported.count(conn).await?, Fate::Anonymised),
    ];
    let held = found.into_iter().map(|(name, about, count, fate)| Holding { name, about, count, fate });
    Ok(held.filter(|holding| holding.count > 0).collect())
}

/// Work that somebody else has to take over first.
///
/// # Errors
/// If the database does not answer.
pub async fn obstacles(conn: &impl ConnectionTrait, subject: &DataSubject) -> Result<Vec<Obstacle>> {
    let Some(user) = subject.user else { return Ok(Vec::new()) };
    let manages =
        managed(subject.tenant, user).filter(project::Column::Id.in_subquery(under_way(subject.tenant)));
    let open = task::Entity::of_tenant(subject.tenant)
        .filter(task::Column::Id.in_subquery(assignee::tasks_of(subject.tenant, &[user])))
        .filter(task::Column::ArchivedAt.is_null())
        .filter(task::Column::Status.ne("done"))
        .filter(task::Column::ProjectId.in_subquery(under_way(subject.tenant)));
    let found =
        [Obstacle::of(MANAGES, manages.count(conn).await?), Obstacle::of(HAS_TASKS, open.count(conn).await?)];
    Ok(found.into_iter().flatten().collect())
}

/// Takes the person out of every project; answers what there was.
///
/// # Errors
/// CONFLICT while there are [`obstacles`].
pub async fn erase(act: &mut Act, subject: &DataSubject) -> Result<Vec<Holding>> {
    if let Some(obstacle) = obstacles(act.conn(), subject).await?.pop() {
        return Err(Error::conflict(obstacle.about));
    }
    let found = holdings(act.conn(), subject).await?;
    if let Some(user) = subject.user {
        crate::reassign_user(act, user, None).await?;
        people::erase_user(act, user).await?;
        forget::decider(act, user).await?;
        crate::comment::forget_author(act, user).await?;
        change_request::erase_user(act, user).await?;
        milestone::erase_user(act, user).await?;
        feedback::erase_user(act, user).await?;
        import::forget::person(act, user).await?;
        crate::template::forget_maker(act, user).await?;
    }
    Ok(found)
}

fn managed(tenant: TenantId, user: UserId) -> Select<project::Entity> {
    project::Entity::of_tenant(tenant).filter(project::Column::ManagerId.eq(user))
}
