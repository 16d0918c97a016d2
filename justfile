# The menu. `cargo xtask` does what cargo cannot.

# List the recipes.
default:
    @just --list

# Formatting, lints and the rules of the tree.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- --deny warnings
    cargo xtask tidy

# Run the tests; `just test -p gimlet-engine` for one crate.
test *ARGS:
    cargo nextest run {{ if ARGS == "" { "--workspace" } else { ARGS } }}

# Review snapshots that changed.
snap *ARGS:
    cargo insta test --review --test-runner nextest {{ if ARGS == "" { "--workspace" } else { ARGS } }}

# Write the generated references.
gen:
    cargo xtask gen

# The longest functions and the size of each crate.
budget:
    cargo xtask budget

# Run the benchmarks; `just bench -p gimlet-store` for one crate.
bench *ARGS:
    cargo bench {{ if ARGS == "" { "--workspace" } else { ARGS } }}

# A whole task on a scripted model, without a key.
demo *ARGS:
    cargo run --release --package gimlet-cli --bin gimlet -- demo {{ ARGS }}
