//! Feedback: clients are asked, answer once, are reminded; and what many answers amount to.

use std::time::Duration;

use futures::future::join_all;
use kernel::act::NewJob;
use projects::feedback::tell::JOB;
use serde_json::{Value, json};
use tests::{Actor, Agency, Answer, World};

use super::{
    asks::{account, ask, change, expect_conflict, new_project, person, project, refusals},
    milestones::new_milestone,
};
use crate::time::asks::platform;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Lets the worker see what is due by now.
async fn wake(world: &World) {
    let viewer = platform(world, "acme").await;
    let nothing = NewJob::new(JOB, "{}".to_owned());
    viewer.act(&world.app(0).db, "test.enqueue", async |act| Ok(act.enqueue(nothing))).await.unwrap();
    world.settled().await;
}

const FEEDBACK: &str =
    "id kind status score comment answeredAt remindedAt expiresAt user { id } milestone { id }";

async fn request(who: &Actor, project: &str, kind: &str, people: &[&str], mut more: Value) -> Answer {
    more["projectId"] = json!(project);
    (more["kind"], more["userIds"]) = (json!(kind), json!(people));
    change(who, "requestFeedback", more, &format!("requests {{ {FEEDBACK} }}")).await
}

async fn answer(who: &Actor, id: &str, score: i32) -> Answer {
    let input = json!({ "id": id, "score": score, "comment": "Well done" });
    change(who, "answerFeedback", input, &format!("feedbackRequest {{ {FEEDBACK} }}")).await
}

/// A project of the client's account that nobody was asked about yet.
async fn fresh(acme: &Agency<'_>, name: &str) -> String {
    let input = json!({ "name": name, "accountId": account(acme, 1).await });
    let made = change(&acme.owner(), "createProject", input, "project { id }").await.expect_ok();
    made.text("createProject.project.id")
}

// keeps: PR-32
#[tokio::test]
async fn client_is_asked_by_letter_and_answers_once() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), fresh(&acme, "Asked about").await);
    let milestone = new_milestone(&owner, &id, "Launch", json!({ "clientVisible": true })).await;
    let who = person(&acme, "client").await;
    let asked =
        request(&owner, &id, "CSAT", &[&who, &who], json!({ "milestoneId": milestone })).await.expect_ok();
    assert_eq!(asked.list("requestFeedback.requests").len(), 1, "each person once");
    let question = asked.text("requestFeedback.requests.0.id");
    let mail = world.mail_to(&acme.email("client")).await;
    assert!(mail.message.subject.contains("Asked about"), "{}", mail.message.subject);
    let again = request(&owner, &id, "CSAT", &[&who], json!({ "milestoneId": milestone })).await;
    again.expect_field("userIds.0", "already_asked");
    for score in [0, 6] {
        answer(&client, &question, score).await.expect_field("score", "out_of_range");
    }
    let tries = join_all((0..8).map(async |_| {
        loop {
            let answer = answer(&client, &question, 4).await;
            match answer.code() {
                Some("UNAVAILABLE") => tokio::task::yield_now().await,
                code => break code.map(str::to_owned),
            }
        }
    }));
    let codes = tries.await;
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 1, "{codes:?}");
    expect_conflict(answer(&client, &question, 5).await, "This was answered already");
    let read = "query($id: ID!) { feedbackRequest(id: $id) { status score comment milestone { name } } }";
    let read = acme.manager().run(read, json!({ "id": question })).await;
    assert!(read.code() == Some("NOT_FOUND") || read.number("feedbackRequest.score") == 4, "{read}");
    let listed = owner
        .run(
            "query($f: FeedbackFilter) { feedbackRequests(filter: $f) { nodes { score status } } }",
            json!({ "f": { "milestoneId": milestone, "status": ["ANSWERED"] } }),
        )
        .await
        .expect_ok();
    assert_eq!(*listed.data("feedbackRequests.nodes"), json!([{ "score": 4, "status": "ANSWERED" }]));
    change(&owner, "deleteMilestone", json!({ "id": milestone }), "id").await.expect_ok();
    let kept =
        ask(&owner, &format!("{{ feedbackRequest(id: \"{question}\") {{ score milestone {{ id }} }} }}"))
            .await;
    assert_eq!(*kept.expect_ok().data("feedbackRequest"), json!({ "score": 4, "milestone": null }));
}

