//! Proofs: an entry in the tree of a signed head, one tree in a later one, checked with the public key alone.

use audit::seal::head::PublicKey;
use audit::verify::proof::Proof;
use serde_json::{Value, json};
use tests::{Actor, World};

use super::support::head;

const PROOF: &str =
    "query($id: ID!) { auditProof(entryId: $id) { seq line path document head { size message } } }";
const CONSISTENCY: &str = "query($from: Int!, $to: Int!) {
    auditConsistency(from: $from, to: $to) { path document from { size } to { size } }
}";

async fn entries(actor: &Actor) -> Vec<String> {
    let query = "{ auditEntries(first: 20) { nodes { id } } }";
    actor.run(query, json!({})).await.expect_ok().ids("auditEntries.nodes")
}

async fn keys(actor: &Actor) -> Vec<PublicKey> {
    let answer = actor.run("{ auditKeys { pem } }", json!({})).await.expect_ok();
    let pem: String = answer.each("auditKeys", "pem").iter().filter_map(Value::as_str).collect();
    PublicKey::all_of_pem(&pem).expect("keys")
}

// keeps: AU-5
#[tokio::test]
async fn proof_of_an_entry_holds_with_the_public_key_alone_and_for_it_alone() {
    let world = World::new().await;
    let (acme, globex) = (world.agency("acme"), world.agency("globex"));
    head(&world, acme.tenant().await).await;
    head(&world, globex.tenant().await).await;
    let (owner, stranger) = (acme.owner(), globex.owner());
    let (mine, theirs) = (keys(&owner).await, keys(&stranger).await);
    for entry in entries(&owner).await.into_iter().skip(5) {
        let answer = owner.run(PROOF, json!({ "id": entry })).await.expect_ok();
        let document = answer.text("auditProof.document");
        let proof: Proof = serde_json::from_str(&document).unwrap();
        let proven = proof.check(&mine).expect("it holds");
        assert_eq!(proven.entry.unwrap(), entry.parse::<kernel::id::AnyId>().unwrap().uuid);
        proof.check(&theirs).expect_err("another agency's key");
        let Proof::Inclusion(honest) = proof else { panic!("{document}") };
        let mut line = honest.clone();
        line.line = line.line.replacen("\"v\":1", "\"v\":2", 1);
        let mut place = honest.clone();
        place.seq += 1;
        let mut size = honest.clone();
        size.head.size -= 1;
        for forged in [line, place, size] {
            Proof::Inclusion(forged).check(&mine).expect_err("a forged proof");
        }
        stranger.run(PROOF, json!({ "id": entry })).await.expect_code("NOT_FOUND");
    }
}

// keeps: AU-5
#[tokio::test]
async fn later_tree_is_proven_to_begin_with_the_earlier_one() {
    let world = World::new().await;
    let (tenant, owner) = (world.agency("acme").tenant().await, world.agency("acme").owner());
    let older = head(&world, tenant).await;
    let create = "mutation { createAccount(input: { name: \"One more\" }) { account { id } } }";
    owner.run(create, json!({})).await.expect_ok();
    let newer = head(&world, tenant).await;
    assert!(newer.size > older.size);
    let ends = json!({ "from": older.number, "to": newer.number });
    let answer = owner.run(CONSISTENCY, ends).await.expect_ok();
    let proof: Proof = serde_json::from_str(&answer.text("auditConsistency.document")).unwrap();
    let keys = keys(&owner).await;
    assert_eq!(proof.check(&keys).unwrap().head, newer);
    let Proof::Consistency(honest) = proof else { panic!("{answer}") };
    let mut forged = honest.clone();
    forged.from.root[0] ^= 1;
    Proof::Consistency(forged).check(&keys).expect_err("another root is not signed");
    let mut swapped = honest;
    std::mem::swap(&mut swapped.from, &mut swapped.to);
    Proof::Consistency(swapped).check(&keys).expect_err("trees do not shrink");
    owner.run(CONSISTENCY, json!({ "from": 1, "to": 99 })).await.expect_code("INVALID");
}
