//! `atrium tenant`: agencies, as whoever runs the installation sees them.

use clap::{Args, Subcommand};
use identity::{
    tenant::{
        self, NewOwner, NewTenant,
        entity::{Column, Model},
        limits,
        rules::Plan,
    },
    user,
};
use kernel::{
    id::TenantId,
    locale::{Locale, TimeZone},
    money::Currency,
    scalar::EmailAddress,
};
use sea_orm::QueryOrder as _;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Failure, Options, ask, show, with_app};
use crate::app::App;

/// Agencies.
#[derive(Debug, Subcommand)]
pub(super) enum Tenant {
    /// Found an agency with its owner, both usable at once
    Create(Box<Create>),
    /// List all agencies
    List,
    /// Show one agency with its limits
    Show {
        /// Its slug or id
        tenant: String,
    },
    /// Keep everybody out of an agency
    Suspend {
        /// Its slug or id
        tenant: String,
        /// Why, for its owner
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let the people of a suspended agency in again
    Reactivate {
        /// Its slug or id
        tenant: String,
    },
}

/// An agency to be founded; what is missing is asked for on a terminal, the owner's password always.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// Its part of addresses: lower-case letters, digits, hyphens
    #[arg(long)]
    slug: Option<String>,
    /// The owner's e-mail address
    #[arg(long)]
    email: Option<EmailAddress>,
    /// The owner's given name
    #[arg(long)]
    given_name: Option<String>,
    /// The owner's family name
    #[arg(long)]
    family_name: Option<String>,
    /// Language and formats (BCP 47)
    #[arg(long, default_value = "en")]
    locale: Locale,
    /// Where its days begin and end (IANA)
    #[arg(long, default_value = "UTC")]
    time_zone: TimeZone,
    /// Currency of its amounts (ISO 4217)
    #[arg(long, default_value = "EUR")]
    currency: Currency,
    /// What it pays for: starter, professional, business or enterprise
    #[arg(long, default_value = "starter", value_parser = plan)]
    plan: Plan,
}

pub(super) fn run(options: &Options, command: Tenant) -> Result<(), Failure> {
    with_app(options, async |app| match command {
        Tenant::Create(new) => create(options, app, *new).await,
        Tenant::List => list(options, app).await,
        Tenant::Show { tenant } => {
            let tenant = named(app, &tenant).await?;
            let limits = limits::report(&app.db, &tenant).await?;
            let uses: Vec<Value> = limits
                .iter()
                .map(|limit| json!({ "name": limit.name.as_str(), "used": limit.used, "allowed": limit.allowed }))
                .collect();
            let mut shown = value(&tenant);
            shown["limits"] = json!(uses);
            let lines: Vec<Vec<String>> = limits
                .iter()
                .map(|limit| {
                    let number =
                        |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
                    vec![limit.name.as_str().to_owned(), number(limit.used), number(limit.allowed)]
                })
                .collect();
            let text =
                format!("{}\n{}", details(&tenant), show::table(&["LIMIT", "USED", "ALLOWED"], &lines));
            show::result(options, &shown, &text)
        }
        Tenant::Suspend { tenant, reason } => {
            let tenant = named(app, &tenant).await?;
            let reason = ask::text(reason, "Why", "--reason")?;
            ask::confirm(options, &format!("Keep everybody out of {} ({})?", tenant.name, tenant.slug))?;
            let tenant = tenant::suspend(&app.db, &app.identity, tenant.id, &reason).await?;
            show::result(options, &value(&tenant), &format!("{} is suspended.", tenant.slug))
        }
        Tenant::Reactivate { tenant } => {
            let tenant = named(app, &tenant).await?;
            let tenant = tenant::reactivate(&app.db, &app.identity, tenant.id).await?;
            show::result(options, &value(&tenant), &format!("{} is {}.", tenant.slug, tenant.status))
        }
    })
}

/// The tenant with this slug or id.
pub(super) async fn named(app: &App, text: &str) -> Result<Model, Failure> {
    let found = match text.parse::<TenantId>() {
        Ok(id) => tenant::find(&app.db, id).await?,
        Err(_) => tenant::find_by_slug(&app.db, text).await?,
    };
    found.ok_or_else(|| Failure::NotFound(format!("there is no agency {text}")))
}

async fn create(options: &Options, app: &App, new: Create) -> Result<(), Failure> {
    let Create { name, slug, email, given_name, family_name, locale, time_zone, currency, plan } = new;
    let tenant = NewTenant {
        name: ask::text(name, "Name of the agency", "--name")?,
        slug: ask::text(slug, "Slug (its part of addresses)", "--slug")?,
        locale,
        time_zone,
        currency,
        plan,
    };
    let email = ask::email(email, "E-mail address of the owner")?;
    let known = user::find_by_email(&app.db, &email).await?;
    let owner = match known {
        // Reason: somebody who has an account keeps their names and password.
        Some(known) => NewOwner {
            email,
            given_name: known.given_name,
            family_name: known.family_name,
            password: SecretString::default(),
        },
        None => NewOwner {
            email,
            given_name: ask::text(given_name, "Given name of the owner", "--given-name")?,
            family_name: ask::text(family_name, "Family name of the owner", "--family-name")?,
            password: ask::new_password("Password of the owner")?,
        },
    };
    let made = tenant::create_tenant(&app.db, &app.identity, tenant, owner).await?;
    show::result(
        options,
        &value(&made),
        &format!("{} ({}) is founded.\n{}", made.name, made.slug, details(&made)),
    )
}

async fn list(options: &Options, app: &App) -> Result<(), Failure> {
    let tenants =
        tenant::rows().order_by_asc(Column::Slug).all(&app.db).await.map_err(kernel::Error::from)?;
    let values: Vec<Value> = tenants.iter().map(value).collect();
    let rows: Vec<Vec<String>> = tenants
        .iter()
        .map(|tenant| {
            let Model { slug, name, plan, status, created_at, .. } = tenant;
            vec![
                slug.clone(),
                name.clone(),
                plan.clone(),
                status.clone(),
                created_at.date_naive().to_string(),
            ]
        })
        .collect();
    show::result(options, &json!(values), &show::table(&["SLUG", "NAME", "PLAN", "STATUS", "SINCE"], &rows))
}

fn value(tenant: &Model) -> Value {
    json!({
        "id": tenant.id.to_string(),
        "slug": tenant.slug,
        "name": tenant.name,
        "plan": tenant.plan,
        "status": tenant.status,
        "suspendReason": tenant.suspend_reason,
        "deletionAt": tenant.deletion_at,
        "locale": tenant.default_locale.to_string(),
        "timeZone": tenant.time_zone.name(),
        "currency": tenant.currency.code(),
        "registration": tenant.registration,
        "createdAt": tenant.created_at,
    })
}

fn details(tenant: &Model) -> String {
    let lines = [
        ("id", tenant.id.to_string()),
        ("slug", tenant.slug.clone()),
        ("name", tenant.name.clone()),
        ("plan", tenant.plan.clone()),
        ("status", tenant.status.clone()),
        ("locale", tenant.default_locale.to_string()),
        ("time zone", tenant.time_zone.name().to_owned()),
        ("currency", tenant.currency.code().to_owned()),
        ("since", tenant.created_at.date_naive().to_string()),
    ];
    lines.into_iter().map(|(name, value)| format!("{name:<10} {value}\n")).collect()
}

fn plan(text: &str) -> Result<Plan, String> {
    Plan::parse(text).ok_or_else(|| "starter, professional, business or enterprise is expected".to_owned())
}
