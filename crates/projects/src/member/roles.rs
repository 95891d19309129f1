//! Roles that people have on teams: what identity asks before it deletes one.

use kernel::{Result, act::Act, id::RoleId, policy::Guarded};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};

use super::entity::{Column, Entity};

/// How many team places of the act's tenant name the role.
pub async fn count(act: &Act, role: RoleId) -> Result<u64> {
    let places = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::RoleId.eq(role));
    Ok(places.count(act.conn()).await?)
}

/// Makes every team place of the act's tenant that names `from` name `to`.
pub async fn replace(act: &mut Act, from: RoleId, to: RoleId) -> Result<()> {
    let places = Entity::of_tenant(act.viewer().tenant_id()).filter(Column::RoleId.eq(from));
    let places = places.all(act.conn()).await?;
    act.update_all(places, |place| place.role_id = Some(to)).await
}
