//! Every act of this domain as people read it.

use kernel::activity::{ActionText, Category::Clients};

/// The sentences.
pub const ACTIONS: &[ActionText] = &[
    ActionText::open(
        Clients,
        ("crm.account.create", "Account"),
        "plus",
        ["{actor} added the client {subject}", "{actor} added {count} clients"],
        ["{actor} a ajouté le client {subject}", "{actor} a ajouté {count} clients"],
    ),
    ActionText::open(
        Clients,
        ("crm.account.update", "Account"),
        "pencil",
        ["{actor} updated the client {subject}", "{actor} updated {count} clients"],
        ["{actor} a modifié le client {subject}", "{actor} a modifié {count} clients"],
    ),
    ActionText::open(
        Clients,
        ("crm.account.archive", "Account"),
        "archive",
        ["{actor} archived the client {subject}", "{actor} archived {count} clients"],
        ["{actor} a archivé le client {subject}", "{actor} a archivé {count} clients"],
    ),
    ActionText::open(
        Clients,
        ("crm.account.restore", "Account"),
        "restore",
        ["{actor} brought back the client {subject}", "{actor} brought back {count} clients"],
        ["{actor} a rétabli le client {subject}", "{actor} a rétabli {count} clients"],
    ),
    ActionText::open(
        Clients,
        ("crm.contact.create", "Contact"),
        "plus",
        ["{actor} added a contact", "{actor} added {count} contacts"],
        ["{actor} a ajouté un contact", "{actor} a ajouté {count} contacts"],
    ),
    ActionText::open(
        Clients,
        ("crm.contact.update", "Contact"),
        "pencil",
        ["{actor} updated a contact", "{actor} updated {count} contacts"],
        ["{actor} a modifié un contact", "{actor} a modifié {count} contacts"],
    ),
    ActionText::inner(
        Clients,
        ("crm.contact.view", "Contact"),
        "eye",
        ["{actor} looked at the details of a contact", "{actor} looked at the details of {count} contacts"],
        [
            "{actor} a consulté les coordonnées d'un contact",
            "{actor} a consulté les coordonnées de {count} contacts",
        ],
    ),
];
