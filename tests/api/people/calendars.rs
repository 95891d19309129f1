//! Working calendars: weeks, public holidays of countries, exceptions, and the days that follow from them.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::{span, week};
use crate::projects::asks::{ask, change, expect_conflict, expect_stale, person};

const CALENDAR: &str = "workCalendar {
  id name weeklyHours { minutes hours { from to } } weeklyMinutes country isDefault exceptions { date name hours { from to } } version
}";

/// Makes a calendar and gives its id.
async fn new_calendar(who: &Actor, name: &str, more: Value) -> String {
    let mut input = more;
    input["name"] = json!(name);
    if input["weeklyHours"].is_null() {
        input["weeklyHours"] = week("09:00", "17:00");
    }
    let made = change(who, "createWorkCalendar", input, CALENDAR).await.expect_ok();
    made.text("createWorkCalendar.workCalendar.id")
}

/// The days of somebody, as date, minutes, reason and name.
async fn days(who: &Actor, whose: Value, from: &str, to: &str) -> Answer {
    let mut variables = whose;
    (variables["from"], variables["to"]) = (json!(from), json!(to));
    let query = "query($calendarId: ID, $userId: ID, $from: Date!, $to: Date!) {
      workingDays(calendarId: $calendarId, userId: $userId, from: $from, to: $to) { date minutes reason name hours { from to } }
    }";
    who.run(query, variables).await
}

fn told(answer: &Answer) -> Vec<(i64, Option<String>)> {
    let one = |day: &Value| (day["minutes"].as_i64().unwrap(), day["reason"].as_str().map(str::to_owned));
    answer.list("workingDays").iter().map(one).collect()
}

// keeps: PR-10
#[tokio::test]
async fn until_a_calendar_is_made_the_week_of_the_agency_holds() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let answer = days(&manager, json!({}), "2026-03-06", "2026-03-09").await.expect_ok().expect_statements(6);
    let weekend = Some("WEEKEND".to_owned());
    assert_eq!(told(&answer), [(480, None), (0, weekend.clone()), (0, weekend), (480, None)]);
    let hours = json!([{ "from": "09:00", "to": "13:00" }, { "from": "14:00", "to": "18:00" }]);
    assert_eq!(answer.data("workingDays.0.hours"), &hours);
    for (from, to) in [("2026-03-06", "2026-03-05"), ("2026-01-01", "2027-01-02")] {
        days(&manager, json!({}), from, to).await.expect_field("to", "bad_range");
    }
    assert_eq!(
        days(&manager, json!({}), "2024-01-01", "2024-12-31").await.expect_ok().list("workingDays").len(),
        366
    );
}

// keeps: PR-10
#[tokio::test]
async fn days_follow_from_week_holidays_and_exceptions() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let id = new_calendar(&manager, "Berlin", json!({ "country": "de" })).await;
    let set = json!({ "id": id, "expectedVersion": 1, "set": [
        { "date": "2026-12-24", "name": "عيد", "hours": span("09:00", "12:00") },
        { "date": "2026-12-19", "name": "Christmas market", "hours": span("10:00", "14:00") },
        { "date": "2026-12-31" }, { "date": "2026-12-25", "hours": span("00:00", "24:00") },
    ] });
    let made = change(&manager, "setCalendarExceptions", set.clone(), CALENDAR).await.expect_ok();
    let calendar = made.data("setCalendarExceptions.workCalendar");
    assert_eq!((&calendar["country"], &calendar["version"]), (&json!("DE"), &json!(2)));
    assert_eq!((&calendar["isDefault"], &calendar["weeklyMinutes"]), (&json!(true), &json!(2_400)));
    assert_eq!(calendar["exceptions"].as_array().unwrap().len(), 4);
    expect_stale(change(&manager, "setCalendarExceptions", set, CALENDAR).await, 2);
    let (special, weekend) = (|| Some("EXCEPTION".to_owned()), || Some("WEEKEND".to_owned()));
    let answer = days(&manager, json!({ "calendarId": id }), "2026-12-24", "2027-01-01").await.expect_ok();
    let expected = [
        (180, special()),
        (1_440, special()),
        (0, weekend()),
        (0, weekend()),
        (480, None),
        (480, None),
        (480, None),
        (0, special()),
        (0, Some("HOLIDAY".to_owned())),
    ];
    assert_eq!(told(&answer), expected);
    assert_eq!(answer.text("workingDays.0.name"), "عيد");
    let gone = json!({ "id": id, "remove": ["2026-12-24", "2026-12-25"], "set": [{ "date": "2026-12-31", "hours": span("09:00", "10:00") }] });
    change(&manager, "setCalendarExceptions", gone, CALENDAR).await.expect_ok();
    let answer = days(&manager, json!({}), "2026-12-24", "2026-12-25").await.expect_ok();
    assert_eq!(
        told(&answer),
        [(480, None), (0, Some("HOLIDAY".to_owned()))],
        "the agency's calendar is the first one"
    );
}

