//! Made-up agencies: two for a look around, one for load tests, two small ones for tests. Everything follows from a
//! fixed seed and the day, so that two runs on one day are equal.

mod activity;
mod agency;
mod baselines;
mod content;
mod extras;
pub(crate) mod hours;
mod maker;
mod people;
mod plan;
mod queue;
mod registers;
mod rows;
mod scores;
mod staffing;
mod tasks;
mod templates;
pub(crate) mod trail;
mod work;
mod write;

pub use activity::ACTIONS;

use std::fmt;

use chrono::NaiveDate;
use kernel::{Error, db::Db};

pub use agency::{ROLES, Size};
pub use rows::Rows;

use agency::Agency;
use maker::Maker;

/// The password of everybody who is made up.
pub const PASSWORD: &str = "Atrium-demo-2026!";

/// What became of a demo agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demo {
    /// Its slug, also the domain of its people's addresses, before `.test`.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether it was made now; otherwise it was there, and nothing was changed.
    pub made: bool,
}

/// The two small agencies of a test, as they were written.
#[derive(Clone, Debug)]
pub struct World {
    /// `acme`: euros, Berlin.
    pub acme: Rows,
    /// `globex`: dollars, New York.
    pub globex: Rows,
}

/// Why nothing, or not everything, was made.
#[derive(Debug)]
pub enum SeedError {
    /// The database has agencies that are not of the demo; the first of them.
    NotEmpty(String),
    /// There is an agency with this slug.
    Exists(&'static str),
    /// The database refused.
    Refused(Error),
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEmpty(slug) => write!(
                f,
                "the database holds the agency {slug}, which is not of the demo; choose another folder with --data-dir"
            ),
            Self::Exists(slug) => {
                write!(
                    f,
                    "there is an agency {slug} already; made-up data is only written once into a database"
                )
            }
            Self::Refused(error) => write!(f, "the database refused the made-up data: {error:?}"),
        }
    }
}

impl std::error::Error for SeedError {}

impl<E: Into<Error>> From<E> for SeedError {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// Makes those of the demo agencies that are not there: 12 accounts, 40 projects, 800 tasks each. Every date is relative
/// to `today`; everybody's password hash is `password_hash`.
///
/// # Errors
/// [`SeedError::NotEmpty`] if one is missing and the database has other agencies: nobody shall get well-known passwords
/// beside real data. An agency that was founded beside the demo's is no reason.
pub async fn demo(db: &Db, password_hash: &str, today: NaiveDate) -> Result<Vec<Demo>, SeedError> {
    let agencies = agency::demo();
    let known = known_slugs(db).await?;
    let is_known = |agency: &Agency| known.iter().any(|slug| slug == agency.slug);
    let made_up = |slug: &str| slug == agency::LOAD || agencies.iter().any(|agency| agency.slug == slug);
    match known.iter().find(|slug| !made_up(slug)) {
        Some(other) if !agencies.iter().all(is_known) => return Err(SeedError::NotEmpty(other.clone())),
        _ => {}
    }
    let mut done = Vec::with_capacity(agencies.len());
    for agency in &agencies {
        let made = !is_known(agency);
        if made {
            let (maker, mut rows) = generate(agency, password_hash, today)?;
            let (info, jobs) = (rows.info(), queue::jobs(&maker, &rows));
            // Reason: they are reckoned from what is written.
            rows.registers.iter_mut().for_each(|registers| registers.scores.clear());
            write::at_once(db, &maker, rows).await?;
            scores::lead(db, &maker, info.clone()).await?;
            queue::write(db, &maker, info, &jobs).await?;
        }
        done.push(Demo { slug: agency.slug, name: agency.name, made });
    }
    Ok(done)
}

/// The agencies of the demo, of which those with the slugs `made` were just made.
pub fn demo_agencies(made: &[&str]) -> Vec<Demo> {
    let agencies = agency::demo();
    let told =
        |agency: &Agency| Demo { slug: agency.slug, name: agency.name, made: made.contains(&agency.slug) };
    agencies.iter().map(told).collect()
}

/// Makes the agency `load` for load tests. `progress` hears how many projects of all are written.
///
/// # Errors
/// [`SeedError::Exists`] if it is there, also if an earlier run was interrupted.
pub async fn load(
    db: &Db,
    size: Size,
    password_hash: &str,
    today: NaiveDate,
    progress: impl FnMut(usize, usize),
) -> Result<(), SeedError> {
    let agency = agency::load(size);
    if known_slugs(db).await?.iter().any(|slug| slug == agency.slug) {
        return Err(SeedError::Exists(agency.slug));
    }
    let (maker, rows) = generate(&agency, password_hash, today)?;
    Ok(write::in_batches(db, &maker, rows, progress).await?)
}

/// Makes two small agencies with the same ten people as the demo's, 3 accounts, 6 projects and 40 tasks each, and
/// answers what it wrote. `password_hash` is everybody's, of whatever cost.
///
/// # Errors
/// [`SeedError::Exists`] if one of them is there.
pub async fn test_world(db: &Db, password_hash: &str, today: NaiveDate) -> Result<World, SeedError> {
    let [acme, globex] = agency::small();
    let known = known_slugs(db).await?;
    if let Some(there) =
        [acme.slug, globex.slug].into_iter().find(|slug| known.iter().any(|known| known == slug))
    {
        return Err(SeedError::Exists(there));
    }
    let (acme_maker, acme) = generate(&acme, password_hash, today)?;
    let (globex_maker, globex) = generate(&globex, password_hash, today)?;
    // Reason: all rows of an agency are large to hand on.
    Box::pin(write::at_once(db, &acme_maker, acme.clone())).await?;
    Box::pin(write::at_once(db, &globex_maker, globex.clone())).await?;
    Ok(World { acme, globex })
}

fn generate(agency: &Agency, password_hash: &str, today: NaiveDate) -> Result<(Maker, Rows), Error> {
    let mut maker = Maker::new(agency.seed, today);
    let rows = Rows::generate(agency, &mut maker, password_hash)?;
    Ok((maker, rows))
}

async fn known_slugs(db: &Db) -> Result<Vec<String>, Error> {
    use identity::tenant::entity::Column;
    use sea_orm::{QueryOrder, QuerySelect};
    let slugs = identity::tenant::rows().select_only().column(Column::Slug).order_by_asc(Column::Slug);
    Ok(slugs.into_tuple().all(db).await?)
}

#[cfg(test)]
mod tests;
