//! From the rows of a file to tasks: what each cell says, by what the project and the agency have. No database.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use kernel::{
    Error, FieldError, Fields, Said, Text,
    act::Act,
    id::{MilestoneId, UserId},
    text,
};

use super::{
    file::RowError,
    parents::{PARENT_LEFT_OUT, Plan},
    settings::Settings,
    table::{Row, Table},
    values::{self, Done},
    words::{ImportField, ImportUnit},
};
use crate::{
    column::{self, entity::Model as Column},
    label,
    plan::fields::TaskPlan,
    service::Staff,
    task::{entity::Model as Task, rules},
    words::{PlanConstraint, Priority, Scheduling, TaskStatus},
};

/// A state is unknown.
pub const UNKNOWN_STATUS: Text = Text::new(
    "unknown_status",
    "No column of the board is known for this state. Say where such tasks go.",
    "Aucune colonne du tableau ne correspond à cet état. Indiquez où vont ces tâches.",
);

/// A person is unknown.
pub const UNKNOWN_PERSON: Text = Text::new(
    "unknown_person",
    "No active staff are known by this name or address. Say who is meant.",
    "Aucun membre actif du personnel n'est connu sous ce nom ou cette adresse. Indiquez qui c'est.",
);

/// Several people have a name.
pub const SEVERAL_PEOPLE: Text = Text::new(
    "several_people",
    "Several people have this name. Say who is meant.",
    "Plusieurs personnes portent ce nom. Indiquez qui c'est.",
);

/// A milestone is unknown.
pub const UNKNOWN_MILESTONE: Text = Text::new(
    "unknown_milestone",
    "The project has no milestone of this name.",
    "Le projet n'a pas de jalon de ce nom.",
);

/// What rows are held against.
pub(super) struct Known {
    columns: Vec<Column>,
    milestones: HashMap<String, MilestoneId>,
    people: HashMap<String, Vec<UserId>>,
}

impl Known {
    /// By the board of the project, its milestones and the active staff; the settings go before all of them.
    pub(super) fn new(
        columns: Vec<Column>,
        milestones: impl IntoIterator<Item = (String, MilestoneId)>,
        staff: Vec<Staff>,
        settings: &Settings,
    ) -> Self {
        let mut people: HashMap<String, Vec<UserId>> = HashMap::with_capacity(2 * staff.len());
        for Staff { user, name, email } in staff {
            for word in [name, email] {
                people.entry(word.to_lowercase()).or_default().push(user);
            }
        }
        for person in &settings.people {
            people.insert(person.value.trim().to_lowercase(), person.user_id.into_iter().collect());
        }
        let milestones = milestones.into_iter().map(|(name, id)| (name.to_lowercase(), id)).collect();
        Self { columns, milestones, people }
    }

    fn of_category(&self, status: TaskStatus) -> Option<&Column> {
        self.columns.iter().find(|one| column::category(one) == status)
    }

    /// The column for a state: as the settings say, by its heading, or by a common word.
    fn column(&self, state: &str, settings: &Settings) -> Option<&Column> {
        let wanted = state.trim().to_lowercase();
        let said = settings.statuses.iter().find(|said| said.value.trim().to_lowercase() == wanted);
        if let Some(said) = said {
            return self.columns.iter().find(|column| column.id == said.column_id);
        }
        let headed = self.columns.iter().find(|column| column.name.to_lowercase() == wanted);
        headed.or_else(|| self.of_category(values::state(&wanted)?))
    }

    /// The people in a cell: one, or several behind each other.
    fn people(&self, cell: &str) -> Result<Vec<UserId>, Text> {
        // Reason: a name may hold the very comma that parts names.
        if let Some(one) = self.people.get(&cell.trim().to_lowercase()) {
            return single(one);
        }
        let mut all = Vec::new();
        for word in values::words(cell) {
            all.extend(single(self.people.get(&word.to_lowercase()).ok_or(UNKNOWN_PERSON)?)?);
        }
        Ok(all)
    }
}

fn single(people: &[UserId]) -> Result<Vec<UserId>, Text> {
    let mut once = people.to_vec();
    once.sort_unstable();
    once.dedup();
    if once.len() > 1 { Err(SEVERAL_PEOPLE) } else { Ok(once) }
}

/// A task as a row says it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The line of the file on which the row begins.
    pub line: u64,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// The column of the board; none: where work begins.
    pub column: Option<Column>,
    /// Its priority.
    pub priority: Priority,
    /// Who does it.
    pub people: Vec<UserId>,
    /// Minutes it is thought to take.
    pub estimate: Option<i64>,
    /// When it is to begin.
    pub start_on: Option<NaiveDate>,
    /// When it is to be done.
    pub due_on: Option<NaiveDate>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Its milestone.
    pub milestone: Option<MilestoneId>,
    /// How it is scheduled.
    pub plan: TaskPlan,
    /// When it was done.
    pub done: Option<Done>,
    /// The line of the row that it is part of.
    pub parent: Option<u64>,
}

