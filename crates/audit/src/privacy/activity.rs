//! Acts about personal data as people read them: copies and erasures.

use kernel::activity::{ActionText, Category::Audit};

/// The sentences.
pub const ACTIONS: &[ActionText] = &[
    ActionText::inner(
        Audit,
        ("audit.privacy.request", "*"),
        "download",
        ["{actor} asked for a copy of personal data", "{actor} asked for {count} copies of personal data"],
        [
            "{actor} a demandé une copie de données personnelles",
            "{actor} a demandé {count} copies de données personnelles",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.privacy.begin", "*"),
        "download",
        ["{actor} began a copy of personal data", "{actor} began {count} copies of personal data"],
        [
            "{actor} a commencé une copie de données personnelles",
            "{actor} a commencé {count} copies de données personnelles",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.privacy.export", "*"),
        "download",
        ["{actor} made a copy of personal data", "{actor} made {count} copies of personal data"],
        [
            "{actor} a établi une copie de données personnelles",
            "{actor} a établi {count} copies de données personnelles",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.privacy.link", "*"),
        "download",
        [
            "{actor} asked for the download of personal data",
            "{actor} asked for {count} downloads of personal data",
        ],
        [
            "{actor} a demandé le téléchargement de données personnelles",
            "{actor} a demandé {count} téléchargements de données personnelles",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.privacy.download", "*"),
        "download",
        ["{actor} downloaded a copy of personal data", "{actor} downloaded {count} copies of personal data"],
        [
            "{actor} a téléchargé une copie de données personnelles",
            "{actor} a téléchargé {count} copies de données personnelles",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.privacy.give_up", "*"),
        "warning",
        [
            "{actor} could not make a copy of personal data",
            "{actor} could not make {count} copies of personal data",
        ],
        [
            "{actor} n'a pas pu établir une copie de données personnelles",
            "{actor} n'a pas pu établir {count} copies de données personnelles",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.privacy.settle", "*"),
        "check",
        [
            "{actor} closed a request about personal data",
            "{actor} closed {count} requests about personal data",
        ],
        [
            "{actor} a clos une demande sur des données personnelles",
            "{actor} a clos {count} demandes sur des données personnelles",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.privacy.expire", "*"),
        "trash",
        [
            "{actor} removed a copy of personal data that was over",
            "{actor} removed {count} copies of personal data that were over",
        ],
        [
            "{actor} a retiré une copie échue de données personnelles",
            "{actor} a retiré {count} copies échues de données personnelles",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.erasure.request", "*"),
        "trash",
        ["{actor} asked for the erasure of a person", "{actor} asked for {count} erasures of people"],
        [
            "{actor} a demandé l'effacement d'une personne",
            "{actor} a demandé {count} effacements de personnes",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.erasure.change", "*"),
        "trash",
        [
            "{actor} found an erasure changed since it was asked for",
            "{actor} found {count} erasures changed since they were asked for",
        ],
        [
            "{actor} a constaté qu'un effacement avait changé depuis la demande",
            "{actor} a constaté que {count} effacements avaient changé depuis la demande",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.erasure.approve", "*"),
        "trash",
        ["{actor} agreed to the erasure of a person", "{actor} agreed to {count} erasures of people"],
        [
            "{actor} a approuvé l'effacement d'une personne",
            "{actor} a approuvé {count} effacements de personnes",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.erasure.reject", "*"),
        "trash",
        ["{actor} refused the erasure of a person", "{actor} refused {count} erasures of people"],
        ["{actor} a refusé l'effacement d'une personne", "{actor} a refusé {count} effacements de personnes"],
    ),
    ActionText::inner(
        Audit,
        ("audit.erasure.withdraw", "*"),
        "trash",
        ["{actor} took back a request for an erasure", "{actor} took back {count} requests for erasures"],
        ["{actor} a retiré une demande d'effacement", "{actor} a retiré {count} demandes d'effacement"],
    ),
    ActionText::inner(
        Audit,
        ("audit.erasure.certify", "*"),
        "shield",
        ["{actor} certified the erasure of a person", "{actor} certified {count} erasures of people"],
        [
            "{actor} a certifié l'effacement d'une personne",
            "{actor} a certifié {count} effacements de personnes",
        ],
    ),
];
