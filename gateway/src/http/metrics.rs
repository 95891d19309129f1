//! Numbers for Prometheus: requests by operation and code, their time and statements, and gauges that other parts of the
//! program answer when they are asked.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Operations counted by name; further ones are `other`.
const MAX_NAMES: usize = 300;

/// How many of them people may name who are not signed in: nobody shall use all of them up for nothing.
const MAX_STRANGE_NAMES: usize = 50;

/// Buckets of durations, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Buckets of statements a request.
const STATEMENTS: [f64; 10] = [0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 50.0, 100.0];

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts counting; further calls do nothing. The recorder is the process's own, whatever else runs in it.
pub fn install() {
    HANDLE.get_or_init(|| match build() {
        Ok(handle) => Some(handle),
        Err(error) => {
            tracing::warn!(%error, "metrics are not counted");
            None
        }
    });
}

fn build() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_statements".to_owned()), &STATEMENTS)?
        .install_recorder()?;
    describe_counter!("atrium_graphql_requests_total", "GraphQL requests by operation, kind and code");
    describe_histogram!("atrium_graphql_duration_seconds", Unit::Seconds, "Time to run a GraphQL request");
    describe_histogram!("atrium_graphql_statements", "SQL statements of a GraphQL request");
    describe_counter!("atrium_graphql_refused_total", "Requests refused before they ran, by code");
    describe_counter!("atrium_http_requests_total", "HTTP requests by route, method and status");
    describe_gauge!("atrium_http_connections", "Open connections, WebSockets among them");
    describe_counter!(
        "atrium_http_connections_refused_total",
        "Connections closed: too many of their address"
    );
    describe_counter!(
        "atrium_http_connections_cut_off_total",
        "Connections closed: their client read nothing"
    );
    describe_gauge!("atrium_websockets", "Open WebSockets");
    Ok(handle)
}

/// The names of operations that are told apart. Clients choose names, so that without a bound they would choose how much
/// memory metrics take.
#[derive(Debug, Default)]
pub struct Names(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    names: HashSet<Arc<str>>,
    /// How many of them came from people who were not signed in.
    strange: usize,
}

impl Names {
    fn label(&self, name: Option<&str>, stranger: bool) -> Arc<str> {
        static ANONYMOUS: LazyLock<Arc<str>> = LazyLock::new(|| "anonymous".into());
        static OTHER: LazyLock<Arc<str>> = LazyLock::new(|| "other".into());
        let Some(name) = name else { return Arc::clone(&ANONYMOUS) };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = known.names.get(name) {
            return Arc::clone(name);
        }
        let full = known.names.len() >= MAX_NAMES || stranger && known.strange >= MAX_STRANGE_NAMES;
        if full || name.len() > 100 {
            return Arc::clone(&OTHER);
        }
        let name: Arc<str> = name.into();
        known.names.insert(Arc::clone(&name));
        known.strange += usize::from(stranger);
        name
    }
}

/// A request that ran.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'a> {
    /// The operation's name.
    pub operation: Option<&'a str>,
    /// Whether nobody is signed in.
    pub stranger: bool,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// Code of its first error, or OK.
    pub code: &'a str,
    /// How long it took.
    pub took: Duration,
    /// SQL statements.
    pub statements: u32,
}

/// Counts a request that ran.
pub fn observe(names: &Names, ran: Ran<'_>) {
    let Ran { operation, stranger, kind, code, took, statements } = ran;
    let operation = names.label(operation, stranger);
    let kind = match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    };
    let code = code.to_owned();
    counter!("atrium_graphql_requests_total", "operation" => Arc::clone(&operation), "kind" => kind, "code" => code)
        .increment(1);
    histogram!("atrium_graphql_duration_seconds", "operation" => Arc::clone(&operation))
        .record(took.as_secs_f64());
    histogram!("atrium_graphql_statements", "operation" => operation).record(f64::from(statements));
}

/// Counts a request that did not run.
pub fn refused(code: &str) {
    counter!("atrium_graphql_refused_total", "code" => code.to_owned()).increment(1);
}

