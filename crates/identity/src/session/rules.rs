//! Pure rules of sessions: how long they last, which one goes, and what a presented refresh token means.

use chrono::{DateTime, Duration, Utc};
use kernel::{Text, id::SessionId};

use super::{entity as session, refresh_token};
use crate::IdentityConfig;

/// How long after its use a refresh token that comes again counts as a race of its owner (two tabs, a repeated request)
/// and not as theft. Within it the second comer gets no token, so a thief gains nothing; a client that reads the
/// winner's token (tabs share the cookie) goes on undisturbed.
pub const RACE: Duration = Duration::seconds(10);

/// The session was ended, has run out, or never was.
pub const SESSION_ENDED: Text = Text::new(
    "session_ended",
    "Your session has ended. Sign in again.",
    "Votre session est terminée. Reconnectez-vous.",
);

/// Why a session ended, as stored in `revoke_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The person signed out.
    SignedOut,
    /// The person ended it from another session, or an administrator did.
    Revoked,
    /// A newer session took its place, because there were too many.
    Replaced,
    /// A refresh token of it was used twice.
    TokenReused,
    /// The person set or changed the password.
    PasswordChanged,
    /// The person went to another tenant, and the browser keeps one session.
    Switched,
    /// The membership was deactivated or ended.
    MembershipEnded,
}

impl EndReason {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::TokenReused => "token_reused",
            Self::PasswordChanged => "password_changed",
            Self::Switched => "switched",
            Self::MembershipEnded => "membership_ended",
        }
    }
}

/// How long a session lasts from its last renewal.
pub fn lifetime(config: &IdentityConfig, remember: bool) -> Duration {
    Duration::days(i64::from(if remember { config.remember_days } else { config.refresh_days }))
}

/// Whether a session can be used.
pub fn is_alive(session: &session::Model, now: DateTime<Utc>) -> bool {
    session.revoked_at.is_none() && session.expires_at > now
}

/// The sessions that must go so that one more fits: those used longest ago. `live` is in any order.
pub fn surplus(live: &[session::Model], max: u32) -> Vec<SessionId> {
    let mut by_use: Vec<&session::Model> = live.iter().collect();
    by_use.sort_by_key(|session| (session.last_used_at, session.id));
    let keep = (max.max(1) - 1) as usize;
    by_use.iter().take(by_use.len().saturating_sub(keep)).map(|session| session.id).collect()
}

/// What a presented refresh token means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Exchange it for the next.
    Rotate,
    /// It was exchanged a moment ago; its owner has the next one.
    Raced,
    /// It was exchanged before: somebody copied it, and nobody can say who. The session ends.
    Reused,
    /// Session or token are over.
    Ended,
}

/// Judges a refresh token of a session.
pub fn renewal(token: &refresh_token::Model, session: &session::Model, now: DateTime<Utc>) -> Renewal {
    if !is_alive(session, now) {
        return Renewal::Ended;
    }
    match token.used_at {
        Some(used) if now < used + RACE => Renewal::Raced,
        Some(_) => Renewal::Reused,
        None if token.expires_at <= now => Renewal::Ended,
        None => Renewal::Rotate,
    }
}

#[cfg(test)]
mod tests {
    use kernel::id::{TypedId as _, UserId};
    use uuid::Uuid;

    use super::*;
    use crate::testing::noon;

    fn session(number: u128, last_used: i64) -> session::Model {
        session::Model {
            id: SessionId::from_uuid(Uuid::from_u128(number)),
            tenant_id: kernel::id::TenantId::from_uuid(Uuid::from_u128(1)),
            user_id: UserId::from_uuid(Uuid::from_u128(2)),
            device: "Firefox on Linux".into(),
            device_hash: "hash".into(),
            user_agent: String::new(),
            ip: String::new(),
            remember: false,
            delivery: "body".into(),
            created_at: noon(),
            last_used_at: noon() + Duration::minutes(last_used),
            expires_at: noon() + Duration::days(7),
            revoked_at: None,
            revoke_reason: None,
        }
    }

    fn token() -> refresh_token::Model {
        refresh_token::Model {
            id: Uuid::from_u128(9),
            tenant_id: kernel::id::TenantId::from_uuid(Uuid::from_u128(1)),
            session_id: SessionId::from_uuid(Uuid::from_u128(1)),
            hash: "hash".into(),
            issued_at: noon(),
            expires_at: noon() + Duration::days(7),
            used_at: None,
        }
    }

    #[test]
    fn unused_token_of_a_living_session_is_exchanged() {
        assert_eq!(renewal(&token(), &session(1, 0), noon()), Renewal::Rotate);
    }

    #[test]
    fn token_that_comes_twice_at_once_is_a_race_and_later_a_theft() {
        let used = refresh_token::Model { used_at: Some(noon()), ..token() };
        assert_eq!(renewal(&used, &session(1, 0), noon()), Renewal::Raced);
        assert_eq!(renewal(&used, &session(1, 0), noon() + RACE - Duration::microseconds(1)), Renewal::Raced);
        assert_eq!(renewal(&used, &session(1, 0), noon() + RACE), Renewal::Reused);
    }

    #[test]
    fn token_and_session_end_at_their_times() {
        let later = noon() + Duration::days(7);
        assert_eq!(renewal(&token(), &session(1, 0), later), Renewal::Ended);
        let shorter = refresh_token::Model { expires_at: noon(), ..token() };
        assert_eq!(renewal(&shorter, &session(1, 0), noon()), Renewal::Ended);
    }

    #[test]
    fn used_token_of_an_ended_session_ends_nothing_again() {
        let revoked = session::Model { revoked_at: Some(noon()), ..session(1, 0) };
        let used = refresh_token::Model { used_at: Some(noon()), ..token() };
        assert_eq!(renewal(&used, &revoked, noon() + Duration::hours(1)), Renewal::Ended);
    }

    #[test]
    fn sessions_used_longest_ago_make_room() {
        let live = [session(1, 30), session(2, 10), session(3, 20), session(4, 50), session(5, 40)];
        assert_eq!(surplus(&live, 5), [live[1].id]);
        assert_eq!(surplus(&live, 4), [live[1].id, live[2].id]);
        assert_eq!(surplus(&live[..4], 5), []);
        assert_eq!(surplus(&live[..1], 1), [live[0].id]);
    }

    #[test]
    fn remembered_sessions_last_longer() {
        let config = IdentityConfig::default();
        assert_eq!(lifetime(&config, false), Duration::days(7));
        assert_eq!(lifetime(&config, true), Duration::days(30));
    }
}
