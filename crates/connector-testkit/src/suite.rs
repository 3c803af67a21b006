//! A test binary with contract tests, which accepts the arguments of Rust test binaries.

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::{CONTRACT_TESTS, ContractTest, Fixture, NotMet};

/// Contract tests of one fixture.
#[derive(Debug)]
pub struct Suite {
    name: &'static str,
    fixture: Arc<dyn Fixture>,
    tests: Vec<ContractTest>,
}

impl Suite {
    /// All contract tests of `fixture`, reported as `name::…`.
    #[must_use]
    pub fn of(name: &'static str, fixture: impl Fixture) -> Self {
        Self { name, fixture: Arc::new(fixture), tests: CONTRACT_TESTS.to_vec() }
    }

    /// Removes all other tests.
    ///
    /// # Panics
    /// If a name is unknown.
    #[must_use]
    pub fn only(mut self, names: &[&str]) -> Self {
        let unknown = names.iter().find(|name| CONTRACT_TESTS.iter().all(|test| test.name != **name));
        assert!(unknown.is_none(), "{unknown:?} is no contract test");
        self.tests.retain(|test| names.contains(&test.name));
        self
    }

    fn trials(self) -> impl Iterator<Item = Trial> {
        let Self { name, fixture, tests } = self;
        tests.into_iter().map(move |test| {
            let fixture = Arc::clone(&fixture);
            Trial::ignorable_test(format!("{name}::{}", test.name), move || run_one(test, fixture.as_ref()))
        })
    }
}

/// Runs the suites with the arguments of the test binary. A test that was not run is reported as ignored, with the reason.
pub fn run(suites: impl IntoIterator<Item = Suite>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    let threads = || std::env::var("RUST_TEST_THREADS").ok()?.parse().ok();
    arguments.test_threads = arguments.test_threads.or_else(threads);
    libtest_mimic::run(&arguments, suites.into_iter().flat_map(Suite::trials).collect()).exit_code()
}

fn run_one(test: ContractTest, fixture: &dyn Fixture) -> Result<Completion, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on((test.run)(fixture)) {
        Ok(()) => Ok(Completion::Completed),
        Err(NotMet::Skipped(reason)) => Ok(Completion::ignored_with(reason)),
        Err(NotMet::Violated(violation)) => Err(violation.into()),
    }
}
