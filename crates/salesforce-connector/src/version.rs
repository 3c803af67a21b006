//! API versions: the configured one, those that the organisation serves, and the one in use.

use std::fmt;

/// A version of the Salesforce API, `v66.0`; the part after the point is always zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ApiVersion(u16);

impl ApiVersion {
    /// The oldest version that this connector supports.
    pub(crate) const OLDEST: Self = Self(58);

    /// Reads `v66.0`, `66.0` or `66`; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().trim_start_matches(['v', 'V']);
        let digits = digits.strip_suffix(".0").unwrap_or(digits);
        digits.parse().ok().filter(|major| (1..1000).contains(major)).map(Self)
    }

    /// Picks the configured version if it is served, otherwise the newest older one, otherwise the oldest served;
    /// `None` when no supported version is served.
    pub(crate) fn choose(configured: Self, served: &[Self]) -> Option<Self> {
        let supported = || served.iter().copied().filter(|version| *version >= Self::OLDEST);
        supported().filter(|version| *version <= configured).max().or_else(|| supported().min())
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.0", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(majors: &[u16]) -> Vec<ApiVersion> {
        majors.iter().copied().map(ApiVersion).collect()
    }

    #[test]
    fn the_configured_version_is_used_if_it_is_served() {
        assert_eq!(ApiVersion::choose(ApiVersion(66), &versions(&[65, 66, 67, 68])), Some(ApiVersion(66)));
    }

    #[test]
    fn an_older_organization_is_read_with_its_newest_version() {
        assert_eq!(ApiVersion::choose(ApiVersion(66), &versions(&[60, 61, 62])), Some(ApiVersion(62)));
    }

    #[test]
    fn a_retired_version_is_replaced_by_the_oldest_served() {
        assert_eq!(ApiVersion::choose(ApiVersion(59), &versions(&[64, 65])), Some(ApiVersion(64)));
    }

    #[test]
    fn an_organization_without_a_supported_version_is_refused() {
        assert_eq!(ApiVersion::choose(ApiVersion(66), &versions(&[41, 57])), None);
    }

    #[test]
    fn versions_are_read_with_and_without_prefix_and_suffix() {
        assert_eq!(ApiVersion::parse("v66.0"), Some(ApiVersion(66)));
        assert_eq!(ApiVersion::parse("66"), Some(ApiVersion(66)));
        assert_eq!(ApiVersion::parse("66.1"), None);
        assert_eq!(ApiVersion::parse("latest"), None);
    }
}
