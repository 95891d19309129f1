//! Mail of identity: which letters there are, and how they get into the queue. A letter is queued in the act that is
//! its cause, sealed because it holds tokens, and becomes a message when a worker takes it.

mod letters;

use std::{collections::BTreeSet, sync::LazyLock};

use chrono::{DateTime, Utc};
use kernel::{
    Error, Result,
    act::{Act, NewJob, job},
    db::Db,
    id::{JobId, TenantId},
    locale::{Language, Locale, TimeZone},
    policy::Guarded as _,
    scalar::EmailAddress,
};
use platform::mail::{Address, Message, Templates, templates::TemplateError};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, QueryFilter as _,
    sea_query::{ExprTrait as _, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{password::forgotten, registration, service::Identity, user::entity as user};

pub use letters::{Kind, register};

/// The kind of job that sends a letter.
pub const JOB: &str = "mail.send";

/// One letter to one person.
#[derive(Debug)]
pub struct Letter {
    /// Which one.
    pub kind: Kind,
    /// Where to.
    pub to: EmailAddress,
    /// The name to show with the address; may be empty.
    pub name: String,
    /// In which language.
    pub locale: Locale,
    /// What the text names, beside `given_name`, `tenant` and `link`: see `templates/`.
    pub context: Json,
}

impl Letter {
    /// A letter to a person in their language. `context` is an object; their given name is added.
    pub fn to_user(kind: Kind, user: &user::Model, mut context: Json) -> Self {
        if let Some(values) = context.as_object_mut() {
            values.entry("given_name").or_insert_with(|| user.given_name.clone().into());
        }
        Self {
            kind,
            to: user.email.clone(),
            name: format!("{} {}", user.given_name, user.family_name).trim().to_owned(),
            locale: user.locale.clone(),
            context,
        }
    }
}

/// What is queued, before it is sealed.
#[derive(Serialize, Deserialize)]
struct Queued {
    what: What,
    message_id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// A letter that is ready.
    Letter { kind: Kind, to: String, name: String, locale: String, context: Json },
    /// Somebody asked for something by an address; whether there is a letter to write is found out by the worker, so
    /// that the request takes the same time for every address.
    Asked { request: Request, tenant: TenantId, email: String },
}

/// What somebody can ask for by an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The letter that verifies the address, once more.
    VerifyAgain,
    /// A new password.
    ResetPassword,
}

/// Queues a letter to be sent after the act has committed.
///
/// # Errors
/// Only if sealing fails.
pub fn enqueue(act: &mut Act, identity: &Identity, letter: Letter) -> Result<()> {
    let Letter { kind, to, name, locale, context } = letter;
    let (to, locale) = (to.to_string(), locale.to_string());
    queue(act, identity, What::Letter { kind, to, name, locale, context })
}

/// Queues what somebody asked for by an address that may be nobody's.
///
/// # Errors
/// Only if sealing fails.
pub fn enqueue_request(
    act: &mut Act,
    identity: &Identity,
    request: Request,
    email: &EmailAddress,
) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    queue(act, identity, What::Asked { request, tenant, email: email.to_string() })
}

fn queue(act: &mut Act, identity: &Identity, what: What) -> Result<()> {
    // Reason: chosen here, so that a letter that is sent twice can be told by its receiver.
    let message_id = format!("{}@{}", act.new_id::<JobId>(), host(&identity.config.public_url));
    let queued = serde_json::to_vec(&Queued { what, message_id })?;
    let sealed = identity.keyring.seal(&queued, JOB.as_bytes())?;
    act.enqueue(NewJob::new(JOB, sealed));
    Ok(())
}

