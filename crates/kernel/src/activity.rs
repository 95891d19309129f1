//! What people read of acts: each domain says every one of its acts in a sentence, in each language, for one thing and
//! for many. Sentences hold no data: names are put in when somebody reads them.

use async_graphql::Enum;

use crate::locale::Language;

/// What an activity is about, in broad strokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "ActivityCategory")]
pub enum Category {
    /// Projects, teams and tasks.
    Projects,
    /// Client companies and the people there.
    Clients,
    /// People of the agency, invitations, profiles.
    People,
    /// Roles, keys, sessions, passwords.
    Access,
    /// The agency itself: settings, domains, jobs.
    Settings,
    /// The audit trail, what was looked at, personal data.
    Audit,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 6] =
        [Self::Projects, Self::Clients, Self::People, Self::Access, Self::Settings, Self::Audit];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Clients => "clients",
            Self::People => "people",
            Self::Access => "access",
            Self::Settings => "settings",
            Self::Audit => "audit",
        }
    }
}

/// When a sentence is the right one for an entry of its act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It was done.
    Done,
    /// It was done, and gave this field, which was empty, a value.
    Fills(&'static str),
    /// It was done, and emptied this field.
    Clears(&'static str),
    /// It was done, and changed none but these fields.
    Only(&'static [&'static str]),
    /// It was refused or failed.
    Failed,
}

/// How one kind of act is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionText {
    /// The kind of activity; that of the act unless one act is said in several ways.
    pub kind: &'static str,
    /// Name of the act: `projects.task.create`.
    pub action: &'static str,
    /// Type of the entries that count; other entries of the act are its consequences and are not shown.
    pub subject: &'static str,
    /// When this is the right sentence.
    pub when: When,
    /// What it is about.
    pub category: Category,
    /// Name of an icon.
    pub icon: &'static str,
    /// Whether everybody who sees the thing may read it; otherwise only who reads the entries of the trail.
    pub is_open: bool,
    /// Whether clients are not told, though they see the thing: what changed is for the team.
    pub is_for_team: bool,
    /// English, for one thing and for many. `{actor}`, `{subject}`, `{person}` and `{count}` are put in.
    pub en: [&'static str; 2],
    /// French.
    pub fr: [&'static str; 2],
}

impl ActionText {
    /// A sentence of an act that only readers of the trail see.
    pub const fn inner(
        category: Category,
        (action, subject): (&'static str, &'static str),
        icon: &'static str,
        en: [&'static str; 2],
        fr: [&'static str; 2],
    ) -> Self {
        Self {
            kind: action,
            action,
            subject,
            when: When::Done,
            category,
            icon,
            is_open: false,
            is_for_team: false,
            en,
            fr,
        }
    }

    /// A sentence of an act that everybody may read who sees what it was done to.
    pub const fn open(
        category: Category,
        of: (&'static str, &'static str),
        icon: &'static str,
        en: [&'static str; 2],
        fr: [&'static str; 2],
    ) -> Self {
        Self { is_open: true, ..Self::inner(category, of, icon, en, fr) }
    }

    /// The same as a kind of its own, for some entries of the act.
    #[must_use]
    pub const fn when(self, when: When, kind: &'static str) -> Self {
        Self { when, kind, ..self }
    }

    /// The same, not told to clients.
    #[must_use]
    pub const fn for_team(self) -> Self {
        Self { is_for_team: true, ..self }
    }

    /// The same kind, done by another act.
    #[must_use]
    pub const fn of(self, action: &'static str) -> Self {
        Self { action, ..self }
    }

    /// The sentence for `count` things. The plural rules are CLDR's: one thing is singular in both languages, and none
    /// in French.
    pub const fn template(&self, language: Language, count: u64) -> &'static str {
        let [one, many] = match language {
            Language::En => self.en,
            Language::Fr => self.fr,
        };
        let singular = match language {
            Language::En => count == 1,
            Language::Fr => count < 2,
        };
        if singular { one } else { many }
    }
}
