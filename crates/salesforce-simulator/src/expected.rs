//! The expected counts of the organisation, computed from the generator and not through queries.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::org::Org;
use crate::org::catalogue::{
    FIRST_UNKNOWN, LAST_UNKNOWN, LICENSES, PERMISSION_SET_LICENSES, PRODUCTS, PSL_UNKNOWN, SFDC,
};
use crate::org::logins;
use crate::org::user::User;
use crate::schema::LinkTable;

const DAY: i64 = 86_400;

/// The counts that a correct client finds at this time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expected {
    /// The organisation's 18-character id.
    pub organization_id: String,
    /// The organisation's name.
    pub organization_name: String,
    /// The time to which all dates are relative.
    pub now: DateTime<Utc>,
    /// Users by state.
    pub users: UserCounts,
    /// Users by `UserType`, inactive ones included.
    pub user_types: BTreeMap<String, u64>,
    /// User licences by key.
    pub licenses: BTreeMap<String, LicenseCounts>,
    /// Permission-set-licence assignments by key, those of inactive users included.
    pub permission_set_licenses: BTreeMap<String, u64>,
    /// Permission-set-licence assignments of inactive users.
    pub permission_set_licenses_of_inactive: u64,
    /// Active users with the `SFDC` licence and without the Service Cloud feature.
    pub sfdc_without_support_user: u64,
    /// Active users with the `SFDC` licence and the Service Cloud feature.
    pub sfdc_with_support_user: u64,
    /// Subscriptions by identifier: user licences of active users, and every permission-set licence.
    pub subscriptions: BTreeMap<String, u64>,
    /// Active users by product of the Seatgraph catalogue.
    pub products: BTreeMap<String, u64>,
    /// Subscriptions by identifier, for identifiers that the catalogue does not contain.
    pub unknown_identifiers: BTreeMap<String, u64>,
    /// Activity of active users.
    pub activity_active: ActivityCounts,
    /// Activity of all users.
    pub activity_all: ActivityCounts,
    /// Rows of LoginHistory.
    pub logins: LoginCounts,
    /// Used licences of managed packages.
    pub package_seats: u64,
}

/// Users by state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserCounts {
    /// All users.
    pub total: u64,
    /// Active users.
    pub active: u64,
    /// Inactive users.
    pub inactive: u64,
    /// Frozen users, active and inactive.
    pub frozen: u64,
    /// Frozen active users.
    pub frozen_active: u64,
}

/// One user licence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseCounts {
    /// The licence's name.
    pub name: String,
    /// Purchased seats.
    pub total: u64,
    /// Used seats: the active users.
    pub used: u64,
    /// Users with the licence, inactive ones included.
    pub holders: u64,
}

/// Users by the time since their last login, or since their creation if they never logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityCounts {
    /// Users who never logged in.
    pub never_logged_in: u64,
    /// Users without a login in 30 days.
    pub inactive30: u64,
    /// Users without a login in 60 days.
    pub inactive60: u64,
    /// Users without a login in 90 days.
    pub inactive90: u64,
}

/// Rows of LoginHistory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginCounts {
    /// All rows.
    pub total: u64,
    /// Rows whose status is `Success`.
    pub succeeded: u64,
    /// Rows with another status.
    pub failed: u64,
    /// Rows of the last 30 days.
    pub last30_days: u64,
}

/// The expected values of one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedUser {
    /// The 18-character id.
    pub id: String,
    /// The username.
    pub username: String,
    /// `UserType`.
    pub user_type: String,
    /// The key of the user's licence.
    pub license: String,
    /// The identifier of the user-licence subscription, or `None` for an inactive user.
    pub identifier: Option<String>,
    /// The product of the Seatgraph catalogue, if the licence has one.
    pub product: Option<String>,
    /// Whether the user is active.
    pub active: bool,
    /// Whether the user is frozen.
    pub frozen: bool,
    /// The last login; `None` if the user never logged in.
    pub last_login: Option<DateTime<Utc>>,
    /// When the user was created.
    pub created: DateTime<Utc>,
    /// The manager's id.
    pub manager: Option<String>,
    /// Keys of the user's permission-set licences.
    pub permission_set_licenses: Vec<String>,
    /// Successful rows of LoginHistory.
    pub successful_logins: u64,
}

