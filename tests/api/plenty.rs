//! Many projects and tasks at once, written past the API: for tests of what lists cost, which need much and quickly.

use sea_orm::DbBackend;
use serde_json::{Value, json};
use tests::{Agency, Row, World};
use uuid::Uuid;

/// How much there shall be. Names and titles begin with `Plenty`.
#[derive(Clone, Copy, Debug)]
pub struct Plenty {
    /// Projects: for each of the accounts in turn, led by several people, with the project manager on each team.
    pub projects: usize,
    /// Tasks of each, with two people on them.
    pub tasks: usize,
}

impl Plenty {
    /// Writes it all into an agency, as copies of what is there.
    pub async fn of(self, agency: &Agency<'_>, world: &World) {
        let snapshot = world.snapshot().await.of_tenant(agency.tenant().await);
        let rows = |table: &str| snapshot.rows(table).cloned().collect::<Vec<Row>>();
        let staff: Vec<Row> =
            rows("identity_memberships").into_iter().filter(|row| row["account_id"].is_null()).collect();
        let manager = user(&rows("identity_users"), &agency.email("pm"));
        let (accounts, projects) = (rows("crm_accounts"), rows("projects_projects"));
        let of = |table: &str, project: &Row| {
            let found = rows(table).into_iter().find(|row| row["project_id"] == project["id"]);
            found.unwrap_or_else(|| panic!("the first project has nothing in {table}"))
        };
        let first = projects.iter().find(|row| row["number"] == 1).expect("the first project is seeded");
        let (column, task, member) =
            (of("projects_columns", first), of("projects_tasks", first), of("projects_members", first));
        let assignment = of("assignments", first);
        let assignee = rows("projects_task_assignees").pop().expect("a task has an assignee");
        let mut made = Copies::default();
        for number in 0..self.projects {
            let account = &accounts[number % accounts.len()]["id"];
            let project = made.copy("projects_projects", first, json!({
                "number": 1_000 + number, "code": format!("PLENTY-{number}"), "name": format!("Plenty {number}"),
                "account_id": account, "manager_id": staff[number % staff.len()]["user_id"], "archived_at": null,
            }));
            let column = made.copy("projects_columns", &column, json!({ "project_id": project }));
            let on = json!({ "project_id": project, "user_id": manager, "role_id": null });
            made.copy("projects_members", &member, on.clone());
            let mut on = on;
            on["account_id"] = account.clone();
            on["source"] = json!("team");
            made.copy("assignments", &assignment, on);
            for place in 0..self.tasks {
                let task = made.copy("projects_tasks", &task, json!({
                    "project_id": project, "column_id": column, "number": place + 1, "rank": format!("5{place:03}1"),
                    "title": format!("Plenty {number}.{place}"), "archived_at": null, "milestone_id": null,
                    "parent_id": null,
                }));
                for person in [number + place, number + place + 1] {
                    let who = &staff[person % staff.len()]["user_id"];
                    made.copy(
                        "projects_task_assignees",
                        &assignee,
                        json!({ "task_id": task, "user_id": who }),
                    );
                }
            }
        }
        made.write(world).await;
    }
}

fn user(users: &[Row], email: &str) -> Value {
    users.iter().find(|row| row["email"] == email).expect("a seeded person")["id"].clone()
}

/// Rows to be written, by table in an order that foreign keys allow.
#[derive(Default)]
struct Copies(Vec<(&'static str, Vec<Row>)>);

impl Copies {
    /// A copy of a row with an id of its own and these columns; answers the id.
    fn copy(&mut self, table: &'static str, row: &Row, columns: Value) -> Value {
        let mut row = row.clone();
        row.extend(columns.as_object().cloned().unwrap_or_default());
        let count: usize = self.0.iter().map(|(_, rows)| rows.len()).sum();
        let id =
            json!(Uuid::from_u128(0x0190_ffff_0000_7000_8000_0000_0000_0000 + count as u128).to_string());
        row.insert("id".to_owned(), id.clone());
        match self.0.iter_mut().find(|(known, _)| *known == table) {
            Some((_, rows)) => rows.push(row),
            None => self.0.push((table, vec![row])),
        }
        id
    }

    async fn write(self, world: &World) {
        let backend = world.db.backend();
        for (table, rows) in self.0 {
            let columns: Vec<&String> = rows[0].keys().collect();
            let row = |row: &Row| {
                let values: Vec<String> =
                    columns.iter().map(|column| literal(backend, &row[*column])).collect();
                format!("({})", values.join(", "))
            };
            let names: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
            let values: Vec<String> = rows.iter().map(row).collect();
            world
                .execute(&format!("INSERT INTO {table} ({}) VALUES {}", names.join(", "), values.join(", ")))
                .await;
        }
    }
}

/// A value as SQL says it. SQLite keeps uuids as bytes and has no booleans.
fn literal(backend: DbBackend, value: &Value) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match (value, backend) {
        (Value::Null, _) => "NULL".to_owned(),
        (Value::Bool(truth), DbBackend::Sqlite) => i32::from(*truth).to_string(),
        (Value::Bool(_) | Value::Number(_), _) => value.to_string(),
        (Value::String(text), DbBackend::Sqlite) if Uuid::try_parse(text).is_ok() => {
            format!("x'{}'", text.replace('-', ""))
        }
        (Value::String(text), _) => quoted(text),
        (Value::Array(_) | Value::Object(_), _) => quoted(&value.to_string()),
    }
}
