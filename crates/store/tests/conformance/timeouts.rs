//! How long a statement may take on PostgreSQL.

use std::time::Duration;

use seatgraph_store::testkit::{read, write};
use seatgraph_store::{DatabaseSettings, Pools, each_backend};

each_backend! {
    async fn a_read_that_takes_too_long_is_ended_and_a_write_has_more_time(database: PostgresDatabase) {
        let (read_timeout, connections) = (Duration::from_millis(200), 1);
        let settings = DatabaseSettings { read_timeout, connections, ..DatabaseSettings::new(database.url()) };
        let db = Pools::connect(&settings).await.unwrap().unscoped();
        let (long, short) = ("SELECT 1 FROM pg_sleep(30)", "SELECT 1 FROM pg_sleep(0.4)");
        assert!(read(&db, long).await.unwrap_err().is_timeout());
        write(&db, short).await.unwrap();
        // The connection is a reader's again.
        assert!(read(&db, short).await.unwrap_err().is_timeout());
    }
}
