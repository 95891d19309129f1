//! Calls made up from the schema alone: arguments that its types accept, and selections that show all there is.

use std::collections::{BTreeMap, BTreeSet};

use kernel::id::IdKind;
use serde_json::{Map, Value, json};
use tests::schema::{Field, Input, Kind, Ref, Schema};

/// How deep optional parts of inputs are filled.
const INPUT_DEPTH: usize = 4;

/// How deep a selection goes below a root field of queries.
const QUERY_DEPTH: usize = 2;

/// How deep a selection goes below other fields.
const OTHER_DEPTH: usize = 1;

/// One field that can be called.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// Its name; with that of its type, unless it is a root field.
    pub(crate) name: String,
    /// The document.
    pub(crate) query: String,
    /// Places of ids in the variables: `input.projectId`, `ids.0`.
    pub(crate) ids: Vec<String>,
    /// Whether it changes something.
    pub(crate) changes: bool,
    /// Kind of the thing whose field it is; that thing's id goes into the variable `self`.
    pub(crate) of: Option<IdKind>,
    args: Vec<Input>,
}

/// Makes up calls.
pub(crate) struct Synth<'s> {
    schema: &'s Schema,
}

impl<'s> Synth<'s> {
    pub(crate) fn new(schema: &'s Schema) -> Self {
        Self { schema }
    }

