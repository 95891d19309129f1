//! The schema: root fields of every domain, types put together from domains and bridges.

mod activity;
mod fields;
mod lenient;
mod nodes;
mod subjects;

use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, Schema, SchemaBuilder};
use identity::Identity;
use kernel::graph::Prune;

use crate::{
    config::Config,
    directory::{Directory, People},
    fanout::Fanout,
    http::FreshAsk,
};

use lenient::Lenient;

pub use activity::TEXTS as ACTIVITY_TEXTS;
pub use nodes::{NODE_TYPES, Node};
pub use subjects::SUBJECT_TYPES;

/// Reading.
#[derive(MergedObject, Default)]
pub struct Query(
    identity::IdentityQuery,
    crm::CrmQuery,
    projects::ProjectsQuery,
    audit::AuditQuery,
    audit::SealQuery,
    audit::siem::SinkQuery,
    audit::activity::ActivityQuery,
    audit::event::EventQuery,
    audit::job::JobQuery,
    audit::keep::KeepQuery,
    audit::privacy::PrivacyQuery,
    nodes::NodeQuery,
);

/// Changing. Fields run one after the other.
#[derive(MergedObject, Default)]
pub struct Mutation(
    identity::IdentityMutation,
    crm::CrmMutation,
    projects::ProjectsMutation,
    audit::SealMutation,
    audit::siem::SinkMutation,
    audit::event::EventMutation,
    audit::job::JobMutation,
    audit::keep::KeepMutation,
    audit::privacy::PrivacyMutation,
);

/// Watching. Every message is checked against what the subscriber may see when it is sent.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    projects::ProjectsSubscription,
    audit::AuditSubscription,
    audit::event::EventSubscription,
    audit::job::JobSubscription,
);

type Builder = SchemaBuilder<Lenient<Query>, Mutation, Subscription>;

/// The schema of the program.
pub type AtriumSchema = Schema<Lenient<Query>, Mutation, Subscription>;

/// What resolvers work with.
pub struct Services<'a> {
    /// Settings.
    pub config: &'a Config,
    /// Identity's services.
    pub identity: &'a Identity,
    /// Who and what other domains may know of.
    pub directory: &'a Arc<Directory>,
    /// Committed events, as this node hears them.
    pub fanout: &'a Fanout,
    /// What puts the trail into its sealed order.
    pub sealer: &'a audit::seal::Sealer,
    /// What is held of people, and what they ask about it.
    pub privacy: &'a audit::privacy::Privacy,
}

/// The schema over the given services, for queries and mutations.
pub fn schema(services: &Services<'_>) -> AtriumSchema {
    build(services).finish()
}

/// The same schema for subscriptions: each message is resolved for the viewer as they are then.
pub fn live_schema(services: &Services<'_>) -> AtriumSchema {
    build(services).extension(FreshAsk).finish()
}

fn build(services: &Services<'_>) -> Builder {
    let Services { config, identity, directory, fanout, sealer, privacy } = *services;
    let mut builder = Schema::build(Lenient(Query::default()), Mutation::default(), Subscription::default());
    if !config.introspection() {
        // Reason: a guessed name that is answered with a real one tells the schema, too.
        builder = builder.disable_introspection().disable_suggestions();
    }
    activity::register(subjects::register(nodes::register(builder)))
        .register_output_type::<nodes::Node>()
        .register_output_type::<Prune>()
        .data(identity.clone())
        .data(sealer.clone())
        .data(projects::export::Tickets(Arc::clone(sealer.keyring())))
        .data(privacy.holders.clone())
        .data(privacy.clone())
        .data(config.sinks())
        .data(crm::Crm { people: directory.clone() })
        .data(projects(identity, directory, fanout))
        .data(audit::keep::hold::Holdable(directory.clone()))
        .data(audit::event::Events {
            types: crate::app::event_types(),
            subjects: Arc::new(subjects::AllSubjects),
            guards: Arc::new(subjects::AllSubjects),
            news: Arc::new(fanout.clone()),
            kept_days: config.events.retention_days,
        })
}

/// What projects ask of the others.
pub(crate) fn projects(
    identity: &Identity,
    directory: &Arc<Directory>,
    fanout: &Fanout,
) -> projects::Projects {
    projects::Projects {
        accounts: directory.clone(),
        people: directory.clone(),
        clocks: directory.clone(),
        readers: Arc::new(People(identity.clone())),
        events: Arc::new(fanout.clone()),
        sights: projects::sight::Sights::default(),
    }
}

/// The schema in the schema definition language, sorted: what `schema.graphql` holds.
pub fn sdl(schema: &AtriumSchema) -> String {
    let options =
        async_graphql::SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    let mut text = schema.sdl_with_options(options);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
