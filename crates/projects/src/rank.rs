//! Ranks: texts that put things into an order which people change by dragging.
//!
//! A rank is a fraction between 0 and 1, written as its decimal digits without a trailing zero, so that ranks compare
//! as texts in any collation. Between two ranks there is always a third. A new rank is drawn at random from the middle
//! of the room there is: two people who drop at the same place at the same time get different ranks but for one case in
//! a million, and then the id decides, so the order is always total.
//!
//! Ranks that are made at the same place again and again grow by about half a digit each. One that would pass
//! [`MAX_DIGITS`] (or that has no room, because of that one case) is not used; instead the rows around the place, a
//! hundred to each side, are [`spread`] evenly over the room they have together.

/// Digits of a rank in open country.
const DIGITS: usize = 12;

/// A rank with more digits makes the rows around it move.
pub const MAX_DIGITS: usize = 48;

/// How far apart rows at the end of a list are set, and out of how many ranks one is drawn at least.
const STEP: u64 = 1_000_000;

/// The least room that a rank is drawn from.
const ROOM: u64 = 3 * STEP;

/// A rank after `low` and before `high`; none is an open end. `entropy` draws it. None if there is no room, which is
/// when `low` is not before `high`.
#[must_use]
pub fn between(low: Option<&str>, high: Option<&str>, entropy: u64) -> Option<String> {
    let (digits, room) = room(low, high, ROOM)?;
    let offset = match (low, high) {
        (Some(_), None) if room > 3 * STEP => STEP + entropy % STEP,
        (None, Some(_)) if room > 3 * STEP => room - STEP - entropy % STEP - 2,
        _ => room / 3 + entropy % (room / 3),
    };
    Some(after(low, digits, offset))
}

/// `count` ranks in order, evenly between `low` and `high`. None if there is no room.
#[must_use]
pub fn spread(low: Option<&str>, high: Option<&str>, count: usize) -> Option<Vec<String>> {
    let parts = u64::try_from(count).ok()?.checked_add(1)?;
    let (digits, room) = room(low, high, parts.checked_mul(STEP)?)?;
    Some((1..parts).map(|part| after(low, digits, room / parts * part)).collect())
}

/// How something gets a place in a short list that is in memory whole.
#[derive(Debug, PartialEq, Eq)]
pub enum Slot {
    /// The rank of the place.
    Free(String),
    /// There is no room: the rank of the place, and new ranks for all others in their order.
    Spread(String, Vec<String>),
}

/// The rank for what is to stand at `place` among `ranks`, which are in order.
#[must_use]
pub fn slot(ranks: &[&str], place: usize, entropy: u64) -> Slot {
    let place = place.min(ranks.len());
    let low = place.checked_sub(1).and_then(|index| ranks.get(index)).copied();
    let room = between(low, ranks.get(place).copied(), entropy);
    if let Some(rank) = room.filter(|rank| rank.len() <= MAX_DIGITS) {
        return Slot::Free(rank);
    }
    // Invariant: the open line has room for any count that memory has.
    let mut all = spread(None, None, ranks.len() + 1).unwrap_or_default();
    let rank = all.remove(place);
    Slot::Spread(rank, all)
}

fn digit(rank: Option<&str>, place: usize) -> i128 {
    rank.and_then(|rank| rank.as_bytes().get(place))
        .map_or(0, |digit| i128::from(digit.saturating_sub(b'0').min(9)))
}

/// The least number of digits, from [`DIGITS`], with which at least `wanted` ranks fit between `low` and `high`, and
/// how many fit.
fn room(low: Option<&str>, high: Option<&str>, wanted: u64) -> Option<(usize, u64)> {
    let longest = low.map_or(0, str::len).max(high.map_or(0, str::len));
    // Invariant: with so many digits more than either end has, any room at all is as wide as it was wanted.
    let enough = longest.max(DIGITS) + 20;
    let mut room: i128 = if high.is_none() { 1 } else { 0 };
    for place in 0..enough {
        room = room * 10 + digit(high, place) - digit(low, place);
        if place + 1 >= DIGITS && room >= i128::from(wanted) {
            return u64::try_from(room).ok().map(|room| (place + 1, room));
        }
        // Reason: the ends are in the wrong order; more digits only make it clearer.
        if room < 0 {
            return None;
        }
    }
    None
}

