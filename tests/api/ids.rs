//! Ids of every kind, by tenant, and the words by which a tenant's data would be recognised; for tests of everything.

use std::collections::{BTreeMap, BTreeSet};

use kernel::id::{AnyId, IdKind};
use serde_json::json;
use tests::{Actor, Row, Snapshot, World};
use uuid::Uuid;

/// Where things of each kind are kept.
const TABLES: &[(IdKind, &str, &str)] = &[
    (IdKind::TenantId, "identity_tenants", "id"),
    (IdKind::DomainId, "identity_domains", "id"),
    (IdKind::UserId, "identity_memberships", "user_id"),
    (IdKind::MembershipId, "identity_memberships", "id"),
    (IdKind::RoleId, "identity_roles", "id"),
    (IdKind::SessionId, "identity_sessions", "id"),
    (IdKind::InvitationId, "identity_invitations", "id"),
    (IdKind::ApiKeyId, "identity_api_keys", "id"),
    (IdKind::AssignmentId, "assignments", "id"),
    (IdKind::AccountId, "crm_accounts", "id"),
    (IdKind::ContactId, "crm_contacts", "id"),
    (IdKind::ProjectId, "projects_projects", "id"),
    (IdKind::ProjectMemberId, "projects_members", "id"),
    (IdKind::TaskColumnId, "projects_columns", "id"),
    (IdKind::TaskId, "projects_tasks", "id"),
    (IdKind::TimeEntryId, "projects_time_entries", "id"),
    (IdKind::TimesheetId, "projects_timesheets", "id"),
    (IdKind::TimerId, "projects_timers", "id"),
    (IdKind::ActivityTypeId, "projects_activity_types", "id"),
    (IdKind::BillRateId, "projects_bill_rates", "id"),
    (IdKind::CostRateId, "projects_cost_rates", "id"),
    (IdKind::MilestoneId, "projects_milestones", "id"),
    (IdKind::DependencyId, "projects_links", "id"),
    (IdKind::TaskLabelId, "projects_labels", "id"),
    (IdKind::TaskCommentId, "projects_comments", "id"),
    (IdKind::ProjectFieldId, "projects_fields", "id"),
    (IdKind::SavedViewId, "projects_views", "id"),
    (IdKind::BaselineId, "projects_baselines", "id"),
    (IdKind::RiskId, "projects_risks", "id"),
    (IdKind::ChangeRequestId, "projects_change_requests", "id"),
    (IdKind::DecisionId, "projects_decisions", "id"),
    (IdKind::StatusReportId, "projects_reports", "id"),
    (IdKind::FeedbackRequestId, "projects_feedback", "id"),
    (IdKind::ProjectTemplateId, "projects_templates", "id"),
    (IdKind::TaskImportId, "projects_imports", "id"),
    (IdKind::WorkCalendarId, "projects_calendars", "id"),
    (IdKind::ResourceProfileId, "projects_profiles", "id"),
    (IdKind::SkillId, "projects_skills", "id"),
    (IdKind::LeaveId, "projects_leave", "id"),
    (IdKind::AllocationId, "projects_allocations", "id"),
    (IdKind::AuditEntryId, "audit_entries", "id"),
    (IdKind::EventId, "events", "id"),
    (IdKind::EventDeliveryId, "event_deliveries", "id"),
    (IdKind::JobId, "jobs", "id"),
    (IdKind::AuditSinkId, "audit_sinks", "id"),
    (IdKind::LegalHoldId, "audit_holds", "id"),
    (IdKind::AuditArchiveId, "audit_archives", "id"),
    (IdKind::PrivacyRequestId, "audit_privacy_requests", "id"),
];

/// Columns whose texts are a tenant's own.
const WORDS: &[&str] = &[
    "name",
    "legal_name",
    "title",
    "body",
    "description",
    "email",
    "code",
    "slug",
    "domain",
    "phone",
    "family_name",
    "prefix",
    "company",
    "subject_label",
];

/// A kind by the prefix of its ids.
pub(crate) fn kind(prefix: &str) -> IdKind {
    IdKind::from_prefix(prefix).unwrap_or_else(|| panic!("no kind of id begins with {prefix}"))
}

/// An id of nothing.
pub(crate) fn of_nothing(kind: IdKind) -> String {
    AnyId { kind, uuid: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001) }.to_string()
}

