//! Words: enumerations that are text in the database and enum values in the graph.

/// An enumeration with its words in the database; `Default` is the first variant marked so.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, async_graphql::Enum)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them, in their natural order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The words in the database, in the natural order of their values.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value of a word of the database.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }

            /// The name in the graph.
            #[must_use]
            pub fn name(self) -> String {
                self.as_str().to_uppercase()
            }
        }
    };
}

words! {
    /// How soon something has to be done.
    Priority {
        /// When there is nothing else.
        Low = "low",
        /// In its turn.
        #[default]
        Normal = "normal",
        /// Before others.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
}

words! {
    /// Where a project stands.
    ProjectStatus {
        /// Asked for, not yet planned.
        #[default]
        Intake = "intake",
        /// Being planned.
        Planning = "planning",
        /// Being worked on.
        InProgress = "in_progress",
        /// Being checked before it is handed over.
        Review = "review",
        /// Done.
        Completed = "completed",
        /// Waiting; it goes on where it stopped.
        OnHold = "on_hold",
        /// Given up.
        Cancelled = "cancelled",
    }
}

words! {
    /// How the work of a project is paid.
    BillingType {
        /// One price for the whole.
        FixedFee = "fixed_fee",
        /// By the hours worked.
        #[default]
        TimeAndMaterials = "time_and_materials",
        /// A sum each period.
        Retainer = "retainer",
        /// Not at all.
        NonBillable = "non_billable",
    }
}

words! {
    /// How the work of a project is organised.
    Methodology {
        /// In short rounds.
        #[default]
        Agile = "agile",
        /// Phase after phase.
        Waterfall = "waterfall",
        /// Some of both.
        Hybrid = "hybrid",
    }
}

words! {
    /// What a column of the board says about its tasks.
    TaskStatus {
        /// Not begun.
        #[default]
        Todo = "todo",
        /// Begun.
        Doing = "doing",
        /// Finished.
        Done = "done",
    }
}

words! {
    /// Who says when a task is done.
    Scheduling {
        /// The schedule: as early as links, constraints and people's time let it.
        #[default]
        Automatic = "automatic",
        /// Somebody: it stays on the day it was put on, whatever its links say.
        Manual = "manual",
    }
}

words! {
    /// What holds the start of a task beside its links.
    PlanConstraint {
        /// It starts on a day or later.
        #[default]
        NotEarlier = "not_earlier",
        /// It starts on a day. Links that make it later win, and the conflict is told.
        MustStart = "must_start",
    }
}

words! {
    /// Which way billed time is rounded.
    RoundingMode {
        /// Not at all.
        #[default]
        None = "none",
        /// To the next step.
        Up = "up",
        /// To the step before.
        Down = "down",
        /// To the nearest step; halves go up.
        Nearest = "nearest",
    }
}

words! {
    /// What billed time is rounded by.
    RoundingScope {
        /// Each entry for itself.
        #[default]
        Entry = "entry",
        /// All that somebody did for a project on one day.
        Day = "day",
    }
}

words! {
    /// What becomes of a timer that was forgotten.
    TimerAction {
        /// Its owner is told.
        #[default]
        Notify = "notify",
        /// It is stopped at the hours that it may run, and its owner is told.
        Stop = "stop",
    }
}

words! {
    /// Where a piece of time stands.
    TimeEntryStatus {
        /// Its owner works on it.
        #[default]
        Draft = "draft",
        /// It waits for a manager.
        Submitted = "submitted",
        /// A manager approved it; its rates are fixed.
        Approved = "approved",
        /// A manager sent it back.
        Rejected = "rejected",
    }
}

words! {
    /// Where a week stands.
    TimesheetStatus {
        /// Its owner works on it.
        #[default]
        Open = "open",
        /// It waits for managers.
        Submitted = "submitted",
        /// All of it is approved; nothing in it changes any more.
        Approved = "approved",
        /// Something in it was sent back.
        Rejected = "rejected",
    }
}

words! {
    /// Where the rate of an hour is written: the nearer to the work, the stronger.
    RateLevel {
        /// At the piece of time itself.
        Entry = "entry",
        /// At the task.
        Task = "task",
        /// At the person's place on the project.
        Member = "member",
        /// At the project, for a kind of work.
        ProjectActivity = "project_activity",
        /// At the project.
        Project = "project",
        /// At the kind of work.
        Activity = "activity",
        /// At the person.
        Person = "person",
        /// At the client.
        Account = "account",
        /// For the whole agency.
        #[default]
        Tenant = "tenant",
    }
}

words! {
    /// Where a milestone stands. Whether it is overdue follows from its due date.
    MilestoneStatus {
        /// Not begun.
        #[default]
        Pending = "pending",
        /// Begun.
        InProgress = "in_progress",
        /// Reached.
        Completed = "completed",
        /// Not needed any more; it holds up nothing.
        Waived = "waived",
    }
}

words! {
    /// What the client said of a milestone.
    ApprovalStatus {
        /// They were asked and have not answered.
        #[default]
        Requested = "requested",
        /// They agreed.
        Approved = "approved",
        /// They did not agree, and said why.
        Rejected = "rejected",
    }
}

words! {
    /// How a piece of work waits for another.
    DependencyKind {
        /// The later one begins when the earlier one is finished.
        #[default]
        FinishToStart = "fs",
        /// The later one begins when the earlier one has begun.
        StartToStart = "ss",
        /// The later one finishes when the earlier one is finished.
        FinishToFinish = "ff",
        /// The later one finishes when the earlier one has begun.
        StartToFinish = "sf",
    }
}

words! {
    /// What the values of a tenant's own field are.
    ProjectFieldKind {
        /// A line of text.
        #[default]
        Text = "text",
        /// A number, as decimal digits.
        Number = "number",
        /// A day of the calendar.
        Date = "date",
        /// Yes or no.
        Boolean = "boolean",
        /// One of the field's options.
        Choice = "choice",
        /// An address in the web.
        Url = "url",
    }
}

words! {
    /// Which list a saved view is of.
    SavedViewKind {
        /// Projects.
        #[default]
        Projects = "projects",
        /// Tasks.
        Tasks = "tasks",
    }
}

words! {
    /// How an import goes.
    TaskImportStatus {
        /// It was asked for.
        #[default]
        Waiting = "waiting",
        /// It is under way.
        Running = "running",
        /// Every row was looked at.
        Done = "done",
        /// It was given up; what came in stays.
        Failed = "failed",
        /// Somebody ended it; what came in stays.
        Cancelled = "cancelled",
    }
}

mod people;
mod register;

pub use people::*;
pub use register::*;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_database_are_read_back() {
        for status in ProjectStatus::ALL {
            assert_eq!(ProjectStatus::parse(status.as_str()), Some(*status));
        }
        assert_eq!(ProjectStatus::parse("IN_PROGRESS"), None);
    }

    #[test]
    fn names_are_those_of_the_graph() {
        use async_graphql::resolver_utils::EnumType;
        for item in ProjectStatus::items() {
            assert_eq!(item.name, item.value.name());
        }
        for item in BillingType::items() {
            assert_eq!(item.name, item.value.name());
        }
    }
}
