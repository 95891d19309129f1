//! Networks with published answers. A textbook's day or week is a minute here, on a calendar that never rests.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

use chrono::NaiveDate;
use schedule::{Activity, Calendar, Kind, Link, Network, Pattern, Schedule, Work};

/// An activity of a textbook: name, duration, and who it waits for, as `A`, or `A SS+2` for another kind of link.
type Row<'a> = (&'a str, Work, &'a [&'a str]);

fn links(rows: &[Row<'_>]) -> Vec<Link> {
    let place = |name: &str| rows.iter().position(|row| row.0 == name).unwrap();
    let link = |successor: usize, text: &str| {
        let (name, rule) = text.split_once(' ').unwrap_or((text, "FS"));
        let (kind, lag) = rule.split_at(2);
        let kind = match kind {
            "FS" => Kind::FinishToStart,
            "SS" => Kind::StartToStart,
            "FF" => Kind::FinishToFinish,
            _ => Kind::StartToFinish,
        };
        let lag = if lag.is_empty() { 0 } else { lag.parse().unwrap() };
        Link { predecessor: place(name), successor, kind, lag }
    };
    rows.iter().enumerate().flat_map(|(at, row)| row.2.iter().map(move |text| link(at, text))).collect()
}

fn schedule(rows: &[Row<'_>]) -> Schedule {
    let day = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    let calendar = Calendar::new(&Pattern::continuous(), day, day).unwrap();
    let activity = |row: &Row<'_>| Activity { duration: row.1, ..Activity::default() };
    let activities = rows.iter().map(activity).collect();
    Network::new(vec![calendar], 0, 0, 0, activities, links(rows)).unwrap().schedule()
}

/// Compares early start, early finish, late start and late finish of each activity, in order, and the critical path.
fn check(rows: &[Row<'_>], dates: &[(i64, i64, i64, i64)], critical: &[&str]) {
    let schedule = schedule(rows);
    for ((row, told), expected) in rows.iter().zip(&schedule.dates).zip(dates) {
        let told_dates = (told.early_start, told.early_finish, told.late_start, told.late_finish);
        assert_eq!(told_dates, *expected, "{}", row.0);
        assert_eq!(told.total_float, expected.2 - expected.0, "{}", row.0);
    }
    assert_eq!(rows.len(), dates.len());
    let path: Vec<&str> = schedule.critical_path.iter().map(|activity| rows[*activity].0).collect();
    assert_eq!(path, critical);
}

/// Project Management Institute, "A Guide to the Project Management Body of Knowledge", 6th ed., 2017, figure 6-16, page
/// 211: the longest path A–C–D takes 30, A–B–D 25.
#[test]
fn network_of_the_body_of_knowledge_has_its_dates() {
    check(
        &[("A", 5, &[]), ("B", 5, &["A"]), ("C", 10, &["A"]), ("D", 15, &["B", "C"])],
        &[(0, 5, 0, 5), (5, 10, 10, 15), (5, 15, 5, 15), (15, 30, 15, 30)],
        &["A", "C", "D"],
    );
}

/// F. S. Hillier and G. J. Lieberman, "Introduction to Operations Research", 7th ed., 2001, section 10.3, the Reliable
/// Construction Co. (table 10.4): 44 weeks, critical path A–B–C–E–F–J–L–N.
#[test]
fn reliable_construction_has_its_dates() {
    check(
        &[
            ("A", 2, &[]),
            ("B", 4, &["A"]),
            ("C", 10, &["B"]),
            ("D", 6, &["C"]),
            ("E", 4, &["C"]),
            ("F", 5, &["E"]),
            ("G", 7, &["D"]),
            ("H", 9, &["E", "G"]),
            ("I", 7, &["C"]),
            ("J", 8, &["F", "I"]),
            ("K", 4, &["J"]),
            ("L", 5, &["J"]),
            ("M", 2, &["H"]),
            ("N", 6, &["K", "L"]),
        ],
        &[
            (0, 2, 0, 2),
            (2, 6, 2, 6),
            (6, 16, 6, 16),
            (16, 22, 20, 26),
            (16, 20, 16, 20),
            (20, 25, 20, 25),
            (22, 29, 26, 33),
            (29, 38, 33, 42),
            (16, 23, 18, 25),
            (25, 33, 25, 33),
            (33, 37, 34, 38),
            (33, 38, 33, 38),
            (38, 40, 42, 44),
            (38, 44, 38, 44),
        ],
        &["A", "B", "C", "E", "F", "J", "L", "N"],
    );
}

/// J. Heizer and B. Render, "Operations Management", 10th ed., 2011, chapter 3, Milwaukee Paper Manufacturing: 15 weeks,
/// critical path A–C–E–G–H, slack of B 1, D 1, F 6.
#[test]
fn milwaukee_paper_has_its_dates() {
    check(
        &[
            ("A", 2, &[]),
            ("B", 3, &[]),
            ("C", 2, &["A"]),
            ("D", 4, &["A", "B"]),
            ("E", 4, &["C"]),
            ("F", 3, &["C"]),
            ("G", 5, &["D", "E"]),
            ("H", 2, &["F", "G"]),
        ],
        &[
            (0, 2, 0, 2),
            (0, 3, 1, 4),
            (2, 4, 2, 4),
            (3, 7, 4, 8),
            (4, 8, 4, 8),
            (4, 7, 10, 13),
            (8, 13, 8, 13),
            (13, 15, 13, 15),
        ],
        &["A", "C", "E", "G", "H"],
    );
}

/// W. L. Winston, "Operations Research: Applications and Algorithms", 4th ed., 2004, section 8.4, Widgetco: 38 days,
/// critical path B–D–E–F, total float of A 3 and of C 9.
#[test]
fn widgetco_has_its_dates() {
    check(
        &[
            ("A", 6, &[]),
            ("B", 9, &[]),
            ("C", 8, &["A", "B"]),
            ("D", 7, &["A", "B"]),
            ("E", 10, &["D"]),
            ("F", 12, &["C", "E"]),
        ],
        &[(0, 6, 3, 9), (0, 9, 0, 9), (9, 17, 18, 26), (9, 16, 9, 16), (16, 26, 16, 26), (26, 38, 26, 38)],
        &["B", "D", "E", "F"],
    );
}

/// D. R. Anderson, D. J. Sweeney and T. A. Williams, "An Introduction to Management Science", 11th ed., 2005, section 9.1,
/// the Western Hills Shopping Center (table 9.2): 26 weeks, critical path A–E–F–G–I.
#[test]
fn western_hills_shopping_center_has_its_dates() {
    check(
        &[
            ("A", 5, &[]),
            ("B", 6, &[]),
            ("C", 4, &["A"]),
            ("D", 3, &["A"]),
            ("E", 1, &["A"]),
            ("F", 4, &["E"]),
            ("G", 14, &["D", "F"]),
            ("H", 12, &["B", "C"]),
            ("I", 2, &["G", "H"]),
        ],
        &[
            (0, 5, 0, 5),
            (0, 6, 6, 12),
            (5, 9, 8, 12),
            (5, 8, 7, 10),
            (5, 6, 5, 6),
            (6, 10, 6, 10),
            (10, 24, 10, 24),
            (9, 21, 12, 24),
            (24, 26, 24, 26),
        ],
        &["A", "E", "F", "G", "I"],
    );
}

/// The same book, section 9.2, the Daugherty Porta-Vac by expected times (table 9.5): 17 weeks, critical path A–E–H–I–J.
#[test]
fn porta_vac_has_its_dates() {
    check(
        &[
            ("A", 6, &[]),
            ("B", 2, &[]),
            ("C", 3, &["A"]),
            ("D", 5, &["A"]),
            ("E", 3, &["A"]),
            ("F", 2, &["C"]),
            ("G", 3, &["D"]),
            ("H", 4, &["B", "E"]),
            ("I", 2, &["H"]),
            ("J", 2, &["F", "G", "I"]),
        ],
        &[
            (0, 6, 0, 6),
            (0, 2, 7, 9),
            (6, 9, 10, 13),
            (6, 11, 7, 12),
            (6, 9, 6, 9),
            (9, 11, 13, 15),
            (11, 14, 12, 15),
            (9, 13, 9, 13),
            (13, 15, 13, 15),
            (15, 17, 15, 17),
        ],
        &["A", "E", "H", "I", "J"],
    );
}

/// C. F. Gray and E. W. Larson, "Project Management: The Managerial Process", 4th ed., 2008, chapter 6, the Koll Business
/// Center (figures 6.5 to 6.8): 235 days, critical path A–B–F–G–H, slack of C 5, D 10, E 165.
#[test]
fn koll_business_center_has_its_dates() {
    check(
        &[
            ("A", 5, &[]),
            ("B", 15, &["A"]),
            ("C", 10, &["A"]),
            ("D", 5, &["A"]),
            ("E", 15, &["B", "C"]),
            ("F", 10, &["B", "C", "D"]),
            ("G", 170, &["F"]),
            ("H", 35, &["E", "G"]),
        ],
        &[
            (0, 5, 0, 5),
            (5, 20, 5, 20),
            (5, 15, 10, 20),
            (5, 10, 15, 20),
            (20, 35, 185, 200),
            (20, 30, 20, 30),
            (30, 200, 30, 200),
            (200, 235, 200, 235),
        ],
        &["A", "B", "F", "G", "H"],
    );
}

/// H. A. Taha, "Operations Research: An Introduction", 8th ed., 2007, examples 6.5-2 and 6.5-3, with the dummy activity of
/// its arrows as an activity of no duration: 25 days, critical path A–D–dummy–H. The free floats are those of the book.
#[test]
fn network_of_taha_has_its_dates_and_free_floats() {
    let rows: &[Row<'_>] = &[
        ("A", 5, &[]),
        ("B", 6, &[]),
        ("C", 3, &["A"]),
        ("D", 8, &["A"]),
        ("E", 2, &["B", "C"]),
        ("F", 11, &["B", "C"]),
        ("dummy", 0, &["D"]),
        ("G", 1, &["D"]),
        ("H", 12, &["E", "dummy"]),
    ];
    check(
        rows,
        &[
            (0, 5, 0, 5),
            (0, 6, 5, 11),
            (5, 8, 8, 11),
            (5, 13, 5, 13),
            (8, 10, 11, 13),
            (8, 19, 14, 25),
            (13, 13, 13, 13),
            (13, 14, 24, 25),
            (13, 25, 13, 25),
        ],
        &["A", "D", "dummy", "H"],
    );
    let free: Vec<(&str, Work)> =
        rows.iter().zip(schedule(rows).dates).map(|(row, dates)| (row.0, dates.free_float)).collect();
    for (name, float) in [("B", 2), ("C", 0), ("E", 3), ("F", 6), ("G", 11)] {
        assert!(free.contains(&(name, float)), "{name}: {free:?}");
    }
}

/// C. Hendrickson and T. Au, "Project Management for Construction", 1989, chapter 10, example 10-2, a nine-activity
/// project: 30 days, critical path A–C–F–I.
#[test]
fn network_of_hendrickson_and_au_has_its_dates() {
    check(
        &[
            ("A", 4, &[]),
            ("B", 3, &[]),
            ("C", 8, &["A"]),
            ("D", 7, &["A"]),
            ("E", 9, &["B", "C"]),
            ("F", 12, &["B", "C"]),
            ("G", 2, &["D", "E"]),
            ("H", 5, &["D", "E"]),
            ("I", 6, &["F", "G"]),
        ],
        &[
            (0, 4, 0, 4),
            (0, 3, 9, 12),
            (4, 12, 4, 12),
            (4, 11, 15, 22),
            (12, 21, 13, 22),
            (12, 24, 12, 24),
            (21, 23, 22, 24),
            (21, 26, 25, 30),
            (24, 30, 24, 30),
        ],
        &["A", "C", "F", "I"],
    );
}

/// S. A. Mubarak, "Construction Project Scheduling and Control", 2nd ed., 2010, page 121, three activities in combined
/// start-to-start and finish-to-finish links with contiguous durations: 7 days, and nobody has float. B and C end at once,
/// so that B alone is a longest path.
#[test]
fn combined_links_of_mubarak_have_their_dates() {
    check(
        &[("A", 5, &[]), ("B", 7, &["A SS", "A FF"]), ("C", 3, &["B SS", "B FF"])],
        &[(0, 5, 0, 5), (0, 7, 0, 7), (4, 7, 4, 7)],
        &["B"],
    );
}

/// Engineer4Free, "Difficult network diagram example with lag solved" (lecture, video), the method that IfcOpenShell
/// follows: links of all four kinds with lags, 14 units, with the published table of dates.
#[test]
fn all_kinds_of_links_with_lags_have_their_dates() {
    check(
        &[
            ("A", 3, &[]),
            ("B", 2, &["A FS+2"]),
            ("C", 2, &["A SS"]),
            ("D", 4, &["B SS+1"]),
            ("E", 1, &["C SF+3"]),
            ("F", 2, &["C FF+3"]),
            ("G", 4, &["D SS+1", "E"]),
            ("H", 3, &["F SF+2", "G"]),
        ],
        &[
            (0, 3, 0, 3),
            (5, 7, 5, 7),
            (0, 2, 4, 6),
            (6, 10, 6, 10),
            (2, 3, 6, 7),
            (3, 5, 12, 14),
            (7, 11, 7, 11),
            (11, 14, 11, 14),
        ],
        &["A", "B", "D", "G", "H"],
    );
}
