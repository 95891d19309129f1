//! Content negotiation: what the client sends, and what it reads (RFC 9110, section 12; GraphQL over HTTP, section 4).

use http::{HeaderMap, header};

use super::problem::{Code, Problem, says};

/// What the client reads, as far as we answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The JSON it reads best; `None` if it reads none.
    pub json: Option<MediaType>,
    /// Whether it reads event streams, and says so by name.
    pub events: bool,
}

/// The two forms of GraphQL's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/graphql-response+json`: the HTTP status tells how it went.
    GraphqlResponse,
    /// `application/json`: 200 for every well-formed request.
    Json,
}

impl MediaType {
    /// For `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// What `Accept` says.
///
/// # Errors
/// NOT_ACCEPTABLE if it allows nothing that we answer.
pub fn accepted(headers: &HeaderMap) -> Result<Accepted, Problem> {
    let lines: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let ranges: Vec<(String, u16)> =
        lines.iter().flat_map(|line| line.split(',')).filter_map(range).collect();
    if ranges.is_empty() {
        // Reason: older clients send no `Accept` and look at the body alone.
        return Ok(Accepted { json: Some(MediaType::Json), events: false });
    }
    // Reason: for equal wishes the specification prefers its own media type; wildcards alone come from clients that know
    // of no such thing.
    let graphql = quality(&ranges, "application/graphql-response+json");
    let json = quality(&ranges, "application/json");
    let named =
        ranges.iter().any(|(range, quality)| range == "application/graphql-response+json" && *quality > 0);
    let json = match (graphql, json) {
        (0, 0) => None,
        (graphql, json) if graphql > json || (graphql == json && named) => Some(MediaType::GraphqlResponse),
        _ => Some(MediaType::Json),
    };
    let events = ranges.iter().any(|(range, quality)| range == "text/event-stream" && *quality > 0);
    if json.is_none() && !events {
        return Err(Problem::new(Code::NotAcceptable, says::NOT_ACCEPTABLE));
    }
    Ok(Accepted { json, events })
}

/// Refuses bodies that are not JSON. Forms and plain text are what other sites can make a browser send without asking.
pub fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let refused = || Problem::new(Code::UnsupportedMediaType, says::JSON_ONLY);
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let value = values.next().and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if is_json && is_utf8 && values.next().is_none() { Ok(()) } else { Err(refused()) }
}

/// A media range and its quality in thousandths.
fn range(entry: &str) -> Option<(String, u16)> {
    let mut parts = entry.split(';').map(str::trim);
    let essence = parts.next().filter(|essence| !essence.is_empty())?.to_ascii_lowercase();
    let quality = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .map_or(Some(1.0), |(_, value)| {
            value.trim().parse::<f32>().ok().filter(|value| (0.0..=1.0).contains(value))
        })?;
    // Invariant: the quality is between 0 and 1.
    Some((essence, (quality * 1_000.0).round() as u16))
}

/// The quality of a media type: that of the most precise range.
fn quality(ranges: &[(String, u16)], media_type: &str) -> u16 {
    let of = |wanted: &str| ranges.iter().find(|(range, _)| range == wanted).map(|(_, quality)| *quality);
    of(media_type).or_else(|| of("application/*")).or_else(|| of("*/*")).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> Option<Accepted> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        accepted(&headers).ok()
    }

    #[test]
    fn media_type_follows_the_wishes_of_the_client() {
        let json = |value: &str| accept(value).unwrap().json;
        for (value, wanted) in [
            ("application/json", MediaType::Json),
            ("application/graphql-response+json", MediaType::GraphqlResponse),
            ("application/graphql-response+json, application/json;q=0.9", MediaType::GraphqlResponse),
            ("application/graphql-response+json, application/json", MediaType::GraphqlResponse),
            ("application/json, application/graphql-response+json;q=0.5", MediaType::Json),
            ("APPLICATION/JSON; charset=utf-8", MediaType::Json),
            ("*/*", MediaType::Json),
            ("application/*", MediaType::Json),
            ("text/html, */*;q=0.1", MediaType::Json),
        ] {
            assert_eq!(json(value), Some(wanted), "{value}");
        }
        assert_eq!(accepted(&HeaderMap::new()).unwrap().json, Some(MediaType::Json));
    }

    #[test]
    fn nothing_acceptable_is_refused() {
        for value in ["text/html", "application/xml, text/*", "application/json;q=0", "*/*;q=0"] {
            assert_eq!(accept(value), None, "{value}");
        }
        assert_eq!(accept("text/event-stream"), Some(Accepted { json: None, events: true }));
        assert!(!accept("*/*").unwrap().events);
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        let check = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            check_content_type(&headers).is_ok()
        };
        for good in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON;charset=\"UTF-8\"",
            "application/json; odata=x",
        ] {
            assert!(check(good), "{good}");
        }
        for bad in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=iso-8859-1",
            "application/json; charset=utf-16",
            "application/graphql",
            "application/jsonp",
            "",
        ] {
            assert!(!check(bad), "{bad}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_err());
    }
}
