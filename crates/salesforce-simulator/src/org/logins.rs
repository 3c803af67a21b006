//! LoginHistory: up to 8 rows per user in the last six months.

use super::catalogue::INTEGRATION;
use super::random::Random;
use super::user::{User, away_from_boundaries, days_ago};

/// The record numbers reserved for each user.
pub(crate) const LOGIN_SLOTS: u64 = 8;
const RETENTION_DAYS: i64 = 178;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LoginKind {
    Interactive,
    SingleSignOn,
    Api,
}

/// One row of LoginHistory.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) ordinal: u64,
    pub(crate) user: u32,
    pub(crate) time: i64,
    pub(crate) kind: LoginKind,
    pub(crate) failed: bool,
    pub(crate) random: Random,
}

/// The logins of a user by slot. `user` is without changes.
pub(crate) fn logins_of(user: &User, now: i64) -> impl Iterator<Item = Login> + use<> {
    let user = user.clone();
    (0..6).filter_map(move |slot| login(&user, slot, now))
}

/// The login in one slot: 0 is the last success, 1 to 4 are earlier ones, 5 is a later failure.
pub(crate) fn login(user: &User, slot: u64, now: i64) -> Option<Login> {
    let random = Random::new(u64::from(user.index) * LOGIN_SLOTS + slot, user.random.below(40, 1 << 40));
    let days_since = |time: i64| (now - time) / 86_400;
    let (time, failed) = match (slot, user.last_login) {
        (0, Some(last)) => (last, false),
        (1..=4, Some(last)) if slot <= user.random.below(41, 5) => {
            let step = 5 + user.random.below(42, 17) as i64;
            let days = away_from_boundaries(days_since(last) + slot as i64 * step);
            let time = days_ago(now, days, random, 43);
            (time > user.created).then_some((time, random.one_in(44, 7)))?
        }
        // A failure must not count as activity, so it is later than the last success or without one.
        (5, Some(last)) if user.random.one_in(45, 50) => {
            (days_ago(now, away_from_boundaries(days_since(last) / 2), random, 43), true)
        }
        (5, None) if user.is_internal() && user.random.one_in(46, 6) => {
            (days_ago(now, away_from_boundaries(days_since(user.created) / 2), random, 43), true)
        }
        _ => return None,
    };
    (days_since(time) <= RETENTION_DAYS).then(|| Login {
        ordinal: u64::from(user.index) * LOGIN_SLOTS + slot,
        user: user.index,
        time,
        kind: kind(user, random),
        failed,
        random,
    })
}

fn kind(user: &User, random: Random) -> LoginKind {
    if usize::from(user.license) == INTEGRATION || user.index == super::user::RUNNING_USER {
        return LoginKind::Api;
    }
    match random.below(47, 10) {
        0..6 => LoginKind::Interactive,
        6..9 => LoginKind::SingleSignOn,
        _ => LoginKind::Api,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn the_newest_success_is_the_users_last_login() {
        let mut compared = 0;
        for user in (0..3000).map(|index| User::generate(7, index, NOW)) {
            let newest = logins_of(&user, NOW).filter(|login| !login.failed).map(|login| login.time).max();
            if let Some(newest) = newest {
                compared += 1;
                assert_eq!(Some(newest), user.last_login, "user {}", user.index);
            }
        }
        assert!(compared > 1_000, "{compared} users with a login were compared");
    }

    #[test]
    fn every_kind_of_login_occurs_and_some_fail() {
        let all: Vec<Login> = (0..500).flat_map(|index| logins_of(&User::generate(7, index, NOW), NOW)).collect();
        for kind in [LoginKind::Interactive, LoginKind::SingleSignOn, LoginKind::Api] {
            assert!(all.iter().any(|login| login.kind == kind && !login.failed), "{kind:?}");
        }
        assert!(all.iter().any(|login| login.failed));
        assert!(all.iter().all(|login| NOW - login.time < 180 * 86_400));
    }
}
