//! Memory's connector with one flaw at a time.

mod link;

use async_trait::async_trait;
use connector_testkit::memory::{REGISTRATION, Vendor};
use connector_testkit::{Census, Fixture, Weather, World};
use seatgraph_core::{Connector, Manifest, Order, ProcessSpec, Registration};

use self::link::FlawedLink;

macro_rules! flaws {
    ($($flaw:ident)+) => {
        /// What is wrong with the connector.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Flaw { None, $($flaw),+ }

        impl Flaw {
            pub(crate) const ALL: &[Self] = &[$(Self::$flaw),+];
        }
    };
}

flaws! {
    EndsEarly DropsARow RepeatsARow Sticks GoesInCircles UsesPositionsUp KeepsPositionsInMemory ChangesItsTotal
    PromisesTooLittle RenamesAccounts NamesByMail ReportsAnOrphan AnswersUndeclared StartsOverSilently LeaksASecret
    TouchesWhenLooking SeesNoEvil TakesRefusalForEmpty TakesNonsenseForEmpty ForgetsTheWait TakesAbsenceForEmpty
    TakesForgottenForTheEnd LosesItsSession ReclaimsTwice ClaimsWithoutDoing RestoresNothing PreflightsTooFew
    FailsTogether MisdescribesItself
}

/// Memory without consumption, as far as the manifest goes.
static LESSER: Manifest = Manifest { processes: &WITHOUT_CONSUMPTION, ..*REGISTRATION.manifest() };

static WITHOUT_CONSUMPTION: [ProcessSpec; 4] = {
    let [subscriptions, activity, consumption, reclaim] = REGISTRATION.manifest().processes else {
        panic!("memory lists every process")
    };
    [*subscriptions, *activity, ProcessSpec { available: false, ..*consumption }, *reclaim]
};

#[derive(Debug)]
pub(crate) struct Flawed {
    pub(crate) vendor: Vendor,
    pub(crate) flaw: Flaw,
}

#[derive(Debug)]
struct FlawedWorld {
    inner: Box<dyn World>,
    flaw: Flaw,
}

#[async_trait]
impl Fixture for Flawed {
    fn registration(&self) -> Registration {
        if self.flaw == Flaw::MisdescribesItself { Registration::of::<FlawedLink>() } else { REGISTRATION }
    }

    async fn calm(&self) -> Box<dyn World> {
        Box::new(FlawedWorld { inner: self.vendor.calm().await, flaw: self.flaw })
    }

    fn manifest(&self) -> &'static Manifest {
        if self.flaw == Flaw::AnswersUndeclared { &LESSER } else { self.registration().manifest() }
    }
}

#[async_trait]
impl World for FlawedWorld {
    fn connect(&self) -> Box<dyn Connector> {
        Box::new(FlawedLink::new(self.inner.connect(), self.flaw, self.inner.canaries().remove(0)))
    }

    async fn census(&self) -> Census {
        self.inner.census().await
    }

    async fn set_weather(&self, weather: Weather) -> bool {
        // The one kind of weather that Memory lacks, made of one that it has: the flaw is not to see through it.
        if weather == Weather::SessionExpired && self.flaw == Flaw::LosesItsSession {
            return self.inner.set_weather(Weather::CredentialRefused).await;
        }
        self.inner.set_weather(weather).await
    }

    fn canaries(&self) -> Vec<String> {
        self.inner.canaries()
    }

    fn orders(&self) -> Vec<Order> {
        self.inner.orders()
    }

    async fn fingerprint(&self) -> Option<String> {
        self.inner.fingerprint().await
    }
}
