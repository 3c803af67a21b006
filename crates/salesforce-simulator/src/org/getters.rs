//! How to read each field of a row.

use std::sync::LazyLock;

use super::catalogue::{self, CITIES, COUNTRIES, DEPARTMENTS, FIRST_NAMES, LAST_NAMES, TITLES};
use super::links::Link;
use super::logins::{Login, LoginKind};
use super::rows::Row;
use super::user::{RUNNING_USER, User};
use super::{Org, random::Random};
use crate::id::Id;
use crate::permissions::Permission;
use crate::schema::{self, Field, LinkTable, Object, Table};
use crate::value::{Value, text};

type UserGetter = for<'a> fn(&'a Org, &User) -> Value<'a>;
type LoginGetter = for<'a> fn(&'a Org, &Login) -> Value<'a>;
type LinkGetter = for<'a> fn(&'a Org, &Link) -> Value<'a>;

/// How to read one field of a row.
#[derive(Clone, Copy, Debug)]
enum Getter {
    User(UserGetter),
    /// A text field of the user that can be written.
    Plain(&'static str, UserGetter),
    Feature(u16),
    Login(LoginGetter),
    Link(LinkGetter),
    Cell(usize),
    Permission(Permission),
    RowId,
    Nothing,
}

/// The getters of all fields, by the number of the field.
static GETTERS: LazyLock<Vec<Getter>> = LazyLock::new(|| {
    let getters = |object: &'static Object| {
        let fields = object.fields.iter().enumerate();
        fields.map(|(index, field)| getter(object.table, field.name, index))
    };
    schema::objects().iter().flat_map(getters).collect()
});

impl Org {
    /// Reads a field of a row.
    pub(crate) fn value<'a>(&'a self, object: &Object, field: &Field, ordinal: u64, row: &Row) -> Value<'a> {
        match (GETTERS[field.number], row) {
            (Getter::RowId, _) => Value::Id(Id::new(object.prefix, self.pod, ordinal + 1)),
            (Getter::User(get), Row::User(user)) => get(self, user),
            (Getter::Plain(name, get), Row::User(user)) => self.plain(name, user).unwrap_or_else(|| get(self, user)),
            (Getter::Feature(bit), Row::User(user)) => Value::Bool(user.features & bit != 0),
            (Getter::Login(get), Row::Login(login)) => get(self, login),
            (Getter::Link(get), Row::Link(link)) => get(self, link),
            (Getter::Cell(cell), Row::Fixed { table, row }) => self.fixed_tables.tables[*table][*row][cell].clone(),
            (Getter::Permission(permission), Row::Access(held)) => Value::Bool(held.has(permission)),
            _ => Value::Null,
        }
    }

    fn plain<'a>(&'a self, name: &str, user: &User) -> Option<Value<'a>> {
        if !user.changed {
            return None;
        }
        let changed = self.changes.get(&user.index)?.texts.get(name)?;
        Some(changed.as_deref().map_or(Value::Null, text))
    }

    pub(crate) fn username(&self, index: u32) -> String {
        if index == RUNNING_USER {
            return format!("integration@acme-{}.example", self.seed);
        }
        format!("user{index:06}@acme-{}.example", self.seed)
    }

    /// Finds a user by original username, case-insensitively.
    pub(crate) fn user_by_name(&self, username: &str) -> Option<u32> {
        let username = username.to_ascii_lowercase();
        let digits = username.strip_prefix("user").and_then(|rest| rest.split('@').next());
        let index = digits.map_or(Some(RUNNING_USER), |digits| digits.parse().ok())?;
        (index < self.users && self.username(index) == username).then_some(index)
    }
}

/// Returns the getter of the field with this name, which is the field `index` of its object.
fn getter(table: Table, name: &'static str, index: usize) -> Getter {
    if name == "Id" {
        return Getter::RowId;
    }
    match table {
        Table::User => user_getter(name),
        Table::UserLogin => user_login_getter(name),
        Table::LoginHistory => login_getter(name).map_or(Getter::Nothing, Getter::Login),
        Table::Link(link) => link_getter(link, name).map_or(Getter::Nothing, Getter::Link),
        Table::Fixed(_) => Getter::Cell(index),
        Table::Access => Permission::parse(name).map_or(Getter::Nothing, Getter::Permission),
    }
}

