//! Every act of time as people read it: who reads the trail does. Hours are no news for all who see a project.

use kernel::activity::{ActionText, Category::Projects};

macro_rules! told {
    ($($action:literal on $subject:literal: $icon:literal, $en:literal, $many:literal, $fr:literal, $plusieurs:literal;)+) => {
        /// The sentences.
        pub const ACTIONS: &[ActionText] = &[
            $(ActionText::inner(Projects, ($action, $subject), $icon, [$en, $many], [$fr, $plusieurs]),)+
        ];
    };
}

told! {
    "projects.time_settings.update" on "TimeSettings": "gear",
        "{actor} changed how time is kept", "{actor} changed how time is kept {count} times",
        "{actor} a modifié la tenue des temps", "{actor} a modifié {count} fois la tenue des temps";
    "projects.activity_type.create" on "ActivityType": "plus",
        "{actor} added the kind of work {subject}", "{actor} added {count} kinds of work",
        "{actor} a ajouté le type d'activité {subject}", "{actor} a ajouté {count} types d'activité";
    "projects.activity_type.update" on "ActivityType": "pencil",
        "{actor} changed the kind of work {subject}", "{actor} changed {count} kinds of work",
        "{actor} a modifié le type d'activité {subject}", "{actor} a modifié {count} types d'activité";
    "projects.time_entry.create" on "TimeEntry": "clock",
        "{actor} wrote down time of {subject}", "{actor} wrote down time {count} times",
        "{actor} a saisi du temps du {subject}", "{actor} a saisi du temps {count} fois";
    "projects.time_entry.update" on "TimeEntry": "pencil",
        "{actor} changed time of {subject}", "{actor} changed time {count} times",
        "{actor} a modifié du temps du {subject}", "{actor} a modifié du temps {count} fois";
    "projects.time_entry.delete" on "TimeEntry": "trash",
        "{actor} took back time of {subject}", "{actor} took back time {count} times",
        "{actor} a retiré du temps du {subject}", "{actor} a retiré du temps {count} fois";
    "projects.time_entry.set_rate" on "TimeEntry": "money",
        "{actor} set the rate of time of {person}", "{actor} set the rate of {count} pieces of time",
        "{actor} a fixé le taux d'un temps de {person}", "{actor} a fixé le taux de {count} temps";
    "projects.time_entry.approve" on "TimeEntry": "check",
        "{actor} approved time of {person}", "{actor} approved {count} pieces of time",
        "{actor} a approuvé un temps de {person}", "{actor} a approuvé {count} temps";
    "projects.time_entry.reject" on "TimeEntry": "restore",
        "{actor} sent time of {person} back", "{actor} sent {count} pieces of time back",
        "{actor} a renvoyé un temps de {person}", "{actor} a renvoyé {count} temps";
    "projects.timesheet.write" on "TimeEntry": "clock",
        "{actor} filled in time of {subject}", "{actor} filled in {count} pieces of time",
        "{actor} a rempli le temps du {subject}", "{actor} a rempli {count} temps";
    "projects.timesheet.submit" on "Timesheet": "arrow",
        "{actor} handed in the week of {subject}", "{actor} handed in {count} weeks",
        "{actor} a remis la semaine du {subject}", "{actor} a remis {count} semaines";
    "projects.timesheet.reopen" on "Timesheet": "restore",
        "{actor} opened the week of {subject} again", "{actor} opened {count} weeks again",
        "{actor} a rouvert la semaine du {subject}", "{actor} a rouvert {count} semaines";
    "projects.timesheet.remind" on "TimeSettings": "mail",
        "{actor} reminded people of their week", "{actor} reminded people of their week {count} times",
        "{actor} a rappelé leur semaine aux personnes", "{actor} a rappelé {count} fois leur semaine aux personnes";
    "projects.bill_rate.set" on "BillRate": "money",
        "{actor} set what hours are billed at", "{actor} set {count} billing rates",
        "{actor} a fixé un taux de facturation", "{actor} a fixé {count} taux de facturation";
    "projects.bill_rate.delete" on "BillRate": "trash",
        "{actor} removed a billing rate", "{actor} removed {count} billing rates",
        "{actor} a supprimé un taux de facturation", "{actor} a supprimé {count} taux de facturation";
    "projects.cost_rate.set" on "CostRate": "money",
        "{actor} set what hours cost", "{actor} set {count} cost rates",
        "{actor} a fixé un coût horaire", "{actor} a fixé {count} coûts horaires";
    "projects.cost_rate.delete" on "CostRate": "trash",
        "{actor} removed a cost rate", "{actor} removed {count} cost rates",
        "{actor} a supprimé un coût horaire", "{actor} a supprimé {count} coûts horaires";
    "projects.timer.start" on "Timer": "clock",
        "{actor} started a timer", "{actor} started {count} timers",
        "{actor} a lancé un minuteur", "{actor} a lancé {count} minuteurs";
    "projects.timer.switch" on "Timer": "clock",
        "{actor} switched the timer", "{actor} switched {count} timers",
        "{actor} a changé de minuteur", "{actor} a changé {count} minuteurs";
    "projects.timer.stop" on "Timer": "check",
        "{actor} stopped a timer", "{actor} stopped {count} timers",
        "{actor} a arrêté un minuteur", "{actor} a arrêté {count} minuteurs";
    "projects.timer.discard" on "Timer": "trash",
        "{actor} threw a timer away", "{actor} threw {count} timers away",
        "{actor} a abandonné un minuteur", "{actor} a abandonné {count} minuteurs";
    "projects.timer.flag" on "Timer": "warning",
        "{actor} found a forgotten timer of {person}", "{actor} found {count} forgotten timers",
        "{actor} a repéré un minuteur oublié de {person}", "{actor} a repéré {count} minuteurs oubliés";
    "projects.timer.stop_forgotten" on "Timer": "warning",
        "{actor} stopped a forgotten timer of {person}", "{actor} stopped {count} forgotten timers",
        "{actor} a arrêté un minuteur oublié de {person}", "{actor} a arrêté {count} minuteurs oubliés";
}
