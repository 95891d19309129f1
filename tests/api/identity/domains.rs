//! Domain names of agencies: said to be their own, proved by DNS, taken off again.

use serde_json::json;
use tests::{Actor, Answer, World};

use super::asks::change;
use super::steps::lets_in;

const DOMAIN: &str = "domain { id domain recordName recordValue verifiedAt }";

async fn add(who: &Actor, domain: &str) -> Answer {
    change(who, "addTenantDomain", json!({ "domain": domain }), DOMAIN).await
}

async fn verify(who: &Actor, id: &str) -> Answer {
    change(who, "verifyTenantDomain", json!({ "id": id }), DOMAIN).await
}

async fn remove(who: &Actor, id: &str) -> Answer {
    change(who, "removeTenantDomain", json!({ "id": id }), "domainId").await
}

/// Adds a domain; answers its id, the name of its record and what it must say.
async fn added(who: &Actor, domain: &str) -> (String, String, String) {
    let answer = add(who, domain).await.expect_ok();
    let text = |field: &str| answer.text(&format!("addTenantDomain.domain.{field}"));
    (text("id"), text("recordName"), text("recordValue"))
}

// keeps: ID-1
#[tokio::test]
async fn domain_is_proved_by_a_record_that_only_its_owner_can_write() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let (id, name, value) = added(&owner, " Portal.ACME.example. ").await;
    assert_eq!(name, "_atrium.portal.acme.example");
    assert!(value.len() >= 30, "{value} could be guessed");
    let answer = verify(&owner, &id).await.expect_code("CONFLICT");
    assert!(
        answer.message().unwrap().contains(&name) && answer.message().unwrap().contains(&value),
        "{answer}"
    );
    world.dns.set_txt(&name, &["v=spf1 -all", "something else"]);
    verify(&owner, &id).await.expect_code("CONFLICT");
    world.dns.set_txt("portal.acme.example", &[&value]);
    verify(&owner, &id).await.expect_code("CONFLICT");
    world.dns.set_down(true);
    verify(&owner, &id).await.expect_code("UNAVAILABLE");
    world.dns.set_down(false);
    assert!(!lets_in(&world, "portal.acme.example", "pm@acme.test").await, "it is not proved yet");
    world.dns.set_txt(&name, &["v=spf1 -all", &value]);
    let done = verify(&owner, &id).await.expect_ok();
    assert_eq!(done.text("verifyTenantDomain.domain.verifiedAt"), "2026-03-02T09:00:00Z");
    assert!(lets_in(&world, "portal.acme.example", "pm@acme.test").await);
    world.clock.advance(super::steps::HOUR);
    world.dns.set_txt(&name, &[]);
    let again = verify(&owner, &id).await.expect_ok();
    assert_eq!(again.data("verifyTenantDomain"), done.data("verifyTenantDomain"), "what was proved stays so");
    remove(&owner, &id).await.expect_ok();
    assert!(!lets_in(&world, "portal.acme.example", "pm@acme.test").await);
    remove(&owner, &id).await.expect_code("NOT_FOUND");
}

// keeps: ID-1
#[tokio::test]
async fn what_is_no_domain_name_is_refused() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    let bad = [
        "",
        "localhost",
        "1.2.3.4",
        "a b.example",
        "x@y.example",
        "-a.example",
        "exa\u{7}mple.com",
        "https://a.example",
        "а.acme.example\u{202e}",
    ];
    for domain in bad {
        add(&owner, domain).await.expect_field("domain", "bad_domain");
    }
    let answer = add(&owner, "Bücher.example").await.expect_ok();
    assert_eq!(answer.text("addTenantDomain.domain.domain"), "xn--bcher-kva.example");
    add(&owner, "xn--bcher-kva.EXAMPLE").await.expect_field("domain", "domain_already_added");
    for number in 1..20 {
        add(&owner, &format!("d{number}.example")).await.expect_ok();
    }
    add(&owner, "d20.example").await.expect_field("domain", "too_many_domains");
}

// keeps: ID-1
#[tokio::test]
async fn domain_of_another_agency_is_out_of_reach() {
    let world = World::new().await;
    let (owner, stranger) = (world.agency("acme").owner(), world.agency("globex").owner());
    let (id, name, value) = added(&owner, "portal.acme.example").await;
    world.dns.set_txt(&name, &[&value]);
    verify(&stranger, &id).await.expect_code("NOT_FOUND");
    remove(&stranger, &id).await.expect_code("NOT_FOUND");
    let manager = world.agency("acme").manager();
    verify(&manager, &id).await.expect_code("FORBIDDEN");
    verify(&owner, &id).await.expect_ok();
}

// keeps: ID-1
#[tokio::test]
async fn domain_that_two_agencies_want_is_theirs_who_prove_it_first() {
    let world = World::new().await;
    let (owner, stranger) = (world.agency("acme").owner(), world.agency("globex").owner());
    let (mine, name, value) = added(&owner, "shared.example").await;
    let (theirs, same_name, other_value) = added(&stranger, "shared.example").await;
    assert_eq!(name, same_name);
    assert_ne!(value, other_value, "each has a record of its own");
    world.dns.set_txt(&name, &[&value]);
    verify(&stranger, &theirs).await.expect_code("CONFLICT");
    verify(&owner, &mine).await.expect_ok();
    world.dns.set_txt(&name, &[&value, &other_value]);
    let late = verify(&stranger, &theirs).await.expect_code("CONFLICT");
    assert!(late.message().unwrap().contains("another agency"), "{late}");
    assert!(lets_in(&world, "shared.example", "pm@acme.test").await);
    remove(&owner, &mine).await.expect_ok();
    verify(&stranger, &theirs).await.expect_ok();
    assert!(lets_in(&world, "shared.example", "pm@globex.test").await);
    assert!(!lets_in(&world, "shared.example", "pm@acme.test").await);
}

// keeps: ID-1
#[tokio::test]
async fn of_two_agencies_that_prove_one_domain_at_once_one_gets_it() {
    let world = World::new().await;
    let (owner, stranger) = (world.agency("acme").owner(), world.agency("globex").owner());
    for turn in 0..4 {
        let domain = format!("race-{turn}.example");
        let (mine, name, value) = added(&owner, &domain).await;
        let (theirs, _, other_value) = added(&stranger, &domain).await;
        world.dns.set_txt(&name, &[&value, &other_value]);
        let (one, other) = tokio::join!(verify(&owner, &mine), verify(&stranger, &theirs));
        let (won, lost) = if one.errors().is_empty() { (one, other) } else { (other, one) };
        won.expect_ok();
        lost.expect_code("CONFLICT");
    }
}
