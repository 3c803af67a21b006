//! Permission sets in Metadata API format, generated from the permission tables.
//!
//! Salesforce refuses to deploy a permission without those that it depends on ("Permission ManageUsers depends on
//! permission(s): …"), so every set includes the [`requirements`] of its permissions. It names no licence, so it can be
//! assigned under any licence that allows its permissions.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use seatgraph_core::{Permission, PermissionSetDocument, Process, Requirement};

use crate::manifest::MANIFEST;
use crate::permissions::requirements;
use crate::version::ApiVersion;

const READING: [Process; 3] = [Process::DownloadSubscriptions, Process::PullUserActivity, Process::DownloadConsumption];

/// The permissions to change users; read-only sets leave them out.
const CHANGES_USERS: [&str; 2] = ["PermissionsManageUsers", "PermissionsManageInternalUsers"];

/// One permission set, and the permissions it takes from the tables.
struct Plan {
    name: &'static str,
    label: &'static str,
    description: &'static str,
    requirement: Requirement,
    processes: &'static [Process],
    includes: fn(&Permission) -> bool,
}

const PLANS: [Plan; 4] = [
    Plan {
        name: "Seatgraph_Minimum",
        label: "Seatgraph: minimum",
        description: "Minimum to read licences, their assignments and last logins. Read-only.",
        requirement: Requirement::Minimal,
        processes: &READING,
        includes: |row| matches!(row.requirement, Requirement::Minimal),
    },
    Plan {
        name: "Seatgraph_Read",
        label: "Seatgraph: read everything",
        description: "Reads every user, profile and login, even if the organisation restricts visibility. Read-only.",
        requirement: Requirement::Recommended,
        processes: &READING,
        includes: |row| !CHANGES_USERS.contains(&row.api_name),
    },
    Plan {
        name: "Seatgraph_Reclaim",
        label: "Seatgraph: reclaim licences",
        description: "Minimum to read, deactivate users and reclaim licences. Includes the permissions that Manage Users \
                      requires.",
        requirement: Requirement::Minimal,
        processes: &Process::ALL,
        includes: |row| matches!(row.requirement, Requirement::Minimal),
    },
    Plan {
        name: "Seatgraph_Restricted",
        label: "Seatgraph: restricted organisation",
        description: "Every listed permission, for organisations that restrict what their users can see. Reads \
                      everything and reclaims licences.",
        requirement: Requirement::IfRestricted,
        processes: &Process::ALL,
        includes: |_| true,
    },
];

/// The permission sets, the smallest first.
pub(super) fn documents() -> Vec<PermissionSetDocument> {
    PLANS.iter().map(document).collect()
}

fn document(plan: &Plan) -> PermissionSetDocument {
    PermissionSetDocument {
        name: plan.name,
        description: plan.description.to_owned(),
        requirement: plan.requirement,
        processes: plan.processes.to_vec(),
        file_name: format!("{}.permissionset-meta.xml", plan.name),
        xml: xml(plan),
        manifest_xml: Some(package(plan.name)),
    }
}

/// The API names of a set's permissions and of those that they require.
fn permissions(plan: &Plan) -> BTreeSet<&'static str> {
    let of_plan = MANIFEST.processes.iter().filter(|spec| plan.processes.contains(&spec.process));
    let rows = of_plan.flat_map(|spec| spec.permissions).filter(|row| row.enabled && (plan.includes)(row));
    rows.flat_map(|row| std::iter::once(row.api_name).chain(requirements(row.api_name))).collect()
}

fn xml(plan: &Plan) -> String {
    let mut xml = format!(
        "{HEAD}<PermissionSet xmlns=\"{NAMESPACE}\">\n    <description>{}</description>\n    \
         <hasActivationRequired>false</hasActivationRequired>\n    <label>{}</label>\n",
        plan.description, plan.label
    );
    for permission in permissions(plan) {
        // The Metadata API's names lack the prefix of the column names.
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

/// The `package.xml` of a deployment with this set only.
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
    fn every_set_is_valid_metadata_api_xml() {
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
    fn the_minimum_is_two_permissions_and_their_requirements() {
        assert_eq!(of("Seatgraph_Minimum"), ["ApiEnabled", "ViewRoles", "ViewSetup"]);
    }

    #[test]
    fn the_read_set_cannot_change_users() {
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
    fn the_restricted_set_has_the_five_documented_permissions_and_their_requirements() {
        let restricted = of("Seatgraph_Restricted");
        let page = ["ViewDeveloperName", "ManageInternalUsers", "ManageUsers", "ViewAllProfiles", "ViewAllUsers"];
        // Salesforce's refusal of a set with Manage Users only: "depends on permission(s): …".
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
