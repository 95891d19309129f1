//! What `/metrics` tells: numbers of bounded number about operations, connections and pools, nothing about people.

use std::collections::BTreeSet;

use serde_json::json;
use tests::World;

use super::surface::page;

/// Names of the samples of a page in Prometheus' text format, after checking each line of it.
fn samples(text: &str) -> BTreeSet<&str> {
    let mut typed = BTreeSet::new();
    let mut names = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a kind");
            assert!(["counter", "gauge", "histogram", "summary"].contains(&kind), "{line}");
            assert!(typed.insert(name), "declared twice: {line}");
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').expect("a sample and its value");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let name = sample.split('{').next().unwrap();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            assert!(
                typed.contains(name) || base.is_some_and(|base| typed.contains(base)),
                "without a type: {line}"
            );
            names.insert(name);
        }
    }
    names
}

// keeps: OP-4
#[tokio::test]
async fn metrics_are_numbers_about_operations_and_nothing_about_people() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    manager.run("query CountedOnThisPage { viewer { user { id } } }", json!({})).await.expect_ok();
    manager.run("query CountedOnThisPage { node(id: \"x\") { id } }", json!({})).await.expect_code("INVALID");
    manager.run("{ nothing }", json!({})).await.expect_code("GRAPHQL_VALIDATION_FAILED");
    page(&world, "/secret-of-ada@example.com").await;
    let metrics = page(&world, "/metrics").await;
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let names = samples(&metrics.text);
    for name in [
        "atrium_graphql_requests_total",
        "atrium_graphql_duration_seconds_bucket",
        "atrium_graphql_statements_sum",
        "atrium_graphql_refused_total",
        "atrium_http_requests_total",
        "atrium_http_connections",
        "atrium_database_connections",
    ] {
        assert!(names.contains(name), "{name} is missing in {names:?}");
    }
    for (code, count) in [("OK", 1), ("INVALID", 1)] {
        let line = format!(
            "atrium_graphql_requests_total{{operation=\"CountedOnThisPage\",kind=\"query\",code=\"{code}\"}} {count}"
        );
        assert!(metrics.text.contains(&line), "{line} is missing");
    }
    for person in ["@acme.test", "ada@example.com", "usr_", "Bearer"] {
        assert!(!metrics.text.contains(person), "{person} is told");
    }
    assert!(!names.iter().any(|name| !name.starts_with("atrium_")), "{names:?}");
}

/// The number of a sample.
fn sample(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing in {metrics}")).parse().expect("a number")
}

// keeps: OP-4
#[tokio::test]
async fn metrics_tell_how_the_connections_to_the_database_are_used() {
    let world = World::new().await;
    let db = world.app(0).db.clone();
    // Reason: on PostgreSQL one pool serves both; it is four connections wide here.
    let (pool, width) = if tests::on_postgres() { ("read", 4) } else { ("write", 1) };
    let used = async || {
        let metrics = page(&world, "/metrics").await.text;
        assert_eq!(metrics.matches("\natrium_database_connections{").count(), 6, "{metrics}");
        ["in_use", "waiting"].map(|state| {
            sample(&metrics, &format!("atrium_database_connections{{pool=\"{pool}\",state=\"{state}\"}}"))
        })
    };
    let mut held = Vec::new();
    for _ in 0..width {
        held.push(db.begin().await.unwrap());
    }
    let one_more = tokio::spawn(async move { db.begin().await.unwrap().rollback().await.unwrap() });
    // Reason: the tests of one process share its gauges, and an older reading may overtake a newer one.
    let all_used = async {
        loop {
            let [in_use, waiting] = used().await;
            if in_use >= f64::from(width) && waiting >= 1.0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), all_used).await.expect("all are used");
    for held in held {
        held.rollback().await.unwrap();
    }
    one_more.await.unwrap();
    // Reason: background work takes a connection now and then.
    let given_back = async {
        loop {
            let [in_use, waiting] = used().await;
            if in_use < f64::from(width) && waiting == 0.0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), given_back).await.expect("they are given back");
}

// keeps: OP-4
#[tokio::test]
async fn names_that_strangers_choose_do_not_push_others_out() {
    let world = World::new().await;
    for index in 0..60 {
        let document = format!("query Strange{index} {{ __typename }}");
        world.nobody().run(&document, json!({})).await.expect_ok();
    }
    let manager = world.agency("acme").manager();
    manager.run("query OfSomebodySignedIn { viewer { user { id } } }", json!({})).await.expect_ok();
    let metrics = page(&world, "/metrics").await.text;
    let strange = |index: usize| metrics.contains(&format!("operation=\"Strange{index}\""));
    assert!(strange(0) && !strange(59), "{metrics}");
    assert!((0..60).filter(|index| strange(*index)).count() <= 50);
    assert!(metrics.contains("operation=\"other\"") && metrics.contains("operation=\"OfSomebodySignedIn\""));
}

// keeps: OP-4
#[tokio::test]
async fn metrics_can_be_switched_off() {
    let world = World::builder().empty().configure(|config| config.server.metrics = false).build().await;
    page(&world, "/metrics").await.expect_refused(404, "NOT_FOUND");
}
