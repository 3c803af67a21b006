//! Rebuilds when a migration joins or leaves: the compiler watches only the files that it has seen.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