/// Takes letters to these addresses (in lower case) out of the act's tenant's queue, whether they wait or were given up,
/// and the addresses out of what is told of others.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn forget(act: &Act, identity: &Identity, emails: &BTreeSet<String>) -> Result<()> {
    let tenant = act.viewer().tenant_id();
    let names = |text: &str| {
        let text = text.to_lowercase();
        emails.iter().any(|email| text.contains(email.as_str()))
    };
    let queued = job::Entity::of_tenant(tenant).filter(job::Column::Kind.eq(JOB));
    let queued = queued.filter(job::Column::Payload.ne("").or(job::Column::LastError.is_not_null()));
    let (mut gone, mut told) = (Vec::new(), Vec::new());
    for job in queued.all(act.conn()).await? {
        // Reason: what cannot be opened any more names nobody to anybody.
        let opened = identity.keyring.open(&job.payload, JOB.as_bytes()).unwrap_or_default();
        if names(&String::from_utf8_lossy(&opened)) {
            gone.push(job.id);
        } else if job.last_error.as_deref().is_some_and(names) {
            told.push(job.id);
        }
    }
    let mut delete = Query::delete();
    delete.from_table(job::Entity).and_where(job::Column::Id.is_in(gone));
    act.conn().execute(&delete).await?;
    let mut untell = Query::update();
    untell.table(job::Entity).value(job::Column::LastError, Option::<String>::None);
    untell.and_where(job::Column::Id.is_in(told));
    act.conn().execute(&untell).await?;
    Ok(())
}

/// The message of a queued letter, for the worker to send; none if there is nothing to say after all.
///
/// # Errors
/// INTERNAL if the payload is none of ours or a template lacks something.
pub async fn handle(identity: &Identity, db: &Db, payload: &str) -> Result<Option<Message>> {
    let opened = identity.keyring.open(payload, JOB.as_bytes())?;
    let Queued { what, message_id } = serde_json::from_slice(&opened)?;
    match what {
        What::Letter { kind, to, name, locale, context } => {
            compose(kind, to, name, &locale, &context, message_id).map(Some)
        }
        What::Asked { request, tenant, email } => {
            let Ok(email) = email.parse() else { return Ok(None) };
            let letter = match request {
                Request::VerifyAgain => registration::verify_again(identity, db, tenant, &email).await?,
                Request::ResetPassword => forgotten::letter(identity, db, tenant, &email).await?,
            };
            let Some(Letter { kind, to, name, locale, context }) = letter else { return Ok(None) };
            compose(kind, to.to_string(), name, &locale.to_string(), &context, message_id).map(Some)
        }
    }
}

fn compose(
    kind: Kind,
    to: String,
    name: String,
    locale: &str,
    context: &Json,
    message_id: String,
) -> Result<Message> {
    let rendered = templates()?.render(kind.template(), locale, context)?;
    let to = if name.is_empty() { Address::new(to) } else { Address::named(to, name) };
    Ok(Message {
        to: vec![to],
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        locale: rendered.locale,
        message_id: Some(message_id),
        ..Message::default()
    })
}

/// A time as mails say it: in the reader's time zone, to the minute.
pub fn moment(time: DateTime<Utc>, zone: TimeZone, language: Language) -> String {
    let local = time.with_timezone(&zone.tz());
    let format = match language {
        Language::En => "%Y-%m-%d at %H:%M (%Z)",
        Language::Fr => "%d/%m/%Y à %H:%M (%Z)",
    };
    local.format(format).to_string()
}

fn templates() -> Result<&'static Templates> {
    static TEMPLATES: LazyLock<std::result::Result<Templates, TemplateError>> = LazyLock::new(|| {
        let mut all = Templates::new()?;
        register(&mut all)?;
        all.check()?;
        Ok(all)
    });
    TEMPLATES.as_ref().map_err(Error::internal)
}

/// The host in the public URL: what stands behind the `@` of message ids.
fn host(public_url: &str) -> &str {
    let rest = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    if host.is_empty() { "localhost" } else { host }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn host_of_the_public_url_stands_alone() {
        assert_eq!(host("https://portal.example.com:8443/app"), "portal.example.com");
        assert_eq!(host("http://127.0.0.1:8000"), "127.0.0.1");
        assert_eq!(host(""), "localhost");
    }

    #[test]
    fn moment_is_said_in_the_readers_zone_and_language() {
        let noon = Utc.with_ymd_and_hms(2026, 7, 1, 12, 0, 0).unwrap();
        let paris: TimeZone = "Europe/Paris".parse().unwrap();
        assert_eq!(moment(noon, paris, Language::En), "2026-07-01 at 14:00 (CEST)");
        assert_eq!(moment(noon, TimeZone::UTC, Language::Fr), "01/07/2026 à 12:00 (UTC)");
    }
}
