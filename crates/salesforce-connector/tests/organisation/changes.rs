//! Changes to an organisation while it is connected.

use seatgraph_core::http::Method;
use serde_json::json;

use crate::org::Organisation;

impl Organisation {
    pub(crate) fn advance(&self, hours: i64) {
        self.clock.advance(chrono::Duration::hours(hours));
    }

    /// Takes permissions from the user that the connection acts as.
    pub(crate) async fn revoke(&self, permissions: &[&str]) {
        self.change("revoke", permissions).await;
    }

    pub(crate) async fn change(&self, action: &str, permissions: &[&str]) {
        let change = json!({ action: permissions });
        let put = self.http().request(Method::Put, "/_control/permissions");
        put.json(&change).without_token().send().await.expect("the simulator takes the change");
    }
}