impl Expected {
    pub(crate) fn of(org: &Org) -> Self {
        let mut expected = Self {
            organization_id: org.id().to_string(),
            organization_name: org.name(),
            now: moment(org.reference_time),
            products: PRODUCTS.iter().map(|product| ((*product).to_owned(), 0)).collect(),
            ..Self::default()
        };
        for license in &LICENSES {
            let counts = LicenseCounts { name: license.name.to_owned(), ..LicenseCounts::default() };
            expected.licenses.insert(license.key.to_owned(), counts);
        }
        for user in org.all_users() {
            expected.count_user(org, &user);
            expected.count_assignments(org, &user);
        }
        for (index, license) in LICENSES.iter().enumerate() {
            let total = org.fixed_tables.purchased_seats(index);
            expected.licenses.entry(license.key.to_owned()).or_default().total = total;
        }
        expected
    }

    fn count_user(&mut self, org: &Org, user: &User) {
        let license = usize::from(user.license);
        let counts = self.licenses.entry(LICENSES[license].key.to_owned()).or_default();
        counts.holders += 1;
        counts.used += u64::from(user.active);
        *self.user_types.entry(user.user_type().to_owned()).or_default() += 1;
        self.users.total += 1;
        self.users.active += u64::from(user.active);
        self.users.inactive += u64::from(!user.active);
        self.users.frozen += u64::from(user.frozen);
        self.users.frozen_active += u64::from(user.frozen && user.active);
        self.activity_all.count(user, org.reference_time);
        if !user.active {
            return;
        }
        self.activity_active.count(user, org.reference_time);
        if license == SFDC {
            let with = u64::from(user.is_support_user());
            self.sfdc_with_support_user += with;
            self.sfdc_without_support_user += 1 - with;
        }
        *self.subscriptions.entry(identifier(user)).or_default() += 1;
        if let Some(product) = product(user) {
            *self.products.entry(product.to_owned()).or_default() += 1;
        }
        if (FIRST_UNKNOWN..=LAST_UNKNOWN).contains(&license) {
            *self.unknown_identifiers.entry(identifier(user)).or_default() += 1;
        }
    }

    fn count_assignments(&mut self, org: &Org, user: &User) {
        for link in org.links_of(LinkTable::PermissionSetLicense, user.index) {
            let key = PERMISSION_SET_LICENSES[link.target as usize].key.to_owned();
            if link.target == PSL_UNKNOWN {
                *self.unknown_identifiers.entry(key.clone()).or_default() += 1;
            }
            *self.permission_set_licenses.entry(key.clone()).or_default() += 1;
            *self.subscriptions.entry(key).or_default() += 1;
            self.permission_set_licenses_of_inactive += u64::from(!user.active);
        }
        self.package_seats += org.links_of(LinkTable::Package, user.index).len() as u64;
        for login in logins::logins_of(&org.original_user(user.index), org.reference_time) {
            self.logins.total += 1;
            self.logins.failed += u64::from(login.failed);
            self.logins.succeeded += u64::from(!login.failed);
            self.logins.last30_days += u64::from(org.reference_time - login.time < 30 * DAY);
        }
    }
}

impl ActivityCounts {
    fn count(&mut self, user: &User, now: i64) {
        let away = now - user.last_login.unwrap_or(user.created);
        self.never_logged_in += u64::from(user.last_login.is_none());
        self.inactive30 += u64::from(away > 30 * DAY);
        self.inactive60 += u64::from(away > 60 * DAY);
        self.inactive90 += u64::from(away > 90 * DAY);
    }
}

impl ExpectedUser {
    pub(crate) fn of(org: &Org, index: u32) -> Self {
        let user = org.user(index);
        let held = org.links_of(LinkTable::PermissionSetLicense, index);
        let logins = logins::logins_of(&org.original_user(index), org.reference_time);
        Self {
            id: org.user_id(index).to_string(),
            username: org.username(index),
            user_type: user.user_type().to_owned(),
            license: LICENSES[usize::from(user.license)].key.to_owned(),
            identifier: user.active.then(|| identifier(&user)),
            product: product(&user).map(str::to_owned),
            active: user.active,
            frozen: user.frozen,
            last_login: user.last_login.map(moment),
            created: moment(user.created),
            manager: user.manager.map(|manager| org.user_id(manager).to_string()),
            permission_set_licenses: held
                .iter()
                .map(|link| PERMISSION_SET_LICENSES[link.target as usize].key.to_owned())
                .collect(),
            successful_logins: logins.filter(|login| !login.failed).count() as u64,
        }
    }
}

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

fn identifier(user: &User) -> String {
    match usize::from(user.license) {
        SFDC if user.is_support_user() => "SFDC/SupportUser".to_owned(),
        license => LICENSES[license].key.to_owned(),
    }
}

fn product(user: &User) -> Option<&'static str> {
    match usize::from(user.license) {
        SFDC if user.is_support_user() => Some("Service Cloud"),
        SFDC => Some("Sales Cloud"),
        license => LICENSES[license].product,
    }
}
