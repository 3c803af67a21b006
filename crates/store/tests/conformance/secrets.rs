//! Sealed secrets in the table.

use seatgraph_core::Secret;
use seatgraph_store::each_backend;
use seatgraph_store::reseal::{self, Resealed};
use seatgraph_store::{Error, Purpose, Sealer, aliases, secrets};

use crate::harness::alias;

each_backend! {
    async fn a_secret_opens_with_its_key_until_it_is_removed(db: TestDatabase) {
        let (alias, sealer) = (alias("acme"), Sealer::from_key(&[1; 32]));
        aliases::insert(&db, &alias).await.unwrap();
        assert!(secrets::get(&db, &sealer, alias.id, Purpose::ClientSecret).await.unwrap().is_none());
        for text in ["first", "second"] {
            let secret = Secret::new(text);
            aliases::set_credential(&db, &sealer, &alias, &[(Purpose::ClientSecret, &secret)]).await.unwrap();
            let opened = secrets::get(&db, &sealer, alias.id, Purpose::ClientSecret).await.unwrap().unwrap();
            assert_eq!(opened.expose(), text);
        }
        assert!(secrets::get(&db, &sealer, alias.id, Purpose::PrivateKey).await.unwrap().is_none());
        let other = Sealer::from_key(&[2; 32]);
        let refused = secrets::get(&db, &other, alias.id, Purpose::ClientSecret).await;
        assert!(matches!(refused, Err(Error::DecryptFailed)));
        aliases::delete(&db, alias.id).await.unwrap();
        assert!(secrets::get(&db, &sealer, alias.id, Purpose::ClientSecret).await.unwrap().is_none());
    }

    async fn a_secret_of_no_alias_is_refused(db: TestDatabase) {
        let (alias, sealer) = (alias("acme"), Sealer::from_key(&[1; 32]));
        let secret = Secret::new("x");
        let refused = aliases::set_credential(&db, &sealer, &alias, &[(Purpose::ClientSecret, &secret)]).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    }

    async fn every_secret_is_sealed_anew_and_none_is_lost(db: TestDatabase) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatgraph.key");
        let (serving, rotating) = (Sealer::from_key_file(&path).unwrap(), Sealer::from_key_file(&path).unwrap());
        let (acme, other) = (alias("acme"), alias("other"));
        for alias in [&acme, &other] {
            aliases::insert(&db, alias).await.unwrap();
            let (secret, token) = (Secret::new(&alias.name), Secret::new("token"));
            let given = [(Purpose::ClientSecret, &secret), (Purpose::RefreshToken, &token)];
            aliases::set_credential(&db, &serving, alias, &given).await.unwrap();
        }
        assert_eq!(reseal::reseal(&db, &rotating).await.unwrap(), Resealed::default());
        for _ in 0..3 {
            rotating.add_key().unwrap();
            let done = reseal::reseal(&db, &rotating).await.unwrap();
            assert_eq!(done, Resealed { resealed: 4, unreadable: 0 });
            rotating.forget_old_keys().unwrap();
            for alias in [&acme, &other] {
                let opened = secrets::get(&db, &serving, alias.id, Purpose::ClientSecret).await.unwrap().unwrap();
                assert_eq!(opened.expose(), alias.name);
            }
        }
        let other_key = Sealer::from_key(&[9; 32]);
        assert_eq!(reseal::reseal(&db, &other_key).await.unwrap(), Resealed { resealed: 0, unreadable: 4 });
        assert!(secrets::get(&db, &serving, acme.id, Purpose::RefreshToken).await.unwrap().is_some());
    }
}
