//! Ids: the specification's vectors, kinds, growth, database and GraphQL forms.

use std::collections::HashSet;
use std::time::Duration;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use sea_orm::sea_query::ValueType;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement, TryFromU64, TryGetable, Value};

use super::generator::{GenState, TAIL_BITS};
use super::*;
use crate::clock::Clock;
use rand::SeedableRng;
use rand::rngs::StdRng;

const VALID: &[(&str, &str, &str)] = &[
    ("00000000000000000000000000", "", "00000000-0000-0000-0000-000000000000"),
    ("00000000000000000000000001", "", "00000000-0000-0000-0000-000000000001"),
    ("0000000000000000000000000a", "", "00000000-0000-0000-0000-00000000000a"),
    ("0000000000000000000000000g", "", "00000000-0000-0000-0000-000000000010"),
    ("00000000000000000000000010", "", "00000000-0000-0000-0000-000000000020"),
    ("7zzzzzzzzzzzzzzzzzzzzzzzzz", "", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ("prefix_0123456789abcdefghjkmnpqrs", "prefix", "0110c853-1d09-52d8-d73e-1194e95b5f19"),
    ("prefix_01h455vb4pex5vsknk084sn02q", "prefix", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("pre_fix_00000000000000000000000000", "pre_fix", "00000000-0000-0000-0000-000000000000"),
];

const INVALID: &[&str] = &[
    "PREFIX_00000000000000000000000000",
    "12345_00000000000000000000000000",
    "pre.fix_00000000000000000000000000",
    "préfix_00000000000000000000000000",
    "  prefix_00000000000000000000000000",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl_00000000000000000000000000",
    "_00000000000000000000000000",
    "_",
    "",
    "prefix_1234567890123456789012345",
    "prefix_123456789012345678901234567",
    "prefix_1234567890123456789012345 ",
    "prefix_0123456789ABCDEFGHJKMNPQRS",
    "prefix_123456789-123456789-123456",
    "prefix_ooooooiiiiiiuuuuuuulllllll",
    "prefix_i23456789ol23456789oi23456",
    "prefix_123456789-0123456789-0123456",
    "prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz",
    "_prefix_00000000000000000000000000",
    "prefix__00000000000000000000000000",
];

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000).unwrap()
}

#[test]
fn valid_vectors_of_the_specification_decode_and_encode() {
    for (text, prefix, uuid) in VALID {
        let uuid: Uuid = uuid.parse().unwrap();
        assert_eq!(codec::decode(text), Some((*prefix, uuid)), "{text}");
        assert_eq!(codec::encode(prefix, uuid), *text);
    }
}

