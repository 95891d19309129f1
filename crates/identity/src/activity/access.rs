//! Acts about roles, keys, sessions and passwords as people read them.

use kernel::activity::{
    ActionText,
    Category::{Access, Audit},
    When,
};

/// The sentences. Where one act has several, the first that fits is taken.
pub const ACTIONS: &[ActionText] = &[
    ActionText::inner(
        Access,
        ("identity.user.request_email_change", "*"),
        "mail",
        [
            "{actor} asked for another e-mail address",
            "{actor} asked {count} times for another e-mail address",
        ],
        [
            "{actor} a demandé une autre adresse e-mail",
            "{actor} a demandé {count} fois une autre adresse e-mail",
        ],
    ),
    ActionText::inner(
        Access,
        ("identity.user.confirm_email_change", "User"),
        "mail",
        ["{actor} confirmed another e-mail address", "{actor} confirmed {count} other e-mail addresses"],
        ["{actor} a confirmé une autre adresse e-mail", "{actor} a confirmé {count} autres adresses e-mail"],
    ),
    ActionText::inner(
        Access,
        ("identity.user.unlock", "*"),
        "unlock",
        ["{actor} unlocked {person}", "{actor} unlocked {count} people"],
        ["{actor} a débloqué {person}", "{actor} a débloqué {count} personnes"],
    ),
    ActionText::inner(
        Audit,
        ("identity.user.view", "*"),
        "eye",
        ["{actor} looked at the details of {person}", "{actor} looked at the details of {count} people"],
        ["{actor} a consulté les données de {person}", "{actor} a consulté les données de {count} personnes"],
    ),
    ActionText::inner(
        Access,
        ("identity.role.assign", "MembershipRole"),
        "key",
        ["{actor} gave a role", "{actor} gave {count} roles"],
        ["{actor} a attribué un rôle", "{actor} a attribué {count} rôles"],
    ),
    ActionText::inner(
        Access,
        ("identity.role.revoke", "MembershipRole"),
        "key",
        ["{actor} took a role away", "{actor} took {count} roles away"],
        ["{actor} a retiré un rôle", "{actor} a retiré {count} rôles"],
    ),
    ActionText::inner(
        Access,
        ("identity.role.bulk_assign", "MembershipRole"),
        "key",
        ["{actor} changed who holds a role", "{actor} changed {count} holders of roles"],
        ["{actor} a modifié le titulaire d'un rôle", "{actor} a modifié {count} titulaires de rôles"],
    ),
    ActionText::inner(
        Access,
        ("identity.role.create", "Role"),
        "plus",
        ["{actor} created the role {subject}", "{actor} created {count} roles"],
        ["{actor} a créé le rôle {subject}", "{actor} a créé {count} rôles"],
    ),
    ActionText::inner(
        Access,
        ("identity.role.update", "Role"),
        "pencil",
        ["{actor} updated the role {subject}", "{actor} updated {count} roles"],
        ["{actor} a modifié le rôle {subject}", "{actor} a modifié {count} rôles"],
    ),
    ActionText::inner(
        Access,
        ("identity.role.delete", "Role"),
        "trash",
        ["{actor} deleted the role {subject}", "{actor} deleted {count} roles"],
        ["{actor} a supprimé le rôle {subject}", "{actor} a supprimé {count} rôles"],
    ),
    ActionText::inner(
        Access,
        ("identity.api_key.create", "ApiKey"),
        "plus",
        ["{actor} created the API key {subject}", "{actor} created {count} API keys"],
        ["{actor} a créé la clé d'API {subject}", "{actor} a créé {count} clés d'API"],
    ),
    ActionText::inner(
        Access,
        ("identity.api_key.update", "ApiKey"),
        "pencil",
        ["{actor} updated the API key {subject}", "{actor} updated {count} API keys"],
        ["{actor} a modifié la clé d'API {subject}", "{actor} a modifié {count} clés d'API"],
    ),
    ActionText::inner(
        Access,
        ("identity.api_key.revoke", "ApiKey"),
        "trash",
        ["{actor} revoked the API key {subject}", "{actor} revoked {count} API keys"],
        ["{actor} a révoqué la clé d'API {subject}", "{actor} a révoqué {count} clés d'API"],
    ),
    ActionText::inner(
        Access,
        ("identity.session.login", "*"),
        "warning",
        ["{actor} failed to sign in", "{actor} failed {count} times to sign in"],
        ["{actor} a échoué à ouvrir une session", "{actor} a échoué {count} fois à ouvrir une session"],
    )
    .when(When::Failed, "identity.session.login_failed"),
    ActionText::inner(
        Access,
        ("identity.session.login", "Session"),
        "login",
        ["{actor} signed in", "{actor} signed in {count} times"],
        ["{actor} a ouvert une session", "{actor} a ouvert {count} sessions"],
    ),
    ActionText::inner(
        Access,
        ("identity.session.logout", "*"),
        "logout",
        ["{actor} signed out", "{actor} signed out {count} times"],
        ["{actor} a fermé une session", "{actor} a fermé {count} sessions"],
    ),
    ActionText::inner(
        Access,
        ("identity.session.switch", "*"),
        "login",
        ["{actor} switched to another agency", "{actor} switched {count} times between agencies"],
        ["{actor} a changé d'agence", "{actor} a changé {count} fois d'agence"],
    ),
    ActionText::inner(
        Access,
        ("identity.session.revoke", "Session"),
        "logout",
        ["{actor} ended a session", "{actor} ended {count} sessions"],
        ["{actor} a mis fin à une session", "{actor} a mis fin à {count} sessions"],
    ),
    ActionText::inner(
        Access,
        ("identity.session.revoke_all", "*"),
        "logout",
        ["{actor} ended all sessions of a person", "{actor} ended {count} sessions"],
        ["{actor} a mis fin à toutes les sessions d'une personne", "{actor} a mis fin à {count} sessions"],
    ),
    ActionText::inner(
        Access,
        ("identity.session.renew", "*"),
        "warning",
        [
            "A used token of {actor} came again, and the session was ended",
            "{count} used tokens of {actor} came again",
        ],
        [
            "Un jeton déjà utilisé de {actor} est revenu ; la session est fermée",
            "{count} jetons déjà utilisés de {actor} sont revenus",
        ],
    )
    .when(When::Failed, "identity.session.replay"),
    ActionText::inner(
        Access,
        ("identity.session.renew", "*"),
        "login",
        ["{actor} stayed signed in", "{actor} stayed signed in"],
        ["{actor} a prolongé une session", "{actor} a prolongé des sessions"],
    ),
    ActionText::inner(
        Audit,
        ("identity.session.view", "*"),
        "eye",
        ["{actor} looked at a session of {person}", "{actor} looked at sessions of {count} people"],
        [
            "{actor} a consulté une session de {person}",
            "{actor} a consulté des sessions de {count} personnes",
        ],
    ),
    ActionText::inner(
        Access,
        ("identity.password.change", "User"),
        "key",
        ["{actor} changed the password", "{actor} changed {count} passwords"],
        ["{actor} a changé le mot de passe", "{actor} a changé {count} mots de passe"],
    ),
    ActionText::inner(
        Access,
        ("identity.password.request_reset", "*"),
        "mail",
        ["{actor} asked for a new password", "{actor} asked {count} times for a new password"],
        [
            "{actor} a demandé un nouveau mot de passe",
            "{actor} a demandé {count} fois un nouveau mot de passe",
        ],
    ),
    ActionText::inner(
        Access,
        ("identity.password.send_reset", "*"),
        "mail",
        ["{actor} sent a link for a new password", "{actor} sent {count} links for new passwords"],
        [
            "{actor} a envoyé un lien pour un nouveau mot de passe",
            "{actor} a envoyé {count} liens pour de nouveaux mots de passe",
        ],
    ),
    ActionText::inner(
        Access,
        ("identity.password.reset", "User"),
        "key",
        ["{actor} set a new password for {person}", "{actor} set new passwords for {count} people"],
        [
            "{actor} a défini un nouveau mot de passe pour {person}",
            "{actor} a défini de nouveaux mots de passe pour {count} personnes",
        ],
    ),
    ActionText::inner(
        Audit,
        ("identity.permission.deny", "*"),
        "shield",
        ["{actor} tried something that was refused", "{actor} tried {count} things that were refused"],
        ["{actor} a tenté une action refusée", "{actor} a tenté {count} actions refusées"],
    )
    .when(When::Failed, "identity.permission.deny"),
];
