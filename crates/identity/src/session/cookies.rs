//! The two cookies of the web app: the refresh token, and a mark that recognises the browser.
//!
//! The gateway makes a [`Cookies`] from the headers of a request over HTTP (not of a WebSocket, over which no cookie can
//! be set) and puts it into the GraphQL request's data. What is set here, resolvers send as `Set-Cookie` headers of the
//! GraphQL response.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use chrono::Duration;
use platform::crypto::Token;

use crate::IdentityConfig;

/// Name of the refresh token's cookie.
pub const REFRESH_COOKIE: &str = "atrium_refresh";

/// Name of the cookie that recognises a browser.
pub const DEVICE_COOKIE: &str = "atrium_device";

/// How long a browser is recognised after its last login.
const DEVICE_LIFETIME: Duration = Duration::days(400);

/// Longest cookie value that is looked at, in bytes.
const MAX_VALUE: usize = 256;

/// The cookies of one request and its answer. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Cookies(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    refresh: Option<String>,
    device: Option<String>,
    set: Mutex<Vec<String>>,
}

impl Cookies {
    /// Reads a `Cookie` header (RFC 6265, section 5.4); several are to be joined with `; `.
    pub fn from_header(header: Option<&str>) -> Self {
        let find = |name: &str| {
            header
                .unwrap_or_default()
                .split(';')
                .filter_map(|pair| pair.trim().split_once('='))
                .find(|(key, value)| *key == name && !value.is_empty() && value.len() <= MAX_VALUE)
                .map(|(_, value)| value.to_owned())
        };
        Self(Arc::new(Inner {
            refresh: find(REFRESH_COOKIE),
            device: find(DEVICE_COOKIE),
            set: Mutex::default(),
        }))
    }

    /// The refresh token that came with the request.
    pub fn refresh_token(&self) -> Option<&str> {
        self.0.refresh.as_deref()
    }

    /// The mark of the browser that came with the request.
    pub(crate) fn device(&self) -> Option<&str> {
        self.0.device.as_deref()
    }

    /// Gives the browser a refresh token to keep for `lifetime`.
    pub(crate) fn set_refresh(&self, config: &IdentityConfig, token: &Token, lifetime: Duration) {
        self.push(set_cookie(config, REFRESH_COOKIE, token.expose(), lifetime));
    }

    /// Makes the browser forget its refresh token.
    pub(crate) fn clear_refresh(&self, config: &IdentityConfig) {
        self.push(set_cookie(config, REFRESH_COOKIE, "", Duration::zero()));
    }

    /// Gives the browser a mark, or lets it keep its mark for longer.
    pub(crate) fn set_device(&self, config: &IdentityConfig, mark: &str) {
        self.push(set_cookie(config, DEVICE_COOKIE, mark, DEVICE_LIFETIME));
    }

    /// Adds the `Set-Cookie` headers to the response of a resolver's request; to be called whether or not it failed.
    pub(crate) fn send(ctx: &Context<'_>) {
        if let Some(cookies) = ctx.data_opt::<Self>() {
            for cookie in cookies.take() {
                ctx.append_http_header("set-cookie", cookie);
            }
        }
    }

    fn take(&self) -> Vec<String> {
        // Reason: a push is one step, so the list is whole whatever panicked.
        std::mem::take(&mut *self.0.set.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, cookie: String) {
        self.0.set.lock().unwrap_or_else(PoisonError::into_inner).push(cookie);
    }
}

/// A `Set-Cookie` value. `Secure` is left out only where the program is reached by plain HTTP on this machine: Safari
/// keeps no secure cookie from there.
fn set_cookie(config: &IdentityConfig, name: &str, value: &str, lifetime: Duration) -> String {
    let secure = if is_plain_local(&config.public_url) { "" } else { " Secure;" };
    let age = lifetime.num_seconds();
    format!("{name}={value}; HttpOnly;{secure} SameSite=Strict; Path=/graphql; Max-Age={age}")
}

fn is_plain_local(public_url: &str) -> bool {
    let Some(rest) = public_url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(public_url: &str) -> IdentityConfig {
        IdentityConfig { public_url: public_url.to_owned(), ..IdentityConfig::default() }
    }

    fn refresh_cookie(public_url: &str) -> String {
        let cookies = Cookies::default();
        let token = Token::generate("atr", &mut rand::rng());
        cookies.set_refresh(&config(public_url), &token, Duration::days(7));
        let set = cookies.take();
        assert_eq!(set.len(), 1);
        set[0].replace(token.expose(), "TOKEN")
    }

    #[test]
    fn refresh_cookie_is_for_the_api_alone() {
        assert_eq!(
            refresh_cookie("https://portal.acme.test"),
            "atrium_refresh=TOKEN; HttpOnly; Secure; SameSite=Strict; Path=/graphql; Max-Age=604800"
        );
    }

    #[test]
    fn refresh_cookie_goes_over_plain_http_on_this_machine_only() {
        for local in
            ["http://localhost", "http://localhost:8000", "http://127.0.0.1:8000/x", "http://[::1]:8000"]
        {
            assert!(!refresh_cookie(local).contains("Secure"), "{local}");
        }
        for other in [
            "http://portal.acme.test",
            "http://localhost.evil.test",
            "http://127.0.0.1.evil.test:80",
            "https://localhost",
            "",
        ] {
            assert!(refresh_cookie(other).contains("; Secure;"), "{other}");
        }
    }

    #[test]
    fn cleared_cookie_is_empty_and_over() {
        let cookies = Cookies::default();
        cookies.clear_refresh(&config("https://a.test"));
        assert_eq!(
            cookies.take(),
            ["atrium_refresh=; HttpOnly; Secure; SameSite=Strict; Path=/graphql; Max-Age=0"]
        );
        assert!(cookies.take().is_empty());
    }

    #[test]
    fn cookies_are_found_among_others() {
        let cookies = Cookies::from_header(Some("a=b; atrium_refresh=atr_x-_=; theme=dark;atrium_device=d1"));
        assert_eq!((cookies.refresh_token(), cookies.device()), (Some("atr_x-_="), Some("d1")));
        let long = format!("atrium_refresh={}", "x".repeat(300));
        for none in [
            None,
            Some(""),
            Some("atrium_refresh"),
            Some("atrium_refresh="),
            Some("xatrium_refresh=a"),
            Some(&*long),
        ] {
            assert_eq!(Cookies::from_header(none).refresh_token(), None, "{none:?}");
        }
    }
}
