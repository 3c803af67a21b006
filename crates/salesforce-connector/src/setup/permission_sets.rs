//! Permission sets in the Metadata API's form, written out of the permission table.
//!
//! Salesforce refuses to deploy a permission without those that it depends on ("Permission ManageUsers depends on
//! permission(s): …"), so every set is closed under [`requirements`]. It names no licence: such a set can be assigned
//! under any licence that carries its permissions.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use seatgraph_core::{Necessity, Permission, PermissionSetDocument, Process};

use crate::manifest::MANIFEST;
use crate::permissions::requirements;
use crate::query::ApiVersion;

const READING: [Process; 3] = [Process::DownloadSubscriptions, Process::PullUserActivity, Process::DownloadConsumption];

/// What lets a user change others; a set that only reads leaves it out.
const CHANGES_USERS: [&str; 2] = ["PermissionsManageUsers", "PermissionsManageInternalUsers"];

/// One set: for what, and which rows of the table it takes.
struct Plan {
    name: &'static str,
    label: &'static str,
    description: &'static str,
    necessity: Necessity,
    processes: &'static [Process],
    takes: fn(&Permission) -> bool,
}

const PLANS: [Plan; 4] = [
    Plan {
        name: "Seatgraph_Minimum",
        label: "Seatgraph: minimum",
        description: "The least with which Seatgraph reads licences, who holds them, and last logins. Changes nothing.",
        necessity: Necessity::Minimal,
        processes: &READING,
        takes: |row| matches!(row.necessity, Necessity::Minimal),
    },
    Plan {
        name: "Seatgraph_Read",
        label: "Seatgraph: read everything",
        description: "Seatgraph sees every user, profile and login, whatever the organisation restricts. Changes \
                      nothing.",
        necessity: Necessity::Recommended,
        processes: &READING,
        takes: |row| !CHANGES_USERS.contains(&row.api_name),
    },
    Plan {
        name: "Seatgraph_Reclaim",
        label: "Seatgraph: take licences back",
        description: "The least with which Seatgraph also deactivates users and takes licences back. Manage Users \
                      brings what it depends on.",
        necessity: Necessity::Minimal,
        processes: &Process::ALL,
        takes: |row| matches!(row.necessity, Necessity::Minimal),
    },
    Plan {
        name: "Seatgraph_Restricted",
        label: "Seatgraph: restricted organisation",
        description: "Everything that the permission table lists, for organisations that restrict what their users \
                      see. Reads all, and takes licences back.",
        necessity: Necessity::IfRestricted,
        processes: &Process::ALL,
        takes: |_| true,
    },
];

/// The sets that are offered, the least first.
pub(super) fn documents() -> Vec<PermissionSetDocument> {
    PLANS.iter().map(document).collect()
}

fn document(plan: &Plan) -> PermissionSetDocument {
    PermissionSetDocument {
        name: plan.name,
        description: plan.description.to_owned(),
        necessity: plan.necessity,
        processes: plan.processes.to_vec(),
        file_name: format!("{}.permissionset-meta.xml", plan.name),
        xml: xml(plan),
        manifest_xml: Some(package(plan.name)),
    }
}

/// The API names of what a set gives, with everything that those depend on.
fn permissions(plan: &Plan) -> BTreeSet<&'static str> {
    let of_plan = MANIFEST.processes.iter().filter(|spec| plan.processes.contains(&spec.process));
    let rows = of_plan.flat_map(|spec| spec.permissions).filter(|row| row.enabled && (plan.takes)(row));
    rows.flat_map(|row| std::iter::once(row.api_name).chain(requirements(row.api_name))).collect()
}

