//! Boots the product and the simulator and speaks HTTP to both, as any client would.

mod api;
mod gateway;
mod process;

pub use api::{Api, operation};
pub use gateway::{Connected, TestGateway, administrator, connect};
pub use process::Process;