#[test]
fn invalid_vectors_of_the_specification_are_refused() {
    for text in INVALID {
        assert_eq!(codec::decode(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn every_uuid_survives_the_text_form(bits: u128) {
        let id = TaskId::from_uuid(Uuid::from_u128(bits));
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn no_text_panics_the_parser(text in "\\PC{0,40}") {
        prop_assert!(text.parse::<TaskId>().is_err());
    }

    #[test]
    fn text_sorts_as_the_uuid_does(one: u128, two: u128) {
        let (one, two) = (Uuid::from_u128(one), Uuid::from_u128(two));
        prop_assert_eq!(codec::encode("x", one).cmp(&codec::encode("x", two)), one.cmp(&two));
    }
}

#[test]
fn kinds_have_prefixes_and_type_names_of_their_own() {
    let prefixes: HashSet<_> = IdKind::ALL.iter().map(|kind| kind.prefix()).collect();
    let names: HashSet<_> = IdKind::ALL.iter().map(|kind| kind.type_name()).collect();
    assert_eq!((prefixes.len(), names.len()), (IdKind::ALL.len(), IdKind::ALL.len()));
    for kind in IdKind::ALL {
        assert_eq!(IdKind::from_prefix(kind.prefix()), Some(*kind));
        assert_eq!(IdKind::from_type_name(kind.type_name()), Some(*kind));
    }
}

#[test]
fn id_of_another_kind_is_refused_with_both_kinds_named() {
    let task = IdGen::seeded(Clock::manual(start()), 1).generate::<TaskId>().to_string();
    let error = task.parse::<ProjectId>().unwrap_err();
    assert_eq!(error.to_string(), "expected an id of a Project (`prj_…`), got one of a Task (`tsk_…`)");
}

#[test]
fn any_id_parses_known_kinds_and_refuses_unknown_ones() {
    let task = IdGen::seeded(Clock::manual(start()), 1).generate::<TaskId>();
    let any: AnyId = task.to_string().parse().unwrap();
    assert_eq!((any.kind, any.as_typed()), (IdKind::TaskId, Ok(task)));
    assert!(any.as_typed::<ProjectId>().is_err());
    assert_eq!(any, AnyId::from(task));
    let unknown = "zzz_01h455vb4pex5vsknk084sn02q".parse::<AnyId>();
    assert_eq!(unknown, Err(IdError::WrongKind(WrongKind { expected: None, got: None })));
}

#[test]
fn ids_grow_while_the_clock_stands_and_when_it_goes_back() {
    let clock = Clock::manual(start());
    let ids = IdGen::seeded(clock.clone(), 7);
    let mut made: Vec<TaskId> = (0..1_000).map(|_| ids.generate()).collect();
    clock.set(start() - chrono::TimeDelta::hours(1));
    made.extend((0..10).map(|_| ids.generate::<TaskId>()));
    clock.advance(Duration::from_secs(7_200));
    made.push(ids.generate());
    assert!(made.is_sorted_by(|one, two| one < two));
}

#[test]
fn full_millisecond_borrows_from_the_next() {
    let mut state = GenState { rng: StdRng::seed_from_u64(1), millis: 5, tail: (1 << TAIL_BITS) - 1 };
    state.step(5);
    assert_eq!(state.millis, 6);
    assert!(state.tail >> TAIL_BITS == 0);
}

#[test]
fn made_ids_are_version_seven_with_the_clock_in_them() {
    let uuid = IdGen::new(Clock::manual(start())).generate::<JobId>().uuid();
    assert_eq!(uuid.get_version_num(), 7);
    assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
    assert_eq!(uuid.get_timestamp().unwrap().to_unix(), (1_800_000_000, 0));
}

#[test]
fn seeded_generators_repeat_and_system_ones_do_not() {
    let make = || IdGen::seeded(Clock::manual(start()), 3).generate::<TaskId>();
    assert_eq!(make(), make());
    let other = IdGen::new(Clock::manual(start())).generate::<TaskId>();
    assert_ne!(make(), other);
}

#[test]
fn serde_form_is_the_text_form() {
    let id = TaskId::from_uuid(Uuid::nil());
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, "\"tsk_00000000000000000000000000\"");
    assert_eq!(serde_json::from_str::<TaskId>(&json).unwrap(), id);
    assert!(serde_json::from_str::<ProjectId>(&json).is_err());
}

#[tokio::test]
async fn sqlite_keeps_an_id_as_sixteen_bytes_and_reads_it_back() {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    let id = IdGen::new(Clock::system()).generate::<TaskId>();
    let sql = "SELECT $1 AS id, length($1) AS size, $2 AS none";
    let values = [Value::from(id), Value::from(None::<TaskId>)];
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    assert_eq!(<TaskId as TryGetable>::try_get(&row, "", "id").unwrap(), id);
    assert_eq!(row.try_get::<i64>("", "size").unwrap(), 16);
    assert_eq!(row.try_get::<Option<TaskId>>("", "none").unwrap(), None);
}

#[test]
fn database_value_is_a_uuid_and_never_a_counter() {
    let id = TaskId::from_uuid(Uuid::nil());
    assert_eq!(Value::from(id), Value::Uuid(Some(Uuid::nil())));
    assert_eq!(<TaskId as ValueType>::unwrap(Value::from(id)), id);
    assert!(TaskId::try_from_u64(1).is_err());
}

struct Query;

#[Object]
impl Query {
    async fn echo(&self, id: ProjectId) -> ProjectId {
        id
    }

    async fn kind(&self, id: AnyId) -> &'static str {
        id.kind.type_name()
    }

    async fn maybe(&self, id: Option<TaskId>) -> Option<TaskId> {
        id
    }
}

async fn run(query: &str) -> serde_json::Value {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    serde_json::to_value(schema.execute(query).await).unwrap()
}

#[tokio::test]
async fn schema_says_id_and_values_pass_through() {
    let sdl = Schema::new(Query, EmptyMutation, EmptySubscription).sdl();
    assert!(sdl.contains("echo(id: ID!): ID!"), "{sdl}");
    assert!(sdl.contains("maybe(id: ID): ID"), "{sdl}");
    let answer =
        run(r#"{ echo(id: "prj_01h455vb4pex5vsknk084sn02q") kind(id: "tsk_01h455vb4pex5vsknk084sn02q") }"#)
            .await;
    assert_eq!(answer["data"]["echo"], "prj_01h455vb4pex5vsknk084sn02q");
    assert_eq!(answer["data"]["kind"], "Task");
}

#[tokio::test]
async fn refused_inputs_carry_the_code_invalid() {
    for (input, part) in [
        (r#""tsk_01h455vb4pex5vsknk084sn02q""#, "expected an id of a Project (`prj_…`), got one of a Task"),
        (r#""prj_1""#, "this is not an id of a Project"),
        ("7", "this is not an id"),
    ] {
        let answer = run(&format!("{{ echo(id: {input}) }}")).await;
        let error = &answer["errors"][0];
        assert!(error["message"].as_str().unwrap().contains(part), "{answer}");
        assert_eq!(error["extensions"]["code"], "INVALID");
    }
}
