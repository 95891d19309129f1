//! Every act of this domain as people read it.

mod made;
mod people;
mod register;
mod work;

use kernel::activity::{ActionText, Category::Projects, When};

pub use made::MADE;
pub use people::PEOPLE;
pub use register::REGISTERS;
pub use work::WORK;

/// The sentences. Where one act has several, the first that fits is taken.
pub const ACTIONS: &[ActionText] = &[
    ActionText::open(
        Projects,
        ("projects.project.create", "Project"),
        "plus",
        ["{actor} created the project {subject}", "{actor} created {count} projects"],
        ["{actor} a créé le projet {subject}", "{actor} a créé {count} projets"],
    ),
    CHANGES.when(When::Only(PROJECT_INNER), "projects.project.arrange").for_team(),
    CHANGES,
    ActionText::open(
        Projects,
        ("projects.project.transition", "Project"),
        "arrow",
        [
            "{actor} moved the project {subject} to its next state",
            "{actor} moved {count} projects to their next state",
        ],
        ["{actor} a fait avancer le projet {subject}", "{actor} a fait avancer {count} projets"],
    ),
    ActionText::open(
        Projects,
        ("projects.project.archive", "Project"),
        "archive",
        ["{actor} archived the project {subject}", "{actor} archived {count} projects"],
        ["{actor} a archivé le projet {subject}", "{actor} a archivé {count} projets"],
    ),
    ActionText::open(
        Projects,
        ("projects.project.restore", "Project"),
        "restore",
        ["{actor} brought back the project {subject}", "{actor} brought back {count} projects"],
        ["{actor} a rétabli le projet {subject}", "{actor} a rétabli {count} projets"],
    ),
    ActionText::open(
        Projects,
        ("projects.project.purge", "Project"),
        "trash",
        ["{actor} removed the project {subject} for good", "{actor} removed {count} projects for good"],
        [
            "{actor} a supprimé définitivement le projet {subject}",
            "{actor} a supprimé définitivement {count} projets",
        ],
    ),
    ActionText::open(
        Projects,
        ("projects.member.add", "ProjectMember"),
        "person-plus",
        ["{actor} put {person} on the team", "{actor} put {count} people on the team"],
        ["{actor} a intégré {person} à l'équipe", "{actor} a intégré {count} personnes à l'équipe"],
    ),
    ActionText::open(
        Projects,
        ("projects.member.update", "ProjectMember"),
        "pencil",
        [
            "{actor} changed what {person} does on the team",
            "{actor} changed what {count} people do on the team",
        ],
        [
            "{actor} a modifié le rôle de {person} dans l'équipe",
            "{actor} a modifié le rôle de {count} personnes dans l'équipe",
        ],
    ),
    ActionText::open(
        Projects,
        ("projects.member.remove", "ProjectMember"),
        "person-minus",
        ["{actor} took {person} off the team", "{actor} took {count} people off the team"],
        ["{actor} a retiré {person} de l'équipe", "{actor} a retiré {count} personnes de l'équipe"],
    ),
    ActionText::open(
        Projects,
        ("projects.column.create", "TaskColumn"),
        "plus",
        ["{actor} added the column {subject}", "{actor} added {count} columns"],
        ["{actor} a ajouté la colonne {subject}", "{actor} a ajouté {count} colonnes"],
    ),
    ActionText::open(
        Projects,
        ("projects.column.update", "TaskColumn"),
        "pencil",
        ["{actor} updated the column {subject}", "{actor} updated {count} columns"],
        ["{actor} a modifié la colonne {subject}", "{actor} a modifié {count} colonnes"],
    ),
    ActionText::open(
        Projects,
        ("projects.column.move", "TaskColumn"),
        "arrow",
        ["{actor} moved the column {subject}", "{actor} moved {count} columns"],
        ["{actor} a déplacé la colonne {subject}", "{actor} a déplacé {count} colonnes"],
    ),
    ActionText::open(
        Projects,
        ("projects.column.delete", "TaskColumn"),
        "trash",
        ["{actor} removed the column {subject}", "{actor} removed {count} columns"],
        ["{actor} a supprimé la colonne {subject}", "{actor} a supprimé {count} colonnes"],
    ),
    ActionText::open(
        Projects,
        ("projects.task.create", "Task"),
        "plus",
        ["{actor} created the task {subject}", "{actor} created {count} tasks"],
        ["{actor} a créé la tâche {subject}", "{actor} a créé {count} tâches"],
    ),
    COMPLETES.of("projects.task.move"),
    REOPENS.of("projects.task.move"),
    ActionText::open(
        Projects,
        ("projects.task.move", "Task"),
        "arrow",
        ["{actor} moved the task {subject}", "{actor} moved {count} tasks"],
        ["{actor} a déplacé la tâche {subject}", "{actor} a déplacé {count} tâches"],
    ),
    COMPLETES.of("projects.task.update"),
    REOPENS.of("projects.task.update"),
    PREPARES.of("projects.task.update"),
    UPDATES.of("projects.task.update"),
    COMPLETES.of("projects.task.bulk_update"),
    REOPENS.of("projects.task.bulk_update"),
    PREPARES.of("projects.task.reschedule"),
    ActionText::open(
        Projects,
        ("projects.task.reschedule", "Task"),
        "arrow",
        ["{actor} rescheduled the task {subject}", "{actor} rescheduled {count} tasks"],
        ["{actor} a replanifié la tâche {subject}", "{actor} a replanifié {count} tâches"],
    ),
    PREPARES.of("projects.task.level"),
    ActionText::open(
        Projects,
        ("projects.task.level", "Task"),
        "arrow",
        ["{actor} levelled the task {subject}", "{actor} levelled {count} tasks"],
        ["{actor} a lissé la tâche {subject}", "{actor} a lissé {count} tâches"],
    ),
    ActionText::open(
        Projects,
        ("projects.task.auto_assign", "Task"),
        "person-plus",
        ["{actor} found somebody for the task {subject}", "{actor} found somebody for {count} tasks"],
        [
            "{actor} a trouvé quelqu'un pour la tâche {subject}",
            "{actor} a trouvé quelqu'un pour {count} tâches",
        ],
    ),
    PREPARES.of("projects.task.bulk_update"),
    UPDATES.of("projects.task.bulk_update"),
    ActionText::open(
        Projects,
        ("projects.task.tick", "Task"),
        "check",
        ["{actor} went through the checklist of {subject}", "{actor} went through {count} checklists"],
        ["{actor} a parcouru la liste de {subject}", "{actor} a parcouru {count} listes"],
    )
    .for_team(),
    ActionText::open(
        Projects,
        ("projects.task.archive", "Task"),
        "archive",
        ["{actor} archived the task {subject}", "{actor} archived {count} tasks"],
        ["{actor} a archivé la tâche {subject}", "{actor} a archivé {count} tâches"],
    ),
    ActionText::open(
        Projects,
        ("projects.task.restore", "Task"),
        "restore",
        ["{actor} brought back the task {subject}", "{actor} brought back {count} tasks"],
        ["{actor} a rétabli la tâche {subject}", "{actor} a rétabli {count} tâches"],
    ),
];

