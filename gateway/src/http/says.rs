//! Words of the HTTP side, in every language.

use kernel::Text;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $en:literal, $fr:literal;)+) => {
        $($(#[$doc])* pub const $name: Text = Text::new($code, $en, $fr);)+
    };
}

texts! {
    /// No JSON.
    BAD_JSON = "bad_json", "The body is not valid JSON: {why}.", "Le corps n'est pas du JSON valide : {why}.";
    /// An array.
    NO_BATCHES = "no_batches", "Send one request at a time: arrays are not accepted.",
        "Envoyez une requête à la fois : les tableaux ne sont pas acceptés.";
    /// Neither document nor hash.
    NO_QUERY = "no_query", "The request has no query.", "La requête ne contient pas de document.";
    /// A member of the query string is not JSON.
    BAD_PARAMETER = "bad_parameter", "The parameter {name} is not valid.", "Le paramètre {name} n'est pas valide.";
    /// NUL.
    NUL = "nul", "Texts must not hold the character U+0000.", "Les textes ne doivent pas contenir le caractère U+0000.";
    /// A forged reference to an upload.
    FORGED_UPLOAD = "forged_upload", "This text stands for an uploaded file, but none was sent.",
        "Ce texte désigne un fichier envoyé, mais aucun ne l'a été.";
    /// Too long.
    BODY_TOO_LONG = "body_too_long", "The body is longer than {max} bytes.", "Le corps dépasse {max} octets.";
    /// The document is too long.
    QUERY_TOO_LONG = "query_too_long", "The document is longer than {max} bytes.", "Le document dépasse {max} octets.";
    /// The document cannot be parsed; why is in the parser's English.
    SYNTAX = "syntax", "The document is not GraphQL: {why}.", "Le document n'est pas du GraphQL : {why}.";
    /// Not JSON.
    JSON_ONLY = "json_only", "Send application/json in UTF-8.", "Envoyez application/json en UTF-8.";
    /// Accept.
    NOT_ACCEPTABLE = "not_acceptable", "Answers are application/graphql-response+json or application/json.",
        "Les réponses sont en application/graphql-response+json ou application/json.";
    /// Accept for subscriptions.
    STREAM_NEEDED = "stream_needed", "Subscriptions need a WebSocket or Accept: text/event-stream.",
        "Les abonnements exigent un WebSocket ou Accept: text/event-stream.";
    /// Method.
    METHOD = "method", "This method is not allowed here.", "Cette méthode n'est pas permise ici.";
    /// GET.
    QUERIES_ONLY = "queries_only", "GET runs queries only.", "GET n'exécute que des lectures.";
    /// Path.
    NO_PAGE = "no_page", "There is nothing at this address.", "Il n'y a rien à cette adresse.";
    /// Time.
    TOO_SLOW = "too_slow", "The request took longer than {seconds} seconds.",
        "La requête a pris plus de {seconds} secondes.";
    /// End.
    STOPPING = "stopping", "The service is restarting. Try again in a moment.",
        "Le service redémarre. Réessayez dans un instant.";
    /// Operation.
    WHICH_OPERATION = "which_operation", "The document has several operations: name one in operationName.",
        "Le document contient plusieurs opérations : nommez-en une dans operationName.";
    /// Operation.
    UNKNOWN_OPERATION = "unknown_operation", "The document has no operation named {name}.",
        "Le document ne contient pas d'opération nommée {name}.";
    /// Apollo's words, by which clients recognise it.
    PERSISTED_QUERY_NOT_FOUND = "persisted_query_not_found", "PersistedQueryNotFound", "PersistedQueryNotFound";
    /// Hash.
    HASH_MISMATCH = "hash_mismatch", "The hash is not the SHA-256 of the query.",
        "L'empreinte n'est pas le SHA-256 du document.";
    /// Hash.
    BAD_PERSISTED = "bad_persisted", "persistedQuery needs version 1 and a sha256Hash of 64 hexadecimal digits.",
        "persistedQuery exige version 1 et un sha256Hash de 64 chiffres hexadécimaux.";
    /// List.
    NOT_LISTED = "not_listed", "Only registered documents are run here.",
        "Seuls les documents enregistrés sont exécutés ici.";
    /// Nesting.
    TOO_NESTED = "too_nested", "The document is nested too deep.", "Le document est trop imbriqué.";
    /// Depth.
    TOO_DEEP = "too_deep", "The document is deeper than {max} fields.", "Le document dépasse {max} champs de profondeur.";
    /// Fields.
    TOO_MANY_FIELDS = "too_many_fields", "The document expands to more than {max} fields.",
        "Le document se développe en plus de {max} champs.";
    /// Root.
    TOO_MANY_ROOT_FIELDS = "too_many_root_fields", "The operation has more than {max} root fields.",
        "L'opération a plus de {max} champs à la racine.";
    /// Aliases.
    TOO_MANY_ALIASES = "too_many_aliases", "The field {field} has more than {max} aliases.",
        "Le champ {field} a plus de {max} alias.";
    /// Directives.
    TOO_MANY_DIRECTIVES = "too_many_directives", "The document has more than {max} directives.",
        "Le document a plus de {max} directives.";
    /// Directives.
    UNKNOWN_DIRECTIVE = "unknown_directive", "There is no directive @{name} here.", "Il n'y a pas de directive @{name} ici.";
    /// Directives.
    REPEATED_DIRECTIVE = "repeated_directive", "The directive @{name} stands here more than once.",
        "La directive @{name} est répétée ici.";
    /// Cycles.
    FRAGMENT_CYCLE = "fragment_cycle", "The fragment {name} holds itself.", "Le fragment {name} se contient lui-même.";
    /// Introspection.
    INTROSPECTION_OFF = "introspection_off", "The schema cannot be asked for here.",
        "Le schéma ne peut pas être demandé ici.";
    /// Introspection.
    INTROSPECTION_TOO_DEEP = "introspection_too_deep", "The schema is asked for too deep.",
        "Le schéma est demandé trop en profondeur.";
    /// Cost.
    TOO_EXPENSIVE = "too_expensive", "The request costs {cost} points; at most {max} are allowed.",
        "La requête coûte {cost} points ; {max} au plus sont permis.";
    /// Rate.
    RATE = "rate_limit", "Too many requests: this one costs {cost} points.",
        "Trop de requêtes : celle-ci coûte {cost} points.";
    /// Rate of the plan.
    PLAN_RATE = "plan_rate_limit",
        "Too many requests: the plan {plan} allows {requests} a minute. This one costs {cost} points, 100 a request.",
        "Trop de requêtes : l'offre {plan} en permet {requests} par minute. Celle-ci coûte {cost} points, 100 par requête.";
    /// Sockets.
    TOO_MANY_OPERATIONS = "too_many_operations", "A socket runs at most {max} operations at once.",
        "Un socket exécute au plus {max} opérations à la fois.";
    /// Sockets.
    TOO_MANY_SOCKETS = "too_many_sockets", "Too many sockets and event streams are open: at most {max} may be.",
        "Trop de sockets et de flux d'événements sont ouverts : {max} au plus peuvent l'être.";
    /// Pages that only this machine may see.
    FOREIGN_HOST = "foreign_host", "This page is not shown under this host name. Use localhost.",
        "Cette page n'est pas montrée sous ce nom d'hôte. Utilisez localhost.";
    /// Documents that do not fit the schema; why is in the validator's English.
    NOT_VALID = "not_valid", "{why}", "Le document ne convient pas au schéma : {why}";
    /// Sockets.
    FOREIGN_ORIGIN = "foreign_origin", "Pages of this origin may not connect.",
        "Les pages de cette origine ne peuvent pas se connecter.";
    /// Idempotency.
    BAD_KEY = "bad_idempotency_key", "Idempotency-Key must be 1 to 255 visible ASCII characters.",
        "Idempotency-Key doit compter de 1 à 255 caractères ASCII visibles.";
    /// Idempotency.
    KEY_REUSED = "idempotency_key_reused", "This Idempotency-Key was used for another request.",
        "Cette Idempotency-Key a servi pour une autre requête.";
    /// Idempotency.
    KEY_OF_SECRET = "idempotency_key_of_secret",
        "The request with this Idempotency-Key was done; its answer held a secret, which is given only once.",
        "La requête avec cette Idempotency-Key a été exécutée ; sa réponse contenait un secret, donné une seule fois.";
    /// Idempotency.
    KEY_ANSWER_LOST = "idempotency_answer_lost",
        "The request with this Idempotency-Key was done, but its answer was lost. Read what came of it.",
        "La requête avec cette Idempotency-Key a été exécutée, mais sa réponse est perdue. Lisez son résultat.";
    /// Idempotency.
    KEY_IN_FLIGHT = "idempotency_key_in_flight", "The request with this Idempotency-Key is still running.",
        "La requête avec cette Idempotency-Key est encore en cours.";
}
