//! Signing up, registering and verifying an address, in the API.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking,
    locale::Locale,
    scalar::{EmailAddress, Url},
};

use super::{Newcomer, SignUp, confirm};
use crate::{service::IdentityContext, tenant::entity as tenant};

/// An agency and its first owner.
#[derive(InputObject)]
pub struct SignUpInput {
    /// What people call the agency: 1 to 100 characters.
    tenant_name: String,
    /// Its part of addresses: 3 to 40 lower-case letters, digits and single hyphens, starting with a letter.
    tenant_slug: String,
    /// Address of the owner. If it has an account already, that account becomes the owner.
    email: EmailAddress,
    /// Password of the owner: at least 12 characters that cannot be guessed.
    #[graphql(secret)]
    password: String,
    /// Given name of the owner: 1 to 100 characters.
    given_name: String,
    /// Family name of the owner: 1 to 100 characters.
    family_name: String,
    /// Language and formats of the agency and its owner; the request's language without it.
    locale: Option<Locale>,
}

/// What follows a sign-up. The same whether or not the address has an account.
#[derive(SimpleObject)]
pub struct SignUpPayload {
    /// Where a mail with the next step was sent.
    email: EmailAddress,
    /// The slug to sign in with afterwards.
    tenant_slug: String,
}

/// A person who registers with an agency.
#[derive(InputObject)]
pub struct RegisterInput {
    /// Slug or host name of the agency.
    tenant: String,
    /// Their address.
    email: EmailAddress,
    /// Their password: at least 12 characters that cannot be guessed.
    #[graphql(secret)]
    password: String,
    /// Given name: 1 to 100 characters.
    given_name: String,
    /// Family name: 1 to 100 characters.
    family_name: String,
    /// Language and formats; the request's language without it.
    locale: Option<Locale>,
}

/// What follows a registration. The same whether or not the address has an account.
#[derive(SimpleObject)]
pub struct RegisterPayload {
    /// Where a mail with the next step was sent.
    email: EmailAddress,
}

/// The link of a verification mail.
#[derive(InputObject)]
pub struct VerifyEmailInput {
    /// The token in the link.
    #[graphql(secret)]
    token: String,
    /// The password that was chosen when registering, or that of the account that the address has: proves that who
    /// follows the link is who registered. Pages that people come to from their mail should ask for it and send it; it
    /// may be left out by programs that have just registered themselves.
    #[graphql(secret)]
    password: Option<String>,
}

/// The link of a verification mail that nobody asked for.
#[derive(InputObject)]
pub struct DisownRegistrationInput {
    /// The token in the link.
    #[graphql(secret)]
    token: String,
}

/// What was registered with the address is gone.
#[derive(SimpleObject)]
pub struct DisownRegistrationPayload {
    /// The address.
    email: EmailAddress,
}

/// Where somebody can sign in now.
#[derive(SimpleObject)]
pub struct VerifyEmailPayload {
    /// The verified address.
    email: EmailAddress,
    /// The agency.
    agency: Agency,
}

/// What anybody may know of an agency.
#[derive(Clone, Debug, SimpleObject)]
pub struct Agency {
    /// Its slug, to sign in with.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Where its logo is.
    pub logo_url: Option<Url>,
}

impl From<tenant::Model> for Agency {
    fn from(tenant: tenant::Model) -> Self {
        Self { slug: tenant.slug, name: tenant.name, logo_url: tenant.logo_url }
    }
}

/// Whom to send another verification mail.
#[derive(InputObject)]
pub struct ResendVerificationInput {
    /// Slug or host name of the agency.
    tenant: String,
    /// The address.
    email: EmailAddress,
}

/// The same for every address.
#[derive(SimpleObject)]
pub struct ResendVerificationPayload {
    /// The address; it got a mail if it waits to be verified.
    email: EmailAddress,
}

/// Becoming part of an agency.
#[derive(Debug, Default)]
pub struct RegistrationMutation;

#[Object]
impl RegistrationMutation {
    /// Signs up an agency with its owner. A mail with a link follows; nobody needs to be signed in.
    async fn sign_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agency and its owner.")] input: SignUpInput,
    ) -> Result<SignUpPayload> {
        let SignUpInput { tenant_name, tenant_slug, email, password, given_name, family_name, locale } =
            input;
        let payload = SignUpPayload { email: email.clone(), tenant_slug: tenant_slug.clone() };
        let owner = Newcomer { email, password: password.into(), given_name, family_name, locale };
        let wanted = SignUp { tenant_name, tenant_slug, owner };
        super::sign_up(ctx.viewer(), ctx.db(), ctx.identity(), wanted).await?;
        Ok(payload)
    }

    /// Registers a person with an agency that takes people in by itself. A mail with a link follows.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the agency.")] input: RegisterInput,
    ) -> Result<RegisterPayload> {
        let RegisterInput { tenant, email, password, given_name, family_name, locale } = input;
        let payload = RegisterPayload { email: email.clone() };
        let person = Newcomer { email, password: password.into(), given_name, family_name, locale };
        super::register(ctx.viewer(), ctx.db(), ctx.identity(), &tenant, person).await?;
        Ok(payload)
    }

    /// Verifies an address by the token that was mailed there within the last 24 hours, and makes the password count
    /// that was chosen with it. Anybody can register with anybody's address: send `password` too wherever a person
    /// comes from the mail, so that nobody confirms an account whose password only somebody else knows. A wrong one is
    /// INVALID `wrong_password`; five in 15 minutes are the most for a link (LIMITED).
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: VerifyEmailInput,
    ) -> Result<VerifyEmailPayload> {
        let VerifyEmailInput { token, password } = input;
        let password = password.map(Into::into);
        let done = confirm::verify(ctx.viewer(), ctx.db(), ctx.identity(), &token, password).await?;
        Ok(VerifyEmailPayload { email: done.email, agency: done.tenant.into() })
    }

    /// Says that one did not ask for the verification mail with this token: its link ends, and the account that
    /// somebody else began with the address goes, or loses its password.
    async fn disown_registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: DisownRegistrationInput,
    ) -> Result<DisownRegistrationPayload> {
        let email = confirm::disown(ctx.viewer(), ctx.db(), ctx.identity(), &input.token).await?;
        Ok(DisownRegistrationPayload { email })
    }

    /// Asks for another verification mail. The answer is the same for every address.
    async fn resend_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address and the agency.")] input: ResendVerificationInput,
    ) -> Result<ResendVerificationPayload> {
        let ResendVerificationInput { tenant, email } = input;
        confirm::resend(ctx.viewer(), ctx.db(), ctx.identity(), &tenant, &email).await?;
        Ok(ResendVerificationPayload { email })
    }
}
