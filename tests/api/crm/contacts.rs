//! The people at client companies.

use serde_json::{Value, json};
use tests::{Actor, Answer, World};

use crate::projects::asks::{account, change, expect_stale, person, texts};

const CONTACT: &str = "contact {
  id givenName familyName email phone jobTitle archivedAt version account { id } user { id }
}";

async fn create(who: &Actor, account: &str, fields: Value) -> Answer {
    let mut input = json!({ "accountId": account, "givenName": "Mo", "familyName": "Diaz" });
    input.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    change(who, "createContact", input, CONTACT).await
}

async fn update(who: &Actor, id: &str, fields: Value) -> Answer {
    let mut input = fields;
    input["id"] = json!(id);
    change(who, "updateContact", input, CONTACT).await
}

// keeps: CR-2
#[tokio::test]
async fn contact_is_read_back_as_it_was_given_in_its_normal_form() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (account, client) = (account(&acme, 1).await, person(&acme, "client").await);
    let given = json!({
        "givenName": "  محمد ", "familyName": "O’Neill-Łukasz", "email": "Mo.Diaz@Bücher.Example",
        "phone": "0049 (30) 123-45.67", "jobTitle": "Buyer", "userId": client,
    });
    let made = create(&acme.manager(), &account, given).await.expect_ok();
    let expected = json!({
        "id": made.text("createContact.contact.id"), "givenName": "محمد", "familyName": "O’Neill-Łukasz",
        "email": made.text("createContact.contact.email"), "phone": "+49301234567", "jobTitle": "Buyer",
        "archivedAt": null, "version": 1, "account": { "id": account }, "user": { "id": client },
    });
    assert_eq!(*made.data("createContact.contact"), expected);
    assert!(made.text("createContact.contact.email").ends_with("@xn--bcher-kva.example"), "{made}");
    let plain = create(&acme.manager(), &account, json!({ "phone": " ", "jobTitle": "" })).await.expect_ok();
    assert!(
        plain.data("createContact.contact.phone").is_null()
            && plain.data("createContact.contact.jobTitle").is_null()
    );
}

// keeps: CR-2
#[tokio::test]
async fn everything_wrong_with_a_contact_is_told() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, account) = (acme.manager(), account(&acme, 1).await);
    let id = create(&manager, &account, json!({})).await.expect_ok().text("createContact.contact.id");
    let wrong = json!({
        "givenName": "x".repeat(300), "familyName": "a\u{1b}b", "phone": "call me", "jobTitle": "x".repeat(121),
    });
    let expected = [
        ("familyName", "forbidden_character"),
        ("givenName", "too_long"),
        ("jobTitle", "too_long"),
        ("phone", "bad_phone"),
    ]
    .map(|(path, code)| (path.to_owned(), code.to_owned()));
    let told = |answer: Answer| answer.expect_code("INVALID").fields().into_iter().collect::<Vec<_>>();
    assert_eq!(told(create(&manager, &account, wrong.clone()).await), expected);
    assert_eq!(told(update(&manager, &id, wrong).await), expected);
    for email in ["", "mo", "mo@", "mo@localhost", "m\u{1b}o@example.com"] {
        let answer = create(&manager, &account, json!({ "email": email })).await.expect_code("INVALID");
        assert!(answer.fields().contains_key("email"), "{email:?}\n{answer}");
    }
    for phone in ["1", "+0123456", "0123456789012345678", "+49 30 1234 ext. 5"] {
        create(&manager, &account, json!({ "phone": phone })).await.expect_field("phone", "bad_phone");
    }
    let nulls = json!({ "givenName": null, "familyName": null, "archived": null });
    assert_eq!(update(&manager, &id, nulls).await.expect_code("INVALID").fields().len(), 3);
}

// keeps: CR-2
#[tokio::test]
async fn user_of_a_contact_is_of_the_same_company() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (owner, own, other) = (acme.owner(), account(&acme, 1).await, account(&acme, 3).await);
    let (client, staff) = (person(&acme, "client").await, person(&acme, "dev").await);
    let outsider = person(&world.agency("globex"), "client").await;
    create(&owner, &own, json!({ "userId": client })).await.expect_ok();
    for (account, user, code) in [
        (&other, &client, "other_account"),
        (&own, &staff, "other_account"),
        (&own, &outsider, "not_in_tenant"),
    ] {
        create(&owner, account, json!({ "userId": user })).await.expect_field("userId", code);
        let id = create(&owner, account, json!({})).await.expect_ok().text("createContact.contact.id");
        update(&owner, &id, json!({ "userId": user })).await.expect_field("userId", code);
    }
}

