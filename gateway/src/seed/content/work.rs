//! Kinds of work that agencies do, each with its tasks in the order in which they are done.

use projects::words::{BillingType, Methodology};

/// A kind of project.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What the project is called.
    pub name: &'static str,
    /// What it is for: the first paragraph of the description.
    pub goal: &'static str,
    /// What is delivered: the list below it.
    pub deliverables: &'static [&'static str],
    /// How it is run.
    pub methodology: Methodology,
    /// How clients pay for it.
    pub billing: BillingType,
    /// What it is filed under.
    pub tags: &'static [&'static str],
    /// What there is to do.
    pub tasks: &'static [&'static str],
}

/// Why tasks wait.
pub const BLOCKERS: &[&str] = &[
    "Waiting for access to the client’s DNS",
    "Texts from the client are late",
    "Licence for the typeface is not signed yet",
    "The payment provider has not approved the account",
    "Depends on the security review",
    "Legal has to clear the image rights",
];

/// What task descriptions add to the title.
pub const NOTES: &[&str] = &[
    "Agree on the scope with the client before starting.",
    "See the notes of the kick-off; open questions go into the project chat.",
    "Done when the client has signed it off in the portal.",
    "Pair on this: at least one review by somebody who did not build it.",
    "Keep the old version reachable until the new one is confirmed.",
    "Measure before and after, and write both numbers into the report.",
    "- [ ] first draft\n- [ ] internal review\n- [ ] feedback worked in",
];

/// What people are in a team.
pub const TITLES: &[&str] = &[
    "Developer",
    "Designer",
    "Copywriter",
    "Quality assurance",
    "Consultant",
    "Art director",
    "Data analyst",
];

