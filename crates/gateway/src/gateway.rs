//! Composition: database, engine, schema, edge and workers put together, started, and stopped in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn_with_state;
use seatgraph_core::{Clock, SystemClock};
use seatgraph_engine::{Engine, InstanceIdentity, Worker};
use seatgraph_store::{FileLock, Pools, Sealer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::Config;
use crate::connectors::CONNECTORS;
use crate::edge::{Edge, HostPolicy, Settings};
use crate::login::{self, Login};
use crate::requests::Requests;
use crate::visitors::Visitors;
use crate::{callback, connect, database, graphiql, health, listen, schema};

/// How long open requests and sockets may take to end once the gateway stops.
const DRAIN: Duration = Duration::from_secs(5);
/// How long a renewal that is under way may take after that: longer than a vendor is waited for.
const SETTLE: Duration = Duration::from_secs(75);

/// How often the installation makes sure that the database is still its own.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What a process of the gateway does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Answers requests and does the work too.
    Serve,
    /// The same, and takes every visitor from this machine for the person who started it.
    Demo,
    /// Does the work only; for further machines beside a PostgreSQL database.
    Work,
}

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    address: Option<SocketAddr>,
    engine: Engine,
    stop: CancellationToken,
    tasks: JoinSet<anyhow::Result<()>>,
    // Invariant: held as long as the tasks run; a second process on the same SQLite file is refused.
    _lock: Option<FileLock>,
}

impl Gateway {
    /// Opens and migrates the database, then starts what `role` asks for.
    ///
    /// # Errors
    /// What could not be opened, bound or read, naming it.
    pub async fn start(config: Config, role: Role) -> anyhow::Result<Self> {
        anyhow::ensure!(
            role == Role::Work || config.listen.ip().is_loopback() || config.public_url.is_some(),
            "public_url: {} can be reached from other machines; say by which address browsers reach the gateway, so \
             that it answers to no other name",
            config.listen
        );
        let (pools, lock) = open(&config, role).await?;
        let db = pools.unscoped();
        let sealer = database::sealer(&config, &db).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let engine = Engine::new(db.clone(), CONNECTORS, sealer.clone(), Arc::clone(&clock), config.engine.clone());
        announce(&engine, &config).await?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let address = match role {
            Role::Work => None,
            Role::Serve | Role::Demo => {
                let listener =
                    TcpListener::bind(config.listen).await.with_context(|| format!("listen: {}", config.listen))?;
                let address = listener.local_addr()?;
                let login = login(&config, &engine, sealer, clock, address)?;
                let visitors = Visitors { demo: role == Role::Demo, login };
                let router = router(&config, (&engine, &pools), (address, visitors), stop.clone())?;
                let stopped = stop.clone();
                tasks.spawn(async move {
                    listen::serve(listener, router, listen::HEAD, stopped).await;
                    Ok(())
                });
                Some(address)
            }
        };
        let (worker, notifier) = (Worker::new(engine.clone()), db.notifier());
        let (worker_stop, notifier_stop) = (stop.clone(), stop.clone());
        tasks.spawn(watch_instance(engine.clone(), config.identity(), stop.clone()));
        tasks.spawn(async move {
            worker.run(worker_stop).await;
            Ok(())
        });
        tasks.spawn(async move {
            notifier.run(notifier_stop).await;
            Ok(())
        });
        Ok(Self { address, engine, stop, tasks, _lock: lock })
    }

    /// Where the front door listens; `None` for a process that only works.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The engine, for the demo.
    #[cfg(feature = "demo")]
    #[must_use]
    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Waits until one of the tasks ends, which none does unless it is stopped or broken.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<()> {
        match self.tasks.join_next().await {
            Some(ended) => ended.context("a task of the gateway panicked")?,
            None => Ok(()),
        }
    }

    /// Stops taking work and requests, lets the open ones end for a while, then closes them.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let drained = tokio::time::timeout(DRAIN, async { while self.tasks.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::info!("closing what is still open");
            self.tasks.shutdown().await;
        }
        if tokio::time::timeout(SETTLE, self.engine.finish_refreshes()).await.is_err() {
            tracing::warn!("a vendor did not answer the renewal of a consent; it may have to be given anew");
        }
    }
}

