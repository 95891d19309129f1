//! What levelling says in words: why tasks move, and where somebody is still needed at two places at once.

use std::collections::{HashMap, HashSet};

use kernel::{Text, error::Said, id::UserId, locale::Language};
use schedule::{
    calendar::instant,
    level::{Cause, Move, Overload, Rule},
};

use super::{
    analysis::{Analysis, Item, label},
    level::{Outcome, days, hull},
    level_graphql::{Levelling, LevellingMove, LevellingOverload, LevellingRival, LevellingRule},
    moves::{self, MoveReason, Placed, TaskMove},
    network::Node,
    read::{number, plan_item},
    say::{self, MORE},
};

const BUSY: Text = Text::new(
    "person_busy",
    "{person} is needed until then for {others}.",
    "{person} est pris jusque-là par {others}.",
);
const FOLLOWS: Text =
    Text::new("follows_moved", "It waits for {item}, which moves.", "Il attend {item}, qui se déplace.");
const FOLLOWS_LATER: Text = Text::new(
    "follows_later",
    "It waits for {item}, which is done later on its days.",
    "Il attend {item}, qui se fait plus tard dans ses jours.",
);
const OVERLOAD: Text = Text::new(
    "overload_left",
    "{person} is needed for {item} and elsewhere at once from {from} to {to}, and neither can move.",
    "{person} est nécessaire pour {item} et ailleurs en même temps du {from} au {to}, et rien ne peut bouger.",
);
const SOMEBODY: Text = Text::new("somebody", "Somebody", "Quelqu'un");

const RULES: [(Rule, LevellingRule, Text); 6] = [
    (
        Rule::Fixed,
        LevellingRule::Fixed,
        Text::new("went_fixed", "it has begun or stays where it is", "il a commencé ou reste en place"),
    ),
    (
        Rule::Ready,
        LevellingRule::Ready,
        Text::new("went_ready", "it was free to start sooner", "il pouvait commencer plus tôt"),
    ),
    (Rule::Float, LevellingRule::Float, Text::new("went_float", "it has less float", "il a moins de marge")),
    (
        Rule::Priority,
        LevellingRule::Priority,
        Text::new("went_priority", "it has a higher priority", "sa priorité est plus haute"),
    ),
    (
        Rule::Start,
        LevellingRule::Start,
        Text::new("went_start", "it can start earlier", "il peut commencer plus tôt"),
    ),
    (
        Rule::Order,
        LevellingRule::Order,
        Text::new("went_order", "it comes first on the board", "il vient d'abord sur le tableau"),
    ),
];

/// What is at hand for the words.
struct Teller<'a> {
    outcome: &'a Outcome,
    names: &'a HashMap<UserId, String>,
    language: Language,
    /// The tasks that get other days.
    listed: HashSet<usize>,
    /// Why activities move.
    causes: HashMap<usize, &'a Cause>,
}

impl Outcome {
    /// The levelling as it is told, to people who are called so.
    pub(super) fn told(&self, names: &HashMap<UserId, String>, language: Language) -> Levelling {
        let (plan, levelled) = (&self.plan, &self.levelled);
        let teller = Teller {
            outcome: self,
            names,
            language,
            listed: self.moves.iter().map(|(placed, _)| placed.place).collect(),
            causes: levelled.moves.iter().map(|moved| (moved.activity, &moved.cause)).collect(),
        };
        let told = |(placed, moved): &(Placed, Option<Move>)| match moved {
            Some(moved) => teller.moved(placed, moved),
            None => teller.whole(placed),
        };
        Levelling {
            moves: self.moves.iter().map(told).collect(),
            overloads: levelled.overloads.iter().map(|one| teller.overload(one)).collect(),
            overload_count: number(levelled.overload_count),
            finish_before: plan.span().map(|span| say::time(span.1)),
            finish: levelled.finish.map(say::time),
            token: self.token.clone(),
        }
    }
}

