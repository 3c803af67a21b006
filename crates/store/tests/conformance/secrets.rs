//! Sealed secrets in the table.

use seatgraph_core::Secret;
use seatgraph_store::each_backend;
use seatgraph_store::{Error, Purpose, Sealer, aliases, secrets};

use crate::house::alias;

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
        assert!(matches!(refused, Err(Error::Unsealable)));
        aliases::delete(&db, alias.id).await.unwrap();
        assert!(secrets::get(&db, &sealer, alias.id, Purpose::ClientSecret).await.unwrap().is_none());
    }

    async fn a_secret_of_no_alias_is_refused(db: TestDatabase) {
        let (alias, sealer) = (alias("acme"), Sealer::from_key(&[1; 32]));
        let secret = Secret::new("x");
        let refused = aliases::set_credential(&db, &sealer, &alias, &[(Purpose::ClientSecret, &secret)]).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    }
}
