//! How accounts are stored.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use seatgraph_core::{AccountKind, Batch};

use super::{Record, folded, record};

record! {
    /// A login in an organisation.
    pub struct Account(AccountId) in accounts(profile_id, external_id);
    Account from |account: seatgraph_core::Account, references|
    columns {
        /// Immutable ID at the vendor.
        external_id: String as Text = &account.external_id,
        /// Login name.
        username: String as Text = &account.username,
        /// E-mail address.
        email: Option<String> as Nullable<Text> = &account.email,
        /// Display name.
        display_name: Option<String> as Nullable<Text> = &account.display_name,
        /// Kind of account.
        kind: AccountKind as TextEnum = account.kind,
        /// Whether it can log in.
        active: bool as Bool = account.active,
        /// Whether it is frozen: it cannot log in but keeps its licences. `None` if the vendor hides it.
        frozen: Option<bool> as Nullable<Bool> = account.frozen,
        /// Company.
        company: Option<String> as Nullable<Text> = &account.company,
        /// Department.
        department: Option<String> as Nullable<Text> = &account.department,
        /// Job title.
        title: Option<String> as Nullable<Text> = &account.title,
        /// Country.
        country: Option<String> as Nullable<Text> = &account.country,
        /// Cost centre.
        cost_center: Option<String> as Nullable<Text> = &account.cost_center,
        /// Employee number at the vendor.
        employee_number: Option<String> as Nullable<Text> = &account.employee_number,
        /// ID at the single sign-on provider.
        federation_id: Option<String> as Nullable<Text> = &account.federation_id,
        /// External id of the manager's account.
        manager_external_id: Option<String> as Nullable<Text> = &account.manager,
        /// Creation time at the vendor.
        vendor_created_at: Option<DateTime<Utc>> as Nullable<SqlTimestamp> = account.created_at,
        /// Further attributes without a column.
        attributes: BTreeMap<String, String> as SqlJson = &account.attributes,
    }
    unread {
        search_text as Text = search_text(account),
    }
    derived {
        /// Last activity, else creation at the vendor, else the time a sync first reported it.
        idle_since: DateTime<Utc> as SqlTimestamp = account.created_at.unwrap_or(references.now),
            then "coalesce(accounts.last_activity_at, excluded.vendor_created_at, accounts.first_seen_at)",
    }
    kept {
        /// Newest evidence of use of any kind.
        last_activity_at: Option<DateTime<Utc>> as Nullable<SqlTimestamp>,
    }
}

impl Record for seatgraph_core::Account {
    fn all(batch: &Batch) -> &[Self] {
        &batch.accounts
    }
}

/// Joins the searchable values.
fn search_text(account: &seatgraph_core::Account) -> String {
    let searched = [&account.display_name, &Some(account.username.clone()), &account.email, &account.employee_number];
    searched.into_iter().flatten().map(|text| folded(text)).collect::<Vec<_>>().join("\n")
}
