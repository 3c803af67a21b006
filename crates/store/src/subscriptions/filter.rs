//! Filters of subscriptions.

use crate::{Account, AccountId, ModelId, ProfileId, StringFilter, Subscription, TimeFilter};

/// State of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubscriptionState {
    /// Held by an account that may log in.
    Assigned,
    /// Held by a frozen account.
    Frozen,
    /// No longer held, or its holder is retired.
    Retired,
}

impl SubscriptionState {
    /// Returns the state of a subscription whose holder is `account`.
    #[must_use]
    pub fn of(subscription: &Subscription, account: &Account) -> Self {
        match (subscription.retired_at.or(account.retired_at), account.frozen) {
            (Some(_), _) => Self::Retired,
            (None, Some(true)) => Self::Frozen,
            (None, _) => Self::Assigned,
        }
    }
}

/// Filters subscriptions. All given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionFilter {
    /// Belongs to this profile.
    pub profile_id: Option<ProfileId>,
    /// Mapped to this model.
    pub model_id: Option<ModelId>,
    /// Held by this account.
    pub account_id: Option<AccountId>,
    /// Key of the identifier at the vendor.
    pub identifier_key: Option<StringFilter>,
    /// In one of these states; retired ones are omitted by default.
    pub state: Option<Vec<SubscriptionState>>,
    /// Time of the holder's newest activity.
    pub last_activity_at: Option<TimeFilter>,
    /// The holder is idle for more than this number of days; accounts that were never active count from their creation.
    pub inactive_days: Option<i64>,
    /// Whether there is no evidence that the holder was ever active.
    pub never_active: Option<bool>,
    /// Department of the holder.
    pub department: Option<StringFilter>,
    /// Whether the identifier is unresolved.
    pub unrecognized: Option<bool>,
    /// Case-insensitive text contained in the holder's name, username, e-mail address or employee number.
    pub search: Option<String>,
}

/// The meaning of a list of states: whether it includes live and retired subscriptions, and which live ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct States {
    pub(super) live: bool,
    pub(super) retired: bool,
    /// Whether the holder must, or must not, be frozen; `None` for either.
    pub(super) frozen: Option<bool>,
}

impl SubscriptionFilter {
    pub(super) fn states(&self) -> States {
        let Some(states) = &self.state else { return States { live: true, retired: false, frozen: None } };
        let assigned = states.contains(&SubscriptionState::Assigned);
        let frozen = states.contains(&SubscriptionState::Frozen);
        States {
            live: assigned || frozen,
            retired: states.contains(&SubscriptionState::Retired),
            frozen: (assigned != frozen).then_some(frozen),
        }
    }
}

/// Applies the filter to a boxed query over subscriptions, accounts and identifiers.
macro_rules! apply_filter {
    ($query:ident, $filter:expr, $db:expr) => {{
        use $crate::listing::{coalesce, idle_before, search, text, time};
        use $crate::types::Bind;
        let gone = subscriptions::retired_at.is_not_null().or(accounts::retired_at.is_not_null());
        let states = $filter.states();
        match (states.live, states.retired) {
            (true, true) => {}
            (true, false) => {
                $query = $query.filter(subscriptions::retired_at.is_null());
                $query = $query.filter(accounts::retired_at.is_null());
            }
            (false, true) => $query = $query.filter(gone),
            (false, false) => $query = $query.filter(false.into_sql::<::diesel::sql_types::Bool>()),
        }
        if let Some(frozen) = states.frozen {
            let fits = coalesce(accounts::frozen, false).eq(frozen);
            $query = if states.retired { $query.filter(gone.or(fits)) } else { $query.filter(fits) };
        }
        if let Some(profile) = $filter.profile_id {
            $query = $query.filter(subscriptions::profile_id.eq(profile));
        }
        if let Some(account) = $filter.account_id {
            $query = $query.filter(subscriptions::account_id.eq(account));
        }
        if let Some(model) = $filter.model_id {
            $query = $query.filter(subscription_identifiers::model_id.eq(model));
        }
        match $filter.unrecognized {
            Some(true) => $query = $query.filter(subscription_identifiers::model_id.is_null()),
            Some(false) => $query = $query.filter(subscription_identifiers::model_id.is_not_null()),
            None => {}
        }
        text!($query, subscription_identifiers::key, $filter.identifier_key);
        text!($query, accounts::department, $filter.department);
        time!($query, accounts::last_activity_at, $filter.last_activity_at);
        if let Some(days) = $filter.inactive_days {
            $query = $query.filter(accounts::idle_since.lt(Bind(idle_before($db, days))));
        }
        match $filter.never_active {
            Some(true) => $query = $query.filter(accounts::last_activity_at.is_null()),
            Some(false) => $query = $query.filter(accounts::last_activity_at.is_not_null()),
            None => {}
        }
        search!($query, accounts::search_text, $filter.search);
    }};
}

pub(super) use apply_filter;
