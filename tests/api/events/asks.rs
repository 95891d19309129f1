//! What tests of events ask again and again.

use serde_json::{Value, json};
use tests::{Actor, Answer};

/// The log with everything about its events.
pub const EVENTS: &str = "query Events($after: String, $first: Int, $kinds: [String!], $subject: ID) {
  events(after: $after, first: $first, kinds: $kinds, subject: $subject) {
    nodes { id cursor kind version subjectType subjectId occurredAt payload auditEntryId }
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }";

/// The live log.
pub const LIVE: &str = "subscription Live($after: String, $kinds: [String!], $subject: ID) {
  events(after: $after, kinds: $kinds, subject: $subject) { id cursor kind subjectId payload } }";

/// A page of the log.
pub async fn page(who: &Actor, variables: Value) -> Answer {
    who.run(EVENTS, variables).await
}

/// Every event that somebody sees, page by page.
pub async fn everything(who: &Actor, filter: Value) -> Vec<Value> {
    let (mut all, mut variables) = (Vec::new(), filter);
    variables["first"] = json!(100);
    loop {
        let answer = page(who, variables.clone()).await.expect_ok();
        all.extend_from_slice(answer.list("events.nodes"));
        if answer.data("events.pageInfo.hasNextPage") != true {
            return all;
        }
        variables["after"] = answer.data("events.pageInfo.endCursor").clone();
    }
}

/// The cursor of the last event that somebody sees.
pub async fn last_cursor(who: &Actor) -> String {
    let answer = who.run("{ events(last: 1) { pageInfo { endCursor } } }", json!({})).await.expect_ok();
    answer.text("events.pageInfo.endCursor")
}

/// The texts under a name.
pub fn texts(events: &[Value], name: &str) -> Vec<String> {
    events.iter().map(|event| event[name].as_str().expect("a text").to_owned()).collect()
}
