//! Users, computed from the seed and the index.

use super::catalogue::{
    self, API_PROFILE, AUTOMATED, CLOUD_INTEGRATION, GUEST, INTEGRATION, LICENSES, SFDC, SUPPORT_USER,
};
use super::random::Random;

/// The user of the client credentials flow and of the consent page.
pub(crate) const RUNNING_USER: u32 = 0;
const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

/// A user. All fields derive from it.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) index: u32,
    pub(crate) random: Random,
    pub(crate) license: u8,
    pub(crate) profile: u16,
    pub(crate) role: Option<u16>,
    pub(crate) active: bool,
    pub(crate) frozen: bool,
    pub(crate) locked: bool,
    /// Bits over [`catalogue::FEATURES`].
    pub(crate) features: u16,
    pub(crate) manager: Option<u32>,
    pub(crate) created: i64,
    pub(crate) modified: i64,
    pub(crate) last_login: Option<i64>,
    /// Whether the user was changed.
    pub(crate) changed: bool,
}

impl User {
    /// Generates the user, without changes.
    pub(crate) fn generate(seed: u64, index: u32, now: i64) -> Self {
        let random = Random::new(seed, u64::from(index));
        let license = license_of(index, random);
        let last_login = last_login_days(index, license, random);
        let created_days = created_days(last_login, random);
        let created = days_ago(now, created_days, random, 30);
        let service = matches!(license, GUEST | AUTOMATED | CLOUD_INTEGRATION | INTEGRATION);
        let staff = index < 3;
        Self {
            index,
            random,
            license: license as u8,
            profile: profile_of(index, license, random),
            role: role_of(index, license, random),
            active: service || staff || !random.one_in(1, 8),
            frozen: !service && !staff && random.one_in(2, 50),
            locked: !service && !staff && random.one_in(3, 200),
            features: features_of(index, license, random),
            manager: manager_of(index, license, random),
            created,
            modified: created + (now - created) / 100 * random.below(4, 90) as i64,
            last_login: last_login.map(|days| days_ago(now, days, random, 31)),
            changed: false,
        }
    }

    pub(crate) fn user_type(&self) -> &'static str {
        LICENSES[usize::from(self.license)].user_type
    }

    pub(crate) fn is_internal(&self) -> bool {
        self.user_type() == "Standard"
    }

    pub(crate) fn is_support_user(&self) -> bool {
        self.features & SUPPORT_USER != 0
    }
}

/// The time some days ago, at least four hours away from the boundary of the day.
pub(crate) fn days_ago(now: i64, days: i64, random: Random, purpose: u64) -> i64 {
    now - days * DAY - 4 * HOUR - random.below(purpose, (16 * HOUR) as u64) as i64
}

/// Moves a number of days away from 30, 60 and 90.
pub(crate) fn away_from_boundaries(days: i64) -> i64 {
    if [30, 60, 90].iter().any(|edge| (days - edge).abs() <= 1) { days + 3 } else { days }
}

/// The first users have one licence each, so that small organisations contain all of them.
fn license_of(index: u32, random: Random) -> usize {
    match index {
        0..=4 => return SFDC,
        5..=18 => return index as usize - 4,
        19 | 20 => return index as usize - 9,
        _ => {}
    }
    let mut place = random.below(10, 1000);
    for (license, entry) in LICENSES.iter().enumerate() {
        if place < entry.share {
            return license;
        }
        place -= entry.share;
    }
    SFDC
}

fn profile_of(index: u32, license: usize, random: Random) -> u16 {
    let first: usize = LICENSES[..license].iter().map(|entry| entry.profiles.len()).sum();
    let within = match (index, license) {
        (RUNNING_USER, _) => usize::from(API_PROFILE),
        (1 | 2, _) => 0,
        // Other users have neither the administrator nor the API profile.
        (_, SFDC) => 1 + random.below(11, 3) as usize,
        _ => 0,
    };
    (first + within) as u16
}

fn role_of(index: u32, license: usize, random: Random) -> Option<u16> {
    let has_role = LICENSES[license].user_type == "Standard" && license != INTEGRATION && index != RUNNING_USER;
    (has_role && !random.one_in(12, 10)).then(|| random.below(13, catalogue::ROLES.len() as u64) as u16)
}

fn features_of(index: u32, license: usize, random: Random) -> u16 {
    if LICENSES[license].user_type != "Standard" || license == INTEGRATION || index == RUNNING_USER {
        return 0;
    }
    let rare = (1 << catalogue::FEATURES.len()) - 1;
    let scattered = random.below(14, 1 << 30);
    // Each bit is set with probability 1/4.
    let others = (scattered as u16) & ((scattered >> 15) as u16) & rare & !SUPPORT_USER;
    let support = license == SFDC && random.below(15, 10) < 4 || index == 4;
    others | if support { SUPPORT_USER } else { 0 }
}

fn manager_of(index: u32, license: usize, random: Random) -> Option<u32> {
    let managed = LICENSES[license].user_type == "Standard" && license != INTEGRATION && index >= 8;
    (managed && !random.one_in(16, 20)).then(|| 1 + random.below(17, u64::from(index / 8 + 1)) as u32)
}

/// Days since the last login; `None` if the user never logged in.
fn last_login_days(index: u32, license: usize, random: Random) -> Option<i64> {
    match license {
        GUEST | AUTOMATED | CLOUD_INTEGRATION => return None,
        INTEGRATION => return Some(0),
        _ if index < 3 => return Some(random.below(18, 3) as i64),
        _ if random.one_in(19, 24) => return None,
        _ => {}
    }
    let spread = |from: i64, to: i64| from + random.below(20, (to - from) as u64) as i64;
    Some(match random.below(21, 100) {
        0..60 => spread(0, 28),
        60..75 => spread(32, 58),
        75..85 => spread(62, 88),
        _ => spread(92, 400),
    })
}

/// Days since the creation, which is before the last login.
fn created_days(last_login: Option<i64>, random: Random) -> i64 {
    let days = away_from_boundaries(2 + random.below(22, 2000) as i64);
    match last_login {
        Some(login) if login >= days => login + 100,
        _ => days,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn dates_stay_hours_away_from_thirty_sixty_and_ninety_days() {
        for user in (0..5000).map(|index| User::generate(7, index, NOW)) {
            for time in [Some(user.created), user.last_login].into_iter().flatten() {
                for edge in [30, 60, 90] {
                    assert!((NOW - time - edge * DAY).abs() >= 4 * HOUR, "user {}", user.index);
                }
            }
            assert!(user.last_login.is_none_or(|login| login > user.created));
        }
    }

    #[test]
    fn the_first_users_hold_one_license_of_each_kind() {
        let held: std::collections::BTreeSet<u8> = (0..21).map(|index| User::generate(3, index, NOW).license).collect();
        assert_eq!(held.len(), LICENSES.len());
    }

    #[test]
    fn managers_have_lower_indexes_than_their_reports() {
        for user in (0..2000).map(|index| User::generate(7, index, NOW)) {
            assert!(user.manager.is_none_or(|manager| manager < user.index));
        }
    }
}