// keeps: PR-32, ID-22
#[tokio::test]
async fn everybody_answers_and_sees_their_own_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), fresh(&acme, "Own").await);
    let people = [person(&acme, "client").await, person(&acme, "clientadmin").await];
    let asked = request(&owner, &id, "NPS", &[&people[0], &people[1]], json!({})).await.expect_ok();
    let ids = asked.ids("requestFeedback.requests");
    let clients = [acme.client(), acme.client_admin()];
    let query = "query($id: ID!) { feedbackRequest(id: $id) { status } }";
    for (place, client) in clients.iter().enumerate() {
        let other = &ids[1 - place];
        client.run(query, json!({ "id": other })).await.expect_code("NOT_FOUND");
        answer(client, other, 0).await.expect_code("NOT_FOUND");
        assert_eq!(
            client.run(query, json!({ "id": ids[place] })).await.expect_ok().text("feedbackRequest.status"),
            "OPEN"
        );
        let project = "query($id: ID!) { project(id: $id) { figures { feedback { asked } } feedbackRequests { nodes { id } } } }";
        let seen = client.run(project, json!({ "id": id })).await;
        assert_eq!(seen.ids("project.feedbackRequests.nodes"), [ids[place].clone()]);
        assert_eq!(refusals(&seen), [("project.figures.feedback".to_owned(), "FORBIDDEN".to_owned())]);
    }
    answer(&owner, &ids[0], 10).await.expect_code("FORBIDDEN");
    answer(&acme.manager(), &ids[0], 10).await.expect_code("FORBIDDEN");
    for who in [acme.developer(), acme.viewer(), acme.accountant()] {
        ask(&who, "{ feedbackRequests { totalCount } }").await.expect_code("FORBIDDEN");
    }
    answer(&world.agency("globex").client(), &ids[0], 10).await.expect_code("NOT_FOUND");
    change(&owner, "withdrawFeedback", json!({ "id": ids[1] }), "id").await.expect_ok();
    answer(&clients[1], &ids[1], 10).await.expect_code("NOT_FOUND");
    answer(&clients[0], &ids[0], 10).await.expect_ok();
    expect_conflict(
        change(&owner, "withdrawFeedback", json!({ "id": ids[0] }), "id").await,
        "This was answered",
    );
}

// keeps: PR-32
#[tokio::test]
async fn question_is_reminded_of_and_expires() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), fresh(&acme, "Forgotten").await);
    let who = person(&acme, "client").await;
    let asked = request(&owner, &id, "NPS", &[&who], json!({ "days": 9 })).await.expect_ok();
    let question = asked.text("requestFeedback.requests.0.id");
    world.mail_to(&acme.email("client")).await;
    let remind = async || {
        let fields = format!("feedbackRequest {{ {FEEDBACK} }}");
        change(&owner, "remindFeedback", json!({ "id": question }), &fields).await
    };
    expect_conflict(remind().await, "They were asked or reminded");
    world.clock.advance(2 * DAY);
    remind().await.expect_ok();
    let mail = world.mail_to(&acme.email("client")).await;
    assert!(mail.message.subject.contains("still missing"), "{}", mail.message.subject);
    expect_conflict(remind().await, "They were asked or reminded");
    world.clock.advance(4 * DAY + DAY / 12);
    wake(&world).await;
    let mail = world.mail_to(&acme.email("client")).await;
    assert!(mail.message.subject.contains("still missing"), "by itself after two thirds of the time");
    world.clock.advance(3 * DAY);
    expect_conflict(answer(&client, &question, 9).await, "The time to answer this is over");
    expect_conflict(remind().await, "The time to answer this is over");
    let query = "query($f: FeedbackFilter) { feedbackRequests(filter: $f) { nodes { status } } }";
    let listed =
        owner.run(query, json!({ "f": { "projectId": id, "status": ["EXPIRED"] } })).await.expect_ok();
    assert_eq!(*listed.data("feedbackRequests.nodes"), json!([{ "status": "EXPIRED" }]));
    request(&owner, &id, "NPS", &[&who], json!({})).await.expect_ok();
}

// keeps: PR-32
#[tokio::test]
async fn reminder_that_comes_by_itself_leaves_out_who_was_reminded_within_a_day() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), fresh(&acme, "Lately").await);
    let people = [person(&acme, "client").await, person(&acme, "clientadmin").await];
    let asked =
        request(&owner, &id, "NPS", &[&people[0], &people[1]], json!({ "days": 9 })).await.expect_ok();
    let asked = asked.list("requestFeedback.requests");
    let of_client = asked.iter().find(|request| request["user"]["id"] == people[0].as_str()).unwrap();
    world.settled().await;
    world.clock.advance(5 * DAY + DAY / 2);
    let remind = json!({ "id": of_client["id"] });
    change(&owner, "remindFeedback", remind, "feedbackRequest { id }").await.expect_ok();
    world.settled().await;
    let told = |name: &str| world.mails_to(&acme.email(name)).len();
    assert_eq!((told("client"), told("clientadmin")), (2, 1));
    world.clock.advance(3 * DAY / 5);
    wake(&world).await;
    assert_eq!((told("client"), told("clientadmin")), (2, 2));
}

