//! How enums of the connector contract are stored.

use seatgraph_core::{AccountKind, ActivityKind, GrantType, Process, RecordKind, Severity};

use super::queryable;
use super::sql::TextEnum;
use super::text_enum::stored_enum;

stored_enum! {
    Process {
        DownloadSubscriptions = "DOWNLOAD_SUBSCRIPTIONS",
        PullUserActivity = "PULL_USER_ACTIVITY",
        DownloadConsumption = "DOWNLOAD_CONSUMPTION",
        ReclaimSubscription = "RECLAIM_SUBSCRIPTION",
    }
    RecordKind {
        Pool = "POOL",
        Account = "ACCOUNT",
        Subscription = "SUBSCRIPTION",
        Activity = "ACTIVITY",
        Consumption = "CONSUMPTION",
    }
    GrantType {
        AuthorizationCode = "AUTHORIZATION_CODE",
        ClientCredentials = "CLIENT_CREDENTIALS",
        JwtBearer = "JWT_BEARER",
    }
    AccountKind {
        Human = "HUMAN",
        Integration = "INTEGRATION",
        Automated = "AUTOMATED",
        Unknown = "UNKNOWN",
    }
    ActivityKind {
        Interactive = "INTERACTIVE",
        Api = "API",
        Sso = "SSO",
        Other = "OTHER",
    }
    Severity {
        Info = "INFO",
        Warning = "WARNING",
        Error = "ERROR",
    }
}

queryable!(TextEnum => Process);
queryable!(TextEnum => GrantType);
queryable!(TextEnum => AccountKind);
queryable!(TextEnum => ActivityKind);
queryable!(TextEnum => Severity);
