//! The yardstick: the nested query as one hand-written statement that answers JSON, through pgbench.

use std::{path::Path, process::Command, time::Duration};

use crate::process::Cluster;

/// Projects, their account, manager and ten tasks with assignees, as the API's nested query answers them.
const STATEMENT: &str = "SELECT json_agg(row_to_json(page)) FROM (SELECT p.id, p.code, p.name, p.status, \
(SELECT row_to_json(a) FROM (SELECT id, name FROM crm_accounts WHERE tenant_id = p.tenant_id AND id = p.account_id) a) AS account, \
(SELECT row_to_json(m) FROM (SELECT id, given_name, family_name FROM identity_users WHERE id = p.manager_id) m) AS manager, \
(SELECT json_agg(row_to_json(t)) FROM (SELECT id, number, title, status, due_on, \
(SELECT json_agg(row_to_json(u)) FROM (SELECT u.id, u.given_name, u.family_name FROM projects_task_assignees x \
JOIN identity_users u ON u.id = x.user_id WHERE x.tenant_id = k.tenant_id AND x.task_id = k.id) u) AS assignees \
FROM projects_tasks k WHERE k.tenant_id = p.tenant_id AND k.project_id = p.id AND k.archived_at IS NULL \
ORDER BY k.rank, k.id LIMIT 10) t) AS tasks \
FROM projects_projects p WHERE p.tenant_id = (SELECT id FROM identity_tenants WHERE slug = 'load') \
AND p.archived_at IS NULL ORDER BY p.name, p.id LIMIT 20) page;\n";

/// Prints rate and latencies of the statement at 1 and 16 clients.
pub fn compare(cluster: &Cluster, folder: &Path, length: Duration) -> std::io::Result<()> {
    let script = folder.join("nested.sql");
    std::fs::write(&script, STATEMENT)?;
    for clients in ["1", "16"] {
        let before = cluster.cpu();
        let seconds = length.as_secs().to_string();
        let output = Command::new("pgbench")
            .args(["-n", "-M", "prepared", "-j", "1", "-T", &seconds, "-c", clients, "-f"])
            .arg(&script)
            .args(["-l", "--log-prefix"])
            .arg(folder.join(format!("log{clients}")))
            .arg(&cluster.url)
            .output()?;
        if !output.status.success() {
            return Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let mut latencies = latencies(folder, &format!("log{clients}."))?;
        latencies.sort_unstable();
        let at = |share: f64| {
            latencies.get((latencies.len() as f64 * share) as usize).copied().unwrap_or_default()
        };
        println!(
            "| one JSON statement (pgbench) | {clients} | {:.0} | {:.2} | {:.2} | 1 | | {:.2} |",
            latencies.len() as f64 / length.as_secs_f64(),
            at(0.5) as f64 / 1e3,
            at(0.99) as f64 / 1e3,
            (cluster.cpu() - before) / (latencies.len() as f64 / 1e3),
        );
    }
    Ok(())
}

/// Latencies in microseconds from pgbench's logs: the third column of each line.
fn latencies(folder: &Path, prefix: &str) -> std::io::Result<Vec<u64>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let log = std::fs::read_to_string(entry.path())?;
            all.extend(log.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()));
        }
    }
    Ok(all)
}
