//! A small schema with one field for each thing the edge must get right.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

use apollo_compiler::ast::OperationType;
use async_graphql::{
    Context, Enum, Error, ErrorExtensions, ID, InputObject, Object, OneofObject, Request, Schema, SchemaBuilder,
    SimpleObject, Subscription, ValidationMode,
};
use async_stream::stream;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::Stream;
use seatgraph::edge::{
    AuthenticationUnavailable, Backend, Caller, Edge, Identity, Prepared, RequestCredentials, Settings,
};
use seatgraph_core::Secret;
use tokio::sync::broadcast;

pub(crate) type Library = Schema<Query, Mutation, Subscriptions>;

/// State that a test controls or inspects: the live stream, and the number of changes.
#[derive(Clone)]
pub(crate) struct Controls {
    /// Ticks of the live stream; `None` ends it.
    pub(crate) live: broadcast::Sender<Option<Tick>>,
    pub(crate) changes: Arc<AtomicI32>,
    /// Set when no token is valid any more.
    pub(crate) withdrawn: Arc<AtomicBool>,
}

impl Default for Controls {
    fn default() -> Self {
        Self { live: broadcast::channel(1024).0, changes: Arc::default(), withdrawn: Arc::default() }
    }
}

/// Counts "statements" like the gateway's database handle. Authenticates every token except `unknown`, and none after the
/// test has withdrawn everything. Only the caller `demo` may use `change`.
pub(crate) struct Counting(Arc<AtomicBool>);

/// A caller, named by its token. Without a token, it is `demo`, which has all permissions.
#[derive(Debug)]
pub(crate) struct TestCaller(String);

impl TestCaller {
    fn is_demo(&self) -> bool {
        self.0 == "demo"
    }
}

impl Identity for TestCaller {
    fn key(&self) -> String {
        self.0.clone()
    }

    fn may_introspect(&self) -> bool {
        self.is_demo()
    }

    fn sees_the_same_as(&self, _other: &Self) -> bool {
        true
    }
}

struct Statements(Arc<AtomicU64>);

#[async_trait]
impl Backend for Counting {
    type Identity = TestCaller;

    async fn authenticate(
        &self,
        credentials: &RequestCredentials,
    ) -> Result<Option<TestCaller>, AuthenticationUnavailable> {
        if self.0.load(Ordering::SeqCst) {
            return Ok(None);
        }
        match credentials.bearer.as_ref().map(Secret::expose) {
            None => Ok(Some(TestCaller("demo".to_owned()))),
            Some("unknown") => Ok(None),
            Some("unlucky") => Err(AuthenticationUnavailable),
            Some(name) => Ok(Some(TestCaller(name.to_owned()))),
        }
    }

    fn permits(&self, caller: &TestCaller, _root: OperationType, field: &str) -> Result<(), String> {
        let permitted = field != "change" || caller.is_demo();
        permitted.then_some(()).ok_or_else(|| format!("`{field}` is not for {}", caller.0))
    }

    fn prepare(&self, request: Request, _visitor: &Caller<TestCaller>, _trace_id: &str) -> Prepared {
        let statements = Arc::new(AtomicU64::new(0));
        let request = request.data(Statements(Arc::clone(&statements)));
        Prepared { request, statements }
    }
}

pub(crate) fn builder(controls: Controls) -> SchemaBuilder<Query, Mutation, Subscriptions> {
    Schema::build(Query, Mutation, Subscriptions).data(controls)
}

/// The edge with the schema, built like in the gateway.
pub(crate) fn edge(controls: Controls, settings: Settings) -> Edge<Library, Counting> {
    let backend = Counting(Arc::clone(&controls.withdrawn));
    let schema = builder(controls)
        .validation_mode(ValidationMode::Fast)
        .disable_suggestions()
        .limit_recursive_depth(128)
        .finish();
    let sdl = schema.sdl();
    Edge::new(schema, &sdl, settings, backend).expect("the schema's own SDL is valid")
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Red,
    Green,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Coded,
    Uncoded,
    Panic,
}

#[derive(OneofObject)]
pub(crate) enum By {
    Id(ID),
    Name(String),
}

