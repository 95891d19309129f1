//! Devices: what people read in their list of sessions, and what recognises a device at its next login.
//!
//! A device is recognised by the family of its program and, within it, by a mark: the browser's long-lived cookie, or
//! the name that an app sends, or nothing. This guards no door; it decides whether a mail about a new device is sent.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::viewer::RequestInfo;
use platform::crypto::token;
use rand::Rng as _;

use super::entity;

/// Longest name of a device that is kept, in characters.
const NAME_MAX: usize = 100;

/// Longest user agent that is kept, in characters.
const USER_AGENT_MAX: usize = 400;

/// A device, as a session keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Readable name: what the client called it, or program and system.
    pub label: String,
    /// Recognises it at its next login.
    pub hash: String,
    /// What the client calls itself.
    pub user_agent: String,
    /// Address of the client.
    pub ip: String,
}

impl Device {
    /// The device of a request; `mark` is its cookie, `name` what the client calls it.
    pub fn of(request: &RequestInfo, name: Option<&str>, mark: Option<&str>) -> Self {
        let user_agent = cut(request.user_agent.as_deref().unwrap_or_default(), USER_AGENT_MAX);
        let name = name.map(|name| cut(name, NAME_MAX)).filter(|name| !name.is_empty());
        let program = program(&user_agent);
        let identity = match (mark, &name) {
            (Some(mark), _) => format!("mark|{program}|{mark}"),
            (None, Some(name)) => format!("name|{program}|{name}"),
            (None, None) => format!("bare|{program}|{}", system(&user_agent).unwrap_or_default()),
        };
        Self {
            label: name.unwrap_or_else(|| describe(&user_agent)),
            hash: token::hash(&identity),
            user_agent,
            ip: request.ip.map(|ip| ip.to_string()).unwrap_or_default(),
        }
    }

    /// The device of a session, as it sends another request.
    pub fn again(session: &entity::Model, request: &RequestInfo) -> Self {
        let here = Self::of(request, None, None);
        Self { label: session.device.clone(), hash: session.device_hash.clone(), ..here }
    }
}

/// A fresh mark for a browser.
pub(crate) fn new_mark() -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// One line of at most `max` characters, without control characters.
fn cut(text: &str, max: usize) -> String {
    let clean: String = text.chars().filter(|character| !character.is_control()).take(max).collect();
    clean.trim().to_owned()
}

fn describe(user_agent: &str) -> String {
    match (program(user_agent), system(user_agent)) {
        ("", _) => "Unknown device".to_owned(),
        (program, Some(system)) => format!("{program} on {system}"),
        (program, None) => program.to_owned(),
    }
}

/// The family of the program; versions are left out, because they change under the same hands.
fn program(user_agent: &str) -> &str {
    // Invariant: the order matters, since browsers also name those that they want to be taken for.
    const BROWSERS: [(&str, &str); 10] = [
        ("Edg/", "Edge"),
        ("EdgA/", "Edge"),
        ("EdgiOS/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let browser = BROWSERS.iter().find(|(token, _)| user_agent.contains(token)).map(|(_, name)| *name);
    browser.unwrap_or_else(|| {
        let product = user_agent.split([' ', '/']).next().unwrap_or_default();
        product.get(..40).unwrap_or(product)
    })
}

fn system(user_agent: &str) -> Option<&'static str> {
    const SYSTEMS: [(&str, &str); 7] = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    SYSTEMS.iter().find(|(token, _)| user_agent.contains(token)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    const NEWER_FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0";
    const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                        Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0";

    fn device(user_agent: &str, name: Option<&str>, mark: Option<&str>) -> Device {
        let request = RequestInfo { user_agent: Some(user_agent.to_owned()), ..RequestInfo::default() };
        Device::of(&request, name, mark)
    }

    #[test]
    fn device_is_called_by_its_name_or_by_program_and_system() {
        assert_eq!(device(FIREFOX, None, None).label, "Firefox on Linux");
        assert_eq!(device(EDGE, None, None).label, "Edge on Windows");
        assert_eq!(device("curl/8.5.0", None, None).label, "curl");
        assert_eq!(device("", None, None).label, "Unknown device");
        assert_eq!(device(EDGE, Some(" Office \u{0} PC\n"), None).label, "Office  PC");
        assert_eq!(device(EDGE, Some("  "), None).label, "Edge on Windows");
        assert_eq!(device(EDGE, Some(&"é".repeat(300)), None).label.chars().count(), 100);
    }

    #[test]
    fn device_is_recognised_after_an_update_and_not_by_another_mark() {
        let known = device(FIREFOX, None, Some("m1")).hash;
        assert_eq!(device(NEWER_FIREFOX, None, Some("m1")).hash, known);
        assert_eq!(device(FIREFOX, Some("Laptop"), Some("m1")).hash, known, "the mark counts, not the name");
        assert_ne!(device(FIREFOX, None, Some("m2")).hash, known);
        assert_ne!(device(EDGE, None, Some("m1")).hash, known);
        assert_ne!(device(FIREFOX, Some("m1"), None).hash, known, "a name is no mark");
    }

    #[test]
    fn long_and_odd_user_agents_are_cut() {
        let odd = device(&"ü".repeat(5_000), None, None);
        assert_eq!(odd.user_agent.chars().count(), USER_AGENT_MAX);
        assert_eq!(device("a\r\nb", None, None).user_agent, "ab");
    }
}
