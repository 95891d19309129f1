//! Every act of this domain as people read it.

use kernel::activity::{
    ActionText,
    Category::{Audit, Settings},
    When,
};

/// The sentences. Where one act has several, the first that fits is taken.
pub const ACTIONS: &[ActionText] = &[
    ActionText::inner(
        Audit,
        ("audit.entry.view", "*"),
        "eye",
        [
            "{actor} read personal data in the audit trail",
            "{actor} read personal data in {count} entries of the audit trail",
        ],
        [
            "{actor} a lu des données personnelles dans le journal d'audit",
            "{actor} a lu des données personnelles dans {count} entrées du journal d'audit",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.trail.export", "*"),
        "download",
        ["{actor} exported the audit trail", "{actor} exported the audit trail {count} times"],
        ["{actor} a exporté le journal d'audit", "{actor} a exporté {count} fois le journal d'audit"],
    ),
    ActionText::inner(
        Audit,
        ("audit.trail.verify", "*"),
        "warning",
        [
            "{actor} checked the audit trail, and it is not as it was sealed",
            "{actor} checked the audit trail {count} times, and it is not as it was sealed",
        ],
        [
            "{actor} a contrôlé le journal d'audit, qui n'est plus tel que scellé",
            "{actor} a contrôlé {count} fois le journal d'audit, qui n'est plus tel que scellé",
        ],
    )
    .when(When::Failed, "audit.trail.broken"),
    ActionText::inner(
        Audit,
        ("audit.trail.verify", "*"),
        "shield",
        ["{actor} checked the audit trail", "{actor} checked the audit trail {count} times"],
        ["{actor} a contrôlé le journal d'audit", "{actor} a contrôlé {count} fois le journal d'audit"],
    ),
    ActionText::inner(
        Audit,
        ("audit.key.rotate", "*"),
        "key",
        [
            "{actor} made a new key that signs the audit trail",
            "{actor} made {count} new keys that sign the audit trail",
        ],
        [
            "{actor} a créé une nouvelle clé de signature du journal d'audit",
            "{actor} a créé {count} nouvelles clés de signature du journal d'audit",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.sink.create", "AuditSink"),
        "plus",
        [
            "{actor} began to forward the audit trail to {subject}",
            "{actor} began to forward the audit trail to {count} systems",
        ],
        [
            "{actor} a commencé à transmettre le journal d'audit à {subject}",
            "{actor} a commencé à transmettre le journal d'audit à {count} systèmes",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.sink.update", "AuditSink"),
        "pencil",
        [
            "{actor} changed how the audit trail is forwarded to {subject}",
            "{actor} changed how the audit trail is forwarded to {count} systems",
        ],
        [
            "{actor} a modifié la transmission du journal d'audit à {subject}",
            "{actor} a modifié la transmission du journal d'audit à {count} systèmes",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.sink.delete", "AuditSink"),
        "trash",
        [
            "{actor} stopped forwarding the audit trail to {subject}",
            "{actor} stopped forwarding the audit trail to {count} systems",
        ],
        [
            "{actor} a arrêté de transmettre le journal d'audit à {subject}",
            "{actor} a arrêté de transmettre le journal d'audit à {count} systèmes",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.sink.test", "AuditSink"),
        "warning",
        [
            "{actor} tried to reach {subject}, which did not answer",
            "{actor} tried to reach {count} systems that did not answer",
        ],
        [
            "{actor} a tenté de joindre {subject}, sans réponse",
            "{actor} a tenté de joindre {count} systèmes, sans réponse",
        ],
    )
    .when(When::Failed, "audit.sink.test_failed"),
    ActionText::inner(
        Audit,
        ("audit.sink.test", "AuditSink"),
        "check",
        ["{actor} tried whether {subject} answers", "{actor} tried whether {count} systems answer"],
        ["{actor} a vérifié que {subject} répond", "{actor} a vérifié que {count} systèmes répondent"],
    ),
    ActionText::inner(
        Audit,
        ("audit.sink.pause", "AuditSink"),
        "warning",
        [
            "{actor} gave up forwarding the audit trail to {subject}, which has failed for days",
            "{actor} gave up forwarding the audit trail to {count} systems",
        ],
        [
            "{actor} a abandonné la transmission du journal d'audit à {subject}, en échec depuis des jours",
            "{actor} a abandonné la transmission du journal d'audit à {count} systèmes",
        ],
    )
    .when(When::Failed, "audit.sink.pause"),
    ActionText::inner(
        Settings,
        ("audit.delivery.retry", "EventDelivery"),
        "restore",
        ["{actor} let an event be delivered again", "{actor} let {count} events be delivered again"],
        ["{actor} a relancé la remise d'un événement", "{actor} a relancé la remise de {count} événements"],
    ),
    ActionText::inner(
        Settings,
        ("audit.delivery.discard", "EventDelivery"),
        "trash",
        ["{actor} discarded an event", "{actor} discarded {count} events"],
        ["{actor} a écarté un événement", "{actor} a écarté {count} événements"],
    ),
    ActionText::inner(
        Settings,
        ("audit.job.retry", "Job"),
        "restore",
        ["{actor} let a job begin anew", "{actor} let {count} jobs begin anew"],
        ["{actor} a relancé une tâche de fond", "{actor} a relancé {count} tâches de fond"],
    ),
    ActionText::inner(
        Settings,
        ("audit.job.cancel", "Job"),
        "stop",
        ["{actor} cancelled a job", "{actor} cancelled {count} jobs"],
        ["{actor} a annulé une tâche de fond", "{actor} a annulé {count} tâches de fond"],
    ),
    ActionText::inner(
        Settings,
        ("audit.job.discard", "Job"),
        "trash",
        ["{actor} discarded a job", "{actor} discarded {count} jobs"],
        ["{actor} a écarté une tâche de fond", "{actor} a écarté {count} tâches de fond"],
    ),
    ActionText::inner(
        Audit,
        ("audit.hold.place", "LegalHold"),
        "lock",
        ["{actor} placed the legal hold {subject}", "{actor} placed {count} legal holds"],
        ["{actor} a posé la conservation légale {subject}", "{actor} a posé {count} conservations légales"],
    ),
    ActionText::inner(
        Audit,
        ("audit.hold.release", "LegalHold"),
        "unlock",
        ["{actor} released the legal hold {subject}", "{actor} released {count} legal holds"],
        ["{actor} a levé la conservation légale {subject}", "{actor} a levé {count} conservations légales"],
    ),
    ActionText::inner(
        Audit,
        ("audit.trail.accept", "*"),
        "shield",
        [
            "{actor} accepted the audit trail as it is",
            "{actor} accepted the audit trail as it is {count} times",
        ],
        [
            "{actor} a accepté le journal d'audit tel quel",
            "{actor} a accepté {count} fois le journal d'audit tel quel",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.retention.update", "AuditRetention"),
        "gear",
        [
            "{actor} changed how long the audit trail is kept",
            "{actor} changed {count} times how long the audit trail is kept",
        ],
        [
            "{actor} a modifié la durée de conservation du journal d'audit",
            "{actor} a modifié {count} fois la durée de conservation du journal d'audit",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.retention.archive", "AuditArchive"),
        "archive",
        ["{actor} archived a part of the audit trail", "{actor} archived {count} parts of the audit trail"],
        [
            "{actor} a archivé une partie du journal d'audit",
            "{actor} a archivé {count} parties du journal d'audit",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.retention.remove", "AuditArchive"),
        "trash",
        [
            "{actor} removed an archived part of the audit trail",
            "{actor} removed {count} archived parts of the audit trail",
        ],
        [
            "{actor} a retiré une partie archivée du journal d'audit",
            "{actor} a retiré {count} parties archivées du journal d'audit",
        ],
    ),
    ActionText::inner(
        Audit,
        ("audit.archive.download", "AuditArchive"),
        "download",
        [
            "{actor} downloaded an archive of the audit trail",
            "{actor} downloaded {count} archives of the audit trail",
        ],
        [
            "{actor} a téléchargé une archive du journal d'audit",
            "{actor} a téléchargé {count} archives du journal d'audit",
        ],
    ),
];
