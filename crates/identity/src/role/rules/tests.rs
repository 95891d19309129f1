//! Grants as sets: order, join, meet, and what nobody can do to get more.

use kernel::{catalogue::Rule, id::TypedId, viewer::Permission};
use proptest::{collection::btree_map, option, prelude::*, sample::select};
use uuid::Uuid;

use super::*;

const NAMES: [&str; 5] = ["a.a.read", "a.a.write", "b.b.read", "b.b.write", "c.c.read"];

const RULES: &[Rule] = &[
    Rule::new(
        Permission::new("a.a.read", ""),
        &[(SystemRole::Client, Reach::Account), (SystemRole::ClientAdmin, Reach::Account)],
    ),
    Rule::new(
        Permission::new("a.a.write", ""),
        &[(SystemRole::ClientAdmin, Reach::Account), (SystemRole::TeamMember, Reach::Assigned)],
    ),
    Rule::owner_only(Permission::new("c.c.read", "")),
];

fn catalogue() -> Catalogue {
    Catalogue::new(&[RULES])
}

fn reaches() -> impl Strategy<Value = Reach> {
    select(Reach::ALL.to_vec())
}

fn matrices() -> impl Strategy<Value = Matrix> {
    btree_map(select(NAMES.to_vec()), reaches(), 0..NAMES.len())
        .prop_map(|entries| entries.into_iter().collect())
}

fn role(number: u128) -> RoleId {
    RoleId::from_uuid(Uuid::from_u128(number))
}

fn holders() -> impl Strategy<Value = Grants> {
    let grant = (option::of(reaches()), any::<bool>()).prop_map(|(reach, scoped)| {
        let mut grant = Grant { reach, ..Grant::default() };
        if scoped {
            grant.scoped_roles.push(role(1));
        }
        grant
    });
    let some = btree_map(select(NAMES.to_vec()), grant, 0..NAMES.len());
    prop_oneof![
        1 => Just(Grants::None),
        1 => Just(Grants::All),
        8 => some.prop_map(|grants| Grants::Some(grants.into_iter().collect())),
    ]
}

fn grant_of(grants: &Grants, name: &'static str) -> Grant {
    grants.get(Permission::new(name, ""))
}

proptest! {
    #[test]
    fn being_within_is_a_partial_order(one in matrices(), two in matrices(), three in matrices()) {
        prop_assert!(one.is_within(&one));
        if one.is_within(&two) && two.is_within(&one) {
            prop_assert_eq!(&one, &two);
        }
        if one.is_within(&two) && two.is_within(&three) {
            prop_assert!(one.is_within(&three));
        }
    }

    #[test]
    fn join_takes_the_furthest_reach(one in matrices(), two in matrices()) {
        let both = one.clone().join(&two);
        for name in NAMES {
            prop_assert_eq!(both.reach(name), one.reach(name).max(two.reach(name)));
        }
        prop_assert_eq!(&both, &two.join(&one));
    }

    #[test]
    fn meet_exceeds_neither_and_is_the_largest_such(one in matrices(), two in matrices(), other in matrices()) {
        let common = one.meet(&two);
        prop_assert!(common.is_within(&one) && common.is_within(&two));
        if other.is_within(&one) && other.is_within(&two) {
            prop_assert!(other.is_within(&common));
        }
    }

    #[test]
    fn what_is_beyond_is_what_is_missing(after in matrices(), before in matrices()) {
        let beyond = after.beyond(&before);
        prop_assert!(beyond.is_within(&after));
        prop_assert!(after.is_within(&before.clone().join(&beyond)));
        prop_assert_eq!(beyond.is_empty(), after.is_within(&before));
    }

    #[test]
    fn nothing_is_beyond_who_holds_it(wanted in matrices(), holder in holders()) {
        let held: Matrix = NAMES.into_iter().filter_map(|name| Some((name, grant_of(&holder, name).reach?))).collect();
        prop_assert_eq!(wanted.first_beyond(&holder).is_none(), wanted.is_within(&held));
    }

    #[test]
    fn key_never_exceeds_its_scopes_nor_its_maker(scopes in matrices(), holder in holders(), client in any::<bool>()) {
        let left = key_grants(&scopes, &holder, client);
        for name in NAMES {
            let (key, maker) = (grant_of(&left, name), grant_of(&holder, name));
            prop_assert!(key.reach <= scopes.reach(name), "{name}");
            prop_assert!(key.reach <= maker.reach, "{name}");
            prop_assert!(key.scoped_roles.iter().all(|role| maker.scoped_roles.contains(role)), "{name}");
            prop_assert!(key.scoped_roles.is_empty() || scopes.reach(name) >= Some(Reach::Assigned), "{name}");
        }
    }

    #[test]
    fn key_loses_nothing_that_scopes_and_maker_share(scopes in matrices(), held in matrices()) {
        let left = key_grants(&scopes, &grants(&held, []), false);
        for name in NAMES {
            prop_assert_eq!(grant_of(&left, name).reach, scopes.meet(&held).reach(name));
        }
    }

    #[test]
    fn role_on_assignments_never_widens_the_reach(everywhere in matrices(), scoped in matrices()) {
        let all = grants(&everywhere, [(role(7), &scoped)]);
        for name in NAMES {
            let grant = grant_of(&all, name);
            prop_assert_eq!(grant.reach, everywhere.reach(name));
            let listed = scoped.reach(name) >= Some(Reach::Assigned) && everywhere.reach(name) < Some(Reach::Assigned);
            prop_assert_eq!(grant.scoped_roles.to_vec(), if listed { vec![role(7)] } else { vec![] });
        }
    }

    #[test]
    fn keys_made_from_names_are_keys(name in "\\PC{0,120}") {
        let made = key_from_name(&name);
        prop_assert_eq!(key(&made, "key").unwrap(), made);
    }
}

