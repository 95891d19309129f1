//! The log: lines for people or for machines on standard error, each with the id of the request it belongs to, without
//! personal data or secrets.

mod mask;

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::Arc;

use kernel::clock::Clock;
use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, LogSettings};

pub use mask::{is_secret, mask};

/// Starts the log of the process. In a process that has one already, such as a test's, nothing changes.
///
/// # Errors
/// If the filter is not understood.
pub fn init(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.filter)?;
    let sink: Sink = Arc::new(|line: &str| {
        // Reason: without a standard error there is nobody to tell.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    });
    let lines = Lines { format: settings.format, clock: Clock::system(), sink };
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
    Ok(())
}

/// Takes whole lines, with their line break.
type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// Writes one line an event.
struct Lines {
    format: LogFormat,
    clock: Clock,
    sink: Sink,
}

/// Fields of an event or a span, masked.
#[derive(Clone, Debug, Default)]
struct Fields(Vec<(&'static str, Json)>);

impl Fields {
    fn put(&mut self, field: &Field, value: Json) {
        let name = field.name();
        let value = match value {
            _ if is_secret(name) => Json::from("•••"),
            Json::String(text) => mask(&text).into(),
            other => other,
        };
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, value));
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
}

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = ctx.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, ctx: Context<'_, S>) {
        if let Some(span) = ctx.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in ctx.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                let missing = outer.0.iter().filter(|(name, _)| !fields.0.iter().any(|(own, _)| own == name));
                let missing: Vec<_> = missing.cloned().collect();
                fields.0.extend(missing);
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let line = match self.format {
            LogFormat::Json => self.json(*metadata.level(), metadata.target(), fields),
            LogFormat::Pretty => self.pretty(*metadata.level(), metadata.target(), fields),
        };
        (self.sink)(&line);
    }
}

impl Lines {
    fn json(&self, level: Level, target: &str, fields: Fields) -> String {
        let mut object = Map::new();
        object.insert("time".to_owned(), self.clock.now().to_rfc3339().into());
        object.insert("level".to_owned(), level.as_str().into());
        object.insert("target".to_owned(), target.into());
        for (name, value) in fields.0 {
            object.entry(name).or_insert(value);
        }
        let mut line = Json::Object(object).to_string();
        line.push('\n');
        line
    }

    fn pretty(&self, level: Level, target: &str, fields: Fields) -> String {
        let time = self.clock.now().format("%Y-%m-%d %H:%M:%S%.3f");
        let message = fields.0.iter().find(|(name, _)| *name == "message").map(|(_, value)| shown(value));
        let mut line = format!("{time} {level:>5} {target}: {}", message.unwrap_or_default());
        for (name, value) in fields.0.iter().filter(|(name, _)| *name != "message") {
            // Reason: writing to a String cannot fail.
            let _ = write!(line, " {name}={}", shown(value));
        }
        line.push('\n');
        line
    }
}

/// A value on one line.
fn shown(value: &Json) -> String {
    match value {
        // Reason: a line break in a value would make up a line of its own.
        Json::String(text) => text.replace(['\n', '\r'], "⏎"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn logged(format: LogFormat, log: impl FnOnce()) -> String {
        let lines = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&lines);
        let layer = Lines {
            format,
            clock: Clock::system(),
            sink: Arc::new(move |line: &str| sink.lock().unwrap().push_str(line)),
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        lines.lock().unwrap().clone()
    }

    #[test]
    fn json_lines_bear_the_request_id_and_no_personal_data() {
        let text = logged(LogFormat::Json, || {
            let span = tracing::error_span!("request", request_id = "r-1");
            let _entered = span.enter();
            tracing::info!(
                user.email = "ada@example.com",
                password = "hunter2",
                count = 3,
                "mail to bob@example.org sent"
            );
        });
        let line: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(line["request_id"], "r-1");
        assert_eq!(line["count"], 3);
        assert_eq!(line["password"], "•••");
        assert_eq!(line["level"], "INFO");
        for secret in ["ada@", "bob@", "hunter2"] {
            assert!(!text.contains(secret), "{text}");
        }
    }

    #[test]
    fn pretty_lines_cannot_be_forged_by_line_breaks() {
        let text = logged(LogFormat::Pretty, || tracing::warn!(name = "a\n2026 ERROR forged", "said"));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("WARN") && text.contains("said"), "{text}");
    }
}
