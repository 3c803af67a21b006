//! The contract tests of the in-memory connector, bare and inside every layer.

use async_trait::async_trait;
use connector_testkit::memory::{MemoryFixture, REGISTRATION};
use connector_testkit::{ExpectedRecords, Fault, Fixture, TestOrg, conformance};
use seatgraph_core::{Connector, Order, Registration, layers};

conformance!(bare: MemoryFixture::default(), layered: Layered);

/// Memory behind the standard layers, without retries: the tests want to see each refusal.
#[derive(Debug)]
struct Layered;

#[derive(Debug)]
struct LayeredOrg(Box<dyn TestOrg>);

#[async_trait]
impl Fixture for Layered {
    fn registration(&self) -> Registration {
        REGISTRATION
    }

    async fn organization(&self) -> Box<dyn TestOrg> {
        Box::new(LayeredOrg(MemoryFixture::default().organization().await))
    }
}

#[async_trait]
impl TestOrg for LayeredOrg {
    fn connect(&self) -> Box<dyn Connector> {
        let retry = layers::RetrySettings { repeats: 0, ..Default::default() };
        let per_second = 100_000.try_into().expect("not zero");
        let throttle = layers::ThrottleSettings { per_second, burst: per_second, ..Default::default() };
        layers::standard(self.0.connect(), layers::Settings { connector: "memory", retry, throttle })
    }

    async fn expected_records(&self) -> ExpectedRecords {
        self.0.expected_records().await
    }

    async fn set_fault(&self, fault: Fault) -> bool {
        self.0.set_fault(fault).await
    }

    fn canaries(&self) -> Vec<String> {
        self.0.canaries()
    }

    fn orders(&self) -> Vec<Order> {
        self.0.orders()
    }

    async fn fingerprint(&self) -> Option<String> {
        self.0.fingerprint().await
    }
}
