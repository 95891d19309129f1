//! Which agencies are generated, and how large.

use kernel::catalogue::SystemRole;

use super::{
    content::{
        companies::{self, Company},
        people::{self, Name},
    },
    plan::{self, Fixed},
};

/// What the people of the ten system roles are called before the `@`, in the order of [`SystemRole::ALL`].
pub const ROLES: [(SystemRole, &str); 10] = [
    (SystemRole::Owner, "owner"),
    (SystemRole::Admin, "admin"),
    (SystemRole::ProjectManager, "pm"),
    (SystemRole::TeamMember, "dev"),
    (SystemRole::Accountant, "finance"),
    (SystemRole::Sales, "sales"),
    (SystemRole::Editor, "editor"),
    (SystemRole::Client, "client"),
    (SystemRole::ClientAdmin, "clientadmin"),
    (SystemRole::Viewer, "viewer"),
];

/// An agency to be generated.
#[derive(Clone, Debug)]
pub struct Agency {
    /// Its slug; its people have addresses at `<slug>.test`.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Currency of its budgets (ISO 4217).
    pub currency: &'static str,
    /// Where its days begin.
    pub time_zone: &'static str,
    /// Dialling prefix of its people's numbers, in a range that is never given to anybody.
    pub phone: &'static str,
    /// The plan it pays for.
    pub plan: &'static str,
    /// The person who reads another language, by place, with that language and where they live.
    pub abroad: Option<(usize, &'static str, &'static str)>,
    /// The people of the ten roles.
    pub cast: &'static [Name; 10],
    /// Its clients; companies beyond the list are made up.
    pub clients: &'static [Company],
    /// Who owns the first accounts, by place; the others' owners are made up.
    pub owners: &'static [usize],
    /// Projects that are given; the others are made up.
    pub fixed: &'static [Fixed],
    /// How much of everything.
    pub size: Amounts,
    /// Where its randomness starts.
    pub seed: u64,
}

/// How much of everything an agency has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// People, the ten of the roles among them.
    pub users: usize,
    /// Client companies.
    pub accounts: usize,
    /// Projects.
    pub projects: usize,
    /// Tasks of all projects.
    pub tasks: usize,
    /// Weeks in which people wrote down their time, the present one among them.
    pub weeks: u32,
}

/// How much `atrium seed` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// A tenth of `m`, with one person for each system role.
    S,
    /// 50 users, 200 accounts, 1 000 projects, 30 000 tasks.
    M,
    /// Ten times `m`.
    L,
}

impl Size {
    /// The numbers behind the letter.
    pub const fn amounts(self) -> Amounts {
        match self {
            // Reason: not five users, because each of the ten roles needs somebody.
            Self::S => Amounts { users: 10, accounts: 20, projects: 100, tasks: 3_000, weeks: 8 },
            Self::M => Amounts { users: 50, accounts: 200, projects: 1_000, tasks: 30_000, weeks: 8 },
            Self::L => Amounts { users: 500, accounts: 2_000, projects: 10_000, tasks: 300_000, weeks: 8 },
        }
    }
}

/// The demo agencies.
pub fn demo() -> [Agency; 2] {
    two(Amounts { users: 10, accounts: 12, projects: 40, tasks: 800, weeks: 6 })
}

/// The same two agencies with little in them, for tests.
pub fn small() -> [Agency; 2] {
    two(Amounts { users: 10, accounts: 3, projects: plan::SMALL.len(), tasks: 40, weeks: 0 })
        .map(|agency| Agency { owners: plan::SMALL_OWNERS, fixed: plan::SMALL, ..agency })
}

/// Slug of the agency of load tests.
pub const LOAD: &str = "load";

/// The agency of load tests.
pub fn load(size: Size) -> Agency {
    let [acme, _] = two(size.amounts());
    Agency { slug: LOAD, name: "Load & Sons", plan: "enterprise", clients: &[], seed: 0x10AD, ..acme }
}

fn two(size: Amounts) -> [Agency; 2] {
    [
        Agency {
            slug: "acme",
            name: "Acme Studio",
            currency: "EUR",
            time_zone: "Europe/Berlin",
            phone: "+493023125",
            plan: "business",
            abroad: Some((5, "fr", "Europe/Paris")),
            cast: &people::ACME,
            clients: &companies::ACME,
            owners: &[],
            fixed: &[],
            size,
            seed: 0xAC3E,
        },
        Agency {
            slug: "globex",
            name: "Globex Digital",
            currency: "USD",
            time_zone: "America/New_York",
            phone: "+121255501",
            plan: "professional",
            abroad: Some((5, "fr-CA", "America/Toronto")),
            cast: &people::GLOBEX,
            clients: &companies::GLOBEX,
            owners: &[],
            fixed: &[],
            size,
            seed: 0x610B,
        },
    ]
}
