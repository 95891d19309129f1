//! Events: those that wait for the dispatcher, the log of all that it carried, and how far each consumer has read it.

use crate::ddl::{Raw, Step};
use crate::table::OnDelete::NoAction;
use crate::table::Table;

pub(crate) const STEP: Step = Step {
    name: "m0006_events",
    source: include_str!("m0006_events.rs"),
    tables,
    completes: Vec::new,
    raw: Raw::none,
};

fn tables() -> Vec<Table> {
    vec![outbox(), log(), consumers(), deliveries()]
}

/// A short queue: a row goes when the dispatcher has moved it into the log.
fn outbox() -> Table {
    event(Table::bare("outbox").sequence("seq")).index(&["tenant_id", "seq"])
}

/// The log. Positions grow in the order in which events become readable, so that who reads on behind one misses none.
fn log() -> Table {
    event(Table::bare("events").sequence("position"))
        .boolean_opt("made_up")
        .unique(&["tenant_id", "id"])
        .index(&["tenant_id", "position"])
        .index(&["tenant_id", "kind", "position"])
        .index(&["tenant_id", "subject_id", "position"])
}

fn event(table: Table) -> Table {
    table
        .uuid("id")
        .tenant_id()
        .text("kind")
        .int("version")
        .text("subject_type")
        .uuid("subject_id")
        .json("payload")
        .timestamp("occurred_at")
        .uuid_opt("audit_id")
}

/// The last position that a consumer had, or has a delivery for.
fn consumers() -> Table {
    Table::bare("event_consumers").text("name").primary("name").bigint("reached").timestamp("updated_at")
}

/// Events that a consumer failed on: tried again at `next_at`, or given up.
fn deliveries() -> Table {
    Table::tenant("event_deliveries")
        .text("consumer")
        .uuid("event_id")
        .int("attempts")
        .text("last_error")
        .timestamp("next_at")
        .timestamp_opt("parked_at")
        .std()
        .belongs_to("event_id", "events", NoAction)
        .unique(&["tenant_id", "consumer", "event_id"])
        .index(&["tenant_id", "event_id"])
        .index_where(&["next_at"], "parked_at IS NULL")
}
