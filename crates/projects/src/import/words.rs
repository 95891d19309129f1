//! Words of imports: what columns are, by the headings of the usual trackers, and how values are written.

use async_graphql::Enum;
use serde::{Deserialize, Serialize};

/// What a column of a file is of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
pub enum ImportField {
    /// The title; every task needs one.
    Title,
    /// The description, in Markdown.
    Description,
    /// The state, which becomes a column of the board.
    Status,
    /// Anything but nothing, `no`, `false` and 0: the task is done; a day that is past is the one on which it was.
    Done,
    /// The priority.
    Priority,
    /// Who does it, by name or address; several are separated by commas or semicolons.
    Assignees,
    /// How long it is thought to take.
    Estimate,
    /// When it is to begin.
    StartOn,
    /// When it is to be done.
    DueOn,
    /// Who says when it is done: `automatic`, the schedule, or `manual`, somebody.
    Scheduling,
    /// How long it takes, in working time.
    Duration,
    /// What holds its start: `not_earlier` or `must_start`, with its day in another column.
    Constraint,
    /// The day of what holds its start.
    ConstraintOn,
    /// By when it ought to be finished at the latest.
    Deadline,
    /// How long it takes at best, in working time.
    Optimistic,
    /// How long it takes at worst, in working time.
    Pessimistic,
    /// Labels; several are separated by commas or semicolons. Those that there are not yet become labels of the project.
    Labels,
    /// The milestone of the project, by its name.
    Milestone,
    /// What the task is called where the file comes from; parts name it by this. Not read into the task.
    Key,
    /// The task of the same file that it is part of, by its key or its title.
    Parent,
    /// Anything but nothing, `no`, `false` and 0: the row is left out.
    Archived,
    /// Nothing is read from it.
    Ignore,
}

impl ImportField {
    /// What a column is by its heading in small letters, as Jira, Trello, Asana, our own exports and people name theirs.
    pub fn of_heading(heading: &str) -> Option<Self> {
        Some(match heading.replace('_', " ").as_str() {
            "summary" | "title" | "name" | "task" | "task name" | "card name" | "card title" | "subject" => {
                Self::Title
            }
            "description" | "card description" | "notes" | "details" | "body" => Self::Description,
            "status" | "state" | "section/column" | "section" | "column" | "list" | "list name" | "stage" => {
                Self::Status
            }
            "completed at" | "completed" | "done" | "due complete" | "resolved" => Self::Done,
            "priority" => Self::Priority,
            "assignee" | "assignees" | "assignee email" | "members" | "assigned to" | "owner" => {
                Self::Assignees
            }
            "original estimate" | "estimate" | "estimated time" | "estimated hours" | "time estimate"
            | "estimate minutes" | "estimated minutes" | "estimate hours" => Self::Estimate,
            "start date" | "start" | "start on" | "startdate" => Self::StartOn,
            "due date" | "due" | "due on" | "duedate" | "deadline" => Self::DueOn,
            "scheduling" => Self::Scheduling,
            "duration minutes" => Self::Duration,
            "constraint" => Self::Constraint,
            "constraint on" => Self::ConstraintOn,
            "deadline on" => Self::Deadline,
            "optimistic minutes" => Self::Optimistic,
            "pessimistic minutes" => Self::Pessimistic,
            "labels" | "label" | "tags" | "tag" => Self::Labels,
            "milestone" => Self::Milestone,
            "id" | "key" | "issue key" | "issue id" | "task id" | "card id" => Self::Key,
            "parent" | "parent task" | "parent id" | "parent key" | "parent issue" => Self::Parent,
            "archived" => Self::Archived,
            _ => return None,
        })
    }
}

/// What stands between the cells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Enum)]
pub enum ImportSeparator {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tabulator.
    Tab,
}

impl ImportSeparator {
    /// The character.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// How dates are written in a file. What follows a date after a space or `T` is not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Enum)]
pub enum ImportDates {
    /// Year, month, day: `2026-03-31`, `2026/03/31`.
    #[default]
    YearFirst,
    /// Day, month, year: `31/03/2026`, `31.03.26`.
    DayFirst,
    /// Month, day, year: `03/31/2026`.
    MonthFirst,
    /// Day, English name of the month, year: `31/Mar/26`, `31 Mar 2026`.
    MonthName,
}

/// What a plain number counts in an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Enum)]
pub enum ImportUnit {
    /// Hours.
    Hours,
    /// Minutes.
    Minutes,
    /// Seconds, as Jira writes them.
    Seconds,
}

impl ImportUnit {
    /// What a column counts by its heading: Jira writes seconds, our own exports minutes, people hours.
    pub fn of_heading(heading: &str) -> Self {
        let heading = heading.trim().to_lowercase().replace('_', " ");
        match heading.as_str() {
            "original estimate" => Self::Seconds,
            _ if heading.contains("minutes") => Self::Minutes,
            _ => Self::Hours,
        }
    }
}
