//! New projects: what they begin with, their codes, and what is refused.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use super::asks::{
    PROJECT, account, ask, change, codes, columns, eventually, me, new_project, person, project,
    read_project, refusals, role,
};

async fn create(who: &Actor, input: Value) -> Answer {
    change(who, "createProject", input, PROJECT).await
}

// keeps: PR-1
#[tokio::test]
async fn new_project_begins_in_intake_with_its_maker_and_a_board() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let made = create(&manager, json!({ "name": "  Plain  " })).await.expect_ok();
    let expected = json!({
        "code": "ACME-7", "name": "Plain", "description": "", "status": "INTAKE", "priority": "NORMAL",
        "estimatedStart": null, "estimatedEnd": null, "actualStart": null, "actualEnd": null,
        "expectedDelivery": null, "budget": null, "budgetMinutes": null, "billingType": "TIME_AND_MATERIALS",
        "methodology": "AGILE", "tags": [], "health": null, "progress": 0, "archivedAt": null, "version": 1,
        "account": null, "manager": { "id": me(&manager).await }, "createdAt": "2026-03-02T09:00:00Z",
        "updatedAt": "2026-03-02T09:00:00Z", "allowedTransitions": ["PLANNING", "ON_HOLD", "CANCELLED"],
        "id": made.text("createProject.project.id"),
    });
    assert_eq!(*made.data("createProject.project"), expected);
    let query = "query($id: ID!) { project(id: $id) { columns { name category } } }";
    let board = manager.run(query, json!({ "id": made.text("createProject.project.id") })).await.expect_ok();
    let board = board.each("project.columns", "name");
    assert_eq!(board, [json!("To do"), json!("In progress"), json!("Review"), json!("Done")]);
}

// keeps: PR-1
#[tokio::test]
async fn everything_that_is_given_is_read_back() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (account, developer) = (account(&acme, 1).await, person(&acme, "dev").await);
    let given = json!({
        "name": "Whole", "description": "# Why\n\nBecause.", "priority": "URGENT", "estimatedStart": "2026-04-01",
        "estimatedEnd": "2026-04-01", "expectedDelivery": "2026-05-01", "budgetMinutes": 90, "tags": ["web", "Été"],
        "budget": { "amount": "1234567890123", "currency": "JPY" }, "billingType": "FIXED_FEE", "methodology": "HYBRID",
    });
    let mut input = given.clone();
    input["accountId"] = json!(account);
    input["managerId"] = json!(developer);
    let made = create(&acme.owner(), input).await.expect_ok();
    let read = read_project(&acme.owner(), &made.text("createProject.project.id")).await.expect_ok();
    assert_eq!(read.data("project"), made.data("createProject.project"));
    for (name, value) in given.as_object().unwrap() {
        assert_eq!(read.data(&format!("project.{name}")), value, "{name}");
    }
    assert_eq!(read.text("project.account.id"), account);
    assert_eq!(read.text("project.manager.id"), developer);
}

// keeps: PR-1
#[tokio::test]
async fn nobody_leads_a_project_if_that_is_said_or_a_machine_made_it() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let made = create(&manager, json!({ "name": "Nobody's", "managerId": null })).await.expect_ok();
    assert!(made.data("createProject.project.manager").is_null());
    let key =
        manager.key(&[("projects.project.create", "ASSIGNED"), ("projects.project.read", "ASSIGNED")]).await;
    let made = create(&key, json!({ "name": "A machine's" })).await;
    assert!(made.data("createProject.project.manager").is_null(), "{made}");
    assert_eq!(made.text("createProject.project.code"), "ACME-8");
}

// keeps: PR-1
#[tokio::test]
async fn zero_is_an_amount_and_not_nothing() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let input = json!({ "name": "Free", "budget": { "amount": 0, "currency": "EUR" }, "budgetMinutes": 0 });
    let made = create(&manager, input).await.expect_ok();
    assert_eq!(*made.data("createProject.project.budget"), json!({ "amount": "0", "currency": "EUR" }));
    assert_eq!(made.number("createProject.project.budgetMinutes"), 0);
    let largest = json!({ "name": "Dear", "budget": { "amount": i64::MAX.to_string(), "currency": "KWD" } });
    let made = create(&manager, largest).await.expect_ok();
    assert_eq!(made.text("createProject.project.budget.amount"), i64::MAX.to_string());
}

