//! What is sent: an entry's canonical line in an envelope that names the entry and its place, as JSON or as a syslog
//! message (RFC 5424). The id is the same each time, so that whoever gets an entry twice knows it.

use chrono::{DateTime, SecondsFormat, Utc};
use kernel::{
    act::personal::Personal,
    error::Result,
    id::{AuditEntryId, AuditSinkId, TenantId, TypedId as _},
};

use crate::{
    merkle::Hash,
    seal::{head::hex, line::Line},
};

/// Longest datagram that is tried; IPv4 has room for 65 507 bytes.
const DATAGRAM_MAX: usize = 60_000;

/// Facility "log audit" of RFC 5424 §6.2.1.
const FACILITY: u8 = 13;

/// One entry, ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Id of the entry; none of a trial.
    pub(super) id: Option<AuditEntryId>,
    /// Its place in the sealed order.
    pub(super) seq: Option<u64>,
    severity: u8,
    at: DateTime<Utc>,
    action: String,
    /// The envelope as one line of JSON.
    pub(super) json: Vec<u8>,
}

impl Message {
    /// The message of an entry; `personal` in the clear if the sink wants it.
    pub(super) fn of(seq: u64, hash: &Hash, line: &Line<'_>, personal: Option<&Personal>) -> Result<Self> {
        let id = AuditEntryId::from_uuid(line.id);
        let mut json =
            format!("{{\"id\":\"{id}\",\"seq\":{seq},\"hash\":\"{}\",\"entry\":", hex(hash)).into_bytes();
        line.write(&mut json);
        if let Some(personal) = personal {
            json.extend_from_slice(b",\"personal\":");
            serde_json::to_writer(&mut json, personal)?;
        }
        json.push(b'}');
        let severity = severity(line.severity);
        let action = line.action.to_owned();
        Ok(Self { id: Some(id), seq: Some(seq), severity, at: line.at, action, json })
    }

    /// A message that is about nothing, to see whether a sink listens.
    pub(super) fn trial(sink: AuditSinkId, now: DateTime<Utc>) -> Self {
        let at = now.to_rfc3339_opts(SecondsFormat::Micros, true);
        let json = format!("{{\"test\":true,\"sink\":\"{sink}\",\"at\":\"{at}\"}}").into_bytes();
        Self { id: None, seq: None, severity: 6, at: now, action: "audit.sink.test".to_owned(), json }
    }

    /// As RFC 5424 has it. The message is JSON without a byte order mark, as readers of JSON want it.
    pub(super) fn syslog(&self, host: &str, tenant: TenantId, datagram: bool) -> Vec<u8> {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let priority = FACILITY * 8 + self.severity;
        let action: String = self.action.chars().filter(char::is_ascii_graphic).take(32).collect();
        let mut data = format!("tenant=\"{tenant}\"");
        if let (Some(id), Some(seq)) = (self.id, self.seq) {
            data = format!("id=\"{id}\" seq=\"{seq}\" {data}");
        }
        // Reason: 32473 is the number of enterprises that have none (RFC 5612).
        let mut message =
            format!("<{priority}>1 {at} {} atrium - {action} [atrium@32473 {data}] ", name(host))
                .into_bytes();
        if datagram && message.len() + self.json.len() > DATAGRAM_MAX {
            message.extend_from_slice(b"{\"tooLong\":true}");
        } else {
            message.extend_from_slice(&self.json);
        }
        message
    }
}

/// A host name as the header has it.
fn name(host: &str) -> String {
    let name: String = host.chars().filter(char::is_ascii_graphic).take(255).collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

/// Severities of RFC 5424 §6.2.1.
fn severity(word: &str) -> u8 {
    match word {
        "critical" => 2,
        "warning" => 4,
        "notice" => 5,
        _ => 6,
    }
}

/// The body of a batch as one document.
pub(super) fn document(sink: AuditSinkId, tenant: TenantId, messages: &[Message]) -> Vec<u8> {
    let mut body = format!("{{\"sink\":\"{sink}\",\"tenant\":\"{tenant}\",\"entries\":[").into_bytes();
    for (index, message) in messages.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&message.json);
    }
    body.extend_from_slice(b"]}");
    body
}

/// The body of a batch as lines.
pub(super) fn lines(messages: &[Message]) -> Vec<u8> {
    let mut body = Vec::new();
    for message in messages {
        body.extend_from_slice(&message.json);
        body.push(b'\n');
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn message(size: usize) -> Message {
        Message {
            id: Some(AuditEntryId::from_uuid(Uuid::nil())),
            seq: Some(7),
            severity: severity("critical"),
            at: DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
            action: "audit.key.rotate".to_owned(),
            json: vec![b'x'; size],
        }
    }

    #[test]
    fn syslog_message_is_as_the_rfc_has_it() {
        let text = message(3).syslog("atrium.example.com", TenantId::from_uuid(Uuid::nil()), false);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "<106>1 2023-11-14T22:13:20.000001Z atrium.example.com atrium - audit.key.rotate \
             [atrium@32473 id=\"aud_00000000000000000000000000\" seq=\"7\" \
             tenant=\"ten_00000000000000000000000000\"] xxx"
        );
    }

    #[test]
    fn datagram_has_room_for_every_entry() {
        let tenant = TenantId::from_uuid(Uuid::nil());
        let long = message(100_000);
        assert!(long.syslog("", tenant, true).ends_with(b"] {\"tooLong\":true}"));
        assert!(long.syslog("", tenant, false).len() > 100_000);
    }
}
