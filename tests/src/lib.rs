//! Starts the gateway and the simulator, and sends HTTP requests to both.

mod api;
mod gateway;
mod process;

pub use api::{Api, operation};
pub use gateway::{Connected, TestGateway, administrator, connect};
pub use process::Process;