/// The field that says since when a task is done.
const DONE: &str = "completed_at";

const COMPLETES: ActionText = ActionText::open(
    Projects,
    ("projects.task.move", "Task"),
    "check",
    ["{actor} completed the task {subject}", "{actor} completed {count} tasks"],
    ["{actor} a terminé la tâche {subject}", "{actor} a terminé {count} tâches"],
)
.when(When::Fills(DONE), "projects.task.complete");

const REOPENS: ActionText = ActionText::open(
    Projects,
    ("projects.task.move", "Task"),
    "restore",
    ["{actor} reopened the task {subject}", "{actor} reopened {count} tasks"],
    ["{actor} a rouvert la tâche {subject}", "{actor} a rouvert {count} tâches"],
)
.when(When::Clears(DONE), "projects.task.reopen");

/// Columns of projects that clients do not know of.
const PROJECT_INNER: &[&str] = &["budget_minor", "budget_currency", "budget_minutes", "custom"];

const CHANGES: ActionText = ActionText::open(
    Projects,
    ("projects.project.update", "Project"),
    "pencil",
    ["{actor} updated the project {subject}", "{actor} updated {count} projects"],
    ["{actor} a modifié le projet {subject}", "{actor} a modifié {count} projets"],
);

/// Columns of tasks that clients do not know of.
const TASK_INNER: &[&str] = &[
    "estimate_minutes",
    "remaining_minutes",
    "blocked_reason",
    "checklist",
    "labels",
    "skills",
    "scheduling",
    "duration_minutes",
    "constraint_kind",
    "constraint_on",
    "deadline_on",
    "optimistic_minutes",
    "pessimistic_minutes",
];

const PREPARES: ActionText = UPDATES.when(When::Only(TASK_INNER), "projects.task.prepare").for_team();

const UPDATES: ActionText = ActionText::open(
    Projects,
    ("projects.task.update", "Task"),
    "pencil",
    ["{actor} updated the task {subject}", "{actor} updated {count} tasks"],
    ["{actor} a modifié la tâche {subject}", "{actor} a modifié {count} tâches"],
);