/// Gives both agencies something of every kind that the seed does not make.
pub(crate) async fn furnish(world: &World) {
    for slug in ["acme", "globex"] {
        let owner = world.agency(slug).owner();
        owner.key(&[("projects.project.read", "TENANT")]).await;
        let invitation = json!({ "email": format!("invited@{slug}.test"), "roles": ["viewer"] });
        owner.run(INVITE, json!({ "input": invitation })).await.expect_ok();
        let grants = json!([{ "permission": "projects.project.read", "reach": "OWN" }]);
        let role = json!({ "name": format!("Guests of {slug}"), "grants": grants });
        owner.run(CREATE_ROLE, json!({ "input": role })).await.expect_ok();
        let domain = json!({ "domain": format!("portal.{slug}-agency.example") });
        owner.run(ADD_DOMAIN, json!({ "input": domain })).await.expect_ok();
        let sink = json!({ "name": format!("SIEM of {slug}"), "kind": "SYSLOG_TLS", "address": "siem.example.com:6514" });
        let sink = owner.run(CREATE_SINK, json!({ "input": sink })).await.expect_ok();
        // Reason: one that is in use is written to whenever something is sealed.
        let off = json!({ "id": sink.text("createAuditSink.auditSink.id"), "enabled": false });
        owner.run(UPDATE_SINK, json!({ "input": off })).await.expect_ok();
        keep_time(world, slug).await;
        plan_people(world, slug).await;
        for (_, person) in world.agency(slug).everybody() {
            person.token().await;
        }
    }
    world.settled().await;
    world.execute(FAIL).await;
    world.execute(ASKED).await;
    world.execute(HELD).await;
    world.execute(ARCHIVED).await;
}

/// Gives an agency hours, rates and running timers on its first project, for which the manager answers.
async fn keep_time(world: &World, slug: &'static str) {
    let agency = world.agency(slug);
    let (owner, project) = (agency.owner(), crate::projects::asks::project(&agency, 1).await);
    let do_it = async |who: &Actor, name: &str, input: serde_json::Value| {
        crate::projects::asks::change(who, name, input, "__typename").await.expect_ok()
    };
    do_it(&owner, "createActivityType", json!({ "name": format!("Craft of {slug}") })).await;
    let amount = json!({ "amount": "9000", "currency": "EUR" });
    for place in [json!({}), json!({ "projectId": project })] {
        let mut rate = json!({ "validFrom": "2026-01-01", "amount": amount });
        rate.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        do_it(&owner, "setBillRate", rate).await;
    }
    do_it(&owner, "setCostRate", json!({ "validFrom": "2026-01-01", "amount": amount })).await;
    for who in [&agency.developer(), &agency.manager(), &owner] {
        let time = json!({ "projectId": project, "spentOn": "2026-02-26", "minutes": 30 });
        do_it(who, "createTimeEntry", time).await;
        do_it(who, "startTimer", json!({ "projectId": project })).await;
    }
    do_it(&owner, "createBaseline", json!({ "projectId": project, "name": "As agreed" })).await;
    let file = json!({ "projectId": project, "content": "Title\nMoved here\n\"\"\n" });
    do_it(&owner, "importTasks", file).await;
    do_it(&agency.developer(), "submitTimesheet", json!({ "weekStart": "2026-02-23" })).await;
}

/// Gives an agency a calendar, a skill and profiles.
async fn plan_people(world: &World, slug: &'static str) {
    let (agency, owner) = (world.agency(slug), world.agency(slug).owner());
    let do_it = async |name: &str, input: serde_json::Value, fields: &str| {
        crate::projects::asks::change(&owner, name, input, fields).await.expect_ok()
    };
    let day = json!({ "hours": [{ "from": "09:00", "to": "17:00" }] });
    let free = json!({ "hours": [] });
    let week =
        json!({ "name": format!("Week of {slug}"), "weeklyHours": [day, day, day, day, day, free, free] });
    do_it("createWorkCalendar", week, "__typename").await;
    let skill = do_it("createSkill", json!({ "name": format!("Skill of {slug}") }), "skill { id }").await;
    for who in ["dev", "pm"] {
        let person = crate::projects::asks::person(&agency, who).await;
        let can = json!([{ "skillId": skill.text("createSkill.skill.id"), "level": 3 }]);
        do_it("updateResourceProfile", json!({ "userId": person, "skills": can }), "__typename").await;
    }
    let dev = agency.developer();
    for day in ["2026-07-06", "2026-07-07"] {
        let away = json!({ "kind": "VACATION", "from": day, "to": day });
        let away =
            crate::projects::asks::change(&dev, "requestLeave", away, "leave { id }").await.expect_ok();
        let id = away.text("requestLeave.leave.id");
        if day == "2026-07-06" {
            do_it("approveLeave", json!({ "id": id }), "__typename").await;
        }
    }
    let project = crate::projects::asks::project(&agency, 1).await;
    let person = crate::projects::asks::person(&agency, "dev").await;
    for who in [json!({ "userId": person }), json!({ "role": "Helper" })] {
        let mut share =
            json!({ "projectId": project, "percent": 10, "from": "2026-03-02", "to": "2026-03-27" });
        share.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        do_it("createAllocation", share, "__typename").await;
    }
}

/// The last event of each tenant, as one that a consumer could not take.
const FAIL: &str = "INSERT INTO event_deliveries \
    (id, tenant_id, consumer, event_id, attempts, last_error, next_at, parked_at, created_at, updated_at) \
    SELECT id, tenant_id, 'test', id, 10, 'broken', occurred_at, occurred_at, occurred_at, occurred_at FROM events \
    WHERE position IN (SELECT max(position) FROM events GROUP BY tenant_id)";

