//! Every act on calendars, skills, profiles, leave and allocations, as people read it: those who read the trail. Who is
//! away, and why, is no news for a project's feed.

use kernel::activity::{ActionText, Category::Projects};

macro_rules! told {
    ($($action:literal on $subject:literal: $icon:literal, $en:literal, $many:literal, $fr:literal, $plusieurs:literal;)+) => {
        /// The sentences about people as those who work.
        pub const PEOPLE: &[ActionText] = &[
            $(ActionText::inner(Projects, ($action, $subject), $icon, [$en, $many], [$fr, $plusieurs]),)+
        ];
    };
}

told! {
    "projects.calendar.create" on "WorkCalendar": "plus",
        "{actor} added the calendar {subject}", "{actor} added {count} calendars",
        "{actor} a ajouté le calendrier {subject}", "{actor} a ajouté {count} calendriers";
    "projects.calendar.update" on "WorkCalendar": "pencil",
        "{actor} updated the calendar {subject}", "{actor} updated {count} calendars",
        "{actor} a modifié le calendrier {subject}", "{actor} a modifié {count} calendriers";
    "projects.calendar.set_days" on "WorkCalendar": "pencil",
        "{actor} changed days of the calendar {subject}", "{actor} changed days of {count} calendars",
        "{actor} a modifié des jours du calendrier {subject}", "{actor} a modifié des jours de {count} calendriers";
    "projects.calendar.delete" on "WorkCalendar": "trash",
        "{actor} removed the calendar {subject}", "{actor} removed {count} calendars",
        "{actor} a supprimé le calendrier {subject}", "{actor} a supprimé {count} calendriers";
    "projects.skill.create" on "Skill": "plus",
        "{actor} added the skill {subject}", "{actor} added {count} skills",
        "{actor} a ajouté la compétence {subject}", "{actor} a ajouté {count} compétences";
    "projects.skill.update" on "Skill": "pencil",
        "{actor} updated the skill {subject}", "{actor} updated {count} skills",
        "{actor} a modifié la compétence {subject}", "{actor} a modifié {count} compétences";
    "projects.profile.update" on "ResourceProfile": "pencil",
        "{actor} updated the profile of {person}", "{actor} updated the profiles of {count} people",
        "{actor} a modifié le profil de {person}", "{actor} a modifié le profil de {count} personnes";
    "projects.leave.request" on "Leave": "plus",
        "{actor} asked for leave for {person}", "{actor} asked for leave for {count} people",
        "{actor} a demandé une absence pour {person}", "{actor} a demandé des absences pour {count} personnes";
    "projects.leave.approve" on "Leave": "check",
        "{actor} approved the leave of {person}", "{actor} approved the leave of {count} people",
        "{actor} a approuvé l'absence de {person}", "{actor} a approuvé les absences de {count} personnes";
    "projects.leave.reject" on "Leave": "cross",
        "{actor} rejected the leave of {person}", "{actor} rejected the leave of {count} people",
        "{actor} a refusé l'absence de {person}", "{actor} a refusé les absences de {count} personnes";
    "projects.leave.cancel" on "Leave": "trash",
        "{actor} took back the leave of {person}", "{actor} took back the leave of {count} people",
        "{actor} a annulé l'absence de {person}", "{actor} a annulé les absences de {count} personnes";
    "projects.allocation.create" on "Allocation": "plus",
        "{actor} planned somebody for a project", "{actor} planned {count} people for projects",
        "{actor} a prévu une affectation", "{actor} a prévu {count} affectations";
    "projects.allocation.update" on "Allocation": "pencil",
        "{actor} changed how somebody is planned", "{actor} changed how {count} people are planned",
        "{actor} a modifié une affectation", "{actor} a modifié {count} affectations";
    "projects.allocation.suggest" on "Allocation": "person-plus",
        "{actor} gave a place to whom was suggested", "{actor} gave {count} places to those who were suggested",
        "{actor} a attribué une place à la personne suggérée", "{actor} a attribué {count} places aux personnes suggérées";
    "projects.allocation.delete" on "Allocation": "trash",
        "{actor} took back how somebody was planned", "{actor} took back how {count} people were planned",
        "{actor} a supprimé une affectation", "{actor} a supprimé {count} affectations";
    "projects.plan_settings.update" on "PlanSettings": "pencil",
        "{actor} changed how the agency plans", "{actor} changed how the agency plans {count} times",
        "{actor} a modifié la façon de planifier", "{actor} a modifié {count} fois la façon de planifier";
}
