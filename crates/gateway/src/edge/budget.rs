//! Limits per caller: a budget of cost, and a number of sockets and operations at the same time.
//!
//! A budget is refilled at a steady rate up to its burst. Every operation takes its cost from it, at least 1; a refused
//! document takes 1, because validation is work. Each process counts for itself.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;
use super::refusal::Refused;

/// The budgets of all callers. Callers are authenticated, so that there are never more entries than principals.
pub(crate) struct Budgets {
    costs: DefaultKeyedRateLimiter<String, StateInformationMiddleware>,
    clock: DefaultClock,
    sockets: Counter,
    operations: Counter,
    unauthenticated: Arc<Semaphore>,
    unauthenticated_wait: Duration,
}

impl Budgets {
    pub(crate) fn new(limits: &Limits) -> Self {
        // The most expensive operation that is allowed must fit into a full budget.
        let dearest = NonZeroU32::new(u32::try_from(limits.cost).unwrap_or(u32::MAX));
        let burst = dearest.map_or(limits.budget_burst, |dearest| limits.budget_burst.max(dearest));
        let quota = Quota::per_minute(limits.budget_per_minute).allow_burst(burst);
        Self {
            costs: RateLimiter::keyed(quota).with_middleware(),
            clock: DefaultClock::default(),
            sockets: Counter::new(limits.sockets_per_visitor),
            operations: Counter::new(limits.operations_per_visitor),
            unauthenticated: Arc::new(Semaphore::new(limits.unknown_sockets)),
            unauthenticated_wait: limits.init_time + limits.close_time + Duration::from_secs(1),
        }
    }

    /// Waits for a permit for one more unauthenticated socket, whose messages are held in memory until it authenticates.
    /// `None` if there is none within the time after which a silent socket is closed.
    pub(crate) async fn unauthenticated_socket(&self) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.unauthenticated).acquire_owned();
        tokio::time::timeout(self.unauthenticated_wait, permit).await.ok()?.ok()
    }

    /// Takes `cost` from the caller's budget and returns the rest; or the time after which the budget suffices again.
    pub(crate) fn charge(&self, caller: &str, cost: u64) -> Result<u32, Refused> {
        let Some(cost) = NonZeroU32::new(u32::try_from(cost).unwrap_or(u32::MAX)) else { return Ok(0) };
        let wait = match self.costs.check_key_n(&caller.to_owned(), cost) {
            Ok(Ok(state)) => return Ok(state.remaining_burst_capacity()),
            Ok(Err(until)) => until.wait_time_from(self.clock.now()),
            // Beyond the burst, which the limit on the cost of one operation has ruled out.
            Err(_) => Duration::from_secs(60),
        };
        let seconds = wait.as_secs() + 1;
        let message = format!("the cost budget is exhausted, try again in {seconds} s or request less at once");
        Err(Refused::rate_limited(seconds, message))
    }

    /// A permit for one more socket of the caller; `None` when it has too many.
    pub(crate) fn socket(&self, caller: &str) -> Option<Permit> {
        self.sockets.hold(caller)
    }

    /// A permit for one more running operation of the caller, over any transport.
    pub(crate) fn operation(&self, caller: &str) -> Result<Permit, Refused> {
        self.operations.hold(caller).ok_or_else(|| {
            let most = self.operations.most;
            let message = format!("at most {most} operations of one caller may run at the same time");
            Refused::rate_limited(1, message)
        })
    }
}

type Counts = Arc<Mutex<HashMap<String, usize>>>;

struct Counter {
    most: usize,
    counts: Counts,
}

impl Counter {
    fn new(most: usize) -> Self {
        Self { most, counts: Counts::default() }
    }

    fn hold(&self, caller: &str) -> Option<Permit> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(caller.to_owned()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Permit { counts: Arc::clone(&self.counts), caller: caller.to_owned() })
    }
}

/// One socket or operation, counted until it is dropped.
pub(crate) struct Permit {
    counts: Counts,
    caller: String,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.caller);
            }
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("caller", &self.caller).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::refusal::{Code, RejectReason};

    fn whole(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn each_caller_has_its_own_budget_and_gets_a_retry_delay() {
        let (budget_per_minute, budget_burst) = (whole(1), whole(10));
        let budgets = Budgets::new(&Limits { cost: 5, budget_per_minute, budget_burst, ..Limits::default() });
        assert_eq!(budgets.charge("a", 4).unwrap(), 6);
        assert_eq!(budgets.charge("a", 5).unwrap(), 1);
        let refused = budgets.charge("a", 3).unwrap_err();
        assert_eq!(refused.code(), Code::RateLimited);
        // Two more are needed, one comes each minute.
        let RejectReason::RateLimited(seconds) = refused.reason else { panic!("{refused:?}") };
        assert!((100..=121).contains(&seconds), "{seconds}");
        assert_eq!(budgets.charge("b", 10).unwrap(), 0);
    }

    #[test]
    fn the_most_expensive_operation_fits_into_every_burst() {
        let (budget_per_minute, budget_burst) = (whole(1), whole(10));
        let budgets = Budgets::new(&Limits { cost: 50, budget_per_minute, budget_burst, ..Limits::default() });
        assert_eq!(budgets.charge("a", 50).unwrap(), 0);
    }

    #[test]
    fn a_permit_counts_until_it_is_dropped() {
        let budgets = Budgets::new(&Limits { sockets_per_visitor: 2, ..Limits::default() });
        let first = budgets.socket("a");
        let second = budgets.socket("a");
        assert!(first.is_some() && second.is_some() && budgets.socket("a").is_none());
        assert!(budgets.socket("b").is_some());
        drop(first);
        assert!(budgets.socket("a").is_some());
    }
}
