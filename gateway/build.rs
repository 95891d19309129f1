//! Builds the pages of `gateway/web` with npm and lists them for `src/assets.rs`.
//!
//! Without npm, without a network at the first build, or with `ATRIUM_SKIP_WEB=1`, a page that says so takes their
//! place: a machine with nothing but Rust builds and tests everything else.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What npm makes, and what makes no difference to it.
const NOT_SOURCES: [&str; 2] = ["node_modules", "dist"];
/// The file, in a folder that npm or vite empties first, that names the sources the folder was made from.
const STAMP: &str = ".made-from";

fn main() -> io::Result<()> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
    let out = variable("OUT_DIR").map(PathBuf::from).ok_or(io::Error::other("cargo did not set OUT_DIR"))?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=ATRIUM_SKIP_WEB");
    for source in sources(&web)? {
        println!("cargo::rerun-if-changed={}", source.display());
    }

    // Reason: the pages are embedded from a copy, so that another build meanwhile cannot take them away.
    let embedded = out.join("web");
    if embedded.exists() {
        fs::remove_dir_all(&embedded)?;
    }
    if skipped() {
        write_placeholder(&embedded, "ATRIUM_SKIP_WEB was set when it was built.")?;
    } else {
        let dist = web.join("dist");
        match build(&web, &dist) {
            Ok(()) => copy(&dist, &embedded)?,
            // Reason: a container builds the pages in a stage of its own, without npm in the next.
            Err(reason) if dist.join("graphiql/index.html").exists() => {
                println!("cargo::warning=gateway/web/dist is taken as it is: {reason}");
                copy(&dist, &embedded)?;
            }
            Err(reason) => {
                println!("cargo::warning=GraphiQL is left out: {reason}");
                write_placeholder(
                    &embedded,
                    "npm was missing or failed when it was built; cargo's warning says why.",
                )?;
            }
        }
    }
    fs::write(out.join("assets.rs"), table(&embedded)?)
}

#[expect(clippy::disallowed_methods, reason = "cargo talks to a build script through the environment alone")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

fn skipped() -> bool {
    variable("ATRIUM_SKIP_WEB").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Builds the pages into `dist`, if a source has changed since they were built.
fn build(web: &Path, dist: &Path) -> Result<(), String> {
    // Race: an editor's cargo and a terminal's may build at once; npm must not empty a folder under the other's feet.
    let lock_file = web.join("package-lock.json");
    let lock = File::open(&lock_file).map_err(|error| format!("{}: {error}", lock_file.display()))?;
    lock.lock().map_err(|error| format!("cannot lock {}: {error}", lock_file.display()))?;

    let made_from = fingerprint(web, &sources(web).map_err(text)?).map_err(text)?;
    if stamp(dist).as_deref() == Some(made_from.as_str()) {
        return Ok(());
    }
    npm(web, &["--version"])?;
    let packages = fingerprint(web, &[web.join("package.json"), lock_file]).map_err(text)?;
    let modules = web.join("node_modules");
    if stamp(&modules).as_deref() != Some(packages.as_str()) {
        // Reason: a machine without a network must learn it in seconds, and no package runs code to be installed.
        let patience = [
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=500",
            "--fetch-retry-maxtimeout=2000",
            "--fetch-timeout=20000",
        ];
        npm(
            web,
            &[&["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], &patience[..]]
                .concat(),
        )?;
        fs::write(modules.join(STAMP), packages).map_err(text)?;
    }
    npm(web, &["run", "build"])?;
    fs::write(dist.join(STAMP), made_from).map_err(text)
}

fn text(error: io::Error) -> String {
    error.to_string()
}

fn stamp(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join(STAMP)).ok()
}

fn npm(web: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program)
        .args(arguments)
        .current_dir(web)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("npm warn")).take(5).collect();
    Err(format!("`npm {}` failed: {}", arguments.join(" "), lines.join(" | ")))
}

/// The entries of the web folder, sorted, without what npm and vite make.
fn sources(web: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = list(web)?;
    entries.retain(|entry| !NOT_SOURCES.iter().any(|name| entry.ends_with(name)));
    Ok(entries)
}

/// Names and contents of all files under `roots` in one number.
fn fingerprint(base: &Path, roots: &[PathBuf]) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    for root in roots {
        for file in files(root)? {
            file.strip_prefix(base).unwrap_or(&file).hash(&mut hasher);
            fs::read(&file)?.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

/// Every file at or below `root`, sorted.
fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    if !root.is_dir() {
        return Ok(vec![root.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in list(root)? {
        found.extend(files(&entry)?);
    }
    Ok(found)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for file in files(from)? {
        let name = file.strip_prefix(from).unwrap_or(&file);
        if name == Path::new(STAMP) {
            continue;
        }
        let target = to.join(name);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&file, target)?;
    }
    Ok(())
}

fn write_placeholder(embedded: &Path, reason: &str) -> io::Result<()> {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Atrium · GraphiQL</title>\n\
         <h1>GraphiQL is not in this build</h1>\n<p>{reason}</p>\n\
         <p>Install Node.js 20.19 or newer with npm, then run in the source folder:</p>\n\
         <pre>touch gateway/web/package.json &amp;&amp; cargo build</pre>\n\
         <p>Everything else works: the API is at <code>/graphql</code>.</p>\n</html>\n"
    );
    fs::create_dir_all(embedded.join("graphiql"))?;
    fs::write(embedded.join("graphiql/index.html"), page)
}

/// Rust source of the sorted table of embedded files.
fn table(embedded: &Path) -> io::Result<String> {
    let mut rows = Vec::new();
    for file in files(embedded)? {
        let name = file.strip_prefix(embedded).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let etag = fingerprint(embedded, std::slice::from_ref(&file))?;
        rows.push((name, etag));
    }
    // Invariant: `assets::get` searches by halves.
    rows.sort();
    let mut source = String::from("&[\n");
    for (name, etag) in rows {
        let _ = writeln!(
            source,
            "    File {{ path: {name:?}, etag: \"\\\"{etag}\\\"\", bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), {:?})) }},",
            format!("/web/{name}")
        );
    }
    source.push_str("]\n");
    Ok(source)
}
