//! Rules of change requests: their course, and what applying one makes of its project. No database, no clock.

use chrono::{NaiveDate, TimeDelta};
use kernel::{
    Error, Fields, Result, Text,
    money::{AMOUNT_TOO_LARGE, CURRENCY_MISMATCH, MoneyInput},
};

use super::entity::Model;
use crate::{
    project::{entity::Model as Project, rules::END_BEFORE_START},
    register::check_range,
    words::{
        BillingType,
        ChangeRequestAnswer::{self as Answer, Approved as Yes, Rejected as No},
        ChangeRequestStatus::{self as Status, Applied, Approved, Draft, Rejected, Submitted},
    },
};

/// The step is not possible from here.
pub const NOT_NOW: Text = Text::new(
    "change_request_status",
    "This change request is {status}; that is not possible any more, or not yet.",
    "Cette demande de changement est au statut {status} ; ce n'est plus, ou pas encore, possible.",
);

/// The side answered already.
pub const ANSWERED: Text = Text::new(
    "change_request_answered",
    "Your side has answered this change request already.",
    "Votre côté a déjà répondu à cette demande de changement.",
);

/// The project has no client who could answer.
pub const NO_CLIENT: Text = Text::new(
    "change_request_no_client",
    "This project is for no client who could answer.",
    "Ce projet n'a pas de client qui puisse répondre.",
);

/// The budget would be negative.
pub const BUDGET_NEGATIVE: Text = Text::new(
    "budget_negative",
    "With this change the budget would be less than nothing.",
    "Avec ce changement, le budget serait inférieur à zéro.",
);

/// The dates would be beyond the calendar.
pub const NO_SUCH_DAY: Text = Text::new(
    "no_such_day",
    "With this change the project would end beyond the calendar.",
    "Avec ce changement, le projet finirait au-delà du calendrier.",
);

/// Most days by which a change moves the end of a project, either way.
const DAYS: (i32, i32) = (-3_650, 3_650);

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The agency.
    Staff,
    /// The client.
    Client,
}

/// What can be done with a change request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Agency and client are asked.
    Submit,
    /// One of them answers.
    Answer(Side, Answer),
    /// The project becomes what was agreed.
    Apply,
}

/// Where a change request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Its status.
    pub status: Status,
    /// What the agency said.
    pub staff: Option<Answer>,
    /// What the client said.
    pub client: Option<Answer>,
    /// Whether there is a client who has to agree.
    pub has_client: bool,
}

/// The state after a step.
///
/// # Errors
/// CONFLICT for a step that is not possible in this state.
pub fn next(state: State, step: Step) -> Result<State> {
    let refused = || Error::conflict(NOT_NOW.with("status", state.status.name()));
    match (state.status, step) {
        (Draft, Step::Submit) => Ok(State { status: Submitted, ..state }),
        (Submitted, Step::Answer(side, answer)) => answered(state, side, answer),
        (Approved, Step::Apply) => Ok(State { status: Applied, ..state }),
        (Draft, Step::Answer(..) | Step::Apply)
        | (Submitted, Step::Submit | Step::Apply)
        | (Approved, Step::Submit | Step::Answer(..))
        | (Rejected | Applied, Step::Submit | Step::Answer(..) | Step::Apply) => Err(refused()),
    }
}

fn answered(mut state: State, side: Side, answer: Answer) -> Result<State> {
    let place = match side {
        Side::Staff => &mut state.staff,
        Side::Client if state.has_client => &mut state.client,
        Side::Client => return Err(Error::conflict(NO_CLIENT)),
    };
    if place.is_some() {
        return Err(Error::conflict(ANSWERED));
    }
    *place = Some(answer);
    state.status = match (state.staff, state.client) {
        (Some(No), _) | (_, Some(No)) => Rejected,
        (Some(Yes), Some(Yes)) => Approved,
        (Some(Yes), None) if !state.has_client => Approved,
        (None, _) | (_, None) => Submitted,
    };
    Ok(state)
}

/// Where a change request of a project stands.
pub fn state(change: &Model, has_client: bool) -> State {
    let answer = |word: &Option<String>| word.as_deref().and_then(Answer::parse);
    State {
        status: status(change),
        staff: answer(&change.staff_answer),
        client: answer(&change.client_answer),
        has_client,
    }
}

/// The status of a change request.
pub fn status(change: &Model) -> Status {
    Status::parse(&change.status).unwrap_or_default()
}

/// # Errors
/// CONFLICT unless it is a draft, which alone can be edited and removed.
pub fn check_draft(change: &Model) -> Result<()> {
    match status(change) {
        Draft => Ok(()),
        status => Err(Error::conflict(NOT_NOW.with("status", status.name()))),
    }
}

/// Adds errors for days beyond their bounds and an amount in another currency than the project's budget.
pub fn check(days: i32, amount: Option<MoneyInput>, project: &Project, fields: &mut Fields) {
    check_range(days, DAYS, "days", fields);
    if let (Some(amount), Some(budget)) = (amount, project.budget_currency) {
        let (expected, got) = (budget, amount.currency);
        let said = CURRENCY_MISMATCH.with("expected", expected).with("got", got);
        fields.require(expected == got, "amount.currency", said);
    }
}

