//! What a reader may see: everything, or what belongs to some profiles.

use std::sync::Arc;

use crate::ProfileId;

/// Which profiles a reader may see, with all that belongs to them. What it may not see does not exist for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// Every profile, and what belongs to none.
    #[default]
    Everything,
    /// These profiles only. The list may be empty.
    Profiles(Arc<[ProfileId]>),
}

impl Scope {
    /// Says whether a profile is inside.
    #[must_use]
    pub fn includes(&self, profile: ProfileId) -> bool {
        self.limit().is_none_or(|profiles| profiles.contains(&profile))
    }

    /// The profiles that are inside; `None` when all are.
    #[must_use]
    pub fn limit(&self) -> Option<&[ProfileId]> {
        match self {
            Self::Everything => None,
            Self::Profiles(profiles) => Some(profiles),
        }
    }
}

/// Narrows a boxed query to the profiles that the reader may see: `visible!(query, db, accounts::profile_id)`.
macro_rules! visible {
    ($query:ident, $db:expr, $column:expr) => {
        if let Some(profiles) = $db.scope().limit() {
            $query = $query.filter($column.eq_any(profiles.to_vec()));
        }
    };
}

pub(crate) use visible;
