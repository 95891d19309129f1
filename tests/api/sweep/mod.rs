//! The sweep of the whole schema: every root field is called with ids of another tenant, with ids that the asker may not
//! see, and by nobody. Nothing leaks, nothing changes, nothing breaks.

mod ids;
mod learn;
mod synth;

use std::collections::{BTreeMap, BTreeSet};

use kernel::id::{AnyId, IdKind};
use serde_json::{Value, json};
use tests::schema::Schema;
use tests::{Actor, Answer, Snapshot, World};

use ids::Pool;
use learn::Kinds;
use synth::{Operation, Synth};

/// Tables that the program writes by itself, whoever asks.
const BACKGROUND: &[&str] = &["jobs", "outbox"];

/// Mutations that anybody may call, for they begin or end being signed in.
const PUBLIC: &[&str] = &[];

/// Calls that never come as far as looking for what the id names, with the reason. The list may only shrink.
const NOT_REACHED: &[&str] = &[];

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
            match learn::kinds_of(asker, &synth, &operation).await {
                Ok(kinds) => all.push((operation, kinds)),
                Err(why) => unknown.push(why),
            }
        }
        assert!(unknown.is_empty(), "places of ids whose kind is not known:\n  {}", unknown.join("\n  "));
        all
    }

    /// One call with `id` at `place` and own ids elsewhere.
    async fn call(
        &self,
        asker: &Actor,
        (operation, kinds): &(Operation, Kinds),
        place: &str,
        id: &str,
    ) -> Answer {
        let own = |kind: &Option<IdKind>| self.acme.one(kind.unwrap_or(IdKind::ProjectId));
        let mut ids: BTreeMap<String, String> =
            kinds.iter().map(|(at, kind)| (at.clone(), own(kind))).collect();
        ids.insert(place.to_owned(), id.to_owned());
        let variables = Synth::new(&self.schema).variables(operation, &ids, place);
        asker.run(&operation.query, variables).await
    }
}

/// Gives both agencies something of every kind that the seed does not make.
async fn furnish(world: &World) {
    for slug in ["acme", "globex"] {
        let owner = world.agency(slug).owner();
        owner.key(&[("projects.project.read", "TENANT")]).await;
        let invitation = json!({ "email": format!("invited@{slug}.test"), "roles": ["viewer"] });
        owner.run(INVITE, json!({ "input": invitation })).await.expect_ok();
        let domain = json!({ "domain": format!("portal.{slug}-agency.example") });
        owner.run(ADD_DOMAIN, json!({ "input": domain })).await.expect_ok();
        for (_, person) in world.agency(slug).everybody() {
            person.token().await;
        }
    }
    world.settled().await;
}

const INVITE: &str =
    "mutation Invite($input: InviteUserInput!) { inviteUser(input: $input) { invitation { id } } }";

const ADD_DOMAIN: &str =
    "mutation AddDomain($input: AddTenantDomainInput!) { addTenantDomain(input: $input) { domain { id } } }";