fn user_getter(name: &'static str) -> Getter {
    if let Some(bit) = catalogue::FEATURES.iter().position(|(field, _)| *field == name) {
        return Getter::Feature(1 << bit);
    }
    if let Some(get) = user_fact(name) {
        return Getter::User(get);
    }
    Getter::Plain(name, user_text(name).unwrap_or(|_, _| Value::Null))
}

fn optional_id<'a>(id: Option<Id>) -> Value<'a> {
    id.map_or(Value::Null, Value::Id)
}

fn optional_time<'a>(time: Option<i64>) -> Value<'a> {
    time.map_or(Value::Null, Value::Time)
}

/// Fields that derive from the members of [`User`].
fn user_fact(name: &str) -> Option<UserGetter> {
    let get: UserGetter = match name {
        "IsActive" => |_, user| Value::Bool(user.active),
        "ProfileId" => |org, user| Value::Id(Id::new(*b"00e", org.pod, u64::from(user.profile) + 1)),
        "UserRoleId" => |org, user| optional_id(user.role.map(|role| Id::new(*b"00E", org.pod, u64::from(role) + 1))),
        "UserType" => |_, user| text(user.user_type()),
        "ManagerId" => |org, user| optional_id(user.manager.map(|manager| org.user_id(manager))),
        "LastLoginDate" => |_, user| optional_time(user.last_login),
        "LastPasswordChangeDate" => |_, user| Value::Time(user.created + 3600),
        "NumberOfFailedLogins" => |_, user| Value::Int(if user.locked { 10 } else { user.random.below(100, 3) as i64 }),
        "ForecastEnabled" => |_, _| Value::Bool(false),
        "CreatedDate" => |_, user| Value::Time(user.created),
        "CreatedById" | "LastModifiedById" => |org, _| Value::Id(org.user_id(1)),
        "LastModifiedDate" | "SystemModstamp" => |_, user| Value::Time(user.modified),
        "ContactId" => |org, user| {
            let external = matches!(user.user_type(), "CspLitePortal" | "PowerPartner");
            optional_id(external.then(|| Id::new(*b"003", org.pod, u64::from(user.index) + 1)))
        },
        _ => return None,
    };
    Some(get)
}

fn first_name(random: Random) -> &'static str {
    random.pick(101, &FIRST_NAMES)
}

fn last_name(random: Random) -> &'static str {
    random.pick(102, &LAST_NAMES)
}

/// Text fields, which can be written.
fn user_text(name: &str) -> Option<UserGetter> {
    let get: UserGetter = match name {
        "Username" => |org, user| text(org.username(user.index)),
        // One in 200 has the email address of the previous user, like a person with two accounts.
        "Email" => |org, user| {
            let shared = user.index > 40 && user.random.one_in(103, 200);
            text(org.username(user.index - u32::from(shared)))
        },
        "FirstName" => |_, user| text(first_name(user.random)),
        "LastName" => |_, user| text(last_name(user.random)),
        "Name" => |_, user| match user.index {
            RUNNING_USER => text("Integration User"),
            _ => text([first_name(user.random), " ", last_name(user.random)].concat()),
        },
        "Alias" => |_, user| text(format!("u{:x}", user.index)),
        "CommunityNickname" => |_, user| text(format!("nick{}", user.index)),
        "Department" => |_, user| match user.is_internal() && !user.random.one_in(104, 30) {
            true => text(user.random.pick(105, &DEPARTMENTS)),
            false => Value::Null,
        },
        "Title" => |_, user| match user.is_internal() {
            true => text(user.random.pick(106, &TITLES)),
            false => Value::Null,
        },
        "CompanyName" => |_, _| text("Acme"),
        "EmployeeNumber" => |_, user| match user.is_internal() && user.index > 2 {
            true => text(format!("E{:07}", user.index)),
            false => Value::Null,
        },
        "FederationIdentifier" => |_, user| match user.is_internal() && !user.random.one_in(107, 4) {
            true => text(format!("fed-{:x}", user.index)),
            false => Value::Null,
        },
        "City" => |_, user| text(user.random.pick(108, &CITIES)),
        "Country" => |_, user| text(user.random.pick(108, &COUNTRIES)),
        "TimeZoneSidKey" => |_, _| text("Europe/Berlin"),
        "LocaleSidKey" | "LanguageLocaleKey" => |_, _| text("en_US"),
        "EmailEncodingKey" => |_, _| text("UTF-8"),
        _ => return None,
    };
    Some(get)
}

