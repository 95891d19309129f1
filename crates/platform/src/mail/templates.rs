//! Templates of mail: registered by the domains at start, rendered in the recipient's language.
//!
//! The language is MiniJinja's (Jinja2 syntax). HTML parts are escaped, a variable that the context
//! lacks is an error rather than a hole, and a subject is always one line.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Every template, by name and language.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    /// Name → language tag in lower case → the kinds registered.
    registered: BTreeMap<String, BTreeMap<String, Vec<TemplateKind>>>,
}

/// The part of a mail that a source describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateKind {
    /// The subject line.
    Subject,
    /// The plain text part.
    Text,
    /// The HTML part; optional.
    Html,
}

/// The rendered parts of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line, without control characters.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part, if the template has one.
    pub html: Option<String>,
    /// Tag of the language that was found, in lower case: `fr` when `fr-CA` was asked for.
    pub locale: String,
}

/// The language every template exists in.
pub const FALLBACK_LOCALE: &str = "en";

impl Templates {
    /// No templates yet.
    ///
    /// # Errors
    /// Never in practice: only if the engine refused its own syntax options.
    pub fn new() -> Result<Self, TemplateError> {
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        let mut environment = Environment::new();
        environment.set_syntax(syntax);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| {
            if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
        });
        Ok(Self { environment, registered: BTreeMap::new() })
    }

    /// Registers one part of the template `name` (`identity.verify_email`) in one language (BCP 47).
    /// A part registered again replaces the earlier one.
    ///
    /// # Errors
    /// If the source is not understood.
    pub fn add(
        &mut self,
        name: &str,
        locale: &str,
        kind: TemplateKind,
        source: &str,
    ) -> Result<(), TemplateError> {
        let locale = locale.to_ascii_lowercase();
        self.environment.add_template_owned(key(name, &locale, kind), source.to_owned())?;
        let kinds = self.registered.entry(name.to_owned()).or_default().entry(locale).or_default();
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
        Ok(())
    }

    /// Registers a source that templates may `extend` or `include` under this very name. It is escaped
    /// if the name ends in `.html`.
    ///
    /// # Errors
    /// If the source is not understood.
    pub fn add_shared(&mut self, name: &str, source: &str) -> Result<(), TemplateError> {
        Ok(self.environment.add_template_owned(name.to_owned(), source.to_owned())?)
    }

    /// Checks that each template has subject and text in each of its languages, and exists in English.
    ///
    /// # Errors
    /// [`TemplateError::Incomplete`] naming the first that does not.
    pub fn check(&self) -> Result<(), TemplateError> {
        for (name, locales) in &self.registered {
            let has_fallback = locales.contains_key(FALLBACK_LOCALE);
            let gap = locales.iter().find(|(_, kinds)| !is_complete(kinds)).map(|(l, _)| l.as_str());
            if let Some(locale) = gap.or((!has_fallback).then_some(FALLBACK_LOCALE)) {
                return Err(TemplateError::Incomplete(format!("{name} in {locale}")));
            }
        }
        Ok(())
    }

    /// Names of the templates, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.registered.keys().map(String::as_str)
    }

    /// Renders all parts in the nearest language: `fr-CA`, then `fr`, then English. Parts of one mail
    /// are never of different languages.
    ///
    /// # Errors
    /// [`TemplateError::Unknown`], [`TemplateError::Incomplete`], or [`TemplateError::Engine`] if the
    /// context lacks something.
    pub fn render(&self, name: &str, locale: &str, context: &Value) -> Result<Rendered, TemplateError> {
        let locales = self.registered.get(name).ok_or_else(|| TemplateError::Unknown(name.to_owned()))?;
        let (locale, kinds) = fallbacks(locale)
            .find_map(|tag| locales.get_key_value(&tag))
            .ok_or_else(|| TemplateError::Incomplete(format!("{name} in {FALLBACK_LOCALE}")))?;
        if !is_complete(kinds) {
            return Err(TemplateError::Incomplete(format!("{name} in {locale}")));
        }
        let values = minijinja::Value::from(Serde(context));
        let part = |kind| -> Result<String, TemplateError> {
            Ok(self.environment.get_template(&key(name, locale, kind))?.render(&values)?)
        };
        let html = kinds.contains(&TemplateKind::Html).then(|| part(TemplateKind::Html));
        Ok(Rendered {
            subject: one_line(&part(TemplateKind::Subject)?),
            text: part(TemplateKind::Text)?,
            html: html.transpose()?,
            locale: locale.clone(),
        })
    }
}