// keeps: CR-2
#[tokio::test]
async fn contact_keeps_what_is_left_out_and_loses_what_is_null() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, account) = (acme.manager(), account(&acme, 1).await);
    let full = json!({ "email": "mo@example.com", "phone": "+49301234567", "jobTitle": "Buyer" });
    let made = create(&manager, &account, full).await.expect_ok();
    let id = made.text("createContact.contact.id");
    let mut expected = made.data("createContact.contact").clone();
    let changed =
        update(&manager, &id, json!({ "givenName": "Maria", "expectedVersion": 1 })).await.expect_ok();
    expected["givenName"] = json!("Maria");
    expected["version"] = json!(2);
    assert_eq!(*changed.data("updateContact.contact"), expected);
    let emptied =
        update(&manager, &id, json!({ "email": null, "phone": null, "jobTitle": null })).await.expect_ok();
    for name in ["email", "phone", "jobTitle"] {
        assert!(emptied.data(&format!("updateContact.contact.{name}")).is_null(), "{name}");
    }
    expect_stale(update(&manager, &id, json!({ "givenName": "Late", "expectedVersion": 1 })).await, 3);
}

// keeps: CR-2
#[tokio::test]
async fn contact_is_put_away_and_found_by_its_names() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (manager, account) = (acme.manager(), account(&acme, 1).await);
    let id = create(&manager, &account, json!({ "givenName": "Élodie", "familyName": "Under_score" })).await;
    let id = id.expect_ok().text("createContact.contact.id");
    let found = async |filter: Value| {
        let query =
            "query($filter: ContactFilter) { contacts(filter: $filter, first: 100) { nodes { givenName } } }";
        texts(
            &manager.run(query, json!({ "filter": filter })).await.expect_ok(),
            "contacts.nodes",
            "givenName",
        )
    };
    for text in ["élodie", "ÉLODIE", "under_", "R_S"] {
        assert_eq!(found(json!({ "search": text })).await, ["Élodie"], "{text}");
    }
    assert_eq!(found(json!({ "search": "_" })).await, ["Élodie"]);
    assert_eq!(found(json!({ "accountId": account, "ids": [id] })).await, ["Élodie"]);
    let away = update(&manager, &id, json!({ "archived": true })).await.expect_ok();
    assert_eq!(away.text("updateContact.contact.archivedAt"), "2026-03-02T09:00:00Z");
    assert_eq!(found(json!({ "ids": [id] })).await, Vec::<String>::new());
    assert_eq!(found(json!({ "archived": true })).await, ["Élodie"]);
    update(&manager, &id, json!({ "archived": false })).await.expect_ok();
    assert_eq!(found(json!({ "ids": [id] })).await, ["Élodie"]);
}

// keeps: CR-2
#[tokio::test]
async fn contacts_are_changed_only_by_who_works_for_their_company() {
    let world = World::new().await;
    let acme = world.agency("acme");
    let (own, other) = (account(&acme, 1).await, account(&acme, 5).await);
    let id = create(&acme.owner(), &own, json!({})).await.expect_ok().text("createContact.contact.id");
    for who in [
        acme.developer(),
        acme.accountant(),
        acme.client(),
        acme.client_admin(),
        acme.viewer(),
        acme.editor(),
    ] {
        create(&who, &own, json!({})).await.expect_code("FORBIDDEN");
        update(&who, &id, json!({ "jobTitle": "Boss" })).await.expect_code("FORBIDDEN");
    }
    create(&acme.manager(), &other, json!({})).await.expect_code("NOT_FOUND");
    create(&acme.sales(), &own, json!({})).await.expect_code("NOT_FOUND");
    create(&acme.sales(), &other, json!({})).await.expect_ok();
    let foreign = world.agency("globex").owner();
    create(&foreign, &own, json!({})).await.expect_code("NOT_FOUND");
    update(&foreign, &id, json!({ "jobTitle": "Boss" })).await.expect_code("NOT_FOUND");
    update(&acme.manager(), &id, json!({ "jobTitle": "Boss" })).await.expect_ok();
}
