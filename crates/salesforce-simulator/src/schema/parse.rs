//! Parses the schema file. The file is compiled in, so an error in it panics.

use super::{FIXED_TABLES, Field, Kind, LinkTable, Object, Parent, Table};
use crate::permissions::Permission;

const AUDIT: [&str; 5] = [
    "CreatedDate datetime fs",
    "CreatedById reference(User) fs as=CreatedBy",
    "LastModifiedDate datetime fs",
    "LastModifiedById reference(User) fs as=LastModifiedBy",
    "SystemModstamp datetime fs",
];

pub(super) fn objects(text: &'static str) -> Vec<Object> {
    let lines: Vec<&'static str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let names: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("object "))
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    let mut objects: Vec<Object> = Vec::new();
    let mut number = 0;
    for line in lines {
        if let Some(rest) = line.strip_prefix("object ") {
            objects.push(object(rest));
            continue;
        }
        let owner = objects.last_mut().expect("a field follows its object");
        let fields = if line == "system" { AUDIT.to_vec() } else { vec![line] };
        for line in fields {
            owner.fields.push(field(line, number, &names));
            number += 1;
        }
    }
    objects
}

fn object(rest: &'static str) -> Object {
    let (head, tail) = rest.split_once('"').expect("an object has a label");
    let (label, options) = tail.split_once('"').expect("a label is closed");
    let mut words = head.split_whitespace();
    let name = words.next().expect("an object has a name");
    let prefix = words.next().expect("an object has a prefix").as_bytes();
    let verbs = option(options, "verbs").unwrap_or("");
    Object {
        name,
        label,
        prefix: prefix.try_into().expect("a prefix has three characters"),
        table: table(name),
        needs: needs(options),
        createable: verbs.contains('C'),
        updateable: verbs.contains('U'),
        deletable: verbs.contains('D'),
        fields: Vec::new(),
    }
}

fn table(name: &str) -> Table {
    match name {
        "User" => Table::User,
        "UserLogin" => Table::UserLogin,
        "LoginHistory" => Table::LoginHistory,
        "PermissionSetLicenseAssign" => Table::Link(LinkTable::PermissionSetLicense),
        "PermissionSetAssignment" => Table::Link(LinkTable::PermissionSet),
        "UserPackageLicense" => Table::Link(LinkTable::Package),
        "UserPermissionAccess" => Table::Access,
        other => Table::Fixed(FIXED_TABLES.iter().position(|name| *name == other).expect("every object has a table")),
    }
}

fn field(line: &'static str, number: usize, names: &[&str]) -> Field {
    let mut words = line.splitn(4, ' ');
    let name = words.next().expect("a field has a name");
    let declared = words.next().expect("a field has a type");
    let flags = words.next().expect("a field has flags");
    let options = words.next().unwrap_or("");
    let nillable = declared.ends_with('?');
    let (word, inner) = match declared.trim_end_matches('?').split_once('(') {
        Some((word, inner)) => (word, inner.trim_end_matches(')')),
        None => (declared.trim_end_matches('?'), ""),
    };
    let kind = kind(word);
    let parent = (kind == Kind::Reference).then(|| Parent {
        object: names.iter().position(|name| *name == inner).expect("a reference names an object"),
        relationship: option(options, "as").expect("a reference has a relationship"),
    });
    Field {
        name,
        kind,
        length: if kind.is_id() { 18 } else { inner.parse().unwrap_or(0) },
        choices: choices(kind, inner),
        nillable,
        filterable: flags.contains('f'),
        sortable: flags.contains('s'),
        updateable: flags.contains('u'),
        createable: flags.contains('c'),
        filter_until: option(options, "filter_until").and_then(|version| version.parse().ok()),
        parent,
        needs: needs(options),
        number,
    }
}

fn kind(word: &str) -> Kind {
    match word {
        "id" => Kind::Id,
        "reference" => Kind::Reference,
        "string" => Kind::String,
        "picklist" => Kind::Picklist,
        "email" => Kind::Email,
        "phone" => Kind::Phone,
        "boolean" => Kind::Boolean,
        "int" => Kind::Int,
        "double" => Kind::Double,
        "percent" => Kind::Percent,
        "date" => Kind::Date,
        "datetime" => Kind::DateTime,
        other => panic!("the schema has no type {other}"),
    }
}

fn choices(kind: Kind, inner: &str) -> Vec<String> {
    if kind != Kind::Picklist {
        return Vec::new();
    }
    // Spaces separate words, so the file writes a space in a choice as an underscore.
    let with_spaces = |choice: &str| {
        let is_locale = choice.len() == 5 && choice.as_bytes()[2] == b'_';
        if is_locale { choice.to_owned() } else { choice.replace('_', " ") }
    };
    inner.split('|').map(with_spaces).collect()
}

fn needs(options: &str) -> Vec<Permission> {
    let names = option(options, "needs").into_iter().flat_map(|names| names.split('|'));
    names.map(|name| Permission::parse(name).expect("the schema names permissions")).collect()
}

fn option<'a>(options: &'a str, key: &str) -> Option<&'a str> {
    options.split_whitespace().find_map(|option| option.strip_prefix(key)?.strip_prefix('='))
}
