//! What a profile does with its organisation.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the four things a profile can do; each needs certain vendor permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Process {
    /// Reads licence pools, accounts and who holds which subscription.
    DownloadSubscriptions,
    /// Reads evidence of use: when each account was last active, and how.
    PullUserActivity,
    /// Reads usage-based allowances and what was used of them.
    DownloadConsumption,
    /// Takes unused subscriptions back. The only process that writes.
    ReclaimSubscription,
}

impl Process {
    /// Every process, in the order in which a sync runs them.
    pub const ALL: [Self; 4] =
        [Self::DownloadSubscriptions, Self::PullUserActivity, Self::DownloadConsumption, Self::ReclaimSubscription];

    /// Returns the name used in the database and on the wire, `DOWNLOAD_SUBSCRIPTIONS` for example.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DownloadSubscriptions => "DOWNLOAD_SUBSCRIPTIONS",
            Self::PullUserActivity => "PULL_USER_ACTIVITY",
            Self::DownloadConsumption => "DOWNLOAD_CONSUMPTION",
            Self::ReclaimSubscription => "RECLAIM_SUBSCRIPTION",
        }
    }

    /// Finds the process of that name, or `None` when there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|process| process.as_str() == name)
    }

    /// Says whether the process reads pages; only such a process is part of a sync run.
    #[must_use]
    pub const fn is_read(self) -> bool {
        !matches!(self, Self::ReclaimSubscription)
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the end of a pass means for the records it did not mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncMode {
    /// What a finished pass did not mention is gone.
    Snapshot,
    /// A pass adds to what is known; silence says nothing.
    Incremental,
}
