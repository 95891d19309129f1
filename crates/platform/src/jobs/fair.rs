//! Fairness: one tenant, or one kind of job, that could fill a worker for a long time leaves places for the others.

use std::{collections::HashMap, hash::Hash};

use super::{queue::Others, run::Run};

/// Jobs that a worker does at once.
pub(super) const AT_ONCE: usize = 64;

/// Further places, for jobs of others than the tenant or kind that fills half of the usual ones.
pub(super) const RESERVED: usize = 16;

/// Whom the reserved places are for at the moment; none if nobody fills the worker.
pub(super) fn others<'a>(running: impl Iterator<Item = &'a Run> + Clone) -> Option<Others> {
    let tenant = crowd(running.clone().map(|run| run.tenant_id));
    let kind = crowd(running.map(|run| run.kind.as_str())).map(str::to_owned);
    (tenant.is_some() || kind.is_some()).then_some(Others { tenant, kind })
}

/// What half of the places are filled with.
fn crowd<T: Eq + Hash + Copy>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts.into_iter().find(|(_, count)| *count * 2 > AT_ONCE).map(|(item, _)| item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fills_more_than_half_is_a_crowd() {
        let half = AT_ONCE / 2;
        let items = |ones: usize| std::iter::repeat_n(1, ones).chain(std::iter::repeat_n(2, AT_ONCE - ones));
        assert_eq!(crowd(items(half)), None);
        assert_eq!(crowd(items(half + 1)), Some(1));
        assert_eq!(crowd(items(0)), Some(2));
        assert_eq!(crowd(std::iter::empty::<i32>()), None);
    }
}