#[test]
fn grants_of_input_name_every_wrong_entry() {
    let input = [
        ("a.a.read".to_owned(), Reach::Own),
        ("no.such.thing".to_owned(), Reach::Own),
        ("a.a.read".to_owned(), Reach::Tenant),
    ];
    let wrong = Matrix::of_input(&catalogue(), "grants", input).unwrap_err();
    let shown: Vec<_> = wrong.iter().map(|error| (error.path.as_str(), error.code())).collect();
    assert_eq!(
        shown,
        [("grants.1.permission", "unknown_permission"), ("grants.2.permission", "permission_twice")]
    );
}

#[test]
fn stored_grants_that_nobody_knows_allow_nothing() {
    let rows = [("a.a.read", "own"), ("gone.since.then", "tenant"), ("a.a.write", "everywhere")];
    let allows = Matrix::of_rows(&catalogue(), rows);
    assert_eq!(allows, [("a.a.read", Reach::Own)].into_iter().collect());
}

#[test]
fn system_roles_are_for_clients_or_for_staff() {
    let ceiling = client_ceiling(&catalogue());
    for role in SystemRole::ALL {
        let allows = Matrix::of_system(&catalogue(), role);
        for client in [false, true] {
            assert_eq!(
                fits(Some(role), &allows, &ceiling, client),
                role.is_for_clients() == client,
                "{role:?}"
            );
        }
    }
}

#[test]
fn custom_role_fits_clients_up_to_the_client_roles() {
    let ceiling = client_ceiling(&catalogue());
    let fits_clients =
        |entries: &[(&'static str, Reach)]| fits(None, &entries.iter().copied().collect(), &ceiling, true);
    assert!(fits_clients(&[]));
    assert!(fits_clients(&[("a.a.read", Reach::Account), ("a.a.write", Reach::Own)]));
    assert!(!fits_clients(&[("a.a.read", Reach::Tenant)]));
    assert!(!fits_clients(&[("c.c.read", Reach::Own)]));
    assert!(fits(None, &[("c.c.read", Reach::Tenant)].into_iter().collect(), &ceiling, false));
}

#[test]
fn admin_lacks_what_only_owners_have() {
    let admin = grants(&Matrix::of_system(&catalogue(), SystemRole::Admin), []);
    let owner = Matrix::of_system(&catalogue(), SystemRole::Owner);
    assert_eq!(owner.first_beyond(&admin), Some(("c.c.read", Reach::Tenant)));
    assert_eq!(Matrix::of_system(&catalogue(), SystemRole::Admin).first_beyond(&grants(&owner, [])), None);
}

#[test]
fn reach_account_of_a_client_cannot_be_cut() {
    assert_eq!(narrowed(Reach::Account, Reach::Own, true), None);
    assert_eq!(narrowed(Reach::Account, Reach::Account, true), Some(Reach::Account));
    assert_eq!(narrowed(Reach::Account, Reach::Tenant, true), Some(Reach::Account));
    assert_eq!(narrowed(Reach::Account, Reach::Own, false), Some(Reach::Own));
    assert_eq!(narrowed(Reach::Own, Reach::Own, true), Some(Reach::Own));
}

#[test]
fn keys_have_their_shape() {
    for good in ["qa", "senior_designer", "tier_2", " designer "] {
        assert_eq!(key(good, "key").unwrap(), good.trim(), "{good}");
    }
    for bad in ["", "q", "Senior", "2nd", "_x", "x_", "a__b", "a-b", "é_e", &"k".repeat(61)] {
        assert_eq!(key(bad, "key").unwrap_err().code(), "bad_key", "{bad}");
    }
}

#[test]
fn keys_are_made_from_names_and_numbered_when_taken() {
    assert_eq!(key_from_name("Senior Designer"), "senior_designer");
    assert_eq!(key_from_name("2nd line"), "role_2nd_line");
    assert_eq!(key_from_name("デザイナー"), "role");
    let taken = ["designer".to_owned(), "designer_2".to_owned()];
    assert_eq!(free_key("designer", &taken), "designer_3");
    assert_eq!(free_key("editor_in_chief", &taken), "editor_in_chief");
}
