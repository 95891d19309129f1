//! Sessions: who is signed in, on which device, until when; and the authentication of every request.

mod authenticate;
mod cache;
mod cookies;
mod device;
mod end;
pub mod entity;
pub mod graphql;
pub mod refresh_token;
mod renew;
mod rules;
mod start;
mod store;

pub use authenticate::on_event;
pub use cache::Cache;
pub use cookies::{Cookies, DEVICE_COOKIE, REFRESH_COOKIE};
pub(crate) use device::{Device, new_mark};
pub use end::{end_all, end_in_tenant};
pub(crate) use end::{end_switched, find_living};
pub use graphql::Session;
pub use rules::{EndReason, SESSION_ENDED};
pub use start::Delivery;
pub(crate) use start::{Begun, Handed, NewSession, check_delivery, check_stays, hand_out, start};
