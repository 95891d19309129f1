//! The web pages that `build.rs` put into the binary: GraphiQL today, the web app later.
//!
//! Paths are those below `gateway/web/dist`: `graphiql/index.html`, `assets/<name>-<hash>.js`. The pages link to
//! `/assets/…`, so the router answers `GET /assets/{*path}` with `get("assets/<path>")`.

/// The `Content-Security-Policy` that every embedded page works under.
///
/// No inline scripts or styles and nothing from elsewhere; `'self'` includes the WebSocket of `/graphql`.
pub const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// One embedded file, ready to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The body, uncompressed.
    pub bytes: &'static [u8],
    /// For the `Content-Type` header.
    pub content_type: &'static str,
    /// For the `ETag` header, with its quotes; it changes with the file's name or contents.
    pub etag: &'static str,
    /// For the `Cache-Control` header: for ever if the file's name carries a hash of its contents.
    pub cache_control: &'static str,
}

/// The file at `path`, which has no leading slash. Nothing but embedded files is ever found: `..` has no meaning here.
#[must_use]
pub fn get(path: &str) -> Option<Asset> {
    let index = FILES.binary_search_by(|file| file.path.cmp(path)).ok()?;
    let file = FILES.get(index)?;
    Some(Asset {
        bytes: file.bytes,
        content_type: content_type(file.path),
        etag: file.etag,
        cache_control: cache_control(file.path),
    })
}

/// The page of `/graphiql`; in a build without npm, a page that says how to get it.
#[must_use]
pub fn graphiql() -> Option<Asset> {
    get("graphiql/index.html")
}

struct File {
    path: &'static str,
    etag: &'static str,
    bytes: &'static [u8],
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff") => "font/woff",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn cache_control(path: &str) -> &'static str {
    if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphiql_page_is_embedded_with_all_that_it_links_to() {
        let page = graphiql().expect("graphiql/index.html");
        assert_eq!(page.content_type, "text/html; charset=utf-8");
        assert_eq!(page.cache_control, "no-cache");
        let html = std::str::from_utf8(page.bytes).expect("UTF-8");
        let links = html.split(['"', '\'']).filter(|part| part.starts_with("/assets/"));
        for link in links {
            let asset = get(link.trim_start_matches('/')).expect(link);
            assert_ne!(asset.content_type, "application/octet-stream", "{link}");
            assert!(asset.cache_control.contains("immutable"), "{link}");
        }
    }

    #[test]
    fn embedded_files_need_no_inline_script_style_or_foreign_host() {
        for file in FILES {
            let Ok(text) = std::str::from_utf8(file.bytes) else {
                continue;
            };
            match content_type(file.path) {
                "text/html; charset=utf-8" => {
                    assert!(!text.contains("<style"), "{}", file.path);
                    assert!(!text.contains(" style="), "{}", file.path);
                    assert!(!text.contains("<script>"), "{}", file.path);
                    assert!(!text.contains("//cdn"), "{}", file.path);
                }
                "text/css; charset=utf-8" => {
                    assert!(!text.contains("url(data:"), "{}", file.path);
                    assert!(!text.contains("url(http"), "{}", file.path);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn unknown_path_finds_nothing() {
        for path in ["", "/", "graphiql", "/graphiql/index.html", "../Cargo.toml", "assets/"] {
            assert_eq!(get(path), None, "{path}");
        }
    }
}
