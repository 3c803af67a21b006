//! The connector: reads pages and checks permissions.

use async_trait::async_trait;
use seatgraph_core::{
    Batch, ConnectContext, Connector, Cursor, Diagnosis, Error, ErrorKind, Finding, Manifest, Next, OAuth,
    Organization, Page, Process, Provider, Result, Severity,
};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::manifest::MANIFEST;
use crate::rows::{self, Sample};

/// A connection to an organisation of Acme.
#[derive(Debug)]
pub struct Acme {
    page_size: usize,
}

/// The position of a sync: the list and the last key read. The total was counted with the first page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    step: Step,
    after: Option<String>,
    total: u64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Step {
    Pools,
    Members,
}

impl Provider for Acme {
    type Config = Config;

    const MANIFEST: Manifest = MANIFEST;

    fn oauth(config: &Config) -> Result<Option<OAuth>> {
        config.validate().map(|()| None)
    }

    fn connect(config: Config, _context: ConnectContext) -> Result<Self> {
        config.validate()?;
        Ok(Self { page_size: config.page_size as usize })
    }
}

#[async_trait]
impl Connector for Acme {
    async fn check(&self) -> Diagnosis {
        match rows::sample() {
            Ok(Sample { organization: found, .. }) => Diagnosis {
                organization: Some(Organization {
                    external_id: found.id,
                    name: found.name,
                    sandbox: false,
                    edition: None,
                }),
                ..Diagnosis::default()
            },
            Err(error) => Diagnosis {
                findings: vec![Finding::new(
                    error.kind().code(),
                    Severity::Error,
                    "The response of Acme is invalid.",
                    "Use a newer version of this connector.",
                )],
                ..Diagnosis::default()
            },
        }
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        if process != Process::DownloadSubscriptions {
            return Err(Error::new(ErrorKind::Unsupported, "not supported").with("process", process));
        }
        let position: Option<Position> = from.map(Cursor::read).transpose()?;
        let sample = rows::sample()?;
        let start =
            || Position { step: Step::Pools, after: None, total: (sample.seats.len() + sample.members.len()) as u64 };
        let position = position.unwrap_or_else(start);
        match position.step {
            Step::Pools => pools(&sample, &position),
            Step::Members => members(&sample, &position, self.page_size),
        }
    }
}

/// Reads the purchased seats in one page.
fn pools(sample: &Sample, position: &Position) -> Result<Page> {
    let batch = Batch { pools: sample.seats.iter().map(rows::pool).collect(), ..Batch::default() };
    let next = Cursor::new(&Position { step: Step::Members, ..position.clone() })?;
    Ok(Page::new(batch, Next::More(next), sample.seats.len() as u64, Some(position.total)))
}

/// Reads a page of members with their seats.
fn members(sample: &Sample, position: &Position, size: usize) -> Result<Page> {
    let is_next = |id: &str| position.after.as_deref().is_none_or(|after| id > after);
    let mut rest = sample.members.iter().filter(|member| is_next(&member.id));
    let taken: Vec<_> = rest.by_ref().take(size).collect();
    let batch = Batch {
        accounts: taken.iter().copied().map(rows::account).collect(),
        subscriptions: taken.iter().flat_map(|member| rows::subscriptions(member, &sample.seats)).collect(),
        ..Batch::default()
    };
    let next = match (taken.last(), rest.next()) {
        (Some(last), Some(_)) => {
            Next::More(Cursor::new(&Position { after: Some(last.id.clone()), ..position.clone() })?)
        }
        _ => Next::Done(None),
    };
    Ok(Page::new(batch, next, taken.len() as u64, Some(position.total)))
}
