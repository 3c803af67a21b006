# Commands for developers and CI. `just` lists them.

set shell := ["bash", "-euo", "pipefail", "-c"]

third_party := justfile_directory() / "target/third-party"

_default:
    @just --list --unsorted

# Installs the tools that checks and tests need besides the Rust toolchain (Debian; run as root or with sudo).
setup:
    bash .ci/setup

# Runs all checks of CI except for the tests.
check: format lint deny generated

# Checks the formatting.
format:
    cargo fmt --all --check

# Runs clippy with warnings as errors.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Checks for banned crates, licences and sources.
deny:
    cargo deny --log-level error check bans licenses sources

# Checks that the generated files are up to date.
generated: generate
    git diff --exit-code --stat -- graphql crates/gateway/graphiql/dist

# Generates the GraphQL schema and the GraphiQL bundle.
generate:
    cargo run --quiet -p seatgraph -- schema > graphql/schema.graphql
    cd crates/gateway/graphiql && npm ci --no-audit --no-fund --silent && npm run build --silent

# Runs the tests: `just test`, `just test -p seatgraph-store`.
test *flags="--workspace":
    cargo test {{ flags }}

# Runs a benchmark: `just bench sync 100000`, `just bench edge`, `just bench simulator`.
bench name *arguments:
    bash .ci/bench {{ name }} {{ arguments }}

# Fuzzes the parsers of external input: `just fuzz 600`, `just fuzz 60 guard`.
fuzz seconds="30" *targets="guard soql csv":
    bash .ci/fuzz {{ seconds }} {{ targets }}

# Runs the gateway: `just run demo`, `just run serve --config seatgraph.toml`.
run *arguments="demo":
    cargo run --release -- {{ arguments }}

# Creates a connector crate: `just new-connector acme`.
new-connector name:
    bash crates/connector-testkit/template/new-connector {{ name }}

# Proves that the template still makes a crate that compiles, passes the contract tests and appears in the API.
prove-new-connector:
    bash .ci/prove-new-connector

# Tests simulator and gateway with third-party clients and a third-party OpenID provider.
third-party *suites="salesforce edge schema login browser":
    bash .ci/third-party {{ suites }}

# Regenerates the screenshot in the README.
screenshot:
    SCREENSHOT={{ justfile_directory() }}/crates/gateway/graphiql/screenshot.png bash .ci/third-party browser
