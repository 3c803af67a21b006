//! The authenticated caller of a data call.

/// The user and the API version of a data call.
#[derive(Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) user: u32,
    pub(crate) version: u16,
}