#[derive(InputObject)]
pub(crate) struct Filter {
    #[graphql(default = 5)]
    min: i32,
    max: Option<i32>,
    by: Option<By>,
    /// Lets a literal nest as deep as it likes.
    inner: Option<Box<Filter>>,
}

#[derive(Clone, SimpleObject)]
pub(crate) struct Tick {
    pub(crate) sequence: i32,
    pub(crate) text: String,
}

pub(crate) struct Book {
    number: i32,
}

#[Object]
impl Book {
    async fn title(&self) -> String {
        format!("Volume {}", self.number)
    }

    async fn next(&self) -> Book {
        Book { number: self.number + 1 }
    }

    async fn sequels(&self, #[graphql(default = 20)] first: i32) -> Vec<Book> {
        (1..=first).map(|step| Book { number: self.number + step }).collect()
    }
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    /// Ends after all fields that need not wait.
    async fn late(&self) -> &str {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        "at last"
    }

    async fn add(&self, a: i32, #[graphql(default = 10)] b: i32) -> i32 {
        a + b
    }

    async fn half(&self, of: f64) -> f64 {
        of / 2.0
    }

    async fn colour(&self, of: Colour) -> Colour {
        of
    }

    async fn find(&self, by: By) -> String {
        match by {
            By::Id(id) => format!("id {}", id.as_str()),
            By::Name(name) => format!("name {name}"),
        }
    }

    async fn span(&self, filter: Filter) -> i32 {
        let inner = filter.inner.map_or(0, |inner| inner.min);
        let by = i32::from(filter.by.is_some());
        filter.max.unwrap_or_default() - filter.min + inner + by
    }

    async fn join(&self, words: Vec<String>) -> String {
        words.join(" ")
    }

    async fn year(&self, at: DateTime<Utc>) -> String {
        at.format("%Y").to_string()
    }

    async fn book(&self) -> Book {
        Book { number: 1 }
    }

    async fn books(&self, #[graphql(default = 20)] first: i32) -> Vec<Book> {
        (1..=first).map(|number| Book { number }).collect()
    }

    async fn reads(&self, context: &Context<'_>, times: i32) -> i32 {
        let statements = context.data_unchecked::<Statements>();
        statements.0.fetch_add(times.unsigned_abs().into(), Ordering::Relaxed);
        times
    }

    // A `Result` inside the `Option`: otherwise the library propagates the error to the parent.
    async fn fails(&self, how: Failure) -> Option<async_graphql::Result<String>> {
        match how {
            Failure::Coded => {
                let error = Error::new("no such book");
                Some(Err(error.extend_with(|_, e| e.set("code", "NOT_FOUND"))))
            }
            Failure::Uncoded => Some(Err(Error::new("connection to 10.0.0.7 refused"))),
            Failure::Panic => panic!("out of ink"),
        }
    }

    async fn never(&self) -> bool {
        std::future::pending().await
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn change(&self, context: &Context<'_>) -> i32 {
        context.data_unchecked::<Controls>().changes.fetch_add(1, Ordering::SeqCst) + 1
    }
}

pub(crate) struct Subscriptions;

#[Subscription(name = "Subscription")]
impl Subscriptions {
    /// Counts from the number after `after` up to `to`, and ends.
    async fn count(&self, #[graphql(default = 3)] to: i32, after: Option<i32>) -> impl Stream<Item = Tick> {
        let numbers = after.unwrap_or_default() + 1..=to;
        futures::stream::iter(numbers.map(|sequence| Tick { sequence, text: "counted".to_owned() }))
    }

    /// Sends its state, then forwards what the test sends.
    async fn live(&self, context: &Context<'_>, after: Option<i32>) -> impl Stream<Item = Tick> + use<> {
        let mut signals = context.data_unchecked::<Controls>().live.subscribe();
        stream! {
            yield Tick { sequence: after.unwrap_or_default(), text: "ready".to_owned() };
            while let Ok(Some(tick)) = signals.recv().await {
                yield tick;
            }
        }
    }

    async fn breaks(&self) -> impl Stream<Item = i32> {
        stream! {
            yield 1;
            panic!("out of ink");
        }
    }
}