// keeps: PR-1
#[tokio::test]
async fn projects_made_at_once_get_one_code_after_the_other() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    let makers = [acme.owner(), acme.admin(), acme.manager(), globex.manager(), acme.sales(), globex.owner()];
    join_all(makers.iter().map(Actor::token)).await;
    let all = makers.iter().chain(&makers).map(|maker| async move {
        create(maker, json!({ "name": "At once" })).await.text("createProject.project.code")
    });
    let made: BTreeSet<String> = join_all(all).await.into_iter().collect();
    let expected = (7..=14).map(|number| format!("ACME-{number}"));
    let expected = expected.chain((7..=10).map(|number| format!("GLOBEX-{number}")));
    assert_eq!(made, expected.collect(), "no number twice, none left out, each agency its own");
}

// keeps: PR-1
#[tokio::test]
async fn refused_project_takes_no_code() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let outsider = person(&world.agency("globex"), "dev").await;
    acme.manager().token().await;
    let before = world.counts().await;
    create(&acme.manager(), json!({ "name": " " })).await.expect_field("name", "required");
    create(&acme.manager(), json!({ "name": "nul\u{0}" })).await.expect_code("BAD_REQUEST");
    let input = json!({ "name": "Not theirs", "managerId": outsider });
    create(&acme.manager(), input).await.expect_field("managerId", "not_in_tenant");
    let after = world.counts().await;
    for table in ["projects_projects", "projects_columns", "assignments", "projects_counters"] {
        assert_eq!(before[table], after[table], "{table}");
    }
    assert_eq!(before["outbox"] + before["events"], after["outbox"] + after["events"]);
    new_project(&acme.manager(), "The next").await;
    assert_eq!(codes(&acme.owner()).await.last().unwrap(), "ACME-7");
}

// keeps: PR-1
#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let world = World::new().await;
    let input = json!({
        "name": "", "description": "x".repeat(50_001), "estimatedStart": "2026-05-02", "estimatedEnd": "2026-05-01",
        "budget": { "amount": -1, "currency": "EUR" }, "budgetMinutes": -1, "tags": ["fine", "x".repeat(41)],
    });
    let answer = create(&world.agency("acme").manager(), input).await.expect_code("INVALID");
    let told: Vec<(String, String)> = answer.fields().into_iter().collect();
    let expected = [
        ("budget.amount", "negative"),
        ("budgetMinutes", "negative"),
        ("description", "too_long"),
        ("estimatedEnd", "end_before_start"),
        ("name", "required"),
        ("tags.1", "too_long"),
    ];
    assert_eq!(told, expected.map(|(path, code)| (path.to_owned(), code.to_owned())));
}

// keeps: PR-1
#[tokio::test]
async fn values_that_are_none_of_their_type_are_named_by_their_field() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    for (field, value, path, code) in [
        ("expectedDelivery", json!("2026-02-29"), "expectedDelivery", "bad_date"),
        ("expectedDelivery", json!("2026-13-01"), "expectedDelivery", "bad_date"),
        ("estimatedStart", json!("tomorrow"), "estimatedStart", "bad_date"),
        ("budget", json!({ "amount": 1, "currency": "EURO" }), "budget.currency", "bad_currency"),
        ("managerId", json!("prj_01jd000000e008000000000000"), "managerId", "id_of_another_kind"),
    ] {
        let mut input = json!({ "name": "Wrong" });
        input[field] = value;
        let answer = create(&manager, input).await.expect_code("INVALID");
        assert_eq!(answer.fields().get(path).map(String::as_str), Some(code), "{field}\n{answer}");
    }
    let leap = json!({ "name": "Leap", "expectedDelivery": "2028-02-29", "estimatedEnd": "2400-02-29" });
    let made = create(&manager, leap).await.expect_ok();
    assert_eq!(made.text("createProject.project.expectedDelivery"), "2028-02-29");
}

// keeps: PR-1
#[tokio::test]
async fn names_of_every_script_are_kept_and_those_that_deceive_refused() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let family = "👨\u{200d}👩\u{200d}👧".to_owned();
    for name in
        ["مشروع الموقع الجديد", "פרויקט אתר", "设计新网站", "日本語のプロジェクト", &family, &"é".repeat(100)]
    {
        let made = create(&manager, json!({ "name": name })).await.expect_ok();
        assert_eq!(made.text("createProject.project.name"), name);
    }
    let decomposed = create(&manager, json!({ "name": "Cafe\u{301}" })).await.expect_ok();
    assert_eq!(decomposed.text("createProject.project.name"), "Café");
    for (name, code) in [
        ("x".repeat(300), "too_long"),
        ("x".repeat(101), "too_long"),
        ("bell\u{7}".to_owned(), "forbidden_character"),
        ("two\nlines".to_owned(), "forbidden_character"),
        ("turned \u{202e}round".to_owned(), "forbidden_character"),
        ("\u{200e}\u{200f}".to_owned(), "required"),
    ] {
        create(&manager, json!({ "name": name })).await.expect_field("name", code);
    }
}

