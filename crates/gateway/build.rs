//! Rebuilds when a file joins or leaves what the binary embeds; the compiler watches only the files it has seen.

fn main() {
    for folder in ["graphiql/dist", "../../graphql/operations"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
