//! Lists without pages: how many items each may hold, for the reckoning of costs.

/// Fields, other than those of connections, that answer lists of objects, and how many those may hold.
///
/// Invariant: a test holds this against the schema: whoever adds a list says here how long it may become.
pub(super) const LISTS: [(&str, u64); 76] = [
    // What a task takes, a board, an invitation or a person.
    ("assignees", 20),
    ("columns", 30),
    // What a task or a milestone consists of, waits for and is waited for by; what a comment and a project have.
    ("checklist", 20),
    ("labels", 10),
    ("predecessors", 10),
    ("successors", 10),
    ("mentions", 10),
    ("customFields", 20),
    // What a template consists of.
    ("placeholders", 10),
    ("plannedColumns", 5),
    ("plannedLabels", 10),
    ("plannedMilestones", 20),
    ("plannedTasks", 200),
    ("plannedLinks", 100),
    // What a file would become, and what is wrong in it.
    ("headings", 20),
    ("drafts", 20),
    ("rowErrors", 100),
    ("roles", 20),
    ("domains", 20),
    // Devices of one person.
    ("sessions", 100),
    // Usual numbers of things that lead nowhere: lines of a role, of a change, of a refusal, of a plan.
    ("grants", 20),
    ("scopes", 20),
    ("changes", 10),
    ("problems", 50),
    ("limits", 10),
    ("tenants", 10),
    ("auditKeys", 10),
    // What an activity is about, and an erasure.
    ("subjects", 5),
    ("holdings", 30),
    ("obstacles", 5),
    // A week as a grid, and what came of writing time down.
    ("rows", 20),
    ("cells", 7),
    ("timeEntries", 10),
    ("warnings", 5),
    // A heat map, what a report names, whom feedback is asked of, and a chart of a project.
    ("squares", 25),
    ("reportedMilestones", 10),
    ("reportedRisks", 5),
    ("requests", 5),
    ("bars", 1_000),
    ("marks", 50),
    ("links", 500),
    // What else a schedule tells.
    ("criticalPath", 50),
    ("calendars", 20),
    ("week", 7),
    ("exceptions", 30),
    ("conflicts", 10),
    ("path", 10),
    ("moves", 200),
    ("rivals", 5),
    ("overloads", 20),
    ("histogram", 40),
    ("criticality", 50),
    ("slips", 500),
    ("items", 100),
    // How projects and people fare, and how it came to that.
    ("earnedValueCurve", 400),
    ("burn", 400),
    ("trend", 366),
    ("byStatus", 7),
    ("people", 50),
    ("weeks", 53),
    // Working hours of a week and of its days, days of a calendar, what a person can do.
    ("weeklyHours", 7),
    ("hours", 2),
    ("workingDays", 366),
    ("skills", 20),
    ("certifications", 5),
    // What is too much in a plan of people, what may come, and what is missing.
    ("overAllocations", 30),
    ("capacityForecast", 26),
    ("skillGaps", 20),
    // Who is suggested for places and tasks, how they fit, and what came of it.
    ("places", 10),
    ("taskDecisions", 50),
    ("candidates", 5),
    ("skillFits", 5),
    ("filledPlaces", 10),
    ("assignedTasks", 50),
    // The catalogues.
    ("eventTypes", 100),
    ("permissions", 100),
];

/// Lists of the root that are longer than their namesakes elsewhere.
pub(super) const ROOT_LISTS: [(&str, u64); 1] = [
    // All of the tenant's, not those of one person.
    ("roles", 200),
];

/// How many items a list without pages may hold; `None` for what is no such list.
pub(super) fn list_items(name: &str, root: bool) -> Option<u64> {
    let longer: &[_] = if root { &ROOT_LISTS } else { &[] };
    let mut lists = longer.iter().chain(&LISTS);
    lists.find(|(known, _)| *known == name).map(|(_, items)| *items)
}
