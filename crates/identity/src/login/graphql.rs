//! Signing in, in the API.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use kernel::{
    Result,
    ask::Asking as _,
    graph::Graph,
    id::{TenantId, UserId},
    scalar::{DateTime, EmailAddress, Url},
    seen::SeenBy,
};
use secrecy::ExposeSecret as _;

use super::{Answer, SignedIn, Wanted, lift, login, switch};
use crate::{
    IdentityContext as _,
    session::{Cookies, Delivery, Handed, graphql::seen},
    tenant::entity as tenant,
    user::{User, ViewerObject},
};

/// Sign in.
#[derive(InputObject)]
pub struct LoginInput {
    /// Slug of the tenant, or a host name of it; without one, the person's only tenant, or a choice.
    tenant: Option<String>,
    /// Address of the person.
    email: EmailAddress,
    /// Password of the person.
    password: String,
    /// How the refresh token is delivered.
    #[graphql(default_with = "Delivery::Body")]
    delivery: Delivery,
    /// Whether the session lasts for 30 days instead of 7 after its last renewal.
    #[graphql(default)]
    remember_me: bool,
    /// What the person calls the device, for the list of sessions; apps that have no browser are recognised by it.
    device_name: Option<String>,
}

/// What stands between a right password and a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LoginChallenge {
    /// A mail with a link waits to be confirmed. `resendVerification` sends another.
    EmailUnverified,
    /// The password is older than the tenant allows: ask for a new one with `requestPasswordReset`.
    PasswordExpired,
    /// The person is in several tenants: sign in again with one of `tenants`.
    ChooseTenant,
}

/// A tenant that a person may sign in to.
#[derive(SimpleObject)]
pub struct LoginTenant {
    /// Its id.
    id: TenantId,
    /// Its slug, for `login`.
    slug: String,
    /// What people call it.
    name: String,
    /// Where its logo is; null if it has none.
    logo_url: Option<Url>,
}

impl From<tenant::Model> for LoginTenant {
    fn from(model: tenant::Model) -> Self {
        let tenant::Model { id, slug, name, logo_url, .. } = model;
        Self { id, slug, name, logo_url }
    }
}

/// A session, or what stands between the right password and one.
#[derive(SimpleObject, Default)]
pub struct LoginPayload {
    /// The access token, for the `Authorization` header: `Bearer <token>`; null where there is a challenge.
    access_token: Option<String>,
    /// The refresh token, which is used once with `refreshSession`; null in a cookie's favour or for a challenge.
    refresh_token: Option<String>,
    /// When the access token ends; null where there is a challenge.
    expires_at: Option<DateTime>,
    /// Who is signed in; null where there is a challenge.
    viewer: Option<SeenBy<ViewerObject>>,
    /// What is to be done first; null if the session began.
    challenge: Option<LoginChallenge>,
    /// For `CHOOSE_TENANT`: the tenants to choose from, by name.
    tenants: Vec<LoginTenant>,
}

impl From<Answer> for LoginPayload {
    fn from(answer: Answer) -> Self {
        let challenge = |challenge| Self { challenge: Some(challenge), ..Self::default() };
        match answer {
            Answer::SignedIn(signed_in) => {
                let SignedIn { viewer, handed: Handed { access, refresh } } = *signed_in;
                Self {
                    access_token: Some(access.token),
                    refresh_token: refresh.map(|token| token.expose_secret().to_owned()),
                    expires_at: Some(access.expires_at.into()),
                    viewer: Some(seen(viewer)),
                    ..Self::default()
                }
            }
            Answer::Unconfirmed => challenge(LoginChallenge::EmailUnverified),
            Answer::PasswordExpired => challenge(LoginChallenge::PasswordExpired),
            Answer::Choose(tenants) => {
                let tenants = tenants.into_iter().map(Into::into).collect();
                Self { tenants, ..challenge(LoginChallenge::ChooseTenant) }
            }
        }
    }
}

/// Go to another tenant.
#[derive(InputObject)]
pub struct SwitchTenantInput {
    /// Slug or host of the tenant.
    tenant: String,
    /// How the refresh token is delivered: as the present session's, if left out. With `COOKIE` the present session
    /// ends; with `BODY` both go on. A session whose token is in a cookie keeps it there: INVALID `stays_in_cookie`.
    delivery: Option<Delivery>,
}

/// A session in another tenant.
#[derive(SimpleObject)]
pub struct SwitchTenantPayload {
    /// The access token, for the `Authorization` header: `Bearer <token>`.
    access_token: String,
    /// The refresh token, which is used once with `refreshSession`; null where it is in the cookie.
    refresh_token: Option<String>,
    /// When the access token ends.
    expires_at: DateTime,
    /// Who is signed in, in the other tenant.
    viewer: SeenBy<ViewerObject>,
}

/// Unlock a person.
#[derive(InputObject)]
pub struct UnlockUserInput {
    /// Who.
    id: UserId,
}

/// A person who may try to sign in again.
#[derive(SimpleObject)]
pub struct UnlockUserPayload {
    /// The person.
    user: Graph<User>,
}

/// Signing in.
#[derive(Default)]
pub struct LoginMutation;

/// Signing in.
#[Object]
impl LoginMutation {
    /// Signs in with address and password. Every reason not to let somebody in has the one answer UNAUTHENTICATED
    /// `wrong_credentials`. Five wrong passwords lock the account for 15 minutes, each further lock is twice as long;
    /// five sign-ins in 15 minutes from one address are the most for a person (LIMITED).
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in, and where.")] input: LoginInput,
    ) -> Result<LoginPayload> {
        let LoginInput { tenant, email, password, delivery, remember_me, device_name } = input;
        let wanted = Wanted {
            tenant: tenant.as_deref().map(str::trim).filter(|name| !name.is_empty()),
            email: &email,
            password: password.into(),
            delivery,
            remember: remember_me,
            device_name: device_name.as_deref(),
            cookies: ctx.data_opt::<Cookies>(),
        };
        let answer = login(ctx.identity(), ctx.db(), ctx.viewer(), wanted).await;
        Cookies::send(ctx);
        let answer = answer?;
        ctx.ask().holds_secret();
        Ok(answer.into())
    }

    /// Begins a session in another tenant of the same person, without a new password. Not for API keys.
    async fn switch_tenant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to.")] input: SwitchTenantInput,
    ) -> Result<SwitchTenantPayload> {
        let SwitchTenantInput { tenant, delivery } = input;
        let cookies = ctx.data_opt::<Cookies>();
        let switched =
            switch::switch(ctx.identity(), ctx.db(), ctx.viewer(), tenant.trim(), delivery, cookies).await;
        Cookies::send(ctx);
        let SignedIn { viewer, handed: Handed { access, refresh } } = switched?;
        ctx.ask().holds_secret();
        Ok(SwitchTenantPayload {
            access_token: access.token,
            refresh_token: refresh.map(|token| token.expose_secret().to_owned()),
            expires_at: access.expires_at.into(),
            viewer: seen(viewer),
        })
    }

    /// Lets a person who is locked out try again at once in this tenant; in others the lock-out goes on, and the next
    /// one is longer all the same. After three lock-outs since the last sign-in the answer is CONFLICT
    /// `locked_too_often`: the person then needs a new password. Needs the permission `identity.user.write`.
    async fn unlock_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: UnlockUserInput,
    ) -> Result<UnlockUserPayload> {
        let user = lift(ctx.db(), ctx.viewer(), input.id).await?;
        Ok(UnlockUserPayload { user: Graph(User::from(user)) })
    }
}
