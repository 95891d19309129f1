//! Acts of the program itself as people read them.

use kernel::activity::{
    ActionText,
    Category::{Projects, Settings},
};

/// The sentences. Where one act has several, the first that fits is taken.
pub const ACTIONS: &[ActionText] = &[
    ActionText::inner(
        Settings,
        ("seed.agency.create", "Tenant"),
        "plus",
        [
            "{actor} filled the agency {subject} with an example",
            "{actor} filled {count} agencies with examples",
        ],
        ["{actor} a rempli l'agence {subject} d'un exemple", "{actor} a rempli {count} agences d'exemples"],
    ),
    ActionText::inner(
        Projects,
        ("seed.projects.create", "Project"),
        "plus",
        ["{actor} made an example project", "{actor} made {count} example projects"],
        ["{actor} a créé un projet d'exemple", "{actor} a créé {count} projets d'exemple"],
    ),
    ActionText::inner(
        Projects,
        ("seed.hours.create", "TimeEntry"),
        "plus",
        ["{actor} wrote down example hours", "{actor} wrote down example hours {count} times"],
        ["{actor} a noté des heures d'exemple", "{actor} a noté {count} fois des heures d'exemple"],
    ),
    ActionText::inner(
        Settings,
        ("seed.jobs.create", "Job"),
        "plus",
        ["{actor} queued an example job", "{actor} queued {count} example jobs"],
        ["{actor} a créé une tâche de fond d'exemple", "{actor} a créé {count} tâches de fond d'exemple"],
    ),
];
