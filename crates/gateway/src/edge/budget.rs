//! What each visitor may use of the edge: a budget of cost, and so many sockets and operations at once.
//!
//! A budget is filled at a steady rate up to its burst, and every operation takes its price from it, at least 1; so does a
//! document that is refused, because finding that out was work. Each process keeps its own books.

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

/// The books of all visitors. Visitors are known ones, so that there are never more entries than principals.
pub(crate) struct Budgets {
    costs: DefaultKeyedRateLimiter<String, StateInformationMiddleware>,
    clock: DefaultClock,
    sockets: Counter,
    operations: Counter,
    strangers: Arc<Semaphore>,
    unauthenticated_wait: Duration,
}

impl Budgets {
    pub(crate) fn new(limits: &Limits) -> Self {
        // The dearest operation that is allowed must be payable at all.
        let dearest = NonZeroU32::new(u32::try_from(limits.cost).unwrap_or(u32::MAX));
        let burst = dearest.map_or(limits.budget_burst, |dearest| limits.budget_burst.max(dearest));
        let quota = Quota::per_minute(limits.budget_per_minute).allow_burst(burst);
        Self {
            costs: RateLimiter::keyed(quota).with_middleware(),
            clock: DefaultClock::default(),
            sockets: Counter::new(limits.sockets_per_visitor),
            operations: Counter::new(limits.operations_per_visitor),
            strangers: Arc::new(Semaphore::new(limits.unknown_sockets)),
            unauthenticated_wait: limits.init_time + limits.close_time + Duration::from_secs(1),
        }
    }

    /// Counts one more socket that has not said whose it is, as soon as there is room for it: until it has, all that it
    /// sends is held in memory. `None` when there is no room for as long as it takes to be rid of a silent one.
    pub(crate) async fn stranger(&self) -> Option<OwnedSemaphorePermit> {
        let room = Arc::clone(&self.strangers).acquire_owned();
        tokio::time::timeout(self.unauthenticated_wait, room).await.ok()?.ok()
    }

    /// Takes `cost` from the visitor's budget and returns what is left, or says when there will be enough again.
    pub(crate) fn charge(&self, visitor: &str, cost: u64) -> Result<u32, Refused> {
        let Some(cost) = NonZeroU32::new(u32::try_from(cost).unwrap_or(u32::MAX)) else { return Ok(0) };
        let wait = match self.costs.check_key_n(&visitor.to_owned(), cost) {
            Ok(Ok(state)) => return Ok(state.remaining_burst_capacity()),
            Ok(Err(until)) => until.wait_time_from(self.clock.now()),
            // Beyond the burst, which the limit on the cost of one operation has ruled out.
            Err(_) => Duration::from_secs(60),
        };
        let seconds = wait.as_secs() + 1;
        let message = format!("your budget is used up for now, try again in {seconds} s or ask for less at once");
        Err(Refused::rate_limited(seconds, message))
    }

    /// Counts one more socket of the visitor; `None` when it has too many.
    pub(crate) fn socket(&self, visitor: &str) -> Option<Permit> {
        self.sockets.hold(visitor)
    }

    /// Counts one more operation of the visitor that runs, over whichever transport.
    pub(crate) fn operation(&self, visitor: &str) -> Result<Permit, Refused> {
        self.operations.hold(visitor).ok_or_else(|| {
            let most = self.operations.most;
            let message = format!("at most {most} operations of one visitor may run at the same time");
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

    fn hold(&self, visitor: &str) -> Option<Permit> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(visitor.to_owned()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Permit { counts: Arc::clone(&self.counts), visitor: visitor.to_owned() })
    }
}

/// One socket or operation, counted until it is dropped.
pub(crate) struct Permit {
    counts: Counts,
    visitor: String,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.visitor) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.visitor);
            }
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("visitor", &self.visitor).finish_non_exhaustive()
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
    fn a_budget_is_one_visitors_own_and_says_when_it_is_filled_again() {
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
    fn the_dearest_operation_is_payable_whatever_the_burst() {
        let (budget_per_minute, budget_burst) = (whole(1), whole(10));
        let budgets = Budgets::new(&Limits { cost: 50, budget_per_minute, budget_burst, ..Limits::default() });
        assert_eq!(budgets.charge("a", 50).unwrap(), 0);
    }

    #[test]
    fn what_is_held_counts_until_it_is_let_go() {
        let budgets = Budgets::new(&Limits { sockets_per_visitor: 2, ..Limits::default() });
        let first = budgets.socket("a");
        let second = budgets.socket("a");
        assert!(first.is_some() && second.is_some() && budgets.socket("a").is_none());
        assert!(budgets.socket("b").is_some());
        drop(first);
        assert!(budgets.socket("a").is_some());
    }
}
