//! The vendor's rows and their conversion to records, as pure functions.

use seatgraph_core::{Account, AccountKind, Error, ErrorKind, Identifier, IdentifierKey, Pool, Result, Subscription};
use serde::Deserialize;

/// The content of the sample.
#[derive(Debug, Deserialize)]
pub(crate) struct Sample {
    pub(crate) organization: Organization,
    pub(crate) seats: Vec<Seat>,
    pub(crate) members: Vec<Member>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A row of the vendor's list of purchased seats.
#[derive(Debug, Deserialize)]
pub(crate) struct Seat {
    key: String,
    name: String,
    bought: i64,
}

/// A row of the vendor's list of members, which is sorted by ID.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    pub(crate) id: String,
    login: String,
    mail: Option<String>,
    active: bool,
    seats: Vec<String>,
}

/// Reads the sample. Replace this by requests to the vendor.
pub(crate) fn sample() -> Result<Sample> {
    serde_json::from_str(include_str!("../sample.json"))
        .map_err(|e| Error::new(ErrorKind::Malformed, "sample is invalid").with_source(e))
}

pub(crate) fn pool(seat: &Seat) -> Pool {
    let identifier = Identifier::new("SEAT", &seat.key, &seat.name);
    Pool { identifier, total: Some(seat.bought), used: None, status: None, expires: None }
}

pub(crate) fn account(member: &Member) -> Account {
    Account {
        email: member.mail.clone(),
        kind: AccountKind::Human,
        active: member.active,
        ..Account::new(&member.id, &member.login)
    }
}

/// The seats of a member. An inactive member has none.
pub(crate) fn subscriptions<'a>(member: &'a Member, seats: &'a [Seat]) -> impl Iterator<Item = Subscription> + 'a {
    member.seats.iter().filter(|_| member.active).map(move |key| {
        let name = seats.iter().find(|seat| seat.key == *key).map_or(key, |seat| &seat.name);
        Subscription {
            account: member.id.clone(),
            identifier: Identifier::new("SEAT", key, name),
            pool: Some(IdentifierKey::new("SEAT", key)),
            assigned_at: None,
        }
    })
}
