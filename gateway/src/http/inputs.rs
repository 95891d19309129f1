//! Which input field an error is about: async-graphql names the type that refused a value, and the place of the
//! argument; the field inside the argument is found by the schema's types and the request's values.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, Selection, SelectionSet, Type, TypeKind, TypeSystemDefinition,
};
use async_graphql::{InputType, Pos, Positioned, ServerError, Value};
use async_graphql_value::Value as InputValue;
use kernel::id::{AnyId, IdKind};
use kernel::locale::{Language, Locale, TimeZone};
use kernel::scalar::{Date, DateTime, EmailAddress, Int64, Url};
use kernel::{Said, Text};

use super::errors::Inputs;

/// The value is not of the type of its field.
const BAD_VALUE: Text = Text::new("bad_value", "{why}", "Cette valeur n'est pas valide : {why}");

/// Types of arguments, input fields and enumerations, read from the schema's SDL.
#[derive(Clone, Debug, Default)]
pub struct InputTypes {
    /// Types of an argument by the name of its field; several where types share field names.
    arguments: HashMap<(String, String), Vec<Type>>,
    /// Fields of input objects.
    fields: HashMap<String, Vec<(String, Type)>>,
    /// Values of enumerations.
    values: HashMap<String, HashSet<String>>,
}

/// Types that are read from the schema when they are first needed, which takes a while.
pub type LazyTypes = LazyLock<InputTypes, Box<dyn FnOnce() -> InputTypes + Send>>;

impl InputTypes {
    /// The types of a schema.
    ///
    /// # Errors
    /// If the text is not SDL.
    pub fn of_sdl(sdl: &str) -> Result<Self, async_graphql::parser::Error> {
        let mut types = Self::default();
        for definition in async_graphql::parser::parse_schema(sdl)?.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            match definition.node.kind {
                TypeKind::Object(object) => {
                    types.add_arguments(object.fields.into_iter().map(|field| field.node))
                }
                TypeKind::Interface(object) => {
                    types.add_arguments(object.fields.into_iter().map(|field| field.node))
                }
                TypeKind::InputObject(object) => {
                    let field = |field: Positioned<async_graphql::parser::types::InputValueDefinition>| {
                        (field.node.name.node.to_string(), field.node.ty.node)
                    };
                    types.fields.insert(name, object.fields.into_iter().map(field).collect());
                }
                TypeKind::Enum(values) => {
                    let values = values.values.into_iter().map(|value| value.node.value.node.to_string());
                    types.values.insert(name, values.collect());
                }
                TypeKind::Scalar | TypeKind::Union(_) => {}
            }
        }
        Ok(types)
    }

    fn add_arguments(&mut self, fields: impl Iterator<Item = async_graphql::parser::types::FieldDefinition>) {
        for field in fields {
            for argument in field.arguments {
                let key = (field.name.node.to_string(), argument.node.name.node.to_string());
                let types = self.arguments.entry(key).or_default();
                if !types.contains(&argument.node.ty.node) {
                    types.push(argument.node.ty.node);
                }
            }
        }
    }
}

/// A value that an input type refused, as async-graphql says it.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// GraphQL type that refused.
    type_name: String,
    /// Why, in English.
    text: String,
    /// Why, in French, where the type says it.
    french: Option<String>,
    /// Why, in the machine's word.
    reason: Option<String>,
}

impl Refused {
    /// The refusal that an error of execution tells of; `None` if it tells of something else.
    ///
    /// The forms are those of `InputValueError` in async-graphql 8.0.0-rc.5.
    pub fn of(error: &ServerError) -> Option<Self> {
        let message = strip_parents(&error.message);
        if let Some(rest) = message.strip_prefix("Failed to parse \"") {
            let (type_name, text) = rest.split_once("\": ")?;
            return Some(Self::new(type_name, text, error));
        }
        let rest = message.strip_prefix("Expected input type \"")?;
        let (type_name, _) = rest.split_once('"')?;
        Some(Self::new(type_name, message, error))
    }

