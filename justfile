# Every command that a developer or CI runs. `just` alone lists them.

set shell := ["bash", "-euo", "pipefail", "-c"]

third_party := justfile_directory() / "target/third-party"

_default:
    @just --list --unsorted

# Installs what checks and proofs need beyond the Rust toolchain (Debian; run as root or with sudo).
setup:
    bash .ci/setup

# Everything CI holds against a change, short of the tests.
check: format lint deny generated

# Refuses unformatted code.
format:
    cargo fmt --all --check

# Clippy on everything, warnings as errors.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Refuses banned crates, licences and sources.
deny:
    cargo deny --log-level error check bans licenses sources

# Refuses generated files that are not what generates them.
generated: generate
    git diff --exit-code --stat -- graphql crates/gateway/graphiql/dist

# Writes the generated files: the schema's SDL and the GraphiQL bundle.
generate:
    cargo run --quiet -p seatgraph -- schema > graphql/schema.graphql
    cd crates/gateway/graphiql && npm ci --no-audit --no-fund --silent && npm run build --silent

# The tests: `just test`, `just test -p seatgraph-store`.
test *flags="--workspace":
    cargo test {{ flags }}

# A benchmark: `just bench sync 100000`, `just bench edge`, `just bench simulator`.
bench name *arguments:
    bash .ci/bench {{ name }} {{ arguments }}

# Fuzzes what reads other people's text: `just fuzz 600`, `just fuzz 60 guard`.
fuzz seconds="30" *targets="guard soql csv":
    bash .ci/fuzz {{ seconds }} {{ targets }}

# Runs the gateway: `just run demo`, `just run serve --config seatgraph.toml`.
run *arguments="demo":
    cargo run --release -- {{ arguments }}

# Makes a connector crate: `just new-connector acme`.
new-connector name:
    bash crates/connector-testkit/template/new-connector {{ name }}

# Proves that the template still makes a crate that compiles, obeys its laws and appears in the API.
prove-new-connector:
    bash .ci/prove-new-connector

# The clients, and the OpenID provider, that we did not write, against simulator and gateway.
third-party *suites="salesforce edge schema login browser":
    bash .ci/third-party {{ suites }}

# Takes README's picture anew.
screenshot:
    SCREENSHOT={{ justfile_directory() }}/crates/gateway/graphiql/screenshot.png bash .ci/third-party browser
