//! The tests of one binary, each on the backends that it is for.
//!
//! libtest decides at compile time which tests are ignored; whether there is a PostgreSQL server is known later.

use std::fmt;
use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread;

use futures::future::LocalBoxFuture;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use super::{TestDatabase, database, server};
use crate::Backend;

const NO_SERVER: &str = "no PostgreSQL server: set SEATGRAPH_TEST_POSTGRES or install PostgreSQL";

type Body = Box<dyn FnOnce() -> LocalBoxFuture<'static, Completion> + Send>;

/// One test on one backend.
pub struct Test {
    name: String,
    needs_postgres: bool,
    body: Body,
}

impl Test {
    /// A test with a new database of each backend.
    pub fn on_each_backend<F>(module: &str, name: &str, test: fn(TestDatabase) -> F) -> Vec<Self>
    where
        F: Future<Output = ()> + 'static,
    {
        vec![
            Self::on(Backend::Sqlite, module, &format!("{name}::on_sqlite"), test),
            Self::on(Backend::Postgres, module, &format!("{name}::on_postgres"), test),
        ]
    }

    /// A test of what only PostgreSQL has.
    pub fn on_postgres<F>(module: &str, name: &str, test: fn(TestDatabase) -> F) -> Vec<Self>
    where
        F: Future<Output = ()> + 'static,
    {
        vec![Self::on(Backend::Postgres, module, name, test)]
    }

    /// A test that makes its own arrangements.
    pub fn once<F>(module: &str, name: &str, test: fn() -> F) -> Vec<Self>
    where
        F: Future<Output = ()> + 'static,
    {
        let body = move || -> LocalBoxFuture<'static, _> {
            Box::pin(async move {
                test().await;
                Completion::Completed
            })
        };
        vec![Self { name: path(module, name), needs_postgres: false, body: Box::new(body) }]
    }

    fn on<F>(backend: Backend, module: &str, name: &str, test: fn(TestDatabase) -> F) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let body = move || -> LocalBoxFuture<'static, _> {
            Box::pin(async move {
                let Some(database) = database(backend).await else { return Completion::ignored_with(NO_SERVER) };
                test(database).await;
                Completion::Completed
            })
        };
        Self { name: path(module, name), needs_postgres: backend == Backend::Postgres, body: Box::new(body) }
    }

    /// Marks the test as ignored where tests are only listed, which runs none that could say so itself.
    fn into_trial(self, arguments: &Arguments) -> Trial {
        let Self { name, needs_postgres, body } = self;
        let is_ignored = needs_postgres && (arguments.list || arguments.ignored) && !server::is_expected();
        let thread = name.clone();
        Trial::ignorable_test(name, move || run_one(thread, body)).with_ignored_flag(is_ignored)
    }
}

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Test").field(&self.name).finish()
    }
}

/// The name of a test below the crate, as libtest would give it.
fn path(module: &str, name: &str) -> String {
    match module.split_once("::") {
        Some((_, module)) => format!("{module}::{name}"),
        None => name.to_owned(),
    }
}

/// Runs the tests as the test binary's arguments say.
pub fn run(tests: impl IntoIterator<Item = Vec<Test>>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    let threads = || std::env::var("RUST_TEST_THREADS").ok()?.parse().ok();
    arguments.test_threads = arguments.test_threads.or_else(threads);
    let trials = tests.into_iter().flatten().map(|test| test.into_trial(&arguments)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs a test in a thread of its name, by which a panic says where it happened.
fn run_one(name: String, body: Body) -> Result<Completion, Failed> {
    let test = move || {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(2).enable_all().build().map(|runtime| runtime.block_on(body()))
    };
    Ok(thread::Builder::new().name(name).spawn(test)?.join().unwrap_or_else(|panic| resume_unwind(panic))?)
}