fn user_login_getter(name: &'static str) -> Getter {
    let get: UserGetter = match name {
        "UserId" => |org, user| Value::Id(org.user_id(user.index)),
        "IsFrozen" => |_, user| Value::Bool(user.frozen),
        "IsPasswordLocked" => |_, user| Value::Bool(user.locked),
        "LastModifiedDate" => |_, user| Value::Time(user.modified),
        "LastModifiedById" => |org, _| Value::Id(org.user_id(1)),
        _ => return Getter::Nothing,
    };
    Getter::User(get)
}

fn login_getter(name: &str) -> Option<LoginGetter> {
    let get: LoginGetter = match name {
        "UserId" => |org, login| Value::Id(org.user_id(login.user)),
        "LoginTime" => |_, login| Value::Time(login.time),
        "LoginType" => |_, login| {
            text(match login.kind {
                LoginKind::Interactive => "Application",
                LoginKind::SingleSignOn => "SAML Sfdc Initiated SSO",
                LoginKind::Api => "Remote Access 2.0",
            })
        },
        "LoginSubType" => |_, login| match login.kind {
            LoginKind::Interactive => text("UiUsernamePassword"),
            LoginKind::SingleSignOn => Value::Null,
            LoginKind::Api => text("OauthClientCredentials"),
        },
        "SourceIp" => |_, login| text(format!("192.0.2.{}", login.random.below(110, 250))),
        "LoginUrl" => |org, _| text(format!("acme-{}.my.salesforce.com", org.seed)),
        "LoginGeoId" => |org, login| Value::Id(Id::new(*b"04F", org.pod, login.random.below(111, 50) + 1)),
        "TlsProtocol" => |_, _| text("TLS 1.3"),
        "CipherSuite" => |_, _| text("ECDHE-RSA-AES256-GCM-SHA384"),
        "OptionsIsGet" => |_, login| Value::Bool(login.kind == LoginKind::SingleSignOn),
        "OptionsIsPost" => |_, login| Value::Bool(login.kind != LoginKind::SingleSignOn),
        "Browser" => |_, login| match login.kind {
            LoginKind::Api => text("Unknown"),
            _ => text("Firefox 144"),
        },
        "Platform" => |_, login| match login.kind {
            LoginKind::Api => text("Unknown"),
            _ => text("Linux"),
        },
        "Status" => |_, login| match login.failed {
            true => text("Invalid Password"),
            false => text("Success"),
        },
        "Application" => |_, login| match login.kind {
            LoginKind::Api => text("Seat report"),
            _ => text("Browser"),
        },
        "ApiType" => |_, login| match login.kind {
            LoginKind::Api => text("REST API"),
            _ => text("N/A"),
        },
        "CountryIso" => |_, login| text(login.random.pick(112, &COUNTRIES)),
        _ => return None,
    };
    Some(get)
}

fn link_getter(table: LinkTable, name: &str) -> Option<LinkGetter> {
    let get: LinkGetter = match name {
        "AssigneeId" | "UserId" => |org, link| Value::Id(org.user_id(link.user)),
        "PermissionSetLicenseId" => |org, link| Value::Id(Id::new(*b"0PL", org.pod, u64::from(link.target) + 1)),
        "PermissionSetId" => |org, link| Value::Id(Id::new(*b"0PS", org.pod, u64::from(link.target) + 1)),
        "PackageLicenseId" => |org, link| Value::Id(Id::new(*b"050", org.pod, u64::from(link.target) + 1)),
        "IsDeleted" | "IsRevoked" => |_, _| Value::Bool(false),
        "IsActive" if table == LinkTable::PermissionSet => |_, _| Value::Bool(true),
        "CreatedDate" | "LastModifiedDate" | "SystemModstamp" => |_, link| Value::Time(link.created),
        "CreatedById" | "LastModifiedById" => |org, _| Value::Id(org.user_id(1)),
        _ => return None,
    };
    Some(get)
}
