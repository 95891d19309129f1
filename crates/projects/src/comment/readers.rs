//! Whether people who are mentioned may see what mentions them.

use kernel::{
    Error, Fields, Result, Text,
    act::Act,
    db::Db,
    id::{TaskId, TypedId, UserId},
    policy::allowed,
    viewer::Viewer,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait,
    sea_query::{Alias, CaseStatement, Condition, Expr, Query},
};

use crate::{
    policy::{INTERNAL_READ, TASKS_READ},
    service::Projects,
    task::entity::{Column, Entity},
};

/// Who is mentioned does not see the comment.
pub const CANNOT_SEE: Text = Text::new(
    "cannot_see_comment",
    "This person does not see this comment, and cannot be mentioned in it.",
    "Cette personne ne voit pas ce commentaire et ne peut pas y être mentionnée.",
);

/// The people as they would ask themselves.
pub(super) async fn of(
    db: &Db,
    projects: &Projects,
    viewer: &Viewer,
    people: &[UserId],
) -> Result<Vec<Viewer>> {
    match people.is_empty() {
        true => Ok(Vec::new()),
        false => projects.readers.readers(db, viewer, people).await,
    }
}

/// Checks that everybody who is mentioned may see the comment, in one statement however many there are.
///
/// # Errors
/// INVALID at `mentionIds.<n>` for each who does not.
pub(super) async fn check(
    act: &Act,
    task: TaskId,
    internal: bool,
    mentioned: &[UserId],
    readers: &[Viewer],
) -> Result<()> {
    if mentioned.is_empty() {
        return Ok(());
    }
    let mut select = Query::select();
    select.from(Entity).and_where(Column::Id.eq(task)).expr(Expr::val(1));
    select.and_where(Column::TenantId.eq(act.viewer().tenant_id()));
    for (place, reader) in readers.iter().enumerate() {
        let mut sees = Condition::all().add(allowed::<Entity>(reader, TASKS_READ));
        if internal {
            sees = sees.add(allowed::<Entity>(reader, INTERNAL_READ));
        }
        let sees = CaseStatement::new().case(sees, 1).finally(0);
        select.expr_as(sees, Alias::new(format!("reader_{place}")));
    }
    let row = act.conn().query_one(&select).await?;
    let row = row.ok_or_else(|| Error::not_found(TaskId::TYPE, task))?;
    let mut seeing = Vec::with_capacity(readers.len());
    for (place, reader) in readers.iter().enumerate() {
        let sees: i32 = row.try_get_by_index(place + 1)?;
        let hidden = internal && reader.is_client();
        seeing.extend(reader.user_id().filter(|_| sees == 1 && !hidden));
    }
    let mut fields = Fields::new();
    for (index, user) in mentioned.iter().enumerate() {
        fields.require(seeing.contains(user), &format!("mentionIds.{index}"), CANNOT_SEE);
    }
    fields.check()
}