    fn new(type_name: &str, text: &str, error: &ServerError) -> Self {
        let extension = |name: &str| match error.extensions.as_ref()?.get(name)? {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        let (french, reason) = (extension("fr"), extension("reason"));
        Self { type_name: type_name.to_owned(), text: text.to_owned(), french, reason }
    }

    /// Machine-readable code of the field's error.
    pub fn code(&self) -> &str {
        self.reason.as_deref().unwrap_or(BAD_VALUE.code)
    }

    /// The sentence for people.
    pub fn message(&self, language: Language) -> String {
        match (language, &self.french) {
            (Language::Fr, Some(french)) => french.clone(),
            _ => Said::from(BAD_VALUE).with("why", &self.text).render(language),
        }
    }

    /// Path of the input field, without the leading `input`.
    pub fn path_in(&self, inputs: Inputs<'_>, error: &ServerError) -> String {
        let found = error.locations.first().and_then(|pos| argument_at(inputs.document, *pos));
        let Some((field, argument, value)) = found else { return String::new() };
        let value = value.clone().into_const_with(|name| {
            Ok::<_, std::convert::Infallible>(inputs.variables.get(&name).cloned().unwrap_or_default())
        });
        let Ok(value) = value;
        let mut leaves = Vec::new();
        let all: &InputTypes = inputs.types;
        let types = all.arguments.get(&(field.to_owned(), argument.to_owned()));
        for ty in types.into_iter().flatten() {
            let at = Leaf { path: argument.to_owned(), owner: "", field: argument, value: &value };
            collect(all, self.base_name(), &ty.base, at, &mut leaves);
        }
        leaves.dedup_by(|a, b| a.path == b.path);
        let path = match leaves.as_slice() {
            [leaf] => leaf.path.as_str(),
            several => self.refused_of(all, several).map_or(argument, |leaf| leaf.path.as_str()),
        };
        path.strip_prefix("input.").unwrap_or(path).to_owned()
    }

    /// The leaf that was refused, of several of the type.
    fn refused_of<'a>(&self, types: &InputTypes, leaves: &'a [Leaf<'a>]) -> Option<&'a Leaf<'a>> {
        let refused: Vec<&Leaf<'_>> = leaves.iter().filter(|leaf| self.refuses(types, leaf.value)).collect();
        let wanted = self.wanted_kind();
        let of = |kind| refused.iter().copied().find(move |leaf| leaf.kind() == kind);
        // Reason: the same id in two fields may be right in one of them; by its name the refused one is told from it.
        wanted.and_then(|wanted| of(Some(wanted)).or_else(|| of(None))).or_else(|| refused.first().copied())
    }

    /// The kind of id that was wanted: `an id of a Role (…`, `an id of a Role: …`.
    fn wanted_kind(&self) -> Option<IdKind> {
        let (_, rest) = self.text.split_once("an id of a ")?;
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
        IdKind::from_type_name(&rest[..end])
    }

    /// The type without brackets and exclamation marks.
    fn base_name(&self) -> &str {
        self.type_name.trim_matches(['[', ']', '!'])
    }

    /// Whether this type refuses the value; `false` for types that are not known here.
    fn refuses(&self, types: &InputTypes, value: &Value) -> bool {
        fn bad<T: InputType>(value: &Value) -> bool {
            T::parse(Some(value.clone())).is_err()
        }
        match self.base_name() {
            "ID" => self.refuses_id(value),
            "EmailAddress" => bad::<EmailAddress>(value),
            "Date" => bad::<Date>(value),
            "DateTime" => bad::<DateTime>(value),
            "URL" => bad::<Url>(value),
            "Int64" => bad::<Int64>(value),
            "Locale" => bad::<Locale>(value),
            "TimeZone" => bad::<TimeZone>(value),
            "Currency" => bad::<kernel::money::Currency>(value),
            "Int" => bad::<i32>(value),
            "Float" => bad::<f64>(value),
            "Boolean" => bad::<bool>(value),
            "String" => bad::<String>(value),
            name => match (types.values.get(name), value) {
                (Some(values), Value::Enum(value)) => !values.contains(value.as_str()),
                (Some(values), Value::String(value)) => !values.contains(value),
                (Some(_), _) => true,
                (None, _) => false,
            },
        }
    }

    /// The text tells which value it is about: one of a kind that it names second, or none of any known kind.
    fn refuses_id(&self, value: &Value) -> bool {
        let Value::String(id) = value else { return true };
        let given = self.text.split('`').nth(3).and_then(|quoted| quoted.split_once('_'));
        match (id.parse::<AnyId>(), given) {
            (Ok(id), Some((given, _))) => id.kind.prefix() == given,
            (Ok(_), None) | (Err(_), Some(_)) => false,
            (Err(_), None) => true,
        }
    }
}

/// The message without the types that the refused value was part of.
fn strip_parents(message: &str) -> &str {
    message.split_once(" (occurred while parsing \"").map_or(message, |(message, _)| message)
}

/// A value inside an argument.
#[derive(Debug)]
struct Leaf<'a> {
    /// Where it stands.
    path: String,
    /// The input type that it is a field of; empty for an argument.
    owner: &'a str,
    /// The field.
    field: &'a str,
    /// The value.
    value: &'a Value,
}

