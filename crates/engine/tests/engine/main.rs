//! The engine over real databases of both kinds, with vendors in the process and behind a socket.

mod aliases;
mod house;
mod profiles;
mod progress;
mod schedules;
mod syncs;
mod troubles;
mod vendor;
