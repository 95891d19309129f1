//! Tests of the limits: bombs of every kind in bounded time, and what honest documents cost.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use async_graphql::{Variables, parser::parse_query};
use serde_json::json;

use super::*;
use crate::config::GraphqlSettings;
use crate::http::problem::{Message, Problem};

fn check(text: &str) -> Result<(), Problem> {
    check_nesting(text)?;
    let document = parse_query(text).unwrap();
    check_document(&document, &GraphqlSettings::default(), true)?;
    check_literals(&document)
}

#[track_caller]
fn refused(text: &str, code: &str) {
    let problem = check(text).unwrap_err();
    let Message::Said(said) = problem.message else { panic!("{problem:?}") };
    assert_eq!(said.code(), code);
}

fn cost_of(text: &str, variables: serde_json::Value) -> u64 {
    let document = parse_query(text).unwrap();
    check_document(&document, &GraphqlSettings::default(), true).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    cost(&document, &operation.node, &Variables::from_json(variables))
}

#[test]
fn depth_counts_fields_through_fragments() {
    let deep = |levels: usize| format!("{{ {} a {} }}", "a {".repeat(levels - 1), "}".repeat(levels - 1));
    assert!(check(&deep(16)).is_ok());
    refused(&deep(17), "too_deep");
    let halves = "{ a { a { a { a { a { a { a { a { ...F } } } } } } } } } \
                  fragment F on Q { b { b { b { b { b { b { b { b { b } } } } } } } } }";
    refused(halves, "too_deep");
}

