//! Queries that the parser accepts and rejects.

use super::*;

fn code(query: &str) -> String {
    parse(query).map(|_| ()).unwrap_err().code
}

#[test]
fn the_supported_subset_is_parsed() {
    for query in [
        "SELECT Id FROM User",
        "select Id, Profile.Name from User where Name = 'O\\'Brien' order by Name desc, Id asc limit 5",
        "SELECT COUNT() FROM User",
        "SELECT Id FROM User WHERE Id NOT IN (SELECT UserId FROM LoginHistory WHERE LoginTime > 2026-10-02T08:15:30Z)",
        "SELECT Id FROM User WHERE (A = 1 OR B = -2.5) AND NOT (C <> null AND D NOT IN ('a','b'))",
        "SELECT Id FROM LoginHistory WHERE LoginTime >= 2020-01-01T00:00:00.000000+00:00  ORDER BY LoginTime ASC",
    ] {
        assert!(parse(query).is_ok(), "{query}: {:?}", parse(query));
    }
}

#[test]
fn deep_nesting_is_malformed_and_does_not_exhaust_the_stack() {
    for (open, close) in [("(", ")"), ("NOT ", ""), ("A IN (SELECT Id FROM User WHERE ", ")")] {
        let query =
            |depth: usize| format!("SELECT Id FROM User WHERE {}A = 1{}", open.repeat(depth), close.repeat(depth));
        assert!(parse(&query(40)).is_ok(), "{open}");
        assert_eq!(code(&query(100_000)), "MALFORMED_QUERY", "{open}");
    }
}

#[test]
fn text_that_is_no_query_is_malformed() {
    for query in [
        "",
        "SELECT FROM User",
        "SELECT Id",
        "SELECT Id, FROM User",
        "SELECT Id FROM User WHERE",
        "SELECT Id FROM User WHERE A = ",
        "SELECT Id FROM User WHERE A IN ()",
        "SELECT Id FROM User WHERE A = 1 OR B = 2 AND C = 3",
        "SELECT Id FROM User LIMIT x",
        "SELECT Id FROM User ORDER Id",
        "SELECT Id FROM User; DROP TABLE User",
        "SELECT UPPER(Name) FROM User",
        "SELECT Id FROM User WHERE D = 2026-13-45T00:00:00Z",
        "SELECT Id FROM User WHERE A = 'x\\q'",
    ] {
        assert_eq!(code(query), "MALFORMED_QUERY", "{query}");
    }
}

/// SOQL that Salesforce supports and no client of the simulator uses. It is rejected.
#[test]
fn soql_beyond_the_supported_subset_is_malformed() {
    for query in [
        "SELECT Id, COUNT() FROM User",
        "SELECT COUNT(Id) FROM User",
        "SELECT MAX(LastLoginDate) FROM User",
        "SELECT UserType FROM User GROUP BY UserType",
        "SELECT FIELDS(ALL) FROM User LIMIT 200",
        "SELECT Id, (SELECT Id FROM PermissionSetLicenseAssignments) FROM User",
        "SELECT u.Id FROM User u",
        "SELECT Id FROM User USING SCOPE everything",
        "SELECT Id FROM User WHERE Name LIKE 'a%'",
        "SELECT Id FROM User WHERE A INCLUDES ('x')",
        "SELECT Id FROM User WHERE CreatedDate = TODAY",
        "SELECT Id FROM User WHERE CreatedDate > LAST_N_DAYS:30",
        "SELECT Id FROM User WHERE ExpirationDate > 2026-10-02",
        "SELECT Id FROM User WHERE Id != null WITH USER_MODE",
        "SELECT Id FROM User ORDER BY Name NULLS LAST",
        "SELECT Id FROM User LIMIT 5 OFFSET 5",
        "SELECT Id FROM User FOR VIEW",
        "SELECT Id FROM User ALL ROWS",
    ] {
        assert_eq!(code(query), "MALFORMED_QUERY", "{query}");
    }
}