/// The rank `offset` steps of the last of `digits` digits after `low`, or the one after it instead of a trailing zero.
///
/// Invariant: `offset` is at least 1 and at most two less than the room, so the result is between the ends.
fn after(low: Option<&str>, digits: usize, offset: u64) -> String {
    let mut carry = i128::from(offset);
    let mut written = vec![0_u8; digits];
    for place in (0..digits).rev() {
        let sum = digit(low, place) + carry;
        carry = sum / 10;
        written[place] = u8::try_from(sum % 10).unwrap_or_default();
    }
    if let Some(last) = written.last_mut().filter(|last| **last == 0) {
        *last = 1;
    }
    written.into_iter().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rank() -> impl Strategy<Value = String> {
        "[0-9]{0,30}[1-9]"
    }

    #[test]
    fn appending_a_hundred_thousand_times_stays_short() {
        let mut last = between(None, None, 7).unwrap();
        for entropy in 0..100_000 {
            let next = between(Some(&last), None, entropy * 7_919).unwrap();
            assert!(next > last, "{next} after {last}");
            last = next;
        }
        assert_eq!(last.len(), DIGITS);
    }

    #[test]
    fn prepending_stays_short() {
        let mut first = between(None, None, 7).unwrap();
        for entropy in 0..10_000 {
            let next = between(None, Some(&first), entropy * 7_919).unwrap();
            assert!(next < first, "{next} before {first}");
            first = next;
        }
        assert_eq!(first.len(), DIGITS);
    }

    #[test]
    fn appending_at_the_very_end_still_finds_room() {
        let end = "9".repeat(DIGITS);
        let next = between(Some(&end), None, 3).unwrap();
        assert!(next > end);
    }

    #[test]
    fn dropping_at_one_place_grows_half_a_digit_a_time() {
        let (low, mut high) = (between(None, None, 1).unwrap(), between(None, None, 900_000).unwrap());
        for entropy in 0..60 {
            high = between(Some(&low), Some(&high), entropy).unwrap();
        }
        assert!(high.len() <= MAX_DIGITS, "{high}");
    }

    #[test]
    fn equal_and_swapped_ends_have_no_room() {
        assert_eq!(between(Some("5"), Some("5"), 1), None);
        assert_eq!(between(Some("6"), Some("5"), 1), None);
        assert_eq!(spread(Some("5"), Some("5"), 3), None);
    }

    #[test]
    fn place_without_room_moves_the_others() {
        assert!(matches!(slot(&["2", "4"], 1, 7), Slot::Free(rank) if "2" < &*rank && &*rank < "4"));
        let Slot::Spread(rank, others) = slot(&["5", "5"], 1, 7) else { panic!("there is no room") };
        assert!(others.len() == 2 && others[0] < rank && rank < others[1], "{rank} {others:?}");
    }

    #[test]
    fn drops_at_one_place_at_one_time_differ() {
        let (low, high) = ("500000000001", "500000000002");
        let mut seen: Vec<String> =
            (0..1_000).map(|entropy| between(Some(low), Some(high), entropy * 997).unwrap()).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 1_000);
    }

    proptest! {
        #[test]
        fn a_rank_between_is_between(one in rank(), other in rank(), entropy: u64) {
            prop_assume!(one != other);
            let (low, high) = if one < other { (one, other) } else { (other, one) };
            let middle = between(Some(&low), Some(&high), entropy).unwrap();
            prop_assert!(low < middle && middle < high, "{low} {middle} {high}");
            prop_assert!(!middle.ends_with('0'));
        }

        #[test]
        fn open_ends_are_open(rank in rank(), entropy: u64) {
            let later = between(Some(&rank), None, entropy).unwrap();
            let sooner = between(None, Some(&rank), entropy).unwrap();
            prop_assert!(sooner < rank && rank < later, "{sooner} {rank} {later}");
        }

        #[test]
        fn spread_ranks_are_in_order_and_between(one in rank(), other in rank(), count in 0_usize..250) {
            prop_assume!(one != other);
            let (low, high) = if one < other { (one, other) } else { (other, one) };
            let mut all = spread(Some(&low), Some(&high), count).unwrap();
            prop_assert_eq!(all.len(), count);
            all.insert(0, low);
            all.push(high);
            prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
        }

        /// Each drop sees the list as it was some drops ago, as concurrent acts do.
        #[test]
        fn drops_on_stale_lists_keep_a_total_order(drops in prop::collection::vec((0_usize..40, 0_usize..6, any::<u64>()), 1..60)) {
            let mut history: Vec<Vec<(String, usize)>> = vec![vec![]];
            for (id, (place, stale, entropy)) in drops.into_iter().enumerate() {
                let seen = &history[history.len().saturating_sub(1 + stale)];
                let place = place.min(seen.len());
                let low = place.checked_sub(1).map(|index| seen[index].0.as_str());
                let high = seen.get(place).map(|(rank, _)| rank.as_str());
                let rank = between(low, high, entropy);
                prop_assume!(rank.is_some());
                let mut now = history[history.len() - 1].clone();
                now.push((rank.unwrap(), id));
                now.sort();
                history.push(now);
            }
            let last = &history[history.len() - 1];
            prop_assert!(last.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
