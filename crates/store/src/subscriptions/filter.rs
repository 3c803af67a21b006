//! Which subscriptions are meant.

use crate::{Account, AccountId, ModelId, ProfileId, StringFilter, Subscription, TimeFilter};

/// How a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubscriptionState {
    /// Held by an account that may log in.
    Assigned,
    /// Held by an account that is barred for now.
    Frozen,
    /// Not held any more, or its holder is gone.
    Retired,
}

impl SubscriptionState {
    /// Says how a subscription stands whose holder is `account`.
    #[must_use]
    pub fn of(subscription: &Subscription, account: &Account) -> Self {
        match (subscription.retired_at.or(account.retired_at), account.frozen) {
            (Some(_), _) => Self::Retired,
            (None, Some(true)) => Self::Frozen,
            (None, _) => Self::Assigned,
        }
    }
}

/// Leaves out subscriptions; all that is given must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionFilter {
    /// Of this profile.
    pub profile_id: Option<ProfileId>,
    /// Of this model.
    pub model_id: Option<ModelId>,
    /// Held by this account.
    pub account_id: Option<AccountId>,
    /// By the vendor's key of what is held.
    pub identifier_key: Option<StringFilter>,
    /// In one of these states; the retired are left out unless this is given.
    pub state: Option<Vec<SubscriptionState>>,
    /// By the newest evidence that the holder was active.
    pub last_activity_at: Option<TimeFilter>,
    /// The holder is idle for more than so many days; one never active counts from its creation.
    pub inactive_days: Option<i64>,
    /// Whether there is no evidence that the holder was ever active.
    pub never_active: Option<bool>,
    /// By the holder's department.
    pub department: Option<StringFilter>,
    /// Whether nobody knows yet what the identifier stands for.
    pub unrecognized: Option<bool>,
    /// The holder's name, username, mail address or employee number holds this, whatever the case.
    pub search: Option<String>,
}

/// What a list of states comes to: whether those of live and of gone subscriptions are in it, and which of the live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct States {
    pub(super) live: bool,
    pub(super) retired: bool,
    /// Whether the holder must, or must not, be frozen; `None` when either will do.
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

/// Narrows a boxed query over subscriptions, accounts and identifiers.
macro_rules! narrow {
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

pub(super) use narrow;