#[test]
fn fragment_bomb_is_refused_in_bounded_time() {
    let mut bomb = "{ x { ...F0 } }".to_owned();
    for level in 0..22 {
        let _ = write!(bomb, " fragment F{level} on Q {{ ...F{0} ...F{0} }}", level + 1);
    }
    bomb.push_str(" fragment F22 on Q { a b }");
    let start = Instant::now();
    refused(&bomb, "too_many_fields");
    let flat: String = (0..30).fold("{ ...F0 }".to_owned(), |text, level| {
        let spreads = format!("...F{} ", level + 1).repeat(10);
        format!("{text} fragment F{level} on Q {{ {spreads} }}")
    }) + " fragment F30 on Q { a }";
    refused(&flat, "too_many_fields");
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn long_chain_of_fragments_does_not_exhaust_the_stack() {
    let chain = (0..2_500).fold("{ ...F0 }".to_owned(), |text, level| {
        format!("{text}fragment F{level} on Q{{...F{}}}", level + 1)
    }) + "fragment F2500 on Q{a}";
    refused(&chain, "too_nested");
}

#[test]
fn cycles_are_found_in_used_and_unused_fragments() {
    refused("{ ...A } fragment A on Q { ...A }", "fragment_cycle");
    refused("{ ...A } fragment A on Q { a { ...B } } fragment B on Q { a { ...A } }", "fragment_cycle");
    refused("{ a } fragment A on Q { ...B } fragment B on Q { ...A }", "fragment_cycle");
}

#[test]
fn wide_documents_are_refused() {
    refused(&format!("{{ {} }}", "a ".repeat(21)), "too_many_root_fields");
    refused("{ ...A ...A ...A } fragment A on Q { a b c d e f g }", "too_many_root_fields");
    refused(&format!("{{ a {{ {} }} }}", "b ".repeat(5_001)), "too_many_fields");
    let aliased = (0..31).fold(String::new(), |text, index| format!("{text} a{index}: user(id: 1)"));
    refused(&format!("{{ x {{ {aliased} }} }}"), "too_many_aliases");
    refused("subscription { a b }", "too_many_root_fields");
}

#[test]
fn directives_are_known_single_and_few() {
    assert!(check("query($a: Boolean!) { a @skip(if: $a) @include(if: true) }").is_ok());
    refused("{ a @foo }", "unknown_directive");
    refused("query @skip(if: true) { a }", "unknown_directive");
    refused("query($a: Int @include(if: true)) { a }", "unknown_directive");
    refused("{ a @skip(if: true) @skip(if: false) }", "repeated_directive");
    refused(&format!("{{ b {{ {} }} }}", "a @skip(if: true) ".repeat(31)), "too_many_directives");
    refused(&format!("{{ a {} }}", "@skip(if: true) ".repeat(5_000)), "too_many_directives");
}

#[test]
fn introspection_is_bounded_and_can_be_off() {
    let question = "{ __schema { types { fields(includeDeprecated: true) { args { type { kind ofType { kind } } } } \
                    inputFields { type { name } } interfaces { name } possibleTypes { name } } } }";
    assert!(check(question).is_ok());
    refused(
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        "introspection_too_deep",
    );
    let document = parse_query(question).unwrap();
    assert!(check_document(&document, &GraphqlSettings::default(), false).is_err());
    let type_name = parse_query("{ __typename }").unwrap();
    assert!(check_document(&type_name, &GraphqlSettings::default(), false).is_ok());
}

#[test]
fn forged_uploads_and_nul_are_refused_wherever_they_stand() {
    refused(r##"{ a(b: "#__graphql_file__:0") }"##, "forged_upload");
    refused(r#"{ a(b: "\u0023__graphql_file__:9999999999999999999999") }"#, "forged_upload");
    refused(r##"query($a: String = "#__graphql_file__:0") { a(b: [{ c: $a }]) }"##, "forged_upload");
    refused(r##"{ a @skip(if: "#__graphql_file__:0") }"##, "forged_upload");
    refused(r#"{ a(b: { c: ["\u0000"] }) }"#, "nul");
    assert!(check_variables(&Variables::from_json(json!({"a": {"b": ["#__graphql_file__:0"]}}))).is_err());
    assert!(check_variables(&Variables::from_json(json!({"a": "x\u{0}y"}))).is_err());
    assert!(check_variables(&Variables::from_json(json!({"a": "#hash"}))).is_ok());
}

#[test]
fn cost_multiplies_pages_and_adds_objects() {
    assert_eq!(cost_of("{ viewer { user { id } } }", json!({})), 100, "nothing costs less than a request");
    // 1 for each list, 1 for each item, 1 for what hangs on an item.
    let nested = "query($n: Int = 50) { projects(first: $n) { nodes { id account { id } tasks(last: 10) { nodes { id } } } } }";
    assert_eq!(cost_of(nested, json!({})), 1 + 50 * (1 + 1 + 1 + 10));
    assert_eq!(cost_of(nested, json!({"n": 20})), 1 + 20 * 13);
    let edges = "{ projects(first: 50) { edges { cursor node { id account { id } } } totalCount } }";
    assert_eq!(cost_of(edges, json!({})), 1 + 10 + 50 * (1 + 1));
    let fragment = "{ projects { ...P } } fragment P on ProjectConnection { nodes { tasks { ...T } } } \
                    fragment T on TaskConnection { nodes { id } }";
    assert_eq!(cost_of(fragment, json!({})), 1 + 20 * (1 + 1 + 20));
}

#[test]
fn fields_with_statements_of_their_own_cost_more_than_leaves() {
    let can = |arguments: &str| {
        let asked = (0..30).fold(String::new(), |text, index| format!("{text} c{index}: can({arguments})"));
        cost_of(&format!("{{ viewer {{ {asked} }} }}"), json!({}))
    };
    assert_eq!(can("permission: \"a\""), 100, "answered from what is known");
    // Ten leaves cost a point.
    assert_eq!(can("permission: \"a\", id: \"b\""), 1 + 30 * 10 + 30 / 10);
    let explained =
        "{ explainAccess(userId: \"a\", permission: \"b\", id: \"c\") { allowed reasons { text } } }";
    assert_eq!(cost_of(explained, json!({})), 120 + 1 + 1);
    let counted = "{ projects(first: 50) { nodes { tasks(first: 1) { totalCount } } } }";
    assert_eq!(cost_of(counted, json!({})), 1 + 50 * (1 + 1 + 10));
    let limits = "{ a: tenant { limits { used } } b: projects(first: 100) { nodes { id } } }";
    assert_eq!(cost_of(limits, json!({})), (1 + 10 + 10) + (1 + 100));
}

#[test]
fn lists_without_pages_cost_as_many_as_they_may_hold() {
    let nested = "{ projects(first: 20) { nodes { id account { id } manager { id } \
                  tasks(first: 10) { nodes { id assignees { id } } } } } }";
    assert_eq!(cost_of(nested, json!({})), 1 + 20 * (1 + 1 + 1 + 1 + 10 * (1 + 20)));
    assert_eq!(cost_of("{ roles { grants { reach } } }", json!({})), 200 * (1 + 20));
    assert_eq!(cost_of("{ users(first: 50) { nodes { roles { role { id } } } } }", json!({})), 1 + 50 * 41);
    // People lead to tasks and those to people again, ever wider.
    let round = |rounds: usize| {
        let open = "tasks(first: 5) { nodes { assignees { ".repeat(rounds);
        cost_of(&format!("{{ {open} id {} }}", "} } }".repeat(rounds)), json!({}))
    };
    assert_eq!(round(1), 1 + 5 * 21);
    assert!(round(5) > 1_000_000_000, "{}", round(5));
}

#[test]
fn leaves_cost_by_the_dozen() {
    let of = |leaves: usize| {
        cost_of(&format!("{{ tasks(first: 100) {{ nodes {{ {} }} }} }}", "id ".repeat(leaves)), json!({}))
    };
    assert_eq!((of(9), of(10), of(29)), (1 + 100, 1 + 100 * 2, 1 + 100 * 3));
    assert_eq!(of(4_900), 1 + 100 * 491, "what is asked for again is written again");
    let parts = "... { id id id id id } ".repeat(4);
    let in_parts =
        cost_of(&format!("{{ tasks(first: 100) {{ edges {{ node {{ {parts} }} }} }} }}"), json!({}));
    assert_eq!(in_parts, 1 + 100 * 3, "however they are spread over fragments");
}

#[test]
fn bulk_requests_cost_by_their_items() {
    let bulk = "mutation($input: B!) { bulkUpdateTasks(input: $input) { results { ok node { id assignees { id } } } } }";
    let of = |items: usize| cost_of(bulk, json!({ "input": { "items": vec![json!({"id": 1}); items] } }));
    assert_eq!(of(10), 10 + 1 + 10 * (1 + 20));
    assert_eq!(of(500), 10 + 1 + 500 * 21);
    assert_eq!(of(5_000), of(500), "those are refused");
    let inline =
        "mutation($items: [I!]!) { bulkUpdateTasks(input: { items: $items }) { results { node { id } } } }";
    assert_eq!(cost_of(inline, json!({ "items": vec![1; 100] })), 10 + 1 + 100);
    assert_eq!(cost_of(inline, json!({})), 10 + 1 + 500, "what is not known is reckoned long");
}

/// Lists of objects that are counted otherwise than by [`lists::LISTS`], with the reason.
const COUNTED_OTHERWISE: [&str; 9] = [
    // By their items.
    "BulkAssignRolePayload.results",
    "BulkDeactivateUsersPayload.results",
    "BulkUpdateTasksPayload.results",
    // By the size of their page.
    "PersonalDataAccessPage.nodes",
    // By their ids.
    "Query.nodes",
    // A few words about one thing; their names mean other things elsewhere.
    "AccessExplanation.reasons",
    "AccessReason.reasons",
    "ItemError.fields",
    "Portfolio.money",
];

#[test]
fn every_list_of_objects_is_counted() {
    use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
    let schema = include_str!("../../../../schema.graphql");
    let schema = async_graphql::parser::parse_schema(schema).unwrap();
    let types = || {
        schema.definitions.iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some(&ty.node),
            _ => None,
        })
    };
    let fields = |kind: &TypeKind| match kind {
        TypeKind::Object(object) => object.fields.clone(),
        TypeKind::Interface(interface) => interface.fields.clone(),
        _ => Vec::new(),
    };
    let objects: Vec<String> = types()
        .filter(|ty| matches!(ty.kind, TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)))
        .map(|ty| ty.name.node.to_string())
        .collect();
    let leads_to_objects = |ty: &Type| match &ty.base {
        BaseType::List(item) => {
            objects.iter().any(|name| item.to_string().trim_matches(['[', ']', '!']) == name)
        }
        BaseType::Named(_) => false,
    };
    let mut lists: Vec<(String, String)> = Vec::new();
    for ty in types().filter(|ty| !ty.name.node.ends_with("Connection")) {
        for field in fields(&ty.kind).iter().filter(|field| leads_to_objects(&field.node.ty.node)) {
            lists.push((ty.name.node.to_string(), field.node.name.node.to_string()));
        }
    }
    assert!(lists.len() > 20, "the schema was not read");
    for (ty, name) in &lists {
        let otherwise = COUNTED_OTHERWISE.contains(&format!("{ty}.{name}").as_str());
        let counted = lists::list_items(name, ty == "Query").is_some();
        assert!(otherwise || counted, "say in lists.rs how many {ty}.{name} may hold");
    }
    for (name, _) in lists::LISTS.iter().chain(&lists::ROOT_LISTS) {
        assert!(lists.iter().any(|(_, list)| list == name), "there is no list {name}");
    }
}

#[test]
fn cost_of_odd_page_sizes_is_bounded() {
    for first in [json!(-1), json!(0), json!(1_000_000_000_000_u64), json!("x"), json!(null)] {
        let cost = cost_of("query($n: Int) { a(first: $n) { nodes { id } } }", json!({ "n": first }));
        assert!((100..=101).contains(&cost), "{first}: {cost}");
    }
    let squared =
        "{ a(first: 100) { nodes { b(first: 100) { nodes { c(first: 100) { nodes { id } } } } } } }";
    assert!(cost_of(squared, json!({})) > 1_000_000);
}

#[test]
fn mutations_and_ids_cost_by_number() {
    let eleven = (0..11).fold(String::new(), |text, index| format!("{text} a{index}: touch(id: 1) {{ ok }}"));
    assert_eq!(cost_of(&format!("mutation {{ {eleven} }}"), json!({})), 11 * 11);
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Project { account { id } } } }";
    let ids: Vec<u32> = (0..80).collect();
    assert_eq!(cost_of(nodes, json!({ "ids": ids })), 80 * 2);
}
