//! The sweep of the whole schema: every root field is called with ids of another tenant, with ids that the asker may not
//! see, and by nobody. Nothing leaks, nothing changes, nothing breaks.

mod lane;
mod learn;
mod marks;
mod recorded;
mod synth;

use std::collections::{BTreeMap, BTreeSet};

use kernel::{catalogue::SystemRole, id::IdKind};
use serde_json::{Value, json};
use tests::schema::Schema;
use tests::{Actor, Agency, Answer, Snapshot, World};

use crate::ids::{self, Pool, furnish};
use learn::Kinds;
use marks::Marks;
use synth::{Operation, Synth};

/// Tables that the program writes by itself, whoever asks.
const BACKGROUND: &[&str] = &["jobs", "outbox"];

/// Mutations that anybody may call, for they begin or end being signed in.
const PUBLIC: &[&str] = &[
    "acceptInvitation",
    "confirmEmailChange",
    "disownRegistration",
    // By the token of a mail.
    "invitation",
    "login",
    "logout",
    "refreshSession",
    "register",
    "requestPasswordReset",
    "resendVerification",
    "resetPassword",
    "signUp",
    "verifyEmail",
];

/// Calls that answer with a ticket, never the same twice, to what the asker may see: what it opens has tests of its own.
const TICKETS: &[&str] = &["exportList"];

/// Calls that never come as far as looking for what the id names, with the reason. The list may only shrink.
const NOT_REACHED: &[&str] = &[];

/// Places where an id that the asker may not see is told from one of nothing. The list may only shrink.
const TOLD_APART: &[(&str, &str)] = &[];

/// A world in which a query may ask for everything there is.
async fn wide() -> World {
    World::builder().configure(|config| config.graphql.max_cost = 2_000_000).build().await
}

/// Root fields of the schema with what is needed to call them.
struct Sweep {
    schema: Schema,
    acme: Pool,
    globex: Pool,
}

impl Sweep {
    async fn of(world: &World) -> Self {
        furnish(world).await;
        let schema = Schema::of(world).await;
        let snapshot = world.snapshot().await;
        let acme = Pool::of(&snapshot, world.agency("acme").tenant().await);
        let globex = Pool::of(&snapshot, world.agency("globex").tenant().await);
        Self { schema, acme, globex }
    }

    /// Every root field that takes ids, with their kinds.
    async fn operations(&self, asker: &Actor) -> Vec<(Operation, Kinds)> {
        let synth = Synth::new(&self.schema);
        let (mut all, mut unknown) = (Vec::new(), Vec::new());
        for operation in synth.operations() {
            let own = operation.of.map(|kind| self.acme.one(kind));
            match learn::kinds_of(asker, &synth, &operation, own.as_deref()).await {
                Ok(kinds) => all.push((operation, kinds)),
                Err(why) => unknown.push(why),
            }
        }
        assert!(unknown.is_empty(), "places of ids whose kind is not known:\n  {}", unknown.join("\n  "));
        all
    }

    /// One call with `id` at `place` and ids of `own` elsewhere.
    async fn call(
        &self,
        asker: &Actor,
        own: &Pool,
        (operation, kinds): &(Operation, Kinds),
        place: &str,
        id: &str,
    ) -> Answer {
        let mut ids = ids_of(own, operation, kinds);
        ids.insert(place.to_owned(), id.to_owned());
        let variables = Synth::new(&self.schema).variables(operation, &ids, place);
        asker.run(&operation.query, variables).await
    }
}

/// Ids of the pool for all places of an operation.
fn ids_of(pool: &Pool, operation: &Operation, kinds: &Kinds) -> BTreeMap<String, String> {
    let own = operation.of.map(|kind| ("self".to_owned(), pool.one(kind)));
    let id = |kind: &Option<IdKind>| pool.one(kind.unwrap_or(IdKind::ProjectId));
    kinds.iter().map(|(place, kind)| (place.clone(), id(kind))).chain(own).collect()
}