    /// Every root field of queries and mutations, and every field of other types that takes ids.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let mut all = Vec::new();
        for (kind, fields) in [("query", self.schema.queries()), ("mutation", self.schema.mutations())] {
            all.extend(fields.iter().map(|field| self.operation(field, (kind, ""), "", "")));
        }
        for name in self.schema.nodes() {
            let of = IdKind::from_type_name(&name);
            let open = format!("node(id: $self) {{ ... on {name} {{");
            let fields = self.below(&name, "$self: ID!", &open, "} }").into_iter();
            all.extend(fields.map(|operation| Operation { of, ..operation }));
        }
        all.extend(self.below("Viewer", "", "viewer {", "}"));
        all
    }

    /// The document that reads everything of a thing of this type by its id.
    pub(crate) fn node(&self, name: &str) -> String {
        let selection = self.selection(name, 2);
        format!("query Sweep($id: ID!) {{ node(id: $id) {{ ... on {name} {selection} }} }}")
    }

    /// The fields of a type that take ids, within what leads to them.
    fn below(&self, name: &str, declared: &str, open: &str, close: &str) -> Vec<Operation> {
        let fields = self.schema.ty(name).fields.iter();
        let operations = fields.map(|field| Operation {
            name: format!("{name}.{}", field.name),
            ..self.operation(field, ("query", declared), open, close)
        });
        operations.filter(|operation| !operation.ids.is_empty()).collect()
    }

    /// Types that take ids in their fields and are neither roots nor met by [`Synth::operations`].
    pub(crate) fn beyond(&self) -> Vec<String> {
        let met: BTreeSet<String> = self.operations().into_iter().map(|operation| operation.name).collect();
        let roots = [&self.schema.query, &self.schema.mutation, &self.schema.subscription];
        let types = self.schema.types.values().filter(|ty| !roots.contains(&&ty.name) && ty.name != "Node");
        let fields = types
            .flat_map(|ty| ty.fields.iter().map(move |field| (format!("{}.{}", ty.name, field.name), field)));
        let takes_ids =
            fields.filter(|(_, field)| !self.operation(field, ("query", ""), "", "").ids.is_empty());
        takes_ids.map(|(name, _)| name).filter(|name| !met.contains(name)).collect()
    }

    fn operation(&self, field: &Field, (kind, also): (&str, &str), open: &str, close: &str) -> Operation {
        let own = field.args.iter().map(|arg| format!("${}: {}", arg.name, arg.ty));
        let declared: Vec<String> = own.chain((!also.is_empty()).then(|| also.to_owned())).collect();
        let given: Vec<String> = field.args.iter().map(|arg| format!("{0}: ${0}", arg.name)).collect();
        let within = |list: Vec<String>| {
            if list.is_empty() { String::new() } else { format!("({})", list.join(", ")) }
        };
        let (declared, given) = (within(declared), within(given));
        let depth = if kind == "query" && open.is_empty() { QUERY_DEPTH } else { OTHER_DEPTH };
        let selection = self.selection(field.ty.named(), depth);
        let query = format!("{kind} Sweep{declared} {{ {open} {}{given} {selection} {close} }}", field.name);
        let mut ids = Vec::new();
        for arg in &field.args {
            self.places(&arg.ty, &arg.name, INPUT_DEPTH, &mut ids);
        }
        let (name, args) = (field.name.clone(), field.args.clone());
        Operation { name, query, ids, changes: kind == "mutation", of: None, args }
    }

    /// Variables of a call: everything required, and of the rest what holds the place `also` and what makes sense only
    /// with it. Ids are taken from `ids` by their places.
    pub(crate) fn variables(
        &self,
        operation: &Operation,
        ids: &BTreeMap<String, String>,
        also: &str,
    ) -> Value {
        let also = &companions(&operation.name, also);
        let given = operation.args.iter().filter(|arg| arg.ty.is_required() || holds(&arg.name, also));
        let given = given.map(|arg| (arg.name.clone(), self.value(&arg.ty, &arg.name, ids, also)));
        let own = operation.of.map(|_| ("self".to_owned(), json!(ids.get("self"))));
        Value::Object(given.chain(own).collect())
    }

    /// Optional places of a call's input, those of its items too: what can be sent beside what must be.
    pub(crate) fn options(&self, operation: &Operation) -> Vec<String> {
        let mut found = Vec::new();
        for arg in &operation.args {
            self.optional(&arg.ty, &arg.name, 2, &mut found);
        }
        found
    }

    fn optional(&self, ty: &Ref, path: &str, depth: usize, found: &mut Vec<String>) {
        let (ty, path) = ty.item().map_or_else(|| (ty, path.to_owned()), |item| (item, format!("{path}.0")));
        let inner = self.schema.ty(ty.named());
        if inner.kind != Kind::InputObject || depth == 0 {
            return;
        }
        for field in &inner.input_fields {
            let below = format!("{path}.{}", field.name);
            self.optional(&field.ty, &below, depth - 1, found);
            if !field.ty.is_required() {
                found.push(below);
            }
        }
    }

    /// Fields that show all there is, down to `depth`.
    fn selection(&self, name: &str, depth: usize) -> String {
        self.within(name, depth, &mut Vec::new())
    }

    /// The same within things of the types `above`.
    fn within<'n>(&'n self, name: &'n str, depth: usize, above: &mut Vec<&'n str>) -> String {
        let ty = self.schema.ty(name);
        if self.schema.is_leaf(name) {
            return String::new();
        }
        if ty.kind == Kind::Interface || ty.kind == Kind::Union {
            let mut all = Vec::with_capacity(ty.possible_types.len());
            for of in &ty.possible_types {
                // Reason: all types at once are long, and each is met by itself elsewhere.
                let fields = self.within(of.named(), depth.saturating_sub(1), above);
                all.push(format!("... on {} {fields}", of.named()));
            }
            return format!("{{ __typename {} }}", all.join(" "));
        }
        let mut fields = vec!["__typename".to_owned()];
        above.push(name);
        for field in &ty.fields {
            let named = field.ty.named();
            // Reason: what is within its own kind (parts of tasks and projects, the project of a risk of a project) shows
            // there what it shows here, and would make the document longer than any may be.
            let own_kind =
                above.iter().any(|above| named == *above || *named == format!("{above}Connection"));
            let needs = field.args.iter().any(|arg| arg.ty.is_required() && arg.default_value.is_none());
            if needs || own_kind || field.name == "edges" || field.name == "auditTrail" {
                continue;
            }
            if self.schema.is_leaf(named) {
                fields.push(field.name.clone());
            } else if depth > 0 {
                let page = if self.schema.is_connection(named) { "(first: 2)" } else { "" };
                // Reason: a connection is no level of its own for who reads it.
                let below = if name.ends_with("Connection") { depth } else { depth - 1 };
                let inner = self.within(named, below, above);
                fields.push(format!("{}{page} {inner}", field.name));
            }
        }
        above.pop();
        format!("{{ {} }}", fields.join(" "))
    }

    /// Where ids stand in a value of this type.
    fn places(&self, ty: &Ref, path: &str, depth: usize, found: &mut Vec<String>) {
        if let Some(item) = ty.item() {
            return self.places(item, &format!("{path}.0"), depth, found);
        }
        if ty.named() == "ID" {
            return found.push(path.to_owned());
        }
        let inner = self.schema.ty(ty.named());
        if inner.kind == Kind::InputObject && depth > 0 {
            for field in &inner.input_fields {
                // Reason: a filter within a filter (`or`) has the places that the outer one has.
                if field.ty.named() != ty.named() {
                    self.places(&field.ty, &format!("{path}.{}", field.name), depth - 1, found);
                }
            }
        }
    }

    fn value(&self, ty: &Ref, path: &str, ids: &BTreeMap<String, String>, also: &[String]) -> Value {
        if let Some(item) = ty.item() {
            return json!([self.value(item, &format!("{path}.0"), ids, also)]);
        }
        let inner = self.schema.ty(ty.named());
        match inner.kind {
            Kind::Enum => json!(inner.enum_values[0].name),
            Kind::InputObject => {
                let mut object = Map::new();
                for field in &inner.input_fields {
                    let below = format!("{path}.{}", field.name);
                    let required = field.ty.is_required() && field.default_value.is_none();
                    if required || holds(&below, also) {
                        object.insert(field.name.clone(), self.value(&field.ty, &below, ids, also));
                    }
                }
                Value::Object(object)
            }
            _ if ty.named() == "ID" => json!(ids.get(path).unwrap_or_else(|| panic!("no id for {path}"))),
            _ => scalar(ty.named(), path.rsplit('.').next().unwrap_or(path)),
        }
    }
}

