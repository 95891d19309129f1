//! What a template consists of, as it is sent, answered and stored. Parts name each other by keys that hold within the
//! template alone; days are working days from its first one, which is 0.

use async_graphql::{InputObject, SimpleObject};
use serde::{Deserialize, Serialize};

use crate::words::{
    BillingType, DependencyKind, Methodology, PlanConstraint, Priority, Scheduling, TaskStatus,
};

/// What a template consists of. Parts name each other by keys that mean something within the template alone. Days are
/// working days from its first one, which is day 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "TemplatePlan", input_name = "TemplatePlanInput")]
pub struct TemplatePlan {
    /// Places for people, at most 30: who takes each is said when the template is applied.
    #[graphql(default)]
    #[serde(default)]
    pub placeholders: Vec<TemplateRole>,
    /// Columns of the board from left to right, at most 30; without any, a new project gets the usual ones.
    #[graphql(default)]
    #[serde(default)]
    pub planned_columns: Vec<TemplateColumn>,
    /// What the new project is like beside its parts.
    #[graphql(default)]
    #[serde(default)]
    pub planned_project: TemplateProject,
    /// Labels that the new project has of its own, at most 200; those of the agency with the same names go before them.
    /// Other labels that tasks name are grey.
    #[graphql(default)]
    #[serde(default)]
    pub planned_labels: Vec<TemplateLabel>,
    /// Milestones in their order, at most 200.
    #[graphql(default)]
    #[serde(default)]
    pub planned_milestones: Vec<TemplateMilestone>,
    /// Tasks in their order, at most 1 000.
    #[graphql(default)]
    #[serde(default)]
    pub planned_tasks: Vec<TemplateTask>,
    /// Which work waits for which, at most 3 000, without a cycle.
    #[graphql(default)]
    #[serde(default)]
    pub planned_links: Vec<TemplateLink>,
    /// Folders for documents as paths such as `Contracts/Signed`, at most 200.
    #[graphql(default)]
    #[serde(default)]
    pub folders: Vec<String>,
}

/// What a project of a template is like beside its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "TemplateProject", input_name = "TemplateProjectInput")]
pub struct TemplateProject {
    /// How the work is paid.
    #[graphql(default)]
    #[serde(with = "words", default)]
    pub billing_type: BillingType,
    /// How the work is organised.
    #[graphql(default)]
    #[serde(with = "words", default)]
    pub methodology: Methodology,
    /// How soon it has to be done, unless it is said otherwise when the template is applied.
    #[graphql(default)]
    #[serde(with = "words", default)]
    pub priority: Priority,
    /// Words to find it by, at most 20 of at most 40 characters.
    #[graphql(default)]
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A label of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "TemplateLabel", input_name = "TemplateLabelInput")]
pub struct TemplateLabel {
    /// What people call it, at most 40 characters.
    pub name: String,
    /// Its colour: `#` and six hexadecimal digits.
    pub color: String,
}

/// A place for a person in a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "TemplateRole", input_name = "TemplateRoleInput")]
pub struct TemplateRole {
    /// What tasks name it by, at most 40 characters.
    pub key: String,
    /// What the person does on the project, at most 120 characters.
    pub title: String,
}

/// A column of the board of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "TemplateColumn", input_name = "TemplateColumnInput")]
pub struct TemplateColumn {
    /// Its heading, at most 60 characters.
    pub name: String,
    /// What it says about its tasks.
    #[serde(with = "words")]
    pub category: TaskStatus,
}

/// A milestone of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "TemplateMilestone", input_name = "TemplateMilestoneInput")]
pub struct TemplateMilestone {
    /// What other parts name it by, at most 40 characters.
    pub key: String,
    /// What people call it, at most 100 characters.
    pub name: String,
    /// What there is to say about it, in Markdown.
    #[graphql(default)]
    #[serde(default)]
    pub notes: String,
    /// What is handed over, at most 50 lines.
    #[graphql(default)]
    #[serde(default)]
    pub deliverables: Vec<String>,
    /// The working day on which it is due.
    #[serde(default)]
    pub due_day: Option<i32>,
    /// How soon it has to be reached.
    #[graphql(default)]
    #[serde(with = "words", default)]
    pub priority: Priority,
    /// Whether the client sees it.
    #[graphql(default)]
    #[serde(default)]
    pub client_visible: bool,
    /// Key of the place whose person answers for it.
    #[serde(default)]
    pub role: Option<String>,
}

