//! Every act on what tasks and projects consist of, as people read it.

use kernel::activity::{ActionText, Category::Projects, When};

/// Columns of milestones that clients do not know of.
const INNER: &[&str] = &["notes", "billing_minor", "billing_currency"];

const UPDATES: ActionText = ActionText::open(
    Projects,
    ("projects.milestone.update", "Milestone"),
    "pencil",
    ["{actor} updated the milestone {subject}", "{actor} updated {count} milestones"],
    ["{actor} a modifié le jalon {subject}", "{actor} a modifié {count} jalons"],
);

/// The sentences about milestones, dependencies, labels, comments, own fields and saved views.
pub const WORK: &[ActionText] = &[
    ActionText::open(
        Projects,
        ("projects.milestone.create", "Milestone"),
        "plus",
        ["{actor} created the milestone {subject}", "{actor} created {count} milestones"],
        ["{actor} a créé le jalon {subject}", "{actor} a créé {count} jalons"],
    ),
    UPDATES.when(When::Only(INNER), "projects.milestone.arrange").for_team(),
    UPDATES,
    ActionText::open(
        Projects,
        ("projects.milestone.transition", "Milestone"),
        "arrow",
        [
            "{actor} moved the milestone {subject} to another status",
            "{actor} moved {count} milestones to another status",
        ],
        ["{actor} a changé le statut du jalon {subject}", "{actor} a changé le statut de {count} jalons"],
    ),
    ActionText::open(
        Projects,
        ("projects.milestone.move", "Milestone"),
        "arrow",
        ["{actor} moved the milestone {subject}", "{actor} moved {count} milestones"],
        ["{actor} a déplacé le jalon {subject}", "{actor} a déplacé {count} jalons"],
    ),
    ActionText::open(
        Projects,
        ("projects.milestone.delete", "Milestone"),
        "trash",
        ["{actor} removed the milestone {subject}", "{actor} removed {count} milestones"],
        ["{actor} a supprimé le jalon {subject}", "{actor} a supprimé {count} jalons"],
    ),
    ActionText::open(
        Projects,
        ("projects.milestone.request_approval", "Milestone"),
        "question",
        [
            "{actor} asked the client to approve the milestone {subject}",
            "{actor} asked the client to approve {count} milestones",
        ],
        [
            "{actor} a demandé au client d'approuver le jalon {subject}",
            "{actor} a demandé au client d'approuver {count} jalons",
        ],
    ),
    ActionText::open(
        Projects,
        ("projects.milestone.approve", "Milestone"),
        "check",
        ["{actor} approved the milestone {subject}", "{actor} approved {count} milestones"],
        ["{actor} a approuvé le jalon {subject}", "{actor} a approuvé {count} jalons"],
    ),
    ActionText::open(
        Projects,
        ("projects.milestone.reject", "Milestone"),
        "cross",
        ["{actor} rejected the milestone {subject}", "{actor} rejected {count} milestones"],
        ["{actor} a refusé le jalon {subject}", "{actor} a refusé {count} jalons"],
    ),
    ActionText::open(
        Projects,
        ("projects.dependency.create", "Dependency"),
        "link",
        ["{actor} let work wait for other work", "{actor} added {count} dependencies"],
        ["{actor} a fait dépendre un travail d'un autre", "{actor} a ajouté {count} dépendances"],
    ),
    ActionText::open(
        Projects,
        ("projects.dependency.update", "Dependency"),
        "pencil",
        ["{actor} changed a dependency", "{actor} changed {count} dependencies"],
        ["{actor} a modifié une dépendance", "{actor} a modifié {count} dépendances"],
    ),
    ActionText::open(
        Projects,
        ("projects.dependency.delete", "Dependency"),
        "unlink",
        ["{actor} removed a dependency", "{actor} removed {count} dependencies"],
        ["{actor} a supprimé une dépendance", "{actor} a supprimé {count} dépendances"],
    ),
    ActionText::open(
        Projects,
        ("projects.label.create", "TaskLabel"),
        "plus",
        ["{actor} added the label {subject}", "{actor} added {count} labels"],
        ["{actor} a ajouté l'étiquette {subject}", "{actor} a ajouté {count} étiquettes"],
    ),
    ActionText::open(
        Projects,
        ("projects.label.update", "TaskLabel"),
        "pencil",
        ["{actor} updated the label {subject}", "{actor} updated {count} labels"],
        ["{actor} a modifié l'étiquette {subject}", "{actor} a modifié {count} étiquettes"],
    ),
    ActionText::open(
        Projects,
        ("projects.label.delete", "TaskLabel"),
        "trash",
        ["{actor} removed the label {subject}", "{actor} removed {count} labels"],
        ["{actor} a supprimé l'étiquette {subject}", "{actor} a supprimé {count} étiquettes"],
    ),
    ActionText::open(
        Projects,
        ("projects.comment.create", "TaskComment"),
        "comment",
        ["{actor} commented on a task", "{actor} wrote {count} comments"],
        ["{actor} a commenté une tâche", "{actor} a écrit {count} commentaires"],
    ),
    ActionText::open(
        Projects,
        ("projects.comment.update", "TaskComment"),
        "pencil",
        ["{actor} edited a comment", "{actor} edited {count} comments"],
        ["{actor} a modifié un commentaire", "{actor} a modifié {count} commentaires"],
    ),
    ActionText::open(
        Projects,
        ("projects.comment.delete", "TaskComment"),
        "trash",
        ["{actor} removed a comment", "{actor} removed {count} comments"],
        ["{actor} a supprimé un commentaire", "{actor} a supprimé {count} commentaires"],
    ),
    ActionText::open(
        Projects,
        ("projects.field.create", "ProjectField"),
        "plus",
        ["{actor} defined the field {subject} of projects", "{actor} defined {count} fields of projects"],
        ["{actor} a défini le champ {subject} des projets", "{actor} a défini {count} champs des projets"],
    ),
    ActionText::open(
        Projects,
        ("projects.field.update", "ProjectField"),
        "pencil",
        ["{actor} updated the field {subject} of projects", "{actor} updated {count} fields of projects"],
        ["{actor} a modifié le champ {subject} des projets", "{actor} a modifié {count} champs des projets"],
    ),
    ActionText::inner(
        Projects,
        ("projects.view.create", "SavedView"),
        "plus",
        ["{actor} saved the view {subject}", "{actor} saved {count} views"],
        ["{actor} a enregistré la vue {subject}", "{actor} a enregistré {count} vues"],
    ),
    ActionText::inner(
        Projects,
        ("projects.view.update", "SavedView"),
        "pencil",
        ["{actor} updated the view {subject}", "{actor} updated {count} views"],
        ["{actor} a modifié la vue {subject}", "{actor} a modifié {count} vues"],
    ),
    ActionText::inner(
        Projects,
        ("projects.view.delete", "SavedView"),
        "trash",
        ["{actor} removed the view {subject}", "{actor} removed {count} views"],
        ["{actor} a supprimé la vue {subject}", "{actor} a supprimé {count} vues"],
    ),
];
