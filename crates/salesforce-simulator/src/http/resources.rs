//! API versions, and the resources of a version.

use serde_json::json;

use super::caller::Caller;
use super::reply::Reply;
use crate::refusal::Refusal;
use crate::state::State;

const OLDEST: u16 = 58;
const NEWEST: u16 = 68;
/// Versions up to here were retired in Summer '25.
const RETIRED: u16 = 30;

/// Parses a version such as `v62.0`, and rejects retired and unknown ones.
pub(crate) fn version(segment: &str) -> Result<u16, Refusal> {
    let number = segment.strip_prefix('v').and_then(|number| number.strip_suffix(".0"));
    match number.and_then(|number| number.parse().ok()) {
        Some(version) if (OLDEST..=NEWEST).contains(&version) => Ok(version),
        Some(version) if version <= RETIRED => {
            Err(Refusal::new(410, "UNSUPPORTED_API_VERSION", format!("API version {segment} is no longer supported")))
        }
        _ => Err(Refusal::not_found()),
    }
}

/// Lists the versions, oldest first, without authentication.
pub(crate) fn versions() -> Reply {
    let seasons = ["Spring", "Summer", "Winter"];
    let versions: Vec<_> = (OLDEST..=NEWEST)
        .map(|version| {
            // v67 is Summer '26. There are three releases a year.
            let season = seasons[usize::from(version) % 3];
            let year =
                26 - (67 - i32::from(version)).div_euclid(3) + i32::from(season == "Winter" && version != NEWEST);
            let year = if version == NEWEST { 27 } else { year };
            json!({
                "label": format!("{season} '{year}"),
                "url": format!("/services/data/v{version}.0"),
                "version": format!("{version}.0"),
            })
        })
        .collect();
    Reply::json(200, &versions)
}

pub(crate) fn resources(state: &State, caller: Caller) -> Reply {
    let root = format!("/services/data/v{}.0", caller.version);
    let org = state.org();
    Reply::json(
        200,
        &json!({
            "sobjects": format!("{root}/sobjects"),
            "query": format!("{root}/query"),
            "limits": format!("{root}/limits"),
            "composite": format!("{root}/composite"),
            "jobs": format!("{root}/jobs"),
            "identity": format!("{}/id/{}/{}", state.url, org.id(), org.user_id(caller.user)),
        }),
    )
}