/// Counts an HTTP request; `route` is one of ours, never the path that was asked for.
pub fn http_request(route: &str, method: &http::Method, status: http::StatusCode) {
    let method = match method.as_str() {
        known @ ("GET" | "POST" | "HEAD" | "OPTIONS" | "PUT" | "DELETE" | "PATCH") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let status = status.as_str().to_owned();
    counter!("atrium_http_requests_total", "route" => route.to_owned(), "method" => method, "status" => status)
        .increment(1);
}

/// Sets a gauge while metrics are read, such as the lag of the outbox.
pub type Gauge = Box<dyn Fn() -> f64 + Send + Sync>;

/// Names and values of a gauge's labels.
pub type Labels = &'static [(&'static str, &'static str)];

static GAUGES: RwLock<Vec<(&'static str, Labels, Gauge)>> = RwLock::new(Vec::new());

/// Adds a gauge that is asked each time somebody reads the metrics; it must answer at once. A later one of the same name
/// and labels takes the place of the earlier.
pub fn add_gauge(name: &'static str, labels: Labels, about: &'static str, gauge: Gauge) {
    describe_gauge!(name, about);
    let mut gauges = GAUGES.write().unwrap_or_else(PoisonError::into_inner);
    gauges.retain(|(other, its, _)| (*other, *its) != (name, labels));
    gauges.push((name, labels, gauge));
}

/// The metrics in Prometheus' text format.
pub fn render() -> String {
    for (name, labels, read) in GAUGES.read().unwrap_or_else(PoisonError::into_inner).iter() {
        gauge!(*name, *labels).set(read());
    }
    HANDLE.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}

/// Moves what histograms collected into their buckets; called now and then so that memory stays bounded between reads.
pub fn upkeep() {
    if let Some(handle) = HANDLE.get().and_then(Option::as_ref) {
        handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_operations_are_bounded() {
        let names = Names::default();
        for index in 0..MAX_NAMES + 50 {
            names.label(Some(&format!("Operation{index}")), false);
        }
        assert_eq!(&*names.label(Some("Operation0"), true), "Operation0");
        assert_eq!(&*names.label(Some("OperationX"), false), "other");
        assert_eq!(&*names.label(None, false), "anonymous");
        assert_eq!(&*Names::default().label(Some(&"x".repeat(101)), false), "other");
    }

    #[test]
    fn strangers_leave_names_to_people_who_are_signed_in() {
        let names = Names::default();
        for index in 0..MAX_NAMES {
            names.label(Some(&format!("Flood{index}")), true);
        }
        assert_eq!(&*names.label(Some("Flood0"), true), "Flood0");
        assert_eq!(&*names.label(Some("Flood299"), true), "other");
        assert_eq!(&*names.label(Some("Projects"), false), "Projects");
    }

    #[test]
    fn observed_requests_are_rendered() {
        install();
        let ran = Ran {
            operation: Some("Seen"),
            stranger: false,
            kind: OperationType::Query,
            code: "OK",
            took: Duration::from_millis(3),
            statements: 2,
        };
        observe(&Names::default(), ran);
        add_gauge("atrium_test_lag", &[], "A test.", Box::new(|| 7.0));
        add_gauge("atrium_test_pool", &[("pool", "read")], "A test.", Box::new(|| 3.0));
        add_gauge("atrium_test_pool", &[("pool", "write")], "A test.", Box::new(|| 1.0));
        add_gauge("atrium_test_pool", &[("pool", "write")], "A test.", Box::new(|| 2.0));
        let text = render();
        assert!(
            text.contains(r#"atrium_graphql_requests_total{operation="Seen",kind="query",code="OK"} 1"#),
            "{text}"
        );
        assert!(text.contains(r#"atrium_graphql_statements_bucket{operation="Seen",le="2"} 1"#), "{text}");
        assert!(text.contains("atrium_test_lag 7"), "{text}");
        for line in [r#"atrium_test_pool{pool="read"} 3"#, r#"atrium_test_pool{pool="write"} 2"#] {
            assert!(text.contains(line), "{text}");
        }
    }
}
