//! Tokens and roles: recognized while they are good, and by nothing but the whole token.

use chrono::Duration;
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{
    ApiToken, Assignment, AssignmentId, HolderKind, PageRequest, ProfileId, Role, RoleGrant, TokenId, each_backend,
    roles, tokens,
};

use crate::harness::noon;

fn token(name: &str) -> ApiToken {
    ApiToken {
        id: TokenId::generate(),
        name: name.to_owned(),
        hint: "last".to_owned(),
        created_by: "command-line".to_owned(),
        created_at: noon(0),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

fn role(holder_kind: HolderKind, holder: &str, role: Role) -> Assignment {
    Assignment {
        id: AssignmentId::generate(),
        holder_kind,
        holder: holder.to_owned(),
        role,
        profile_id: None,
        assigned_by: "command-line".to_owned(),
        assigned_at: noon(0),
    }
}

async fn kept(db: &TestDatabase, token: &ApiToken) {
    let held = role(HolderKind::Token, &token.id.to_string(), Role::Viewer);
    tokens::insert(db, token, "the whole token", &[held]).await.unwrap();
}

each_backend! {
    async fn a_token_is_recognized_by_its_whole_text_with_the_roles_it_holds(db: TestDatabase) {
        let token = token("report");
        kept(&db, &token).await;
        let (found, held) = tokens::recognize(&db, token.id, "the whole token").await.unwrap().unwrap();
        assert_eq!(found.name, "report");
        assert_eq!(held, [RoleGrant { role: Role::Viewer, profile_id: None }]);
        for wrong in ["", "the whole toke", "the whole token ", "another token"] {
            assert!(tokens::recognize(&db, token.id, wrong).await.unwrap().is_none(), "{wrong}");
        }
        assert!(tokens::recognize(&db, TokenId::generate(), "the whole token").await.unwrap().is_none());
    }

    async fn a_token_opens_nothing_once_it_is_revoked(db: TestDatabase) {
        let token = token("report");
        kept(&db, &token).await;
        let first = tokens::revoke(&db, token.id).await.unwrap();
        assert!(tokens::recognize(&db, token.id, "the whole token").await.unwrap().is_none());
        assert_eq!(tokens::revoke(&db, token.id).await.unwrap(), first, "it is revoked once");
        assert!(tokens::revoke(&db, TokenId::generate()).await.is_err());
    }

    async fn a_token_opens_nothing_from_its_end_on(db: TestDatabase) {
        let in_an_hour = db.now().await.unwrap() + Duration::hours(1);
        let token = ApiToken { expires_at: Some(in_an_hour), ..token("report") };
        kept(&db, &token).await;
        assert!(tokens::recognize(&db, token.id, "the whole token").await.unwrap().is_some());
        db.shift_clock(Duration::hours(2));
        assert!(tokens::recognize(&db, token.id, "the whole token").await.unwrap().is_none());
    }

    async fn the_last_use_of_a_token_is_known_to_the_minute(db: TestDatabase) {
        let token = token("report");
        kept(&db, &token).await;
        let used = async || {
            tokens::recognize(&db, token.id, "the whole token").await.unwrap();
            tokens::find_many(&db, &[token.id]).await.unwrap()[&token.id].last_used_at.unwrap()
        };
        let first = used().await;
        assert_eq!(used().await, first);
        db.shift_clock(Duration::minutes(2));
        assert!(used().await >= first + Duration::minutes(2));
    }

    async fn a_person_has_its_own_roles_and_those_of_its_groups(db: TestDatabase) {
        let given = [
            role(HolderKind::Person, "anna", Role::User),
            role(HolderKind::Group, "auditors", Role::Auditor),
            role(HolderKind::Group, "anna", Role::Admin),
            role(HolderKind::Token, "anna", Role::Admin),
            role(HolderKind::Person, "auditors", Role::Admin),
        ];
        for one in &given {
            roles::insert(&db, one).await.unwrap();
        }
        let mut held = roles::of_person(&db, "anna", &["auditors".to_owned()]).await.unwrap();
        held.sort_by_key(|held| held.role);
        let only = |role| RoleGrant { role, profile_id: None };
        assert_eq!(held, [only(Role::Auditor), only(Role::User)]);
        assert!(roles::of_person(&db, "Anna", &[]).await.unwrap().is_empty());
    }

    async fn a_role_is_given_once_and_taken_once(db: TestDatabase) {
        let given = role(HolderKind::Group, "auditors", Role::Auditor);
        roles::insert(&db, &given).await.unwrap();
        let again = Assignment { id: AssignmentId::generate(), ..given.clone() };
        let refused = roles::insert(&db, &again).await.unwrap_err();
        assert!(refused.is_conflict_with("role_assignments_everywhere"), "{refused}");
        assert_eq!(roles::page(&db, &PageRequest::default()).await.unwrap().rows.len(), 1);
        assert_eq!(roles::remove(&db, given.id).await.unwrap(), given);
        assert!(roles::remove(&db, given.id).await.is_err());
    }

    async fn a_role_on_a_profile_that_does_not_exist_is_refused(db: TestDatabase) {
        let unknown = Some(ProfileId::generate());
        let given = Assignment { profile_id: unknown, ..role(HolderKind::Group, "auditors", Role::Auditor) };
        assert!(roles::insert(&db, &given).await.is_err());
    }
}