impl Leaf<'_> {
    /// The kind of id that belongs here, by the names of the field and its type; the schema itself knows one `ID`.
    fn kind(&self) -> Option<IdKind> {
        let stem = self.field.trim_end_matches('s');
        let stem = stem.strip_suffix("Id").unwrap_or(stem);
        match stem {
            "owner" | "manager" | "assignee" | "reporter" => return Some(IdKind::UserId),
            "column" => return Some(IdKind::TaskColumnId),
            _ => {}
        }
        let mut letters = stem.chars();
        let name = letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())?;
        IdKind::from_type_name(&name).or_else(|| self.owner_kind())
    }

    /// The kind that the type is about: `MoveTaskColumnInput` is about columns.
    fn owner_kind(&self) -> Option<IdKind> {
        let words = self.owner.strip_suffix("Input").or_else(|| self.owner.strip_suffix("Filter"))?;
        let starts = words.char_indices().filter(|(_, letter)| letter.is_ascii_uppercase());
        // Reason: the longest end of the name is the most particular kind.
        starts.map(|(start, _)| &words[start..]).find_map(IdKind::from_type_name)
    }
}

/// Values of the wanted type inside the value `at`.
fn collect<'a>(types: &'a InputTypes, wanted: &str, ty: &BaseType, at: Leaf<'a>, leaves: &mut Vec<Leaf<'a>>) {
    match (ty, at.value) {
        (BaseType::List(inner), Value::List(items)) => {
            for (index, value) in items.iter().enumerate() {
                let item = Leaf { path: format!("{}.{index}", at.path), value, ..at };
                collect(types, wanted, &inner.base, item, leaves);
            }
        }
        (BaseType::List(inner), _) => collect(types, wanted, &inner.base, at, leaves),
        (BaseType::Named(name), value) if name.as_str() == wanted => {
            if *value != Value::Null {
                leaves.push(at);
            }
        }
        (BaseType::Named(name), Value::Object(object)) => {
            let Some((owner, fields)) = types.fields.get_key_value(name.as_str()) else { return };
            for (field, ty) in fields {
                if let Some(value) = object.get(field.as_str()) {
                    let inner = Leaf { path: format!("{}.{field}", at.path), owner, field, value };
                    collect(types, wanted, &ty.base, inner, leaves);
                }
            }
        }
        (BaseType::Named(_), _) => {}
    }
}

/// Field name, argument name and value of the argument whose value stands at `pos`.
fn argument_at(document: &ExecutableDocument, pos: Pos) -> Option<(&str, &str, &InputValue)> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    operations.chain(fragments).find_map(|selection| argument_in(selection, pos))
}

fn argument_in(selection: &SelectionSet, pos: Pos) -> Option<(&str, &str, &InputValue)> {
    selection.items.iter().find_map(|item| match &item.node {
        Selection::Field(field) => {
            argument_of(&field.node, pos).or_else(|| argument_in(&field.node.selection_set.node, pos))
        }
        Selection::InlineFragment(fragment) => argument_in(&fragment.node.selection_set.node, pos),
        Selection::FragmentSpread(_) => None,
    })
}

fn argument_of(field: &Field, pos: Pos) -> Option<(&str, &str, &InputValue)> {
    let (name, value) = field.arguments.iter().find(|(_, value)| value.pos == pos)?;
    Some((field.name.node.as_str(), name.node.as_str(), &value.node))
}

#[cfg(test)]
mod tests;
