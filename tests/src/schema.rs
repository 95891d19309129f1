//! The schema as a client learns it by introspection, in a form that tests can ask.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::json;

use crate::World;

/// The whole schema.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Types by name, without those of introspection itself.
    pub types: BTreeMap<String, Type>,
    /// Name of the type of queries.
    pub query: String,
    /// Name of the type of mutations.
    pub mutation: String,
    /// Name of the type of subscriptions.
    pub subscription: String,
}

/// What a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A leaf.
    Scalar,
    /// Fields.
    Object,
    /// Fields of several types.
    Interface,
    /// One of several types.
    Union,
    /// One of several words.
    Enum,
    /// Fields that are given.
    InputObject,
    /// Only in references.
    List,
    /// Only in references.
    NonNull,
}

/// A type.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Type {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Fields of objects and interfaces.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<Field>,
    /// Fields of input objects.
    #[serde(default, deserialize_with = "or_default")]
    pub input_fields: Vec<Input>,
    /// Words of enumerations.
    #[serde(default, deserialize_with = "or_default")]
    pub enum_values: Vec<EnumValue>,
    /// Types behind an interface or union.
    #[serde(default, deserialize_with = "or_default")]
    pub possible_types: Vec<Ref>,
}

/// A field of an object.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its arguments.
    pub args: Vec<Input>,
    /// What it answers.
    #[serde(rename = "type")]
    pub ty: Ref,
}

/// An argument, or a field of an input object.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it takes.
    #[serde(rename = "type")]
    pub ty: Ref,
    /// What stands in for it, as a literal.
    pub default_value: Option<String>,
}

/// A word of an enumeration.
#[derive(Clone, Debug, Deserialize)]
pub struct EnumValue {
    /// The word.
    pub name: String,
    /// What it means.
    pub description: Option<String>,
}

/// A reference to a type.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ref {
    /// What it is.
    pub kind: Kind,
    /// The type's name, unless this wraps another reference.
    pub name: Option<String>,
    /// What this wraps.
    pub of_type: Option<Box<Ref>>,
}

impl Ref {
    /// Name of the type at the end.
    pub fn named(&self) -> &str {
        match &self.of_type {
            Some(inner) => inner.named(),
            None => self.name.as_deref().unwrap_or_default(),
        }
    }

    /// Whether a value must be given, or is always answered.
    pub fn is_required(&self) -> bool {
        self.kind == Kind::NonNull
    }

    /// Whether it is a list, required or not.
    pub fn is_list(&self) -> bool {
        self.item().is_some()
    }

    /// What the list holds.
    pub fn item(&self) -> Option<&Self> {
        match self.kind {
            Kind::List => self.of_type.as_deref(),
            Kind::NonNull => self.of_type.as_deref()?.item(),
            _ => None,
        }
    }
}

impl std::fmt::Display for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.kind, &self.of_type) {
            (Kind::NonNull, Some(inner)) => write!(f, "{inner}!"),
            (Kind::List, Some(inner)) => write!(f, "[{inner}]"),
            _ => f.write_str(self.named()),
        }
    }
}

impl Schema {
    /// Asks a world for its schema, as any client would.
    pub async fn of(world: &World) -> Self {
        let answer = world.nobody().run(INTROSPECTION, json!({})).await.expect_ok();
        let types: Vec<Type> = serde_json::from_value(answer.data("__schema.types").clone()).unwrap();
        let types = types.into_iter().filter(|ty| !ty.name.starts_with("__"));
        Self {
            types: types.map(|ty| (ty.name.clone(), ty)).collect(),
            query: answer.text("__schema.queryType.name"),
            mutation: answer.text("__schema.mutationType.name"),
            subscription: answer.text("__schema.subscriptionType.name"),
        }
    }

    /// The type of this name.
    ///
    /// # Panics
    /// If there is none.
    pub fn ty(&self, name: &str) -> &Type {
        self.types.get(name).unwrap_or_else(|| panic!("the schema has no type {name}"))
    }

    /// Fields of the query root.
    pub fn queries(&self) -> &[Field] {
        &self.ty(&self.query).fields
    }

    /// Fields of the mutation root.
    pub fn mutations(&self) -> &[Field] {
        &self.ty(&self.mutation).fields
    }

    /// Names of the types behind the interface `Node`.
    pub fn nodes(&self) -> BTreeSet<String> {
        self.ty("Node").possible_types.iter().map(|ty| ty.named().to_owned()).collect()
    }

    /// Whether this type is a connection, as Relay says it.
    pub fn is_connection(&self, name: &str) -> bool {
        name.ends_with("Connection") && self.ty(name).fields.iter().any(|field| field.name == "pageInfo")
    }

    /// Whether values of this type have no fields.
    pub fn is_leaf(&self, name: &str) -> bool {
        matches!(self.ty(name).kind, Kind::Scalar | Kind::Enum)
    }

    /// Names of the types that a walk from the roots meets.
    pub fn reachable(&self) -> BTreeSet<String> {
        let mut met = BTreeSet::new();
        let mut ahead = vec![self.query.clone(), self.mutation.clone(), self.subscription.clone()];
        while let Some(name) = ahead.pop() {
            let ty = self.ty(&name);
            if met.insert(name) {
                let args = ty.fields.iter().flat_map(|field| &field.args);
                let inputs = args.chain(&ty.input_fields).map(|input| &input.ty);
                let all = ty.fields.iter().map(|field| &field.ty).chain(inputs).chain(&ty.possible_types);
                ahead.extend(all.map(|ty| ty.named().to_owned()));
            }
        }
        met
    }
}

fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

const INTROSPECTION: &str = "query Introspection {
  __schema {
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    types {
      kind
      name
      description
      fields(includeDeprecated: true) {
        name
        description
        args { ...Input }
        type { ...Ref }
      }
      inputFields { ...Input }
      enumValues(includeDeprecated: true) { name description }
      possibleTypes { ...Ref }
    }
  }
}
fragment Input on __InputValue { name description defaultValue type { ...Ref } }
fragment Ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";
