//! Checks what an organisation filters out silently: other profiles, other users, other users' logins.

use seatgraph_core::{Finding, Process, Result, Severity};
use serde_json::Value;

use super::objects::VisibleObjects;
use super::report::CheckReport;
use crate::activity::start_of_second;
use crate::connection::Connection;
use crate::findings;
use crate::query::{Org, RecordId, Select, by_id, text_literal, time_literal};

/// Checks each kind of silent filter; `user` is the connected user.
pub(super) async fn check(
    connection: &Connection,
    report: &mut CheckReport,
    objects: &VisibleObjects,
    user: Option<&RecordId>,
) {
    let org = &connection.org;
    if let Some(profiles) = report.read("the number of profiles", org.count(&Select::count("Profile"))).await {
        report.add(profiles_hidden(profiles));
    }
    if objects.has("UserLicense")
        && let Some((visible, used)) = report.read("the number of users", seats(org)).await
    {
        report.add(users_hidden(visible, used));
    }
    if let Some(user) = user
        && objects.has("LoginHistory")
        && let Some((others, logins)) = report.read("the login history", logins_of_others(connection, user)).await
    {
        report.add((others > 0 && logins == 0).then(|| {
            let seen = format!("{others} other users logged in recently, LoginHistory shows no login of theirs");
            findings::login_history_restricted(seen)
        }));
    }
}

/// Every organisation has several profiles.
fn profiles_hidden(profiles: u64) -> Option<Finding> {
    (profiles <= 1).then(|| {
        Finding::new(
            "PROFILES_HIDDEN",
            Severity::Warning,
            "Profile filtering hides other profiles, and with them the licences of users.",
            "Grant the connected user View All Profiles.",
        )
        .with_process(Process::DownloadSubscriptions)
        .with_seen(format!("{profiles} profile is visible"))
        .with_docs(findings::PROFILE)
    })
}

/// Counts the visible active users, and the seats that the licences count as used.
async fn seats(org: &Org) -> Result<(u64, u64)> {
    let visible = org.count(&Select::count("User").filter("IsActive = true")).await?;
    let licenses = Select::from("UserLicense").columns(["Id", "UsedLicenses"]).order_by("Id");
    let licenses = org.read(&licenses, by_id).await?;
    let used = licenses.iter().filter_map(|row| row.get("UsedLicenses").and_then(Value::as_f64));
    Ok((visible, used.sum::<f64>() as u64))
}

/// Salesforce updates its count once a day, so only a large difference means something.
fn users_hidden(visible: u64, used: u64) -> Option<Finding> {
    let hidden = used.saturating_sub(visible);
    let is_large = hidden >= 5 && hidden * 10 > used;
    is_large.then(|| {
        Finding::new(
            "USERS_HIDDEN",
            Severity::Warning,
            "User sharing hides users: fewer users are visible than licences are used.",
            "Grant the connected user View All Users.",
        )
        .with_process(Process::DownloadSubscriptions)
        .with_seen(format!("{visible} active users are visible, {used} licences are used"))
        .with_docs(findings::USER)
    })
}

/// Counts the other users who logged in recently by their user records, and reads one login of theirs.
async fn logins_of_others(connection: &Connection, user: &RecordId) -> Result<(u64, u64)> {
    let since = time_literal(start_of_second(connection.clock.now() - connection.settings.lookback));
    let user = text_literal(user.as_str());
    let others = Select::count("User").filter(format!("LastLoginDate >= {since}")).filter(format!("Id != {user}"));
    let others = connection.org.count(&others).await?;
    let login = Select::from("LoginHistory")
        .columns(["Id"])
        .filter(format!("LoginTime >= {since}"))
        .filter(format!("UserId != {user}"))
        .limit(1);
    Ok((others, connection.org.query(&login).await?.records.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_visible_profile_means_filtering() {
        assert_eq!(profiles_hidden(1).unwrap().code, "PROFILES_HIDDEN");
        assert_eq!(profiles_hidden(12), None);
    }

    #[test]
    fn only_a_large_difference_means_hidden_users() {
        assert_eq!(users_hidden(1, 900).unwrap().code, "USERS_HIDDEN");
        assert_eq!(users_hidden(890, 900), None);
        assert_eq!(users_hidden(910, 900), None);
        assert_eq!(users_hidden(1, 3), None, "too few to tell");
    }
}
