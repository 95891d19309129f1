//! The roles that every tenant has. Their rows carry names; what they allow is in the catalogue.

use kernel::{act::Act, catalogue::SystemRole, error::Result};

use super::entity;

/// Writes the rows of the platform's roles into the act's tenant, which has none yet; in the order of
/// [`SystemRole::ALL`].
///
/// # Errors
/// If the database refuses them.
pub async fn system_rows(act: &mut Act) -> Result<Vec<entity::Model>> {
    let rows = SystemRole::ALL
        .into_iter()
        .map(|role| {
            let (name, description) = words(role);
            entity::Model {
                id: act.new_id(),
                tenant_id: act.viewer().tenant_id(),
                key: role.key().to_owned(),
                name: name.to_owned(),
                description: description.to_owned(),
                system: true,
                created_at: act.now(),
                updated_at: act.now(),
                version: 1,
            }
        })
        .collect();
    act.insert_all(rows).await
}

/// Name and description of a role.
const fn words(role: SystemRole) -> (&'static str, &'static str) {
    match role {
        SystemRole::Owner => (
            "Owner",
            "Everything, including the agency's billing, its deletion and the transfer of ownership.",
        ),
        SystemRole::Admin => {
            ("Administrator", "Everything but the agency's billing, deletion and ownership.")
        }
        SystemRole::ProjectManager => (
            "Project manager",
            "Assigned projects and their accounts: plan, team, documents, messages, time approval, budgets. Creates projects.",
        ),
        SystemRole::TeamMember => (
            "Team member",
            "Assigned projects: tasks, own time and expenses, documents, messages. No money beyond their own.",
        ),
        SystemRole::Accountant => ("Accountant", "All of finance; reads projects, time and accounts."),
        SystemRole::Sales => {
            ("Sales", "Own and assigned leads, deals, accounts and campaigns; makes projects of won deals.")
        }
        SystemRole::Editor => ("Editor", "Content: portals, pages, menus and themes."),
        SystemRole::Client => (
            "Client",
            "The own account's projects, shared documents, messages, invoices, approvals and contracts.",
        ),
        SystemRole::ClientAdmin => {
            ("Client administrator", "A client who may also invite and remove people of the same account.")
        }
        SystemRole::Viewer => ("Viewer", "Reads everything but money and personal data."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_role_has_words_of_its_own() {
        let mut names: Vec<_> = SystemRole::ALL.into_iter().map(|role| words(role).0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SystemRole::ALL.len());
    }
}
