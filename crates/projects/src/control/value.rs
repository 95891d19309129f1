//! The earned value of a project, and of many together.

use kernel::{Error, Result, ask::Ask, id::BaselineId, money::Currency};
use schedule::earned::{EarnedValue, share};

use super::{
    Subject,
    rules::Planned,
    store::{self, Asked, Pending},
};
use crate::portfolio::{Worked, worked};

/// What a project amounts to now.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    /// What its tasks amount to.
    pub(crate) planned: Planned,
    /// In minutes.
    pub(crate) work: EarnedValue,
    /// In minor units of the budget's currency; none without a budget in money, or without any estimate to spread it by.
    pub(crate) money: Option<(Currency, EarnedValue)>,
    /// Its budget in money and what of it is used, in minor units of its currency, whether or not anything is estimated.
    pub(crate) spent: Option<(i64, i64)>,
    /// Billable minutes that are not approved yet and have no rate.
    pub(crate) unrated: i64,
    /// The baseline that it is measured by.
    pub(crate) baseline: Option<BaselineId>,
}

/// The earned value of a project at the moment of the request, together with those of other projects.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn of_project(ask: &Ask, project: &Subject) -> Result<Value> {
    let (id, budget) = (project.id, project.budget);
    let (planned, worked, pending, baseline) = futures::try_join!(
        store::planned(ask, Asked::from(project)),
        worked(ask, id),
        store::pending(ask, id, budget.is_some()),
        store::baseline(ask, id)
    )?;
    Ok(Value { baseline, ..value(planned, &worked, &pending, budget)? })
}

fn value(
    planned: Planned,
    worked: &Worked,
    pending: &Pending,
    budget: Option<(i64, Currency)>,
) -> Result<Value> {
    let work = EarnedValue { actual: worked.minutes, ..planned.work };
    let spent = budget.map(|(budget, currency)| {
        let both = Worked { minutes: 0, worth: worked.worth.iter().chain(&pending.worth).copied().collect() };
        Ok::<_, Error>((currency, budget, both.worth(currency)?.amount))
    });
    let spent = spent.transpose()?;
    let money = spent.filter(|_| work.budget > 0).map(|(currency, budget, actual)| {
        let part = |minutes| share(budget, minutes, work.budget);
        let (planned, earned) = (part(work.planned), part(work.earned));
        (currency, EarnedValue { budget, planned, earned, actual })
    });
    let spent = spent.map(|(_, budget, actual)| (budget, actual));
    Ok(Value { planned, work, money, spent, unrated: pending.unrated, baseline: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_earned_in_proportion_to_estimated_work() {
        let euro: Currency = "EUR".parse().unwrap();
        let dollar: Currency = "USD".parse().unwrap();
        let work = EarnedValue { budget: 600, planned: 300, earned: 200, actual: 0 };
        let planned = Planned { work, tasks: 3, ..Planned::default() };
        // An hour and a half at 100.00, of which a third waits for approval, and dollars that are of no account.
        let worked = Worked { minutes: 90, worth: vec![(euro, 10_000 * 60), (dollar, 77)] };
        let pending = Pending { worth: vec![(euro, 10_000 * 30)], unrated: 5 };
        let all = value(planned, &worked, &pending, Some((100_000, euro))).unwrap();
        assert_eq!(all.work, EarnedValue { actual: 90, ..work });
        let money = EarnedValue { budget: 100_000, planned: 50_000, earned: 33_333, actual: 15_000 };
        assert_eq!((all.money, all.unrated), (Some((euro, money)), 5));
        assert_eq!(value(planned, &worked, &pending, None).unwrap().money, None);
        let blank = value(Planned::default(), &worked, &pending, Some((100_000, euro))).unwrap();
        assert_eq!(blank.money, None, "nothing to spread the budget by");
        assert_eq!((blank.spent, all.spent), (Some((100_000, 15_000)), Some((100_000, 15_000))));
    }
}
