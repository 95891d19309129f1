//! Tests of levelling as people read it: it holds once it is applied, and each move says what it is for.

use kernel::{id::TaskId, locale::Language};

use super::{
    super::{
        level_graphql::{Levelling, LevellingMove},
        made::{as_of, day, id, plan},
        moves::{self, MoveReason},
    },
    *,
};

const ANN: usize = 0;
const BOB: usize = 1;
const DAN: usize = 2;

fn levelled(source: &Source) -> Outcome {
    level(source.clone(), as_of(), false).unwrap_or_else(|_| panic!("it is short"))
}

fn told(source: &Source) -> Levelling {
    levelled(source).told(&HashMap::from([(id(ANN), "Ann".to_owned())]), Language::En)
}

fn of(told: &Levelling, place: usize) -> Option<&LevellingMove> {
    told.moves.iter().find(|one| one.task.task_id == id::<TaskId>(place))
}

/// The days that a task moves to, and why.
fn said(told: &Levelling, place: usize) -> (String, &str) {
    let task = &of(told, place).unwrap_or_else(|| panic!("{place} stays")).task;
    let days = task.to_start_on.zip(task.to_due_on).map(|(first, last)| format!("{first} {last}"));
    (days.unwrap_or_default(), &task.message)
}

/// The plan after its levelling was applied.
fn applied(source: &Source) -> Source {
    let mut after = source.clone();
    for (placed, _) in levelled(source).moves {
        let task = &mut after.tasks[placed.place];
        (task.start_on, task.due_on) = (placed.start_on, placed.due_on);
        task.set_plan(placed.plan);
    }
    after
}

/// The tasks that a reschedule moves.
fn rescheduled(source: &Source) -> Vec<usize> {
    let plan = Analysis::new(source.clone(), as_of(), None).unwrap();
    moves::placed(&plan, &plan, &[]).iter().map(|placed| placed.place).collect()
}

/// Two of Ann's at once on a Monday: the second is done in the afternoon, and Bob waits for it with a whole day.
fn within_a_day() -> (Source, [usize; 4]) {
    let mut source = plan();
    let (first, second) = (source.add("First", 240, ANN), source.add("Second", 240, ANN));
    let (long, whole) = (source.add("Long", 960, DAN), source.add("Whole day", 480, BOB));
    source.wait(first, long);
    source.wait(second, whole);
    (source, [first, second, long, whole])
}

// keeps: PR-13
#[test]
fn levelling_holds_once_it_is_applied_also_behind_what_moves_within_its_day() {
    let (mut source, [first, second, long, whole]) = within_a_day();
    source.put(first, "2026-03-09", "2026-03-09");
    source.put(long, "2026-03-09", "2026-03-11");
    let before = told(&source);
    assert_eq!(said(&before, second).0, "2026-03-09 2026-03-09", "its first days");
    assert_eq!(
        said(&before, whole),
        ("2026-03-10 2026-03-10".to_owned(), "It waits for #2 Second, which moves.")
    );
    let after = applied(&source);
    assert_eq!(after.tasks[second].plan().constraint, None, "no day holds an afternoon");
    let held = after.tasks[whole].plan();
    assert_eq!(
        (held.constraint, held.constraint_on),
        (Some(PlanConstraint::NotEarlier), Some(day("2026-03-10").into()))
    );
    assert_eq!(rescheduled(&after), [0; 0], "the schedule leaves them there");
    assert_eq!(told(&after).moves.len(), 0, "nothing is left to move");
}

// keeps: PR-13
#[test]
fn what_is_held_within_a_day_does_not_go_before_what_it_waited_for() {
    let mut source = plan();
    let (first, second) = (source.add("First", 720, ANN), source.add("Second", 480, ANN));
    source.add("Long", 1_440, DAN);
    let before = levelled(&source);
    let told = told(&source);
    assert_eq!(
        said(&told, second),
        ("2026-03-10 2026-03-11".to_owned(), "Ann is needed until then for #1 First (it has less float).")
    );
    let after = applied(&source);
    assert_eq!(after.tasks[second].plan().constraint, Some(PlanConstraint::NotEarlier));
    assert_eq!(after.tasks[first].plan().constraint, None);
    assert_eq!(self::told(&after).moves.len(), 0, "though it has less float now");
    assert_eq!(levelled(&after).levelled.finish, before.levelled.finish);
}

// keeps: PR-13
#[test]
fn what_stays_on_its_days_is_no_move_and_who_waits_for_it_is_told_so() {
    let (mut source, [_, second, _, whole]) = within_a_day();
    source.put(second, "2026-03-09", "2026-03-09");
    let told = told(&source);
    assert!(of(&told, second).is_none(), "it stays on its day");
    assert_eq!(said(&told, whole).1, "It waits for #2 Second, which is done later on its days.");
}

