//! Query cursors.

use std::sync::Arc;

use crate::soql::plan::Record;
use crate::soql::run::Selection;

/// The maximum open cursors of a user. One more closes the oldest.
const MAX_OPEN: usize = 10;

/// The query and the rows of a cursor.
pub(crate) struct Cursor {
    pub(crate) record: Record,
    pub(crate) selection: Selection,
    pub(crate) size: u64,
}

struct Open {
    number: u64,
    user: u32,
    used: i64,
    cursor: Arc<Cursor>,
}

#[derive(Default)]
pub(crate) struct Cursors {
    open: Vec<Open>,
    last: u64,
}

impl Cursors {
    /// Opens a cursor, and returns its number.
    pub(crate) fn open(&mut self, user: u32, cursor: Arc<Cursor>, now: i64) -> u64 {
        let own = self.open.iter().filter(|open| open.user == user).count();
        if own >= MAX_OPEN
            && let Some(oldest) = self.open.iter().position(|open| open.user == user)
        {
            self.open.remove(oldest);
        }
        self.last += 1;
        self.open.push(Open { number: self.last, user, used: now, cursor });
        self.last
    }

    /// Finds a cursor of the user that is open and has not timed out.
    pub(crate) fn find(&mut self, user: u32, number: u64, now: i64, idle: i64) -> Option<Arc<Cursor>> {
        let place = self.open.iter().position(|open| open.number == number && open.user == user)?;
        if now - self.open[place].used >= idle {
            self.open.remove(place);
            return None;
        }
        self.open[place].used = now;
        Some(self.open[place].cursor.clone())
    }

    pub(crate) fn clear(&mut self) {
        self.open.clear();
    }
}
