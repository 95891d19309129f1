//! Tests of what is told of plans that contradict themselves without number.

use kernel::locale::Language;

use super::{
    super::{
        made::{as_of, day, plan},
        read::conflicts,
    },
    *,
};

// keeps: PR-11
#[test]
fn conflicts_without_number_are_told_worst_first_and_counted() {
    let mut source = plan();
    for place in 0..1_000 {
        let task = source.add(&format!("Step {place}"), 60, 0);
        source.tasks[task].deadline_on = Some(day("2026-03-09"));
        if place > 0 {
            source.wait(task - 1, task);
        }
    }
    let plan = Analysis::new(source, as_of(), None).unwrap();
    let (told, count) = conflicts(&plan, Language::En);
    // The first eight are done on their day.
    assert_eq!((told.len(), count), (MAX_CONFLICTS, 992));
    assert!(told.is_sorted_by_key(|one| Reverse(one.by_minutes)));
    let last = Some(plan.source.tasks[999].id);
    assert_eq!((told[0].item.task_id, told[0].path.len(), told[0].path_count), (last, MAX_PATH, 1_000));
    assert_eq!(told[0].path[MAX_PATH - 1].task_id, last, "the end of the path is told");
    assert!(told[0].message.contains(": 980 more → #981 Step 980 → "), "{}", told[0].message);
    assert!(told.iter().all(|one| one.path.len() <= MAX_PATH));
    let (french, _) = conflicts(&plan, Language::Fr);
    assert!(french[0].message.contains("980 autres → #981"), "{}", french[0].message);
}

// keeps: PR-11
#[test]
fn loops_come_first_and_long_ones_are_told_in_part() {
    let mut source = plan();
    let whole = source.add("Whole", 60, 0);
    for place in 0..30 {
        let part = source.add("Part", 60, 0);
        source.tasks[part].parent_id = Some(source.tasks[whole].id);
        if place > 0 {
            source.wait(part - 1, part);
        }
    }
    let after = source.add("After", 60, 0);
    source.tasks[after].deadline_on = Some(day("2026-03-09"));
    source.wait(whole, after);
    source.wait(after, 1);
    let plan = Analysis::new(source, as_of(), None).unwrap();
    let (told, count) = plan.conflicts();
    assert_eq!((count, told[1].wish), (2, Wished::Deadline(told_end())));
    assert!(matches!(told[0].wish, Wished::Loop(_)), "{told:?}");
    assert_eq!(told[0].path.len(), MAX_PATH);
    assert!(told[0].more >= 10 && told[0].path[0] == told[0].item, "{told:?}");
}

/// The end of the first day.
fn told_end() -> Instant {
    instant(chrono_tz::UTC, day("2026-03-10"), 0)
}
