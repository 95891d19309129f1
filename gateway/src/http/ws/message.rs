//! Messages of `graphql-transport-ws`, as they are read and written.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::http::answer::{Answer, WireError};

/// What clients say.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    /// The first message.
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Json>>,
    },
    /// Are you there?
    Ping {
        #[serde(default)]
        payload: Option<Map<String, Json>>,
    },
    /// I am.
    Pong {},
    /// Run this.
    Subscribe { id: String, payload: Json },
    /// Stop that.
    Complete { id: String },
}

/// What we say.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Json>>,
    },
    Next {
        id: &'a str,
        payload: &'a Answer,
    },
    /// Refused before it ran; nothing more comes for this id.
    Error {
        id: &'a str,
        payload: &'a [WireError],
    },
    Complete {
        id: &'a str,
    },
}

impl Outgoing<'_> {
    pub(super) fn to_text(&self) -> String {
        // Invariant: as for `Answer::to_json`.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Why we close a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// The program stops.
    GoingAway,
    /// Our fault.
    Failed,
    /// A message is too long.
    TooLong,
    /// The viewer or the tenant has as many sockets as it may.
    TooMany,
    BadMessage,
    Unauthorized,
    Expired,
    Forbidden,
    Revoked,
    NoProtocol,
    NoInit,
    IdInUse,
    SecondInit,
}

impl Closing {
    pub(super) const fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::TooLong => 1009,
            Self::Failed => 1011,
            Self::TooMany => 1013,
            Self::BadMessage => 4400,
            Self::Unauthorized | Self::Expired => 4401,
            Self::Forbidden | Self::Revoked => 4403,
            Self::NoProtocol => 4406,
            Self::NoInit => 4408,
            Self::IdInUse => 4409,
            Self::SecondInit => 4429,
        }
    }

    /// The reason's text, at most 123 bytes (RFC 6455, section 5.5).
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "Going away",
            Self::TooLong => "Message too long",
            Self::Failed => "Try again later",
            Self::TooMany => "Too many sockets",
            Self::BadMessage => "Invalid message",
            Self::Unauthorized => "Unauthorized",
            Self::Expired => "Token expired",
            Self::Forbidden => "Forbidden",
            Self::Revoked => "Session revoked",
            Self::NoProtocol => "Subprotocol not acceptable",
            Self::NoInit => "Connection initialisation timeout",
            Self::IdInUse => "Subscriber for this id already exists",
            Self::SecondInit => "Too many initialisation requests",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_strictly() {
        let good = [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"connection_init","payload":{"a":1}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"pong","payload":{}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"id":"1","type":"complete"}"#,
        ];
        for text in good {
            assert!(serde_json::from_str::<Incoming>(text).is_ok(), "{text}");
        }
        let bad = [
            "",
            "[]",
            "3",
            r#"{"type":"start","id":"1"}"#,
            r#"{"type":"subscribe","payload":{}}"#,
            r#"{"type":"subscribe","id":1,"payload":{}}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"id":"1"}"#,
        ];
        for text in bad {
            assert!(serde_json::from_str::<Incoming>(text).is_err(), "{text}");
        }
    }
}
