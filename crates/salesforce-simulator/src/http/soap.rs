//! SOAP login, for clients that know no other.

use super::reply::Reply;
use super::request::Request;
use crate::state::{State, lock};

const XML: &str = "text/xml; charset=utf-8";

/// Opens a session for a username and password in a partner `login` envelope.
pub(crate) fn login(state: &State, request: &Request) -> Reply {
    let body = String::from_utf8_lossy(&request.body);
    let username = inner(&body, "username").unwrap_or_default();
    let password = inner(&body, "password").unwrap_or_default();
    let user = state.org().user_by_name(&username);
    let user = user.filter(|user| state.accepts_password(*user, &password));
    let Some(user) = user else { return refused() };
    let org = state.org();
    let token = lock(&state.grants).open(org.id().short(), user, "api", None, state.now());
    let url = &state.url;
    let (organization, id) = (org.id(), org.user_id(user));
    let server = format!("{url}/services/Soap/u/59.0/{}", organization.short());
    Reply::new(
        200,
        XML,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"urn:partner.soap.sforce.com\">\
         <soapenv:Body><loginResponse><result><passwordExpired>false</passwordExpired>\
         <serverUrl>{server}</serverUrl><sessionId>{token}</sessionId><userId>{id}</userId>\
         <userInfo><organizationId>{organization}</organizationId></userInfo></result></loginResponse>\
         </soapenv:Body></soapenv:Envelope>"
        ),
    )
}

fn refused() -> Reply {
    const REASON: &str = "Invalid username, password, security token; or user locked out.";
    Reply::new(
        500,
        XML,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:sf=\"urn:fault.partner.soap.sforce.com\">\
         <soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode>\
         <faultstring>INVALID_LOGIN: {REASON}</faultstring><detail><sf:LoginFault>\
         <sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>{REASON}</sf:exceptionMessage>\
         </sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
        ),
    )
}

/// The text of the first element of that name, whatever its prefix.
fn inner(body: &str, name: &str) -> Option<String> {
    let opening = body.find(&format!("{name}>"))? + name.len() + 1;
    let rest = &body[opening..];
    let text = &rest[..rest.find('<')?];
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    Some(plain.replace("&amp;", "&"))
}