// keeps: PR-1
#[tokio::test]
async fn description_is_bounded_in_bytes_and_kept_as_it_is() {
    let world = World::new().await;
    let manager = world.agency("acme").manager();
    let longest = "é".repeat(25_000);
    let made = create(&manager, json!({ "name": "Long", "description": longest })).await.expect_ok();
    assert_eq!(made.text("createProject.project.description"), longest);
    let too_long = json!({ "name": "Longer", "description": format!("{longest}é") });
    create(&manager, too_long).await.expect_field("description", "too_long");
    let control = json!({ "name": "Escape", "description": "a\u{1b}b" });
    create(&manager, control).await.expect_field("description", "forbidden_character");
    let markup = "<script>alert(1)</script>\r\n\r\n* \"quoted\" & 'so'\n\tdeep";
    let made = create(&manager, json!({ "name": "Markup", "description": markup })).await.expect_ok();
    assert_eq!(made.text("createProject.project.description"), markup.replace("\r\n", "\n"));
}

// keeps: PR-1
#[tokio::test]
async fn project_is_opened_only_for_an_account_that_the_maker_sees_and_that_is_in_use() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let for_account = async |who: &Actor, account: &str| {
        create(who, json!({ "name": "For them", "accountId": account })).await
    };
    let (own, other) = (account(&acme, 1).await, account(&acme, 5).await);
    let foreign = account(&world.agency("globex"), 1).await;
    for_account(&acme.owner(), &foreign).await.expect_code("NOT_FOUND");
    for_account(&acme.manager(), &other).await.expect_code("NOT_FOUND");
    for_account(&acme.manager(), &own).await.expect_ok();
    change(&acme.owner(), "archiveAccount", json!({ "id": own }), "account { id }").await.expect_ok();
    for_account(&acme.manager(), &own).await.expect_field("accountId", "account_archived");
}

// keeps: PR-1
#[tokio::test]
async fn project_is_led_by_active_staff_of_the_agency_alone() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let led_by = async |user: &str| create(&acme.admin(), json!({ "name": "Led", "managerId": user })).await;
    led_by(&person(&world.agency("globex"), "pm").await).await.expect_field("managerId", "not_in_tenant");
    led_by(&person(&acme, "client").await).await.expect_field("managerId", "not_staff");
    led_by(&person(&acme, "clientadmin").await).await.expect_field("managerId", "not_staff");
    let developer = person(&acme, "dev").await;
    led_by(&developer).await.expect_ok();
    change(&acme.owner(), "deactivateUser", json!({ "id": developer }), "user { id }").await.expect_ok();
    led_by(&developer).await.expect_field("managerId", "not_active");
}

// keeps: PR-1
#[tokio::test]
async fn salesperson_makes_projects_but_sets_and_sees_no_budget() {
    let world = World::new().await;
    let sales = world.agency("acme").sales();
    let before = codes(&sales).await;
    for (name, value) in [("budget", json!({ "amount": 1, "currency": "EUR" })), ("budgetMinutes", json!(1))]
    {
        let mut input = json!({ "name": "Sold" });
        input[name] = value;
        create(&sales, input).await.expect_code("FORBIDDEN");
    }
    assert_eq!(codes(&sales).await, before);
    let made = create(&sales, json!({ "name": "Sold" })).await;
    let refused = ["budget", "budgetMinutes"].map(|name| format!("createProject.project.{name}"));
    assert_eq!(refusals(&made), refused.map(|path| (path, "FORBIDDEN".to_owned())));
    assert_eq!(made.text("createProject.project.code"), "ACME-7", "the rest of the object is there\n{made}");
    assert!(made.data("createProject.project.budget").is_null());
}

// keeps: PR-1, ID-22
#[tokio::test]
async fn budget_of_a_new_project_is_not_set_by_a_role_on_another_one() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let lead = json!({
        "projectId": project(&acme, 1).await, "userId": person(&acme, "sales").await,
        "roleId": role(&acme, "project_manager").await,
    });
    change(&acme.owner(), "addProjectMember", lead, "member { id }").await.expect_ok();
    let sales = acme.sales();
    let moved = json!({ "id": project(&acme, 1).await, "budgetMinutes": 60 });
    eventually("the salesperson leads the project", async || {
        change(&sales, "updateProject", moved.clone(), "project { id }").await.errors().is_empty()
    })
    .await;
    let budget = json!({ "name": "Priced", "budget": { "amount": 1, "currency": "EUR" } });
    create(&sales, budget).await.expect_code("FORBIDDEN");
    create(&sales, json!({ "name": "Timed", "budgetMinutes": 60 })).await.expect_code("FORBIDDEN");
}

