//! The schema keeps the rules of the house on both databases: tenancy, indexes, checks, names.

use crate::support::catalog::{self, Table};
use crate::support::{on_each, rows};
use migrations::MAX_NAME_LENGTH;
use std::collections::{BTreeMap, BTreeSet};

/// Tables without `tenant_id NOT NULL`, and why.
const OUTSIDE_TENANTS: &[(&str, &str)] = &[
    ("identity_tenants", "it is the tenant"),
    ("identity_users", "a person may be in several tenants"),
    ("identity_password_history", "belongs to the person"),
    ("identity_known_devices", "belongs to the person"),
    ("identity_signing_keys", "belongs to the installation"),
    ("event_consumers", "a consumer reads the events of all tenants"),
    ("jobs", "a job without a tenant is the installation's own"),
    ("job_schedules", "a schedule without a tenant is the installation's own"),
    ("job_leases", "belongs to the installation"),
];

/// Indexes of tenants' tables that do not lead with the tenant, and why.
const TENANT_NOT_FIRST: &[(&str, &str)] = &[
    ("uq_identity_domains_domain", "a verified domain names its tenant"),
    ("ix_identity_memberships_user_id", "a person's tenants; foreign key"),
    ("ix_identity_tokens_user_id", "foreign key to the person"),
    ("uq_identity_tokens_hash", "the token names its tenant"),
    ("uq_identity_refresh_tokens_hash", "the token names its tenant"),
    ("uq_identity_invitations_token_hash", "the token names its tenant"),
    ("uq_identity_api_keys_prefix", "the key names its tenant"),
    ("ix_event_deliveries_next_at", "the dispatcher reads all tenants"),
    ("ix_jobs_priority_run_at_id", "the worker reads all tenants"),
    ("ix_jobs_status_kind_run_at", "the metrics count over all tenants"),
    ("ix_audit_privacy_requests_expires_at", "the purge reads all tenants"),
    ("ix_audit_sinks_next_at", "the forwarder reads all tenants"),
    ("ix_projects_timers_started_at_flagged_at", "the guard of forgotten timers reads all tenants"),
    ("ix_jobs_locked_until", "the worker reads all tenants"),
    ("ix_jobs_finished_at", "the purge reads all tenants"),
    ("uq_jobs_kind_unique_key", "jobs of the installation"),
    ("ix_job_schedules_next_at", "the scheduler reads all tenants"),
    ("uq_job_schedules_name", "schedules of the installation"),
    ("ix_idempotency_keys_expires_at", "the purge reads all tenants"),
];

/// Words that name an enumeration wherever they are a text column.
const ENUMERATION_NAMES: &[&str] = &[
    "actor_kind",
    "algorithm",
    "bill_source",
    "billing_type",
    "category",
    "client_answer",
    "commitment",
    "constraint_kind",
    "cost_source",
    "delivery",
    "held_from",
    "kind",
    "level",
    "lifecycle",
    "methodology",
    "min_severity",
    "outcome",
    "over_allocation",
    "person_type",
    "plan",
    "priority",
    "purpose",
    "reach",
    "registration",
    "response",
    "rounding_mode",
    "rounding_scope",
    "scheduling",
    "severity",
    "source",
    "staff_answer",
    "status",
    "timer_action",
];

/// Columns with such a name that are open text, and why.
const OPEN_TEXT: &[(&str, &str)] = &[
    ("outbox.kind", "domains add events without a migration"),
    ("events.kind", "domains add events without a migration"),
    ("jobs.kind", "domains add jobs without a migration"),
    ("job_schedules.kind", "domains add jobs without a migration"),
    ("audit_activity_groups.actor_kind", "made from entries, which are checked"),
    ("audit_activity_groups.category", "made from the sentences, and made anew from the entries"),
    ("audit_activity_groups.kind", "made from the sentences, and made anew from the entries"),
    ("idempotency_keys.response", "an answer as it was sent, not a word"),
    ("audit_privacy_requests.outcome", "a document of what became of it, not a word"),
    ("projects_templates.category", "an agency's own word"),
];

/// Runs a check of the catalog on both databases.
async fn on_catalog(check: impl Fn(&BTreeMap<String, Table>)) {
    on_each(async |scratch| {
        let conn = scratch.connect().await;
        migrations::up(&conn).await.unwrap();
        let catalog = catalog::read(&conn).await;
        assert!(catalog.len() > 25, "only {} tables", catalog.len());
        check(&catalog);
        conn.close().await.unwrap();
    })
    .await;
}