/// What of a file is read how.
pub(super) struct Reader<'a> {
    pub(super) table: &'a Table,
    pub(super) fields: &'a [Option<ImportField>],
    pub(super) settings: &'a Settings,
    pub(super) known: &'a Known,
}

impl Reader<'_> {
    /// The task of a row; none for one that is left out.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub(super) fn row(&self, row: &Row) -> Result<Option<Draft>, Vec<RowError>> {
        let mut draft = Draft { line: row.line, ..Draft::default() };
        let (mut errors, mut done) = (Vec::new(), false);
        for ((cell, field), heading) in row.cells.iter().zip(self.fields).zip(&self.table.headings) {
            let Some(field) = *field else { continue };
            if field == ImportField::Archived && values::yes(cell) {
                return Ok(None);
            }
            done |= field == ImportField::Done && values::yes(cell);
            if let (false, Err(said)) = (cell.is_empty(), self.cell(&mut draft, field, heading, cell)) {
                errors.push(RowError::new(row.line, Some(heading), &said));
            }
        }
        let is_done = |column: &column::entity::Model| column::category(column) == TaskStatus::Done;
        if done
            && !draft.column.as_ref().is_some_and(is_done)
            && let Some(column) = self.known.of_category(TaskStatus::Done)
        {
            draft.column = Some(column.clone());
        }
        if draft.title.is_empty() && errors.is_empty() {
            let title = self.fields.iter().position(|field| *field == Some(ImportField::Title));
            let heading = title.and_then(|place| self.table.headings.get(place)).map(String::as_str);
            errors.push(RowError::new(row.line, heading, &text::REQUIRED.into()));
        }
        if matches!((draft.start_on, draft.due_on), (Some(start), Some(due)) if due < start) {
            errors.push(RowError::new(row.line, None, &rules::DUE_BEFORE_START.into()));
        }
        let mut fields = Fields::new();
        draft.plan.check("plan", &mut fields);
        if let Err(Error::Invalid(wrong)) = fields.check() {
            errors.extend(wrong.iter().map(|wrong| RowError::new(row.line, None, &wrong.message)));
        }
        if errors.is_empty() { Ok(Some(draft)) } else { Err(errors) }
    }

    /// Whether a state or people in a cell are known.
    pub(super) fn knows(&self, field: ImportField, cell: &str) -> bool {
        match field {
            ImportField::Status => self.known.column(cell, self.settings).is_some(),
            ImportField::Assignees => self.known.people(cell).is_ok(),
            _ => true,
        }
    }

    fn cell(&self, draft: &mut Draft, field: ImportField, heading: &str, cell: &str) -> Result<(), Said> {
        let (settings, known) = (self.settings, self.known);
        let said = |error: FieldError| error.message;
        let date = |cell| values::date(cell, settings.dates).ok_or(Said::from(values::BAD_DATE));
        match field {
            ImportField::Title => draft.title = rules::title(cell, "").map_err(said)?,
            ImportField::Description => draft.description = rules::description(cell, "").map_err(said)?,
            ImportField::Status => {
                // Reason: our own files say the state and then the column, which another board need not have.
                let column = known.column(cell, settings).or(draft.column.as_ref()).ok_or(UNKNOWN_STATUS)?;
                draft.column = Some(column.clone());
            }
            ImportField::Priority => draft.priority = values::priority(cell).ok_or(values::BAD_PRIORITY)?,
            ImportField::Assignees => {
                draft.people.extend(known.people(cell)?);
                draft.people = rules::assignees(std::mem::take(&mut draft.people), "").map_err(said)?;
            }
            ImportField::Estimate => draft.estimate = Some(estimate(cell, heading, settings)?),
            ImportField::StartOn => draft.start_on = Some(date(cell)?),
            ImportField::DueOn => draft.due_on = Some(date(cell)?),
            ImportField::Scheduling
            | ImportField::Duration
            | ImportField::Constraint
            | ImportField::ConstraintOn
            | ImportField::Deadline
            | ImportField::Optimistic
            | ImportField::Pessimistic => self.plan(&mut draft.plan, field, heading, cell)?,
            ImportField::Labels => labels(draft, cell)?,
            ImportField::Milestone => {
                let id = known.milestones.get(&cell.to_lowercase());
                draft.milestone = Some(*id.ok_or(UNKNOWN_MILESTONE)?);
            }
            ImportField::Done => draft.done = draft.done.or(Done::read(cell, settings.dates)),
            ImportField::Key | ImportField::Parent | ImportField::Archived | ImportField::Ignore => {}
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// What a cell says of how a task is scheduled.
    fn plan(&self, plan: &mut TaskPlan, field: ImportField, heading: &str, cell: &str) -> Result<(), Said> {
        let date = || values::date(cell, self.settings.dates).ok_or(Said::from(values::BAD_DATE));
        let minutes = || estimate(cell, heading, self.settings);
        let word = cell.to_lowercase();
        match field {
            ImportField::Scheduling => {
                plan.scheduling = Scheduling::parse(&word).ok_or(values::BAD_SCHEDULING)?;
            }
            ImportField::Constraint => {
                plan.constraint = Some(PlanConstraint::parse(&word).ok_or(values::BAD_CONSTRAINT)?);
            }
            ImportField::ConstraintOn => plan.constraint_on = Some(date()?.into()),
            ImportField::Deadline => plan.deadline_on = Some(date()?.into()),
            ImportField::Duration => plan.duration_minutes = Some(minutes()?),
            ImportField::Optimistic => plan.optimistic_minutes = Some(minutes()?),
            ImportField::Pessimistic => plan.pessimistic_minutes = Some(minutes()?),
            _ => {}
        }
        Ok(())
    }
}

/// Minutes of an estimate. A plain number whose unit nobody said is not believed beyond what one task ever takes.
fn estimate(cell: &str, heading: &str, settings: &Settings) -> Result<i64, Said> {
    let unit = settings.unit.unwrap_or_else(|| ImportUnit::of_heading(heading));
    let minutes = values::minutes(cell, unit).ok_or(values::BAD_DURATION)?;
    let most = values::GUESSED_HOURS_MAX;
    if settings.unit.is_none() && minutes > 60 * most {
        return Err(values::ESTIMATE_TOO_LARGE.with("max", most));
    }
    Ok(minutes)
}

/// What rows of a file come to.
pub(super) struct Rows {
    /// Their tasks, each behind the one that it is part of.
    pub(super) drafts: Vec<Draft>,
    /// What is wrong in them.
    pub(super) errors: Vec<RowError>,
    /// How many have something wrong in them.
    pub(super) bad: usize,
    /// How many are left out.
    pub(super) skipped: usize,
}

/// Reads rows in the order of the plan; `there` are the lines of rows that came in before.
pub(super) fn all(reader: &Reader<'_>, plan: &Plan, places: &[usize], mut there: HashSet<u64>) -> Rows {
    let mut rows = Rows { drafts: Vec::new(), errors: Vec::new(), bad: 0, skipped: 0 };
    for (place, row) in places.iter().filter_map(|place| Some((*place, reader.table.rows.get(*place)?))) {
        let parent = plan.parent(place).and_then(|parent| {
            let parent = parent.and_then(|parent| reader.table.rows.get(parent));
            match parent {
                Some(row) if there.contains(&row.line) => Ok(Some(row.line)),
                // Reason: a part of what is archived stands by itself.
                Some(row) if !matches!(reader.row(row), Ok(None)) => Err(PARENT_LEFT_OUT.into()),
                _ => Ok(None),
            }
        });
        let wrong = |said: &Said| RowError::new(row.line, plan.heading(), said);
        match (reader.row(row), parent) {
            (Ok(None), _) => rows.skipped += 1,
            (Ok(Some(draft)), Ok(parent)) => {
                there.insert(row.line);
                rows.drafts.push(Draft { parent, ..draft });
            }
            (read, parent) => {
                rows.bad += 1;
                rows.errors.extend(read.err().unwrap_or_default());
                rows.errors.extend(parent.err().as_ref().map(wrong));
            }
        }
    }
    rows
}

fn labels(draft: &mut Draft, cell: &str) -> Result<(), Said> {
    for word in values::words(cell) {
        let name = text::line(word, "", label::NAME_MAX).map_err(|error| error.message)?;
        if !draft.labels.contains(&name) {
            draft.labels.push(name);
        }
    }
    let most = label::on_task::MAX_ON_TASK;
    if draft.labels.len() > most {
        return Err(label::on_task::TOO_MANY.with("max", most));
    }
    Ok(())
}

impl Draft {
    /// The task of the draft on a new row of a project; its column is the one of the draft, or where work begins.
    pub(super) fn task(&self, act: &Act, blank: Task, entry: &Column) -> Task {
        let now = act.now();
        let mut task = Task {
            title: self.title.clone(),
            description: self.description.clone(),
            priority: self.priority.as_str().to_owned(),
            estimate_minutes: self.estimate,
            remaining_minutes: self.estimate,
            start_on: self.start_on,
            due_on: self.due_on,
            milestone_id: self.milestone,
            ..blank
        };
        self.plan.put(&mut task);
        rules::enter(&mut task, self.column.as_ref().unwrap_or(entry), now);
        let done = self.done.and_then(|done| done.instant(&act.viewer().tenant.time_zone));
        // Reason: nothing is done in the future, whatever a file says.
        task.completed_at = task.completed_at.map(|completed| done.map_or(completed, |done| done.min(now)));
        task
    }
}