/// A task of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "TemplateTask", input_name = "TemplateTaskInput")]
pub struct TemplateTask {
    /// What other parts name it by, at most 40 characters.
    pub key: String,
    /// What is to be done, in a line.
    pub title: String,
    /// What is to be done, in Markdown.
    #[graphql(default)]
    #[serde(default)]
    pub description: String,
    /// How soon it has to be done.
    #[graphql(default)]
    #[serde(with = "words", default)]
    pub priority: Priority,
    /// How long it is thought to take, in minutes.
    #[serde(default)]
    pub estimate_minutes: Option<i64>,
    /// The working day on which it is to begin.
    #[serde(default)]
    pub start_day: Option<i32>,
    /// How many working days it lasts, its first one among them; with a start it makes the due date, without one the due
    /// date counts from the project's first day.
    #[serde(default)]
    pub duration_days: Option<i32>,
    /// Key of the milestone that it is part of.
    #[serde(default)]
    pub milestone: Option<String>,
    /// Key of the task that it is part of.
    #[serde(default)]
    pub parent: Option<String>,
    /// Names of its labels, at most 20.
    #[graphql(default)]
    #[serde(default)]
    pub label_names: Vec<String>,
    /// Small steps, at most 50.
    #[graphql(default)]
    #[serde(default)]
    pub steps: Vec<String>,
    /// Keys of the places whose people do it, at most 20.
    #[graphql(default)]
    #[serde(default)]
    pub doers: Vec<String>,
    /// The rule by which it comes again (RFC 5545, `RRULE` without times), from its due day or else its start.
    #[serde(default)]
    pub recurrence: Option<String>,
    /// How it is scheduled; null: by the schedule, as its days and its estimate say.
    #[serde(default)]
    pub plan: Option<TemplateTaskPlan>,
}

/// How a task of a template is scheduled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "TemplateTaskPlan", input_name = "TemplateTaskPlanInput")]
pub struct TemplateTaskPlan {
    /// Who says when it is done: the schedule, or somebody.
    #[graphql(default)]
    #[serde(with = "words", default)]
    pub scheduling: Scheduling,
    /// How long it takes, in working minutes; null if that follows from its days or its estimate.
    #[serde(default)]
    pub duration_minutes: Option<i64>,
    /// What holds its start beside its links. Set together with `constraintDay`.
    #[serde(with = "words::perhaps", default)]
    pub constraint: Option<PlanConstraint>,
    /// The working day of the constraint.
    #[serde(default)]
    pub constraint_day: Option<i32>,
    /// The working day by which it ought to be finished at the latest.
    #[serde(default)]
    pub deadline_day: Option<i32>,
    /// How long it takes at best, in working minutes; set together with `pessimisticMinutes`.
    #[serde(default)]
    pub optimistic_minutes: Option<i64>,
    /// How long it takes at worst, in working minutes; not less than at best.
    #[serde(default)]
    pub pessimistic_minutes: Option<i64>,
}

/// One piece of work of a template that waits for another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "TemplateLink", input_name = "TemplateLinkInput")]
pub struct TemplateLink {
    /// Key of the earlier one, a task or a milestone.
    pub predecessor: String,
    /// Key of the later one, a task or a milestone.
    pub successor: String,
    /// How the later one waits.
    #[graphql(default)]
    #[serde(with = "words", default)]
    pub kind: DependencyKind,
    /// Working minutes between the two; a lead is negative.
    #[graphql(default)]
    #[serde(default)]
    pub lag_minutes: i64,
}

/// Enumerations as the words of the database.
mod words {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    use crate::words::{
        BillingType, DependencyKind, Methodology, PlanConstraint, Priority, Scheduling, TaskStatus,
    };

    pub(super) trait Word: Sized + Copy {
        fn word(self) -> &'static str;
        fn of(word: &str) -> Option<Self>;
    }

    macro_rules! word {
        ($($name:ty),+) => {
            $(impl Word for $name {
                fn word(self) -> &'static str {
                    self.as_str()
                }
                fn of(word: &str) -> Option<Self> {
                    Self::parse(word)
                }
            })+
        };
    }

    word!(BillingType, DependencyKind, Methodology, PlanConstraint, Priority, Scheduling, TaskStatus);

    /// Those that need not be there.
    pub(super) mod perhaps {
        use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

        use super::Word;

        pub(in super::super) fn serialize<W: Word, S: Serializer>(
            value: &Option<W>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            value.map(Word::word).serialize(serializer)
        }

        pub(in super::super) fn deserialize<'de, W: Word, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<W>, D::Error> {
            let Some(word) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
            W::of(&word).map(Some).ok_or_else(|| D::Error::custom("no word of the enumeration"))
        }
    }

    pub(super) fn serialize<W: Word, S: Serializer>(value: &W, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.word())
    }

    pub(super) fn deserialize<'de, W: Word, D: Deserializer<'de>>(deserializer: D) -> Result<W, D::Error> {
        let word = String::deserialize(deserializer)?;
        W::of(&word).ok_or_else(|| D::Error::custom("no word of the enumeration"))
    }
}
