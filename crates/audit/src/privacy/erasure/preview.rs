//! The preview of an erasure: what goes, what stays and why, and what stands in the way.

use kernel::{
    db::Db,
    error::{Result, Text},
    locale::Language,
    privacy::{DataSubject, Fate, Holders, Holding, Obstacle},
};
use serde::{Deserialize, Serialize};

use super::certificate::Collection;

/// A preview, as requests keep it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What there is.
    pub holdings: Vec<Line>,
    /// What must be settled first.
    pub obstacles: Vec<Hindrance>,
}

/// A collection of personal data and its fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its name (`identity.sessions`).
    pub name: String,
    /// What it is.
    pub about: Words,
    /// Rows or files of it.
    pub count: u64,
    /// `erased`, `anonymised` or `kept`.
    pub fate: String,
    /// Why it is kept.
    pub reason: Option<Words>,
}

/// Something that must be settled first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hindrance {
    /// What it is.
    pub about: Words,
    /// How much of it there is.
    pub count: u64,
}

/// A text in the languages of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The machine's word for it.
    pub code: String,
    /// English.
    pub en: String,
    /// French.
    pub fr: String,
}

impl Words {
    /// The text in a language.
    pub fn render(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Fr => &self.fr,
        }
    }
}

impl From<Text> for Words {
    fn from(Text { code, en, fr }: Text) -> Self {
        Self { code: code.to_owned(), en: en.to_owned(), fr: fr.to_owned() }
    }
}

impl From<Holding> for Line {
    fn from(Holding { name, about, count, fate }: Holding) -> Self {
        let (fate, reason) = match fate {
            Fate::Erased => ("erased", None),
            Fate::Anonymised => ("anonymised", None),
            Fate::Kept(reason) => ("kept", Some(reason.into())),
        };
        Self { name: name.to_owned(), about: about.into(), count, fate: fate.to_owned(), reason }
    }
}

impl From<Obstacle> for Hindrance {
    fn from(Obstacle { about, count }: Obstacle) -> Self {
        Self { about: about.into(), count }
    }
}

impl From<&Line> for Collection {
    fn from(Line { name, about: _, count, fate, reason }: &Line) -> Self {
        let reason = reason.as_ref().map(|reason| reason.en.clone());
        Self { name: name.clone(), count: *count, fate: fate.clone(), reason }
    }
}

impl Preview {
    /// What an erasure would find now.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn of(db: &Db, holders: &Holders, subject: &DataSubject) -> Result<Self> {
        let mut preview = Self::default();
        for domain in holders.iter() {
            preview.holdings.extend(domain.holdings(db, subject).await?.into_iter().map(Line::from));
            preview.obstacles.extend(domain.obstacles(db, subject).await?.into_iter().map(Hindrance::from));
        }
        Ok(preview)
    }

    /// Whether an erasure that found these holdings of the domains did what was agreed to: as much of each, with the same
    /// fate. The trail, which every look makes longer, is not compared.
    pub fn is_of(&self, found: &[Line]) -> bool {
        let settled = |lines: &[Line]| {
            let mut lines: Vec<_> = lines
                .iter()
                .filter(|line| !line.name.starts_with("audit."))
                .map(|line| (line.name.clone(), line.count, line.fate.clone()))
                .collect();
            lines.sort();
            lines
        };
        settled(&self.holdings) == settled(found)
    }
}
