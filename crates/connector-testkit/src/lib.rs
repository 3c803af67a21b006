//! The conformance kit: every law of the contract as a test, for every connector.
//!
//! A connector crate describes its vendor's world once, as a [`Fixture`], and names it in one line:
//!
//! ```
//! use connector_testkit::memory::Vendor;
//!
//! connector_testkit::conformance!(Vendor::default());
//! ```
//!
//! That line makes one `#[tokio::test]` per law (so the crate needs tokio with `macros` and `rt`). Two habits make
//! the verdict worth something: the world is served the way the vendor serves it, over a socket where there is one,
//! and what it holds is told by the world itself ([`World::census`]), never read back through the connector.
//!
//! Laws concern what the manifest says the connector does, and the weather that the fixture can make. What cannot be
//! asked is [`Verdict::NotAsked`], and [`assert_all_held`] is for fixtures that want no such gap.

mod census;
mod fixture;
pub mod laws;
pub mod memory;
mod verdict;
mod walk;

pub use census::Census;
pub use fixture::{Fixture, Weather, World};
pub use verdict::{Law, Ruling, Verdict, Violation};

/// Makes one test per law for the fixture that the expression gives, in a module `conformance` or of the given name.
#[macro_export]
macro_rules! conformance {
    ($fixture:expr) => {
        $crate::conformance!(conformance: $fixture);
    };
    ($name:ident: $fixture:expr) => {
        #[cfg(test)]
        fn $name() -> impl $crate::Fixture {
            $fixture
        }

        $crate::__laws! { tests $name }
    };
}

/// Knows the names of all laws; everything that goes over them is made here, so that none is forgotten.
#[doc(hidden)]
#[macro_export]
macro_rules! __laws {
    ($mode:ident $($name:ident)?) => {
        $crate::__each_law! {
            $mode ($($name)?)
            describes_itself
            describes_its_configuration
            carries_a_readable_catalogue
            sets_up_every_grant
            counts_everyone
            moves_forward
            names_everything_once
            keeps_ids
            replays_a_page
            resumes_anywhere
            keeps_its_total
            knows_every_account
            refuses_what_it_does_not_do
            gives_up_on_a_foreign_position
            diagnoses_every_process
            looks_without_touching
            finds_instead_of_failing
            keeps_secrets
            renews_its_session
            says_unauthenticated
            says_forbidden
            says_rate_limited
            says_unavailable
            survives_a_dropped_body
            says_malformed
            recovers_a_forgotten_position
            preflights_each_order
            reclaims_once
            answers_each_order_on_its_own
            restores
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __each_law {
    (tests ($name:ident) $($law:ident)+) => {
        // A function and a module may share a name, and the module's tests find the function above them.
        #[cfg(test)]
        mod $name {
            $(
                #[tokio::test]
                async fn $law() {
                    $crate::assert_ruling($crate::laws::$law(&super::$name()).await);
                }
            )+
        }
    };
    (table () $($law:ident)+) => {
        &[$($crate::Law {
            name: stringify!($law),
            judge: |fixture| Box::pin($crate::laws::$law(fixture)),
        }),+]
    };
}

/// Every law, in the order in which a report reads best.
pub const LAWS: &[Law] = crate::__laws! { table };

/// Fails the test when a law is broken, and says so in the test's output when it could not be asked.
///
/// # Panics
/// With the violation.
#[track_caller]
pub fn assert_ruling(ruling: Ruling) {
    match ruling {
        Ok(Verdict::Held) => {}
        Ok(Verdict::NotAsked) => eprintln!("not asked: the manifest does not promise it, or the fixture cannot try it"),
        Err(violation) => panic!("{violation}"),
    }
}

/// Fails the test when a law is broken or could not be asked, the `excepted` ones aside.
///
/// # Panics
/// With the first violation or gap.
pub async fn assert_all_held(fixture: &dyn Fixture, excepted: &[&str]) {
    for law in LAWS {
        match (law.judge)(fixture).await {
            Ok(Verdict::Held) => {}
            Ok(Verdict::NotAsked) if excepted.contains(&law.name) => {}
            Ok(Verdict::NotAsked) => panic!("{} was not asked", law.name),
            Err(violation) => panic!("{}: {violation}", law.name),
        }
    }
}