// keeps: PR-13
#[test]
fn what_must_start_on_a_day_keeps_that() {
    let (mut source, [_, _, _, whole]) = within_a_day();
    let task = &mut source.tasks[whole];
    (task.constraint_kind, task.constraint_on) = (Some("must_start".to_owned()), Some(day("2026-03-09")));
    let after = applied(&source);
    assert_eq!(after.tasks[whole].plan().constraint, Some(PlanConstraint::MustStart));
    assert_eq!(told(&after).moves.len(), 0);
}

// keeps: PR-13
#[test]
fn parts_are_told_what_their_whole_waits_for_and_the_whole_moves_with_them() {
    let mut source = plan();
    let (urgent, moving) = (source.add("Urgent", 960, ANN), source.add("Moving", 480, ANN));
    let (whole, inner) = (source.add("Whole", 0, BOB), source.add("Inner", 0, BOB));
    let (part, later) = (source.add("Part", 480, BOB), source.add("Later", 480, BOB));
    let last = source.add("Last", 1_920, DAN);
    source.wait(urgent, last);
    source.wait(moving, whole);
    source.wait(part, later);
    for (part, whole) in [(inner, whole), (part, inner), (later, inner)] {
        source.tasks[part].parent_id = Some(id(whole));
    }
    source.put(whole, "2026-03-10", "2026-03-11");
    let told = told(&source);
    assert_eq!(
        said(&told, moving),
        ("2026-03-11 2026-03-11".to_owned(), "Ann is needed until then for #1 Urgent (it has less float).")
    );
    let one = of(&told, part).unwrap();
    assert_eq!(
        (one.task.reason, one.task.message.as_str()),
        (MoveReason::Link, "It waits for #2 Moving, which moves.")
    );
    assert_eq!(
        (one.task.dependency_id, one.task.driven_by.unwrap().task_id),
        (Some(id(1)), Some(id(moving)))
    );
    assert_eq!(said(&told, later).1, "It waits for #5 Part, which moves.");
    for place in [whole, inner] {
        assert_eq!(said(&told, place), ("2026-03-12 2026-03-13".to_owned(), "Its parts move."));
    }
    let one = of(&told, whole).unwrap();
    assert_eq!(
        (one.by_minutes, one.task.start_by_days, one.task.start_by_minutes),
        (960, Some(2), Some(960))
    );
    let after = applied(&source);
    let held = |place: usize| after.tasks[place].plan().constraint;
    assert_eq!(
        [moving, part, later].map(held),
        [Some(PlanConstraint::NotEarlier), None, None],
        "links hold the others"
    );
    assert!(rescheduled(&after).iter().all(|place| [urgent, last].contains(place)), "they have no days yet");
    assert_eq!(self::told(&after).moves.len(), 0);
}

// keeps: PR-13
#[test]
fn what_has_begun_is_due_when_its_rest_is_done_behind_what_moves() {
    let mut source = plan();
    let (first, begun) = (source.add("First", 480, ANN), source.add("Begun", 480, BOB));
    let long = source.add("Long", 1_440, ANN);
    source.wait(first, begun);
    source.put(begun, "2026-02-27", "2026-03-10");
    source.tasks[begun].status = "doing".to_owned();
    source.tasks[begun].remaining_minutes = Some(480);
    let told = told(&source);
    assert!(of(&told, long).is_none());
    assert_eq!(
        said(&told, begun),
        ("2026-02-27 2026-03-13".to_owned(), "It waits for #1 First, which moves.")
    );
    let after = applied(&source);
    assert_eq!(after.tasks[begun].plan().constraint, None);
    let plan = Analysis::new(after.clone(), as_of(), None).unwrap_or_else(|_| panic!("there is a plan"));
    assert_eq!(
        plan.schedule.finish,
        levelled(&source).levelled.finish,
        "it is finished when it was told to be"
    );
}

// keeps: PR-13
#[test]
fn who_is_in_the_way_is_told_in_part_and_counted() {
    let mut source = plan();
    for place in 0..25 {
        source.add("Small", 480, ANN);
        source.tasks[place].estimate_minutes = Some(19);
    }
    let whole = source.add("Whole", 480, ANN);
    let told = told(&source);
    let one = of(&told, whole).unwrap();
    assert_eq!((one.rivals.len(), one.rival_count), (20, 25));
    assert!(one.task.message.ends_with("(it comes first on the board), 5 more."), "{}", one.task.message);
}
