//! Activity: the trail as people read it, in sentences and groups.
//!
//! A gatherer follows the sealed order of each tenant and puts every entry that has a sentence into a group: the open
//! one of its key (actor, kind of act, project, account), or a new one if that is half an hour old, long or full. Which
//! group an entry is in is written once and never changes, and groups are listed by the place of their first entry,
//! which does not change either. So no page ever splits a group or shows one twice, whatever is added meanwhile: what
//! is new is in a group that is known already, or in front of all pages.
//!
//! Names are put into sentences when they are read, and who sees what is asked then, too ([`Sight`]).

mod filter;
mod gather;
mod graphql;
mod group;
mod item;
mod load;
mod plan;
mod sentence;
mod sight;
mod texts;

use async_graphql::MergedObject;
use kernel::activity::ActionText;

pub use gather::Gatherer;
pub(crate) use gather::forget;
pub use graphql::{Activity, ActivityEntry, of_account, of_project, of_task};
pub use group::Entity as Groups;
pub use item::{Column as ItemColumn, Entity as Items};
pub use sight::{Near, Sight, Sights};
pub use texts::ACTIONS;

/// The root queries about activity.
#[derive(MergedObject, Default)]
pub struct ActivityQuery(graphql::ActivityRoot);

/// The sentences of every domain.
#[derive(Clone, Copy, Debug)]
pub struct Texts(pub &'static [&'static [ActionText]]);

impl Texts {
    /// All sentences, in the order of the domains.
    pub fn all(self) -> impl Iterator<Item = &'static ActionText> {
        self.0.iter().copied().flatten()
    }

    /// The sentence of a kind.
    pub fn of(self, kind: &str) -> Option<&'static ActionText> {
        self.all().find(|text| text.kind == kind)
    }
}
