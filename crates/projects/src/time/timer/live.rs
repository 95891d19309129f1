//! The subscription to one's own timer.

use async_graphql::{Context, Enum, SimpleObject, Subscription};
use futures::{Stream, StreamExt};
use kernel::{
    Error, Result,
    ask::{Ask, Asking},
    graph::Graph,
    id::{TimerId, TypedId, UserId},
};

use super::graphql::Timer;
use crate::{
    change::FELL_BEHIND,
    policy::time::TIME_READ,
    service::{Event, Heard, Projects},
};

/// What happened to a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TimerChangeKind {
    /// It was started.
    Started,
    /// It was found to be forgotten, or changed otherwise.
    Changed,
    /// It was stopped or thrown away.
    Stopped,
}

/// A change of the viewer's timer.
#[derive(SimpleObject)]
pub struct TimerChange {
    /// What happened.
    pub kind: TimerChangeKind,
    /// Id of the timer that it happened to.
    pub timer_id: TimerId,
    /// The timer that runs now; null if none does.
    pub timer: Option<Graph<Timer>>,
}

/// Root subscription of timers.
#[derive(Default)]
pub struct TimerSubscription;

#[Subscription]
impl TimerSubscription {
    /// Changes of the viewer's own timer, on whichever device they were made. Who takes messages so slowly that some
    /// were missed is told so by UNAVAILABLE, which ends it: read anew and subscribe again. Needs
    /// `projects.time.read`.
    async fn timer_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<TimerChange>> + 'static> {
        let ask = ctx.ask().clone();
        ask.viewer.require(TIME_READ)?;
        let user = ask.viewer.signed_in()?;
        let heard = ctx.data_unchecked::<Projects>().events.subscribe(ask.viewer.tenant_id());
        let heard = heard.scan(false, |ended, heard| {
            let next = (!*ended).then_some(heard);
            *ended = matches!(next, Some(Heard::Missed));
            std::future::ready(next)
        });
        Ok(heard.filter_map(move |heard| {
            let ask = ask.clone();
            async move {
                match heard {
                    Heard::Event(event) => change(&ask, user, &event).await.transpose(),
                    Heard::Missed => Some(Err(Error::Unavailable(FELL_BEHIND.into()))),
                }
            }
        }))
    }
}

/// The message for an event, if it is about a timer of this person.
async fn change(ask: &Ask, user: UserId, event: &Event) -> Result<Option<TimerChange>> {
    let Some(kind) = kind_of(event, user) else { return Ok(None) };
    ask.viewer.require(TIME_READ)?;
    // Reason: what the message's fields load must be as it is now, not as for the message before.
    ask.forget();
    let timer = super::running(&ask.db, &ask.viewer, user).await?;
    let timer_id = TimerId::from_uuid(event.subject_id);
    Ok(Some(TimerChange { kind, timer_id, timer: timer.map(|timer| Graph(timer.into())) }))
}

fn kind_of(event: &Event, user: UserId) -> Option<TimerChangeKind> {
    let kind = match event.kind.as_str() {
        "projects.timer.created" => TimerChangeKind::Started,
        "projects.timer.updated" => TimerChangeKind::Changed,
        "projects.timer.deleted" => TimerChangeKind::Stopped,
        _ => return None,
    };
    (event.payload["refs"]["user"] == user.to_string()).then_some(kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_the_owner_hears_of_a_timer() {
        let [owner, other] = [1, 2].map(|number| UserId::from_uuid(Uuid::from_u128(number)));
        let event = |kind: &str| Event {
            id: Uuid::nil(),
            kind: kind.to_owned(),
            subject_type: "Timer".to_owned(),
            subject_id: Uuid::nil(),
            payload: json!({ "refs": { "user": owner } }),
        };
        assert_eq!(kind_of(&event("projects.timer.created"), owner), Some(TimerChangeKind::Started));
        assert_eq!(kind_of(&event("projects.timer.deleted"), owner), Some(TimerChangeKind::Stopped));
        assert_eq!(kind_of(&event("projects.timer.deleted"), other), None);
        assert_eq!(kind_of(&event("projects.task.updated"), owner), None);
    }
}
