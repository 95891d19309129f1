//! Every act on templates, and every act that makes much at once, as people read it.

use kernel::activity::{ActionText, Category::Projects};

/// The sentences about templates and what is made from them, clones and imports.
pub const MADE: &[ActionText] = &[
    ActionText::open(
        Projects,
        ("projects.template.create", "ProjectTemplate"),
        "plus",
        ["{actor} created the template {subject}", "{actor} created {count} templates"],
        ["{actor} a créé le modèle {subject}", "{actor} a créé {count} modèles"],
    ),
    ActionText::open(
        Projects,
        ("projects.template.update", "ProjectTemplate"),
        "pencil",
        ["{actor} updated the template {subject}", "{actor} updated {count} templates"],
        ["{actor} a modifié le modèle {subject}", "{actor} a modifié {count} modèles"],
    ),
    ActionText::open(
        Projects,
        ("projects.template.archive", "ProjectTemplate"),
        "archive",
        ["{actor} archived the template {subject}", "{actor} archived {count} templates"],
        ["{actor} a archivé le modèle {subject}", "{actor} a archivé {count} modèles"],
    ),
    ActionText::open(
        Projects,
        ("projects.template.restore", "ProjectTemplate"),
        "restore",
        ["{actor} brought back the template {subject}", "{actor} brought back {count} templates"],
        ["{actor} a rétabli le modèle {subject}", "{actor} a rétabli {count} modèles"],
    ),
    ActionText::open(
        Projects,
        ("projects.template.apply", "Project"),
        "plus",
        [
            "{actor} created the project {subject} from a template",
            "{actor} created {count} projects from templates",
        ],
        [
            "{actor} a créé le projet {subject} à partir d'un modèle",
            "{actor} a créé {count} projets à partir de modèles",
        ],
    ),
    ActionText::open(
        Projects,
        ("projects.project.clone", "Project"),
        "copy",
        [
            "{actor} created the project {subject} out of another one",
            "{actor} created {count} projects out of others",
        ],
        [
            "{actor} a créé le projet {subject} d'après un autre",
            "{actor} a créé {count} projets d'après d'autres",
        ],
    ),
    ActionText::inner(
        Projects,
        ("projects.import.start", "TaskImport"),
        "upload",
        ["{actor} began an import of tasks", "{actor} began {count} imports of tasks"],
        ["{actor} a lancé un import de tâches", "{actor} a lancé {count} imports de tâches"],
    ),
    ActionText::open(
        Projects,
        ("projects.import.batch", "Task"),
        "plus",
        ["{actor} imported the task {subject}", "{actor} imported {count} tasks"],
        ["{actor} a importé la tâche {subject}", "{actor} a importé {count} tâches"],
    ),
    ActionText::inner(
        Projects,
        ("projects.import.give_up", "TaskImport"),
        "cross",
        ["An import of tasks by {actor} was given up", "{count} imports of tasks by {actor} were given up"],
        [
            "Un import de tâches de {actor} a été abandonné",
            "{count} imports de tâches de {actor} ont été abandonnés",
        ],
    ),
    ActionText::inner(
        Projects,
        ("projects.list.export", "ExportedList"),
        "download",
        ["{actor} exported the list {subject}", "{actor} exported {count} lists"],
        ["{actor} a exporté la liste {subject}", "{actor} a exporté {count} listes"],
    ),
];
