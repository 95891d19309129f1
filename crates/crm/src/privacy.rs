//! What the commercial side holds of people.

use async_trait::async_trait;
use kernel::{
    Result,
    act::Act,
    db::Db,
    id::{AccountId, TypedId as _},
    policy::Guarded as _,
    privacy::{Collector, DataSubject, Holding, Obstacle, Pages, PersonalData},
    viewer::Viewer,
};
use sea_orm::{ColumnTrait as _, Condition, QueryFilter as _, QuerySelect as _, Select};
use serde_json::json;

use crate::{
    account::entity as account,
    contact::entity::{Column, Entity, Model},
    erasure,
    policy::ACCOUNTS_READ,
};

/// The commercial side as a holder of personal data.
#[derive(Clone, Copy, Debug, Default)]
pub struct CrmData;

#[async_trait]
impl PersonalData for CrmData {
    fn domain(&self) -> &'static str {
        "crm"
    }

    async fn identify(&self, db: &Db, subject: &mut DataSubject) -> Result<()> {
        for contact in contacts(subject).all(db).await? {
            subject.contacts.insert(contact.id);
            subject.ids.insert(contact.id.uuid());
            subject.emails.extend(contact.email.map(|email| email.to_string().to_lowercase()));
            // Reason: who is known as a user is never taken for another one.
            if let Some(user) = contact.user_id.filter(|_| subject.user.is_none()) {
                subject.user = Some(user);
                subject.ids.insert(user.uuid());
            }
        }
        Ok(())
    }

    async fn collect(
        &self,
        db: &Db,
        subject: &DataSubject,
        eyes: Option<&Viewer>,
        into: &mut dyn Collector,
    ) -> Result<()> {
        Pages::of(contacts(subject), |row| row.id.uuid()).collect(db, "crm.contacts", into, told).await?;
        let Some(user) = subject.user else { return Ok(()) };
        let owned = account::Entity::of_tenant(subject.tenant).filter(account::Column::OwnerId.eq(user));
        let mut pages = Pages::of(owned, |row| row.id.uuid());
        while let Some(rows) = pages.next(db).await? {
            let seen = seen(db, eyes, &rows).await?;
            let name = |row: &account::Model| seen.contains(&row.id).then(|| row.name.clone());
            let rows = rows.iter().map(|row| json!({ "id": row.id, "name": name(row) })).collect();
            into.rows("crm.owned_accounts", rows).await?;
        }
        Ok(())
    }

    async fn holdings(&self, db: &Db, subject: &DataSubject) -> Result<Vec<Holding>> {
        erasure::holdings(db, subject).await
    }

    async fn obstacles(&self, db: &Db, subject: &DataSubject) -> Result<Vec<Obstacle>> {
        erasure::obstacles(db, subject).await
    }

    async fn erase(&self, act: &mut Act, subject: &DataSubject) -> Result<Vec<Holding>> {
        erasure::erase(act, subject).await
    }
}

/// The contacts that are the person.
fn contacts(subject: &DataSubject) -> Select<Entity> {
    let mut theirs = Condition::any().add(Column::Id.is_in(subject.contacts.iter().copied()));
    if let Some(user) = subject.user {
        theirs = theirs.add(Column::UserId.eq(user));
    }
    Entity::of_tenant(subject.tenant).filter(theirs)
}

fn told(row: &Model) -> serde_json::Value {
    let Model { id, tenant_id: _, account_id, given_name, family_name, email, phone, .. } = row;
    let Model { job_title, user_id, created_by: _, archived_at, created_at, updated_at, .. } = row;
    json!({
        "id": id, "accountId": account_id, "givenName": given_name, "familyName": family_name,
        "email": email.as_ref().map(ToString::to_string), "phone": phone, "jobTitle": job_title, "userId": user_id,
        "archivedAt": archived_at, "createdAt": created_at, "updatedAt": updated_at,
    })
}

/// Which of these accounts the person may see.
async fn seen(db: &Db, eyes: Option<&Viewer>, rows: &[account::Model]) -> Result<Vec<AccountId>> {
    let Some(eyes) = eyes else { return Ok(Vec::new()) };
    let seen = account::Entity::visible(eyes, ACCOUNTS_READ);
    let seen = seen.filter(account::Column::Id.is_in(rows.iter().map(|row| row.id)));
    Ok(seen.select_only().column(account::Column::Id).into_tuple().all(db).await?)
}