impl Teller<'_> {
    fn plan(&self) -> &Analysis {
        &self.outcome.plan
    }

    fn item(&self, activity: usize) -> Item {
        self.plan().laid.nodes[activity].into()
    }

    fn label(&self, item: Item) -> String {
        label(&self.plan().source, item)
    }

    fn name(&self, person: UserId) -> String {
        let somebody = || Said::from(SOMEBODY).render(self.language);
        self.names.get(&person).cloned().unwrap_or_else(somebody)
    }

    /// By how many working minutes a task begins later than at the beginning of the day that it was to begin on.
    fn start_by(&self, place: usize) -> Option<i64> {
        let (plan, zone) = (self.plan(), self.plan().laid.calendars[0].1.zone);
        let calendar = plan.laid.network.calendar(plan.laid.by_calendar[place])?;
        let day = plan.source.tasks[place].start_on?;
        let (start, _) = hull(plan, &self.outcome.levelled, place);
        Some(calendar.between(instant(zone, day, 0), start))
    }

    fn moved(&self, placed: &Placed, moved: &Move) -> LevellingMove {
        let plan = self.plan();
        let mut follows = None;
        let (reason, message, user_id, (rivals, rival_count)) = match &moved.cause {
            Cause::Follows(link) => {
                let (dependency, before) = self.before(*link);
                let moves = match before {
                    Item::Task(place) => self.listed.contains(&place),
                    Item::Milestone(_) => true,
                };
                follows = dependency.map(|place| (plan.source.links[place].id, plan_item(plan, before)));
                let text = if moves { FOLLOWS } else { FOLLOWS_LATER };
                (MoveReason::Link, text.with("item", self.label(before)), None, (Vec::new(), 0))
            }
            Cause::Busy { resource, others, count } => {
                let person = self.outcome.people[*resource];
                let mut told: Vec<String> =
                    others.iter().map(|(other, rule)| self.went(*other, *rule)).collect();
                if *count > others.len() {
                    told.push(MORE.with("more", count - others.len()).render(self.language));
                }
                let message = BUSY.with("person", self.name(person)).with("others", told.join(", "));
                let rival = |(other, rule): &(usize, Rule)| LevellingRival {
                    item: plan_item(plan, self.item(*other)),
                    rule: known(*rule).map_or(LevellingRule::Order, |known| known.1),
                };
                let rivals = others.iter().map(rival).collect();
                (MoveReason::Busy, message, Some(person), (rivals, number(*count)))
            }
        };
        let said = Some((reason, message.render(self.language)));
        let mut task = moves::told(plan, plan, placed, said, self.language);
        (task.dependency_id, task.driven_by) = follows.unzip();
        task.start_by_minutes = self.start_by(placed.place);
        LevellingMove {
            early_start: say::time(moved.from),
            start: say::time(moved.to),
            by_minutes: moved.by,
            user_id,
            rivals,
            rival_count,
            task,
        }
    }

    /// A task with parts, which is where these are.
    fn whole(&self, placed: &Placed) -> LevellingMove {
        let plan = self.plan();
        let from = plan.dates(Item::Task(placed.place)).early_start;
        let (to, _) = hull(plan, &self.outcome.levelled, placed.place);
        let task = moves::told(plan, plan, placed, None, self.language);
        LevellingMove {
            early_start: say::time(from),
            start: say::time(to),
            by_minutes: plan.laid.network.lag_calendar().between(from, to),
            user_id: None,
            rivals: Vec::new(),
            rival_count: 0,
            task: TaskMove { start_by_minutes: self.start_by(placed.place), ..task },
        }
    }

    /// What something follows that moved, and the dependency by which it does: behind the begin of a task that it is
    /// part of stands what that waits for.
    fn before(&self, link: usize) -> (Option<usize>, Item) {
        let laid = &self.plan().laid;
        let mut link = link;
        loop {
            let before = laid.network.links()[link].predecessor;
            match (laid.sources[link], laid.nodes[before], self.causes.get(&before)) {
                (None, Node::Begin(_) | Node::End(_), Some(Cause::Follows(next))) => link = *next,
                (dependency, node, _) => return (dependency, node.into()),
            }
        }
    }

    /// What went first, and why.
    fn went(&self, other: usize, rule: Rule) -> String {
        let why = known(rule).map(|known| Said::from(known.2).render(self.language));
        format!("{} ({})", self.label(self.item(other)), why.unwrap_or_default())
    }

    fn overload(&self, one: &Overload) -> LevellingOverload {
        let (plan, item, person) = (self.plan(), self.item(one.activity), self.outcome.people[one.resource]);
        let (from, to) = days(plan, (one.from, one.to));
        let message = OVERLOAD
            .with("person", self.name(person))
            .with("item", self.label(item))
            .with("from", from)
            .with("to", to);
        LevellingOverload {
            user_id: person,
            item: plan_item(plan, item),
            from: say::time(one.from),
            to: say::time(one.to),
            message: message.render(self.language),
        }
    }
}

fn known(rule: Rule) -> Option<&'static (Rule, LevellingRule, Text)> {
    RULES.iter().find(|known| known.0 == rule)
}
