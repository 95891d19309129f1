//! Every act on the registers of projects, as people read it. What is prepared for a client and not handed to them yet is
//! told to readers of the trail alone: later the client sees the thing, and shall not read how it came about.

use kernel::activity::{ActionText, Category::Projects};

macro_rules! told {
    ($($how:ident $action:literal on $subject:literal: $icon:literal, $en:literal, $many:literal, $fr:literal, $plusieurs:literal;)+) => {
        /// The sentences about risks, change requests, decisions, status reports, feedback and health.
        pub const REGISTERS: &[ActionText] = &[
            $(ActionText::$how(Projects, ($action, $subject), $icon, [$en, $many], [$fr, $plusieurs]),)+
        ];
    };
}

told! {
    inner "projects.health_settings.update" on "HealthSettings": "gear",
        "{actor} weighed anew how well projects go", "{actor} weighed anew {count} times how well projects go",
        "{actor} a repondéré la santé des projets",
        "{actor} a repondéré {count} fois la santé des projets";
    inner "projects.health.record" on "HealthSettings": "clock",
        "{actor} recorded how well projects go", "{actor} recorded {count} times how well projects go",
        "{actor} a relevé la santé des projets",
        "{actor} a relevé {count} fois la santé des projets";
    open "projects.risk.create" on "Risk": "plus",
        "{actor} registered the risk {subject}", "{actor} registered {count} risks",
        "{actor} a enregistré le risque {subject}",
        "{actor} a enregistré {count} risques";
    open "projects.risk.update" on "Risk": "pencil",
        "{actor} updated the risk {subject}", "{actor} updated {count} risks",
        "{actor} a modifié le risque {subject}",
        "{actor} a modifié {count} risques";
    open "projects.risk.delete" on "Risk": "trash",
        "{actor} removed the risk {subject}", "{actor} removed {count} risks",
        "{actor} a supprimé le risque {subject}",
        "{actor} a supprimé {count} risques";
    open "projects.baseline.create" on "Baseline": "plus",
        "{actor} kept the plan as {subject}", "{actor} kept {count} plans",
        "{actor} a conservé le plan sous {subject}",
        "{actor} a conservé {count} plans";
    open "projects.baseline.update" on "Baseline": "pencil",
        "{actor} updated the baseline {subject}", "{actor} updated {count} baselines",
        "{actor} a modifié la référence {subject}",
        "{actor} a modifié {count} références";
    open "projects.baseline.delete" on "Baseline": "trash",
        "{actor} removed the baseline {subject}", "{actor} removed {count} baselines",
        "{actor} a supprimé la référence {subject}",
        "{actor} a supprimé {count} références";
    inner "projects.change_request.create" on "ChangeRequest": "plus",
        "{actor} wrote the change request {subject}", "{actor} wrote {count} change requests",
        "{actor} a rédigé la demande de changement {subject}",
        "{actor} a rédigé {count} demandes de changement";
    inner "projects.change_request.update" on "ChangeRequest": "pencil",
        "{actor} updated the change request {subject}", "{actor} updated {count} change requests",
        "{actor} a modifié la demande de changement {subject}",
        "{actor} a modifié {count} demandes de changement";
    inner "projects.change_request.delete" on "ChangeRequest": "trash",
        "{actor} removed the change request {subject}", "{actor} removed {count} change requests",
        "{actor} a supprimé la demande de changement {subject}",
        "{actor} a supprimé {count} demandes de changement";
    open "projects.change_request.submit" on "ChangeRequest": "question",
        "{actor} submitted the change request {subject}", "{actor} submitted {count} change requests",
        "{actor} a soumis la demande de changement {subject}",
        "{actor} a soumis {count} demandes de changement";
    open "projects.change_request.approve" on "ChangeRequest": "check",
        "{actor} approved the change request {subject}", "{actor} approved {count} change requests",
        "{actor} a approuvé la demande de changement {subject}",
        "{actor} a approuvé {count} demandes de changement";
    open "projects.change_request.reject" on "ChangeRequest": "cross",
        "{actor} rejected the change request {subject}", "{actor} rejected {count} change requests",
        "{actor} a refusé la demande de changement {subject}",
        "{actor} a refusé {count} demandes de changement";
    open "projects.change_request.apply" on "ChangeRequest": "arrow",
        "{actor} applied the change request {subject}", "{actor} applied {count} change requests",
        "{actor} a appliqué la demande de changement {subject}",
        "{actor} a appliqué {count} demandes de changement";
    open "projects.decision.record" on "Decision": "plus",
        "{actor} wrote down the decision {subject}", "{actor} wrote down {count} decisions",
        "{actor} a consigné la décision {subject}",
        "{actor} a consigné {count} décisions";
    open "projects.decision.update" on "Decision": "pencil",
        "{actor} updated the decision {subject}", "{actor} updated {count} decisions",
        "{actor} a modifié la décision {subject}",
        "{actor} a modifié {count} décisions";
    open "projects.decision.delete" on "Decision": "trash",
        "{actor} removed the decision {subject}", "{actor} removed {count} decisions",
        "{actor} a supprimé la décision {subject}",
        "{actor} a supprimé {count} décisions";
    inner "projects.report.create" on "StatusReport": "plus",
        "{actor} drafted the status report {subject}", "{actor} drafted {count} status reports",
        "{actor} a préparé le rapport d'avancement {subject}",
        "{actor} a préparé {count} rapports d'avancement";
    inner "projects.report.update" on "StatusReport": "pencil",
        "{actor} edited the status report {subject}", "{actor} edited {count} status reports",
        "{actor} a modifié le rapport d'avancement {subject}",
        "{actor} a modifié {count} rapports d'avancement";
    inner "projects.report.refresh" on "StatusReport": "restore",
        "{actor} read the data of the status report {subject} anew", "{actor} read the data of {count} status reports anew",
        "{actor} a actualisé les données du rapport d'avancement {subject}",
        "{actor} a actualisé les données de {count} rapports d'avancement";
    open "projects.report.publish" on "StatusReport": "check",
        "{actor} published the status report {subject}", "{actor} published {count} status reports",
        "{actor} a publié le rapport d'avancement {subject}",
        "{actor} a publié {count} rapports d'avancement";
    inner "projects.report.revise" on "StatusReport": "plus",
        "{actor} began the status report {subject} anew", "{actor} began {count} status reports anew",
        "{actor} a repris le rapport d'avancement {subject}",
        "{actor} a repris {count} rapports d'avancement";
    inner "projects.report.delete" on "StatusReport": "trash",
        "{actor} removed the status report {subject}", "{actor} removed {count} status reports",
        "{actor} a supprimé le rapport d'avancement {subject}",
        "{actor} a supprimé {count} rapports d'avancement";
    open "projects.feedback.request" on "FeedbackRequest": "question",
        "{actor} asked a client for feedback", "{actor} asked clients for feedback {count} times",
        "{actor} a sollicité l'avis d'un client",
        "{actor} a sollicité {count} fois l'avis de clients";
    open "projects.feedback.answer" on "FeedbackRequest": "comment",
        "{actor} gave feedback", "{actor} gave feedback {count} times",
        "{actor} a donné son avis",
        "{actor} a donné son avis {count} fois";
    inner "projects.feedback.remind" on "FeedbackRequest": "question",
        "{actor} reminded a client of a request for feedback", "{actor} reminded clients of {count} requests for feedback",
        "{actor} a relancé un client pour son avis",
        "{actor} a relancé des clients {count} fois pour leur avis";
    inner "projects.feedback.tell" on "FeedbackRequest": "question",
        "{actor} wrote to a client about a request for feedback", "{actor} wrote to clients about {count} requests for feedback",
        "{actor} a écrit à un client au sujet d'une demande d'avis",
        "{actor} a écrit à des clients au sujet de {count} demandes d'avis";
    inner "projects.feedback.withdraw" on "FeedbackRequest": "trash",
        "{actor} took back a request for feedback", "{actor} took back {count} requests for feedback",
        "{actor} a retiré une demande d'avis",
        "{actor} a retiré {count} demandes d'avis";
}