// keeps: PR-1
#[tokio::test]
async fn board_is_headed_in_the_language_of_the_agency() {
    let world = World::new().await;
    let owner = world.agency("acme").owner();
    change(&owner, "updateTenant", json!({ "defaultLocale": "fr" }), "tenant { id }").await.expect_ok();
    eventually("a board is headed in French", async || {
        let id = new_project(&owner.speaking("en"), "En français").await;
        let headings: Vec<String> = columns(&owner, &id).await.into_iter().map(|(_, name)| name).collect();
        headings == ["À faire", "En cours", "Relecture", "Terminé"]
    })
    .await;
}

// keeps: PR-1
#[tokio::test]
async fn project_is_found_by_its_code_however_it_is_cased() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let query = |code: &str| format!("{{ projectByCode(code: \"{code}\") {{ code }} }}");
    for code in ["ACME-1", "acme-1", " Acme-1 "] {
        let found = ask(&acme.manager(), &query(code)).await.expect_ok();
        assert_eq!(found.text("projectByCode.code"), "ACME-1");
    }
    for code in ["ACME-2", "GLOBEX-1", "ACME-99", "", "ACME-1'--"] {
        ask(&acme.manager(), &query(code)).await.expect_code("NOT_FOUND");
    }
    ask(&world.agency("globex").owner(), &query("ACME-1")).await.expect_code("NOT_FOUND");
}

// keeps: PR-1, PR-3, ID-23
#[tokio::test]
async fn who_makes_a_project_for_another_to_lead_is_on_its_team_until_they_are_taken_off() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let leader = person(&acme, "pm").await;
    let key = [("projects.project.create", "ASSIGNED"), ("projects.project.read", "ASSIGNED")];
    for (maker, manager) in [(acme.sales(), json!(leader)), (acme.manager().key(&key).await, Value::Null)] {
        let made = create(&maker, json!({ "name": "For another", "managerId": manager })).await;
        let id = made.text("createProject.project.id");
        let read = "query($id: ID!) { project(id: $id) { name } }";
        maker.run(read, json!({ "id": id })).await.expect_ok();
        let team =
            "query($id: ID!) { project(id: $id) { members { nodes { id user { id } role { id } } } } }";
        let team = acme.owner().run(team, json!({ "id": id })).await.expect_ok();
        let members = team.list("project.members.nodes");
        assert_eq!(members.len(), 1, "{team}");
        assert!(members[0]["role"].is_null(), "no more than their roles allow them anyway");
        let off = json!({ "id": members[0]["id"] });
        change(&acme.owner(), "removeProjectMember", off, "member { id }").await.expect_ok();
        maker.run(read, json!({ "id": id })).await.expect_code("NOT_FOUND");
    }
}

// keeps: PR-1, PR-3, ID-23
#[tokio::test]
async fn who_made_a_project_and_hands_it_over_sees_it_no_more_unless_a_role_shows_it() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, admin) = (acme.manager(), acme.admin());
    let heir = person(&acme, "dev").await;
    let read = "query($id: ID!) { project(id: $id) { name } }";
    for (maker, sees) in [(&manager, false), (&admin, true)] {
        let made = create(maker, json!({ "name": "Handed over" })).await.expect_ok();
        let id = made.text("createProject.project.id");
        let members = "query($id: ID!) { project(id: $id) { members { totalCount } } }";
        let team = acme.owner().run(members, json!({ "id": id })).await.expect_ok();
        assert_eq!(team.number("project.members.totalCount"), 0, "whoever leads it is on it");
        maker.run(read, json!({ "id": id })).await.expect_ok();
        change(&acme.owner(), "updateProject", json!({ "id": id, "managerId": heir }), "project { id }")
            .await
            .expect_ok();
        let after = maker.run(read, json!({ "id": id })).await;
        assert_eq!(after.code().is_none(), sees, "{after}");
        let write = json!({ "id": id, "name": "Taken back" });
        let write = change(maker, "updateProject", write, "project { id }").await;
        assert_eq!(write.code().is_none(), sees, "{write}");
    }
}
