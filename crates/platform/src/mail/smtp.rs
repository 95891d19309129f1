//! The mailer that hands messages to an SMTP server (RFC 5321).

use super::{Address, MailError, Mailer, Message};
use crate::settings::{SmtpSecurity, SmtpSettings};
use async_trait::async_trait;
use kernel::clock::Clock;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;
use std::time::Duration;

/// Sends through one relay, over a few connections that are kept open.
#[derive(Clone, Debug)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    clock: Clock,
}

impl SmtpMailer {
    /// Prepares the transport; the first connection is made by the first message.
    ///
    /// Must be called and dropped within a Tokio runtime, which looks after the connections.
    ///
    /// # Errors
    /// A permanent [`MailError`] if `from` is no mailbox or the certificates cannot be read.
    pub fn new(settings: &SmtpSettings, from: &str, clock: Clock) -> Result<Self, MailError> {
        let from: Address = from.parse()?;
        let hello = settings.hello_name.clone().unwrap_or_else(|| domain_of(&from).to_owned());
        let pool = PoolConfig::new().max_size(settings.pool_size.max(1));
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls(settings)?)
            .hello_name(ClientId::Domain(hello))
            .timeout(Some(Duration::from_secs(settings.timeout_s.max(1))))
            .pool_config(pool);
        if let Some(username) = &settings.username {
            let password = settings.password.as_ref().map_or("", |p| p.expose_secret());
            builder = builder.credentials(Credentials::new(username.clone(), password.to_owned()));
        }
        Ok(Self { transport: builder.build(), from, clock })
    }

    fn build(&self, message: &Message) -> Result<lettre::Message, MailError> {
        message.check()?;
        let from = message.from.as_ref().unwrap_or(&self.from);
        let id = match &message.message_id {
            Some(id) => format!("<{id}>"),
            None => format!("<{:032x}@{}>", rand::random::<u128>(), domain_of(from)),
        };
        let mut builder = lettre::Message::builder()
            .date(self.clock.now().into())
            .from(mailbox(from)?)
            .subject(&message.subject)
            .message_id(Some(id))
            .raw_header(header("Content-Language", &message.locale)?);
        for to in &message.to {
            builder = builder.to(mailbox(to)?);
        }
        if let Some(reply_to) = &message.reply_to {
            builder = builder.reply_to(mailbox(reply_to)?);
        }
        // RFC 3834: keeps out-of-office robots from answering.
        if !message.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Auto-Submitted")) {
            builder = builder.raw_header(header("Auto-Submitted", "auto-generated")?);
        }
        for (name, value) in &message.headers {
            builder = builder.raw_header(header(name, value)?);
        }
        match &message.html {
            Some(html) => {
                builder.multipart(MultiPart::alternative_plain_html(message.text.clone(), html.clone()))
            }
            None => builder.singlepart(SinglePart::plain(message.text.clone())),
        }
        .map_err(|error| MailError::permanent(error.to_string()))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, message: Message) -> Result<(), MailError> {
        let built = self.build(&message)?;
        self.transport.send(built).await.map(|_| ()).map_err(|error| classify(&error))
    }
}

fn tls(settings: &SmtpSettings) -> Result<Tls, MailError> {
    if settings.security == SmtpSecurity::None {
        return Ok(Tls::None);
    }
    let failed = |what: &str, why: String| MailError::permanent(format!("{what}: {why}"));
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let pem = std::fs::read(path).map_err(|e| failed("the CA file", e.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|e| failed("the CA file", e.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    let parameters = builder.build_rustls().map_err(|e| failed("TLS", e.to_string()))?;
    Ok(match settings.security {
        SmtpSecurity::Tls => Tls::Wrapper(parameters),
        _ => Tls::Required(parameters),
    })
}

/// A refusal (5xx) of the message is for good. Everything else may pass: 4xx, lost connections, and
/// refused credentials, which are a fault of the settings and must not cost anybody's mail.
fn classify(error: &lettre::transport::smtp::Error) -> MailError {
    /// RFC 4954, section 6: authentication required, mechanism too weak, credentials invalid,
    /// encryption required.
    const CREDENTIALS: [u16; 4] = [530, 534, 535, 538];
    let code = error.status().map(u16::from);
    let for_good = error.is_permanent() && !code.is_some_and(|c| CREDENTIALS.contains(&c));
    MailError { transient: !for_good, reason: describe(error) }
}

fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

fn mailbox(address: &Address) -> Result<Mailbox, MailError> {
    let email = address
        .email
        .parse()
        .map_err(|_| MailError::permanent(format!("not a mail address: {:?}", address.email)))?;
    Ok(Mailbox::new(address.name.clone(), email))
}

fn header(name: &str, value: &str) -> Result<HeaderValue, MailError> {
    let name = HeaderName::new_from_ascii(name.to_owned())
        .map_err(|_| MailError::permanent(format!("not a header name: {name:?}")))?;
    Ok(HeaderValue::new(name, value.to_owned()))
}

fn domain_of(address: &Address) -> &str {
    address.email.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
}

#[cfg(test)]
#[path = "smtp_tests.rs"]
mod tests;