/// The findings must be the exceptions, no more and, so that the list shrinks, no fewer.
fn assert_only(found: BTreeSet<String>, exceptions: &[(&str, &str)], rule: &str) {
    let known: BTreeSet<String> = exceptions.iter().map(|(name, _)| (*name).to_owned()).collect();
    let unknown: Vec<&String> = found.difference(&known).collect();
    let stale: Vec<&String> = known.difference(&found).collect();
    assert!(unknown.is_empty(), "{rule}: {unknown:?}");
    assert!(stale.is_empty(), "{rule}: no longer exceptions: {stale:?}");
}

fn is_inside_a_tenant(table: &Table) -> bool {
    table.column("tenant_id").is_some_and(|column| column.required)
}

#[tokio::test]
async fn every_table_but_the_listed_belongs_to_a_tenant() {
    on_catalog(|catalog| {
        let outside = catalog.iter().filter(|(_, table)| !is_inside_a_tenant(table));
        assert_only(
            outside.map(|(name, _)| name.clone()).collect(),
            OUTSIDE_TENANTS,
            "give the table tenant_id NOT NULL",
        );
        for (name, table) in catalog {
            let points = table
                .keys
                .values()
                .any(|key| key.columns == ["tenant_id"] && key.target == "identity_tenants");
            assert_eq!(points, table.column("tenant_id").is_some(), "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_foreign_key_is_the_prefix_of_an_index() {
    on_catalog(|catalog| {
        for (name, table) in catalog {
            for key in table.keys.values() {
                let wanted: BTreeSet<&String> = key.columns.iter().collect();
                let covered = table.indexes.values().any(|index| {
                    let prefix = index.columns.iter().take(wanted.len());
                    !index.partial && prefix.collect::<BTreeSet<_>>() == wanted
                });
                assert!(covered, "{name}: add an index on {:?}", key.columns);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_foreign_key_into_a_tenant_carries_the_tenant() {
    on_catalog(|catalog| {
        for (name, table) in catalog {
            for key in table.keys.values() {
                let carried = key
                    .columns
                    .iter()
                    .zip(&key.target_columns)
                    .any(|pair| pair.0 == "tenant_id" && pair.1 == "tenant_id");
                let inside = is_inside_a_tenant(&catalog[&key.target]);
                assert_eq!(carried, inside, "{name}: {key:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_index_inside_a_tenant_leads_with_the_tenant() {
    on_catalog(|catalog| {
        let inside = catalog.values().filter(|table| table.column("tenant_id").is_some());
        let found = inside.flat_map(|table| &table.indexes).filter(|(_, index)| {
            !index.primary && index.columns.first().is_none_or(|first| first != "tenant_id")
        });
        assert_only(
            found.map(|(name, _)| name.clone()).collect(),
            TENANT_NOT_FIRST,
            "lead the index with tenant_id",
        );
    })
    .await;
}

#[tokio::test]
async fn every_name_follows_the_rule_and_fits() {
    on_catalog(|catalog| {
        for (name, table) in catalog {
            for (index_name, index) in table.indexes.iter().filter(|(_, index)| !index.primary) {
                let prefix = if index.unique { "uq" } else { "ix" };
                let rule = format!("{prefix}_{name}_{}", index.columns.join("_"));
                assert_eq!(*index_name, rule);
                assert!(index_name.len() <= MAX_NAME_LENGTH, "{index_name}");
            }
            for (key_name, key) in &table.keys {
                let rule = format!("fk_{name}_{}", key.columns.join("_"));
                assert!(rule.len() <= MAX_NAME_LENGTH, "{rule}");
                // Reason: SQLite numbers foreign keys and tells no names.
                let numbered = key_name.bytes().all(|byte| byte.is_ascii_digit());
                assert!(numbered || *key_name == rule, "{key_name} is not {rule}");
            }
            for check_name in table.checks.keys() {
                assert!(check_name.starts_with(&format!("ck_{name}_")), "{check_name}");
                assert!(check_name.len() <= MAX_NAME_LENGTH, "{check_name}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn enumeration_refuses_an_unknown_word() {
    on_each(async |scratch| {
        let conn = scratch.connect().await;
        migrations::up(&conn).await.unwrap();
        let catalog = catalog::read(&conn).await;
        let [world, _] = rows::seed(&conn, &catalog).await;
        let mut unchecked = BTreeSet::new();
        for (name, table) in &catalog {
            let enumerations = table
                .columns
                .iter()
                .filter(|column| column.kind == "text" && ENUMERATION_NAMES.contains(&column.name.as_str()));
            for column in enumerations {
                let check = format!("ck_{name}_{}", column.name);
                match rows::set(&conn, name, &world[name], &column.name, "'unheard_of'").await {
                    Ok(()) => drop(unchecked.insert(format!("{name}.{}", column.name))),
                    Err(error) => assert!(rows::is_check_violation(&error, &check), "{error}"),
                }
            }
            for check in table.checks.keys().filter(|name| table.checks[*name].contains('\'')) {
                let label = check.trim_start_matches(&format!("ck_{name}_"));
                let others = [
                    "target",
                    "approval",
                    "end",
                    "lease",
                    "stored",
                    "subject_type",
                    // What holds in some statuses or kinds only.
                    "applied_at",
                    "score",
                ];
                let known = others.contains(&label) || ENUMERATION_NAMES.contains(&label);
                assert!(known, "add {label} to ENUMERATION_NAMES");
            }
        }
        assert_only(unchecked, OPEN_TEXT, "give the enumeration a CHECK");
        conn.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn number_out_of_its_range_is_refused() {
    on_each(async |scratch| {
        let conn = scratch.connect().await;
        migrations::up(&conn).await.unwrap();
        let catalog = catalog::read(&conn).await;
        let [world, _] = rows::seed(&conn, &catalog).await;
        for (table, column, value) in [
            ("projects_projects", "health", "101"),
            ("projects_projects", "health", "-1"),
            ("projects_projects", "budget_minor", "-1"),
            ("projects_projects", "budget_minutes", "-1"),
            ("projects_members", "allocation_bp", "10001"),
            ("projects_members", "allocation_bp", "-1"),
            ("projects_tasks", "estimate_minutes", "-1"),
            ("projects_time_entries", "minutes", "0"),
            ("projects_time_entries", "minutes", "2881"),
            ("projects_time_settings", "rounding_step", "0"),
            ("projects_time_settings", "timer_hours", "25"),
            ("projects_bill_rates", "amount_minor", "-1"),
            ("projects_risks", "probability", "6"),
            ("projects_risks", "impact", "0"),
            ("projects_risks", "score", "4"),
            ("projects_risks", "exposure_minor", "-1"),
            ("projects_reports", "revision", "0"),
            ("projects_feedback", "score", "6"),
            ("projects_feedback", "score", "-1"),
            ("projects_cost_rates", "amount_minor", "-1"),
        ] {
            let error = rows::set(&conn, table, &world[table], column, value).await.unwrap_err();
            let check = format!("ck_{table}_{column}");
            assert!(rows::is_check_violation(&error, &check), "{error}");
        }
        conn.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn row_cannot_point_into_another_tenant() {
    on_each(async |scratch| {
        let conn = scratch.connect().await;
        migrations::up(&conn).await.unwrap();
        let catalog = catalog::read(&conn).await;
        let [here, there] = rows::seed(&conn, &catalog).await;
        let mut tried = 0;
        for (name, table) in &catalog {
            let keys = table.keys.values().filter(|key| key.columns.len() > 1);
            for key in keys {
                let column = key.columns.last().unwrap();
                let target_column = key.target_columns.last().unwrap();
                let own = &here[&key.target][target_column];
                let foreign = &there[&key.target][target_column];
                rows::set(&conn, name, &here[name], column, own).await.unwrap();
                let error = rows::set(&conn, name, &here[name], column, foreign).await.unwrap_err();
                // Reason: where a row has the id of what it belongs to, its own key refuses the other's first.
                assert!(*column == "id" || rows::is_key_violation(&error), "{name}.{column}: {error}");
                tried += 1;
            }
        }
        assert!(tried > 20, "only {tried} keys");
        conn.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn row_inserted_with_a_parent_of_another_tenant_is_refused() {
    on_each(async |scratch| {
        let conn = scratch.connect().await;
        migrations::up(&conn).await.unwrap();
        let catalog = catalog::read(&conn).await;
        let [here, there] = rows::seed(&conn, &catalog).await;
        for (table, column, target) in [
            ("crm_contacts", "account_id", "crm_accounts"),
            ("projects_columns", "project_id", "projects_projects"),
        ] {
            let mut row = here[table].clone();
            // Reason: the session's id is unused in this table, so only the key can refuse the row.
            row.insert("id".into(), here["identity_sessions"]["id"].clone());
            row.insert(column.into(), there[target]["id"].clone());
            let error = rows::insert(&conn, table, &row).await.unwrap_err();
            assert!(rows::is_key_violation(&error), "{error}");
            row.insert(column.into(), here[target]["id"].clone());
            rows::insert(&conn, table, &row).await.unwrap();
        }
        conn.close().await.unwrap();
    })
    .await;
}
