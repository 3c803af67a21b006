//! Boots the product and the simulator and speaks HTTP to both, as any client would.

mod api;
mod process;
mod world;

pub use api::{Api, operation};
pub use process::Process;
pub use world::{Connected, World, administrator, connect};
