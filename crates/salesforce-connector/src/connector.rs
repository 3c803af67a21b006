//! The connector itself: which process goes where.

use async_trait::async_trait;
use seatgraph_core::{
    ConnectContext, Connector, Cursor, Diagnosis, Error, ErrorKind, Manifest, OAuth, Page, Process, Provider, Result,
    Setup, SetupContext,
};

use crate::config::Config;
use crate::connection::Connection;
use crate::{activity, check, findings, manifest, oauth, setup, subscriptions};

/// A connection to one Salesforce organisation.
#[derive(Debug)]
pub struct Salesforce(Connection);

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
        Connection::new(&config, context).map(Self)
    }
}

#[async_trait]
impl Connector for Salesforce {
    async fn check(&self) -> Diagnosis {
        check::check(&self.0).await
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        let mut page = match process {
            Process::DownloadSubscriptions => subscriptions::pull(&self.0, from).await?,
            Process::PullUserActivity => activity::pull(&self.0, from).await?,
            Process::DownloadConsumption | Process::ReclaimSubscription => {
                let message = "this version of the connector does not support the process";
                return Err(Error::new(ErrorKind::Unsupported, message).with("process", process));
            }
        };
        let (configured, used) = (self.0.org.configured(), self.0.org.version().await?);
        if configured != used {
            page.findings.push(findings::version_not_served(configured, used));
        }
        Ok(page)
    }
}