// keeps: PR-10
#[tokio::test]
async fn exceptions_of_a_calendar_make_a_week_of_ones_own_shorter_and_never_longer() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, ada) = (acme.manager(), person(&acme, "dev").await);
    let id = new_calendar(&manager, "Agency", json!({})).await;
    let (day, free) = (json!({ "hours": span("09:00", "17:00") }), json!({ "hours": [] }));
    let own = json!({ "userId": ada, "weeklyHours": [day, day, day, day, free, free, free] });
    change(&manager, "updateResourceProfile", own, "resourceProfile { id }").await.expect_ok();
    let set = json!({ "id": id, "set": [
        { "date": "2026-12-17", "name": "Long day", "hours": span("08:00", "20:00") },
        { "date": "2026-12-18", "name": "Short Friday", "hours": span("09:00", "13:00") },
        { "date": "2026-12-19", "name": "Christmas market", "hours": span("10:00", "14:00") },
        { "date": "2026-12-21", "name": "Late shift", "hours": span("13:00", "20:00") },
        { "date": "2026-12-23", "name": "Closed" },
        { "date": "2026-12-24", "name": "Half day", "hours": span("09:00", "12:00") },
    ] });
    change(&manager, "setCalendarExceptions", set, CALENDAR).await.expect_ok();
    let (special, weekend) = (|| Some("EXCEPTION".to_owned()), || Some("WEEKEND".to_owned()));
    let hers = days(&manager, json!({ "userId": ada }), "2026-12-17", "2026-12-24").await.expect_ok();
    let expected = [
        (480, None),
        (0, weekend()),
        (0, weekend()),
        (0, weekend()),
        (240, special()),
        (480, None),
        (0, special()),
        (180, special()),
    ];
    assert_eq!(told(&hers), expected);
    assert_eq!(hers.text("workingDays.7.name"), "Half day");
    let theirs = days(&manager, json!({}), "2026-12-17", "2026-12-19").await.expect_ok();
    assert_eq!(told(&theirs), [(720, special()), (240, special()), (240, special())]);
    let late = json!({ "userId": ada, "setExceptions": [{ "date": "2026-12-24", "hours": span("09:00", "18:00") }] });
    change(&manager, "updateResourceProfile", late, "resourceProfile { id }").await.expect_ok();
    let hers = days(&manager, json!({ "userId": ada }), "2026-12-24", "2026-12-24").await.expect_ok();
    assert_eq!(told(&hers), [(540, special())], "what was said of the person goes before");
}

// keeps: PR-10
#[tokio::test]
async fn public_holidays_are_those_of_the_country_and_year() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let holidays = async |country: &str, year: i32| {
        let query = "query($c: String!, $y: Int!) { publicHolidays(country: $c, year: $y) }";
        manager.run(query, json!({ "c": country, "y": year })).await
    };
    let days = holidays("fr", 2028).await.expect_ok();
    let days = days.list("publicHolidays");
    assert!(
        days.contains(&json!("2028-07-14")) && days.contains(&json!("2028-04-17")),
        "Easter Monday, too: {days:?}"
    );
    holidays("XX", 2026).await.expect_field("country", "unknown_country");
    holidays("FR", 2077).await.expect_field("year", "unknown_year");
}

// keeps: PR-10
#[tokio::test]
async fn one_calendar_is_that_of_everybody_and_a_used_one_stays() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, dev) = (acme.manager(), person(&acme, "dev").await);
    let first = new_calendar(&manager, "First", json!({ "isDefault": false })).await;
    let second = new_calendar(&manager, "Second", json!({ "isDefault": true })).await;
    let third = new_calendar(&manager, "Third", json!({})).await;
    let list = ask(&manager, "{ workCalendars { nodes { name isDefault } } }").await.expect_ok();
    assert_eq!(list.each("workCalendars.nodes", "isDefault"), [json!(false), json!(true), json!(false)]);
    let delete = async |id: &str| change(&manager, "deleteWorkCalendar", json!({ "id": id }), "id").await;
    expect_conflict(delete(&second).await, "This calendar is that of everybody");
    let off = json!({ "id": second, "isDefault": false });
    change(&manager, "updateWorkCalendar", off, CALENDAR).await.expect_field("isDefault", "calendar_default");
    let chosen = json!({ "userId": dev, "calendarId": third });
    change(&manager, "updateResourceProfile", chosen, "resourceProfile { id }").await.expect_ok();
    expect_conflict(delete(&third).await, "1 people have this calendar");
    delete(&first).await.expect_ok();
    delete(&first).await.expect_code("NOT_FOUND");
    let king = json!({ "id": third, "isDefault": true, "country": "AT", "name": "King", "weeklyHours": week("08:00", "12:00") });
    let king = change(&manager, "updateWorkCalendar", king, CALENDAR).await.expect_ok();
    assert_eq!(king.number("updateWorkCalendar.workCalendar.weeklyMinutes"), 1_200);
    delete(&second).await.expect_ok();
}

