//! Role × field: fields of rows that a role may see, but not all of them.

use std::collections::{BTreeMap, BTreeSet};

use kernel::catalogue::SystemRole;
use kernel::id::IdKind;
use serde_json::{Value, json};
use tests::schema::Schema;
use tests::{Actor, Answer, World, golden};

use super::{cell, heading, line};
use crate::ids::{Pool, furnish};

/// Rows of each type that are looked at.
const ROWS: usize = 12;

/// Of the rows that a role saw, on how many a field was given.
type Given = BTreeMap<(String, SystemRole), (usize, usize)>;

#[tokio::test]
async fn field_is_given_to_whom_the_golden_matrix_says() {
    let world = World::new().await;
    furnish(&world).await;
    let schema = Schema::of(&world).await;
    let pool = Pool::of(&world.snapshot().await, world.agency("acme").tenant().await);
    let mut given = Given::new();
    for name in schema.nodes() {
        let kind = IdKind::from_type_name(&name).unwrap_or_else(|| panic!("no kind of id is a {name}'s"));
        let fields = fields(&schema, &name);
        for (role, person) in world.agency("acme").everybody() {
            for id in pool.ids(kind).iter().take(ROWS) {
                let answer = read(&person, &name, id, &fields).await;
                if !answer.data("node").is_null() {
                    count(&answer, &name, role, &fields, &mut given);
                }
            }
        }
    }
    golden::check("fields.txt", &told(&given));
}

/// The selection of each field of a type that can be asked for without arguments.
fn fields(schema: &Schema, name: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for field in &schema.ty(name).fields {
        let needs = field.args.iter().any(|arg| arg.ty.is_required() && arg.default_value.is_none());
        if needs {
            continue;
        }
        let below = match field.ty.named() {
            leaf if schema.is_leaf(leaf) => "",
            list if schema.is_connection(list) => "(first: 1) { totalCount }",
            _ => "{ __typename }",
        };
        fields.insert(field.name.clone(), format!("{} {below}", field.name));
    }
    fields
}

async fn read(person: &Actor, name: &str, id: &str, fields: &BTreeMap<String, String>) -> Answer {
    let selection: Vec<&str> = fields.values().map(String::as_str).collect();
    let query =
        format!("query($id: ID!) {{ node(id: $id) {{ ... on {name} {{ {} }} }} }}", selection.join(" "));
    let answer = person.run(&query, json!({ "id": id })).await;
    let broke = answer.errors().iter().find(|error| error["extensions"]["code"] != "FORBIDDEN");
    assert!(broke.is_none(), "a field broke\n{answer}");
    answer
}

fn count(
    answer: &Answer,
    name: &str,
    role: SystemRole,
    fields: &BTreeMap<String, String>,
    given: &mut Given,
) {
    let refused: BTreeSet<&str> =
        answer.errors().iter().filter_map(|error| error["path"][1].as_str()).collect();
    for field in fields.keys() {
        let (seen, all) = given.entry((format!("{name}.{field}"), role)).or_default();
        *all += 1;
        *seen += usize::from(!refused.contains(field.as_str()));
        let shown = answer.body["data"]["node"].get(field).unwrap_or(&Value::Null);
        assert!(
            !refused.contains(field.as_str()) || shown.is_null(),
            "{name}.{field} is refused and shown\n{answer}"
        );
    }
}

fn told(given: &Given) -> String {
    let withheld = given.iter().filter(|(_, (seen, all))| seen < all).map(|((field, _), _)| field);
    let withheld: BTreeSet<&String> = withheld.collect();
    let width = withheld.iter().map(|field| field.len()).max().unwrap_or(0);
    let mut lines = vec![
        "# field × role: fields that are withheld from somebody who may see the row".to_owned(),
        "# yes: on every row seen; -: on none; n/m: on so many of the rows looked at; blank: no row seen"
            .to_owned(),
        heading(width),
    ];
    for field in withheld {
        let of_role = |role| match given.get(&(field.clone(), role)) {
            None => String::new(),
            Some((seen, all)) if seen == all => "yes".to_owned(),
            Some((0, _)) => "-".to_owned(),
            Some((seen, all)) => format!("{seen}/{all}"),
        };
        let cells = SystemRole::ALL.map(|role| cell(&of_role(role)));
        lines.push(line(field, width, &cells));
    }
    lines.join("\n")
}
