//! Plans that reach beyond the days of which it is known who works: these are read on, and the plan is reckoned again.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use kernel::{Error, Result, viewer::Viewer};
use schedule::{Instant, calendar::last_day_of};
use sea_orm::ConnectionTrait;

use super::{
    analysis::Analysis,
    effort::Turn,
    load::{MARGIN, Source},
};

/// Why nothing was reckoned.
pub(crate) enum Short {
    /// The source reaches not as far as the plan: it is to be read until this day.
    Beyond(Box<Source>, NaiveDate),
    /// Anything else.
    Failed(Error),
}

impl From<Error> for Short {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Short {
    /// The source is to be read until this day.
    pub(crate) fn beyond(source: Source, last: NaiveDate) -> Self {
        Self::Beyond(Box::new(source), last)
    }
}

/// Reckons, and again with what people do in later days as long as the work says that the plan reaches there.
///
/// # Errors
/// Those of the work, and LIMITED if it waits for its turn and too many do so already.
pub(crate) async fn reckoned<T: Send + 'static>(
    conn: &impl ConnectionTrait,
    viewer: &Viewer,
    mut source: Source,
    turn: Turn,
    work: impl Fn(Source) -> Result<T, Short> + Send + Sync + 'static,
) -> Result<T> {
    let work = Arc::new(work);
    // Invariant: a source reaches no further after it was read on a few times, so this ends.
    loop {
        let (work, given) = (work.clone(), source);
        let done = turn.reckon(move || match work(given) {
            Ok(done) => Ok(Ok(done)),
            Err(Short::Beyond(source, last)) => Ok(Err((source, last))),
            Err(Short::Failed(error)) => Err(error),
        });
        match done.await? {
            Ok(done) => return Ok(done),
            Err((short, last)) => source = short.read_on(conn, viewer, last).await?,
        }
    }
}

impl Source {
    /// Until which day it is to be read for a plan that is done on a day; none if it reaches there, or as far as it ever
    /// does. Leave that lasts to the end of what was read puts off work until after it.
    fn lacks(&self, last: NaiveDate) -> Option<NaiveDate> {
        if last <= self.days.1 || self.days.1 >= self.horizon {
            return None;
        }
        let margin = match self.readings {
            0 => MARGIN,
            1 => 2 * MARGIN,
            2 => return Some(self.horizon),
            _ => return None,
        };
        Some(last.checked_add_days(Days::new(margin)).map_or(self.horizon, |last| last.min(self.horizon)))
    }
}

impl Analysis {
    /// The plan, if it is known who works until it is finished.
    ///
    /// # Errors
    /// Its source, if that has to be read on.
    pub(crate) fn within(self) -> Result<Self, Short> {
        match self.beyond(self.schedule.finish) {
            Some(last) => Err(Short::beyond(self.source, last)),
            None => Ok(self),
        }
    }

    /// Until which day its source has to be read on for what is finished at an instant; none if it reaches there.
    pub(crate) fn beyond(&self, finish: Option<Instant>) -> Option<NaiveDate> {
        self.source.lacks(last_day_of(self.laid.calendars[0].1.zone, finish?))
    }
}
