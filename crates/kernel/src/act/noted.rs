//! What an act notes of each row that it changed: an entry of the trail, with personal data under its person's key, and an
//! event.

use sea_orm::ModelTrait;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    Act, Changes, Recorded,
    personal::{self, Personal},
    rows,
};

impl Act {
    pub(super) fn created<E: Recorded>(&mut self, model: &E::Model)
    where
        E::Model: ModelTrait<Entity = E>,
    {
        let changes = rows::differences::<E>(None, Some(model));
        self.changed::<E>("created", model, changes);
    }

    pub(super) fn changed<E: Recorded>(&mut self, verb: &str, model: &E::Model, changes: Changes)
    where
        E::Model: ModelTrait<Entity = E>,
    {
        self.changed_of::<E>(verb, model, None, changes);
    }

    /// Records a change; personal data in it is that of the person whom the row is about, or else was about.
    pub(super) fn changed_of<E: Recorded>(
        &mut self,
        verb: &str,
        model: &E::Model,
        was_of: Option<Uuid>,
        changes: Changes,
    ) where
        E::Model: ModelTrait<Entity = E>,
    {
        let subject_id = rows::id_of::<E>(model);
        let fields: Vec<&str> = changes.iter().map(|(field, _)| *field).collect();
        let mut payload =
            json!({ "action": self.name, "changed": fields, "version": rows::version_of::<E>(model) });
        let refs = E::refs(model);
        if !refs.is_empty() {
            payload["refs"] = Json::Object(refs);
        }
        let (mut plain, mut personal) = (Map::new(), Map::new());
        let mut about = E::about(model);
        if changes.iter().any(|(field, _)| E::PERSONAL.contains(field)) {
            about.person = about.person.or(was_of).or(subject_id);
        }
        for (field, [before, after]) in changes {
            if E::SECRET.contains(&field) {
                plain.insert(field.to_owned(), json!(["•", "•"]));
            } else if E::PERSONAL.contains(&field) {
                plain.insert(field.to_owned(), json!([personal::veiled(&before), personal::veiled(&after)]));
                personal.insert(field.to_owned(), json!([before, after]));
            } else {
                plain.insert(field.to_owned(), json!([before, after]));
            }
        }
        let mut draft = self.draft(E::SUBJECT, subject_id, E::label(model), about, plain);
        draft.add(about.person.unwrap_or_default(), Personal { changes: personal, ..Personal::default() });
        if let (Some(id), false) = (subject_id, E::EVENT.is_empty()) {
            let event =
                self.event(format!("{}.{verb}", E::EVENT), E::SUBJECT, id, payload, Some(draft.entry.id));
            self.events.push(event);
        }
        self.drafts.push(draft);
    }
}