/// Whether an amount is offered for billing unless somebody said so or otherwise: where the work is not billed by the
/// hour anyway.
pub fn is_billed(project: &Project) -> bool {
    let billing = BillingType::parse(&project.billing_type).unwrap_or_default();
    matches!(billing, BillingType::FixedFee | BillingType::Retainer)
}

/// The project as a change makes it: its budget, if it has one, and its end.
///
/// # Errors
/// CONFLICT if the budget would be negative or in two currencies, or the project would end before it begins.
pub fn applied(project: &Project, change: &Model) -> Result<Project> {
    let mut after = project.clone();
    if let (Some(budget), Some(currency), Some(amount), Some(of)) =
        (project.budget_minor, project.budget_currency, change.amount_minor, change.amount_currency)
    {
        if currency != of {
            return Err(Error::conflict(CURRENCY_MISMATCH.with("expected", currency).with("got", of)));
        }
        let sum = budget.checked_add(amount).ok_or_else(|| Error::conflict(AMOUNT_TOO_LARGE))?;
        if sum < 0 {
            return Err(Error::conflict(BUDGET_NEGATIVE));
        }
        after.budget_minor = Some(sum);
    }
    after.estimated_end = moved(project.estimated_end, change.days)?;
    after.expected_delivery = moved(project.expected_delivery, change.days)?;
    match (after.estimated_start, after.estimated_end) {
        (Some(start), Some(end)) if end < start => Err(Error::conflict(END_BEFORE_START)),
        _ => Ok(after),
    }
}

/// A day, so many days later.
fn moved(day: Option<NaiveDate>, days: i32) -> Result<Option<NaiveDate>> {
    let Some(day) = day else { return Ok(None) };
    let moved = day.checked_add_signed(TimeDelta::days(days.into()));
    moved.map(Some).ok_or_else(|| Error::conflict(NO_SUCH_DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 6] = [
        Step::Submit,
        Step::Answer(Side::Staff, Yes),
        Step::Answer(Side::Staff, No),
        Step::Answer(Side::Client, Yes),
        Step::Answer(Side::Client, No),
        Step::Apply,
    ];

    fn at(status: Status, staff: Option<Answer>, client: Option<Answer>) -> State {
        State { status, staff, client, has_client: true }
    }

    /// Every state with the statuses that each of the steps leads to.
    #[test]
    fn course_is_what_the_whole_table_says() {
        let none = [None; 6];
        for (state, expected) in [
            (at(Draft, None, None), [Some(Submitted), None, None, None, None, None]),
            (
                at(Submitted, None, None),
                [None, Some(Submitted), Some(Rejected), Some(Submitted), Some(Rejected), None],
            ),
            (at(Submitted, Some(Yes), None), [None, None, None, Some(Approved), Some(Rejected), None]),
            (at(Submitted, None, Some(Yes)), [None, Some(Approved), Some(Rejected), None, None, None]),
            (at(Approved, Some(Yes), Some(Yes)), [None, None, None, None, None, Some(Applied)]),
            (at(Rejected, Some(No), None), none),
            (at(Rejected, None, Some(No)), none),
            (at(Rejected, Some(Yes), Some(No)), none),
            (at(Applied, Some(Yes), Some(Yes)), none),
        ] {
            let found = STEPS.map(|step| next(state, step).ok().map(|after| after.status));
            assert_eq!(found, expected, "{state:?}");
        }
    }

    #[test]
    fn without_a_client_the_agency_agrees_with_itself() {
        let submitted = State { has_client: false, ..at(Submitted, None, None) };
        let approved = next(submitted, Step::Answer(Side::Staff, Yes)).unwrap();
        assert_eq!(approved.status, Approved);
        let refused = next(submitted, Step::Answer(Side::Client, Yes)).unwrap_err();
        assert_eq!(refused.message().code(), NO_CLIENT.code);
    }

    #[test]
    fn whatever_is_applied_was_approved_by_both() {
        let mut reached = vec![at(Draft, None, None)];
        let mut place = 0;
        while let Some(state) = reached.get(place).copied() {
            for after in STEPS.into_iter().filter_map(|step| next(state, step).ok()) {
                if !reached.contains(&after) {
                    reached.push(after);
                }
            }
            place += 1;
        }
        let over = reached.iter().filter(|state| matches!(state.status, Approved | Applied));
        assert!(over.clone().count() == 2);
        assert!(over.into_iter().all(|state| state.staff == Some(Yes) && state.client == Some(Yes)));
    }

    #[test]
    fn days_pass_leap_days_and_end_with_the_calendar() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
        assert_eq!(moved(day(2028, 2, 28), 1).unwrap(), day(2028, 2, 29));
        assert_eq!(moved(day(2028, 3, 1), -1).unwrap(), day(2028, 2, 29));
        assert_eq!(moved(None, 5).unwrap(), None);
        assert!(moved(Some(NaiveDate::MAX), 1).is_err());
    }
}
