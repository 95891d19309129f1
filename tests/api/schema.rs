//! What holds for every type and field of the schema, whoever wrote it.

use std::fs;
use std::path::Path;

use tests::World;
use tests::schema::{Kind, Schema};

/// Lists of things with ids that need no pages, for each is bounded by the reason given. The list may only shrink.
const SHORT_LISTS: &[&str] = &[
    // Those of the project, at most 30.
    "Board.columns",
    // At most as many as an invitation takes, 20.
    "Invitation.roles",
    // The first hundred of each.
    "Milestone.predecessors",
    "Milestone.successors",
    // At most as many as a board takes, 30.
    "Project.columns",
    // At most as many as a tenant may make, 200, and the platform's ten.
    "Query.roles",
    // Those of one person that are alive, at most `identity.max_sessions`.
    "Query.sessions",
    // At most as many as a task takes, 20.
    "Task.assignees",
    // At most as many as a task takes, 20.
    "Task.labels",
    // The first hundred of each.
    "Task.predecessors",
    "Task.successors",
    // At most as many as a comment mentions, 10.
    "TaskComment.mentions",
    // At most 100 of one day.
    "TimesheetCell.timeEntries",
    // At most as many as a tenant may have, 20.
    "Tenant.domains",
    // Those of one person, of the tenant's.
    "Viewer.roles",
];

/// Types of GraphQL itself.
const BUILT_IN: &[&str] = &["Boolean", "Float", "ID", "Int", "String"];

#[tokio::test]
async fn schema_file_is_the_schema() {
    let world = World::empty().await;
    let now = gateway::graph::sdl(&world.app(0).schema);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql");
    let kept = fs::read_to_string(file).unwrap_or_default();
    let lost = kept.lines().filter(|line| !now.contains(line)).map(|line| format!("- {line}"));
    let come = now.lines().filter(|line| !kept.contains(line)).map(|line| format!("+ {line}"));
    let lines: Vec<String> = lost.chain(come).take(40).collect();
    assert!(
        kept == now,
        "schema.graphql is not the schema: cargo run -- schema > schema.graphql\n{}",
        lines.join("\n")
    );
}

#[tokio::test]
async fn everything_in_the_schema_has_a_description() {
    let world = World::empty().await;
    let schema = Schema::of(&world).await;
    let mut mute = Vec::new();
    let mut check = |place: String, description: &Option<String>| {
        if description.as_deref().is_none_or(|text| text.trim().is_empty()) {
            mute.push(place);
        }
    };
    // Reason: GraphQL itself says what its own scalars are.
    for ty in schema.types.values().filter(|ty| !BUILT_IN.contains(&ty.name.as_str())) {
        check(ty.name.clone(), &ty.description);
        for field in &ty.fields {
            check(format!("{}.{}", ty.name, field.name), &field.description);
            for argument in &field.args {
                check(format!("{}.{}({})", ty.name, field.name, argument.name), &argument.description);
            }
        }
        for field in &ty.input_fields {
            check(format!("{}.{}", ty.name, field.name), &field.description);
        }
        for value in &ty.enum_values {
            check(format!("{}.{}", ty.name, value.name), &value.description);
        }
    }
    expect_none(&mute, "describe it: a /// comment, or #[graphql(desc = \"…\")] on an argument");
}

#[tokio::test]
async fn type_is_there_for_somebody_to_meet() {
    let world = World::empty().await;
    let schema = Schema::of(&world).await;
    let reachable = schema.reachable();
    let lost =
        schema.types.keys().filter(|name| !reachable.contains(*name) && !BUILT_IN.contains(&name.as_str()));
    expect_none(&lost.cloned().collect::<Vec<_>>(), "types that no field leads to");
    let helpers = ["MergedObject", "MergedSubscription", "BridgeFields", "Prune"];
    let helper =
        |name: &&String| helpers.iter().any(|helper| name.contains(helper)) || name.ends_with("Fields");
    let shown: Vec<String> = schema.types.keys().filter(helper).cloned().collect();
    expect_none(&shown, "helper types that clients should never see");
}

