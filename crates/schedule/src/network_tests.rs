//! Tests of what a network refuses.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::calendar::Pattern;

fn calendar() -> Calendar {
    let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    Calendar::new(&Pattern::continuous(), day, day).unwrap()
}

fn network(count: usize, links: &[(usize, usize)]) -> Result<Network, Unsound> {
    let activity = Activity { duration: 1, ..Activity::default() };
    let link = |(predecessor, successor): &(usize, usize)| Link {
        predecessor: *predecessor,
        successor: *successor,
        kind: Kind::FinishToStart,
        lag: 0,
    };
    Network::new(vec![calendar()], 0, 0, 0, vec![activity; count], links.iter().map(link).collect())
}

#[test]
fn what_is_not_there_is_refused() {
    assert_eq!(network(2, &[(0, 1), (1, 2)]).unwrap_err(), Unsound::UnknownActivity(1));
    let wrong = Activity { calendar: 1, ..Activity::default() };
    assert_eq!(
        Network::new(vec![calendar()], 0, 0, 0, vec![wrong], vec![]).unwrap_err(),
        Unsound::UnknownCalendar(0)
    );
    let wrong = Activity { duration: -1, ..Activity::default() };
    assert_eq!(
        Network::new(vec![calendar()], 0, 0, 0, vec![wrong], vec![]).unwrap_err(),
        Unsound::BadDuration(0)
    );
    let wrong = Activity { progress: Progress::Finished(5, 4), ..Activity::default() };
    assert_eq!(
        Network::new(vec![calendar()], 0, 0, 0, vec![wrong], vec![]).unwrap_err(),
        Unsound::BadDuration(0)
    );
    assert!(network(0, &[]).unwrap().is_empty());
}

#[test]
fn cycle_is_named_by_its_members_in_order() {
    let Err(Unsound::Cycle(members)) = network(6, &[(0, 1), (1, 2), (2, 3), (3, 1), (3, 4), (4, 5)]) else {
        panic!()
    };
    let place = members.iter().position(|member| *member == 1).unwrap();
    let mut members = members;
    members.rotate_left(place);
    assert_eq!(members, [1, 2, 3], "who only waits for it is not in it");
    assert_eq!(network(1, &[(0, 0)]).unwrap_err(), Unsound::Cycle(vec![0]));
}

proptest! {
    #[test]
    fn every_cycle_is_found_and_is_one(links in prop::collection::vec((0_usize..12, 0_usize..12), 0..30)) {
        match network(12, &links) {
            Err(Unsound::Cycle(members)) => {
                for (at, member) in members.iter().enumerate() {
                    let next = members[(at + 1) % members.len()];
                    prop_assert!(links.contains(&(*member, next)), "{members:?}");
                }
                prop_assert_eq!(members.iter().collect::<BTreeSet<_>>().len(), members.len());
            }
            Ok(network) => {
                for (predecessor, successor) in links {
                    prop_assert!(network.place[predecessor] < network.place[successor]);
                }
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }
}