#[tokio::test]
async fn sweep_meets_every_field_that_takes_ids() {
    let world = World::empty().await;
    let schema = Schema::of(&world).await;
    let beyond = Synth::new(&schema).beyond();
    assert!(
        beyond.is_empty(),
        "fields that take ids and are not swept: teach tests/api/sweep/synth.rs\n{beyond:?}"
    );
}

// keeps: ID-1
#[tokio::test]
async fn id_of_another_tenant_opens_nothing_and_changes_nothing() {
    let world = wide().await;
    let sweep = Sweep::of(&world).await;
    let acme = world.agency("acme");
    let operations = sweep.operations(&acme.owner()).await;
    let marks = Marks::new(sweep.globex.marks(&sweep.acme));
    let tenant = world.agency("globex").tenant().await;
    let before = world.snapshot().await.of_tenant(tenant).without(BACKGROUND);
    let mut wrong = Vec::new();
    let mut not_reached = BTreeSet::new();
    let mut turn = 0;
    for operation in &operations {
        for (place, kind) in &operation.1 {
            for id in foreign(&sweep.globex, *kind) {
                turn += 1;
                for (role, person) in in_turn(&acme, turn) {
                    let answer = sweep.call(&person, &sweep.acme, operation, place, &id).await;
                    let name = format!("{}({place}: {id}) as {}", operation.0.name, role.key());
                    wrong.extend(leaks(&answer, &marks).map(|leak| format!("{name}: {leak}\n{answer}")));
                    if role.key() == "owner" && !is_reached(&answer, place) {
                        not_reached.insert(format!("{}({place})", operation.0.name));
                        eprintln!("not reached: {name}\n{answer}");
                    }
                }
            }
        }
        if !operation.0.changes {
            for (role, person) in acme.everybody() {
                let answer = sweep.call(&person, &sweep.acme, operation, "", "").await;
                let name = format!("{} as {}", operation.0.name, role.key());
                wrong.extend(leaks(&answer, &marks).map(|leak| format!("{name}: {leak}\n{answer}")));
            }
        } else {
            let after = world.snapshot().await;
            let changes = before.changes(&after.of_tenant(tenant).without(BACKGROUND));
            wrong.extend(changes.iter().map(|change| format!("{} changed {change}", operation.0.name)));
            let planted = planted(&after, &sweep.globex, &world).await;
            wrong.extend(
                planted.iter().map(|row| format!("{} wrote a foreign id into {row}", operation.0.name)),
            );
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    let listed: BTreeSet<String> = NOT_REACHED.iter().map(ToString::to_string).collect();
    assert_eq!(
        not_reached, listed,
        "calls that are refused before the id is looked for: teach tests/api/sweep/synth.rs"
    );
}

#[tokio::test]
async fn id_that_the_asker_may_not_see_is_like_one_of_nothing_and_changes_nothing() {
    let world = wide().await;
    let sweep = Sweep::of(&world).await;
    let acme = world.agency("acme");
    let operations = sweep.operations(&acme.owner()).await;
    let mut wrong = Vec::new();
    for (role, person) in acme.everybody() {
        let hidden = hidden_from(&person, &sweep.acme).await;
        let seen = sweep.acme.without(&hidden);
        // Reason: the roles that somebody holds are told to them, also without the right to look at roles.
        let told = person.run("{ viewer { roles { id } } }", json!({})).await.expect_ok().ids("viewer.roles");
        let marks = Marks::new(hidden.values().flatten().filter(|id| !told.contains(id)).cloned().collect());
        let before = world.snapshot().await.without(BACKGROUND).without(&["audit_entries"]);
        for operation in &operations {
            if !operation.0.changes {
                let answer = sweep.call(&person, &seen, operation, "", "").await;
                let name = format!("{} as {}", operation.0.name, role.key());
                wrong.extend(leaks(&answer, &marks).map(|leak| format!("{name}: {leak}\n{answer}")));
            }
            for (place, kind) in &operation.1 {
                let kind = kind.unwrap_or(IdKind::ProjectId);
                let Some(id) = hidden.get(&kind).and_then(|ids| ids.first()) else { continue };
                let answer = sweep.call(&person, &seen, operation, place, id).await;
                let nothing = sweep.call(&person, &seen, operation, place, &ids::of_nothing(kind)).await;
                let name = format!("{}({place}: {id}) as {}", operation.0.name, role.key());
                wrong.extend(leaks(&answer, &marks).map(|leak| format!("{name}: {leak}\n{answer}")));
                if TICKETS.contains(&operation.0.name.as_str()) {
                    continue;
                }
                if operation.0.changes && !is_refused(&answer) {
                    wrong.push(format!("{name} was done\n{answer}"));
                }
                let listed = TOLD_APART.contains(&(operation.0.name.as_str(), place.as_str()));
                if !listed && gist(&answer) != gist(&nothing) {
                    wrong.push(format!("{name} is told from an id of nothing\n{answer}\n{nothing}"));
                }
            }
        }
        let after = world.snapshot().await.without(BACKGROUND).without(&["audit_entries"]);
        let changes = before.changes(&after);
        wrong.extend(changes.iter().map(|change| format!("as {}: {change}", role.key())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What an answer says, apart from names of what was asked for.
fn gist(answer: &Answer) -> Value {
    let error = |error: &Value| {
        let fields = error["extensions"]["fields"].as_array().cloned().unwrap_or_default();
        let fields: Vec<_> = fields.iter().map(|field| json!([field["path"], field["code"]])).collect();
        json!([error["extensions"]["code"], error["path"], fields])
    };
    let mut data = answer.body["data"].to_string();
    let mut sent = Vec::new();
    texts(&answer.question.variables, &mut sent);
    data = sent.iter().fold(data, |data, sent| data.replace(*sent, ""));
    json!([data, answer.errors().iter().map(error).collect::<Vec<_>>()])
}

#[tokio::test]
async fn nobody_reads_nothing_and_changes_nothing() {
    let world = wide().await;
    let sweep = Sweep::of(&world).await;
    let synth = Synth::new(&sweep.schema);
    let mut operations = sweep.operations(&world.agency("acme").owner()).await;
    let is_public = |operation: &Operation| PUBLIC.contains(&operation.name.as_str());
    // Reason: what anybody may call may change something, and comes after the others were looked at.
    operations.sort_by_key(|(operation, _)| is_public(operation));
    let marks = Marks::new(sweep.globex.marks(&sweep.acme));
    let nobody = world.nobody();
    let mut let_in = BTreeSet::new();
    let before = world.snapshot().await.without(BACKGROUND);
    for (operation, kinds) in &operations {
        let ids = ids_of(&sweep.globex, operation, kinds);
        for place in kinds.keys().cloned().chain([String::new()]) {
            let answer = nobody.run(&operation.query, synth.variables(operation, &ids, &place)).await;
            let leaks: Vec<String> = leaks(&answer, &marks).collect();
            assert!(leaks.is_empty(), "{}: {}\n{answer}", operation.name, leaks.join(", "));
            if answer.code() != Some("UNAUTHENTICATED") {
                let_in.insert(operation.name.clone());
            }
        }
        if !is_public(operation) {
            let changes = before.changes(&world.snapshot().await.without(BACKGROUND));
            let shown = &changes[..changes.len().min(5)];
            assert!(changes.is_empty(), "{} by nobody: {shown:?} …", operation.name);
        }
    }
    let public: BTreeSet<String> = PUBLIC.iter().map(ToString::to_string).collect();
    assert_eq!(
        let_in, public,
        "what nobody may call: edit PUBLIC in tests/api/sweep/mod.rs if that is intended"
    );
}

/// The owner, who may do the most, and of the others two, whose turn it is.
///
/// Reason: thousands of calls take minutes; what others may do the owner may, and every role has hundreds of turns.
fn in_turn(agency: &Agency<'_>, turn: usize) -> Vec<(SystemRole, Actor)> {
    let (mut others, mut chosen): (Vec<_>, Vec<_>) =
        agency.everybody().into_iter().partition(|(role, _)| *role != SystemRole::Owner);
    let start = 2 * turn % others.len();
    others.rotate_left(start);
    chosen.extend(others.into_iter().take(2));
    chosen
}

/// Whether nothing was done: the call failed, or each of its items did.
fn is_refused(answer: &Answer) -> bool {
    let items = answer.body["data"].as_object().into_iter().flat_map(|data| data.values());
    let items: Vec<&Value> = items.filter_map(|payload| payload["results"].as_array()).flatten().collect();
    !answer.errors().is_empty() || !items.is_empty() && items.iter().all(|item| item["ok"] == false)
}

/// Ids of the other tenant for a place: one of its kind, or one of every kind where any will do.
fn foreign(pool: &Pool, kind: Option<IdKind>) -> Vec<String> {
    match kind {
        Some(kind) => vec![pool.one(kind)],
        None => pool.all().filter_map(|(_, ids)| ids.first().cloned()).collect(),
    }
}

/// What is wrong with an answer: it broke, or shows something that bears a mark.
fn leaks<'a>(answer: &'a Answer, marks: &'a Marks) -> impl Iterator<Item = String> + 'a {
    let broke = answer.errors().iter().filter(|error| {
        let code = error["extensions"]["code"].as_str();
        code.is_none_or(|code| code == "INTERNAL" || code == "UNAVAILABLE" || code.contains("VALIDATION"))
    });
    let broke = broke.map(|error| format!("it broke: {error}"));
    let mut sent = Vec::new();
    texts(&answer.question.variables, &mut sent);
    // Reason: an error may name what was asked for.
    let shown = sent.iter().fold(answer.body.to_string(), |shown, sent| shown.replace(*sent, ""));
    broke.chain(marks.seen_in(&shown).into_iter().map(|mark| format!("it shows {mark:?}")))
}

/// Every text in a value, as it stands in JSON.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if text.len() > 5 => found.push(text),
        Value::Array(list) => list.iter().for_each(|entry| texts(entry, found)),
        Value::Object(object) => object.values().for_each(|entry| texts(entry, found)),
        _ => {}
    }
}

/// Whether the call came as far as looking for what the id names.
fn is_reached(answer: &Answer, place: &str) -> bool {
    let place = place.strip_prefix("input.").unwrap_or(place);
    match answer.code() {
        Some("NOT_FOUND") | None => true,
        Some("INVALID") => {
            answer.fields().keys().any(|path| path == place || place.starts_with(path.as_str()))
        }
        _ => false,
    }
}

/// Rows outside of globex that hold one of its ids.
async fn planted(snapshot: &Snapshot, globex: &Pool, world: &World) -> Vec<String> {
    let acme = snapshot.of_tenant(world.agency("acme").tenant().await).without(&["audit_entries"]);
    let foreign = |value: &Value| value.as_str().is_some_and(|text| globex.uuids.contains(text));
    acme.all()
        .filter(|(_, row)| row.values().any(foreign))
        .map(|(table, row)| format!("{table} {row:?}"))
        .collect()
}

/// Ids of the own tenant that `node` does not give to this person, by kind.
async fn hidden_from(person: &Actor, own: &Pool) -> BTreeMap<IdKind, Vec<String>> {
    let mut hidden = BTreeMap::new();
    for (kind, ids) in own.all() {
        for ids in ids.chunks(100) {
            let answer =
                person.run("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
            if answer.code() == Some("INVALID") {
                // Reason: things of this kind are not read by id.
                continue;
            }
            let shown = answer.expect_ok();
            let unseen = shown.list("nodes").iter().zip(ids).filter(|(node, _)| node.is_null());
            hidden.entry(kind).or_insert_with(Vec::new).extend(unseen.map(|(_, id)| id.clone()));
        }
    }
    hidden
}
