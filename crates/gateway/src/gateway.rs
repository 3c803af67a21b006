//! Starts and stops the parts of a gateway: database, engine, schema, edge and workers.

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

use crate::callers::Callers;
use crate::config::Config;
use crate::connectors::CONNECTORS;
use crate::edge::{Edge, HostPolicy, Settings};
use crate::login::{self, Login};
use crate::requests::Requests;
use crate::{callback, connect, database, graphiql, health, listen, schema};

/// Time for open requests and sockets to finish when the gateway stops.
const DRAIN: Duration = Duration::from_secs(5);
/// Additional time for a token refresh in progress. Longer than the timeout of a vendor call.
const SETTLE: Duration = Duration::from_secs(75);

/// Interval of the check that the database still belongs to this installation.
const INSTANCE_CHECK: Duration = Duration::from_secs(30);

/// Role of a gateway process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Serves requests and runs jobs.
    Serve,
    /// Like `Serve`. Requests from this machine are authenticated as the user of the demo.
    Demo,
    /// Runs jobs only, on further machines with a PostgreSQL database.
    Work,
}

/// A running gateway.
#[derive(Debug)]
pub struct Gateway {
    address: Option<SocketAddr>,
    engine: Engine,
    stop: CancellationToken,
    tasks: JoinSet<anyhow::Result<()>>,
    // Invariant: held while the tasks run, so that a second process on the same SQLite file is refused.
    _lock: Option<FileLock>,
}

impl Gateway {
    /// Opens and migrates the database, then starts the tasks of `role`.
    ///
    /// # Errors
    /// Names the setting, file or address that cannot be used.
    pub async fn start(config: Config, role: Role) -> anyhow::Result<Self> {
        anyhow::ensure!(
            role == Role::Work || config.listen.ip().is_loopback() || config.public_url.is_some(),
            "public_url is required because listen ({}) can be reached from other machines; requests with other host \
             names are refused",
            config.listen
        );
        let (pools, lock) = open(&config, role).await?;
        let db = pools.unscoped();
        let sealer = database::sealer(&config, &db).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let engine = Engine::new(db.clone(), CONNECTORS, sealer.clone(), Arc::clone(&clock), config.engine.clone());
        log_state(&engine, &config).await?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let address = match role {
            Role::Work => None,
            Role::Serve | Role::Demo => {
                let listener =
                    TcpListener::bind(config.listen).await.with_context(|| format!("listen: {}", config.listen))?;
                let address = listener.local_addr()?;
                let login = login(&config, &engine, sealer, clock, address)?;
                let callers = Callers { demo: role == Role::Demo, login };
                let router = router(&config, (&engine, &pools), (address, callers), stop.clone())?;
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

    /// Address of the HTTP server. `None` for a process that only runs jobs.
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

    /// Waits until a task ends, which happens only if the gateway is stopped or a task fails.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<()> {
        match self.tasks.join_next().await {
            Some(ended) => ended.context("a task of the gateway panicked")?,
            None => Ok(()),
        }
    }

    /// Stops accepting jobs and requests, waits for the open ones, then closes the rest.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let drained = tokio::time::timeout(DRAIN, async { while self.tasks.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::info!("closing open connections");
            self.tasks.shutdown().await;
        }
        if tokio::time::timeout(SETTLE, self.engine.finish_refreshes()).await.is_err() {
            tracing::warn!("a token refresh did not finish; the connection may need a new authorization");
        }
    }
}

/// Logs at startup whether the installation is in quarantine, and settings that are only for development.
async fn log_state(engine: &Engine, config: &Config) -> anyhow::Result<()> {
    let quarantine = engine.verify_instance(&config.identity()).await.context("instance_file")?;
    if let Some(reason) = quarantine {
        tracing::error!(reason = &*reason, "quarantine: no vendor is called until `seatgraph adopt --reason …`");
    }
    if config.engine.loopback_vendors {
        tracing::warn!("development setting: vendors on this machine are allowed (engine.loopback_vendors)");
    }
    Ok(())
}

/// Verifies the identity of the database regularly, to detect that it was restored or adopted.
async fn watch_instance(engine: Engine, identity: InstanceIdentity, stop: CancellationToken) -> anyhow::Result<()> {
    let mut checks = tokio::time::interval(INSTANCE_CHECK);
    checks.reset();
    while stop.run_until_cancelled(checks.tick()).await.is_some() {
        let before = engine.quarantine();
        match engine.verify_instance(&identity).await {
            Ok(now) if now != before => tracing::warn!(reason = now.as_deref(), "quarantine changed"),
            Ok(_) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "instance check failed"),
        }
    }
    Ok(())
}

async fn open(config: &Config, role: Role) -> anyhow::Result<(Pools, Option<FileLock>)> {
    anyhow::ensure!(
        role != Role::Work || config.database.sqlite_path().is_none(),
        "database.url: `seatgraph work` requires PostgreSQL; with SQLite, `seatgraph serve` runs the jobs"
    );
    let lock = database::lock(config)?;
    Ok((database::open(config).await?, lock))
}

/// Creates the login, if it is configured.
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
    (address, callers): (SocketAddr, Callers),
    stop: CancellationToken,
) -> anyhow::Result<Router> {
    anyhow::ensure!(
        config.database.read_timeout < config.limits.operation_time,
        "database.read_timeout_seconds: {:?} must be below limits.operation_time ({:?}), so that a statement ends \
         before its operation",
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
    let login = callers.login.clone();
    let callbacks = callback::router(engine.clone(), callers.clone());
    let authorization = callbacks.merge(connect::router(engine.clone(), public_url.clone()));
    let requests = Requests::new(engine.clone(), pools.clone(), public_url, callers);
    let edge = Edge::new(schema::build(), &schema::sdl(), settings, requests)?;
    let graphiql = match login {
        Some(login) => {
            let guard = from_fn_with_state(login.clone(), login::require_session);
            graphiql::router().layer(guard).merge(login.router())
        }
        None => graphiql::router().merge(login::router_without_provider()),
    };
    let pages = graphiql.merge(health::router(engine.db().clone())).merge(authorization);
    Ok(edge.closing_with(stop).router().merge(pages))
}

/// Allowed host names: the public one and loopback names.
fn names(public_url: Option<&Url>) -> HostPolicy {
    match public_url.and_then(Url::host_str) {
        Some(name) => HostPolicy::LoopbackAnd(name.to_ascii_lowercase()),
        None => HostPolicy::Loopback,
    }
}
