//! Memory's connector with one flaw at a time.

mod connector;

use async_trait::async_trait;
use connector_testkit::memory::{MemoryFixture, REGISTRATION};
use connector_testkit::{ExpectedRecords, Fault, Fixture, TestOrg};
use seatgraph_core::{Connector, Manifest, Order, ProcessSpec, Registration};

use self::connector::FlawedConnector;

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
    pub(crate) memory: MemoryFixture,
    pub(crate) flaw: Flaw,
}

#[derive(Debug)]
struct FlawedOrg {
    inner: Box<dyn TestOrg>,
    flaw: Flaw,
}

#[async_trait]
impl Fixture for Flawed {
    fn registration(&self) -> Registration {
        if self.flaw == Flaw::MisdescribesItself { Registration::of::<FlawedConnector>() } else { REGISTRATION }
    }

    async fn organization(&self) -> Box<dyn TestOrg> {
        Box::new(FlawedOrg { inner: self.memory.organization().await, flaw: self.flaw })
    }

    fn manifest(&self) -> &'static Manifest {
        if self.flaw == Flaw::AnswersUndeclared { &LESSER } else { self.registration().manifest() }
    }
}

#[async_trait]
impl TestOrg for FlawedOrg {
    fn connect(&self) -> Box<dyn Connector> {
        Box::new(FlawedConnector::new(self.inner.connect(), self.flaw, self.inner.canaries().remove(0)))
    }

    async fn expected_records(&self) -> ExpectedRecords {
        self.inner.expected_records().await
    }

    async fn set_fault(&self, fault: Fault) -> bool {
        // The one kind of fault that Memory lacks, made of one that it has: the flaw is not to see through it.
        if fault == Fault::SessionExpired && self.flaw == Flaw::LosesItsSession {
            return self.inner.set_fault(Fault::CredentialRefused).await;
        }
        self.inner.set_fault(fault).await
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
