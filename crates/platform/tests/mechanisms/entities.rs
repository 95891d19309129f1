//! Entities of the tests over tables of the real schema, with the columns of every type that there is.

use crate::harness::World;
use kernel::{
    act::Recorded,
    graph::Node,
    id::{AccountId, ProjectId, TaskId, TenantId, TypedId, UserId},
    policy::{Anchors, Guarded, Near, ids_within},
    viewer::{Permission, Viewer},
};

pub const READ: Permission = Permission::new("test.row.read", "Read rows");
pub const WRITE: Permission = Permission::new("test.row.write", "Change rows");

pub mod account {
    //! `crm_accounts`: a legal name that counts as personal and a domain that counts as secret.

    use super::*;
    use chrono::{DateTime, Utc};
    use sea_orm::{Condition, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "crm_accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AccountId,
        pub tenant_id: TenantId,
        pub name: String,
        pub legal_name: Option<String>,
        pub domain: Option<String>,
        pub industry: Option<String>,
        pub currency: String,
        pub locale: String,
        pub lifecycle: String,
        pub owner_id: Option<UserId>,
        pub created_by: Option<Uuid>,
        pub archived_at: Option<DateTime<Utc>>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Recorded for Entity {
        const SUBJECT: &'static str = "Account";
        const EVENT: &'static str = "crm.account";
        const PERSONAL: &'static [&'static str] = &["legal_name"];
        const SECRET: &'static [&'static str] = &["domain"];

        fn label(row: &Model) -> Option<String> {
            Some(row.name.clone())
        }
    }

    impl Guarded for Entity {
        type Id = AccountId;
        const READ: Permission = READ;

        fn id_column() -> Column {
            Column::Id
        }

        fn in_tenant(tenant: TenantId) -> Condition {
            Column::TenantId.eq(tenant).into()
        }

        fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
            let own = vec![Expr::col(Column::OwnerId.as_column_ref())];
            Anchors { own, project: None, account: Some(Expr::col(Column::Id.as_column_ref())) }
                .within(viewer, near)
        }
    }
}

pub mod project {
    //! `projects_projects`: dates, instants, numbers and JSON, with and without null.

    use super::*;
    use chrono::{DateTime, NaiveDate, Utc};
    use sea_orm::{Condition, entity::prelude::*};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "projects_projects")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ProjectId,
        pub tenant_id: TenantId,
        pub number: i64,
        pub code: String,
        pub name: String,
        pub description: String,
        pub account_id: Option<AccountId>,
        pub manager_id: Option<UserId>,
        pub status: String,
        pub held_from: Option<String>,
        pub priority: String,
        pub estimated_start: Option<NaiveDate>,
        pub estimated_end: Option<NaiveDate>,
        pub actual_start: Option<NaiveDate>,
        pub actual_end: Option<NaiveDate>,
        pub expected_delivery: Option<NaiveDate>,
        pub budget_minor: Option<i64>,
        pub budget_currency: Option<String>,
        pub budget_minutes: Option<i64>,
        pub billing_type: String,
        pub methodology: String,
        #[sea_orm(column_type = "JsonBinary")]
        pub tags: Json,
        #[sea_orm(column_type = "JsonBinary")]
        pub custom: Json,
        pub health: Option<i32>,
        pub created_by: Option<Uuid>,
        pub archived_at: Option<DateTime<Utc>>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Recorded for Entity {
        const SUBJECT: &'static str = "Project";
        const EVENT: &'static str = "projects.project";
    }

    impl Guarded for Entity {
        type Id = ProjectId;
        const READ: Permission = READ;

        fn id_column() -> Column {
            Column::Id
        }

        fn in_tenant(tenant: TenantId) -> Condition {
            Column::TenantId.eq(tenant).into()
        }

        fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
            Anchors {
                own: vec![
                    Expr::col(Column::ManagerId.as_column_ref()),
                    Expr::col(Column::CreatedBy.as_column_ref()),
                ],
                project: Some(Expr::col(Column::Id.as_column_ref())),
                account: Some(Expr::col(Column::AccountId.as_column_ref())),
            }
            .within(viewer, near)
        }
    }
}

pub mod task {
    //! `projects_tasks`: near to whom its project is.

    use super::*;
    use chrono::{DateTime, NaiveDate, Utc};
    use sea_orm::{Condition, entity::prelude::*, sea_query::ExprTrait};

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "projects_tasks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TaskId,
        pub tenant_id: TenantId,
        pub project_id: ProjectId,
        pub number: i64,
        pub column_id: Uuid,
        pub status: String,
        pub title: String,
        pub description: String,
        pub priority: String,
        pub reporter_id: Option<UserId>,
        pub estimate_minutes: Option<i64>,
        pub remaining_minutes: Option<i64>,
        pub start_on: Option<NaiveDate>,
        pub due_on: Option<NaiveDate>,
        #[sea_orm(column_type = "JsonBinary")]
        pub checklist: Json,
        pub rank: String,
        pub blocked_reason: Option<String>,
        pub completed_at: Option<DateTime<Utc>>,
        pub created_by: Option<Uuid>,
        pub archived_at: Option<DateTime<Utc>>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Recorded for Entity {
        const SUBJECT: &'static str = "Task";
        const EVENT: &'static str = "projects.task";
    }

