# `just` lists these; none does more than the commands it shows.
set shell := ["bash", "-euo", "pipefail", "-c"]

[private]
default:
    @just --list

# Serve on SQLite in ./data
run *arguments:
    cargo run -- serve {{ arguments }}

# Serve two seeded agencies on http://127.0.0.1:8000
demo *arguments:
    cargo run --release -- demo {{ arguments }}

# All tests on SQLite: needs nothing but Rust
test *arguments:
    cargo test --workspace {{ arguments }}

# Properties on a hundred times the usual cases, other ones each time
explore cases="25600":
    PROPTEST_CASES={{ cases }} PROPTEST_MAX_GLOBAL_REJECTS=1000000000 cargo test --workspace --lib

# All tests on a private PostgreSQL, Redis, SMTP sink and S3 server
test-pg *arguments:
    scripts/with-services cargo nextest run --workspace {{ arguments }}
    scripts/with-services cargo nextest run -p platform --test postgres --test redis --test smtp --test storage

# All tests on both databases, then the typed clients
test-all: test test-pg client

# Measure the gateway beside hand-written SQL
bench *arguments:
    scripts/bench {{ arguments }}

lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo deny check bans licenses sources
    cd gateway/web && npm run --silent check

fmt:
    cargo fmt --all

# Rewrite schema.graphql from the code
schema:
    cargo run --quiet -- schema > schema.graphql.new
    mv schema.graphql.new schema.graphql

# Generate the TypeScript client and run the opening story against a live server
client:
    tests/clients/typescript/check

# Rebuild the embedded web pages and check their types
web:
    cd gateway/web && npm ci --ignore-scripts && npm run check && npm run build
    touch gateway/web/package.json

# What a change must pass
ci:
    .ci/run
