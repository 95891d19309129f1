//! Asking for lists as files.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{Error, Result, Text, ask::Asking, scalar::DateTime, viewer::Actor};
use serde_json::{Map, json};

use super::{ExportedList, PATH, Tickets, lists::Source};
use crate::{
    milestone::filter::MilestoneFilter, project::filter::ProjectFilter, task::filter::TaskFilter,
    time::entry::filter::TimeEntryFilter,
};

/// A machine reads the lists themselves.
pub const IN_PERSON: Text = Text::new(
    "in_person",
    "Only people who are signed in can export lists; a key reads the lists themselves.",
    "Seules les personnes connectées peuvent exporter des listes ; une clé lit les listes elles-mêmes.",
);

/// The filter is of another list.
pub const OTHER_LIST: Text = Text::new(
    "other_list",
    "This filter is for another list than the one that is exported.",
    "Ce filtre concerne une autre liste que celle exportée.",
);

/// A list to be exported, with at most the filter of its own kind.
#[derive(Clone, Debug, InputObject)]
pub struct ExportListInput {
    /// Which list.
    pub list: ExportedList,
    /// Which projects, for the list of projects.
    pub projects: Option<ProjectFilter>,
    /// Which tasks, for the list of tasks.
    pub tasks: Option<TaskFilter>,
    /// Which milestones, for the list of milestones.
    pub milestones: Option<MilestoneFilter>,
    /// Which time entries, for the list of time entries.
    pub time_entries: Option<TimeEntryFilter>,
    /// Whether the file begins with a byte-order mark, by which older spreadsheets know UTF-8.
    #[graphql(default)]
    pub byte_order_mark: bool,
}

impl ExportListInput {
    fn source(self) -> Result<Source> {
        let Self { list, projects, tasks, milestones, time_entries, byte_order_mark: _ } = self;
        let given = [
            (ExportedList::Projects, projects.is_some(), "projects"),
            (ExportedList::Tasks, tasks.is_some(), "tasks"),
            (ExportedList::Milestones, milestones.is_some(), "milestones"),
            (ExportedList::TimeEntries, time_entries.is_some(), "timeEntries"),
        ];
        if let Some((_, _, path)) = given.into_iter().find(|(of, is_given, _)| *is_given && *of != list) {
            return Err(Error::field(path, OTHER_LIST));
        }
        Ok(match list {
            ExportedList::Projects => Source::Projects(projects.unwrap_or_default()),
            ExportedList::Tasks => Source::Tasks(tasks.unwrap_or_default()),
            ExportedList::Milestones => Source::Milestones(milestones.unwrap_or_default()),
            ExportedList::TimeEntries => Source::TimeEntries(time_entries.unwrap_or_default()),
        })
    }
}

/// A list that can be downloaded.
#[derive(Debug, SimpleObject)]
pub struct ExportListPayload {
    /// Address of the file on this server; who has it needs nothing else.
    pub url: String,
    /// Until when the download must have begun.
    pub expires_at: DateTime,
}

/// The mutation that exports lists.
#[derive(Default)]
pub struct ListExportMutation;

#[Object]
impl ListExportMutation {
    /// Exports a list as CSV (RFC 4180): the rows that the list itself shows with this filter, in the order of making,
    /// without the columns that the viewer can see nowhere. What begins like a formula is written as text. Needs what
    /// the list needs.
    async fn export_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which list.")] input: ExportListInput,
    ) -> Result<ExportListPayload> {
        let (viewer, tickets) = (ctx.viewer(), ctx.data_unchecked::<Tickets>());
        viewer.signed_in()?;
        // Reason: the download is what the person sees, who may see more than a key of theirs.
        let Actor::User(user) = viewer.actor else { return Err(Error::Forbidden(IN_PERSON.into())) };
        let (list, mark) = (input.list, input.byte_order_mark);
        let source = input.source()?;
        source.check(viewer)?;
        // Reason: the answer holds the right to download.
        ctx.ask().holds_secret();
        let (ticket, until) = tickets.issue(viewer, user, list, &source, mark)?;
        let details = Map::from_iter([
            ("list".to_owned(), json!(list.word())),
            ("filter".to_owned(), source.filter()?),
        ]);
        let export = viewer.act(ctx.db(), "projects.list.export", async |act| {
            act.note("ExportedList", None, Some(list.word().to_owned()), details);
            Ok(())
        });
        export.await?;
        Ok(ExportListPayload { url: format!("{PATH}?ticket={ticket}"), expires_at: until.into() })
    }
}