/// Whether one of the places `also` is `path` or below it.
fn holds(path: &str, also: &[String]) -> bool {
    let below =
        |also: &String| also.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    also.iter().any(below)
}

/// Optional places without which a call is refused before it looks for anything.
const ONE_OF_TWO: &[(&str, &str, &str)] = &[
    ("assignResource", "input.projectId", "input.accountId"),
    ("unassignResource", "input.projectId", "input.accountId"),
    ("createTimeEntry", "input.projectId", "input.taskId"),
    ("startTimer", "input.projectId", "input.taskId"),
    ("stopTimer", "input.projectId", "input.taskId"),
    ("switchTimer", "input.projectId", "input.taskId"),
    ("writeTimesheet", "input.cells.0.projectId", "input.cells.0.taskId"),
    ("createDependency", "input.predecessorTaskId", "input.predecessorMilestoneId"),
    ("createDependency", "input.successorTaskId", "input.successorMilestoneId"),
    ("createAllocation", "input.weeklyMinutes", "input.percent"),
    ("createAllocation", "input.role", "input.userId"),
    // A project has no cost but that of its people.
    ("setCostRate", "input.userId", "input.userId"),
];

/// The place, and what the call needs beside it.
fn companions(operation: &str, place: &str) -> Vec<String> {
    let needs =
        |(name, one, other): &&(&str, &str, &str)| *name == operation && place != *one && place != *other;
    let needed = ONE_OF_TWO.iter().filter(needs).map(|(_, one, _)| (*one).to_owned());
    needed.chain([place.to_owned()]).collect()
}

/// A value that a scalar of this type and name takes.
fn scalar(ty: &str, name: &str) -> Value {
    match (ty, name) {
        ("Boolean", _) => json!(true),
        ("Int" | "Int64" | "Float", _) => json!(1),
        ("EmailAddress", _) => json!("sweep@nowhere.test"),
        ("Date", _) => json!("2026-05-04"),
        ("DateTime", _) => json!("2026-05-04T10:00:00Z"),
        ("Currency", _) => json!("EUR"),
        ("Locale", _) => json!("en"),
        ("TimeZone", _) => json!("Europe/Paris"),
        ("URL" | "Url", _) => json!("https://sweep.example.com/logo.png"),
        (_, "permission") => json!("projects.project.read"),
        (_, "tenant" | "tenantSlug" | "slug") => json!("sweep-agency"),
        (_, "password" | "newPassword" | "currentPassword") => json!("correct horse battery staple 7"),
        (_, "domain") => json!("sweep.example.com"),
        (_, "content") => json!("Title\nSweep"),
        // A placeholder of the agency's templates.
        (_, "role") => json!("lead"),
        (_, "color") => json!("#1f7a8c"),
        (_, "key") => json!("sweeper"),
        _ => json!("Sweep"),
    }
}
