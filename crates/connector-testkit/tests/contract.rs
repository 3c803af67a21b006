//! Memory, the contract's own example, under every law: bare, and dressed in every layer.

use async_trait::async_trait;
use connector_testkit::memory::{REGISTRATION, Vendor};
use connector_testkit::{Census, Fixture, Weather, World, conformance};
use seatgraph_core::{Connector, Order, Registration, layers};

conformance!(bare: Vendor::default(), dressed: Dressed);

/// Memory behind the standard layers, without patience: the laws want to see each refusal.
#[derive(Debug)]
struct Dressed;

#[derive(Debug)]
struct DressedWorld(Box<dyn World>);

#[async_trait]
impl Fixture for Dressed {
    fn registration(&self) -> Registration {
        REGISTRATION
    }

    async fn calm(&self) -> Box<dyn World> {
        Box::new(DressedWorld(Vendor::default().calm().await))
    }
}

#[async_trait]
impl World for DressedWorld {
    fn connect(&self) -> Box<dyn Connector> {
        let retry = layers::RetrySettings { repeats: 0, ..Default::default() };
        let per_second = 100_000.try_into().expect("not zero");
        let throttle = layers::ThrottleSettings { per_second, burst: per_second, ..Default::default() };
        layers::standard(self.0.connect(), layers::Settings { connector: "memory", retry, throttle })
    }

    async fn census(&self) -> Census {
        self.0.census().await
    }

    async fn set_weather(&self, weather: Weather) -> bool {
        self.0.set_weather(weather).await
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
