//! Bridges: the fields that one domain's types get from another domain. Reading only; a bridge calls a loader or a list
//! function of the other domain, which keeps its own rules of visibility.

mod account;
mod people;
mod project;
mod register;
mod task;
mod time;
mod trail;
mod work;
mod working;

pub use account::{AccountBridges, ContactBridges};
pub use people::{ApiKeyBridges, InvitationBridges, UserBridges};
pub use project::{MemberBridges, ProjectBridges};
pub use register::{
    BaselineBridges, ChangeRequestBridges, DecisionBridges, FeedbackBridges, ReportBridges, RiskBridges,
};
pub use task::TaskBridges;
pub use time::{BillRateBridges, CostRateBridges, TimeEntryBridges, TimerBridges, TimesheetBridges};
pub use trail::{AuditEntryBridges, JobBridges, PrivacyRequestBridges, Trail};
pub use work::{CommentBridges, MilestoneBridges, SavedViewBridges};
pub use working::{AllocationBridges, LeaveBridges, ProfileBridges};

use crm::Account;
use identity::user::User;
use kernel::{
    ask::Ask,
    error::Result,
    graph::Graph,
    id::{AccountId, TypedId, UserId},
    page::ById,
};

/// The person with this id, if the viewer may see them.
pub(crate) async fn user(ask: &Ask, id: Option<UserId>) -> Result<Option<Graph<User>>> {
    let Some(id) = id else { return Ok(None) };
    let row = ask.load::<ById<identity::user::entity::Entity>, _>(id.uuid()).await?;
    Ok(row.map(|row| Graph(User::from(row))))
}

/// The account with this id, if the viewer may see it.
async fn account(ask: &Ask, id: Option<AccountId>) -> Result<Option<Graph<Account>>> {
    let Some(id) = id else { return Ok(None) };
    let row = ask.load::<ById<crm::account::entity::Entity>, _>(id.uuid()).await?;
    Ok(row.map(|row| Graph(Account(row))))
}