/// Something that each person once asked about themselves, by the id of their membership.
const ASKED: &str = "INSERT INTO audit_privacy_requests \
    (id, tenant_id, kind, status, person_type, person_id, requested_by, finished_at, created_at, updated_at) \
    SELECT id, tenant_id, 'export', 'expired', 'User', user_id, user_id, joined_at, joined_at, joined_at \
    FROM identity_memberships";

/// Something of each agency that was once held, by the agency's id.
const HELD: &str = "INSERT INTO audit_holds \
    (id, tenant_id, subject_type, subject_id, reason, released_at, created_at, updated_at) \
    SELECT id, id, 'Project', id, 'Once asked for', created_at, created_at, created_at FROM identity_tenants";

/// An archive of each agency that is planned, by the agency's id.
const ARCHIVED: &str = "INSERT INTO audit_archives \
    (id, tenant_id, status, first_seq, until_seq, entries, object_key, created_at) \
    SELECT id, id, 'writing', 0, 1, 1, 'audit/archives/none', created_at FROM identity_tenants";

const CREATE_SINK: &str = "mutation CreateSink($input: CreateAuditSinkInput!) { createAuditSink(input: $input) { auditSink { id } } }";

const UPDATE_SINK: &str = "mutation UpdateSink($input: UpdateAuditSinkInput!) { updateAuditSink(input: $input) { auditSink { id } } }";

const INVITE: &str =
    "mutation Invite($input: InviteUserInput!) { inviteUser(input: $input) { invitation { id } } }";

const CREATE_ROLE: &str =
    "mutation CreateRole($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }";

const ADD_DOMAIN: &str =
    "mutation AddDomain($input: AddTenantDomainInput!) { addTenantDomain(input: $input) { domain { id } } }";

/// What belongs to one tenant.
pub(crate) struct Pool {
    ids: BTreeMap<IdKind, Vec<String>>,
    /// Every uuid of its rows.
    pub(crate) uuids: BTreeSet<String>,
    words: BTreeSet<String>,
}

impl Pool {
    /// What belongs to a tenant, as the snapshot has it.
    pub(crate) fn of(snapshot: &Snapshot, tenant: Uuid) -> Self {
        let own = snapshot.of_tenant(tenant);
        let mut ids = BTreeMap::new();
        let mut uuids = BTreeSet::new();
        let mut words = BTreeSet::new();
        for (kind, table, column) in TABLES {
            let rows: Vec<Uuid> = own.rows(table).map(|row| uuid(row, column)).collect();
            uuids.extend(rows.iter().map(ToString::to_string));
            let ids_of_kind = rows.iter().map(|uuid| AnyId { kind: *kind, uuid: *uuid }.to_string());
            ids.insert(*kind, ids_of_kind.collect::<Vec<_>>());
            let texts =
                own.rows(table).flat_map(|row| WORDS.iter().filter_map(|word| row.get(*word)?.as_str()));
            words.extend(texts.map(str::to_owned));
        }
        let people = own.rows("identity_users");
        let texts = people.flat_map(|row| WORDS.iter().filter_map(|word| row.get(*word)?.as_str()));
        words.extend(texts.map(str::to_owned));
        Self { ids, uuids, words }
    }

    /// The same without some of its ids; where that leaves none of a kind, with all of that kind.
    pub(crate) fn without(&self, hidden: &BTreeMap<IdKind, Vec<String>>) -> Self {
        let rest = |(kind, ids): (&IdKind, &Vec<String>)| {
            let hidden = hidden.get(kind).map_or(&[][..], Vec::as_slice);
            let rest: Vec<String> = ids.iter().filter(|id| !hidden.contains(id)).cloned().collect();
            (*kind, if rest.is_empty() { ids.clone() } else { rest })
        };
        let ids = self.ids.iter().map(rest).collect();
        Self { ids, uuids: self.uuids.clone(), words: self.words.clone() }
    }

    /// Its ids of a kind.
    pub(crate) fn ids(&self, kind: IdKind) -> &[String] {
        self.ids.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// One of its ids of a kind, the newest; one of nothing if it has none.
    pub(crate) fn one(&self, kind: IdKind) -> String {
        self.ids(kind).last().cloned().unwrap_or_else(|| of_nothing(kind))
    }

    /// Every kind with its ids.
    pub(crate) fn all(&self) -> impl Iterator<Item = (IdKind, &[String])> {
        self.ids.iter().map(|(kind, ids)| (*kind, ids.as_slice()))
    }

    /// Ids and texts that are this tenant's and not the other's: what must never be seen there.
    pub(crate) fn marks(&self, other: &Self) -> Vec<String> {
        let ids = self.ids.values().flatten().cloned();
        let words = self.words.difference(&other.words).filter(|word| word.len() >= 5).cloned();
        ids.chain(words).collect()
    }
}

fn uuid(row: &Row, column: &str) -> Uuid {
    let text = row.get(column).and_then(|value| value.as_str());
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{column} is no uuid in {row:?}"))
}
