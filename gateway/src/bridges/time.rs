//! What other domains know of time: who worked, decided, and is billed.

use async_graphql::{Context, Object};
use crm::Account;
use identity::user::User;
use kernel::{
    ask::Asking,
    error::Result,
    graph::Graph,
    id::{AccountId, UserId},
};
use projects::time::{
    entry::graphql::TimeEntry,
    rate::graphql::{BillRate, CostRate},
    sheet::graphql::Timesheet,
    timer::graphql::Timer,
};

/// What other domains know of a piece of time.
pub struct TimeEntryBridges {
    user: Option<UserId>,
    decided_by: Option<UserId>,
}

impl From<&TimeEntry> for TimeEntryBridges {
    fn from(entry: &TimeEntry) -> Self {
        Self { user: entry.0.user_id, decided_by: entry.0.decided_by }
    }
}

#[Object(name = "TimeEntryBridgeFields")]
impl TimeEntryBridges {
    /// Who worked; null for viewers who may not see them, and once they were erased.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.user).await
    }

    /// Who approved it or sent it back; null before, and for viewers who may not see them.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.decided_by).await
    }
}

/// What other domains know of a person's week.
pub struct TimesheetBridges {
    user: Option<UserId>,
    decided_by: Option<UserId>,
}

impl From<&Timesheet> for TimesheetBridges {
    fn from(week: &Timesheet) -> Self {
        Self { user: week.0.user_id, decided_by: week.0.decided_by }
    }
}

#[Object(name = "TimesheetBridgeFields")]
impl TimesheetBridges {
    /// Whose week it is; null for viewers who may not see them, and once they were erased.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.user).await
    }

    /// Who approved it, sent it back or opened it again; null before, and for viewers who may not see them.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.decided_by).await
    }
}

/// What other domains know of a timer.
pub struct TimerBridges {
    user: UserId,
}

impl From<&Timer> for TimerBridges {
    fn from(timer: &Timer) -> Self {
        Self { user: timer.0.user_id }
    }
}

#[Object(name = "TimerBridgeFields")]
impl TimerBridges {
    /// Whose timer it is; null for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), Some(self.user)).await
    }
}

/// What other domains know of what an hour is billed at.
pub struct BillRateBridges {
    user: Option<UserId>,
    account: Option<AccountId>,
}

impl From<&BillRate> for BillRateBridges {
    fn from(rate: &BillRate) -> Self {
        Self { user: rate.0.user_id, account: rate.0.account_id }
    }
}

#[Object(name = "BillRateBridgeFields")]
impl BillRateBridges {
    /// The person it is for; null for nobody in particular, and for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.user).await
    }

    /// The client it is for; null for none in particular, and for viewers who may not see it.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Graph<Account>>> {
        super::account(ctx.ask(), self.account).await
    }
}

/// What other domains know of what an hour costs.
pub struct CostRateBridges {
    user: Option<UserId>,
}

impl From<&CostRate> for CostRateBridges {
    fn from(rate: &CostRate) -> Self {
        Self { user: rate.0.user_id }
    }
}

#[Object(name = "CostRateBridgeFields")]
impl CostRateBridges {
    /// The person it is for; null for nobody in particular, and for viewers who may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Graph<User>>> {
        super::user(ctx.ask(), self.user).await
    }
}
