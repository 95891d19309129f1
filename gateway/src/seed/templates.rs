//! Templates of a generated agency: a website, a brand, a retainer. Made last and without chance, so that they change
//! nothing of what is there.

use kernel::catalogue::SystemRole;
use projects::{
    template::{
        entity as template,
        plan::{TemplateLink, TemplateMilestone, TemplatePlan, TemplateRole, TemplateTask},
        rules, stored,
    },
    words::DependencyKind,
};
use serde_json::json;

use super::{maker::Maker, rows::Rows};

/// A task: key, title, first working day, working days, minutes, place, milestone.
type Line = (&'static str, &'static str, i32, i32, i64, &'static str, &'static str);

/// A template: name, category, description; and the tag of the agency's projects that were made from it.
struct Sketch {
    named: [&'static str; 3],
    tag: &'static str,
    places: &'static [(&'static str, &'static str)],
    milestones: &'static [(&'static str, &'static str, i32, &'static str)],
    tasks: &'static [Line],
    folders: &'static [&'static str],
}

const WEBSITE: Sketch = Sketch {
    named: ["Website", "Web", "A site from the first workshop to the launch."],
    tag: "web",
    places: &[("lead", "Project lead"), ("design", "Designer"), ("dev", "Developer")],
    milestones: &[
        ("concept", "Concept approved", 9, "Sitemap and wireframes"),
        ("layout", "Design approved", 19, "Layouts of all page types"),
        ("launch", "Launch", 39, "The live site"),
    ],
    tasks: &[
        ("kickoff", "Kick-off workshop", 0, 1, 240, "lead", "concept"),
        ("sitemap", "Sitemap and wireframes", 1, 7, 1_920, "design", "concept"),
        ("layouts", "Layouts of all page types", 10, 9, 3_600, "design", "layout"),
        ("frontend", "Build the front end", 20, 10, 4_800, "dev", "launch"),
        ("content", "Fill in the content", 27, 8, 1_920, "lead", "launch"),
        ("testing", "Test in every browser", 32, 5, 1_440, "dev", "launch"),
        ("golive", "Go live", 39, 1, 240, "dev", "launch"),
    ],
    folders: &["Contracts", "Design/Layouts", "Design/Assets", "Content"],
};

const BRAND: Sketch = Sketch {
    named: ["Brand identity", "Brand", "From the interviews to the manual of the brand."],
    tag: "brand",
    places: &[("lead", "Brand strategist"), ("design", "Designer")],
    milestones: &[
        ("strategy", "Positioning approved", 9, "The positioning on one page"),
        ("manual", "Manual handed over", 29, "Logo, colours and type in every format"),
    ],
    tasks: &[
        ("interviews", "Interviews", 0, 4, 960, "lead", "strategy"),
        ("positioning", "Positioning", 4, 5, 1_440, "lead", "strategy"),
        ("routes", "Three routes", 10, 8, 2_880, "design", "manual"),
        ("refine", "Refine the chosen route", 18, 6, 2_160, "design", "manual"),
        ("manual-task", "Write the manual", 24, 5, 1_440, "design", "manual"),
    ],
    folders: &["Contracts", "Research", "Routes", "Manual"],
};

const RETAINER: Sketch = Sketch {
    named: ["Monthly retainer", "Retainer", "What is done for a client every month."],
    tag: "support",
    places: &[("lead", "Account manager"), ("dev", "Developer")],
    milestones: &[("report", "Report of the month", 19, "Report with figures")],
    tasks: &[
        ("plan", "Plan the month with the client", 0, 1, 60, "lead", "report"),
        ("updates", "Updates and backups", 1, 2, 240, "dev", "report"),
        ("wishes", "Small wishes", 3, 14, 1_440, "dev", "report"),
        ("figures", "Collect the figures", 17, 2, 120, "lead", "report"),
        ("write", "Write the report", 19, 1, 120, "lead", "report"),
    ],
    folders: &["Reports"],
};

/// Adds the templates to a generated agency.
pub(super) fn add(maker: &Maker, rows: &mut Rows) {
    let made_by = rows.person(SystemRole::ProjectManager).id;
    let since = rows.tenant.created_at;
    for sketch in [WEBSITE, BRAND, RETAINER] {
        let [name, category, description] = sketch.named;
        let plan = sketch.plan();
        let count = |parts: usize| i32::try_from(parts).unwrap_or(i32::MAX);
        let row = template::Model {
            id: maker.id(),
            tenant_id: maker.tenant,
            name: name.to_owned(),
            description: description.to_owned(),
            category: Some(category.to_owned()),
            milestone_count: count(plan.planned_milestones.len()),
            task_count: count(plan.planned_tasks.len()),
            length_days: rules::length(&plan),
            created_by: Some(made_by),
            archived_at: None,
            created_at: since,
            updated_at: since,
            version: 1,
        };
        let plan = stored::Model { id: row.id, tenant_id: row.tenant_id, plan: json!(plan) };
        for project in &mut rows.projects {
            let tags = project.tags.as_array().map(Vec::as_slice).unwrap_or_default();
            if tags.first().is_some_and(|tag| tag == sketch.tag) {
                project.template_id = Some(row.id);
            }
        }
        rows.templates.push(row);
        rows.plans.push(plan);
    }
}

impl Sketch {
    fn plan(&self) -> TemplatePlan {
        let role = |(key, title): &(&str, &str)| TemplateRole { key: text(key), title: text(title) };
        let milestone = |(key, name, day, deliverable): &(&str, &str, i32, &str)| TemplateMilestone {
            key: text(key),
            name: text(name),
            due_day: Some(*day),
            deliverables: vec![text(deliverable)],
            client_visible: true,
            role: self.places.first().map(|(key, _)| text(key)),
            ..TemplateMilestone::default()
        };
        let task = |(key, title, start, days, minutes, place, milestone): &Line| TemplateTask {
            key: text(key),
            title: text(title),
            start_day: Some(*start),
            duration_days: Some(*days),
            estimate_minutes: Some(*minutes),
            doers: vec![text(place)],
            milestone: Some(text(milestone)),
            ..TemplateTask::default()
        };
        let link = |pair: &[Line]| TemplateLink {
            predecessor: text(pair[0].0),
            successor: text(pair[1].0),
            kind: match pair[1].2 > pair[0].2 + pair[0].3 - 1 {
                true => DependencyKind::FinishToStart,
                false => DependencyKind::StartToStart,
            },
            ..TemplateLink::default()
        };
        TemplatePlan {
            placeholders: self.places.iter().map(role).collect(),
            planned_milestones: self.milestones.iter().map(milestone).collect(),
            planned_tasks: self.tasks.iter().map(task).collect(),
            planned_links: self.tasks.windows(2).map(link).collect(),
            folders: self.folders.iter().map(|path| text(path)).collect(),
            ..TemplatePlan::default()
        }
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use kernel::Fields;

    use super::*;

    #[test]
    fn templates_are_as_people_could_make_them() {
        for sketch in [WEBSITE, BRAND, RETAINER] {
            let (plan, mut fields) = (sketch.plan(), Fields::new());
            assert_eq!(rules::checked(plan.clone(), &mut fields), plan);
            assert!(fields.check().is_ok(), "{}", sketch.named[0]);
        }
    }
}
