"""Rows 1, 2, 3, 5 and 8 of the matrix, with simple-salesforce."""

import csv
import io
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.bulk2 import LineEnding
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

import rows
from rows import URL, control


class Plain(HTTPAdapter):
    """Sends to the simulator what the client insists on sending to https."""

    def send(self, request, **options):
        asked = urlsplit(request.url)
        request.url = urlunsplit(("http", urlsplit(URL).netloc, asked.path, asked.query, ""))
        return super().send(request, **options)


def client():
    """A client that logged in by client credentials."""
    key, secret = rows.app()
    session = requests.Session()
    session.mount("https://", Plain())
    return Salesforce(
        consumer_key=key, consumer_secret=secret, domain="acme.my", session=session, version="62.0"
    )


def expect(kind, call, code):
    """Expects an exception class and, in its content, an error code."""
    try:
        call()
    except kind as error:
        assert error.content[0]["errorCode"] == code, error.content
        return
    raise AssertionError(f"{code} was not raised")


def someone(sf):
    """An active sales manager's id."""
    found = sf.query("SELECT Id FROM User WHERE IsActive = true AND Profile.Name = 'Sales Manager' LIMIT 1")
    return found["records"][0]["Id"]


def row1():
    sf = client()
    result = sf.query_all("SELECT Id, Username, Profile.Name FROM User")
    total = control("GET", "expected")["users"]["total"]
    assert len(result["records"]) == result["totalSize"] == total > 4000, result["totalSize"]
    pages = control("GET", "requests")["query_more"]
    assert pages >= 2, pages
    limits = sf.limits()
    assert limits["DailyApiRequests"]["Max"] > 0
    usage = sf.api_usage["api-usage"]
    assert usage.used > 0 and usage.total == limits["DailyApiRequests"]["Max"]
    assert not sf.is_sandbox()
    return f"{total} users over {pages + 1} pages, usage {usage.used}/{usage.total}"


def row2():
    sf = client()
    user = someone(sf)
    assert sf.User.update(user, {"IsActive": False}) == 204
    assert sf.query(f"SELECT IsActive FROM User WHERE Id = '{user}'")["records"][0]["IsActive"] is False
    assert sf.User.update(user, {"IsActive": True}) == 204
    block = {"errorCode": "FIELD_INTEGRITY_EXCEPTION", "message": "You cannot deactivate the Default Workflow User"}
    control("PUT", "faults", {"blockedDeactivations": {user: block}})
    expect(SalesforceMalformedRequest, lambda: sf.User.update(user, {"IsActive": False}), block["errorCode"])
    expect(SalesforceMalformedRequest, lambda: sf.query("SELECT Nope FROM User"), "INVALID_FIELD")
    control("PUT", "faults", {"dailyLimitRemaining": 0})
    expect(SalesforceRefusedRequest, lambda: sf.query("SELECT Id FROM User LIMIT 1"), "REQUEST_LIMIT_EXCEEDED")
    control("DELETE", "faults")
    missing = user[:-8] + "zzzzz"
    expect(SalesforceResourceNotFound, lambda: sf.User.get(missing[:15]), "NOT_FOUND")
    return "204, 400, 403 and 404 map to their exceptions"


def row3():
    sf = client()
    control("PUT", "faults", {"bulk": {"inProgressPolls": 1, "nulFields": ["User.Department"]}})
    fields = ["Id", "Title", "Department", "Profile.Name"]
    sheets = list(
        sf.bulk2.User.query(
            f"SELECT {', '.join(fields)} FROM User",
            max_records=2000,
            line_ending=LineEnding.CRLF,
        )
    )
    assert len(sheets) == 3, len(sheets)
    assert all(sheet.startswith('"Id","Title","Department","Profile.Name"\r\n') for sheet in sheets)
    found = [row for sheet in sheets for row in csv.DictReader(io.StringIO(sheet, newline=""))]
    control("DELETE", "faults")
    records = sf.query_all(f"SELECT {', '.join(fields)} FROM User")["records"]
    expected = [(r["Id"], r["Title"] or "", r["Profile"]["Name"]) for r in records]
    assert [(row["Id"], row["Title"], row["Profile.Name"]) for row in found] == expected
    assert any('"' in row["Title"] for row in found), "a title has quotes"
    cleaned = [row["Department"].replace("\0", "") for row in found]
    assert cleaned == [record["Department"] or "" for record in records]
    return f"{len(found)} rows over 3 locators, CRLF, quotes, NUL"


def row5():
    sf = client()
    user = someone(sf)
    record = {"attributes": {"type": "User"}, "id": user, "IsActive": False}
    wrong = {**record, "id": "005000000000ZZZAA2"}
    body = {"allOrNone": False, "records": [record, wrong]}
    first, second = sf.restful("composite/sobjects", method="PATCH", json=body)
    assert first["success"] and not second["success"], (first, second)
    assert second["errors"][0]["statusCode"] == "NOT_FOUND", second
    return "mixed results per record"


def row8():
    sf = client()
    user = someone(sf)
    control("PUT", "faults", {"expireSessions": True})
    assert sf.query("SELECT Id FROM User LIMIT 1")["totalSize"] == 1
    control("PUT", "faults", {"expireSessions": True})
    assert sf.User.get(user)["Id"] == user
    session = requests.Session()
    session.mount("https://", Plain())
    bare = Salesforce(instance_url=URL, session_id="dead", session=session, version="62.0")
    expect(SalesforceExpiredSession, lambda: bare.query("SELECT Id FROM User"), "INVALID_SESSION_ID")
    return "logs in again after a 401 and goes on"


control("DELETE", "requests")
rows.run("simple-salesforce", [(1, row1), (2, row2), (3, row3), (5, row5), (8, row8)])
