//! Things within things of their kind, tasks and projects: how deep they go, and that none is within itself. No
//! database.

use std::{collections::HashMap, hash::Hash};

use kernel::{Said, Text};

/// It would be within itself.
pub const WITHIN_ITSELF: Text = Text::new(
    "within_itself",
    "Nothing can be part of itself or of its own parts.",
    "Rien ne peut faire partie de soi-même ni de ses propres parties.",
);

/// They are nested too deep.
pub const TOO_DEEP: Text = Text::new(
    "too_deep",
    "This can be nested {max} deep at most.",
    "L'imbrication est possible sur {max} niveaux au plus.",
);

/// How deep they can be nested; one without parts and parent is one level.
pub const MAX_DEPTH: usize = 5;

/// Which is part of which.
#[derive(Clone, Debug)]
pub struct Family<K>(HashMap<K, K>);

impl<K: Copy + Eq + Hash> FromIterator<(K, K)> for Family<K> {
    /// Of pairs of a thing and what it is part of.
    fn from_iter<I: IntoIterator<Item = (K, K)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<K: Copy + Eq + Hash> Family<K> {
    /// Makes one part of another, or of none.
    ///
    /// # Errors
    /// It would be within itself, or too deep; nothing changes then.
    pub fn adopt(&mut self, child: K, parent: Option<K>) -> Result<(), Said> {
        let Some(parent) = parent else {
            self.0.remove(&child);
            return Ok(());
        };
        let above: Vec<K> = self.line(parent).collect();
        if above.contains(&child) {
            return Err(WITHIN_ITSELF.into());
        }
        if above.len() + self.height(child) > MAX_DEPTH {
            return Err(TOO_DEEP.with("max", MAX_DEPTH));
        }
        self.0.insert(child, parent);
        Ok(())
    }

    /// One and what it is part of, and so on.
    pub fn line(&self, from: K) -> impl Iterator<Item = K> {
        // Invariant: none is within itself; the bound is for what was written by other means.
        std::iter::successors(Some(from), |at| self.0.get(at).copied()).take(2 * MAX_DEPTH)
    }

    /// Levels of one with its parts.
    fn height(&self, of: K) -> usize {
        let below = |part: &K| self.line(*part).position(|above| above == of).map(|place| place + 1);
        self.0.keys().filter_map(below).max().unwrap_or(1)
    }

    /// Whether one is part of another, at whatever depth, or is the other.
    pub fn is_within(&self, inner: K, outer: K) -> bool {
        self.line(inner).any(|above| above == outer)
    }

    /// How many are above one.
    pub fn depth(&self, of: K) -> usize {
        self.line(of).count() - 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_part_of_itself_or_its_parts() {
        let mut family: Family<u32> = [(2, 1), (3, 2)].into_iter().collect();
        for parent in [1, 2, 3] {
            assert_eq!(family.adopt(1, Some(parent)).unwrap_err().code(), "within_itself");
        }
        assert!(family.adopt(3, Some(1)).is_ok());
        assert!(family.adopt(2, None).is_ok());
        assert!(family.adopt(1, Some(2)).is_ok());
    }

    #[test]
    fn parts_of_parts_are_within() {
        let family: Family<u32> = [(2, 1), (3, 2), (4, 1)].into_iter().collect();
        assert!(family.is_within(3, 1) && family.is_within(3, 3));
        assert!(!family.is_within(1, 3) && !family.is_within(3, 4));
    }

    #[test]
    fn depth_counts_what_comes_along() {
        let mut family: Family<u32> = (1..4).map(|number| (number + 1, number)).collect();
        assert!(family.adopt(5, Some(4)).is_ok());
        assert_eq!(family.adopt(6, Some(5)).unwrap_err().code(), "too_deep");
        assert_eq!(family.adopt(1, Some(9)).unwrap_err().code(), "too_deep");
    }

    proptest! {
        #[test]
        fn whatever_is_adopted_stays_a_forest_of_bounded_depth(wishes in prop::collection::vec((0_u32..10, 0_u32..10), 0..80)) {
            let mut family = Family::from_iter([]);
            for (child, parent) in wishes {
                let _ = family.adopt(child, Some(parent));
                for number in 0..10 {
                    prop_assert!(family.line(number).count() <= MAX_DEPTH);
                }
            }
        }
    }
}
