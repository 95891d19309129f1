//! Acts from where resolvers call them: their futures move between threads.

use super::*;
use crate::assignment::{NewAssignment, Source, Target, assign};
use crate::id::{ProjectId, UserId};

fn can_move<T: Send>(future: T) -> T {
    future
}

async fn as_a_resolver(viewer: &Viewer, db: &Db, user: UserId, project: ProjectId) -> Result<i32> {
    let names = ["one".to_owned()];
    viewer
        .act(db, "test.assign", async |act| {
            let new = NewAssignment {
                user,
                target: Target::Project(project, None),
                role: None,
                source: Source::Direct,
                expires_at: None,
            };
            let row = assign(act, new).await?;
            act.update_all(vec![row], |row| row.kind = names[0].clone()).await?;
            Ok(1)
        })
        .await
}

#[test]
fn futures_of_acts_can_move_between_threads() {
    fn check(viewer: Viewer, db: Db, user: UserId, project: ProjectId) {
        drop(can_move(async move { as_a_resolver(&viewer, &db, user, project).await }));
    }
    let _: fn(Viewer, Db, UserId, ProjectId) = check;
}
