//! PostgreSQL's pool, and connections outside it.

use diesel::ConnectionError;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures::FutureExt;
use tokio_postgres::config::SslMode;

use super::tls::{Address, connector};
use super::{DatabaseSettings, PgConn};
use crate::{Error, Result};

/// A setting of our own, in which a connection keeps the timeout of its transactions that write.
const WRITE_TIMEOUT: &str = "seatgraph.write_timeout";

/// Opens a transaction whose statements may take longer than a read's, in one message.
pub(super) fn begin() -> String {
    format!("BEGIN; SELECT set_config('statement_timeout', current_setting('{WRITE_TIMEOUT}'), true)")
}

pub(super) fn pool(settings: &DatabaseSettings) -> Result<Pool<PgConn>> {
    let address = Address::parse(&settings.url)?;
    let setup = format!(
        "SET statement_timeout = {}; SET {WRITE_TIMEOUT} = {}; SET idle_in_transaction_session_timeout = '60s'; SET TIME ZONE 'UTC';",
        settings.read_timeout.as_millis(),
        settings.statement_timeout.as_millis()
    );
    let mut config = ManagerConfig::<PgConn>::default();
    config.custom_setup = Box::new(move |_| {
        let (address, setup) = (address.clone(), setup.clone());
        async move {
            let mut connection = establish(&address).await?;
            connection.batch_execute(&setup).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        }
        .boxed()
    });
    let manager = AsyncDieselConnectionManager::new_with_config("", config);
    Ok(Pool::builder()
        .max_size(settings.connections)
        .connection_timeout(settings.acquire_timeout)
        .build_unchecked(manager))
}

/// Makes a connection outside the pool: to migrate, and to listen.
pub(crate) async fn dedicated(settings: &DatabaseSettings) -> Result<PgConn> {
    let address = Address::parse(&settings.url)?;
    let connecting = tokio::time::timeout(std::time::Duration::from_secs(10), establish(&address));
    Ok(connecting.await.map_err(Error::unavailable)??)
}

async fn establish(address: &Address) -> Result<AsyncPgConnection, ConnectionError> {
    let refused = |e: tokio_postgres::Error| ConnectionError::BadConnection(e.to_string());
    if address.config.get_ssl_mode() == SslMode::Disable || address.is_local() {
        let (client, connection) = address.config.connect(tokio_postgres::NoTls).await.map_err(refused)?;
        return AsyncPgConnection::try_from_client_and_connection(client, connection).await;
    }
    let tls = connector(address).map_err(|e| ConnectionError::BadConnection(e.to_string()))?;
    let (client, connection) = address.config.connect(tls).await.map_err(refused)?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}
