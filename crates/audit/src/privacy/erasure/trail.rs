//! What the trail holds of a person, what the law makes it keep, and how the rest goes.

use kernel::{
    act::Act,
    error::{Error, Result, Text},
    id::TypedId as _,
    privacy::{DataSubject, Fate, Holding, Obstacle},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, PaginatorTrait as _, QueryFilter as _,
    sea_query::{Alias, Cond, Expr, ExprTrait as _, Func, IntoCondition as _, Query, SelectStatement},
};

use super::others;
use crate::{keep::hold, privacy::entity::Column};

/// Why entries of the trail stay.
pub const TRAIL_STAYS: Text = Text::new(
    "trail_stays",
    "What was done must stay provable (Regulation (EU) 2016/679, article 17 (3) (b) and (e)); the entries stay, but who \
     it was can no longer be read in them.",
    "Ce qui a été fait doit rester prouvable (règlement (UE) 2016/679, article 17, paragraphe 3, points b et e) ; les \
     écritures demeurent, mais l'identité de la personne n'y est plus lisible.",
);

const ENTRIES: Text =
    Text::new("audit_entries", "Entries of the audit trail", "Écritures du journal d'audit");
const KEYS: Text =
    Text::new("audit_keys", "Keys that open what the trail says of them", "Clés qui ouvrent le journal");

const COPIES: Text = Text::new("audit_exports", "Copies of their data", "Copies de leurs données");
const HELD: Text = Text::new(
    "legal_hold",
    "A legal hold is in force on them, or on an account or a project that the trail knows them from.",
    "Une obligation de conservation est en vigueur sur cette personne, ou sur un compte ou un projet lié.",
);

/// Counts entries about a person, keys that open what these say of them, and copies of their data.
///
/// # Errors
/// If the database does not answer.
pub async fn holdings(conn: &impl ConnectionTrait, subject: &DataSubject) -> Result<Vec<Holding>> {
    let entries = count(conn, "audit_entries", subject, about(subject).into_condition()).await?;
    let live = Expr::col(Alias::new("destroyed_at")).is_null();
    let keys = count(conn, "audit_subject_keys", subject, Cond::all().add(about(subject)).add(live)).await?;
    let copies = others::of(subject).filter(Column::FileKey.is_not_null()).count(conn).await?;
    let found = [
        Holding { name: "audit.entries", about: ENTRIES, count: entries, fate: Fate::Kept(TRAIL_STAYS) },
        Holding { name: "audit.keys", about: KEYS, count: keys, fate: Fate::Erased },
        Holding { name: "audit.exports", about: COPIES, count: copies, fate: Fate::Erased },
    ];
    Ok(found.into_iter().filter(|holding| holding.count > 0).collect())
}

/// Legal holds in force: on the person, and on accounts and projects that entries about them are of.
///
/// # Errors
/// If the database does not answer.
pub async fn obstacles(conn: &impl ConnectionTrait, subject: &DataSubject) -> Result<Vec<Obstacle>> {
    let own = hold::holds_on(conn, subject.tenant, subject).await?.len() as u64;
    let named = Expr::col(Alias::new("subject_id"));
    let near = Cond::any()
        .add(named.clone().in_subquery(anchors(subject, "account_id")))
        .add(named.in_subquery(anchors(subject, "project_id")));
    let live = Expr::col(Alias::new("released_at")).is_null();
    let near = count(conn, "audit_holds", subject, Cond::all().add(near).add(live)).await?;
    Ok(Obstacle::of(HELD, own + near).into_iter().collect())
}

/// Destroys the person's keys with the act; entries stay as they are. Answers what there was.
///
/// # Errors
/// CONFLICT while a legal hold is in force.
pub async fn erase(act: &mut Act, subject: &DataSubject) -> Result<Vec<Holding>> {
    // Race: a hold that is placed at this moment is waited for, or waits and finds the person gone.
    hold::take_turn(act.conn(), subject.tenant).await?;
    if let Some(obstacle) = obstacles(act.conn(), subject).await?.pop() {
        return Err(Error::conflict(obstacle.about));
    }
    let found = holdings(act.conn(), subject).await?;
    act.shred(subject.ids.iter().copied());
    Ok(found)
}

fn about(subject: &DataSubject) -> Expr {
    Expr::col(Alias::new("person_id")).is_in(subject.ids.iter().copied())
}

/// Accounts or projects of the entries about a person.
fn anchors(subject: &DataSubject, column: &'static str) -> SelectStatement {
    let mut select = Query::select();
    select
        .distinct()
        .column(Alias::new(column))
        .from(Alias::new("audit_entries"))
        .and_where(Expr::col(Alias::new("tenant_id")).eq(subject.tenant.uuid()))
        .and_where(about(subject))
        .and_where(Expr::col(Alias::new(column)).is_not_null());
    select
}

async fn count(conn: &impl ConnectionTrait, table: &str, subject: &DataSubject, which: Cond) -> Result<u64> {
    let mut select = Query::select();
    select
        .expr(Func::count(Expr::col(Alias::new("id"))))
        .from(Alias::new(table))
        .and_where(Expr::col(Alias::new("tenant_id")).eq(subject.tenant.uuid()))
        .cond_where(which);
    let row = conn.query_one(&select).await?;
    let many: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(u64::try_from(many).unwrap_or(0))
}
