//! The table of what imports read: the text of the file until the import is over, and what is wrong in its rows.

use kernel::{
    act::Recorded,
    error::Said,
    id::{TaskImportId, TenantId},
    locale::Language,
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What an import reads.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects_import_files")]
pub struct Model {
    /// The import's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskImportId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The file; empty once the import is over.
    pub content: String,
    /// What is wrong in its rows: an array of [`RowError`].
    #[sea_orm(column_type = "JsonBinary")]
    pub errors: Json,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Recorded for Entity {
    const SUBJECT: &'static str = "TaskImportFile";
    // Reason: a file holds whatever people wrote elsewhere, and names of people; it goes when the import is over, which
    // the trail would not.
    const SECRET: &'static [&'static str] = &["content", "errors"];
}

/// What is wrong in a row of a file. It never repeats what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// The line of the file on which the row begins, from 1.
    pub line: u64,
    /// The heading of the column; none if it is about the whole row.
    pub column: Option<String>,
    /// The machine's word for it.
    pub code: String,
    en: String,
    fr: String,
}

impl RowError {
    /// What is wrong in a row.
    pub fn new(line: u64, column: Option<&str>, said: &Said) -> Self {
        let column = column.map(str::to_owned);
        let (en, fr) = (said.render(Language::En), said.render(Language::Fr));
        Self { line, column, code: said.code().to_owned(), en, fr }
    }

    /// The sentence in a language.
    pub fn message(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Fr => &self.fr,
        }
    }
}