// keeps: PR-32
#[tokio::test]
async fn question_about_a_project_that_was_archived_is_answered_all_the_same() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, client, id) = (acme.owner(), acme.client(), fresh(&acme, "Put away").await);
    let who = person(&acme, "client").await;
    let asked = request(&owner, &id, "CSAT", &[&who], json!({})).await.expect_ok();
    let question = asked.text("requestFeedback.requests.0.id");
    change(&owner, "archiveProject", json!({ "id": id }), "project { id }").await.expect_ok();
    answer(&client, &question, 5).await.expect_ok();
    let late = request(&owner, &id, "NPS", &[&who], json!({})).await;
    expect_conflict(late, "This project is archived");
}

// keeps: PR-32
#[tokio::test]
async fn only_people_of_the_projects_client_are_asked() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, id) = (acme.owner(), fresh(&acme, "Careful").await);
    let (client, staff) = (person(&acme, "client").await, person(&acme, "dev").await);
    let stranger = person(&world.agency("globex"), "client").await;
    for who in [&staff, &stranger] {
        request(&owner, &id, "CSAT", &[&client, who], json!({}))
            .await
            .expect_field("userIds.1", "not_of_client");
    }
    let inner = new_project(&owner, "Ours").await;
    request(&owner, &inner, "CSAT", &[&client], json!({})).await.expect_field("userIds.0", "not_of_client");
    let other = project(&acme, 3).await;
    request(&owner, &other, "CSAT", &[&client], json!({})).await.expect_field("userIds.0", "not_of_client");
    request(&owner, &id, "CSAT", &[], json!({})).await.expect_field("userIds", "how_many");
    request(&owner, &id, "CSAT", &[&client], json!({ "days": 0 })).await.expect_field("days", "out_of_range");
    let hidden = new_milestone(&owner, &id, "Hidden", json!({})).await;
    let hidden = json!({ "milestoneId": hidden });
    request(&owner, &id, "CSAT", &[&client], hidden).await.expect_field("milestoneId", "milestone_not_shown");
    assert_eq!(world.mails_to(&acme.email("client")).len(), 0, "nobody is told of what was refused");
}

// keeps: PR-32
#[tokio::test]
async fn answers_are_counted_by_project_and_by_client() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let owner = acme.owner();
    let figures = "asked answered csatAnswers csat npsAnswers nps";
    let query = format!("query($id: ID!) {{ account(id: $id) {{ feedback {{ {figures} }} }} }}");
    let company = account(&acme, 1).await;
    let of_account = async || {
        owner.run(&query, json!({ "id": company })).await.expect_ok().data("account.feedback").clone()
    };
    let before = of_account().await;
    let id = fresh(&acme, "Counted").await;
    let people = [person(&acme, "client").await, person(&acme, "clientadmin").await];
    for (kind, scores) in [("NPS", [10, 3]), ("CSAT", [5, 3])] {
        let asked = request(&owner, &id, kind, &[&people[0], &people[1]], json!({})).await.expect_ok();
        let ids = asked.ids("requestFeedback.requests");
        answer(&acme.client(), &ids[0], scores[0]).await.expect_ok();
        if kind == "NPS" {
            answer(&acme.client_admin(), &ids[1], scores[1]).await.expect_ok();
        }
    }
    let query =
        format!("query($id: ID!) {{ project(id: $id) {{ figures {{ feedback {{ {figures} }} }} }} }}");
    let told = owner.run(&query, json!({ "id": id })).await.expect_ok();
    let expected =
        json!({ "asked": 4, "answered": 3, "csatAnswers": 1, "csat": 100, "npsAnswers": 2, "nps": 0 });
    assert_eq!(*told.data("project.figures.feedback"), expected);
    let after = of_account().await;
    let more = |name: &str| after[name].as_i64().unwrap() - before[name].as_i64().unwrap();
    assert_eq!((more("asked"), more("answered"), more("npsAnswers")), (4, 3, 2));
    let client = acme
        .client()
        .run(
            &format!("query($id: ID!) {{ account(id: $id) {{ feedback {{ {figures} }} }} }}"),
            json!({ "id": company }),
        )
        .await;
    assert_eq!(refusals(&client), [("account.feedback".to_owned(), "FORBIDDEN".to_owned())]);
}
