//! Explanations say what the policy says, and why.

use kernel::{
    id::{AssignmentId, ProjectId, RoleId},
    viewer::Reach,
};
use proptest::{option, prelude::*, sample::select};

use super::*;
use crate::testing::ids;

fn facts() -> Facts {
    Facts {
        permission: "projects.project.write",
        membership_status: "active".to_owned(),
        tenant_status: "active".to_owned(),
        ..Facts::default()
    }
}

fn role(name: &str, reach: Option<Reach>) -> RoleFact {
    RoleFact {
        id: ids().generate::<RoleId>(),
        name: name.to_owned(),
        reach,
        expires_at: None,
        expired: false,
        near: false,
        assignments: Vec::new(),
    }
}

fn assigned(expired: bool) -> AssignmentFact {
    AssignmentFact {
        id: ids().generate::<AssignmentId>(),
        resource: ids().generate::<ProjectId>().into(),
        source: "direct".to_owned(),
        expires_at: None,
        expired,
    }
}

fn outline(reasons: &[Reason]) -> Vec<(Kind, bool)> {
    reasons.iter().map(|reason| (reason.kind, reason.holds)).collect()
}

#[test]
fn reach_names_each_way_to_be_near_that_it_asks_about() {
    let near = Nearness { own: false, assigned: true, account: false };
    let of = |reach, client| outline(&nearness(&Facts { near, client, ..facts() }, reach));
    assert_eq!(of(Reach::Own, false), [(Kind::Own, false)]);
    assert_eq!(of(Reach::Assigned, false), [(Kind::Own, false), (Kind::Assigned, true)]);
    let all = [(Kind::Own, false), (Kind::Assigned, true), (Kind::Account, false)];
    assert_eq!(of(Reach::Account, false), all);
    assert_eq!(of(Reach::Account, true), [(Kind::Account, false)]);
    assert_eq!(of(Reach::Tenant, false), [(Kind::Everywhere, true)]);
}

#[test]
fn role_that_reaches_the_row_allows_it() {
    let near = Nearness { assigned: true, ..Nearness::default() };
    let roles = vec![role("Project manager", Some(Reach::Assigned)), role("Sales", None)];
    let (allowed, reasons) =
        explain(&Facts { roles, near, allowed: true, assignments: vec![assigned(false)], ..facts() });
    assert!(allowed);
    let kinds = [
        (Kind::Membership, true),
        (Kind::Tenant, true),
        (Kind::Role, true),
        (Kind::Role, false),
        (Kind::ApiKeys, false),
    ];
    assert_eq!(outline(&reasons), kinds);
    assert_eq!(outline(&reasons[2].reasons[1].reasons), [(Kind::Assignment, true)]);
}

#[test]
fn expired_role_is_listed_and_allows_nothing() {
    let expired = RoleFact { expired: true, ..role("Administrator", Some(Reach::Tenant)) };
    let (allowed, reasons) = explain(&Facts { roles: vec![expired], ..facts() });
    assert!(!allowed);
    assert_eq!(outline(&reasons)[2..4], [(Kind::ExpiredRole, false), (Kind::NoRole, false)]);
}

#[test]
fn person_who_is_out_may_do_nothing_whatever_the_roles_say() {
    let roles = || vec![role("Owner", Some(Reach::Tenant))];
    let out = Facts { roles: roles(), allowed: true, membership_status: "deactivated".to_owned(), ..facts() };
    let (allowed, reasons) = explain(&out);
    assert!(!allowed);
    assert_eq!(outline(&reasons)[..3], [(Kind::Membership, false), (Kind::Tenant, true), (Kind::Role, true)]);
    let closed = Facts { roles: roles(), allowed: true, tenant_status: "suspended".to_owned(), ..facts() };
    assert!(!explain(&closed).0);
}

#[test]
fn role_on_assignments_allows_near_them_but_never_by_own_rows() {
    let on = |reach, near| {
        let role = RoleFact {
            near,
            assignments: vec![assigned(false), assigned(true)],
            ..role("Lead", Some(reach))
        };
        explain(&Facts { on_assignments: vec![role], allowed: near && reach >= Reach::Assigned, ..facts() })
    };
    let (allowed, reasons) = on(Reach::Tenant, true);
    assert!(allowed);
    assert_eq!(outline(&reasons[2].reasons), [(Kind::AssignedAs, true)]);
    let listed = [(Kind::Assignment, true), (Kind::ExpiredAssignment, false)];
    assert_eq!(outline(&reasons[2].reasons[0].reasons), listed);
    assert!(!on(Reach::Assigned, false).0);
    let (allowed, reasons) = on(Reach::Own, true);
    assert!(!allowed);
    assert_eq!(outline(&reasons)[2], (Kind::AssignmentRole, false));
}

#[test]
fn rule_of_the_row_is_named_where_roles_do_not_explain_the_answer() {
    let (allowed, reasons) = explain(&Facts { allowed: true, ..facts() });
    assert!(allowed);
    assert!(outline(&reasons).contains(&(Kind::RowRule, true)));
    let roles = vec![role("Client", Some(Reach::Tenant))];
    let (allowed, reasons) = explain(&Facts { roles, allowed: false, ..facts() });
    assert!(!allowed);
    assert!(outline(&reasons).contains(&(Kind::RowRule, false)));
}

proptest! {
    #[test]
    fn further_reach_of_staff_covers_what_a_shorter_one_does(
        own in any::<bool>(),
        assigned in any::<bool>(),
        account in any::<bool>(),
        short in select(Reach::ALL.to_vec()),
        far in select(Reach::ALL.to_vec()),
    ) {
        let near = Nearness { own, assigned, account };
        prop_assert!(short > far || !near.covers(short, false) || near.covers(far, false));
    }

    #[test]
    fn without_rules_of_the_row_one_role_that_holds_decides(
        reaches in proptest::collection::vec(option::of(select(Reach::ALL.to_vec())), 0..4),
        own in any::<bool>(),
        assigned in any::<bool>(),
        client in any::<bool>(),
    ) {
        let near = Nearness { own, assigned, account: false };
        let roles: Vec<RoleFact> = reaches.iter().map(|reach| role("Role", *reach)).collect();
        let allowed = reaches.iter().flatten().any(|reach| near.covers(*reach, client));
        let (answer, reasons) = explain(&Facts { roles, near, client, allowed, ..facts() });
        prop_assert_eq!(answer, allowed);
        prop_assert_eq!(reasons.iter().any(|reason| reason.kind == Kind::Role && reason.holds), allowed);
        prop_assert!(reasons.iter().all(|reason| reason.kind != Kind::RowRule));
    }
}
