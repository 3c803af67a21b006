//! One organisation with everything that the processes and the check share: HTTP, settings, clock, known columns.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use seatgraph_core::{Clock, ConnectContext, Result};

use crate::config::{Config, Settings};
use crate::describe::Columns;
use crate::query::{BulkBuffer, Org};

/// The state behind [`Salesforce`](crate::Salesforce). Nothing in it outlives the process or needs to.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) org: Org,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) user_columns: Columns,
    pub(crate) login_columns: Columns,
    pub(crate) assignment_columns: Columns,
    pub(crate) frozen_columns: Columns,
    /// Whether the organisation refuses to filter references by range.
    pub(crate) ranges_refused: AtomicBool,
    pub(crate) login_buffer: BulkBuffer,
}

impl Connection {
    pub(crate) fn new(config: &Config, context: ConnectContext) -> Result<Self> {
        let settings = config.settings()?;
        Ok(Self {
            org: Org::new(&context.http, settings.api_version),
            settings,
            clock: context.clock,
            user_columns: Columns::described("User"),
            login_columns: Columns::described("LoginHistory"),
            assignment_columns: Columns::undescribed("PermissionSetLicenseAssign"),
            frozen_columns: Columns::undescribed("UserLogin"),
            ranges_refused: AtomicBool::new(false),
            login_buffer: BulkBuffer::default(),
        })
    }
}
