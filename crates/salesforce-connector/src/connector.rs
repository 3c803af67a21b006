//! The connector itself: which process goes where.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use seatgraph_core::{
    Blocker, Clock, ConnectContext, Connector, Cursor, Diagnosis, Error, ErrorKind, Manifest, OAuth, Order, Page,
    Process, Provider, Receipt, Result, Setup, SetupContext,
};

use crate::activity::Ahead;
use crate::config::{Config, Settings};
use crate::describe::Columns;
use crate::query::Org;
use crate::{activity, check, findings, manifest, oauth, setup, subscriptions};

/// A link to one Salesforce organisation.
#[derive(Debug)]
pub struct Salesforce {
    pub(crate) org: Org,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) user_columns: Columns,
    pub(crate) login_columns: Columns,
    pub(crate) assignment_columns: Columns,
    pub(crate) frozen_columns: Columns,
    /// Whether the organisation does not filter references by range.
    pub(crate) ranges_refused: AtomicBool,
    pub(crate) logins_ahead: Ahead,
}

impl Provider for Salesforce {
    type Config = Config;

    const MANIFEST: Manifest = manifest::MANIFEST;

    fn oauth(config: &Config) -> Result<Option<OAuth>> {
        oauth::endpoints(&config.settings()?).map(Some)
    }

    fn setup(context: &SetupContext<'_>) -> Setup {
        setup::setup(context)
    }

    fn covers(granted: &str, needed: &str) -> bool {
        oauth::covers(granted, needed)
    }

    fn connect(config: Config, context: ConnectContext) -> Result<Self> {
        let settings = config.settings()?;
        Ok(Self {
            org: Org::new(&context.http, settings.api_version),
            settings,
            clock: context.clock,
            user_columns: Columns::of("User"),
            login_columns: Columns::of("LoginHistory"),
            assignment_columns: Columns::undescribed("PermissionSetLicenseAssign"),
            frozen_columns: Columns::undescribed("UserLogin"),
            ranges_refused: AtomicBool::new(false),
            logins_ahead: Ahead::default(),
        })
    }
}

#[async_trait]
impl Connector for Salesforce {
    async fn check(&self) -> Diagnosis {
        check::check(self).await
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        let mut page = match process {
            Process::DownloadSubscriptions => subscriptions::pull(self, from).await?,
            Process::PullUserActivity => activity::pull(self, from).await?,
            Process::DownloadConsumption | Process::ReclaimSubscription => return Err(unsupported(process)),
        };
        let (configured, spoken) = (self.org.configured(), self.org.version().await?);
        if configured != spoken {
            page.findings.push(findings::version_not_served(configured, spoken));
        }
        Ok(page)
    }

    async fn preflight(&self, _orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        Err(unsupported(Process::ReclaimSubscription))
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        orders.iter().map(|_| Err(unsupported(Process::ReclaimSubscription))).collect()
    }

    async fn restore(&self, _receipt: &Receipt) -> Result<Receipt> {
        Err(unsupported(Process::ReclaimSubscription))
    }
}

fn unsupported(process: Process) -> Error {
    Error::new(ErrorKind::Unsupported, "this version of the connector does not carry the process out")
        .with("process", process)
}
