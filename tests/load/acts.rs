//! What the trail and the events of an act cost: rows written as acts, beside the same rows in bare transactions.

use std::time::{Duration, Instant};

use identity::role::entity::{Entity, Model};
use kernel::{db::Db, viewer::Viewer};
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _};

/// What acts shall do of what bare transactions do, on PostgreSQL.
const TARGET: f64 = 0.75;

/// How long each is repeated.
const LENGTH: Duration = Duration::from_secs(4);

/// How often both are measured, by turns.
const TURNS: usize = 3;

/// Measures and prints a row for each number of clients.
///
/// # Errors
/// If the database refuses.
pub async fn measure(db: &Db, viewer: &Viewer) -> kernel::Result<()> {
    println!("\none row a transaction, bare and as an act with its entry and event\n");
    println!("| clients | bare/s | acts/s | share | of {TARGET} |");
    println!("|---|---|---|---|---|");
    for clients in [1, 16, 32] {
        let (mut bare, mut acts) = (0.0, 0.0);
        for _ in 0..TURNS {
            bare += repeat(clients, async || insert_bare(db, viewer).await).await? / TURNS as f64;
            acts += repeat(clients, async || insert_as_act(db, viewer).await).await? / TURNS as f64;
        }
        let share = acts / bare;
        println!("| {clients} | {bare:.0} | {acts:.0} | {share:.2} | {:.2} × |", share / TARGET);
    }
    Ok(())
}

fn row(viewer: &Viewer) -> Model {
    let (id, now) = (viewer.ids.generate::<kernel::id::RoleId>(), viewer.clock.now());
    Model {
        id,
        tenant_id: viewer.tenant_id(),
        key: id.to_string(),
        name: "A role for measuring".to_owned(),
        description: "Is written again and again".to_owned(),
        system: false,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

#[expect(clippy::disallowed_methods, reason = "what an act costs is measured against writing without one")]
async fn insert_bare(db: &Db, viewer: &Viewer) -> kernel::Result<()> {
    let tx = db.begin().await?;
    let row = row(viewer).into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(&tx).await?;
    Ok(tx.commit().await?)
}

async fn insert_as_act(db: &Db, viewer: &Viewer) -> kernel::Result<()> {
    viewer.act(db, "identity.role.create", async |act| act.insert(row(viewer)).await.map(drop)).await
}

/// How often a second this many do something beside each other.
async fn repeat(clients: usize, something: impl AsyncFn() -> kernel::Result<()>) -> kernel::Result<f64> {
    let begun = Instant::now();
    let client = async || {
        let mut done = 0;
        while begun.elapsed() < LENGTH {
            something().await?;
            done += 1;
        }
        Ok::<u32, kernel::Error>(done)
    };
    let done: Vec<u32> = futures::future::try_join_all((0..clients).map(|_| client())).await?;
    Ok(f64::from(done.iter().sum::<u32>()) / begun.elapsed().as_secs_f64())
}
