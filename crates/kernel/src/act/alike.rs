//! Rows that change alike, put together so that few statements write many: which changes are the same, and which are of
//! the same columns. No database.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher, RandomState},
};

use sea_orm::{EntityTrait, IdenStatic, Value};
use uuid::Uuid;

/// Columns with their new values.
pub(super) type Values<E> = Vec<(<E as EntityTrait>::Column, Value)>;

/// A row by its id, with the version it must have.
pub(super) type Member = (Uuid, Option<i64>);

/// What changes, and which rows.
pub(super) type Group<E> = (Values<E>, Vec<Member>);

/// Rows by what changes in them, in the order in which that was first met.
pub(super) struct Alike<E: EntityTrait> {
    groups: Vec<Group<E>>,
    /// By the hash of what changes: the places of the groups that have it, which is one but by chance.
    places: HashMap<u64, Vec<usize>>,
    hasher: RandomState,
}

impl<E: EntityTrait> Default for Alike<E> {
    fn default() -> Self {
        Self { groups: Vec::new(), places: HashMap::new(), hasher: RandomState::new() }
    }
}

impl<E: EntityTrait> Alike<E> {
    /// Puts a row to those that change as it does.
    pub(super) fn add(&mut self, changed: Values<E>, member: Member) {
        let places = self.places.entry(hash(&self.hasher, &changed)).or_default();
        match places.iter().find(|place| same::<E>(&self.groups[**place].0, &changed)) {
            Some(place) => self.groups[*place].1.push(member),
            None => {
                places.push(self.groups.len());
                self.groups.push((changed, vec![member]));
            }
        }
    }

    /// The groups put together that change the same columns, to whatever values.
    pub(super) fn by_columns(self) -> Vec<Vec<Group<E>>> {
        let mut alike: Vec<Vec<Group<E>>> = Vec::new();
        let mut places: HashMap<Vec<&'static str>, usize> = HashMap::new();
        for group in self.groups {
            let columns = group.0.iter().map(|(column, _)| column.as_str()).collect();
            let place = *places.entry(columns).or_insert(alike.len());
            match alike.get_mut(place) {
                Some(known) => known.push(group),
                None => alike.push(vec![group]),
            }
        }
        alike
    }
}

fn hash<E: IdenStatic>(hasher: &RandomState, changed: &[(E, Value)]) -> u64 {
    let mut state = hasher.build_hasher();
    for (column, value) in changed {
        column.as_str().hash(&mut state);
        value.hash(&mut state);
    }
    state.finish()
}

fn same<E: EntityTrait>(one: &[(E::Column, Value)], other: &[(E::Column, Value)]) -> bool {
    let names = |changed: &[(E::Column, Value)]| {
        changed.iter().map(|(column, _)| column.as_str()).collect::<Vec<_>>()
    };
    let values = one.iter().zip(other).all(|((_, value), (_, like))| value == like);
    one.len() == other.len() && values && names(one) == names(other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::assignment::{Column, Entity};

    /// A change of up to two columns, of few values, so that many are the same.
    fn change((kind, role): (Option<u8>, Option<bool>)) -> Values<Entity> {
        let kind = kind.map(|kind| (Column::Kind, Value::from(format!("kind {kind}"))));
        let role = role.map(|role| (Column::RoleId, Value::Uuid(role.then(Uuid::max))));
        kind.into_iter().chain(role).collect()
    }

    fn member(place: usize) -> Member {
        (Uuid::from_u128(place as u128), Some(place as i64))
    }

    /// A change by the names of its columns, and who has it.
    type Named = (Vec<(&'static str, Value)>, Vec<Member>);

    fn named(changed: &Values<Entity>) -> Vec<(&'static str, Value)> {
        changed.iter().map(|(column, value)| (column.as_str(), value.clone())).collect()
    }

    proptest! {
        #[test]
        fn rows_are_with_those_that_change_alike_in_their_order(
            changes in prop::collection::vec((prop::option::of(0_u8..4), prop::option::of(any::<bool>())), 0..60),
        ) {
            let mut alike = Alike::<Entity>::default();
            let mut expected: Vec<Named> = Vec::new();
            for (place, wanted) in changes.into_iter().enumerate() {
                let changed = change(wanted);
                match expected.iter_mut().find(|(known, _)| *known == named(&changed)) {
                    Some((_, members)) => members.push(member(place)),
                    None => expected.push((named(&changed), vec![member(place)])),
                }
                alike.add(changed, member(place));
            }
            let columns = |group: &[(&'static str, Value)]| -> Vec<_> { group.iter().map(|one| one.0).collect() };
            let found = alike.by_columns();
            for groups in &found {
                let these: Vec<_> = groups.iter().map(|(changed, rows)| (named(changed), rows.clone())).collect();
                let of = columns(&these[0].0);
                let those: Vec<_> =
                    expected.iter().filter(|(changed, _)| columns(changed) == of).cloned().collect();
                prop_assert_eq!(these, those);
            }
            prop_assert_eq!(found.iter().map(Vec::len).sum::<usize>(), expected.len());
        }
    }
}
