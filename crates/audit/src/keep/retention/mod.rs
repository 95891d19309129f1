//! How long entries are kept: periods by class of acts, and when a change of them takes effect.

pub mod entity;
pub mod graphql;

use chrono::{DateTime, Months, TimeDelta, Utc};
use kernel::{
    act::{Outcome, Severity, expect_version},
    db::Db,
    error::{Fields, Result, Text},
    id::TenantId,
    policy::Guarded as _,
    viewer::Viewer,
};
use sea_orm::ConnectionTrait;

use crate::policy::RETENTION_MANAGE;

pub use entity::Model;

use entity::Entity;
use graphql::UpdateAuditRetentionInput;

/// The fewest months that anything is kept: a year's accounts and audits must find their trail.
const LEAST: i32 = 12;

/// The most months: thirty years.
const MOST: i32 = 360;

/// How long a shorter period waits before it takes effect, in days: time for others to see it in the trail and object.
pub const DELAY_DAYS: i64 = 30;

const OUT_OF_BOUNDS: Text = Text::new(
    "retention_out_of_bounds",
    "Entries are kept for {least} to {most} months.",
    "Les entrées sont conservées de {least} à {most} mois.",
);

/// Months for which entries are kept, by class of their act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// Acts of `identity` and `audit`.
    pub security: i32,
    /// Acts of `finance`.
    pub finance: i32,
    /// All others.
    pub other: i32,
}

impl Default for Periods {
    /// Seven years for security and finance, two for the rest.
    fn default() -> Self {
        Self { security: 84, finance: 84, other: 24 }
    }
}

impl Periods {
    fn longer(self, other: Self) -> Self {
        Self {
            security: self.security.max(other.security),
            finance: self.finance.max(other.finance),
            other: self.other.max(other.other),
        }
    }

    /// The moments before which entries of each class are over. A period that began on a day which its last month does
    /// not have (29 February) ends with that month.
    pub fn cutoffs(self, now: DateTime<Utc>) -> Cutoffs {
        let before = |months: i32| {
            let months = Months::new(months.unsigned_abs());
            now.checked_sub_months(months).unwrap_or(DateTime::<Utc>::MIN_UTC)
        };
        Cutoffs { security: before(self.security), finance: before(self.finance), other: before(self.other) }
    }
}

/// Moments before which entries are over, by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutoffs {
    /// Acts of `identity` and `audit`.
    pub security: DateTime<Utc>,
    /// Acts of `finance`.
    pub finance: DateTime<Utc>,
    /// All others.
    pub other: DateTime<Utc>,
}

impl Cutoffs {
    /// The latest of them.
    pub fn latest(self) -> DateTime<Utc> {
        self.security.max(self.finance).max(self.other)
    }
}

/// The periods that are set; those of the program without a row.
pub fn set(row: Option<&Model>) -> Periods {
    row.map_or_else(Periods::default, |row| Periods {
        security: row.security_months,
        finance: row.finance_months,
        other: row.other_months,
    })
}

/// The periods that are in force: until a change takes effect, the longer ones.
pub fn in_force(row: Option<&Model>, now: DateTime<Utc>) -> Periods {
    let set = set(row);
    let pending = row.filter(|row| row.effective_at.is_some_and(|at| now < at));
    pending.map_or(set, |row| {
        set.longer(Periods {
            security: row.earlier_security_months.unwrap_or_default(),
            finance: row.earlier_finance_months.unwrap_or_default(),
            other: row.earlier_other_months.unwrap_or_default(),
        })
    })
}