/// Says at the start what people should know of this process: whether it stays away from vendors, and what is open that
/// should be closed outside of development.
async fn announce(engine: &Engine, config: &Config) -> anyhow::Result<()> {
    let quarantine = engine.verify_instance(&config.identity()).await.context("instance_file")?;
    if let Some(reason) = quarantine {
        tracing::error!(reason = &*reason, "quarantine: no vendor is touched until `seatgraph adopt --reason …`");
    }
    if config.engine.loopback_vendors {
        tracing::warn!("development: connections may lead to this machine (engine.loopback_vendors)");
    }
    Ok(())
}

/// Lets the installation grow older, and notices a database that was put back, or adopted, under its feet.
async fn watch_instance(engine: Engine, identity: InstanceIdentity, stop: CancellationToken) -> anyhow::Result<()> {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.reset();
    while stop.run_until_cancelled(looks.tick()).await.is_some() {
        let before = engine.quarantine();
        match engine.verify_instance(&identity).await {
            Ok(now) if now != before => tracing::warn!(reason = now.as_deref(), "quarantine changed"),
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "instance could not be looked at"),
        }
    }
    Ok(())
}

async fn open(config: &Config, role: Role) -> anyhow::Result<(Pools, Option<FileLock>)> {
    anyhow::ensure!(
        role != Role::Work || config.database.sqlite_path().is_none(),
        "database.url: further workers need PostgreSQL; with SQLite `seatgraph serve` does the work itself"
    );
    let lock = database::lock(config)?;
    Ok((database::open(config).await?, lock))
}

/// Gets the login ready that the configuration asks for, if any.
fn login(
    config: &Config,
    engine: &Engine,
    sealer: Sealer,
    clock: Arc<dyn Clock>,
    address: SocketAddr,
) -> anyhow::Result<Option<Login>> {
    let ready = |settings| Login::new(settings, config.public_url(address), engine.clone(), sealer, clock);
    config.login.clone().map(ready).transpose().context("login")
}

fn router(
    config: &Config,
    (engine, pools): (&Engine, &Pools),
    (address, visitors): (SocketAddr, Visitors),
    stop: CancellationToken,
) -> anyhow::Result<Router> {
    anyhow::ensure!(
        config.database.read_timeout < config.limits.operation_time,
        "database.read_timeout_seconds: {:?} is not below limits.operation_time ({:?}); a statement would outlive the \
         operation that it is for",
        config.database.read_timeout,
        config.limits.operation_time
    );
    let public_url = config.public_url(address);
    let settings = Settings {
        limits: config.limits.clone(),
        allowed_origins: config.allowed_origins.clone(),
        allowed_hosts: names(config.public_url.as_ref()),
        introspection: config.introspection,
        allow_list: config.allow_list.read()?,
    };
    let login = visitors.login.clone();
    let consents = callback::router(engine.clone(), visitors.clone());
    let people = consents.merge(connect::router(engine.clone(), public_url.clone()));
    let requests = Requests::new(engine.clone(), pools.clone(), public_url, visitors);
    let edge = Edge::new(schema::build(), &schema::sdl(), settings, requests)?;
    let front = match login {
        Some(login) => {
            let first = from_fn_with_state(login.clone(), login::before_the_front_page);
            graphiql::router().layer(first).merge(login.router())
        }
        None => graphiql::router().merge(login::without_a_provider()),
    };
    let pages = front.merge(health::router(engine.db().clone())).merge(people);
    Ok(edge.closing_with(stop).router().merge(pages))
}

/// The names that the gateway answers to: its public one, and those of the machine for whoever sits at it.
fn names(public_url: Option<&Url>) -> HostPolicy {
    match public_url.and_then(Url::host_str) {
        Some(name) => HostPolicy::LoopbackAnd(name.to_ascii_lowercase()),
        None => HostPolicy::Loopback,
    }
}
