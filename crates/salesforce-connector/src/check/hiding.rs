//! What an organisation hides without saying so: other profiles, other users, other users' logins.

use seatgraph_core::{Finding, Process, Result, Severity};
use serde_json::Value;

use crate::activity::start_of_second;
use crate::check::Look;
use crate::check::objects::Shown;
use crate::connector::Salesforce;
use crate::findings;
use crate::query::{Org, RecordId, Select, text_literal, time_literal};

/// Looks for each sort of silent hiding.
pub(super) async fn look(link: &Salesforce, look: &mut Look, shown: &Shown, me: Option<&RecordId>) {
    let org = &link.org;
    if let Some(profiles) = look.at("the profiles", org.count(&Select::count("Profile"))).await {
        look.add(profiles_hidden(profiles));
    }
    if shown.has("UserLicense")
        && let Some((visible, used)) = look.at("the number of users", seats(org)).await
    {
        look.add(users_hidden(visible, used));
    }
    if let Some(me) = me
        && shown.has("LoginHistory")
        && let Some((others, logins)) = look.at("login history", logins_of_others(link, me)).await
    {
        look.add((others > 0 && logins == 0).then(|| {
            findings::login_history_hidden(format!("{others} other users logged in lately, history shows none of it"))
        }));
    }
}

/// Every organisation has several profiles.
fn profiles_hidden(profiles: u64) -> Option<Finding> {
    (profiles <= 1).then(|| {
        Finding::new(
            "PROFILES_HIDDEN",
            Severity::Warning,
            "Profile filtering hides other profiles, and with them who holds which licence.",
            "Give the user View All Profiles.",
        )
        .with_process(Process::DownloadSubscriptions)
        .with_seen(format!("{profiles} profile is shown"))
        .with_docs(findings::PROFILE)
    })
}

/// Counts the active users that are shown, and the seats that the licences say are used.
async fn seats(org: &Org) -> Result<(u64, u64)> {
    let visible = org.count(&Select::count("User").filter("IsActive = true")).await?;
    let licenses = org.query(&Select::from("UserLicense").columns(["Id", "UsedLicenses"])).await?;
    let used = licenses.records.iter().filter_map(|row| row.get("UsedLicenses").and_then(Value::as_f64));
    Ok((visible, used.sum::<f64>() as u64))
}

/// The vendor's count may be of yesterday, so only a large gap says something.
fn users_hidden(visible: u64, used: u64) -> Option<Finding> {
    let hidden = used.saturating_sub(visible);
    let is_large = hidden >= 5 && hidden * 10 > used;
    is_large.then(|| {
        Finding::new(
            "USERS_HIDDEN",
            Severity::Warning,
            "User sharing hides users: fewer are shown than occupy seats.",
            "Give the user View All Users.",
        )
        .with_process(Process::DownloadSubscriptions)
        .with_seen(format!("{visible} active users are shown, {used} seats are used"))
        .with_docs(findings::USER)
    })
}

/// Counts the others who logged in lately by their own records, and looks for one of their logins.
async fn logins_of_others(link: &Salesforce, me: &RecordId) -> Result<(u64, u64)> {
    let since = time_literal(start_of_second(link.clock.now() - link.settings.lookback));
    let me = text_literal(me.as_str());
    let others = Select::count("User").filter(format!("LastLoginDate >= {since}")).filter(format!("Id != {me}"));
    let others = link.org.count(&others).await?;
    let login = Select::from("LoginHistory")
        .columns(["Id"])
        .filter(format!("LoginTime >= {since}"))
        .filter(format!("UserId != {me}"))
        .limit(1);
    Ok((others, link.org.query(&login).await?.records.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_profile_means_that_the_others_are_hidden() {
        assert_eq!(profiles_hidden(1).unwrap().code, "PROFILES_HIDDEN");
        assert_eq!(profiles_hidden(12), None);
    }

    #[test]
    fn only_a_large_gap_means_that_users_are_hidden() {
        assert_eq!(users_hidden(1, 900).unwrap().code, "USERS_HIDDEN");
        assert_eq!(users_hidden(890, 900), None);
        assert_eq!(users_hidden(910, 900), None);
        assert_eq!(users_hidden(1, 3), None, "too few to say");
    }
}
