//! Rules of feedback: what can be answered, until when, and what many answers amount to. No database, no clock.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Error, Fields, Result, Text};

use super::entity::Model;
use crate::{
    register::check_range,
    words::{
        FeedbackKind::{self, Csat, Nps},
        FeedbackStatus::{self, Answered, Expired, Open},
    },
};

/// The question was answered.
pub const ANSWERED: Text = Text::new(
    "feedback_answered",
    "This was answered already; thank you.",
    "Une réponse a déjà été donnée ; merci.",
);

/// The question's time is over.
pub const EXPIRED: Text =
    Text::new("feedback_expired", "The time to answer this is over.", "Le délai de réponse est écoulé.");

/// The person was reminded a moment ago.
pub const REMINDED: Text = Text::new(
    "feedback_reminded",
    "They were asked or reminded within the last day.",
    "Cette personne a été sollicitée ou relancée il y a moins d'un jour.",
);

/// Days for which a question can be open.
pub const DAYS: (i32, i32) = (1, 90);

/// How long nobody is reminded of what they heard of.
pub const BETWEEN: TimeDelta = TimeDelta::days(1);

/// Days for which a question is open unless somebody said otherwise.
pub const USUAL_DAYS: i32 = 14;

/// What is asked.
pub fn kind(request: &Model) -> FeedbackKind {
    FeedbackKind::parse(&request.kind).unwrap_or_default()
}

/// Where a question stands.
pub fn status(request: &Model, now: DateTime<Utc>) -> FeedbackStatus {
    match (request.answered_at, now < request.expires_at) {
        (Some(_), _) => Answered,
        (None, true) => Open,
        (None, false) => Expired,
    }
}

/// # Errors
/// CONFLICT unless the question can still be answered.
pub fn check_open(request: &Model, now: DateTime<Utc>) -> Result<()> {
    match status(request, now) {
        Open => Ok(()),
        Answered => Err(Error::conflict(ANSWERED)),
        Expired => Err(Error::conflict(EXPIRED)),
    }
}

/// # Errors
/// CONFLICT for a question that is not open, or whose person heard of it within a day.
pub fn check_remindable(request: &Model, now: DateTime<Utc>) -> Result<()> {
    check_open(request, now)?;
    let last = request.reminded_at.unwrap_or(request.created_at);
    if now - last < BETWEEN { Err(Error::conflict(REMINDED)) } else { Ok(()) }
}

/// Adds an error unless the answer is one of the kind's.
pub fn check_score(kind: FeedbackKind, score: i32, fields: &mut Fields) {
    let bounds = match kind {
        Csat => (1, 5),
        Nps => (0, 10),
    };
    check_range(score, bounds, "score", fields);
}

/// When people are reminded by themselves: after two thirds of the time.
pub fn reminder_after(days: i32) -> TimeDelta {
    TimeDelta::hours(i64::from(days) * 16)
}

/// Answers counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many were asked.
    pub asked: i64,
    /// How many said how satisfied they are.
    pub csat: i64,
    /// And are: 4 or 5.
    pub satisfied: i64,
    /// How many said whether they would recommend the agency.
    pub nps: i64,
    /// And would: 9 or 10.
    pub promoters: i64,
    /// And would not: 6 or less.
    pub detractors: i64,
}

impl Tally {
    /// Adds so many questions with the same answer, or with none.
    pub fn add(&mut self, kind: FeedbackKind, score: Option<i32>, count: i64) {
        self.asked += count;
        let Some(score) = score else { return };
        match kind {
            Csat => {
                self.csat += count;
                self.satisfied += if score >= 4 { count } else { 0 };
            }
            Nps => {
                self.nps += count;
                self.promoters += if score >= 9 { count } else { 0 };
                self.detractors += if score <= 6 { count } else { 0 };
            }
        }
    }

    /// Adds what another one counted.
    pub fn join(&mut self, other: Self) {
        let Self { asked, csat, satisfied, nps, promoters, detractors } = other;
        self.asked += asked;
        self.csat += csat;
        self.satisfied += satisfied;
        self.nps += nps;
        self.promoters += promoters;
        self.detractors += detractors;
    }

    /// The customer satisfaction score: the share of 4 and 5 among the answers, in per cent; none without answers.
    pub fn csat_score(&self) -> Option<i32> {
        percent(self.satisfied, self.csat)
    }

    /// The net promoter score, -100 to 100: the share of promoters less that of detractors (Reichheld, «The One Number
    /// You Need to Grow», 2003); none without answers.
    pub fn nps_score(&self) -> Option<i32> {
        percent(self.promoters - self.detractors, self.nps)
    }
}

/// A share in whole per cent, halves away from zero.
fn percent(part: i64, all: i64) -> Option<i32> {
    let doubled = (part.checked_mul(200)?).checked_div(all)?;
    i32::try_from((doubled + doubled.signum()) / 2).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(kind: FeedbackKind, scores: &[i32]) -> Tally {
        let mut tally = Tally::default();
        scores.iter().for_each(|score| tally.add(kind, Some(*score), 1));
        tally
    }

    #[test]
    fn score_of_satisfaction_is_the_share_of_the_two_best() {
        assert_eq!(tally(Csat, &[]).csat_score(), None);
        assert_eq!(tally(Csat, &[5, 4, 3]).csat_score(), Some(67));
        assert_eq!(tally(Csat, &[1, 2, 3]).csat_score(), Some(0));
        assert_eq!(tally(Csat, &[5]).nps_score(), None);
    }

    #[test]
    fn promoters_less_detractors_are_the_net_score() {
        assert_eq!(tally(Nps, &[10, 9, 8, 7, 6, 0]).nps_score(), Some(0));
        assert_eq!(tally(Nps, &[10, 10, 8]).nps_score(), Some(67));
        assert_eq!(tally(Nps, &[6, 6, 8]).nps_score(), Some(-67));
        assert_eq!(tally(Nps, &[0; 7]).nps_score(), Some(-100));
    }

    #[test]
    fn who_did_not_answer_counts_as_asked_alone() {
        let mut tally = tally(Nps, &[9]);
        tally.add(Nps, None, 3);
        tally.join(Tally { asked: 1, ..Tally::default() });
        assert_eq!((tally.asked, tally.nps, tally.nps_score()), (5, 1, Some(100)));
    }

    #[test]
    fn reminder_comes_before_the_end() {
        for days in DAYS.0..=DAYS.1 {
            assert!(reminder_after(days) < TimeDelta::days(days.into()), "{days}");
        }
    }
}
