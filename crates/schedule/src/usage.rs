//! The use of a resource: who has how much of it from when to when, and the level of all of them together.

use std::collections::BTreeMap;

use crate::calendar::Instant;

/// The use of one resource.
#[derive(Default)]
pub(crate) struct Usage {
    taken: Vec<(Instant, Instant, usize)>,
    /// From each instant on, until the next.
    levels: BTreeMap<Instant, i64>,
}

impl Usage {
    /// The first part of a time in which no room is for so many units; it may last longer than that time.
    pub(crate) fn crowded(&self, from: Instant, to: Instant, room: i64) -> Option<(Instant, Instant)> {
        let before = self.levels.range(..=from).next_back().map(|(_, level)| (from, *level));
        let within = self.levels.range(from + 1..to).map(|(at, level)| (*at, *level));
        let begin = before.into_iter().chain(within).find(|(_, level)| *level > room)?.0;
        let mut after = self.levels.range(begin + 1..);
        let end = after.find(|(_, level)| **level <= room).map_or(to, |(at, _)| *at);
        Some((begin, end))
    }

    pub(crate) fn take(&mut self, from: Instant, to: Instant, units: i64, activity: usize) {
        for edge in [from, to] {
            let level = self.levels.range(..=edge).next_back().map_or(0, |(_, level)| *level);
            self.levels.entry(edge).or_insert(level);
        }
        self.levels.range_mut(from..to).for_each(|(_, level)| *level += units);
        self.taken.push((from, to, activity));
    }

    /// At most so many of those who have it in a part of time, who have it until latest first, and how many
    /// they are in all.
    pub(crate) fn holders(&self, from: Instant, to: Instant, most: usize) -> (Vec<usize>, usize) {
        let mut holders: Vec<&(Instant, Instant, usize)> =
            self.taken.iter().filter(|taken| taken.0 < to && taken.1 > from).collect();
        let count = holders.len();
        holders.sort_by_key(|taken| std::cmp::Reverse(taken.1));
        (holders.into_iter().take(most).map(|taken| taken.2).collect(), count)
    }
}