    impl Guarded for Entity {
        type Id = TaskId;
        const READ: Permission = READ;

        fn id_column() -> Column {
            Column::Id
        }

        fn in_tenant(tenant: TenantId) -> Condition {
            Column::TenantId.eq(tenant).into()
        }

        fn within(viewer: &Viewer, near: Near<'_>) -> Condition {
            match near {
                Near::Own => {
                    let own = vec![Expr::col(Column::ReporterId.as_column_ref())];
                    Anchors { own, project: None, account: None }.within(viewer, near)
                }
                _ => Expr::col(Column::ProjectId.as_column_ref())
                    .in_subquery(ids_within::<project::Entity>(viewer, near))
                    .into(),
            }
        }
    }
}

/// A project as a node of the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Project(pub project::Model);

impl From<project::Model> for Project {
    fn from(row: project::Model) -> Self {
        Self(row)
    }
}

impl Node for Project {
    const TYPE: &'static str = "Project";
}

/// A task as a node of the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Task(pub task::Model);

impl From<task::Model> for Task {
    fn from(row: task::Model) -> Self {
        Self(row)
    }
}

impl Node for Task {
    const TYPE: &'static str = "Task";
}

impl World {
    /// An account of the first tenant, not yet written.
    pub fn new_account(&self, name: &str) -> account::Model {
        account::Model {
            id: self.ids.generate(),
            tenant_id: self.acme.id,
            name: name.to_owned(),
            legal_name: None,
            domain: None,
            industry: None,
            currency: "EUR".to_owned(),
            locale: "en".to_owned(),
            lifecycle: "client".to_owned(),
            owner_id: None,
            created_by: None,
            archived_at: None,
            created_at: self.now(),
            updated_at: self.now(),
            version: 1,
        }
    }

    /// A project of the first tenant, not yet written; its code is its number.
    pub fn new_project(&self, number: i64) -> project::Model {
        project::Model {
            id: self.ids.generate(),
            tenant_id: self.acme.id,
            number,
            code: format!("P-{number}"),
            name: format!("Project {number}"),
            description: String::new(),
            account_id: None,
            manager_id: None,
            status: "planning".to_owned(),
            held_from: None,
            priority: "normal".to_owned(),
            estimated_start: None,
            estimated_end: None,
            actual_start: None,
            actual_end: None,
            expected_delivery: None,
            budget_minor: None,
            budget_currency: None,
            budget_minutes: None,
            billing_type: "fixed_fee".to_owned(),
            methodology: "agile".to_owned(),
            tags: serde_json::json!([]),
            custom: serde_json::json!({}),
            health: None,
            created_by: None,
            archived_at: None,
            created_at: self.now(),
            updated_at: self.now(),
            version: 1,
        }
    }

    /// A task of a project, not yet written.
    pub fn new_task(&self, project: &project::Model, column: uuid::Uuid, number: i64) -> task::Model {
        task::Model {
            id: self.ids.generate(),
            tenant_id: project.tenant_id,
            project_id: project.id,
            number,
            column_id: column,
            status: "todo".to_owned(),
            title: format!("Task {number}"),
            description: String::new(),
            priority: "normal".to_owned(),
            reporter_id: None,
            estimate_minutes: None,
            remaining_minutes: None,
            start_on: None,
            due_on: None,
            checklist: serde_json::json!([]),
            rank: format!("{number:06}"),
            blocked_reason: None,
            completed_at: None,
            created_by: None,
            archived_at: None,
            created_at: self.now(),
            updated_at: self.now(),
            version: 1,
        }
    }

    /// Writes rows through an act of the platform in the first tenant.
    pub async fn write<M>(&self, rows: Vec<M>) -> Vec<M>
    where
        M: sea_orm::ModelTrait,
        M::Entity: Recorded + sea_orm::EntityTrait<Model = M>,
    {
        self.system().act(&self.db, "test.write", async |act| act.insert_all(rows).await).await.unwrap()
    }

    /// Projects, each with a board column; answers them with the columns' ids.
    pub async fn projects(&self, count: i64) -> Vec<(project::Model, uuid::Uuid)> {
        let rows = self.write((1..=count).map(|number| self.new_project(number)).collect()).await;
        let mut done = Vec::new();
        for row in rows {
            let column = self.ids.generate::<kernel::id::TaskColumnId>().uuid();
            self.row(
                "projects_columns",
                [
                    ("id", column.into()),
                    ("tenant_id", self.acme.id.into()),
                    ("project_id", row.id.into()),
                    ("name", "To do".into()),
                    ("category", "todo".into()),
                    ("rank", "m".into()),
                    ("created_at", self.now().into()),
                    ("updated_at", self.now().into()),
                ],
            )
            .await;
            done.push((row, column));
        }
        done
    }
}
