//! Tests of the search for the field that an error is about.

use async_graphql::{Variables, parser::parse_query};
use serde_json::json;

use super::*;

const SDL: &str = r#"
    type Query { user(id: ID!): Int }
    type Mutation { invite(input: InviteInput!, note: String): Int }
    input InviteInput { email: EmailAddress, copies: [EmailAddress!], roleId: ID, userId: ID, people: [Person!], role: Role }
    input Person { email: EmailAddress }
    enum Role { ADMIN GUEST }
    scalar EmailAddress
"#;

fn path(query: &str, variables: serde_json::Value, message: &str) -> String {
    let types = LazyTypes::new(Box::new(|| InputTypes::of_sdl(SDL).unwrap()));
    let document = parse_query(query).unwrap();
    let variables = Variables::from_json(variables);
    let (_, operation) = document.operations.iter().next().unwrap();
    let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else { panic!() };
    let error = ServerError::new(message, Some(field.node.arguments[0].1.pos));
    let inputs = Inputs { types: &types, document: &document, variables: &variables };
    Refused::of(&error).unwrap().path_in(inputs, &error)
}

const PARENT: &str = "(occurred while parsing \"InviteInput\")";

#[test]
fn field_of_the_type_that_refused_is_found_in_variables() {
    let query = "mutation($i: InviteInput!) { invite(input: $i) }";
    let message = format!("Failed to parse \"EmailAddress\": no address {PARENT}");
    assert_eq!(path(query, json!({"i": {"email": "x"}}), &message), "email");
    let several = json!({"i": {"email": "a@example.com", "copies": ["b@example.com", "x"]}});
    assert_eq!(path(query, several, &message), "copies.1");
    let nested = json!({"i": {"people": [{"email": "a@example.com"}, {"email": "x"}]}});
    assert_eq!(path(query, nested, &message), "people.1.email");
}

#[test]
fn field_is_found_in_literals_too() {
    let query = r#"mutation { invite(input: { email: "x", role: CHEF }) }"#;
    let message = format!("Failed to parse \"EmailAddress\": no address {PARENT}");
    assert_eq!(path(query, json!({}), &message), "email");
    let message = format!("Failed to parse \"Role\": no such value {PARENT}");
    assert_eq!(path(query, json!({}), &message), "role");
}

#[test]
fn id_of_another_kind_is_told_from_the_right_one() {
    let query = "mutation($i: InviteInput!) { invite(input: $i) }";
    let role = "rol_01h455vb4pex5vsknk084sn02q";
    let project = "prj_01h455vb4pex5vsknk084sn02q";
    let message = format!(
        "Failed to parse \"ID\": expected an id of a User (`usr_…`), got one of a Project (`prj_…`) {PARENT}"
    );
    let variables = json!({"i": {"userId": project}});
    assert_eq!(path(query, variables, &message), "userId");
    let message = format!(
        "Failed to parse \"ID\": expected an id of a Role (`rol_…`), got one of a Project (`prj_…`) {PARENT}"
    );
    let variables = json!({"i": {"userId": role, "roleId": project}});
    assert_eq!(path(query, variables, &message), "roleId");
    let message = format!(
        "Failed to parse \"ID\": this is not an id of a Role: `rol_` and 26 characters are expected {PARENT}"
    );
    let variables = json!({"i": {"userId": "usr_01h455vb4pex5vsknk084sn02q", "roleId": "x"}});
    assert_eq!(path(query, variables, &message), "roleId");
}

#[test]
fn same_id_in_two_fields_is_wrong_where_another_kind_belongs() {
    let query = "mutation($i: InviteInput!) { invite(input: $i) }";
    let project = "prj_01h455vb4pex5vsknk084sn02q";
    let wrong = |kind: &str, prefix: &str| {
        format!(
            "Failed to parse \"ID\": expected an id of a {kind} (`{prefix}_…`), got one of a Project (`prj_…`) {PARENT}"
        )
    };
    let both = json!({"i": {"userId": project, "roleId": project}});
    assert_eq!(path(query, both.clone(), &wrong("User", "usr")), "userId");
    assert_eq!(path(query, both, &wrong("Role", "rol")), "roleId");
    let malformed = json!({"i": {"userId": "x", "roleId": "x"}});
    let message = format!(
        "Failed to parse \"ID\": this is not an id of a User: `usr_` and 26 characters are expected {PARENT}"
    );
    assert_eq!(path(query, malformed, &message), "userId");
}

#[test]
fn kind_that_belongs_to_a_field_is_told_by_its_name_or_its_type() {
    let kind = |owner: &str, field: &str| {
        Leaf { path: String::new(), owner, field, value: &Value::Null }.kind().map(IdKind::prefix)
    };
    for (owner, field, prefix) in [
        ("AddProjectMemberInput", "projectId", "prj"),
        ("AddProjectMemberInput", "userId", "usr"),
        ("UpdateProjectMemberInput", "id", "pmb"),
        ("MoveTaskColumnInput", "after", "col"),
        ("MoveTaskInput", "after", "tsk"),
        ("MoveTaskInput", "columnId", "col"),
        ("TaskFilter", "assigneeIds", "usr"),
        ("TaskFilter", "ids", "tsk"),
        ("InviteUserInput", "roles", "rol"),
        ("DeleteRoleInput", "reassignTo", "rol"),
        ("DeleteUserInput", "reassignTo", "usr"),
        ("", "userId", "usr"),
    ] {
        assert_eq!(kind(owner, field), Some(prefix), "{owner}.{field}");
    }
    assert_eq!(kind("", "id"), None);
}

#[test]
fn plain_argument_is_its_own_path() {
    let message =
        "Failed to parse \"ID\": this is not an id of a User: `usr_` and 26 characters are expected";
    assert_eq!(path(r#"{ user(id: "x") }"#, json!({}), message), "id");
}

#[test]
fn other_errors_are_no_refusals() {
    let other = ServerError::new("database is locked", None);
    assert_eq!(Refused::of(&other), None);
}
