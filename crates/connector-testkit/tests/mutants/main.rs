//! Connectors with one flaw each, and the contract test that catches it.

mod flaws;

use connector_testkit::memory::MemoryFixture;
use connector_testkit::{CONTRACT_TESTS, ContractResult, NotMet, assert_all_tried};

use crate::flaws::{Flaw, Flawed};

async fn run(name: &str, flaw: Flaw) -> ContractResult {
    let test = CONTRACT_TESTS.iter().find(|known| known.name == name).expect("the test exists");
    (test.run)(&Flawed { memory: MemoryFixture::default(), flaw }).await
}

fn is_violated(result: ContractResult) -> bool {
    matches!(result, Err(NotMet::Violated(_)))
}

#[tokio::test]
async fn every_test_but_the_session_is_tried_on_memory() {
    assert_all_tried(&MemoryFixture::default(), &["renews_its_session"]).await;
}

/// Makes a test per flaw: the named contract test must fail, and must pass without the flaw.
macro_rules! caught {
    ($($test:ident: $flaw:ident is caught by $($name:ident),+;)+) => {$(
        #[tokio::test]
        async fn $test() {
            $(
                let name = stringify!($name);
                assert_eq!(run(name, Flaw::None).await, Ok(()), "{name} passes without the flaw");
                assert!(is_violated(run(name, Flaw::$flaw).await), "{name} does not catch the flaw");
            )+
        }
    )+};
}

caught! {
    a_pass_that_ends_early: EndsEarly is caught by reports_every_record, keeps_its_total;
    a_row_left_out: DropsARow is caught by reports_every_record;
    a_row_told_twice: RepeatsARow is caught by reports_each_record_once;
    a_page_that_leads_to_itself: Sticks is caught by moves_forward;
    a_pass_that_goes_in_circles: GoesInCircles is caught by moves_forward;
    a_position_that_works_once: UsesPositionsUp is caught by replays_a_page;
    a_position_kept_in_memory: KeepsPositionsInMemory is caught by resumes_anywhere;
    a_total_that_shrinks: ChangesItsTotal is caught by keeps_its_total;
    a_total_that_is_outrun: PromisesTooLittle is caught by keeps_its_total;
    ids_that_change: RenamesAccounts is caught by keeps_ids;
    accounts_named_by_their_mail: NamesByMail is caught by reports_each_record_once;
    a_subscription_of_an_unknown_account: ReportsAnOrphan is caught by refers_to_known_accounts;
    an_undeclared_answer: AnswersUndeclared is caught by refuses_unavailable_processes;
    an_undeclared_silence: AnswersUndeclared is caught by diagnoses_every_process;
    a_foreign_position_taken_for_the_beginning: StartsOverSilently is caught by rejects_a_foreign_position;
    a_secret_in_debug: LeaksASecret is caught by keeps_secrets;
    a_look_that_changes_something: TouchesWhenLooking is caught by check_changes_nothing;
    a_look_that_finds_nothing: SeesNoEvil is caught by check_reports_broken_connections;
    a_refused_credential_taken_for_an_empty_page: TakesRefusalForEmpty is caught by
        reports_unauthenticated, reports_forbidden;
    nonsense_taken_for_an_empty_page: TakesNonsenseForEmpty is caught by reports_malformed;
    a_wait_that_is_not_passed_on: ForgetsTheWait is caught by reports_rate_limited;
    a_broken_answer_taken_for_an_empty_page: TakesAbsenceForEmpty is caught by
        reports_unavailable, survives_a_dropped_body;
    a_forgotten_position_taken_for_the_end: TakesForgottenForTheEnd is caught by recovers_a_forgotten_position;
    a_second_reclaim_called_the_first: ReclaimsTwice is caught by reclaims_once;
    a_reclaim_that_is_only_said: ClaimsWithoutDoing is caught by reclaims_once, answers_each_order_on_its_own;
    a_restore_that_is_only_said: RestoresNothing is caught by restores;
    a_preflight_short_of_a_list: PreflightsTooFew is caught by preflights_each_order;
    a_manifest_that_cannot_be_read: MisdescribesItself is caught by
        describes_itself, describes_its_configuration, carries_a_readable_catalogue, sets_up_every_grant;
    an_order_that_sinks_its_neighbours: FailsTogether is caught by answers_each_order_on_its_own;
}

#[tokio::test]
async fn every_contract_test_catches_a_flaw() {
    for name in CONTRACT_TESTS.iter().map(|test| test.name) {
        let mut caught = 0;
        for flaw in Flaw::ALL.iter().copied() {
            caught += usize::from(is_violated(run(name, flaw).await));
        }
        assert!(caught > 0, "{name} catches nothing");
    }
}
