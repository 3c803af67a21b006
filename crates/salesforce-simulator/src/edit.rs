//! Writes to records, and their validation.

mod assignments;
mod fields;
mod user;

use serde_json::{Map, Value};

use crate::id::Id;
use crate::org::Org;
use crate::refusal::Refusal;
use crate::schema::{self, LinkTable, Object, Table};
use crate::state::State;
use crate::user_context::UserContext;

/// The members of a record in a request.
pub(crate) type Members = Map<String, Value>;

/// The writes of one request.
pub(crate) struct Editor<'a> {
    pub(crate) state: &'a State,
    pub(crate) org: &'a mut Org,
    pub(crate) context: &'a UserContext,
}

/// Finds an object by name, if the user can see it.
pub(crate) fn object(context: &UserContext, name: &str) -> Result<&'static Object, Refusal> {
    schema::object(name).filter(|object| context.sees(object)).ok_or_else(Refusal::not_found)
}

/// Finds a row by id, if the user can see it.
pub(crate) fn find(org: &Org, context: &UserContext, object: &Object, id: &str) -> Result<u64, Refusal> {
    let parsed = Id::parse(id).filter(|id| id.prefix() == object.prefix);
    let parsed = parsed.ok_or_else(|| {
        Refusal::bad("MALFORMED_ID", format!("Id: id value of incorrect type: {id}")).with_field("Id")
    })?;
    let ordinal = org.ordinal(object, parsed).ok_or_else(Refusal::not_found)?;
    match org.row(object, ordinal, context.permissions) {
        Some(row) if context.sees_row(org, object, &row) => Ok(ordinal),
        None if was_deleted(org, object, ordinal) => Err(Refusal::new(404, "ENTITY_IS_DELETED", "entity is deleted")),
        _ => Err(Refusal::not_found()),
    }
}

fn was_deleted(org: &Org, object: &Object, ordinal: u64) -> bool {
    match object.table {
        Table::Link(table) => org.links[table as usize].deleted.contains(&ordinal),
        _ => false,
    }
}

fn no_access() -> Refusal {
    Refusal::bad("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
}

impl Editor<'_> {
    pub(crate) fn update(&mut self, object: &'static Object, id: &str, members: &Members) -> Result<(), Refusal> {
        if !object.updateable {
            let message = format!("entity type {} is read-only", object.name);
            return Err(Refusal::bad("INSUFFICIENT_ACCESS_OR_READONLY", message));
        }
        let ordinal = find(self.org, self.context, object, id)?;
        let user = u32::try_from(ordinal).map_err(|_| Refusal::not_found())?;
        fields::check(self.context, object, members)?;
        if self.state.count_down(|faults| Some(&mut faults.locked_rows)) {
            let message = format!("unable to obtain exclusive access to this record or 1 records: {id}");
            return Err(Refusal::bad("UNABLE_TO_LOCK_ROW", message));
        }
        match object.table {
            Table::UserLogin => self.update_login(user, members),
            _ => self.update_user(user, members),
        }
    }

    pub(crate) fn create(&mut self, object: &'static Object, members: &Members) -> Result<Id, Refusal> {
        let Table::Link(table) = object.table else {
            let message = format!("entity type cannot be inserted: {}", object.label);
            return Err(Refusal::bad("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message));
        };
        fields::check_new(self.context, object, members)?;
        let ordinal = self.assign(table, object, members)?;
        Ok(self.org.id_of(object.name, ordinal))
    }

    pub(crate) fn delete(&mut self, object: &'static Object, id: &str) -> Result<(), Refusal> {
        let Table::Link(table) = object.table else {
            let message = format!("entity type {} is read-only", object.name);
            return Err(Refusal::new(403, "INSUFFICIENT_ACCESS_OR_READONLY", message));
        };
        let ordinal = find(self.org, self.context, object, id)?;
        self.remove(table, ordinal)
    }

    fn now(&self) -> i64 {
        self.context.now
    }

    fn licenses_held(&self, user: u32) -> Vec<u32> {
        let links = self.org.links_of(LinkTable::PermissionSetLicense, user);
        links.into_iter().map(|link| link.target).collect()
    }
}