// keeps: PR-10, ID-6
#[tokio::test]
async fn calendar_of_who_was_deactivated_is_removed_and_theirs_is_that_of_the_agency_again() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, dev, sales) = (acme.owner(), person(&acme, "dev").await, person(&acme, "sales").await);
    new_calendar(&owner, "Agency", json!({})).await;
    let half = new_calendar(&owner, "Half days", json!({ "weeklyHours": week("09:00", "13:00") })).await;
    let has = async |user: &str, calendar: Option<&str>| {
        let chosen = json!({ "userId": user, "calendarId": calendar });
        change(&owner, "updateResourceProfile", chosen, "resourceProfile { id }").await.expect_ok();
    };
    has(&dev, Some(&half)).await;
    has(&sales, Some(&half)).await;
    change(&owner, "deactivateUser", json!({ "id": dev }), "user { id }").await.expect_ok();
    let delete = async || change(&owner, "deleteWorkCalendar", json!({ "id": half }), "id").await;
    expect_conflict(delete().await, "1 people have this calendar");
    has(&sales, None).await;
    delete().await.expect_ok();
    let trail = world.rows("audit_entries", "WHERE action = 'projects.calendar.delete'").await;
    let profiles = trail.iter().filter(|entry| entry["subject_type"] == "ResourceProfile").count();
    assert_eq!(profiles, 1, "that they lost it is recorded: {trail:?}");
    change(&owner, "reactivateUser", json!({ "id": dev }), "user { id }").await.expect_ok();
    let back = days(&owner, json!({ "userId": dev }), "2026-03-02", "2026-03-02").await.expect_ok();
    assert_eq!(told(&back), [(480, None)]);
}

// keeps: PR-10
#[tokio::test]
async fn every_wrong_field_of_a_calendar_is_named() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let id = new_calendar(&manager, "Fine", json!({})).await;
    let (day, free) = (json!({ "hours": span("09:00", "17:00") }), json!({ "hours": [] }));
    let bad = |hours: Value| json!({ "hours": hours });
    for (field, value, path, code) in [
        ("name", json!(" "), "name", "required"),
        ("name", json!("Fine"), "name", "name_taken"),
        ("country", json!("Germany"), "country", "unknown_country"),
        ("weeklyHours", json!([day]), "weeklyHours", "bad_week"),
        ("weeklyHours", json!([free, free, free, free, free, free, free]), "weeklyHours", "never_works"),
        (
            "weeklyHours",
            json!([free, bad(span("9", "17:00")), free, free, free, free, free]),
            "weeklyHours.1.hours.0.from",
            "bad_time",
        ),
        (
            "weeklyHours",
            json!([bad(span("17:00", "09:00")), day, free, free, free, free, free]),
            "weeklyHours.0.hours",
            "bad_hours",
        ),
    ] {
        let mut input = json!({ "name": "Other", "weeklyHours": week("09:00", "17:00") });
        input[field] = value;
        change(&manager, "createWorkCalendar", input, CALENDAR).await.expect_field(path, code);
    }
    let set = |days: Value, remove: Value| json!({ "id": id, "set": days, "remove": remove });
    let twice = json!([{ "date": "2028-02-29" }, { "date": "2028-02-29" }]);
    for (input, path, code) in [
        (set(twice, json!([])), "set.1.date", "day_twice"),
        (set(json!([{ "date": "2028-02-29" }]), json!(["2028-02-29"])), "remove.0", "day_twice"),
        (
            set(json!([{ "date": "2028-02-29", "hours": span("a", "b") }]), json!([])),
            "set.0.hours.0.from",
            "bad_time",
        ),
    ] {
        change(&manager, "setCalendarExceptions", input, CALENDAR).await.expect_field(path, code);
    }
}

// keeps: PR-10, ID-22
#[tokio::test]
async fn calendars_are_for_staff_and_changed_by_few() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let id = new_calendar(&acme.manager(), "Ours", json!({})).await;
    for client in [acme.client(), acme.client_admin()] {
        ask(&client, "{ workCalendars { totalCount } }").await.expect_code("FORBIDDEN");
        days(&client, json!({}), "2026-03-06", "2026-03-09").await.expect_code("FORBIDDEN");
    }
    let stranger = person(&globex, "dev").await;
    let (dev, theirs) = (acme.developer(), json!({ "calendarId": id }));
    days(&dev, theirs.clone(), "2026-03-06", "2026-03-06").await.expect_ok();
    days(&dev, json!({ "userId": stranger }), "2026-03-06", "2026-03-06").await.expect_code("NOT_FOUND");
    days(&globex.owner(), theirs, "2026-03-06", "2026-03-06").await.expect_code("NOT_FOUND");
    let client = person(&acme, "client").await;
    days(&dev, json!({ "userId": client }), "2026-03-06", "2026-03-06").await.expect_code("NOT_FOUND");
    let rename = json!({ "id": id, "name": "Mine" });
    change(&dev, "updateWorkCalendar", rename.clone(), CALENDAR).await.expect_code("FORBIDDEN");
    change(&globex.owner(), "updateWorkCalendar", rename, CALENDAR).await.expect_code("NOT_FOUND");
}