/// Every kind of project.
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    Kind {
        name: "Website relaunch",
        goal: "The present site is slow, hard to maintain and does not work well on phones. The relaunch brings a clear structure, an editor the client can use alone and pages that load within a second.",
        deliverables: &[
            "Sitemap and wireframes",
            "Design in two breakpoints",
            "Site in three languages",
            "Training for editors",
        ],
        methodology: Methodology::Hybrid,
        billing: BillingType::FixedFee,
        tags: &["web", "cms", "design"],
        tasks: &[
            "Kick-off workshop", "Collect the present content", "Interviews with five visitors",
            "Audit of search rankings", "Sitemap", "Wireframes of the main pages", "Moodboards",
            "Design of the home page", "Design of article and contact pages",
            "Design review with the client", "Set up repository and pipeline", "Set up the content system",
            "Build header and navigation", "Build the home page", "Build article pages",
            "Build the contact form", "Search within the site", "Redirects from old addresses",
            "Translate the interface", "Move the content", "Cookie consent", "Accessibility check",
            "Load times below one second", "Test on phones and tablets", "Editor training",
            "Legal notice and privacy page", "Staging review with the client", "Go-live plan", "Go live",
            "Watch errors and rankings for two weeks", "Hand over the documentation", "Retrospective",
        ],
    },
    Kind {
        name: "Brand identity",
        goal: "A new appearance that works from the business card to the side of a van, and rules that let others apply it.",
        deliverables: &["Logo in all formats", "Colours and typefaces", "Stationery", "Brand guide"],
        methodology: Methodology::Waterfall,
        billing: BillingType::FixedFee,
        tags: &["brand", "design", "print"],
        tasks: &[
            "Brand workshop", "Interviews with management", "Analysis of six competitors",
            "Positioning statement", "Name check with the trademark office", "First sketches of the logo",
            "Present three directions", "Refine the chosen direction", "Colour palette", "Choose typefaces",
            "Licences for typefaces", "Imagery style", "Icons", "Business cards", "Letterhead and invoices",
            "E-mail signatures", "Presentation template", "Signage", "Vehicle lettering", "Packaging draft",
            "Proofs from the printer", "Social media profile set", "Tone of voice",
            "Brand guide, first edition", "Review with the client", "Corrections", "Final artwork",
            "Hand over the files", "Workshop for the client’s team", "Retrospective",
        ],
    },
    Kind {
        name: "Customer portal",
        goal: "Customers see their orders, documents and contacts in one place instead of asking by phone. Half of the calls shall be gone within six months.",
        deliverables: &[
            "Sign-in with the company account",
            "Orders and documents",
            "Messages",
            "Reports on use",
        ],
        methodology: Methodology::Agile,
        billing: BillingType::TimeAndMaterials,
        tags: &["web", "portal", "integration"],
        tasks: &[
            "Workshop: what customers call about", "Map of the systems involved",
            "Prototype for usability tests", "Usability test with six customers", "Data model",
            "Interface to the order system", "Interface to the document store",
            "Sign-in with OpenID Connect", "Roles and rights", "Dashboard", "List of orders",
            "Details of an order", "Documents with preview", "Messages between customer and clerk",
            "Notifications by mail", "Search", "Settings of the profile",
            "Company administrators invite colleagues", "Audit trail", "Load test", "Penetration test",
            "Fix findings of the penetration test", "Data protection assessment",
            "Import of existing customers", "Pilot with ten customers", "Feedback of the pilot",
            "Texts and help pages", "Training for the service team", "Roll-out in waves",
            "Report after the first month", "Hand over to operations", "Retrospective",
        ],
    },
    Kind {
        name: "Mobile app",
        goal: "An app for iOS and Android that customers open weekly: loyalty card, offers nearby and orders ahead.",
        deliverables: &["Clickable prototype", "App in both stores", "Back office", "Usage metrics"],
        methodology: Methodology::Agile,
        billing: BillingType::TimeAndMaterials,
        tags: &["mobile", "ios", "android"],
        tasks: &[
            "Product workshop", "User stories and first backlog", "Clickable prototype",
            "Test the prototype in the shop", "Choose the framework", "Set up builds for both platforms",
            "Design system for the app", "Onboarding screens", "Sign-up and sign-in",
            "Loyalty card with code", "Offers nearby", "Map of shops", "Order ahead",
            "Payment with saved cards", "Apple Pay and Google Pay", "Push notifications",
            "Offline mode of the card", "Back office: offers", "Back office: reports", "Crash reports",
            "Analytics events", "Accessibility with screen readers", "Translations",
            "Beta with thirty customers", "Fix beta findings", "Store texts and screenshots",
            "Privacy labels", "Submit to the App Store", "Submit to Google Play",
            "Launch campaign in the shops", "Watch ratings", "Plan version 1.1",
        ],
    },
    Kind {
        name: "Online shop",
        goal: "Selling to consumers in three countries with the stock of the warehouse, with taxes and shipping right from the first order.",
        deliverables: &[
            "Shop with 2 000 articles",
            "Connection to the warehouse",
            "Payment in three countries",
            "Returns",
        ],
        methodology: Methodology::Hybrid,
        billing: BillingType::FixedFee,
        tags: &["e-commerce", "web", "integration"],
        tasks: &[
            "Requirements workshop", "Choose the shop system", "Article data: structure",
            "Photographs of 200 articles", "Category tree", "Design of article pages",
            "Design of basket and checkout", "Set up the shop system", "Import of articles",
            "Stock from the warehouse", "Prices and discounts", "Value-added tax in three countries",
            "Shipping costs", "Payment: cards and wallets", "Payment on account", "Order confirmation mails",
            "Invoices as PDF", "Returns", "Customer accounts", "Search with filters", "Recommendations",
            "Terms and right of withdrawal", "Cookie consent", "Load test for the sale",
            "Test orders in every country", "Security scan", "Training for customer service", "Soft launch",
            "Launch", "Abandoned basket mails", "Conversion report", "Backlog for phase two",
        ],
    },
    Kind {
        name: "Launch campaign",
        goal: "Make the new product known to 400 000 people in eight weeks and bring 2 000 of them to try it.",
        deliverables: &["Idea and key visual", "Landing page", "Advertisements in four channels", "Report"],
        methodology: Methodology::Waterfall,
        billing: BillingType::FixedFee,
        tags: &["campaign", "social", "advertising"],
        tasks: &[
            "Briefing", "Audience research", "Three campaign ideas", "Pitch to the client", "Key visual",
            "Headline and claims", "Media plan", "Budget by channel", "Book the photographer", "Photo shoot",
            "Casting", "Edit the film", "Sound and voice", "Cut-downs for social media",
            "Landing page: design", "Landing page: build", "Tracking plan",
            "Set up the advertising accounts", "Display banners in nine sizes", "Posters", "Radio spot",
            "Press release", "Newsletter", "Influencer agreements", "Legal check of claims",
            "Go live with wave one", "Weekly report", "Shift budget to what works", "Wave two",
            "Final report", "Retrospective with the client", "Archive the assets",
        ],
    },
    Kind {
        name: "Search and analytics",
        goal: "Know where inquiries come from and be found for the forty searches that matter, without buying each click.",
        deliverables: &["Technical audit", "Content plan", "Dashboards", "Monthly report"],
        methodology: Methodology::Agile,
        billing: BillingType::TimeAndMaterials,
        tags: &["seo", "analytics", "content"],
        tasks: &[
            "Technical audit of the site", "Inventory of content", "Keyword research",
            "Compare with competitors", "Measurement plan", "Set up consent-friendly analytics",
            "Events for forms and calls", "Dashboard for management", "Dashboard for marketing",
            "Fix crawling errors", "Fix broken links", "Shorten load times of images",
            "Structured data for products", "Structured data for places",
            "Titles and descriptions of the top 50 pages", "Rewrite the service pages",
            "Article: how to choose", "Article: ten mistakes", "Article: behind the scenes",
            "Landing pages for three towns", "Entries in business directories", "Ask for reviews",
            "Internal links", "Monthly report", "Quarterly review", "A/B test of the contact page",
            "Newsletter sign-up test", "Train the client’s editors", "Plan for the next quarter",
            "Check rankings after the update",
        ],
    },
    Kind {
        name: "Cloud migration",
        goal: "Move the applications out of the server room before the lease ends, with a tested way back for each of them.",
        deliverables: &["Inventory", "Landing zone", "Migrated applications", "Runbooks"],
        methodology: Methodology::Waterfall,
        billing: BillingType::FixedFee,
        tags: &["cloud", "infrastructure", "security"],
        tasks: &[
            "Inventory of servers and applications", "Map of dependencies", "Cost estimate",
            "Choose regions and accounts", "Landing zone", "Network and VPN", "Identity and access",
            "Log collection", "Monitoring and alerts", "Backup plan", "Encryption keys",
            "Migration plan in waves", "Test migration of the intranet", "Move the intranet",
            "Move the file shares", "Move the mail relay", "Copy the database for a rehearsal",
            "Rehearse the switch-over", "Move the main database", "Move the order system",
            "Move the reporting", "Restore test", "Fail-over test", "Firewall clean-up", "Cost alarms",
            "Runbooks", "Training for operations", "Decommission old servers",
            "Certificate of data destruction", "Acceptance by the client", "Retrospective", "Savings report",
        ],
    },
    Kind {
        name: "CRM introduction",
        goal: "One place for contacts, offers and follow-ups, so that no inquiry is lost and the forecast is more than a feeling.",
        deliverables: &["Configured CRM", "Clean data", "Connections to mail and telephony", "Training"],
        methodology: Methodology::Hybrid,
        billing: BillingType::FixedFee,
        tags: &["crm", "integration", "sales"],
        tasks: &[
            "Interviews with the sales team", "Describe the sales process", "Choose the system",
            "Fields and stages", "Rights by region", "Export from the old lists", "Remove duplicates",
            "Check addresses", "Import of companies", "Import of contacts", "Import of open offers",
            "Connect the mailboxes", "Connect telephony", "Connect the web forms", "Offer templates",
            "Approval of discounts", "Reminders for follow-ups", "Forecast report", "Dashboard for regions",
            "Mobile set-up", "Data protection: deletion rules", "Pilot with one region",
            "Feedback of the pilot", "Training, part one", "Training, part two", "Short guide on one page",
            "Go live", "Support in the first weeks", "Check data quality", "Review after three months",
        ],
    },
    Kind {
        name: "Service retainer",
        goal: "A fixed number of hours each month for maintenance, small changes and advice, with a report on what they went into.",
        deliverables: &["Updates within two days", "Answers within four hours", "Monthly report"],
        methodology: Methodology::Agile,
        billing: BillingType::Retainer,
        tags: &["support", "maintenance"],
        tasks: &[
            "Security updates", "Check backups", "Renew the certificate", "Answer editors’ questions",
            "Fix the contact form", "Swap the header image", "New landing page for the fair",
            "Update opening hours", "Report of the month", "Check load times", "Clean up user accounts",
            "Add a team page", "Replace the map", "Newsletter template", "Fix display on small phones",
            "Check broken links", "Update the privacy page", "Add job advertisements", "Export of inquiries",
            "Restore test", "Monitor spam", "Update the shop plug-ins", "Adjust the cookie banner",
            "Call with the client", "Plan the next month", "Review access rights", "Translate two articles",
            "Check forms for accessibility", "Update the style guide", "Review of the quarter",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_work_for_a_long_project_and_no_task_twice() {
        for kind in KINDS {
            let mut titles = kind.tasks.to_vec();
            titles.sort_unstable();
            titles.dedup();
            assert_eq!(titles.len(), kind.tasks.len(), "{} repeats a task", kind.name);
            assert!(titles.len() >= 30, "{} has {} tasks", kind.name, titles.len());
        }
    }
}