/// Why a template could not be registered or rendered.
#[derive(Debug)]
pub enum TemplateError {
    /// No template of this name.
    Unknown(String),
    /// A language lacks the subject or the text, or English is missing.
    Incomplete(String),
    /// The engine refused the source or the context; says where.
    Engine(minijinja::Error),
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "no mail template named {name}"),
            Self::Incomplete(what) => write!(f, "the mail template {what} lacks subject or text"),
            Self::Engine(error) => write!(f, "mail template: {error}"),
        }
    }
}

impl std::error::Error for TemplateError {}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<TemplateError> for kernel::Error {
    fn from(error: TemplateError) -> Self {
        Self::internal(error)
    }
}

fn key(name: &str, locale: &str, kind: TemplateKind) -> String {
    match kind {
        TemplateKind::Subject => format!("{name}/{locale}/subject"),
        TemplateKind::Text => format!("{name}/{locale}/text"),
        TemplateKind::Html => format!("{name}/{locale}/body.html"),
    }
}

fn is_complete(kinds: &[TemplateKind]) -> bool {
    kinds.contains(&TemplateKind::Subject) && kinds.contains(&TemplateKind::Text)
}

/// The tag and its ever shorter forms (RFC 4647, section 3.4), then the language of last resort.
fn fallbacks(locale: &str) -> impl Iterator<Item = String> {
    let whole = locale.to_ascii_lowercase();
    std::iter::successors(Some(whole), |tag| tag.rsplit_once('-').map(|(head, _)| head.to_owned()))
        .chain([FALLBACK_LOCALE.to_owned()])
}

/// Joins lines and drops control characters, so that a value can never begin a header.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::TemplateKind::{Html, Subject, Text};
    use super::*;
    use serde_json::json;

    fn templates() -> Templates {
        let mut all = Templates::new().unwrap();
        all.add_shared("layout.html", "<main>{% block body %}{% endblock %}</main>").unwrap();
        let html = "{% extends 'layout.html' %}{% block body %}<b>{{ name }}</b>{% endblock %}";
        for (locale, hello) in [("en", "Hello"), ("fr", "Bonjour")] {
            all.add("greet", locale, Subject, &format!("{hello} {{{{ name }}}}\n")).unwrap();
            all.add("greet", locale, Text, &format!("{hello}, {{{{ name }}}}!")).unwrap();
            all.add("greet", locale, Html, html).unwrap();
        }
        all
    }

    fn greet(locale: &str, name: &str) -> Rendered {
        templates().render("greet", locale, &json!({ "name": name })).unwrap()
    }

    #[test]
    fn language_falls_back_to_the_nearest() {
        assert_eq!(greet("fr-CA", "Ada").subject, "Bonjour Ada");
        assert_eq!(greet("FR", "Ada").locale, "fr");
        assert_eq!(greet("de-AT", "Ada").subject, "Hello Ada");
        assert_eq!(greet("", "Ada").locale, "en");
        let chain: Vec<_> = fallbacks("zh-Hant-TW").collect();
        assert_eq!(chain, ["zh-hant-tw", "zh-hant", "zh", "en"]);
    }

    #[test]
    fn html_is_escaped_and_text_is_not() {
        let rendered = greet("en", "<i>A&B</i>");
        assert_eq!(rendered.text, "Hello, <i>A&B</i>!");
        let html = rendered.html.unwrap();
        assert!(html.starts_with("<main><b>&lt;i&gt;A&amp;B"), "{html}");
        assert!(!html.contains("<i>"), "{html}");
    }

    #[test]
    fn subject_is_one_line_whatever_the_values_hold() {
        let rendered = greet("en", "Ada\r\nBcc: eve@example.com\u{0}\u{85}\u{2028}x");
        assert_eq!(rendered.subject, "Hello Ada Bcc: eve@example.com x");
    }

    #[test]
    fn missing_variable_is_an_error() {
        let missing = templates().render("greet", "en", &json!({}));
        assert!(matches!(missing, Err(TemplateError::Engine(_))));
    }

    #[test]
    fn unknown_name_is_an_error() {
        let unknown = templates().render("none", "en", &json!({}));
        assert!(matches!(unknown, Err(TemplateError::Unknown(_))));
    }

    #[test]
    fn source_that_does_not_parse_is_refused_when_registered() {
        assert!(templates().add("bad", "en", Text, "{% if %}").is_err());
    }

    #[test]
    fn check_finds_gaps() {
        let mut all = templates();
        all.check().unwrap();
        all.add("greet", "de", Text, "Hallo").unwrap();
        assert!(matches!(all.check(), Err(TemplateError::Incomplete(what)) if what == "greet in de"));
        let mut all = templates();
        all.add("only_fr", "fr", Text, "x").unwrap();
        all.add("only_fr", "fr", Subject, "x").unwrap();
        assert!(matches!(all.check(), Err(TemplateError::Incomplete(what)) if what == "only_fr in en"));
    }
}
