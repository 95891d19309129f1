//! Who may do what: the catalogue as a matrix of role × permission × reach, and the same seen from outside, as a matrix
//! of role × operation. Both are golden files, so that a change of rights is seen by whoever reviews it.

mod fields;
mod operations;

use kernel::catalogue::SystemRole;
use kernel::viewer::Reach;
use tests::golden;

// keeps: ID-22
#[test]
fn catalogue_gives_each_role_what_the_golden_matrix_says() {
    let catalogue = gateway::app::catalogue();
    let mut names: Vec<&str> = catalogue.rules().iter().map(|rule| rule.permission.name).collect();
    names.sort_unstable();
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut lines = vec![
        "# permission × role: how far each system role holds each permission".to_owned(),
        heading(width),
    ];
    for name in names {
        let rule = catalogue.rules().iter().find(|rule| rule.permission.name == name).unwrap();
        let reaches = SystemRole::ALL.map(|role| cell(rule.reach_of(role).map_or("-", Reach::as_str)));
        lines.push(line(name, width, &reaches));
    }
    golden::check("permissions.txt", &lines.join("\n"));
}

#[test]
fn permission_is_listed_once_and_says_what_it_allows() {
    let catalogue = gateway::app::catalogue();
    let mut names: Vec<&str> = catalogue.rules().iter().map(|rule| rule.permission.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a permission is listed twice");
    for rule in catalogue.rules() {
        let parts = rule.permission.name.split('.').count();
        assert_eq!(parts, 3, "{}: a permission is named <domain>.<thing>.<verb>", rule.permission);
        assert!(rule.permission.description.len() > 10, "{} says nothing", rule.permission);
    }
}

/// Width of a role's column.
const CELL: usize = 13;

pub(super) fn heading(width: usize) -> String {
    line("", width, &SystemRole::ALL.map(|role| cell(&role.key().replace("project_manager", "manager"))))
}

pub(super) fn cell(text: &str) -> String {
    format!("{text:<CELL$}")
}

pub(super) fn line(name: &str, width: usize, cells: &[String]) -> String {
    format!("{name:<width$}  {}", cells.concat()).trim_end().to_owned()
}
