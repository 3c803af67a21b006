//! Long login history by bulk query jobs, many pages at once. The rows beyond the requested page wait in the buffer, so
//! that pages are the same with and without jobs.

use std::sync::atomic::Ordering::Relaxed;

use seatgraph_core::Result;

use super::cursor::LoginsCursor;
use super::fold::Logins;
use crate::connection::Connection;
use crate::describe::ColumnSplit;
use crate::query::BufferedPages;

/// How many pages one job asks for.
const PAGES: u32 = 25;

/// Reads a page of a long history; `None` when the history is short or no job can read it.
pub(super) async fn page(
    connection: &Connection,
    cursor: &LoginsCursor,
    columns: &ColumnSplit,
) -> Result<Option<Logins>> {
    let (buffer, size) = (&connection.login_buffer, connection.settings.page_size);
    let is_long = cursor.days.is_none() && cursor.pass.has_logins(connection.settings.bulk_rows);
    if !is_long || buffer.refused.load(Relaxed) {
        return Ok(None);
    }
    let mut pages = match buffer.take(cursor.after.as_ref(), &columns.shown) {
        Some(pages) => pages,
        None => match connection.org.run_bulk_query(&cursor.select(columns, size * PAGES)).await? {
            Some(tables) => {
                let (columns, rows) = (columns.shown.clone(), Box::new(tables.into_rows()));
                BufferedPages { after: cursor.after.clone(), columns, left: PAGES, rows }
            }
            None => {
                buffer.refused.store(true, Relaxed);
                return Ok(None);
            }
        },
    };
    let logins: Logins = pages.rows.by_ref().take(size as usize).collect();
    // The next job reads what comes after the last page.
    if pages.left > 1 && logins.rows == u64::from(size) {
        buffer.put(BufferedPages { after: logins.last.clone(), left: pages.left - 1, ..pages });
    }
    Ok(Some(logins))
}
