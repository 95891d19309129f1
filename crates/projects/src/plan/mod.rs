//! The plan of a project: its tasks on the calendars of the people who do them, what holds them, and what follows from
//! that. The reckoning is that of the crate `schedule`; here it gets its network and its words.

pub(crate) mod analysis;
pub(crate) mod effort;
pub mod fields;
pub mod graphql;
pub(crate) mod load;
pub mod moves;
pub mod mutation;
pub(crate) mod network;
pub mod read;
pub(crate) mod reschedule;
pub(crate) mod say;
pub(crate) mod token;
pub(crate) mod waits;