// keeps: ID-1
#[tokio::test]
async fn id_of_another_tenant_opens_nothing_and_changes_nothing() {
    let world = World::new().await;
    let sweep = Sweep::of(&world).await;
    let acme = world.agency("acme");
    let operations = sweep.operations(&acme.owner()).await;
    let marks = sweep.globex.marks(&sweep.acme);
    let tenant = world.agency("globex").tenant().await;
    let before = world.snapshot().await.of_tenant(tenant).without(BACKGROUND);
    let mut wrong = Vec::new();
    let mut not_reached = BTreeSet::new();
    for operation in &operations {
        for (place, kind) in &operation.1 {
            for id in foreign(&sweep.globex, *kind) {
                for (role, person) in acme.everybody() {
                    let answer = sweep.call(&person, operation, place, &id).await;
                    let name = format!("{}({place}: {id}) as {}", operation.0.name, role.key());
                    wrong.extend(leaks(&answer, &marks, &id).map(|leak| format!("{name}: {leak}\n{answer}")));
                    if role.key() == "owner" && !is_reached(&answer, place) {
                        not_reached.insert(format!("{}({place})", operation.0.name));
                        eprintln!("not reached: {name}\n{answer}");
                    }
                }
            }
        }
        if operation.0.changes {
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
async fn id_that_the_asker_may_not_see_opens_nothing_and_changes_nothing() {
    let world = World::new().await;
    let sweep = Sweep::of(&world).await;
    let acme = world.agency("acme");
    let operations = sweep.operations(&acme.owner()).await;
    for (role, person) in acme.everybody() {
        let hidden = hidden_from(&person, &sweep.acme).await;
        let marks: Vec<String> = hidden.values().flatten().cloned().collect();
        for operation in &operations {
            for (place, kind) in &operation.1 {
                let Some(id) = kind.or(Some(IdKind::ProjectId)).and_then(|kind| hidden.get(&kind)?.first())
                else {
                    continue;
                };
                let before = world.snapshot().await;
                let answer = sweep.call(&person, operation, place, id).await;
                let name = format!("{}({place}: {id}) as {}", operation.0.name, role.key());
                let leaks: Vec<String> = leaks(&answer, &marks, id).collect();
                assert!(leaks.is_empty(), "{name}: {}\n{answer}", leaks.join(", "));
                if operation.0.changes {
                    assert!(!answer.errors().is_empty(), "{name} was done\n{answer}");
                    let changes = before.changes(&world.snapshot().await);
                    let uuid = id.parse::<AnyId>().unwrap().uuid.to_string();
                    let touched: Vec<&String> =
                        changes.iter().filter(|change| change.contains(&uuid)).collect();
                    assert!(touched.is_empty(), "{name} changed {touched:?}\n{answer}");
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_reads_nothing_and_changes_nothing() {
    let world = World::new().await;
    let sweep = Sweep::of(&world).await;
    let synth = Synth::new(&sweep.schema);
    let operations = sweep.operations(&world.agency("acme").owner()).await;
    let before = world.snapshot().await;
    let marks = sweep.globex.marks(&sweep.acme);
    let nobody = world.nobody();
    let mut let_in = BTreeSet::new();
    for operation in &operations {
        let kinds = operation.1.iter();
        let ids: BTreeMap<String, String> = kinds
            .map(|(at, kind)| (at.clone(), sweep.globex.one(kind.unwrap_or(IdKind::ProjectId))))
            .collect();
        let places = operation.1.keys().cloned().chain([String::new()]);
        for place in places {
            let answer = nobody.run(&operation.0.query, synth.variables(&operation.0, &ids, &place)).await;
            let sent = ids.get(&place).cloned().unwrap_or_default();
            let leaks: Vec<String> = leaks(&answer, &marks, &sent).collect();
            assert!(leaks.is_empty(), "{}: {}\n{answer}", operation.0.name, leaks.join(", "));
            if answer.code() != Some("UNAUTHENTICATED") {
                let_in.insert(operation.0.name.clone());
            }
        }
        if operation.0.changes && !PUBLIC.contains(&operation.0.name.as_str()) {
            let changes = before.changes(&world.snapshot().await.without(BACKGROUND));
            let changes: Vec<&String> = changes.iter().filter(|change| !is_background(change)).collect();
            assert!(changes.is_empty(), "{} by nobody: {changes:?}", operation.0.name);
        }
    }
    let public: BTreeSet<String> = PUBLIC.iter().map(ToString::to_string).collect();
    assert_eq!(
        let_in, public,
        "what nobody may call: edit PUBLIC in tests/api/sweep/mod.rs if that is intended"
    );
}

fn is_background(change: &str) -> bool {
    BACKGROUND.iter().any(|table| change.starts_with(table))
}

/// Ids of the other tenant for a place: one of its kind, or one of every kind where any will do.
fn foreign(pool: &Pool, kind: Option<IdKind>) -> Vec<String> {
    match kind {
        Some(kind) => vec![pool.one(kind)],
        None => pool.all().filter_map(|(_, ids)| ids.first().cloned()).collect(),
    }
}

/// What is wrong with an answer: it broke, or shows something that bears a mark.
fn leaks<'a>(answer: &'a Answer, marks: &'a [String], sent: &str) -> impl Iterator<Item = String> + 'a {
    let broke = answer.errors().iter().filter(|error| {
        let code = error["extensions"]["code"].as_str();
        code.is_none_or(|code| code == "INTERNAL" || code == "UNAVAILABLE" || code.contains("VALIDATION"))
    });
    let broke = broke.map(|error| format!("it broke: {error}"));
    // Reason: an error may name what was asked for.
    let shown =
        if sent.is_empty() { answer.body.to_string() } else { answer.body.to_string().replace(sent, "") };
    let seen = marks.iter().filter(move |mark| shown.contains(mark.as_str()));
    broke.chain(seen.map(|mark| format!("it shows {mark:?}")))
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
