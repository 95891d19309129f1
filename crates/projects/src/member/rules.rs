//! Rules of teams. No database, no clock.

use chrono::NaiveDate;
use kernel::{Error, Fields, Result, Text, patch, text};

use super::{entity::Model, mutation::UpdateProjectMemberInput};
use crate::project::rules;

/// The person is on the team.
pub const ALREADY_MEMBER: Text = Text::new(
    "already_member",
    "This person is on the team already.",
    "Cette personne fait déjà partie de l'équipe.",
);

/// The person has left the team.
pub const HAS_LEFT: Text = Text::new(
    "has_left",
    "This person has left the team. Add them again.",
    "Cette personne a quitté l'équipe. Ajoutez-la de nouveau.",
);

/// A share of working time is between nothing and all of it.
pub const ALLOCATION: Text = Text::new(
    "bad_allocation",
    "An allocation is between 0 and 10000 basis points.",
    "Une affectation est comprise entre 0 et 10000 points de base.",
);

/// Somebody leaves before they join.
pub const LEFT_BEFORE_JOINED: Text = Text::new(
    "left_before_joined",
    "The last day cannot be before the first.",
    "Le dernier jour ne peut pas précéder le premier.",
);

/// Somebody leaves in future.
pub const LEFT_IN_FUTURE: Text = Text::new(
    "left_in_future",
    "The last day cannot be in the future.",
    "Le dernier jour ne peut pas être dans le futur.",
);

/// Longest title, in characters.
const TITLE_MAX: usize = 120;

/// What somebody does on the team, in a line; none if blank.
pub fn title(text: Option<&str>, fields: &mut Fields) -> Option<String> {
    fields.take(text::optional_line(text, "title", TITLE_MAX)).flatten()
}

/// Adds an error unless the share is none, or between 0 and 10000 basis points.
pub fn check_allocation(basis_points: Option<i32>, fields: &mut Fields) {
    let fits = basis_points.is_none_or(|points| (0..=10_000).contains(&points));
    fields.require(fits, "allocation", ALLOCATION);
}

/// The place as an input changes it.
///
/// # Errors
/// INVALID with every wrong field.
pub fn changed(before: &Model, input: UpdateProjectMemberInput) -> Result<Model> {
    let UpdateProjectMemberInput {
        id: _,
        expected_version: _,
        role_id,
        title,
        bill_rate,
        allocation,
        joined_on,
    } = input;
    let mut after = before.clone();
    let mut fields = Fields::new();
    after.role_id = patch::optional(role_id).unwrap_or(after.role_id);
    if let Some(text) = patch::optional(title) {
        after.title = self::title(text.as_deref(), &mut fields);
    }
    if let Some(rate) = patch::optional(bill_rate) {
        (after.bill_rate_minor, after.rate_currency) = rules::rate(rate, "billRate", &mut fields);
    }
    after.allocation_bp = patch::optional(allocation).unwrap_or(after.allocation_bp);
    check_allocation(after.allocation_bp, &mut fields);
    if let Some(date) = patch::required(joined_on, "joinedOn", &mut fields) {
        after.joined_on = date.naive();
    }
    fields.check()?;
    Ok(after)
}

/// The last day of somebody who leaves: the one given, or today; somebody who was to join later leaves on the day they
/// would have joined.
///
/// # Errors
/// INVALID at `leftOn` for a day in the future or before they joined.
pub fn left_on(joined_on: NaiveDate, given: Option<NaiveDate>, today: NaiveDate) -> Result<NaiveDate> {
    match given {
        None => Ok(today.max(joined_on)),
        Some(day) if day < joined_on => Err(Error::field("leftOn", LEFT_BEFORE_JOINED)),
        Some(day) if day > today => Err(Error::field("leftOn", LEFT_IN_FUTURE)),
        Some(day) => Ok(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
    }

    #[test]
    fn people_leave_today_or_on_a_past_day_since_they_joined() {
        assert_eq!(left_on(day(5), None, day(10)).unwrap(), day(10));
        assert_eq!(left_on(day(15), None, day(10)).unwrap(), day(15));
        assert_eq!(left_on(day(5), Some(day(7)), day(10)).unwrap(), day(7));
        let code = |given| left_on(day(5), Some(given), day(10)).unwrap_err().message().code();
        assert_eq!(code(day(4)), "left_before_joined");
        assert_eq!(code(day(11)), "left_in_future");
    }

    #[test]
    fn allocation_is_a_share_of_the_whole() {
        for (points, fits) in
            [(None, true), (Some(0), true), (Some(10_000), true), (Some(-1), false), (Some(10_001), false)]
        {
            let mut fields = Fields::new();
            check_allocation(points, &mut fields);
            assert_eq!(fields.check().is_ok(), fits, "{points:?}");
        }
    }
}
