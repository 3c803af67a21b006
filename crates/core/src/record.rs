//! The records that a connector reports: the vendor's facts in the gateway's terms, keyed by the vendor's own ids.
//!
//! An external id is opaque and never changes; an e-mail address or a username is neither.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecordKind {
    /// [`Pool`].
    Pool,
    /// [`Account`].
    Account,
    /// [`Subscription`].
    Subscription,
    /// [`Activity`].
    Activity,
    /// [`Consumption`].
    Consumption,
}

impl RecordKind {
    /// Returns the plural for messages: `licence pools`.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Pool => "licence pools",
            Self::Account => "accounts",
            Self::Subscription => "subscriptions",
            Self::Activity => "activities",
            Self::Consumption => "allowances",
        }
    }
}

/// Names a subscription identifier within a connector.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IdentifierKey {
    /// The vendor's kind of licence, in upper snake case: `USER_LICENSE`, `PERMISSION_SET_LICENSE`…
    pub kind: String,
    /// The vendor's key within the kind: `SFDC`.
    pub key: String,
}

impl IdentifierKey {
    /// Names the identifier `key` of `kind`.
    pub fn new(kind: impl Into<String>, key: impl Into<String>) -> Self {
        Self { kind: kind.into(), key: key.into() }
    }
}

/// A subscription identifier with the name that the vendor shows for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// What names it.
    #[serde(flatten)]
    pub id: IdentifierKey,
    /// The vendor's display name; it may change, and two organisations may differ in it.
    pub name: String,
}

impl Identifier {
    /// Names an identifier and what the vendor calls it.
    pub fn new(kind: impl Into<String>, key: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: IdentifierKey::new(kind, key), name: name.into() }
    }
}

/// What the organisation itself says it bought of one identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// What the pool is of. A pool may serve several subscription identifiers.
    pub identifier: Identifier,
    /// Seats bought; `None` when the vendor does not say.
    pub total: Option<i64>,
    /// Seats the vendor counts as used; `None` when it does not say.
    pub used: Option<i64>,
    /// The vendor's word for the pool's state, `Active` or `Disabled` for example.
    pub status: Option<String>,
    /// The last day of the term.
    pub expires: Option<NaiveDate>,
}

/// Who or what logs in with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountKind {
    /// A person.
    Human,
    /// A system of the customer's that calls the vendor.
    Integration,
    /// A user that the vendor itself made: guest, automated process, cloud integration.
    Automated,
    /// The vendor says something we do not know.
    Unknown,
}

/// A login in the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The vendor's immutable id.
    pub external_id: String,
    /// The name it logs in with.
    pub username: String,
    /// Its mail address, which need not be unique.
    pub email: Option<String>,
    /// The name that the vendor shows.
    pub display_name: Option<String>,
    /// Who or what it is.
    pub kind: AccountKind,
    /// Whether it may log in at all; an inactive account holds no seat.
    pub active: bool,
    /// Whether it is barred for now, keeping its seat; `None` when the vendor does not let us see.
    pub frozen: Option<bool>,
    /// Company, as the vendor has it.
    pub company: Option<String>,
    /// Department, as the vendor has it.
    pub department: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Country, as written at the vendor.
    pub country: Option<String>,
    /// Cost centre.
    pub cost_center: Option<String>,
    /// The employee number known at the vendor.
    pub employee_number: Option<String>,
    /// The id by which a single sign-on provider knows the person.
    pub federation_id: Option<String>,
    /// The external id of the manager's account.
    pub manager: Option<String>,
    /// When the vendor created the account.
    pub created_at: Option<DateTime<Utc>>,
    /// Further facts worth keeping that have no column, small and flat: `profile`, `userType`…
    pub attributes: BTreeMap<String, String>,
}

impl Account {
    /// Makes an active account of an unknown kind of which the vendor says nothing else.
    ///
    /// ```
    /// use seatgraph_core::{Account, AccountKind};
    ///
    /// let account = Account { kind: AccountKind::Human, ..Account::new("005-17", "ada@example.com") };
    /// assert_eq!((account.active, account.email), (true, None));
    /// ```
    pub fn new(external_id: impl Into<String>, username: impl Into<String>) -> Self {
        Self {
            external_id: external_id.into(),
            username: username.into(),
            email: None,
            display_name: None,
            kind: AccountKind::Unknown,
            active: true,
            frozen: None,
            company: None,
            department: None,
            title: None,
            country: None,
            cost_center: None,
            employee_number: None,
            federation_id: None,
            manager: None,
            created_at: None,
            attributes: BTreeMap::new(),
        }
    }
}

/// One account holding one subscription identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The holder's external id; the account is in the same batch or an earlier one.
    pub account: String,
    /// What is held.
    pub identifier: Identifier,
    /// The pool that the seat is taken from, where there is one.
    pub pool: Option<IdentifierKey>,
    /// When it was assigned; `None` when the vendor does not say.
    pub assigned_at: Option<DateTime<Utc>>,
}

/// What sort of use an activity is evidence of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActivityKind {
    /// A person at the vendor's own login page.
    Interactive,
    /// A program with a token or a password.
    Api,
    /// A person through single sign-on.
    Sso,
    /// Some use; the vendor does not say which.
    Other,
}

/// Evidence of use of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// The account's external id.
    pub account: String,
    /// What sort of use it was.
    pub kind: ActivityKind,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Where the vendor says so, `User.LastLoginDate` for example.
    pub source: String,
}

/// A usage-based allowance and what was used of it.
///
/// Amounts are decimals: every backend stores the same digits. `serde_json` keeps a number as the `f64` nearest to it
/// and prints the shortest decimal that names that `f64`, so reading the printed digits is exact for up to 15 of them.
/// Arithmetic on the `f64` is not.
///
/// ```
/// use rust_decimal::Decimal;
///
/// let vendor: serde_json::Value = serde_json::from_str("0.30")?;
/// assert_eq!(vendor.to_string().parse(), Ok(Decimal::new(3, 1)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumption {
    /// The vendor's key of the allowance.
    pub key: String,
    /// The name that the vendor shows.
    pub label: String,
    /// What is counted; `None` when the vendor does not say.
    pub unit: Option<String>,
    /// How much may be used in a period.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub allowed: Option<Decimal>,
    /// How much was used; `None` is "not measured", never zero.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub used: Option<Decimal>,
    /// First day of the contract's period.
    pub start: Option<NaiveDate>,
    /// Last day of the contract's period.
    pub end: Option<NaiveDate>,
    /// How often the allowance renews, in the vendor's word.
    pub frequency: Option<String>,
}