#[tokio::test]
async fn list_that_can_grow_is_a_connection() {
    let world = World::empty().await;
    let schema = Schema::of(&world).await;
    let nodes = schema.nodes();
    let mut found = Vec::new();
    for ty in schema.types.values().filter(|ty| ty.kind == Kind::Object) {
        let wrapper = schema.is_connection(&ty.name) || ty.name.ends_with("Payload");
        let lists = ty.fields.iter().filter(|field| field.ty.is_list() && nodes.contains(field.ty.named()));
        found.extend(lists.filter(|_| !wrapper).map(|field| format!("{}.{}", ty.name, field.name)));
    }
    let unlisted: Vec<String> =
        found.iter().filter(|name| !SHORT_LISTS.contains(&name.as_str())).cloned().collect();
    expect_none(
        &unlisted,
        "a list of things that can grow: answer a Connection, or bound it and add it to SHORT_LISTS",
    );
    let gone = SHORT_LISTS.iter().filter(|name| !found.iter().any(|found| found == *name));
    expect_none(
        &gone.map(ToString::to_string).collect::<Vec<_>>(),
        "no such list: take it out of SHORT_LISTS",
    );
}

#[tokio::test]
async fn connection_has_what_relay_and_people_expect() {
    let world = World::empty().await;
    let schema = Schema::of(&world).await;
    let mut wrong = Vec::new();
    for ty in schema.types.values().filter(|ty| ty.name.ends_with("Connection")) {
        let names: Vec<&str> = ty.fields.iter().map(|field| field.name.as_str()).collect();
        let missing =
            ["edges", "nodes", "pageInfo", "totalCount"].iter().filter(|name| !names.contains(name));
        wrong.extend(missing.map(|name| format!("{}.{name} is missing", ty.name)));
    }
    for ty in schema.types.values() {
        for field in ty.fields.iter().filter(|field| field.ty.named().ends_with("Connection")) {
            let names: Vec<&str> = field.args.iter().map(|argument| argument.name.as_str()).collect();
            let missing = ["first", "after", "last", "before"].iter().filter(|name| !names.contains(name));
            wrong.extend(missing.map(|name| format!("{}.{}({name}) is missing", ty.name, field.name)));
        }
    }
    expect_none(&wrong, "connections are guessable");
}

#[tokio::test]
async fn mutation_is_named_like_its_input_and_payload() {
    let world = World::empty().await;
    let schema = Schema::of(&world).await;
    let mut wrong = Vec::new();
    for field in schema.mutations() {
        let name = capitalised(&field.name);
        let input = match field.args.as_slice() {
            // Reason: some have nothing to be told.
            [] => format!("{name}Input!"),
            [input] if input.name == "input" => input.ty.to_string(),
            _ => "other arguments".to_owned(),
        };
        let expected = (format!("{name}Input!"), format!("{name}Payload!"));
        if (input.clone(), field.ty.to_string()) != expected {
            wrong.push(format!("{}: {input} -> {}", field.name, field.ty));
        }
    }
    expect_none(&wrong, "a mutation is verbNoun(input: VerbNounInput!): VerbNounPayload!");
}

#[tokio::test]
async fn name_follows_the_conventions() {
    let world = World::empty().await;
    let schema = Schema::of(&world).await;
    let mut wrong = Vec::new();
    for ty in schema.types.values() {
        let fields =
            ty.fields.iter().map(|field| &field.name).chain(ty.input_fields.iter().map(|field| &field.name));
        let camel = |name: &str| name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains('_');
        wrong.extend(fields.filter(|name| !camel(name)).map(|name| format!("{}.{name}", ty.name)));
        let screaming =
            |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        let words = ty.enum_values.iter().map(|value| &value.name);
        wrong.extend(words.filter(|name| !screaming(name)).map(|name| format!("{}.{name}", ty.name)));
        if !ty.name.starts_with(|c: char| c.is_ascii_uppercase()) || ty.name.contains('_') {
            wrong.push(ty.name.clone());
        }
    }
    expect_none(&wrong, "types are PascalCase, fields camelCase, words of enumerations SCREAMING_CASE");
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[track_caller]
fn expect_none(found: &[String], what_to_do: &str) {
    assert!(found.is_empty(), "{what_to_do}:\n  {}", found.join("\n  "));
}