/// The tenant's row, if it ever set its periods.
///
/// # Errors
/// If the database does not answer.
pub async fn of(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Option<Model>> {
    Ok(Entity::of_tenant(tenant).one(db).await?)
}

/// Changes the periods. A longer one is in force at once, a shorter one after [`DELAY_DAYS`].
///
/// # Errors
/// INVALID outside of the bounds, CONFLICT if somebody else changed them.
pub async fn update(db: &Db, viewer: &Viewer, input: UpdateAuditRetentionInput) -> Result<Option<Model>> {
    viewer.require_tenant(RETENTION_MANAGE)?;
    let UpdateAuditRetentionInput { security_months, finance_months, other_months, expected_version } = input;
    let mut fields = Fields::new();
    let given = [
        ("securityMonths", security_months),
        ("financeMonths", finance_months),
        ("otherMonths", other_months),
    ];
    for (path, months) in given {
        let fits = months.is_none_or(|months| (LEAST..=MOST).contains(&months));
        fields.require(fits, path, OUT_OF_BOUNDS.with("least", LEAST).with("most", MOST));
    }
    fields.check()?;
    let updated = viewer.act(db, "audit.retention.update", async |act| {
        let before = of(act.conn(), viewer.tenant_id()).await?;
        expect_version("AuditRetention", expected_version, before.as_ref().map_or(0, |row| row.version))?;
        let (now, old, running) = (act.now(), set(before.as_ref()), in_force(before.as_ref(), act.now()));
        let new = Periods {
            security: security_months.unwrap_or(old.security),
            finance: finance_months.unwrap_or(old.finance),
            other: other_months.unwrap_or(old.other),
        };
        if new == old {
            act.note("AuditRetention", None, None, serde_json::Map::new());
            return Ok(before);
        }
        let shorter = new.longer(running) != new;
        let severity = if shorter { Severity::Critical } else { Severity::Notice };
        act.mark(Outcome::Success, severity);
        let row = Model {
            id: viewer.tenant_id(),
            tenant_id: viewer.tenant_id(),
            security_months: new.security,
            finance_months: new.finance,
            other_months: new.other,
            earlier_security_months: shorter.then_some(running.security),
            earlier_finance_months: shorter.then_some(running.finance),
            earlier_other_months: shorter.then_some(running.other),
            effective_at: shorter.then(|| now + TimeDelta::days(DELAY_DAYS)),
            created_at: before.as_ref().map_or(now, |row| row.created_at),
            updated_at: now,
            version: before.as_ref().map_or(1, |row| row.version),
        };
        match before {
            Some(before) => act.update(&before, row).await.map(Some),
            None => act.insert(row).await.map(Some),
        }
    });
    updated.await
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn day(year: i32, month: u32, day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(year, month, day, 12, 0, 0).unwrap()
    }

    #[test]
    fn period_of_years_ends_on_the_same_day_or_the_last_of_its_month() {
        let cutoffs = Periods::default().cutoffs(day(2028, 2, 29));
        assert_eq!((cutoffs.other, cutoffs.security), (day(2026, 2, 28), day(2021, 2, 28)));
        let leap = Periods { other: 48, ..Periods::default() }.cutoffs(day(2028, 2, 29));
        assert_eq!(leap.other, day(2024, 2, 29));
        assert_eq!(Periods::default().cutoffs(day(2026, 3, 1)).other, day(2024, 3, 1));
    }

    #[test]
    fn shorter_period_waits_and_a_longer_one_does_not() {
        let (now, later) = (day(2026, 3, 2), day(2026, 4, 1));
        let row = Model {
            id: TenantId::from_uuid(uuid::Uuid::from_u128(1)),
            tenant_id: TenantId::from_uuid(uuid::Uuid::from_u128(1)),
            security_months: 60,
            finance_months: 120,
            other_months: 12,
            earlier_security_months: Some(84),
            earlier_finance_months: Some(84),
            earlier_other_months: Some(24),
            effective_at: Some(later),
            created_at: now,
            updated_at: now,
            version: 1,
        };
        assert_eq!(in_force(Some(&row), now), Periods { security: 84, finance: 120, other: 24 });
        assert_eq!(in_force(Some(&row), later), Periods { security: 60, finance: 120, other: 12 });
        assert_eq!(in_force(None, now), Periods::default());
    }

    use kernel::id::TypedId as _;
}