fn xml(plan: &Plan) -> String {
    let mut xml = format!(
        "{HEAD}<PermissionSet xmlns=\"{NAMESPACE}\">\n    <description>{}</description>\n    \
         <hasActivationRequired>false</hasActivationRequired>\n    <label>{}</label>\n",
        plan.description, plan.label
    );
    for permission in permissions(plan) {
        // The Metadata API calls a permission by the name of its column, without what all those columns begin with.
        let name = permission.strip_prefix("Permissions").unwrap_or(permission);
        let one = format!(
            "    <userPermissions>\n        <enabled>true</enabled>\n        <name>{name}</name>\n    </userPermissions>\n"
        );
        xml.push_str(&one);
    }
    xml.push_str("</PermissionSet>\n");
    xml
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// The `package.xml` of a deployment that holds this set alone.
fn package(name: &str) -> String {
    let version = ApiVersion::OLDEST.to_string();
    let mut xml = format!("{HEAD}<Package xmlns=\"{NAMESPACE}\">\n    <types>\n        <members>{name}</members>\n");
    let version = version.trim_start_matches('v');
    // Writing to a string cannot fail.
    let _ =
        write!(xml, "        <name>PermissionSet</name>\n    </types>\n    <version>{version}</version>\n</Package>\n");
    xml
}

#[cfg(test)]
mod tests {
    use roxmltree::{Document, Node};

    use super::*;

    fn names(xml: &str) -> Vec<String> {
        let document = Document::parse(xml).unwrap();
        let is = |node: &Node<'_, '_>| node.has_tag_name((NAMESPACE, "userPermissions"));
        let name = |node: Node<'_, '_>| {
            let child = |tag| node.children().find(|c| c.has_tag_name((NAMESPACE, tag))).unwrap().text().unwrap();
            assert_eq!(child("enabled"), "true");
            child("name").to_owned()
        };
        document.root_element().children().filter(is).map(name).collect()
    }

    fn of(name: &str) -> Vec<String> {
        names(&documents().into_iter().find(|document| document.name == name).unwrap().xml)
    }

    #[test]
    fn every_set_is_what_the_metadata_api_reads() {
        for PermissionSetDocument { name, xml, manifest_xml, file_name, .. } in documents() {
            let set = Document::parse(&xml).unwrap();
            let root = set.root_element();
            assert!(root.has_tag_name((NAMESPACE, "PermissionSet")), "{xml}");
            let text = |tag| {
                let found: Vec<_> = root.children().filter(|n| n.has_tag_name((NAMESPACE, tag))).collect();
                assert_eq!(found.len(), 1, "{name} has one {tag}");
                found[0].text().unwrap().to_owned()
            };
            assert_eq!(text("hasActivationRequired"), "false");
            assert!(text("label").chars().count() <= 80 && text("description").chars().count() <= 255, "{name}");
            let tags = ["description", "hasActivationRequired", "label", "userPermissions"];
            assert!(root.children().filter(Node::is_element).all(|n| tags.contains(&n.tag_name().name())), "{xml}");
            assert_eq!(file_name, format!("{name}.permissionset-meta.xml"));
            let package = manifest_xml.unwrap();
            let package = Document::parse(&package).unwrap();
            let text = |tag| package.descendants().find(|n| n.has_tag_name((NAMESPACE, tag))).unwrap().text().unwrap();
            assert_eq!((text("members"), text("name"), text("version")), (name, "PermissionSet", "58.0"));
        }
    }

    #[test]
    fn the_minimum_is_two_permissions_and_what_they_depend_on() {
        assert_eq!(of("Seatgraph_Minimum"), ["ApiEnabled", "ViewRoles", "ViewSetup"]);
    }

    #[test]
    fn what_only_reads_holds_nothing_that_changes_users() {
        let read = of("Seatgraph_Read");
        let expected = [
            "ApiEnabled",
            "MonitorLoginHistory",
            "ViewAllProfiles",
            "ViewAllUsers",
            "ViewDeveloperName",
            "ViewRoles",
            "ViewSetup",
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_restricted_organisation_gets_the_five_rows_of_the_vendors_page_and_their_requirements() {
        let restricted = of("Seatgraph_Restricted");
        let page = ["ViewDeveloperName", "ManageInternalUsers", "ManageUsers", "ViewAllProfiles", "ViewAllUsers"];
        // As the vendor refused a set with Manage Users alone: "depends on permission(s): …".
        let refused = [
            "AssignPermissionSets",
            "DelegatedTwoFactor",
            "FreezeUsers",
            "ManageIpAddresses",
            "ManageLoginAccessPolicies",
            "ManagePasswordPolicies",
            "ManageProfilesPermissionsets",
            "ManageRoles",
            "ManageSharing",
            "MonitorLoginHistory",
            "ResetPasswords",
            "ViewRoles",
        ];
        for name in page.into_iter().chain(refused) {
            assert!(restricted.iter().any(|own| own == name), "{name}");
        }
    }
}
