//! Child processes, for what would end or stall this one. They are ignored tests of this binary, each with its part.

use std::io::Write;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::server::PATIENCE;

/// Tells a child its part.
const PART: &str = "SEATGRAPH_TEST_PART";
/// Marks the lines that a child writes on purpose.
const MARK: &str = "child: ";

/// How a child came to its end.
#[derive(Debug)]
pub(crate) enum Outcome {
    Ended(ExitStatus),
    /// It wrote nothing more for as long as it was given, and was killed; the last line it wrote.
    Stalled(String),
}

impl Outcome {
    pub(crate) fn is_success(&self) -> bool {
        matches!(self, Self::Ended(status) if status.success())
    }

    /// Whether a signal ended it, as a stack overflow does.
    pub(crate) fn is_crash(&self) -> bool {
        matches!(self, Self::Ended(status) if status.code().is_none())
    }
}

/// The part of this process, if it is a child.
pub(crate) fn part() -> String {
    std::env::var(PART).expect("children are started by other tests")
}

/// Says, in a child, what it does next.
pub(crate) fn report(line: &str) {
    let line = line.escape_debug();
    writeln!(std::io::stdout(), "{MARK}{line}").expect("the parent listens");
}

/// Starts the ignored test `name` with a part, and waits until it ends or is silent for `silence` after its first line.
pub(crate) async fn play(name: &str, part: &str, silence: Duration, errors: Stdio) -> Outcome {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--ignored", "--nocapture"])
        .env(PART, part)
        .stdout(Stdio::piped())
        .stderr(errors)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut last = None;
    loop {
        let wait = if last.is_some() { silence } else { PATIENCE };
        match timeout(wait, lines.next_line()).await {
            Ok(Ok(Some(line))) => last = line.strip_prefix(MARK).map(str::to_owned).or(last),
            Ok(_) => {
                assert!(last.is_some(), "the child did not begin");
                return Outcome::Ended(child.wait().await.unwrap());
            }
            Err(_) => {
                child.kill().await.unwrap();
                return Outcome::Stalled(last.expect("the child begins in time"));
            }
        }
    }
}
