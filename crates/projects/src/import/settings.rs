//! How a file is read: which column is what, and how its dates, durations and states are written. As it is sent and as
//! it is kept with the import.

use async_graphql::InputObject;
use kernel::{
    Fields, Result, Text,
    id::{TaskColumnId, UserId},
};
use serde::{Deserialize, Serialize};

use super::words::{ImportDates, ImportField, ImportSeparator, ImportUnit};

/// No column has the title.
pub const NO_TITLE: Text = Text::new(
    "no_title_column",
    "No column is recognised as the title of tasks. Say which one it is.",
    "Aucune colonne n'est reconnue comme titre des tâches. Indiquez laquelle.",
);

/// The file has no such column.
pub const NO_COLUMN: Text = Text::new(
    "no_such_column",
    "The file has no column with this heading.",
    "Le fichier n'a pas de colonne portant ce titre.",
);

/// There are too many.
pub const TOO_MANY: Text =
    Text::new("too_many", "At most {max} of these are allowed.", "{max} au plus sont autorisés.");

/// Most entries of a mapping.
const MAX_ENTRIES: usize = 200;

/// What a column of the file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[graphql(name = "ImportColumnInput")]
pub struct ColumnIs {
    /// Its heading, in whatever case.
    pub heading: String,
    /// What it is of a task.
    pub field: ImportField,
}

/// Where tasks of a state go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[graphql(name = "ImportStatusInput")]
pub struct StatusIs {
    /// The state as it is written in the file, in whatever case.
    pub value: String,
    /// The column of the project's board.
    pub column_id: TaskColumnId,
}

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[graphql(name = "ImportPersonInput")]
pub struct PersonIs {
    /// The person as they are written in the file, in whatever case.
    pub value: String,
    /// Who it is: active staff. Null: nobody does these tasks.
    pub user_id: Option<UserId>,
}

/// How a file is read. What is left out is found out by the usual headings of Jira, Trello and Asana.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[graphql(name = "ImportSettingsInput")]
pub struct Settings {
    /// What stands between cells; without it, what stands most often in the first line.
    #[serde(default)]
    pub separator: Option<ImportSeparator>,
    /// What columns are; those that are not named here are known by their headings. At most 200.
    #[graphql(default)]
    #[serde(default)]
    pub columns: Vec<ColumnIs>,
    /// Where tasks of which state go; states that are not named here are known by the board's headings and the usual words
    /// for them. At most 200.
    #[graphql(default)]
    #[serde(default)]
    pub statuses: Vec<StatusIs>,
    /// Who is meant by which name; names and addresses of active staff are known. At most 200.
    #[graphql(default)]
    #[serde(default)]
    pub people: Vec<PersonIs>,
    /// How dates are written; year, month, day without it.
    #[graphql(default)]
    #[serde(default)]
    pub dates: ImportDates,
    /// What a plain number counts in an estimate. Without it: seconds under `Original Estimate`, as Jira writes them;
    /// minutes where the heading says so; else hours, of at most 1 000. `1h 30m` and `1:30` need no unit.
    #[serde(default)]
    pub unit: Option<ImportUnit>,
}

impl Settings {
    /// Checks the bounds.
    ///
    /// # Errors
    /// INVALID at `settings.…`.
    pub fn check(&self) -> Result<()> {
        let mut fields = Fields::new();
        for (name, count) in [
            ("columns", self.columns.len()),
            ("statuses", self.statuses.len()),
            ("people", self.people.len()),
        ] {
            let said = TOO_MANY.with("max", MAX_ENTRIES);
            fields.require(count <= MAX_ENTRIES, &format!("settings.{name}"), said);
        }
        fields.check()
    }

    /// What each column of a file is; none for those that nothing is read from.
    ///
    /// # Errors
    /// INVALID at `settings.columns` for a heading that the file has not, and without a column of titles.
    pub fn fields_of(&self, headings: &[String]) -> Result<Vec<Option<ImportField>>> {
        let mut fields = Fields::new();
        let known: Vec<String> = headings.iter().map(|heading| heading.to_lowercase()).collect();
        for (index, column) in self.columns.iter().enumerate() {
            let there = known.contains(&column.heading.trim().to_lowercase());
            fields.require(there, &format!("settings.columns.{index}.heading"), NO_COLUMN);
        }
        let named = |heading: &String| {
            let said = self.columns.iter().find(|column| column.heading.trim().to_lowercase() == *heading);
            said.map(|column| column.field)
        };
        let what = |heading: &String| named(heading).or_else(|| ImportField::of_heading(heading));
        let of: Vec<Option<ImportField>> =
            known.iter().map(|heading| what(heading).filter(|field| *field != ImportField::Ignore)).collect();
        fields.require(of.contains(&Some(ImportField::Title)), "settings.columns", NO_TITLE);
        fields.check()?;
        Ok(of)
    }
}
